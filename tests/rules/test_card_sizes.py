import pytest

from deskapp.rules import card_sizes
from deskapp.rules.card_sizes import Hand, Length, Paper, Room, Word, lines_needed, room

A6, A7 = Paper("A6", 148, 105, 8), Paper("A7", 105, 74, 6)
SCRAP = Paper("Scrap", 50, 50, 17)


def words(*columns: int) -> list[Word]:
    """One blank between them."""
    return [Word(min(n, 1), wide) for n, wide in enumerate(columns)]


def of_lines(count: int) -> Length:
    return Length(count, [words(1)] * count)


@pytest.mark.parametrize(
    ("paper", "hand", "across", "lines"),
    [
        (A6, Hand.SMALL, 55, 14),
        (A6, Hand.MEDIUM, 44, 11),
        (A6, Hand.LARGE, 34, 9),
        (A7, Hand.MEDIUM, 31, 8),
        (Paper("5 × 7 in", 178, 127, 10), Hand.MEDIUM, 52, 14),
    ],
)
def test_a_card_holds_so_many_lines_of_so_many_letters(paper: Paper, hand: Hand, across: int, lines: int) -> None:
    there = room(paper, hand)
    assert (there.characters_per_line, there.lines, there.characters) == (across, lines, across * lines)


def test_one_line_is_kept_for_the_name() -> None:
    assert (Room(44, 11).text_lines, Room(44, 0).text_lines) == (10, 0)


@pytest.mark.parametrize(
    ("lines", "across", "needed"),
    [
        ([], 10, 0),
        ([[]], 10, 1),  # an empty line between two
        ([words(5, 4)], 10, 1),
        ([words(5, 5)], 10, 2),
        ([words(5, 4), [], words(3)], 10, 3),
        ([words(10, 10, 10)], 10, 3),
        ([words(11)], 10, 2),  # longer than a line: parted
        ([words(25)], 10, 3),
        ([words(25, 4)], 10, 3),  # and what follows goes on behind its end
        ([words(25, 5)], 10, 4),
        ([[Word(0, 4), Word(9, 4)]], 10, 2),  # blanks at the end of a line take no room
        ([[Word(3, 7)]], 10, 1),
        ([[Word(4, 7)]], 10, 2),
        ([[Word(0, 2)] * 5], 10, 1),  # wide ones may part anywhere
        ([[Word(0, 2)] * 6], 10, 2),
        ([[Word(0, 2)] * 5], 9, 2),
        ([words(1)], 1, 1),
    ],
)
def test_a_text_is_wrapped_by_words_at_the_edge_of_the_card(lines: list[list[Word]], across: int, needed: int) -> None:
    assert lines_needed(lines, across) == needed


@pytest.mark.parametrize(
    ("hand", "sentence"),
    [
        (Hand.SMALL, "A6, 148 × 105 mm: about 14 lines of 55 letters written small"),
        (Hand.MEDIUM, "A6, 148 × 105 mm: about 11 lines of 44 letters written at medium size"),
        (Hand.LARGE, "A6, 148 × 105 mm: about 9 lines of 34 letters written large"),
    ],
)
def test_a_format_is_said_as_a_sentence(hand: Hand, sentence: str) -> None:
    assert card_sizes.room_words(A6, hand) == sentence


def test_paper_on_which_nothing_can_be_written_is_said_so() -> None:
    assert card_sizes.room_words(SCRAP, Hand.LARGE) == "Scrap, 50 × 50 mm: too small to be written on large"
    assert not card_sizes.can_be_written_on(SCRAP)
    assert card_sizes.can_be_written_on(A7)


@pytest.mark.parametrize(
    ("length", "sentence"),
    [
        (Length(0, []), "Room for 10 lines of about 44 letters."),
        (Length(1, [words(1)]), "1 character, 1 of 10 lines: room for more."),
        (of_lines(8), "8 characters, 8 of 10 lines: room for more."),
        (of_lines(9), "9 characters, 9 of 10 lines: it fills the card well."),
        (of_lines(10), "10 characters, 10 of 10 lines: it fills the card well."),
        (
            of_lines(11),
            "11 characters: 1 line too long for A6 written at medium size; it fits on A6 written small.",
        ),
        (of_lines(14), "14 characters: 4 lines too long for A6 written at medium size; please shorten it."),
    ],
)
def test_what_is_written_is_judged_in_a_sentence(length: Length, sentence: str) -> None:
    others = [(A6, Hand.SMALL), (A7, Hand.MEDIUM)]
    assert card_sizes.length_words(length, A6, Hand.MEDIUM, others) == sentence
