"""Every file of phrases is held to the same rules; whether they read well is for a reader of the language."""

import tomllib
from collections import Counter
from datetime import date
from importlib import resources
from itertools import product

import pytest

from deskapp.rules import card_words
from deskapp.rules.card_words import PLACEHOLDERS, SITUATIONS, TONES, languages, placeholders, words_for
from deskapp.rules.prompts import shows_money

LANGUAGES = languages()
FAMILIES = [(part, situation, tone) for part in SITUATIONS for situation, tone in product(SITUATIONS[part], TONES)]
# What a situation can always fill in; of the rest there must be phrases that do without.
SURE = {"opening": {"name", "shop"}, "detail": set(), "plus_one": set(), "close": {"shop"}}
GIVEN = {
    "too-late": {"day"}, "needed": {"day"}, "birthday": {"day"}, "name-day": {"day"}, "anniversary": {"day"},
    "occasion": {"day", "occasion"}, "like": {"thing"}, "interest": {"thing"}, "item": {"item"}, "one": {"gift"},
    "many": {"gifts"}, "quiet": {"gifts"},
}  # fmt: skip


def raw(language: str) -> dict:
    file = resources.files(card_words).joinpath(f"{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def entries(language: str) -> list[tuple[str, dict]]:
    tables = raw(language)
    return [(part, table) for part in SITUATIONS for table in tables[part]]


def test_english_is_there_and_stands_in_for_what_is_not():
    assert "en" in LANGUAGES
    assert words_for("xx") is words_for("") is words_for("EN") is words_for("en_GB") is words_for("en-US")
    assert words_for("../en").language == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_says_its_language_direction_and_name(language):
    words = words_for(language)
    assert words.language == language
    assert words.direction in {"ltr", "rtl"}
    assert words.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_situation_has_four_phrases_in_every_tone(language):
    words = words_for(language)
    few = {family: len(words.family(*family)) for family in FAMILIES if len(words.family(*family)) < 4}
    assert not few


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_orders_every_month_is_opened_differently_all_year(language):
    for tone in TONES:
        assert len(words_for(language).family("opening", "returning", tone)) >= 12
        assert len(words_for(language).family("close", "any", tone)) >= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_and_texts_are_unique_and_their_fields_known(language):
    found = entries(language)
    for field in ("key", "text"):
        assert [value for value, count in Counter(table[field] for _, table in found).items() if count > 1] == []
    for part, table in found:
        assert set(table) == {"key", "when", "tone", "text"}
        assert set(table["when"]) <= set(SITUATIONS[part])
        assert set(table["tone"]) <= set(TONES)
        assert len(f"{language}:{table['key']}") <= 120


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_asks_only_for_what_its_situation_can_give(language):
    for part, table in entries(language):
        assert placeholders(table["text"]) <= PLACEHOLDERS
        for situation in table["when"]:
            given = SURE[part] | (
                set() if part == "opening" and situation in {"many", "quiet"} else GIVEN.get(situation, set())
            )
            if part == "detail" and situation == "occasion":
                given = {"day"}
            assert placeholders(table["text"]) <= given, table["key"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_a_gift_cannot_be_named_there_are_phrases_without_its_name(language):
    for situation, tone in product(SITUATIONS["plus_one"], TONES):
        assert [phrase for phrase in words_for(language).family("plus_one", situation, tone) if not phrase.needs]


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_are_short_and_neither_shout_nor_sell(language):
    for part, table in entries(language):
        text = table["text"]
        assert len(text) <= 110, table["key"]
        assert text == " ".join(text.split())
        assert not set("!¡！{}[]<>") & set(text.translate({ord(c): None for c in "{}"}))
        assert not shows_money(text)
        assert text.endswith("…") or part == "opening", table["key"]
        assert text.endswith((".", "…", "۔", "؟", "?")), table["key"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_opening_calls_them_by_name_and_a_close_says_who_we_are(language):
    for part, table in entries(language):
        wanted = {"opening": {"name"}, "close": {"shop"}}.get(part, set())
        assert wanted <= placeholders(table["text"]), table["key"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_and_lists_are_said_in_every_language(language):
    words = words_for(language)
    assert len(set(words.words["days"])) == 7
    assert len(set(words.words["months"])) == 12
    friday = date(2026, 3, 20)
    assert words.words["months"][2] in words.day(friday)
    assert "20" in words.day(friday)
    for count in range(1, 6):
        names = [f"N{number}" for number in range(count)]
        assert words.listed(names).startswith("N0")
        assert ("2" if count == 4 else "3" if count == 5 else names[-1]) in words.listed(names)
    assert words.listed([]) == ""


def test_english_lists_and_days_read_as_they_are_said():
    words = words_for("en")
    assert words.listed(["Mug"]) == "Mug"
    assert words.listed(["Mug", "Jam"]) == "Mug and Jam"
    assert words.listed(["Mug", "Jam", "Tea"]) == "Mug, Jam and Tea"
    assert words.listed(["Mug", "Jam", "Tea", "Cup", "Lamp"]) == "Mug, Jam and 3 more"
    assert words.day(date(2026, 3, 20)) == "Friday 20 March"
