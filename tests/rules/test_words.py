import copy
import json
import pickle
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

import deskapp
from deskapp.rules.errors import Invalid
from deskapp.rules.words import (
    Said,
    Tongue,
    and_list,
    capital,
    kept,
    listed,
    npsay,
    nsay,
    psay,
    reader,
    recalled,
    say,
    spoken,
    to_keep,
    together,
)


def _tongue(code: str, *, is_rtl: bool = False) -> Tongue:
    catalogue, packed = Catalog(locale=code), BytesIO()
    catalogue.add("{name} gives {what}.", "{what} kommt von {name}.")
    catalogue.add("a cup", "eine Tasse")
    catalogue.add("open", "geöffnet", context="of a shop")
    catalogue.add("{first} and {last}", "{first} und {last}")
    plurals = ("{n} Gabe", "{n} Gaben") if code == "de" else tuple(f"{{n}}:{form}" for form in range(6))
    catalogue.add(("{n} gift", "{n} gifts"), plurals)
    write_mo(packed, catalogue)
    packed.seek(0)
    return Tongue(code, GNUTranslations(packed), is_rtl)


GERMAN, ARABIC = _tongue("de"), _tongue("ar", is_rtl=True)


@pytest.fixture
def german():
    token = reader.set(GERMAN)
    yield
    reader.reset(token)


def test_a_sentence_is_its_english_text_to_a_program():
    said = say("{name} gives {what}.", name="Ana", what="tea")
    assert said == "Ana gives tea."
    assert json.dumps(said) == '"Ana gives tea."'
    assert type(pickle.loads(pickle.dumps(said))) is str  # noqa: S301 - our own


def test_a_sentence_and_what_stands_in_it_are_said_in_the_readers_tongue(german):
    said = say("{name} gives {what}.", name="Ana & Bo", what=say("a cup"))
    assert said.inside(GERMAN) == "eine Tasse kommt von Ana & Bo."
    assert said.__html__() == "eine Tasse kommt von Ana &amp; Bo."
    assert said == "Ana & Bo gives a cup."


def test_what_nobody_translated_reads_in_english(german):
    assert say("Not in the catalogue.").__html__() == "Not in the catalogue."


@pytest.mark.parametrize(("n", "in_german"), [(0, "0 Gaben"), (1, "1 Gabe"), (2, "2 Gaben")])
def test_german_has_two_plurals(n, in_german):
    assert nsay("{n} gift", "{n} gifts", n).inside(GERMAN) == in_german


@pytest.mark.parametrize(("n", "form"), [(0, 0), (1, 1), (2, 2), (3, 3), (10, 3), (11, 5), (99, 5), (100, 4), (103, 3)])
def test_arabic_has_six_plurals(n, form):
    assert nsay("{n} gift", "{n} gifts", n).inside(ARABIC) == f"{n}:{form}"


def test_a_context_tells_two_words_apart_that_are_one_in_english():
    assert psay("of a shop", "open").inside(GERMAN) == "geöffnet"
    assert say("open").inside(GERMAN) == "open"


def test_a_name_within_a_sentence_from_the_right_keeps_its_own_direction():
    said = say("{name} gives {what}.", name="Ana", what=nsay("{n} gift", "{n} gifts", 2))
    assert said.inside(ARABIC) == "2:2 kommt von \u2068Ana\u2069."


def test_braces_in_what_people_wrote_are_only_braces():
    assert say("{name} gives {what}.", name="{what}", what="{0}") == "{what} gives {0}."


def test_a_hole_may_have_any_name():
    names = ("cls", "self", "how", "message", "tongue", "args")
    said = say(" ".join(f"{{{name}}}" for name in names), **dict.fromkeys(names, "tea"))
    assert said == said.inside(GERMAN) == recalled(to_keep(said)).inside(GERMAN) == "tea tea tea tea tea tea"


def test_sentences_lists_and_beginnings_stay_translatable():
    cup = say("a cup")
    assert together([cup, "", "Ana"]).inside(GERMAN) == "eine Tasse Ana"
    assert listed([cup, "b", "c"]).inside(GERMAN) == "eine Tasse, b, c"
    assert and_list([cup, "b", "c"]).inside(GERMAN) == "eine Tasse, b und c"
    assert (and_list([]), and_list(["a"]), and_list(["a", "b"])) == ("", "a", "a and b")
    assert (capital(cup), capital(cup).inside(GERMAN)) == ("A cup", "Eine Tasse")


def test_a_sentence_that_was_kept_is_said_again_where_it_is_known():
    assert [kept(text).inside(GERMAN) for text in ("a cup", "3 cups", "")] == ["eine Tasse", "3 cups", ""]


def test_a_sentence_with_values_is_kept_with_them_and_said_again():
    gift = nsay("{n} gift", "{n} gifts", 2)
    for said in (
        say("{name} gives {what}.", name="Ana & {Bo}", what=gift),
        together([psay("of a shop", "open"), "", "Ana \x1e"], say(", ")),
        and_list([capital(say("a cup")), gift, npsay("given", "{n} gift", "{n} gifts", 1)]),
    ):
        again = recalled(to_keep(said))
        assert (again, again.inside(GERMAN)) == (said.replace("\x1e", " "), said.inside(GERMAN))
        assert to_keep(again) == to_keep(said)
        assert recalled(to_keep(together([again, gift]))).inside(ARABIC) == together([said, gift]).inside(ARABIC)


def test_days_and_exact_figures_are_kept_as_what_they_are():
    values = (datetime(2026, 3, 14, 9, tzinfo=UTC), date(2026, 3, 14), timedelta(hours=5), Decimal("1.50"), (1, None))
    assert recalled(to_keep(_typed(values))).inside(GERMAN) == _typed(values).inside(GERMAN)


@spoken
def _typed(tongue, values):
    return f"{tongue.code} {[*values][:4]} {list(values[4])}"


@pytest.mark.parametrize(
    "recipe",
    [
        "{}",
        "[",
        '{"nobody": [{}]}',
        '{"say": []}',
        '{"say": ["{0} {a}", {"a": 1}]}',
        '{"say": ["{a.foo}", {"a": 1}]}',
        '{"@seconds": 1e300}',
        '{"@decimal": "x"}',
        "[" * 100_000,
    ],
)
def test_what_was_not_kept_by_this_version_is_read_as_it_stands(recipe):
    assert recalled("Ana") == recalled("Ana").inside(GERMAN) == "Ana"
    told = recalled(f"Ana\x1e{recipe}")
    assert told == told.inside(GERMAN) == "Ana"


def test_where_there_is_no_room_or_no_way_to_say_it_again_english_is_kept():
    said = say("{name} gives {what}.", name="Ana", what=say("a cup"))
    assert to_keep(said, 60) == "Ana gives a cup."
    assert to_keep(said, 8) == "Ana give"
    assert to_keep(say("{name} gives {what}.", name="Ana", what=object)).startswith("Ana gives <class")
    assert recalled(to_keep(Said(lambda _tongue: "{n}"))).inside(GERMAN) == "{n}"
    assert recalled(to_keep("Ana\x1e{}")) == "Ana {}"


def test_no_two_functions_that_speak_have_one_name():
    sources = "".join(path.read_text() for path in Path(deskapp.__file__).parent.rglob("*.py"))
    names = re.findall(r"@spoken\ndef (\w+)", sources)
    assert len(names) == len(set(names)) > 9


def test_an_error_still_knows_how_its_sentence_reads_elsewhere(german):
    cup = say("a cup")
    assert str(ValueError(cup)).__html__() == "eine Tasse"
    assert str(Invalid({"what": cup})).__html__() == "eine Tasse"


def test_a_copy_is_the_same_sentence():
    cup = say("a cup")
    assert copy.deepcopy({"one": cup})["one"] is cup
    assert copy.copy(cup) is cup


def test_any_function_of_a_tongue_can_be_spoken():
    @spoken
    def shout(tongue, text):
        return f"{text} ({tongue.code})"

    said = shout("Hey")
    assert isinstance(said, Said)
    assert (said, said.inside(GERMAN)) == ("Hey (en)", "Hey (de)")
