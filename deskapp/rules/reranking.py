"""The last look at what a model proposes: what must not be given, a varied few, and why each in words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from deskapp.rules.stops import Stop, StopKind, first_stop

_MOST_NAMES = 2  # of those that explain a candidate; a third makes no sentence better
_SELDOM = (1, 2)  # orders; 0 is not counted, and more than these may be called often


class Drop(StrEnum):
    TOO_DEAR = "too-dear"
    NOT_GIFTABLE = "not-giftable"
    OUT_OF_STOCK = "out-of-stock"
    OWNED = "owned"
    IN_BASKET = "in-basket"
    GIVEN_BEFORE = "given-before"
    ALLERGY = "allergy"
    DISLIKE = "dislike"
    NO_GIFTS = "no-gifts"


@dataclass(frozen=True, slots=True)
class Candidate:
    """`text` is name, category and department joined by blanks; `value_minor` what a ceiling would be charged."""

    item_id: int
    text: str
    category: str
    value_minor: int
    is_giftable: bool
    stock: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What a candidate is looked at against. As a gift it must be giftable and within `most_minor` (None: no ceiling)."""

    stops: tuple[Stop, ...]
    owned: frozenset[int]
    in_basket: frozenset[int]
    given_before: frozenset[int]
    most_minor: int | None
    is_gift: bool = True


def drop(candidate: Candidate, around: Around) -> Drop | None:
    """Why it must not be proposed, None if it may. Stops on the person come first: they are what staff must hear of."""
    if stop := first_stop(_stops_for(around), candidate.item_id, candidate.text):
        return Drop(stop.kind)
    if around.most_minor is not None and candidate.value_minor > around.most_minor:
        return Drop.TOO_DEAR
    if around.is_gift and not candidate.is_giftable:
        return Drop.NOT_GIFTABLE
    if candidate.stock <= 0:
        return Drop.OUT_OF_STOCK
    for ids, reason in (
        (around.in_basket, Drop.IN_BASKET),
        (around.given_before, Drop.GIVEN_BEFORE),
        (around.owned, Drop.OWNED),
    ):
        if candidate.item_id in ids:
            return reason
    return None


def kept(candidates: Iterable[Candidate], around: Around) -> Iterator[Candidate]:
    """Those that may be proposed, in the order they came."""
    return (candidate for candidate in candidates if drop(candidate, around) is None)


def varied(candidates: Iterable[Candidate], most: int) -> list[Candidate]:
    """The first of each category and name, at most `most`; an item without either is like no other.

    One thing in several flavours has as many numbers, and sometimes several categories, but one name.
    """
    seen: set[tuple[str, str]] = set()
    chosen: list[Candidate] = []
    for candidate in candidates:
        if len(chosen) >= most:
            break
        likeness = {("category", candidate.category), ("name", candidate.name)}
        if likeness & seen:
            continue
        chosen.append(candidate)
        seen |= {(kind, words) for kind, words in likeness if words}
    return chosen


def because_words(source: str, because_names: Sequence[str], *, in_basket: bool, together: int) -> str:
    """One plain sentence. `together`: orders that held this item with the first named one; 0 if not counted."""
    names = _and([f"“{name}”" for name in list(dict.fromkeys(because_names))[:_MOST_NAMES]])
    if source == "popular":
        return "Popular with everyone."
    if not names:
        return "Goes with this order." if in_basket else "Goes with what they bought before."
    if in_basket:
        how = "Has been" if together in _SELDOM else "Often"
        return f"{how} bought with {names} in this order.{_counted(together)}"
    return f"Goes with {names}, bought before.{_counted(together)}"


def _counted(together: int) -> str:
    if together < 1:
        return ""
    return " Together in 1 order." if together == 1 else f" Together in {together:,} orders."


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)


def _stops_for(around: Around) -> tuple[Stop, ...]:
    """Who wishes no gifts may still be shown what to buy."""
    return around.stops if around.is_gift else tuple(stop for stop in around.stops if stop.kind != StopKind.NO_GIFTS)
