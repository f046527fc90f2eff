from dataclasses import replace
from datetime import date

import pytest

from deskapp.rules.card_facts import Fact, Known
from deskapp.rules.card_told import begun, told
from deskapp.rules.prompts import prompt

TODAY = date(2026, 3, 14)
CARLA = Known(
    customer="Carla Núñez",
    shop="Corner & Co",
    today=TODAY,
    ship_on=TODAY,
    placed_on=TODAY,
    items=("Blue mug",),
    earlier_orders=9,
)


def fact(key: str, text: str) -> Fact:
    return Fact(text, "said on the phone to Ana", "yesterday", key)


JAM = fact("taste:1", "Likes plum jam")
SHELF = fact(
    "note:7:ab", "Is looking for a shelf that fits under a window, and asked whether the blue mug comes in green"
)
PROMISE = fact("promise:3", "We promised: call when the lamp is back in blue")
MUG = fact("order", "Ordered Blue mug")
SINCE = fact("since", "With us since May 2023")
ALL = (PROMISE, SHELF, JAM, MUG, SINCE)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Dear Carla, the plum jam is from all of us.", {"taste:1"}),
        ("A JAM of plums for you.", {"taste:1"}),
        ("We have the blue one now: the lamp is back.", {"promise:3", "order"}),  # "blue" is in both
        ("Did you find a shelf for that window?", {"note:7:ab"}),
        ("Since May you have been with us.", {"since", "promise:3"}),
        ("Your mug is in here.", {"order", "promise:3"}),
        ("", set()),
        (" \n", set()),
    ],
)
def test_a_fact_is_told_by_its_own_words(text, keys):
    assert told(text, ALL) == keys


def test_where_nothing_is_recognised_the_first_fact_counts_as_told():
    assert told("Liebe Grüße und vielen Dank.", ALL) == {"promise:3"}
    assert told("Kind regards.", (JAM, MUG)) == {"taste:1"}


def test_what_the_prompt_does_not_show_is_told_by_its_words_and_never_counts_by_itself():
    assert told("Did you find a shelf for that window?", (JAM, MUG), [SHELF]) == {"note:7:ab"}
    assert told("Kind regards.", (JAM, MUG), [SHELF]) == {"taste:1"}
    assert told("Kind regards.", (MUG,), [SHELF]) == set()


def test_an_order_recognised_does_not_excuse_what_was_said_of_the_person():
    assert told("Ihr Blue mug, und wie versprochen: …", (PROMISE, MUG)) == {"promise:3", "order"}


def test_of_a_card_about_nobody_nothing_is_told():
    assert told("Kind regards.", (MUG, SINCE)) == frozenset()
    assert told("Kind regards.", ()) == frozenset()


def test_words_that_stand_around_every_fact_tell_none():
    garden = fact("note:1:aa", "Told us about the garden she is planning")
    assert told("Thank you for telling us, and for thinking about it.", (JAM, garden)) == {"taste:1"}  # the first
    assert told("We hope the gardening goes well; what are you planning?", (JAM, garden)) == {"note:1:aa"}


@pytest.mark.parametrize("text", ["青いマグカップが好き", "!", "It"])
def test_a_fact_without_words_of_its_own_is_told_by_the_whole_of_it(text):
    one = fact("note:2:bb", text)
    assert told(f"Hello, {text}.", (JAM, one)) == {"note:2:bb"}


# --- how it begins ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("tone", ["warm", "plain", "formal"])
def test_a_card_made_of_what_was_offered_is_known_to_use_it(language, tone):
    for number in range(30):
        known = replace(CARLA, id=number, language=language, tone=tone, gifts=("Plum jam",), need_by_on=TODAY)
        starters = prompt(known).starters.given
        text = " ".join(starter.text.replace("…", "so ist es, und gut.") for starter in starters)
        assert begun(text.upper() if number % 2 else text, language) >= {starter.key for starter in starters}


def test_a_card_in_somebodys_own_words_uses_nothing_up():
    assert begun("Carla, how lovely that the jam was to your liking! Yours, Ana", "en") == frozenset()
    assert begun("", "de") == frozenset()


def test_a_phrase_is_known_again_by_what_is_fixed_in_it_and_in_its_order():
    assert "en:opening-first-1" in begun("Dear Mrs Núñez,\nthank you for your first order with us. Yours", "en")
    assert "en:opening-first-1" not in begun("Thank you for your first order with us, dear Carla.", "en")


@pytest.mark.parametrize("language", ["en", "de", "ar", "pl"])
def test_no_phrase_is_found_in_every_card(language):
    assert begun("Dear Bo, nothing to say. Ana at Corner & Co", language) == frozenset()
