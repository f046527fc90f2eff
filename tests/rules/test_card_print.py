import pytest

from deskapp.rules.card_print import Face, TextSize, face, is_wide, text_size

A6 = (148, 105)


@pytest.mark.parametrize("shape", [A6, (105, 74), (152, 102), (178, 127), (210, 99), (105, 148), (20, 500), (1, 1)])
@pytest.mark.parametrize("turned", [True, False])
def test_four_cards_with_their_marks_fit_a_page_of_both_papers(shape: tuple[int, int], turned: bool) -> None:
    card = face(*shape, is_wide=turned)
    for short, long in ((210, 297), (215, 279)):
        across, down = (long, short) if turned else (short, long)
        assert 2 * (card.width_mm + 6) <= across - 12
        assert 2 * (card.height_mm + 6) <= down - 12
    assert card.width_mm <= shape[0]
    assert card.height_mm <= shape[1]


def test_a_small_card_is_printed_as_large_as_it_is() -> None:
    assert face(105, 74, is_wide=True) == Face(105, 74)


def test_a_large_one_keeps_its_shape() -> None:
    card = face(178, 127, is_wide=True)
    assert abs(card.width_mm / card.height_mm - 178 / 127) < 0.03


@pytest.mark.parametrize(
    ("shapes", "turned"), [([], True), ([A6], True), ([(74, 105)], False), ([A6, (74, 105)], True)]
)
def test_the_sheet_is_turned_as_most_cards_are(shapes: list[tuple[int, int]], turned: bool) -> None:
    assert is_wide(shapes) is turned


def test_the_more_words_the_smaller_they_are_and_a_letter_needs_a_page() -> None:
    sizes = [text_size("word " * many, Face(127, 90)) for many in (10, 60, 90, 110, 150, 200)]
    assert sizes == sorted(sizes, key=list(TextSize).index)
    assert set(sizes) == set(TextSize) - {TextSize.LETTER}
    assert text_size("word\n" * 40, Face(127, 90)) is TextSize.LETTER
    assert text_size("w", Face(10, 10)) is TextSize.LETTER


def test_letters_as_wide_as_high_take_more_room() -> None:
    assert text_size("x" * 300, Face(127, 90)) is TextSize.LARGE
    assert text_size("漢" * 300, Face(127, 90)) is not TextSize.LARGE
