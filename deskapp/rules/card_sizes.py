"""How much of a text fits on a card that is written by hand.

A hand is as wide and as high as we assume below; nobody's is quite so. A shop that wants it exact writes a sentence of a hundred
characters the way it writes its cards, measures how many millimetres it took and how far its lines are apart, and takes the size
that comes nearest: or a wider margin, which makes every hand count for more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Hand(StrEnum):
    """How large somebody writes."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


# Our assumption, in tenths of a millimetre: joined Latin handwriting of adults, blanks counted in, from a neat small hand to
# a round one with a broad nib; 7.5 mm is between narrow- and wide-ruled school paper (7.1 and 8.7 mm).
PER_CHARACTER = {Hand.SMALL: 24, Hand.MEDIUM: 30, Hand.LARGE: 38}
PER_LINE = {Hand.SMALL: 60, Hand.MEDIUM: 75, Hand.LARGE: 90}

FOR_THE_NAME = 1  # lines below the text
FEWEST_LINES = 3
FEWEST_CHARACTERS = 12  # in a line; on less no sentence can be read


@dataclass(frozen=True, slots=True)
class Paper:
    """The face that is written on, in millimetres."""

    words: str
    width_mm: int
    height_mm: int
    margin_mm: int


@dataclass(frozen=True, slots=True)
class Room:
    """`lines`: with that for the name. `characters`: if every line were full, which none ever is."""

    characters_per_line: int
    lines: int

    @property
    def characters(self) -> int:
        return self.characters_per_line * self.lines

    @property
    def text_lines(self) -> int:
        return max(self.lines - FOR_THE_NAME, 0)


@dataclass(frozen=True, slots=True)
class Word:
    """As many columns as it takes, and the blanks before it. A wide character, such as 漢, is a word of two columns by itself."""

    blanks: int
    columns: int


Line = Sequence[Word]


@dataclass(frozen=True, slots=True)
class Length:
    """A text as its reader counts it: characters, and its own lines, each in words."""

    characters: int
    lines: Sequence[Line]


def room(paper: Paper, hand: Hand) -> Room:
    wide, high = (10 * (side - 2 * paper.margin_mm) for side in (paper.width_mm, paper.height_mm))
    return Room(max(wide // PER_CHARACTER[hand], 1), high // PER_LINE[hand])


def can_be_written_on(paper: Paper) -> bool:
    """By somebody who writes small."""
    least = room(paper, Hand.SMALL)
    return least.lines >= FEWEST_LINES and least.characters_per_line >= FEWEST_CHARACTERS


def lines_needed(lines: Iterable[Line], across: int) -> int:
    """Written by hand with `across` characters to a line. An empty line is one too."""
    return sum(_wrapped(line, across) for line in lines)


def _wrapped(line: Line, across: int) -> int:
    """As static/js/card.js does it; both must say the same."""
    lines, used = 1, 0
    for word in line:
        blanks = word.blanks
        if used and used + blanks + word.columns > across:
            lines, used, blanks = lines + 1, 0, 0
        used += blanks + word.columns
        if used > across:  # longer than a line: parted
            lines += (used - 1) // across
            used = (used - 1) % across + 1
    return lines


# --- in words --------------------------------------------------------------------------------------------------------


def room_words(paper: Paper, hand: Hand) -> str:
    """As in "A6, 148 × 105 mm: about 11 lines of 44 letters written at medium size"."""
    there = room(paper, hand)
    size = f"{paper.width_mm} × {paper.height_mm} mm"
    if there.text_lines < 1:
        return f"{paper.words}, {size}: too small to be written on {_at(hand)}"
    return (
        f"{paper.words}, {size}: about {there.lines} lines of {there.characters_per_line} letters written {_at(hand)}"
    )


def written_words(paper: Paper, hand: Hand) -> str:
    return f"{paper.words} written {_at(hand)}"


def _at(hand: Hand) -> str:
    return "at medium size" if hand is Hand.MEDIUM else hand.value  # "written small"


def length_words(length: Length, paper: Paper, hand: Hand, others: Iterable[tuple[Paper, Hand]] = ()) -> str:
    """What stands below the card: how long the text is and whether it fits; if not, the first of `others` on which it does."""
    there, needed = room(paper, hand), _needed(length, paper, hand)
    counted = _counted(length.characters, "character")
    if not length.characters:
        return f"Room for {_counted(there.text_lines, 'line')} of about {there.characters_per_line} letters."
    if needed <= there.text_lines:
        return f"{counted}, {needed} of {_counted(there.text_lines, 'line')}: {_left(there.text_lines - needed)}."
    over = _counted(needed - there.text_lines, "line")
    too_long = f"{counted}: {over} too long for {written_words(paper, hand)}"
    return f"{too_long}; {_better(length, others)}."


def _needed(length: Length, paper: Paper, hand: Hand) -> int:
    return lines_needed(length.lines, room(paper, hand).characters_per_line)


def fits(length: Length, paper: Paper, hand: Hand) -> bool:
    return not length.characters or _needed(length, paper, hand) <= room(paper, hand).text_lines


def _left(lines: int) -> str:
    return "it fills the card well" if lines < 2 else "room for more"


def _better(length: Length, others: Iterable[tuple[Paper, Hand]]) -> str:
    found = next(((paper, hand) for paper, hand in others if fits(length, paper, hand)), None)
    return f"it fits on {written_words(*found)}" if found else "please shorten it"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
