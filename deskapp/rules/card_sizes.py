"""How much of a text fits on a card that is written by hand.

A hand is as wide and as high as we assume below; nobody's is quite so. A shop that wants it exact writes a sentence of a hundred
characters the way it writes its cards, measures how many millimetres it took and how far its lines are apart, and takes the size
that comes nearest: or a wider margin, which makes every hand count for more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from deskapp.rules.words import Said, Tongue, nsay, psay, say, spoken


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


def room_words(paper: Paper, hand: Hand) -> Said:
    """As in "A6, 148 × 105 mm: about 11 lines of 44 letters written at medium size"."""
    there = room(paper, hand)
    size = say("{words}, {width} × {height} mm", words=paper.words, width=paper.width_mm, height=paper.height_mm)
    if there.text_lines < 1:
        return say("{paper}: too small to be written on {how}", paper=size, how=_at(hand))
    across = there.characters_per_line
    return nsay(
        "{paper}: about {n} line of {across} letters written {how}",
        "{paper}: about {n} lines of {across} letters written {how}",
        there.lines,
        paper=size,
        across=across,
        how=_at(hand),
    )


def written_words(paper: Paper, hand: Hand) -> Said:
    return say("{paper} written {how}", paper=paper.words, how=_at(hand))


def _at(hand: Hand) -> Said:
    match hand:
        case Hand.SMALL:
            return psay("written", "small")
        case Hand.MEDIUM:
            return psay("written", "at medium size")
        case Hand.LARGE:
            return psay("written", "large")


PLURALS = (0, 1, 2, 3, 11, 100)  # a number of each kind that CLDR has: zero, one, two, few, many, other
Patterns = Mapping[str, Sequence[str]]
_HOLE = Said(lambda _tongue: "{n}")


def patterns(tongue: Tongue) -> Patterns:
    """What `length_words` are made of, for the script that counts while somebody writes; plurals in the order of `PLURALS`."""
    whole = {
        "room": say("Room for {lines} of about {across} letters."),
        "full": say("{characters}, {needed} of {lines}: it fills the card well."),
        "more": say("{characters}, {needed} of {lines}: room for more."),
        "shorten": say("{characters}: {lines} too long for {paper}; please shorten it."),
        "elsewhere": say("{characters}: {lines} too long for {paper}; it fits on {other}."),
    }
    counted = {
        "characters": [nsay("{n} character", "{n} characters", number, n=_HOLE) for number in PLURALS],
        "lines": [nsay("{n} line", "{n} lines", number, n=_HOLE) for number in PLURALS],
    }
    every = {name: [sentence] for name, sentence in whole.items()} | counted
    return {name: [one.inside(tongue) for one in found] for name, found in every.items()}


@spoken
def length_words(
    tongue: Tongue, length: Length, paper: Paper, hand: Hand, others: Sequence[tuple[Paper, Hand]] = ()
) -> str:
    """What stands below the card: how long the text is and whether it fits; if not, the first of `others` on which it does.

    As static/js/card.js says it; both must say the same.
    """
    says, there, needed = patterns(tongue), room(paper, hand), _needed(length, paper, hand)
    room_for = _lines(there.text_lines).inside(tongue)
    if not length.characters:
        return says["room"][0].format(lines=room_for, across=there.characters_per_line)
    counted = nsay("{n} character", "{n} characters", length.characters).inside(tongue)
    if (left := there.text_lines - needed) >= 0:
        return says["full" if left < 2 else "more"][0].format(characters=counted, needed=needed, lines=room_for)
    over, on = _lines(-left).inside(tongue), written_words(paper, hand).inside(tongue)
    better = next((written_words(*one) for one in others if fits(length, *one)), None)
    if better is None:
        return says["shorten"][0].format(characters=counted, lines=over, paper=on)
    return says["elsewhere"][0].format(characters=counted, lines=over, paper=on, other=better.inside(tongue))


def _lines(number: int) -> Said:
    return nsay("{n} line", "{n} lines", number)


def _needed(length: Length, paper: Paper, hand: Hand) -> int:
    return lines_needed(length.lines, room(paper, hand).characters_per_line)


def fits(length: Length, paper: Paper, hand: Hand) -> bool:
    return not length.characters or _needed(length, paper, hand) <= room(paper, hand).text_lines
