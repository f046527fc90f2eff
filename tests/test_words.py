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
    r"deskapp/(cli|config|serve|feeds/|store/|app)|/demo|/verifying|desk/(seals|upkeep|audit|extension)|web/(api|metrics|logs|health)"
)
# The beginnings of what a file says in English alone: to programs, in a terminal, in what is installed elsewhere.
IN_ENGLISH = {
    "deskapp/desk/api_deliveries.py": ["Please write it as text, as in ISO 8601: 2026-03-14, with a time where"],
    "deskapp/desk/bulk.py": ["There is no model yet. Run `deskapp train` first."],
    "deskapp/desk/event_file.py": [
        "No delivery has this order number; import the order with its ship_on f",
        "This event_id was told before of something else; a correction is an ev",
    ],
    "deskapp/desk/exports.py": ["There are no purchases to export yet. Import some first."],
    "deskapp/desk/imports_checked.py": ["The folder holds none of {}."],
    "deskapp/desk/launching.py": ["The host names its agent with a character that cannot be stored."],
    "deskapp/desk/model_report.py": [
        "Asked about {} and later, which no model here had seen.",
        "The model in service has seen nearly all of these ({} it has not), so ",
    ],
    "deskapp/desk/search.py": [
        "The trigger {} is gone, so that rows are no longer kept.",
        "{} rows of {} are missing, wrong or left over.",
    ],
    "deskapp/desk/tokens.py": [
        "Nobody called {} may sign in here.",
        "There is no such token, or it was revoked before.",
    ],
    "deskapp/hosts/hubspot_project.py": ["What this customer likes, what was promised, and the one gift worth gi"],
    "deskapp/hosts/intercom.py": ["What this customer likes, and what was promised."],
    "deskapp/hosts/odoo_module.py": ["Opens the desk for a contact: notes, the one gift worth giving, and th"],
    "deskapp/hosts/packages.py": [
        "What this customer likes, and what was promised.",
        "The desk beside the ticket: notes, the one gift worth giving, and the ",
        "See the desk's page Connections.",
    ],
    "deskapp/hosts/salesforce_metadata.py": ["The desk beside a contact or a case.", "The desk, shown in frames."],
    "deskapp/reco/matrix.py": ["Every purchase needs an item, an order, a customer, a day, a store and"],
    "deskapp/reco/parquet.py": ["{} is not an empty folder, and nothing there is written over."],
    "deskapp/reco/spark.py": [
        "MLlib can tell customers and items apart up to number {}; here is {}.",
        "Spark could not finish; its own words are above. If it was short of me",
    ],
    "deskapp/rules/card_drafts.py": ["You draft a short card that somebody copies by hand and puts into a pa"],
    "deskapp/web/assets.py": ["There is no such file."],
    "deskapp/web/guard.py": ["The desk does not go by that name here.\n"],
    "deskapp/web/launch.py": [
        "This could not be opened from here. Your administrator sees why on the",
        "More was sent than any launch needs, so it was not read. See what else",
        "A browser opened the address that is for the host's server: for frames",
        "A server called an address that is for frames. Please write the one wi",
    ],
    "deskapp/web/seat.py": ["Please send a token that is still good: Authorization: Bearer dk_…"],
}
_BEGINNING = 70  # letters of a sentence by which it is known
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
    assert [sentence[:_BEGINNING] for sentence in found] == IN_ENGLISH.get(name, [])


def test_what_is_said_in_english_alone_is_said_somewhere():
    assert set(IN_ENGLISH) <= set(CODE)
