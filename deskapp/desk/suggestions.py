"""What would delight this customer: candidates of the model, after the rules have had their look."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

import numpy as np
from sqlmodel import Session

from deskapp.desk.ceilings import worth_of
from deskapp.desk.preferences import counts, stops_of
from deskapp.desk.shelf import Mask, Stand
from deskapp.desk.wording import day_words, number
from deskapp.reco.fitted import Model
from deskapp.reco.ranking import Candidate, Heard, Known, Source
from deskapp.rules import reranking
from deskapp.rules.authority import AuthorityLimit, Basis, capacity_bucket
from deskapp.rules.diets import doubtful_word
from deskapp.rules.people import Role
from deskapp.rules.reranking import Around, Drop, because_words, pinned_words
from deskapp.rules.steering import Steered
from deskapp.rules.stops import Stop, StopKind, fold
from deskapp.rules.words import say
from deskapp.store import customers, grants, items, limits, preferences
from deskapp.store.items import ItemRow, stores_of
from deskapp.store.memory_tables import Preference, PreferenceKind
from deskapp.store.tables import Customer, Item, ItemKind, Order

_LOOKED_AT = 24  # candidates that go through the rules for variety
_LOOKED_AT_FOR_EACH = 4  # or so many for each gift that is asked for
_READ_FOR_EACH = 3  # candidates of which the catalogue is asked at once: most lists are full before the next of them
_COUNTED_AT_ONCE = 5_000  # a statement takes no more than 32,766 values
_WIDER = 8  # times as many, where too many of those were alike


@dataclass(frozen=True, slots=True)
class Taste:
    """Everything about one customer that a suggestion stands on. `store`: of today's order, else of the last one, else ""."""

    customer: Customer
    order: Order | None
    basket: list[int]
    history: dict[int, int]
    stops: list[Stop]
    waved_away: list[Preference]  # suggestions that were "not for them"
    given: set[int]
    store: str = ""
    diets: list[str] = field(default_factory=list)
    _heard: list[Heard] = field(default_factory=list, init=False, repr=False, compare=False)

    def heard_by(self, model: Model) -> Heard:
        """Every item is scored once for all lists of a page; with the next model anew."""
        if not self._heard or self._heard[0].evidence.model is not model:
            self._heard[:] = [Heard.of(model, self.basket, self.history, novel=True)]
        return self._heard[0]

    @property
    def wants_no_gifts(self) -> bool:
        return any(stop.kind is StopKind.NO_GIFTS for stop in self.stops)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is made for: gifts worth at most `most_minor` under a limit, or without one things to buy. At most `k`.

    `giver` None: nobody in particular. `used_up`: items that were given as often as they can be today.
    """

    limit: AuthorityLimit | None
    most_minor: int | None
    never: frozenset[int]
    today: date
    k: int
    giver: Role | None = None
    used_up: frozenset[int] = frozenset()

    @property
    def basis(self) -> Basis:
        return self.limit.basis if self.limit else Basis.PRICE

    @property
    def currency(self) -> str | None:
        return self.limit.currency if self.limit else None


@dataclass(frozen=True, slots=True)
class Suggestion:
    item: ItemRow
    because: list[ItemRow]
    source: Source
    sentence: str
    together: int
    score: float = 0.0
    known: Known = Known.WIDELY
    caution: str = ""  # what to look at first, since they eat otherwise


def taste_of(session: Session, customer: Customer, basket: Sequence[int] | None = None, *, today: date) -> Taste:
    """Five queries; `basket` given (by a till, say) stands for today's open order. What has faded by `today` does not count."""
    order = customers.find_open_order(session, customer.id) if basket is None else None
    if basket is None:
        basket = customers.basket_of(session, order.id) if order else []
    wishes = [wish for wish, _ in preferences.list_preferences(session, customer.id) if counts(wish, today)]
    return Taste(
        customer=customer,
        order=order,
        basket=list(basket),
        history=customers.history_of(session, customer.id, but_order_id=order.id if order else None),
        stops=stops_of(wishes),
        waved_away=[p for p in wishes if p.item_id is not None and p.kind is PreferenceKind.DISLIKE],
        given=grants.given_before(session, customer.id),
        store=order.store if order else customers.last_store(session, customer.id),
        diets=[wish.value for wish in wishes if wish.kind is PreferenceKind.DIET],
    )


def as_gifts(
    taste: Taste,
    limit: AuthorityLimit,
    *,
    giver: Role | None = None,
    used_up: frozenset[int] = frozenset(),
    at_most_minor: int,
    today: date,
    k: int,
) -> Wanted:
    return Wanted(limit, at_most_minor, frozenset(taste.given), today, k, giver, used_up)


def gifts(
    session: Session,
    stand: Stand,
    taste: Taste,
    limit: AuthorityLimit,
    *,
    giver: Role | None = None,
    used_up: frozenset[int] = frozenset(),
    at_most_minor: int,
    today: date,
    k: int,
) -> list[Suggestion]:
    """At most `k` gifts that fit under `at_most_minor`, judged at today's price; never one that a hard stop forbids."""
    wanted = as_gifts(taste, limit, giver=giver, used_up=used_up, at_most_minor=at_most_minor, today=today, k=k)
    return shown(session, stand, taste, wanted)


def list_used_up(session: Session, stand: Stand, day: date) -> frozenset[int]:
    """Items that were given as often as they can be on `day`, in the limit's zone. None where nothing is counted, else one query."""
    used_up: set[int] = set()
    counted = iter(stand.capacity.items())
    while some := dict(islice(counted, _COUNTED_AT_ONCE)):
        spent = limits.spent(session, (capacity_bucket(item_id, day) for item_id in some))
        used_up |= {item for item, most in some.items() if spent.get(capacity_bucket(item, day), 0) >= most}
    return frozenset(used_up)


def to_buy(*, but: Collection[int], today: date, k: int) -> Wanted:
    """Things this customer never bought, kept apart from gifts: no limit, no giftable mark."""
    return Wanted(None, None, frozenset(but), today, k)


def shown(session: Session, stand: Stand, taste: Taste, wanted: Wanted) -> list[Suggestion]:
    """The list as it is shown. It looks further only where too many of the best are alike: the mask comes before the best."""
    if stand.model is None or (wanted.limit and taste.wants_no_gifts):
        return []
    allowed = _allowed(stand, taste, wanted)
    pinned = _pinned(stand, taste, wanted, allowed)
    narrow = max(_LOOKED_AT, _LOOKED_AT_FOR_EACH * wanted.k)
    found: list[Suggestion] = []
    for most in (narrow, _WIDER * narrow):
        best = _best(stand.model, stand, taste, wanted, allowed, most)
        judged = _judged(session, stand, taste, wanted, [*pinned, *best], at_once=_READ_FOR_EACH * wanted.k)
        found = list(islice((one for one, why in judged if why is None), wanted.k))
        if len(found) == wanted.k or len(best) < most:
            break
    return found


def passed_over(
    session: Session,
    stand: Stand,
    taste: Taste,
    wanted: Wanted,
    shown: Sequence[Suggestion],
    *,
    most: int,
    also: Collection[int] = (),
) -> list[tuple[Suggestion, Drop]]:
    """What `shown` left out, by the same steps: of the `most` best before any rule had its look, of what is pinned, of `also`."""
    if stand.model is None:
        return []
    best = _best(stand.model, stand, taste, wanted, np.ones(len(stand.item), np.bool_), most)
    pins = [_by_hand(pin) for pin in stand.say(wanted.today).pins]
    asked = [Candidate(item, 0.0, Source.POPULAR, (), 0) for item in also]
    found = [*map(_again, shown), *best, *pins, *asked]
    judged = _judged(session, stand, taste, wanted, found, at_once=max(len(found), 1))
    return [(one, why) for one, why in judged if why is not None]


def _again(one: Suggestion) -> Candidate:
    return Candidate(one.item.id, one.score, one.source, tuple(item.id for item in one.because), one.together)


def _allowed(stand: Stand, taste: Taste, wanted: Wanted) -> Mask:
    stops = taste.stops if wanted.limit else [stop for stop in taste.stops if stop.kind is not StopKind.NO_GIFTS]
    return stand.allowed(
        currency=wanted.currency,
        basis=wanted.basis,
        at_most_minor=wanted.most_minor,
        stops=stops,
        never=wanted.never | wanted.used_up,
        today=wanted.today,
        store=taste.store,
        only_gifts=wanted.limit is not None,
        giver=wanted.giver,
    )


def _pinned(stand: Stand, taste: Taste, wanted: Wanted, allowed: Mask) -> list[Candidate]:
    """One at most, so that the personal ones are not pushed out."""
    known = {*taste.basket, *taste.history}
    pin = stand.pinned(wanted.today, allowed, known=known, customer_id=taste.customer.id)
    return [_by_hand(pin)] if pin else []


def _by_hand(pin: Steered) -> Candidate:
    return Candidate(pin.item_id, 0.0, Source.PINNED, (), 0)


def _best(model: Model, stand: Stand, taste: Taste, wanted: Wanted, allowed: Mask, most: int) -> list[Candidate]:
    return taste.heard_by(model).best(allowed, most, stand.say(wanted.today).favour)


def _judged(
    session: Session, stand: Stand, taste: Taste, wanted: Wanted, found: list[Candidate], *, at_once: int
) -> Iterator[tuple[Suggestion, Drop | None]]:
    """By the rules, at today's price and stock, no two of a category; of two of an item the earlier. One query for each `at_once`
    candidates that anybody looks at.
    """
    by_id = {one.item: one for one in reversed(found)}
    in_turn = [by_id[item] for item in dict.fromkeys(one.item for one in found)]
    basket = set(taste.basket)
    rows = _rows(session, in_turn[:at_once], basket)

    def looked_at() -> Iterator[reranking.Candidate]:
        for place, one in enumerate(in_turn):
            if place and place % at_once == 0:
                rows.update(_rows(session, in_turn[place : place + at_once]))
            if one.item in rows:
                yield _candidate(rows[one.item], wanted.basis)

    around = _around(stand, taste, wanted, frozenset(rows[item].name for item in basket if item in rows))
    pins = {pin.item_id: pin for pin in stand.say(wanted.today).pins}
    for candidate, why in reranking.judged(looked_at(), around, wanted.k):
        one = by_id[candidate.item_id]
        sentence = _pinned_words(pins[one.item], wanted.today) if one.source is Source.PINNED else ""
        yield replace(_dressed(one, rows, basket, sentence), caution=_caution(taste.diets, candidate.text)), why


def _rows(session: Session, some: Sequence[Candidate], also: Collection[int] = ()) -> dict[int, ItemRow]:
    return items.list_items(session, {*also, *(item for one in some for item in (one.item, *one.because))})


def _caution(diets: Sequence[str], text: str) -> str:
    """A diet is no stop: who eats vegan may love to give cheese away."""
    found = ((diet, word) for diet in diets if (word := doubtful_word(diet, text)))
    for diet, word in found:
        return say("Their diet is “{diet}”. Please look whether “{word}” fits.", diet=diet, word=word)
    return ""


def _around(stand: Stand, taste: Taste, wanted: Wanted, basket_names: frozenset[str]) -> Around:
    return Around(
        stops=tuple(taste.stops),
        owned=frozenset(taste.history),
        in_basket=frozenset(taste.basket),
        given_before=wanted.never,
        most_minor=wanted.most_minor,
        today=wanted.today,
        is_gift=wanted.limit is not None,
        currency=wanted.currency,
        store=fold(taste.store),
        hidden=frozenset(stand.say(wanted.today).hidden),
        basket_names=basket_names,
        giver=wanted.giver,
        used_up=wanted.used_up,
    )


def _candidate(item: ItemRow, basis: Basis) -> reranking.Candidate:
    return reranking.Candidate(
        item_id=item.id,
        text=text_of(item),
        category=item.category,
        value_minor=worth_of(item, basis).value_minor,
        is_giftable=item.is_giftable,
        stock=item.stock,
        name=item.name,
        currency=item.currency,
        is_gift_card=item.kind is ItemKind.GIFT_CARD,
        first_day=item.available_from,
        last_day=item.available_until,
        stores=stores_of(item.regions),
        least_role=item.least_role,
        has_capacity=item.capacity_per_day is not None,
    )


def text_of(item: Item | ItemRow) -> str:
    """What a hard stop is looked for in."""
    return f"{item.name} {item.category} {item.department}"


def _dressed(one: Candidate, rows: dict[int, ItemRow], basket: set[int], sentence: str) -> Suggestion:
    """The sentence names what is in the basket or what was bought before, as the strongest reason has it, never both."""
    because = [rows[item] for item in one.because if item in rows]
    in_basket = bool(because) and because[0].id in basket
    named = [item.name for item in because if (item.id in basket) == in_basket]
    words = sentence or because_words(
        one.source, named, in_basket=in_basket, together=one.together, known=one.known, number=number
    )
    return Suggestion(rows[one.item], because, one.source, words, one.together, one.score, one.known)


def _pinned_words(pin: Steered, today: date) -> str:
    return pinned_words(pin.reason, day_words(pin.ends_on, today))
