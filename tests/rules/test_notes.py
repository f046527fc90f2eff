from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.notes import Edit, changes, has_faded, sentences

TODAY = date(2026, 3, 14)
WORDS = st.text("ab \n.é\u202e", max_size=60)


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [(one.edit.value, one.text) for one in changes(before, after)]


def test_a_word_that_was_changed_is_shown_going_and_coming() -> None:
    assert told("She likes tea in the evening.", "She likes green tea, in the evening.") == [
        ("same", "She likes "),
        ("gone", "tea "),
        ("new", "green tea, "),
        ("same", "in the evening."),
    ]


def test_the_same_words_are_one_piece_and_nothing_is_no_piece() -> None:
    assert told("a b", "a b") == [("same", "a b")]
    assert told("", "") == []
    assert told("", "a") == [("new", "a")]
    assert told("a", "") == [("gone", "a")]


def test_another_line_break_is_a_change() -> None:
    assert told("a b", "a\nb") == [("gone", "a "), ("new", "a\n"), ("same", "b")]


@given(WORDS, WORDS)
def test_both_wordings_can_be_read_out_of_their_changes(before: str, after: str) -> None:
    found = changes(before, after)
    assert "".join(one.text for one in found if one.edit is not Edit.GONE) == after
    assert "".join(one.text for one in found if one.edit is not Edit.NEW) == before
    assert all(one.text for one in found)
    assert all(one.edit is not other.edit for one, other in pairwise(found))


@pytest.mark.parametrize("unit", ["a ", "a b c d ", "ab\n", "\n", "x"])
def test_texts_of_twenty_thousand_characters_are_compared_too(unit: str) -> None:
    before = (unit * 20_000)[:20_000]
    after = before[:9_000] + "HERE " + before[9_000:-100]
    found = changes(before, after)
    assert "".join(one.text for one in found if one.edit is not Edit.GONE) == after
    assert "".join(one.text for one in found if one.edit is not Edit.NEW) == before


def test_very_long_texts_without_much_in_common_are_compared_line_by_line() -> None:
    before = "".join(f"{n} " * 20 + "\n" for n in range(200))
    after = "".join(f"{n + 1000} " * 20 + "\n" if n % 2 else f"{n} " * 20 + "\n" for n in range(200))
    assert len(changes(before, after)) == 300


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Wants feta. It is now.", ["Wants feta.", "It is now."]),
        ("One line\nanother\n\n third ", ["One line", "another", "third"]),
        ("Met Dr. Lee. Liked her!", ["Met Dr. Lee.", "Liked her!"]),
        ("青いのがいい。丸いの", ["青いのがいい。", "丸いの"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_are_what_a_reader_would_take_for_one(text: str, found: list[str]) -> None:
    assert sentences(text) == found


def test_an_opinion_fades_on_the_day_of_its_review_and_nothing_else_does() -> None:
    assert has_faded(TODAY, TODAY)
    assert has_faded(TODAY - timedelta(days=1), TODAY)
    assert not has_faded(TODAY + timedelta(days=1), TODAY)
    assert not has_faded(None, TODAY)
