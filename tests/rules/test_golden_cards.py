"""Cards as prose: would you be glad to get this card, and would you wonder how they know?

The situations are tests/golden/card_situations; `python tests/card_situations.py` writes the texts anew, and every changed one
is read aloud before it is kept.
"""

from dataclasses import replace

import pytest
from card_situations import CARDS, Situation, as_text, situations

from deskapp.rules import guard
from deskapp.rules.card_facts import is_others, kept_off
from deskapp.rules.card_words import words_for
from deskapp.rules.prompts import prompt, shows_money

SITUATIONS = situations()
EVERY = pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])
OF_THE_ORDER = {"order", "first", "since", "count"}
ISOLATE, RELEASE = "\u2068", "\u2069"


@EVERY
def test_the_prompt_reads_as_it_was_reviewed(situation: Situation):
    assert as_text(prompt(situation.known)) == (CARDS / f"{situation.name}.txt").read_text(encoding="utf-8")


def test_every_situation_has_its_card_and_every_card_its_situation():
    names = [situation.name for situation in SITUATIONS]
    assert len(names) == len(set(names)) >= 60
    assert {path.stem for path in CARDS.glob("*.txt")} == set(names)


def test_the_situations_are_in_every_language_and_tone_that_there_are_phrases_for():
    tried = {(words_for(one.known.language).language, one.known.tone) for one in SITUATIONS}
    assert tried == {(language, tone) for language in ("ar", "de", "en") for tone in ("warm", "plain", "formal")}


@EVERY
def test_a_fact_says_what_it_should_and_nothing_says_what_it_must_not(situation: Situation):
    card = prompt(situation.known)
    facts, text = "\n".join(fact.text for fact in card.facts), as_text(card)
    assert [words for words in situation.tells if words not in facts] == []
    assert [words for words in situation.hides if words in text] == []


@EVERY
def test_there_are_two_to_four_facts_each_with_its_source_and_its_own_key(situation: Situation):
    facts = prompt(situation.known).facts
    assert 2 <= len(facts) <= 4
    assert len({fact.key for fact in facts}) == len(facts)
    assert all(fact.source for fact in facts)
    assert not [key for fact in facts if (key := fact.key) not in OF_THE_ORDER and not key.split(":")[1].isdecimal()]


@EVERY
def test_opinions_and_guesses_leave_no_trace(situation: Situation):
    known = situation.known
    without = replace(
        known,
        notes=tuple(note for note in known.notes if not note.is_opinion),
        tastes=tuple(taste for taste in known.tastes if taste.is_stated),
    )
    assert prompt(known) == prompt(without)


@EVERY
def test_no_fact_is_guarded_hushed_or_somebody_elses(situation: Situation):
    facts = prompt(situation.known).facts
    assert not [fact.text for fact in facts if guard.check(fact.text) or is_others(fact.text, is_chosen=True)]
    assert not [fact.text for fact in facts if fact.key not in OF_THE_ORDER and kept_off(fact.text)]


@EVERY
def test_no_money_is_on_a_card(situation: Situation):
    card = prompt(situation.known)
    assert not [fact.text for fact in card.facts if shows_money(fact.text)]
    assert not [starter.text for starter in card.starters.given if shows_money(starter.text)]


@EVERY
def test_starters_are_in_the_customers_language_whole_and_short(situation: Situation):
    card, words = prompt(situation.known), words_for(situation.known.language)
    assert (card.language, card.direction) == (words.language, words.direction)
    for starter in card.starters.given:
        assert starter.key.startswith(f"{words.language}:")
        assert not set("{}") & set(starter.text)
        assert len(starter.text) <= 160
        assert starter.text.count(ISOLATE) == starter.text.count(RELEASE)


@EVERY
def test_nothing_is_said_that_was_said_already(situation: Situation):
    known, card = situation.known, prompt(situation.known)
    assert not {starter.key for starter in card.starters.given} & known.phrases_used
    assert not {fact.key for fact in card.facts} & known.told - {"order"}
    again = prompt(
        replace(known, phrases_used=known.phrases_used | {starter.key for starter in card.starters.given})
    ).starters
    assert not {starter.text for starter in card.starters.given} & {starter.text for starter in again.given}


@EVERY
def test_a_gift_is_said_to_cost_nothing_unless_the_card_is_quiet(situation: Situation):
    said = prompt(situation.known).starters.plus_one
    if not situation.known.gifts:
        assert said is None
    elif said is not None and "quiet" not in said.key:
        free = {
            "en": ("nothing", "no cost"),
            "de": ("nichts", "ohne Kosten"),
            "ar": ("شيئًا", "بلا مقابل", "بلا أي كلفة"),
        }
        assert any(words in said.text for words in free[said.key[:2]])
