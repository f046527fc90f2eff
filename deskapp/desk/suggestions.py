"""What would delight this customer: candidates of the model, after the rules have had their look."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from deskapp.desk.preferences import stops_of
from deskapp.desk.shelf import Stand
from deskapp.reco.ranking import Candidate, Source, suggest
from deskapp.rules import reranking
from deskapp.rules.authority import AuthorityLimit, Basis
from deskapp.rules.reranking import Around, because_words
from deskapp.rules.stops import Stop, StopKind
from deskapp.store import customers, grants, items, preferences
from deskapp.store.items import ItemRow
from deskapp.store.tables import Customer, Item, Order, Preference, PreferenceKind

_LOOKED_AT = 24  # candidates that go through the rules for variety
_LOOKED_AT_FOR_EACH = 4  # or so many for each gift that is asked for


@dataclass(frozen=True, slots=True)
class Taste:
    """Everything about one customer that a suggestion stands on."""

    customer: Customer
    order: Order | None
    basket: list[int]
    history: dict[int, int]
    stops: list[Stop]
    waved_away: list[Preference]  # suggestions that were "not for them"
    given: set[int]

    @property
    def wants_no_gifts(self) -> bool:
        return any(stop.kind is StopKind.NO_GIFTS for stop in self.stops)


@dataclass(frozen=True, slots=True)
class Suggestion:
    item: ItemRow
    because: list[ItemRow]
    source: Source
    sentence: str
    together: int


def taste_of(session: Session, customer: Customer, basket: Sequence[int] | None = None) -> Taste:
    """Four queries; `basket` given (by a till, say) stands for today's open order."""
    order = customers.find_open_order(session, customer.id) if basket is None else None
    if basket is None:
        basket = customers.basket_of(session, order.id) if order else []
    wishes = preferences.list_preferences(session, customer.id)
    return Taste(
        customer=customer,
        order=order,
        basket=list(basket),
        history=customers.history_of(session, customer.id, but_order_id=order.id if order else None),
        stops=stops_of(wishes),
        waved_away=[p for p, _ in wishes if p.item_id is not None and p.kind is PreferenceKind.DISLIKE],
        given=grants.given_before(session, customer.id),
    )


def gifts(
    session: Session, stand: Stand, taste: Taste, limit: AuthorityLimit, *, at_most_minor: int, k: int
) -> list[Suggestion]:
    """At most `k` gifts that fit under `at_most_minor`, judged at today's price; never one that a hard stop forbids."""
    if stand.model is None or taste.wants_no_gifts:
        return []
    allowed = stand.allowed(
        currency=limit.currency,
        basis=limit.basis,
        at_most_minor=at_most_minor,
        stops=taste.stops,
        never=taste.given,
    )
    found = suggest(
        stand.model,
        basket=taste.basket,
        history=taste.history,
        allowed=allowed,
        novel=True,
        k=max(_LOOKED_AT, _LOOKED_AT_FOR_EACH * k),
    )
    around = Around(
        stops=tuple(taste.stops),
        owned=frozenset(taste.history),
        in_basket=frozenset(taste.basket),
        given_before=frozenset(taste.given),
        most_minor=at_most_minor,
    )
    return _chosen(_dress(session, taste, found), around, limit.basis, k)


def new_products(session: Session, stand: Stand, taste: Taste, *, k: int, but: Collection[int]) -> list[Suggestion]:
    """Things to buy that this customer never bought, kept apart from gifts: no limit, no giftable mark."""
    if stand.model is None:
        return []
    stops = [stop for stop in taste.stops if stop.kind is not StopKind.NO_GIFTS]
    allowed = stand.allowed(
        currency=None, basis=Basis.PRICE, at_most_minor=None, stops=stops, never=but, only_gifts=False
    )
    found = suggest(stand.model, basket=taste.basket, history=taste.history, allowed=allowed, novel=True, k=_LOOKED_AT)
    around = Around(
        stops=tuple(taste.stops),
        owned=frozenset(taste.history),
        in_basket=frozenset(taste.basket),
        given_before=frozenset(but),
        most_minor=None,
        is_gift=False,
    )
    return _chosen(_dress(session, taste, found), around, Basis.PRICE, k)


def _chosen(found: list[Suggestion], around: Around, basis: Basis, k: int) -> list[Suggestion]:
    """What the rules let through at today's price and stock, no two of a category."""
    by_id = {suggestion.item.id: suggestion for suggestion in found}
    candidates = [
        reranking.Candidate(i.id, text_of(i), i.category, value_of(i, basis), i.is_giftable, i.stock, i.name)
        for i in (suggestion.item for suggestion in found)
    ]
    return [by_id[one.item_id] for one in reranking.varied(reranking.kept(candidates, around), k)]


def text_of(item: Item | ItemRow) -> str:
    """What a hard stop is looked for in."""
    return f"{item.name} {item.category} {item.department}"


def value_of(item: Item | ItemRow, basis: Basis) -> int:
    return item.price_minor if basis is Basis.PRICE else item.cost_minor


def _dress(session: Session, taste: Taste, found: list[Candidate]) -> list[Suggestion]:
    """Candidates with their rows of today, none that is called as something in the basket is. One query."""
    basket = set(taste.basket)
    wanted = basket | {item for candidate in found for item in (candidate.item, *candidate.because)}
    rows = items.list_items(session, wanted)
    names = {rows[item].name for item in basket if item in rows}
    return [_dressed(one, rows, basket) for one in found if one.item in rows and rows[one.item].name not in names]


def _dressed(one: Candidate, rows: dict[int, ItemRow], basket: set[int]) -> Suggestion:
    """The sentence names what is in the basket or what was bought before, as the strongest reason has it, never both."""
    because = [rows[item] for item in one.because if item in rows]
    in_basket = bool(because) and because[0].id in basket
    named = [item.name for item in because if (item.id in basket) == in_basket]
    sentence = because_words(one.source, named, in_basket=in_basket, together=one.together)
    return Suggestion(rows[one.item], because, one.source, sentence, one.together)
