"""The plus-one on the panel: what may be given here and now, what was given, and how much is left."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import limits
from deskapp.desk.grants import Outcome, find_outcome, is_current, may_undo
from deskapp.desk.shelf import Stand
from deskapp.desk.suggestions import Suggestion, Taste, gifts, new_products, taste_of, value_of
from deskapp.desk.wording import money
from deskapp.rules.authority import AuthorityLimit, Room, most_left
from deskapp.rules.people import Actor
from deskapp.store import customers, grants, offers
from deskapp.store import limits as limit_rows
from deskapp.store.insert import insert_once
from deskapp.store.tables import GrantState, Offer

GIFTS = 3
NEW_PRODUCTS = 5


@dataclass(frozen=True, slots=True)
class GiftRow:
    offer_id: int | None  # None until the offer is remembered
    item_id: int
    name: str
    price_minor: int
    currency: str
    because: str
    left_after_minor: (
        int  # for more gifts, under the tighter of the ceilings that fill: the giver's day, the customer's month
    )


@dataclass(frozen=True, slots=True)
class ProductRow:
    name: str
    price_minor: int
    currency: str
    because: str


@dataclass(frozen=True, slots=True)
class GivenRow:
    grant_id: int
    name: str
    value_minor: int
    currency: str
    by: str
    at: datetime
    is_undone: bool
    can_undo: bool


@dataclass(frozen=True, slots=True)
class WavedAway:
    preference_id: int
    name: str


@dataclass(frozen=True, slots=True)
class PlusOnePanel:
    customer_id: int
    customer_name: str
    gifts: list[GiftRow]
    new_products: list[ProductRow]
    rooms: tuple[Room, ...]
    currency: str
    given: list[GivenRow]
    waved_away: list[WavedAway]  # today, to be undone in one tap
    why_none: str
    unseen: list[Offer] = field(default_factory=list)  # shown for the first time today, to be remembered
    outcome: Outcome | None = None


def panel(
    session: Session, actor: Actor, stand: Stand, customer_id: int, *, form_key: str = "", now: datetime
) -> PlusOnePanel:
    """About ten queries, however many the gifts. `form_key`: of the form that gave, to tell what came of it."""
    customer = customers.get_customer(session, customer_id)
    taste = taste_of(session, customer)
    limit = limit_rows.find_limit(session, actor.role)
    rooms = limits.rooms_left(session, actor, limit, customer_id, now=now) if limit else ()
    left = most_left(rooms) if rooms else 0
    for_more = min((room.left_minor for room in rooms if room.until), default=0)
    found = gifts(session, stand, taste, limit, at_most_minor=left, k=GIFTS) if limit else []
    known = offers.list_offers(session, customer_id, taste.order.id if taste.order else 0, now.date())
    but = taste.given | {s.item.id for s in found}
    return PlusOnePanel(
        customer_id=customer_id,
        customer_name=customer.name,
        gifts=[_gift_row(s, known.get(s.item.id), for_more - value_of(s.item, limit.basis)) for s in found]
        if limit
        else [],
        new_products=[
            ProductRow(s.item.name, s.item.price_minor, s.item.currency, s.sentence)
            for s in new_products(session, stand, taste, k=NEW_PRODUCTS, but=but)
        ],
        rooms=rooms,
        currency=limit.currency if limit else "",
        given=_given(session, actor, customer_id),
        waved_away=[WavedAway(p.id, p.value) for p in taste.waved_away if p.heard_at.date() == now.date()],
        why_none="" if found else _why_none(stand, taste, limit, rooms),
        outcome=find_outcome(session, actor, form_key) if form_key else None,
        unseen=[_offer(s, taste, now) for s in found if not is_current(known.get(s.item.id), s.item)],
    )


def remember(session: Session, shown: PlusOnePanel) -> PlusOnePanel:
    """Stores offers seen for the first time today, so that a gift is judged at the price that was on the screen."""
    for offer in shown.unseen:
        values = offer.model_dump(exclude={"id"})
        if not insert_once(session, Offer, **values):
            offers.reprice_offer(session, offer)
    ids = offers.list_offers(session, shown.customer_id, shown.unseen[0].order_key, shown.unseen[0].shown_on)
    rows = [replace(row, offer_id=ids[row.item_id].id) for row in shown.gifts]
    return replace(shown, gifts=rows, unseen=[])


def _gift_row(suggestion: Suggestion, offer: Offer | None, left_after_minor: int) -> GiftRow:
    item = suggestion.item
    offer_id = offer.id if offer else None
    return GiftRow(offer_id, item.id, item.name, item.price_minor, item.currency, suggestion.sentence, left_after_minor)


def _offer(suggestion: Suggestion, taste: Taste, now: datetime) -> Offer:
    return Offer(
        customer_id=taste.customer.id,
        order_id=taste.order.id if taste.order else None,
        order_key=taste.order.id if taste.order else 0,
        item_id=suggestion.item.id,
        shown_on=now.date(),
        shown_at=now,
        price_minor=suggestion.item.price_minor,
        cost_minor=suggestion.item.cost_minor,
        currency=suggestion.item.currency,
        source=suggestion.source.value,
        because=[item.id for item in suggestion.because],
        together=suggestion.together,
    )


def _given(session: Session, actor: Actor, customer_id: int) -> list[GivenRow]:
    return [
        GivenRow(
            grant_id=grant.id,
            name=name,
            value_minor=grant.value_minor,
            currency=grant.currency,
            by=giver,
            at=grant.granted_at,
            is_undone=grant.state is GrantState.UNDONE,
            can_undo=grant.state is GrantState.RESERVED and may_undo(actor, grant),
        )
        for grant, name, giver in grants.list_grants(session, customer_id)
    ]


def _why_none(stand: Stand, taste: Taste, limit: AuthorityLimit | None, rooms: tuple[Room, ...]) -> str:
    if taste.wants_no_gifts:
        return f"{taste.customer.name} asked for no gifts."
    if limit is None:
        return "Nobody has set yet what your role may give."
    if stand.model is None:
        return "There is no model yet; somebody with the admin role can train one."
    if (left := most_left(rooms)) == 0:
        return "Nothing is left to give here for now."
    return f"Nothing that fits and costs at most {money(left, limit.currency)}."
