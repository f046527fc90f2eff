"""Slips of the pen: a long word one letter away from a phrase of the lists is that phrase."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deskapp.rules.guard_kinds import Kind
from deskapp.rules.guard_reading import PhraseList
from deskapp.rules.guard_text import Word
from deskapp.rules.phrases import words_of_part

_SHORTEST = 8  # letters; of shorter words too many are words of their own
_ENDANGERED = frozenset(  # where a miss costs more than a false alarm; "cooked" is no slip for "crooked"
    {Kind.HEALTH, Kind.FAITH, Kind.POLITICS, Kind.UNION, Kind.SEX_LIFE, Kind.ETHNICITY}
)


@dataclass(frozen=True, slots=True)
class Slips:
    """`shortened`: every long word of the lists, and it without each of its letters, with the words that may be meant."""

    shortened: dict[str, list[tuple[str, Kind]]]
    right: frozenset[str]

    @classmethod
    def of(cls, languages: Iterable[PhraseList]) -> "Slips":
        shortened: dict[str, list[tuple[str, Kind]]] = {}
        right: set[str] = set()
        for language in languages:
            right |= language.known
            for kind, phrases in language.phrases.items():
                words = {part: words_of_part(part) for phrase in phrases for part in phrase.split()}
                right |= {form for spoken in words.values() for word in spoken for form in (word, f"{word}s")}
                for phrase in phrases if kind in _ENDANGERED else ():
                    if len(word := "".join(words.get(phrase, ()))) >= _SHORTEST and not phrase.endswith("*"):
                        for short in _shortenings(word):
                            shortened.setdefault(short, []).append((word, kind))
            allowed = {part for phrases in language.allowed.values() for phrase in phrases for part in phrase.split()}
            right |= {word for part in allowed for word in words_of_part(part)}
        return cls(shortened, frozenset(right))

    def find(self, words: Iterable[Word]) -> Iterator[tuple[Word, Kind]]:
        for word in words:
            if len(word.text) >= _SHORTEST - 1 and word.text not in self.right:
                for kind in self._kinds(word.text):
                    yield word, kind

    def _kinds(self, word: str) -> list[Kind]:
        meant = (one for short in _shortenings(word) for one in self.shortened.get(short, ()))
        return list(dict.fromkeys(kind for right, kind in meant if _is_one_slip(word, right)))


def _shortenings(word: str) -> list[str]:
    return [word, *(word[:at] + word[at + 1 :] for at in range(len(word)))]


def _is_one_slip(typed: str, right: str) -> bool:
    """One letter missing, too many or wrong, or two neighbours swapped; the first letter is right."""
    if typed[0] != right[0] or typed == right:
        return False
    if len(typed) == len(right):
        wrong = [at for at in range(len(right)) if typed[at] != right[at]]
        swapped = [typed[at] for at in reversed(wrong)] == [right[at] for at in wrong]
        return len(wrong) == 1 or (len(wrong) == 2 and wrong[1] == wrong[0] + 1 and swapped)
    longer, shorter = sorted((typed, right), key=len, reverse=True)
    return len(longer) == len(shorter) + 1 and shorter in {longer[:at] + longer[at + 1 :] for at in range(len(longer))}
