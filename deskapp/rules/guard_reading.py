"""Reads the guard's phrase lists: data that a shop can add to, take from, and prove by examples."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import product
from typing import Any

from deskapp.rules.guard_kinds import NUMBERS, Kind
from deskapp.rules.phrases import SHORTEST_STEM, START, plain_words, words_of_part
from deskapp.rules.words import listed, say

BY_WORDS = [kind for kind in Kind if kind not in NUMBERS]
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue"})
_MOST_PHRASES = 50_000
_GROUP = re.compile(r"<([^<>]*)>")
_IN_A_TABLE = ("phrases", "allowed", "remove", "examples", "harmless")
_LARGEST = 1_000_000  # characters of a file


class BadList(ValueError):
    """The message is one sentence that says what to change in the file."""


@dataclass(frozen=True)
class PhraseList:
    """One language. `allowed`: phrases inside which nothing of that kind is found. `examples` are caught, `harmless` are not."""

    language: str
    phrases: Mapping[Kind, tuple[str, ...]]
    allowed: Mapping[Kind, tuple[str, ...]]
    fillers: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    examples: tuple[tuple[Kind, str], ...] = ()
    harmless: tuple[tuple[Kind, str], ...] = ()


def read(language: str, text: str, built_in: str = "") -> PhraseList:
    """`text` in the form of guard_lists/en.toml; `built_in`: what it adds to and takes from. Raises BadList."""
    over, under = _tables(text), _tables(built_in)
    words = under.get("words", {}) | over.get("words", {})
    if over.get("is_used") is False:
        return PhraseList(language, {}, {})
    parts = [(kind, under.get(kind.value, {}), over.get(kind.value, {})) for kind in BY_WORDS]
    return PhraseList(
        language,
        phrases={kind: _kept(old, new, words) for kind, old, new in parts},
        allowed={
            kind: _expanded([*old.get("allowed", []), *new.get("allowed", [])], words) for kind, old, new in parts
        },
        fillers=tuple(words.get("fillers", ())),
        known=frozenset(word for entry in words.get("known", ()) for word in plain_words(entry)),
        examples=tuple((kind, text) for kind, _, new in parts for text in new.get("examples", ())),
        harmless=tuple((kind, text) for kind, _, new in parts for text in new.get("harmless", ())),
    )


def _kept(
    old: Mapping[str, list[str]], new: Mapping[str, list[str]], words: Mapping[str, list[str]]
) -> tuple[str, ...]:
    """What is taken out goes from the lists of words as well, wherever phrases are made of them."""
    asked = new.get("remove", [])
    removed = set(_expanded(asked, words))
    left = {name: [word for word in listed if word not in asked] for name, listed in words.items()}
    return tuple(p for p in _expanded([*old.get("phrases", []), *new.get("phrases", [])], left) if p not in removed)


def _tables(text: str) -> dict[str, Any]:
    """Everything checked that could go wrong later."""
    if len(text) > _LARGEST:
        raise BadList(say("The file is larger than a million characters; please keep it to phrases."))
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadList(say("It is no TOML: {problem}.", problem=str(error))) from None
    for name, table in tables.items():
        _check_table(name, table)
    return tables


def _check_table(name: str, table: object) -> None:
    if name == "is_used" and isinstance(table, bool):
        return
    known = ("words", *(kind.value for kind in BY_WORDS))
    if name not in known:
        raise BadList(
            say(
                "“{name}” is no table of a list; there are {tables}, and is_used = false above them.",
                name=name,
                tables=listed(known),
            )
        )
    if not isinstance(table, dict):
        raise BadList(say("“{name}” must be a table, such as [{name}].", name=name))
    for key, entries in table.items():
        if name != "words" and key not in _IN_A_TABLE:
            raise BadList(
                say("[{name}] has no “{key}”; there are {keys}.", name=name, key=key, keys=listed(_IN_A_TABLE))
            )
        if not isinstance(entries, list) or not all(_is_phrase(entry) for entry in entries):
            raise BadList(
                say(
                    "“{key}” of [{name}] must be a list of phrases in quotes, every word with at least one letter.",
                    key=key,
                    name=name,
                )
            )


def _is_phrase(entry: object) -> bool:
    return isinstance(entry, str) and entry != START and bool(plain_words(entry))


def _expanded(phrases: Iterable[str], words: Mapping[str, list[str]]) -> tuple[str, ...]:
    """A phrase "<is> fat" is one phrase for each of `is`; ä is written ae as well."""
    found: dict[str, None] = {}
    for phrase in phrases:
        for one in product(*(_choices(part, words) for part in phrase.lower().split())):
            joined = " ".join(one)
            if not _is_spoken(joined):
                raise BadList(
                    say(
                        "“{phrase}” has a part without a letter, or a * after fewer than three; please take it out.",
                        phrase=phrase,
                    )
                )
            found |= {joined: None, joined.translate(_UMLAUTS): None}
            if len(found) > _MOST_PHRASES:
                raise BadList(say("“{phrase}” makes too many phrases; please use fewer words in <>.", phrase=phrase))
    return tuple(found)


def _is_spoken(phrase: str) -> bool:
    """Every part has a letter, and a stem has enough of them."""
    return all(
        words_of_part(part) and (not part.endswith("*") or len(words_of_part(part)[-1]) >= SHORTEST_STEM)
        for part in phrase.split()
    )


def _choices(part: str, words: Mapping[str, list[str]]) -> list[str]:
    """A part "<organ>krank*" is one word for each of `organ`."""
    names = _GROUP.findall(part)
    for name in names:
        if name not in words:
            raise BadList(say("“<{name}>” stands in a phrase, but [words] has no “{name}”.", name=name))
    pattern = _GROUP.sub("{}", part.replace("{", "").replace("}", ""))
    return [pattern.format(*one) for one in product(*(words[name] for name in names))]


def built_in(name: str) -> str:
    return resources.files("deskapp.rules.guard_lists").joinpath(f"{name}.toml").read_text("utf-8")


def shapes_file() -> list[dict[str, Any]]:
    """The tables of guard_lists/ids.toml."""
    tables: list[dict[str, Any]] = tomllib.loads(built_in("ids"))["id"]
    return tables
