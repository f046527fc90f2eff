"""What scripts say stands in the page in its reader's tongue; no script has words of its own."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from deskapp.rules.words import ENGLISH, reader
from deskapp.web.script_words import script_words

JS = Path(__file__).parents[2] / "static" / "js"
# Where each place's words are asked for: by name, or by a name of a count.
ASKED = {
    "page": (["desk.js"], r"SAYS\.(\w+)"),
    "embed": (["desk.js", "seat.js", "embed.js"], r"SAYS\.(\w+)|\bsay\(\"(\w+)\"|\.says\)\.(\w+)"),
    "unsent": (["offline.js"], r"SAYS\.(\w+)|\bsay\(\"(\w+)\"|\bsome\(\"(\w+)\""),
}
_SENTENCE = re.compile(r"""["'`][A-Z][a-z]+(?: [\w’,]+){2}[^"'`]*["'`]""")


@pytest.mark.parametrize("place", ASKED)
def test_a_script_finds_every_word_it_says_and_no_more_are_sent(place: str) -> None:
    files, asks = ASKED[place]
    asked = {
        name
        for file in files
        for found in re.finditer(asks, (JS / file).read_text())
        for name in found.groups()
        if name
    }
    assert asked == json.loads(script_words(place)).keys()


def test_no_script_has_a_sentence_of_its_own() -> None:
    lines = (
        (path.name, line.partition(" // ")[0]) for path in JS.rglob("*.js") for line in path.read_text().splitlines()
    )
    assert [(name, line) for name, line in lines if not line.lstrip().startswith("//") and _SENTENCE.search(line)] == []


def test_numbers_come_with_each_kind_of_plural_and_keep_the_hole_that_the_script_fills() -> None:
    counted = {name: forms for name, forms in json.loads(script_words("unsent")).items() if isinstance(forms, list)}
    assert counted["sent"] == ["{n} notes sent.", "{n} note sent.", *["{n} notes sent."] * 4]
    assert all(len(forms) == len(["zero", "one", "two", "few", "many", "other"]) for forms in counted.values())


def test_they_are_in_the_tongue_of_the_page(visitor) -> None:
    said = [
        json.loads(
            unescape(re.search(r'<body[^>]* data-says="([^"]*)"', visitor.get("/sign-in", headers=asks).text)[1])
        )
        for asks in ({}, {"Accept-Language": "de"})
    ]
    assert said[0] == json.loads(script_words("page"))
    assert said[0].keys() == said[1].keys()
    assert reader.get() is ENGLISH
