"""Notes as text: their sentences, what changed from one wording to the next, and how long an opinion stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from enum import StrEnum

OPINION_STANDS = timedelta(days=180)
LONGEST_OPINION = timedelta(days=366)
WIPED_AFTER = timedelta(days=30)

_MOST_PARTS = 1500  # of each side: 20 ms at worst; the time grows with the square of it
_WORDS = re.compile(r"\S+\s*|\s+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?…])(?<!\bDr\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bNo\.)(?<!\bSt\.)\s+|(?<=\u3002)|\n+")


def sentences(text: str) -> list[str]:
    """In their order, without the blanks around them."""
    return [sentence for part in _SENTENCE_ENDS.split(text) if (sentence := part.strip())]


def has_faded(review_on: date | None, today: date) -> bool:
    """From the day of its review on, until somebody confirms it. None: nothing that fades."""
    return review_on is not None and review_on <= today


class Edit(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Change:
    edit: Edit
    text: str


def changes(before: str, after: str) -> list[Change]:
    """Word by word. SAME and NEW joined are `after`, SAME and GONE are `before`; what goes stands before what comes.

    Very long texts are compared line by line, and beyond that as wholes, see `_MOST_PARTS`.
    """
    for pattern in (_WORDS, _LINES):
        old, new = pattern.findall(before), pattern.findall(after)
        start = _same_at_start(old, new)
        end = _same_at_start(old[start:][::-1], new[start:][::-1])
        middles = old[start : len(old) - end], new[start : len(new) - end]
        if max(map(len, middles)) <= _MOST_PARTS:
            found = [(Edit.SAME, new[:start]), *_compared(*middles), (Edit.SAME, new[len(new) - end :])]
            return list(_joined(found))
    return list(_joined([(Edit.GONE, [before]), (Edit.NEW, [after])]))


def _same_at_start(old: Sequence[str], new: Sequence[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Edit, Sequence[str]]]:
    """Blanks behind a word do not make it another one, but are shown as they are now."""
    matcher = SequenceMatcher(None, [part.rstrip() for part in old], [part.rstrip() for part in new])
    for is_same, a, b, c, d in _steps(matcher, old, new):
        if is_same:
            yield Edit.SAME, new[c:d]
        else:
            yield Edit.GONE, old[a:b]
            yield Edit.NEW, new[c:d]


def _steps(
    matcher: "SequenceMatcher[str]", old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[bool, int, int, int, int]]:
    """Runs of parts that are the same to the last blank, and of those that are not."""
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield False, a, b, c, d
            continue
        for offset in range(b - a):
            is_same = old[a + offset] == new[c + offset]
            yield is_same, a + offset, a + offset + 1, c + offset, c + offset + 1


def _joined(found: Sequence[tuple[Edit, Sequence[str]]]) -> Iterator[Change]:
    """Neighbours of one sort become one, and between two that are the same what goes stands before what comes."""
    gone, new, same = "", "", ""
    for edit, parts in found:
        text = "".join(parts)
        if not text:
            continue
        if edit is Edit.SAME:
            yield from _told(gone, new)
            gone = new = ""
            same += text
        else:
            if same:
                yield Change(Edit.SAME, same)
                same = ""
            gone, new = (gone + text, new) if edit is Edit.GONE else (gone, new + text)
    yield from _told(gone, new)
    if same:
        yield Change(Edit.SAME, same)


def _told(gone: str, new: str) -> Iterator[Change]:
    if gone:
        yield Change(Edit.GONE, gone)
    if new:
        yield Change(Edit.NEW, new)
