"""Which of the chosen facts a finished card tells, and how it begins, so that the next one does neither again."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from deskapp.rules.card_facts import Fact
from deskapp.rules.card_words import words_for
from deskapp.rules.stops import fold, words

_SHORTEST = 3  # letters of a word that says something
_STEM = 5  # letters: "garden" is told by "gardening"
_ENOUGH = 2  # words of a fact
_OF_THE_ORDER = frozenset({"order", "first", "since", "count"})
# What stands around a fact and not in it. Folded, in the singular.
_AROUND = frozenset(
    "about after again all also and are ask asked been before but can come could did does for from get had has have her him his how"
    " interested into its just like liked love loved make mentioned more much next not now number once one order ordered other our"
    " out over promised said say see she soon tell thank thanks that the their them then there they thing this told too under"
    " until very wanted was were what when where whether which who will with would you your".split()
)


def told(text: str, facts: Sequence[Fact], others: Iterable[Fact] = ()) -> frozenset[str]:
    """Keys. If no fact about the person is recognised, the first counts: a fact left out once is better than one told twice.

    `others`: what the prompt does not show and the text may tell all the same, such as what newer notes pushed out of it.

    A card may be in another language than its facts, and then nothing is recognised.
    """
    if not text.strip():
        return frozenset()
    card = {_stem(word) for word in words(text)}
    found = {fact.key for fact in (*facts, *others) if _is_told(fact, card, fold(text))}
    personal = [fact.key for fact in facts if fact.key not in _OF_THE_ORDER]
    if personal and not found - _OF_THE_ORDER:
        found.add(personal[0])
    return frozenset(found)


def begun(text: str, language: str) -> frozenset[str]:
    """Keys of the phrases that stand in it, whatever the prompt offers by now: it may have been written in another tone,
    or a day ago beside fewer parcels. Some 1 ms.
    """
    folded = fold(text)
    return frozenset(key for key, pattern in _phrases(words_for(language).language) if pattern.search(folded))


@lru_cache
def _phrases(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What is fixed of each, in its order, with whatever stands between."""
    every = {phrase.key: phrase.text for family in words_for(language).families.values() for phrase in family}
    return tuple((key, re.compile(_fixed(text))) for key, text in every.items())


def _fixed(text: str) -> str:
    parts = (fold(part).strip() for part in re.split(r"\{\w+\}|…", text))
    return r".{0,200}?".join(re.escape(part) for part in parts if any(map(str.isalnum, part)))


def _is_told(fact: Fact, card: set[str], folded: str) -> bool:
    """Two words of it, or one where it has no more than two; or all of it, where words are not parted."""
    telling = {_stem(word) for word in words(fact.text) if len(word) >= _SHORTEST and word not in _AROUND}
    if not telling:
        return fold(fact.text) in folded
    return len(telling & card) >= min(_ENOUGH, (len(telling) + 1) // 2)


def _stem(word: str) -> str:
    return word[:_STEM]
