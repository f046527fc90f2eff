"""Which requests are alike, who is loud, and what may follow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.requests import ANSWERED, NEXT, STATES, alike, loud, root_of
from deskapp.store.memory_tables import TopicState


@pytest.mark.parametrize(
    ("asked", "topics", "found"),
    [
        ("Can you wrap the gifts at the door?", {1: ["Gift wrapping"], 2: ["Wrap gifts at the door"]}, [2, 1]),
        ("Longer opening hours on Saturdays", {1: ["Open longer on Saturday"], 2: ["Delivery on Sunday"]}, [1]),
        ("A smaller size of the lamp", {1: ["Gift wrap"]}, []),
        ("Would you like to have it in the shop", {1: ["They would like to have something"]}, []),
        ("", {1: ["Gift wrap"]}, []),
        ("geschenkpapier ohne Glitzer", {1: ["Geschenkpapier ohne Glitzer, bitte"]}, [1]),
        ("refills", {1: ["x"], 2: ["Soap", "Refill of the soap bottles"]}, [2]),
    ],
)
def test_topics_are_alike_by_the_words_that_tell(asked: str, topics: dict[int, list[str]], found: list[int]) -> None:
    assert alike(asked, topics) == found


def test_at_most_five_are_offered() -> None:
    assert len(alike("gift wrap", {n: ["Gift wrap"] for n in range(9)})) == 5


@pytest.mark.parametrize(
    ("voices", "who"),
    [
        ([(1, 7), (1, 8), (1, 9), (2, 7)], ("customer", 1, 3, 4)),
        ([(1, 7), (2, 7), (3, 8)], ("staff", 7, 2, 3)),
        ([(1, 7), (2, 8), (3, 9), (4, 7)], None),
        ([(1, 7), (1, 8), (2, 9), (2, 6)], None),  # half is not more than half
        ([(1, 7), (1, 7)], None),  # too few to say
        ([], None),
    ],
)
def test_it_is_said_who_makes_more_than_half_of_the_noise(voices, who) -> None:
    found = loud(voices)
    told = found and ("customer" if found.is_customer else "staff", found.who, found.voices, found.of)
    assert told == who


def test_what_stands_for_a_topic_is_found_through_others() -> None:
    assert root_of(1, {1: 2, 2: 3}) == 3
    assert root_of(4, {1: 2}) == 4


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 9)), st.integers(0, 9))
def test_even_a_circle_has_an_end(merged: dict[int, int], topic: int) -> None:
    assert root_of(topic, merged) in {topic, *merged.values()}


def test_the_states_are_those_of_the_table_and_each_has_a_way_on() -> None:
    assert set(STATES) == {state.value for state in TopicState} == set(NEXT)
    assert {after for follows in NEXT.values() for after in follows} | {"new"} == set(STATES)
    assert all(NEXT.values())
    assert set(STATES) >= ANSWERED
