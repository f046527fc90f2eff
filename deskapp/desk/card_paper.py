"""What a card is written on, and how much of a text goes on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex
from sqlmodel import Session

from deskapp.rules import card_sizes
from deskapp.rules.card_sizes import Hand, Length, Paper, Patterns, Word
from deskapp.rules.words import Said, Tongue, kept, say
from deskapp.store import card_formats
from deskapp.store.card_tables import CardFormat

# The same three as in static/js/card.js: what a count on the screen says is what is said once it is saved.
_CLUSTER = regex.compile(r"\X")
_UNSEEN = regex.compile(r"\p{Cf}+")  # marks of direction and the like
_WIDE = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}\p{Emoji_Presentation}\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6]"
)


def length_of(text: str) -> Length:
    """Counted in grapheme clusters, as a reader counts: a flag or an accented letter is one."""
    text = text.replace("\r\n", "\n").strip()
    characters = sum(_UNSEEN.fullmatch(one) is None for one in _CLUSTER.findall(text))
    return Length(characters, [list(_words(line)) for line in text.split("\n")] if characters else [])


def _words(line: str) -> Iterator[Word]:
    blanks = columns = 0
    for cluster in _CLUSTER.findall(line):
        if _UNSEEN.fullmatch(cluster):
            continue
        is_wide, is_blank = _WIDE.match(cluster) is not None, cluster in " \t"
        if columns and (is_wide or is_blank):
            yield Word(blanks, columns)
            blanks = columns = 0
        if is_wide:
            yield Word(blanks, 2)
            blanks = 0
        elif is_blank:
            blanks += 1
        else:
            columns += 1
    if columns:
        yield Word(blanks, columns)


@dataclass(frozen=True, slots=True)
class Stationery:
    """What there is to choose from, in the shop's order, and what was chosen for one card."""

    formats: Sequence[CardFormat]
    chosen: CardFormat
    hand: Hand

    @property
    def paper(self) -> Paper:
        return paper_of(self.chosen)

    def others(self) -> list[tuple[Paper, Hand]]:
        """Where a text that is too long may go: first smaller on the same paper, then on another."""
        hands = list(Hand)
        smaller = [(self.paper, hand) for hand in reversed(hands[: hands.index(self.hand)])]
        elsewhere = [(paper_of(one), self.hand) for one in self.formats if one.code != self.chosen.code]
        return [*smaller, *elsewhere]

    def length_words(self, text: str) -> Said:
        return card_sizes.length_words(length_of(text), self.paper, self.hand, self.others())

    def rooms(self, tongue: Tongue) -> list[tuple[str, int, int]]:
        """For the script that counts: words, characters to a line and lines of text; first what was chosen."""
        return [
            (card_sizes.written_words(paper, hand).inside(tongue), there.characters_per_line, there.text_lines)
            for paper, hand in [(self.paper, self.hand), *self.others()]
            for there in [card_sizes.room(paper, hand)]
        ]

    def patterns(self, tongue: Tongue) -> Patterns:
        """For the same: what it says."""
        return card_sizes.patterns(tongue)


def stationery(session: Session, code: str, hand: str) -> Stationery:
    """`code`, `hand`: what was chosen for a card, "" for what the shop mostly takes. One query."""
    known = card_formats.list_formats(session)
    in_use = [one for one in known if one.retired_at is None]
    chosen = next((one for one in known if one.code == code), in_use[0])
    return Stationery(in_use, chosen, Hand(hand) if hand in set(Hand) else Hand.MEDIUM)


_CAME_ALONG = say("A6, folded")  # the other formats of a new desk are called the same everywhere


def paper_of(one: CardFormat) -> Paper:
    return Paper(kept(one.words), one.width_mm, one.height_mm, one.margin_mm)
