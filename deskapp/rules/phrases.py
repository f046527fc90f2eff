"""Finding phrases of a list in a text, one look per word however long the list is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from deskapp.rules.stops import fold

Kind = TypeVar("Kind")

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def plain_words(text: str) -> list[str]:
    """Folded words, apostrophes kept, hyphens taken apart."""
    return _WORD.findall(fold(text))


class Phrases(Generic[Kind]):
    """Whole words only, the last one in the singular or with an s."""

    def __init__(self, lists: Mapping[Kind, Iterable[str]]) -> None:
        self._by_first_word: dict[str, list[tuple[list[str], Kind]]] = {}
        for kind, phrases in lists.items():
            for phrase in phrases:
                for words in (plain_words(phrase), plain_words(f"{phrase}s")):
                    self._by_first_word.setdefault(words[0], []).append((words, kind))

    def find(self, words: list[str]) -> Iterator[tuple[Kind, str]]:
        """(kind, phrase as it stands there), in the order of the text; `words` are `plain_words`."""
        for at, word in enumerate(words):
            for phrase, kind in self._by_first_word.get(word, ()):
                if words[at : at + len(phrase)] == phrase:
                    yield kind, " ".join(phrase)
