"""Finding phrases of a list in a text, one look per word however long the list is."""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Generic, TypeVar

from deskapp.rules.stops import fold

Kind = TypeVar("Kind", bound=Hashable)

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
START = "^"  # stands in a phrase, and among the words of a text, where a sentence or a part of one begins
SHORTEST_STEM = 3  # letters
_MOST_SKIPPED = 3


def plain_words(text: str) -> list[str]:
    """Folded words, apostrophes kept, hyphens taken apart."""
    return WORD.findall(fold(text))


@lru_cache(maxsize=1 << 14)
def words_of_part(part: str) -> tuple[str, ...]:
    """Of a phrase's part between two blanks; phrases of a list share most of them."""
    return (START,) if part == START else tuple(plain_words(part))


class _Node(Generic[Kind]):
    """What may come next: whole words, and stems by their first letters; `ends` are the kinds of the phrases that end here."""

    __slots__ = ("ends", "stems", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node[Kind]] | None = None  # most nodes are leaves, and there are tens of thousands
        self.stems: dict[str, dict[str, _Node[Kind]]] | None = None
        self.ends: tuple[Kind, ...] = ()

    def after(self, word: str) -> "_Node[Kind]":
        if self.words is None:
            self.words = {}
        if (node := self.words.get(word)) is None:
            node = self.words[word] = _Node()
        return node

    def after_stem(self, stem: str) -> "_Node[Kind]":
        if self.stems is None:
            self.stems = {}
        return self.stems.setdefault(stem[:SHORTEST_STEM], {}).setdefault(stem, _Node())

    def end(self, kind: Kind) -> None:
        if kind not in self.ends:
            self.ends = (*self.ends, kind)

    def follows(self, word: str) -> "list[_Node[Kind]]":
        found = []
        if self.words is not None and (node := self.words.get(word)) is not None:
            found.append(node)
        if self.stems is not None and (near := self.stems.get(word[:SHORTEST_STEM])) is not None:
            found += [node for stem, node in near.items() if word.startswith(stem)]
        return found


class Phrases(Generic[Kind]):
    """Whole words only, the last one in the singular or with an s; a word of a phrase that ends in * is a stem
    of at least three letters.

    In a text up to three `fillers` may stand between the words of a phrase: "is fat" is found in "is really so fat".
    """

    def __init__(self, lists: Mapping[Kind, Iterable[str]], fillers: Iterable[str] = ()) -> None:
        self._root: _Node[Kind] = _Node()
        self._fillers = frozenset(word for filler in fillers for word in plain_words(filler))
        for kind, phrases in lists.items():
            for phrase in phrases:
                self._add(phrase, kind)

    def _add(self, phrase: str, kind: Kind) -> None:
        node = self._root
        *parts, ending = phrase.split()
        for part in parts:
            node = self._after(node, part)
        if ending.endswith("*"):
            self._after(node, ending).end(kind)
            return
        *first, last = words_of_part(ending)
        for word in first:
            node = node.after(word)
        node.after(last).end(kind)
        node.after(f"{last}s").end(kind)

    def _after(self, node: _Node[Kind], part: str) -> _Node[Kind]:
        *first, last = words_of_part(part)
        for word in first:
            node = node.after(word)
        return node.after_stem(last) if part.endswith("*") else node.after(last)

    def find(self, words: list[str]) -> Iterator[tuple[Kind, str]]:
        """(kind, phrase as it stands there), in the order of the text; `words` are `plain_words`."""
        return ((kind, " ".join(words[start:end])) for kind, start, end in self.places(words))

    def places(self, words: list[str]) -> Iterator[tuple[Kind, int, int]]:
        """(kind, number of the first word, number after the last), in the order of the text."""
        for at, word in enumerate(words):
            for node in self._root.follows(word):
                for kind, end in self._walk(node, words, at + 1, 0):
                    yield kind, at, end

    def _walk(self, node: _Node[Kind], words: list[str], at: int, skipped: int) -> Iterator[tuple[Kind, int]]:
        for kind in node.ends:
            yield kind, at
        if at == len(words) or (node.words is None and node.stems is None):
            return
        word = words[at]
        follows = node.follows(word)
        for one in follows:
            yield from self._walk(one, words, at + 1, skipped)
        if word == START or (not follows and skipped < _MOST_SKIPPED and word in self._fillers):
            yield from self._ended_later(node, words, at + 1, skipped + (word != START))

    def _ended_later(self, node: _Node[Kind], words: list[str], at: int, skipped: int) -> Iterator[tuple[Kind, int]]:
        """What is found after a skipped word; what ended before it has been said already."""
        return ((kind, end) for kind, end in self._walk(node, words, at, skipped) if end > at)
