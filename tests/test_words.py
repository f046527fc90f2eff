"""The interface in every tongue: nothing is unsaid, nothing untranslated, and a translation keeps what its sentence holds."""

import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest
from unsaid import of_code, of_template

from deskapp.desk.tongues import TONGUES, tongue
from deskapp.rules.words import nsay

ROOT = Path(__file__).parent.parent
_HOLES = re.compile(r"\{\w*\}|%\(\w+\)s|%%|</?(?:a|b|bdi|code|del|span|time)\b[^>]*>")
_COUNTS = {"{n}", "%(n)s", "%(num)s", "%(count)s"}  # "one gift" need not say 1
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*.html"))
# For the command line, for customers in their own languages, and what others read first.
NOT_INTERFACE = re.compile(
    r"deskapp/(cli|config|serve|feeds/|reco/|store/|outgoing/|app)|/demo|/verifying|desk/(worker|seals|upkeep|audit|extension)"
    r"|web/(api|metrics|logs|health)"
)
# So many sentences of a file are for programs, for a terminal, or results of jobs that are kept with their figures.
IN_ENGLISH = {
    "deskapp/desk/api_deliveries.py": 1,
    "deskapp/desk/bulk.py": 1,
    "deskapp/desk/erasure.py": 1,
    "deskapp/desk/event_file.py": 2,
    "deskapp/desk/exports.py": 1,
    "deskapp/desk/feedback.py": 2,
    "deskapp/desk/handlers.py": 1,
    "deskapp/desk/imports_checked.py": 1,
    "deskapp/desk/launching.py": 1,
    "deskapp/desk/model_report.py": 2,
    "deskapp/desk/outbox.py": 1,
    "deskapp/desk/personal_export.py": 1,
    "deskapp/desk/retention.py": 1,
    "deskapp/desk/search.py": 2,
    "deskapp/desk/timetable.py": 3,
    "deskapp/desk/tokens.py": 2,
    "deskapp/desk/training.py": 3,
    "deskapp/hosts/hubspot_project.py": 1,
    "deskapp/hosts/intercom.py": 1,
    "deskapp/hosts/odoo_module.py": 1,
    "deskapp/hosts/packages.py": 3,
    "deskapp/hosts/salesforce_metadata.py": 2,
    "deskapp/rules/card_drafts.py": 1,
    "deskapp/web/assets.py": 1,
    "deskapp/web/guard.py": 1,
    "deskapp/web/launch.py": 4,
    "deskapp/web/seat.py": 1,
}
# Codes, and pieces of tags that macros put together.
NO_WORDS = re.compile(r"^[?]$|NDCG|SHA-256|BEGIN PUBLIC KEY|^things to buy$|^fields\.$|^light dark$|=\"|\?day=")
CODE = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "deskapp").rglob("*.py")
    if not NOT_INTERFACE.search(path.relative_to(ROOT).as_posix())
)


def _words():
    spec = importlib.util.spec_from_file_location("words", ROOT / ".ci" / "words.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WORDS = _words()
SAID = WORDS.said()
LANGUAGES = sorted(set(TONGUES) - {"en"})


@pytest.fixture(scope="module", params=LANGUAGES)
def catalogue(request):
    return WORDS.translated(WORDS.LOCALE / f"{request.param}.po")


def test_every_sentence_is_in_the_catalogue_and_nothing_else(catalogue):
    assert _keys(catalogue) == _keys(SAID)


def _keys(catalogue):
    return {(tuple(one.id) if isinstance(one.id, list) else one.id, one.context) for one in catalogue if one.id}


def test_every_sentence_is_translated(catalogue):
    assert [message.id for message in WORDS.missing(catalogue)] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


def test_a_translation_holds_what_its_sentence_holds(catalogue):
    wrong = []
    for message in catalogue:
        if not message.id:
            continue
        for original, said in _pairs(message):
            wanted, got = Counter(_HOLES.findall(original)), Counter(_HOLES.findall(said))
            lost = wanted - got if isinstance(message.id, str) else wanted - got - Counter(dict.fromkeys(_COUNTS, 9))
            if lost or got - wanted:
                wrong.append((original, said))
    assert wrong == []


def _pairs(message):
    if isinstance(message.id, str):
        return [(message.id, message.string)]
    return [(message.id[1], form) for form in message.string]


def test_every_language_has_as_many_plurals_as_its_people_use():
    assert {code: WORDS.translated(WORDS.LOCALE / f"{code}.po").num_plurals for code in LANGUAGES} == {"ar": 6, "de": 2}
    said = [nsay("{n} gift", "{n} gifts", n).inside(tongue("ar")) for n in (1, 2, 3, 11, 100)]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_says_all_its_words(name):
    assert [words for words in of_template((ROOT / name).read_text()) if not NO_WORDS.search(words)] == []


@pytest.mark.parametrize("name", CODE)
def test_code_says_all_its_sentences(name):
    found = of_code((ROOT / name).read_text(), sentences_only=True)
    assert len(found) == IN_ENGLISH.get(name, 0), found
