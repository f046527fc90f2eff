"""A text as the guard reads it: folded, with every disguise taken off that costs nothing, and each word's place in the original."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from deskapp.rules.phrases import START, WORD
from deskapp.rules.stops import fold

# Small letters of other scripts that look like Latin ones; read so only in a word that has Latin letters too.
_LOOK_ALIKES = str.maketrans("аеорсухіјѕһԁԛԝктмнвαορνικτυεχ", "aeopcyxijshdqwktmhbaopvikTuex".lower())
_LATIN = re.compile(r"[a-z]")
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_DIGITS_AS_LETTERS = str.maketrans("013457", "oieast")
_DIGIT_INSIDE = re.compile(r"^[a-z]+(?:[013457][a-z]+)+$")
_BREAK = re.compile(r"[.,;:!?()\n\u2026\u2013\u2014\u3002]")
_SPELLED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .\-_*/|][^\W\d_]){2,}(?![^\W_])")  # d i a b e t e s, h.i.v.


@dataclass(frozen=True, slots=True)
class Word:
    """Folded; `start` and `end` in the text as it was typed."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Shaped:
    """A text and, for each of its characters, the place in the original that it stands for."""

    text: str
    places: tuple[int, ...] | None  # None: they are the same

    def span(self, start: int, end: int) -> tuple[int, int]:
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def words_of(text: str) -> list[Word]:
    """A word START without length stands where a sentence or a part of one begins, and at the end."""
    shaped = _folded(text)
    found: list[Word] = []
    last = 0
    for match in WORD.finditer(shaped.text):
        start, end = shaped.span(*match.span())
        if not found or _BREAK.search(shaped.text, last, match.start()):
            found.append(Word(START, start, start))
        found.append(Word(_undisguised(match[0]), start, end))
        last = match.end()
    return [*found, Word(START, found[-1].end, found[-1].end)] if found else []


def spelled_words(text: str) -> list[Word]:
    """What is written letter by letter, put together."""
    shaped = _folded(text)
    return [
        Word(_undisguised("".join(c for c in m[0] if c.isalpha())), *shaped.span(*m.span()))
        for m in _SPELLED.finditer(shaped.text)
    ]


def numbers_of(text: str) -> Shaped:
    """Digits of every script as 0-9, every dash as "-", every blank as " ", nothing invisible."""
    return Shaped(text, None) if text.isascii() and text.isprintable() else _shaped(text, _plain_character)


def _folded(text: str) -> Shaped:
    return Shaped(text.lower(), None) if text.isascii() else _shaped(text, _folded_character)


def _shaped(text: str, shape: Callable[[str], str]) -> Shaped:
    pieces = [(piece, at) for at, character in enumerate(text) for piece in shape(character)]
    return Shaped("".join(piece for piece, _ in pieces), tuple(at for _, at in pieces))


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    return "\n" if character in "\n\r" else " " if character.isspace() else fold(character)


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    shown = unicodedata.normalize("NFKC", character)
    return "".join(_plain(c) for c in shown if unicodedata.category(c) not in {"Cf", "Mn"})


def _plain(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) in {"Pd", "Sm"} and character not in "+<=>|~":
        return "-"
    return " " if character.isspace() else character


def _undisguised(word: str) -> str:
    if not word.isascii() and _LATIN.search(word) and _FOREIGN.search(word):
        word = word.translate(_LOOK_ALIKES)
    if _DIGIT_INSIDE.match(word):
        word = word.translate(_DIGITS_AS_LETTERS)
    return word
