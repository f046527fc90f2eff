"""Cards on a sheet of paper, four to a page: how large each is, and how large its words are so that none is cut off.

A4 and Letter both take it: of each side the shorter counts, less 6 mm that printers leave white and 3 mm on each side of a
card for its cut marks.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_LONG_SIDE_MM, _SHORT_SIDE_MM = 127, 92  # of (279 - 12) / 2 - 6 and (210 - 12) / 2 - 6
_PADDING_MM = 7
_FOOT_MM = 6  # below the words, where it is signed
_MM_PER_PT = 25.4 / 72
_NARROW_EM, _CAPITAL_EM, _BROAD_EM = 0.54, 0.82, 1.05  # of serif faces, and a little more for lines that break early
_BROAD = frozenset("MWmw@%&\u2014\u2026")
_LEADING = 1.35


@dataclass(frozen=True, slots=True)
class Face:
    """A card as it is printed, in millimetres; never larger than it is."""

    width_mm: int
    height_mm: int


class TextSize(StrEnum):
    """In points, see POINTS. LETTER: it would not fit the card and gets as much paper as it needs."""

    LARGE = "large"
    MIDDLE = "middle"
    SMALL = "small"
    TINY = "tiny"
    LETTER = "letter"


POINTS = {TextSize.LARGE: 13.0, TextSize.MIDDLE: 11.0, TextSize.SMALL: 9.0, TextSize.TINY: 7.0}
"""As in static/css/desk.css."""


def is_wide(shapes: Sequence[tuple[int, int]]) -> bool:
    """Whether most of these (width, height) are wider than high, so that the sheet is turned."""
    return 2 * sum(width >= height for width, height in shapes) >= len(shapes)


def face(width_mm: int, height_mm: int, *, is_wide: bool) -> Face:
    """As large as a quarter of the sheet takes."""
    across, down = (_LONG_SIDE_MM, _SHORT_SIDE_MM) if is_wide else (_SHORT_SIDE_MM, _LONG_SIDE_MM)
    scale = min(1.0, across / width_mm, down / height_mm)
    return Face(max(1, int(width_mm * scale)), max(1, int(height_mm * scale)))


def text_size(text: str, on: Face) -> TextSize:
    """The largest in which all of it fits."""
    return next((size for size in POINTS if _fits(text, on, POINTS[size] * _MM_PER_PT)), TextSize.LETTER)


def _fits(text: str, on: Face, em_mm: float) -> bool:
    across = (on.width_mm - 2 * _PADDING_MM) / em_mm
    lines = sum(max(1, -int(-_width_em(line) // across)) for line in text.splitlines())
    return across > 1 and lines * em_mm * _LEADING <= on.height_mm - 2 * _PADDING_MM - _FOOT_MM


def _width_em(line: str) -> float:
    return sum(map(_letter_em, line))


def _letter_em(char: str) -> float:
    if char in _BROAD or unicodedata.east_asian_width(char) in "WF":
        return _BROAD_EM
    return _CAPITAL_EM if char.isupper() else _NARROW_EM
