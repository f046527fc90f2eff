"""What agrees with everybody: forms of address, pronouns and names in each language that has its own rules for them."""

import re
import tomllib
from importlib import resources

import pytest

from deskapp.rules import card_words
from deskapp.rules.card_words import SITUATIONS, placeholders


def phrases(language: str) -> list[dict]:
    tables = tomllib.loads(resources.files(card_words).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return [phrase for part in SITUATIONS for phrase in tables[part]]


GERMAN, ARABIC = phrases("de"), phrases("ar")


def test_german_says_neither_du_nor_a_greeting_that_has_a_gender():
    for phrase in GERMAN:
        assert not re.search(r"\b(?:[Dd]u|[Dd]ir|[Dd]ich|[Dd]ein\w*|[Ee]uch|[Ee]uer|[Ee]ure\w*)\b", phrase["text"]), (
            phrase
        )
        assert not re.search(r"\b(?:Liebe|Lieber|geehrte[rn]?|Frau|Herr)\b", phrase["text"]), phrase


def test_german_keeps_the_polite_form_for_the_formal_tone():
    for phrase in GERMAN:
        said = re.search(r"\b(?:Ihnen|Ihr|Ihre[mnrs]?)\b|(?<=[a-zäöüß,] )Sie\b", phrase["text"])
        assert not said or phrase["tone"] == ["formal"], phrase


def test_german_sets_names_of_things_in_quotation_marks_where_they_would_need_an_article():
    for phrase in GERMAN:
        for name in placeholders(phrase["text"]) & {"item", "gift", "thing"}:
            assert f"„{{{name}}}“" in phrase["text"], phrase


def test_german_says_a_day_so_that_its_number_can_be_read_aloud():
    for phrase in GERMAN:
        for before in re.findall(r"(\S+) \{day\}", phrase["text"]):
            assert before in {"am", "den", "der", "Der", "Den", "vom", "zum", "Zum"}, phrase


@pytest.mark.parametrize("name", ["name", "item", "thing", "shop"])
def test_arabic_lets_a_name_in_latin_letters_run_its_own_way(name):
    for phrase in ARABIC:
        if name in placeholders(phrase["text"]):
            assert f"\u2068{{{name}}}\u2069" in phrase["text"], phrase


def test_arabic_leaves_gifts_to_be_set_apart_one_by_one():
    for phrase in ARABIC:
        assert not re.search("\u2068\\{gifts?\\}", phrase["text"]), phrase


def test_arabic_is_written_with_its_own_letters_and_marks():
    for phrase in ARABIC:
        said = re.sub(r"\{\w+\}", "ن", phrase["text"])
        assert not re.search(r"[A-Za-z,;?\"']", said), phrase
        assert not re.search(r"\s[،؛؟:.]", said), phrase


def test_arabic_speaks_to_everybody_in_the_plural_of_politeness():
    singular = r"\b(?:طلبك|طلبكَ|طلبكِ|لك|لكِ|منك|عليك|إليك|أنت|عزيزي|عزيزتي|السيد|السيدة|الأستاذ|الأستاذة)\b"
    for phrase in ARABIC:
        assert not re.search(singular, phrase["text"]), phrase
