"""The last look at what a model proposes: what must not be given, a varied few, and why each in words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from deskapp.rules.people import Role, reaches
from deskapp.rules.stops import Stop, StopKind, first_stop
from deskapp.rules.words import Said, and_list, nsay, say
from deskapp.rules.words import together as in_a_row

_MOST_NAMES = 2  # of those that explain a candidate; a third makes no sentence better
_NOTHING = {("category", ""), ("name", "")}
_SELDOM = range(1, 5)  # orders; 0 is not counted, and more than these may be called often
_HARDLY_KNOWN = say("Hardly known yet.")
_KNOWN = {
    "widely": say("Popular with everyone."),
    "somewhat": say("Bought by others now and then."),
    "hardly": _HARDLY_KNOWN,
}
_SURELY_KNOWN = {"widely": say("popular with everyone"), "somewhat": say("bought now and then")}

Number = Callable[[int], str]


class Drop(StrEnum):
    TOO_DEAR = "too-dear"
    NOT_GIFTABLE = "not-giftable"
    OUT_OF_STOCK = "out-of-stock"
    USED_UP = "used-up"  # as many as can be given today
    NOT_YOURS = "not-yours"  # for somebody with a larger role to give
    OWNED = "owned"
    IN_BASKET = "in-basket"
    GIVEN_BEFORE = "given-before"
    ALLERGY = "allergy"
    DISLIKE = "dislike"
    NO_GIFTS = "no-gifts"
    HIDDEN = "hidden"
    GIFT_CARD = "gift-card"
    OTHER_CURRENCY = "other-currency"
    NOT_YET = "not-yet"
    NO_LONGER = "no-longer"
    ELSEWHERE = "elsewhere"
    ALIKE_IN_BASKET = "alike-in-basket"
    ALIKE = "alike"  # of the category or name of a better one
    ENOUGH = "enough"  # others come before it


@dataclass(frozen=True, slots=True)
class Candidate:
    """`text` is name, category and department joined by blanks; `value_minor` what a ceiling would be charged.

    first_day, last_day: None where the shop named none. stores: folded; none where it is to be had everywhere.
    least_role: who may give it, and whoever is above; None: everybody. has_capacity: counted by the day, so not bound by stock.
    """

    item_id: int
    text: str
    category: str
    value_minor: int
    is_giftable: bool
    stock: int
    name: str = ""
    currency: str = ""
    is_gift_card: bool = False
    first_day: date | None = None
    last_day: date | None = None
    stores: frozenset[str] = frozenset()
    least_role: Role | None = None
    has_capacity: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What a candidate is looked at against. As a gift it must be giftable and within `most_minor` (None: no ceiling).

    store: folded, "" if nobody knows which. currency: of the ceiling. basket_names: of what is in the basket.
    giver: None: nobody in particular, so only what everybody may give. used_up: given as often as it can be today.
    """

    stops: tuple[Stop, ...]
    owned: frozenset[int]
    in_basket: frozenset[int]
    given_before: frozenset[int]
    most_minor: int | None
    today: date
    is_gift: bool = True
    currency: str | None = None
    store: str = ""
    hidden: frozenset[int] = frozenset()
    basket_names: frozenset[str] = frozenset()
    giver: Role | None = None
    used_up: frozenset[int] = frozenset()


def drop(candidate: Candidate, around: Around) -> Drop | None:
    """Why it must not be proposed, None if it may. Stops on the person come first: they are what staff must hear of."""
    if stop := stop_of(candidate, around):
        return Drop(stop.kind)
    return next((why for why, is_so in _reasons(candidate, around) if is_so), None)


def stop_of(candidate: Candidate, around: Around) -> Stop | None:
    """Who wishes no gifts may still be shown what to buy."""
    stops = around.stops if around.is_gift else (stop for stop in around.stops if stop.kind != StopKind.NO_GIFTS)
    return first_stop(stops, candidate.item_id, candidate.text, candidate.category)


def _reasons(candidate: Candidate, around: Around) -> Iterator[tuple[Drop, bool]]:
    """In the order in which they are told: what the person has, then what the shop says, then what is left to give."""
    yield Drop.IN_BASKET, candidate.item_id in around.in_basket
    yield Drop.ALIKE_IN_BASKET, candidate.name in around.basket_names
    yield Drop.GIVEN_BEFORE, candidate.item_id in around.given_before
    yield Drop.OWNED, candidate.item_id in around.owned
    yield Drop.HIDDEN, candidate.item_id in around.hidden
    yield Drop.GIFT_CARD, candidate.is_gift_card
    yield Drop.NOT_GIFTABLE, around.is_gift and not candidate.is_giftable
    yield Drop.NOT_YET, candidate.first_day is not None and around.today < candidate.first_day
    yield Drop.NO_LONGER, candidate.last_day is not None and candidate.last_day < around.today
    yield Drop.ELSEWHERE, bool(around.store and candidate.stores) and around.store not in candidate.stores
    yield Drop.OUT_OF_STOCK, candidate.stock <= 0 and not candidate.has_capacity
    yield Drop.USED_UP, around.is_gift and candidate.item_id in around.used_up
    yield Drop.NOT_YOURS, around.is_gift and not reaches(around.giver or Role.AGENT, candidate.least_role)
    yield Drop.OTHER_CURRENCY, around.currency is not None and candidate.currency != around.currency
    yield Drop.TOO_DEAR, around.most_minor is not None and candidate.value_minor > around.most_minor


def judged(candidates: Iterable[Candidate], around: Around, most: int) -> Iterator[tuple[Candidate, Drop | None]]:
    """Each in turn with why it is not chosen, None for those that are: at most `most`, of each category and name the first.

    One thing in several flavours has as many numbers, and sometimes several categories, but one name; an item without either
    is like no other.
    """
    seen: set[tuple[str, str]] = set()
    chosen = 0
    for candidate in candidates:
        why = drop(candidate, around)
        likeness = {("category", candidate.category), ("name", candidate.name)} - _NOTHING
        if why is None:
            why = Drop.ALIKE if likeness & seen else Drop.ENOUGH if chosen >= most else None
        if why is None:
            chosen += 1
            seen |= likeness
        yield candidate, why


def pinned_words(reason: str, until: str) -> Said:
    """`until`: the last day, in words."""
    return say("Picked by the shop until {until}: {reason}", until=until, reason=reason)


def sure_words(source: str, together: int, known: str = "widely", number: Number = "{:,}".format) -> Said:
    """How sure one may be of a candidate, without a score."""
    match source:
        case "pinned":
            return say("the shop's own pick")
        case "popular":
            return _SURELY_KNOWN.get(known, say("hardly known yet"))
        case _ if together == 0:
            is_hardly = known == "hardly"
            return say("hardly known yet, of a kind that fits") if is_hardly else say("goes with their taste")
        case _ if together in _SELDOM:
            return say("seldom bought together") if together > 1 else say("bought together once")
        case _:
            return nsay("bought together {n} time", "bought together {n} times", together, n=number(together))


def because_words(
    source: str,
    because_names: Sequence[str],
    *,
    in_basket: bool,
    together: int,
    known: str = "widely",
    number: Number = "{:,}".format,
) -> Said:
    """As one would say it on the phone, and no surer than the orders are.

    together: orders that held this item with the first named one; 0 if not counted. known: widely, somewhat or hardly.
    """
    if source == "popular":
        return _KNOWN[known]
    names = list(dict.fromkeys(because_names))[:_MOST_NAMES]
    if not names:
        return say("Goes with this order.") if in_basket else say("Goes with what they bought before.")
    because = and_list([say("“{name}”", name=name) for name in names])
    is_doubtful = known == "hardly" and not together
    return in_a_row(
        [
            _HARDLY_KNOWN if is_doubtful else "",
            _with(because, in_basket=in_basket, together=together),
            _counted(together, number, is_of_one=len(names) == 1),
        ]
    )


def _with(because: str, *, in_basket: bool, together: int) -> Said:
    if not in_basket:
        return say("Goes with {items}, bought before.", items=because)
    if not together:
        return say("Goes with {items} in this order.", items=because)
    if together in _SELDOM:
        return say("Has been bought with {items} in this order.", items=because)
    return say("Often bought with {items} in this order.", items=because)


def _counted(together: int, number: Number, *, is_of_one: bool) -> str:
    if together < 1:
        return ""
    if is_of_one:
        return nsay("Together in {n} order.", "Together in {n} orders.", together, n=number(together))
    return nsay("With the first in {n} order.", "With the first in {n} orders.", together, n=number(together))
