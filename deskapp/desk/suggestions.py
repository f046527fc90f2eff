"""What would delight this customer: candidates of the model, after the rules have had their look."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
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
    _rows: dict[int, ItemRow] = field(default_factory=dict, init=False, repr=False, compare=False)

    def heard_by(self, model: Model) -> Heard:
        """Every item is scored once for all lists of a page; with the next model anew."""
        if not self._heard or self._heard[0].evidence.model is not model:
            self._heard[:] = [Heard.of(model, self.basket, self.history, novel=True)]
        return self._heard[0]

    def rows_of(self, session: Session, ids: Collection[int]) -> dict[int, ItemRow]:
        """At least these, as far as the catalogue has them: each is read once for all lists of a page."""
        if new := set(ids) - self._rows.keys():
            self._rows.update(items.list_items(session, new))
        return self._rows

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
    heard, favour = taste.heard_by(stand.model), stand.say(wanted.today).favour
    allowed = _allowed(stand, taste, wanted)
    pinned = _pinned(stand, taste, wanted, allowed)
    narrow = max(_LOOKED_AT, _LOOKED_AT_FOR_EACH * wanted.k)
    ranked, chosen = dict[int, float](), list[int]()
    for most in (narrow, _WIDER * narrow):
        ranked = heard.ranked(allowed, most, favour)
        judged = _judged(session, stand, taste, wanted, [*pinned, *ranked], at_once=_READ_FOR_EACH * wanted.k)
        chosen = list(islice((row.id for row, why in judged if why is None), wanted.k))
        if len(chosen) == wanted.k or len(ranked) < most:
            break
    by_hand = [one for item, one in pinned.items() if item in chosen]
    found = heard.explained({item: ranked[item] for item in chosen if item not in pinned})
    return _dressed(session, stand, taste, wanted, [*by_hand, *found])


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
    everything = np.ones(len(stand.item), np.bool_)
    best = taste.heard_by(stand.model).best(everything, most, stand.say(wanted.today).favour)
    pins = [_by_hand(pin) for pin in stand.say(wanted.today).pins]
    asked = [Candidate(item, 0.0, Source.POPULAR, (), 0) for item in also]
    found: dict[int, Candidate] = {}
    for one in (*map(_again, shown), *best, *pins, *asked):
        found.setdefault(one.item, one)  # of two of an item the earlier
    judged = _judged(session, stand, taste, wanted, found, at_once=max(len(found), 1))
    dropped = [(found[row.id], why) for row, why in judged if why is not None]
    dressed = _dressed(session, stand, taste, wanted, [one for one, _ in dropped])
    return [(one, why) for one, (_, why) in zip(dressed, dropped, strict=True)]


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


def _pinned(stand: Stand, taste: Taste, wanted: Wanted, allowed: Mask) -> dict[int, Candidate]:
    """One at most, so that the personal ones are not pushed out."""
    known = {*taste.basket, *taste.history}
    pin = stand.pinned(wanted.today, allowed, known=known, customer_id=taste.customer.id)
    return {pin.item_id: _by_hand(pin)} if pin else {}


def _by_hand(pin: Steered) -> Candidate:
    return Candidate(pin.item_id, 0.0, Source.PINNED, (), 0)


def _judged(
    session: Session, stand: Stand, taste: Taste, wanted: Wanted, found: Collection[int], *, at_once: int
) -> Iterator[tuple[ItemRow, Drop | None]]:
    """By the rules, at today's price and stock, no two of a category. One query for each `at_once` items that anybody looks at."""
    in_turn = list(dict.fromkeys(found))
    rows = taste.rows_of(session, {*taste.basket, *in_turn[:at_once]})

    def looked_at() -> Iterator[reranking.Candidate]:
        for place, item in enumerate(in_turn):
            if place and place % at_once == 0:
                taste.rows_of(session, in_turn[place : place + at_once])
            if item in rows:
                yield _candidate(rows[item], wanted.basis)

    around = _around(stand, taste, wanted, frozenset(rows[item].name for item in taste.basket if item in rows))
    for candidate, why in reranking.judged(looked_at(), around, wanted.k):
        yield rows[candidate.item_id], why


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


def _dressed(
    session: Session, stand: Stand, taste: Taste, wanted: Wanted, found: Sequence[Candidate]
) -> list[Suggestion]:
    """One query."""
    rows = taste.rows_of(session, {item for one in found for item in (one.item, *one.because)})
    pins = {pin.item_id: pin for pin in stand.say(wanted.today).pins}
    dressed = []
    for one in found:
        item, because = rows[one.item], [rows[item] for item in one.because if item in rows]
        is_pinned = one.source is Source.PINNED
        words = _pinned_words(pins[one.item], wanted.today) if is_pinned else _because_words(one, because, taste)
        caution = _caution(taste.diets, text_of(item))
        dressed.append(Suggestion(item, because, one.source, words, one.together, one.score, one.known, caution))
    return dressed


def _because_words(one: Candidate, because: Sequence[ItemRow], taste: Taste) -> str:
    """The sentence names what is in the basket or what was bought before, as the strongest reason has it, never both."""
    in_basket = bool(because) and because[0].id in taste.basket
    named = [item.name for item in because if (item.id in taste.basket) == in_basket]
    return because_words(one.source, named, in_basket=in_basket, together=one.together, known=one.known, number=number)


def _pinned_words(pin: Steered, today: date) -> str:
    return pinned_words(pin.reason, day_words(pin.ends_on, today))
