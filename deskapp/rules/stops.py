"""Hard stops: what must not be proposed to this customer, on any surface.

An allergy errs on caution: any part of its words found anywhere in an item's name, category or department stops the item.
A dislike stops whole words only, because a false alarm there costs a good gift and no harm.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_REMEMBERED = 1 << 16  # texts of a catalogue; folding one costs 20 µs, and bulk suggestions fold the same ones again
_SHORTEST_PART = 3  # "oil" is looked for inside words, "ox" only as a word of its own

# letters that Unicode does not take apart
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"})
_APOSTROPHES = str.maketrans(dict.fromkeys("‘’ʻ\u02bc", "'"))
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_BETWEEN = re.compile(r"[,;/&+]|\b(?:and|or)\b")
_FILLING = frozenset(
    "a all allergic allergies allergy an any anything avoid cannot can't contain containing contains do does doesn't don't eat"
    " food foods from hates in intolerance intolerant is kind kinds like likes made mild never no not of please product products"
    " severe severely some sort sorts stuff the things to traces very with without".split()
)
# What a stated allergy means on a label. A short list that errs on caution, not medical advice.
_MEANS = {
    "nut": "almond cashew hazel macadamia marzipan nougat peanut pecan pistachio praline walnut",
    "dairy": "butter cheese cream kefir milk whey yoghurt yogurt",
    "lactose": "butter cheese cream kefir milk whey yoghurt yogurt",
    "milk": "butter cheese cream kefir whey yoghurt yogurt",
    "gluten": "barley bread cake cookie couscous cracker flour pasta rye spelt wheat",
    "wheat": "bread cake cookie couscous cracker flour pasta spelt",
    "shellfish": "clam crab crayfish lobster mussel oyster prawn scallop shrimp",
    "seafood": "clam crab crayfish fish lobster mussel oyster prawn salmon scallop shrimp tuna",
    "fish": "anchovy cod haddock herring mackerel salmon sardine trout tuna",
    "soy": "edamame miso tempeh tofu",
    "egg": "mayonnaise meringue",
    "wool": "cashmere merino mohair",
    "latex": "rubber",
}


class StopKind(StrEnum):
    """Values agree with those of the preferences they come from."""

    ALLERGY = "allergy"
    DISLIKE = "dislike"
    NO_GIFTS = "no-gifts"


def fold(text: str) -> str:
    """Casefolded, without accents, invisible characters and runs of blanks. May be longer than `text` (one "ﷺ" gives 18)."""
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (c for c in apart if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    visible = "".join(" " if unicodedata.category(c) == "Cc" else c for c in kept)
    return " ".join(visible.translate(_LETTERS).translate(_APOSTROPHES).split())


def singular(word: str) -> str:
    """A folded English word with its plural taken off; "cookie" and "cookies" agree, not every word is one of a dictionary."""
    if len(word) <= 3:
        return word
    if word.endswith(("sses", "shes", "ches", "xes", "zes")) or (word.endswith("oes") and len(word) > 5):
        return word[:-2]
    bare = word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    return f"{bare[:-2]}y" if bare.endswith("ie") and len(bare) > 3 else bare


def _stem(singular_word: str) -> str:
    """What it has in common with its plural."""
    return singular_word.removesuffix("y")


@lru_cache(maxsize=_REMEMBERED)
def words(text: str) -> tuple[str, ...]:
    """Folded, in the singular, in their order."""
    return tuple(singular(word) for word in _WORD.findall(fold(text)))


@dataclass(frozen=True, slots=True)
class Stop:
    """`words` as somebody typed them; `item_id` or `category` if it was said of one item, or of all of a category."""

    kind: StopKind
    words: str
    item_id: int | None = None
    category: str = ""

    def stops(self, item_id: int, text: str, category: str) -> bool:
        """`text`: the item's name, category and department, joined by blanks."""
        match self.kind:
            case StopKind.NO_GIFTS:
                return True
            case StopKind.ALLERGY:
                return item_id == self.item_id or self.is_of(category) or _endangers(self.words, text)
            case StopKind.DISLIKE if self.item_id is not None:
                return item_id == self.item_id  # "not this mug" is not "no mugs"
            case StopKind.DISLIKE if self.category:
                return self.is_of(category)
            case StopKind.DISLIKE:
                return any(_holds(words(text), phrase) for phrase in _phrases(self.words))

    def hints(self) -> frozenset[str]:
        """One of them is in every folded text that `stops`, "" in any: so a catalogue need not be taken apart into words."""
        match self.kind:
            case StopKind.NO_GIFTS:
                return frozenset({""})
            case StopKind.ALLERGY:
                kind = {fold(self.category)} if self.category else set()
                return frozenset(_stem(part) for part in _parts(self.words) or {""}) | kind
            case StopKind.DISLIKE if self.item_id is not None:
                return frozenset()
            case StopKind.DISLIKE if self.category:
                return frozenset({fold(self.category)})
            case StopKind.DISLIKE:
                return frozenset(_stem(phrase[0]) for phrase in _phrases(self.words))

    def is_of(self, category: str) -> bool:
        return bool(self.category) and fold(self.category) == fold(category)


def first_stop(stops: Iterable[Stop], item_id: int, text: str, category: str) -> Stop | None:
    return next((stop for stop in stops if stop.stops(item_id, text, category)), None)


def _endangers(allergy: str, text: str) -> bool:
    parts = _parts(allergy)
    if not parts:
        return True  # "🥜": nobody can say what it does not mean
    return any(part in word if len(part) >= _SHORTEST_PART else part == word for part in parts for word in words(text))


@lru_cache(maxsize=_REMEMBERED)
def _parts(allergy: str) -> frozenset[str]:
    """Stems to look for inside words: what was said, and what it means on a label."""
    said = {part for phrase in _phrases(allergy) for part in phrase}
    return frozenset(said | {singular(word) for part in said for word in _MEANS.get(part, "").split()})


@lru_cache(maxsize=_REMEMBERED)
def _phrases(said: str) -> tuple[tuple[str, ...], ...]:
    """`no dark chocolate or figs` is (("dark", "chocolate"), ("fig",)); filling words count where there is nothing else."""
    bare = (tuple(singular(w) for w in _WORD.findall(part) if w not in _FILLING) for part in _BETWEEN.split(fold(said)))
    return tuple(phrase for phrase in bare if phrase) or tuple(filter(None, [words(said)]))


def _holds(text: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(text[at : at + len(phrase)] == phrase for at in range(len(text) - len(phrase) + 1))
