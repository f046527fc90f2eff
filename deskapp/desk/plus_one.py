"""The plus-one on the panel: what may be given here and now, what was given, and how much is left."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlmodel import Session

from deskapp.desk import receiving
from deskapp.desk.asking import Asking
from deskapp.desk.ceilings import rooms_of_gift, worth_of
from deskapp.desk.given_lately import GivenRow, list_given
from deskapp.desk.grants import find_outcome, is_current
from deskapp.desk.shelf import Stand
from deskapp.desk.suggestions import Suggestion, Taste, Wanted, as_gifts, list_used_up, shown, taste_of, to_buy
from deskapp.desk.verdicts import Outcome, count_words, why_nothing
from deskapp.desk.wording import money
from deskapp.rules.authority import AuthorityLimit, Refused, Room, Unit, most_left, tightest
from deskapp.rules.people import Actor
from deskapp.rules.periods import day_of
from deskapp.rules.words import say
from deskapp.store import customers, items, offers
from deskapp.store import limits as limit_rows
from deskapp.store.gift_tables import Offer
from deskapp.store.insert import once
from deskapp.store.ready import together
from deskapp.store.tables import Customer

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
    caution: str
    picture: str | None  # its digest
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
    most_minor: int  # the dearest gift that fits now
    currency: str
    given: list[GivenRow]
    waved_away: list[WavedAway]  # today, to be undone in one tap
    why_none: str
    unseen: list[Offer] = field(default_factory=list)  # shown for the first time today, to be remembered
    outcome: Outcome | None = None
    asking: Asking | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """What one member of staff may propose to one customer today. `for_more_minor`: left under the ceilings that fill."""

    taste: Taste
    limit: AuthorityLimit | None
    rooms: tuple[Room, ...]
    stopped: Refused | None  # nothing at all may be given now
    to_give: Wanted | None  # None: this giver has no limit
    gifts: list[Suggestion]
    to_buy: Wanted
    new_products: list[Suggestion]

    @property
    def left_minor(self) -> int:
        return most_left(self.rooms) if self.rooms else 0

    @property
    def for_more_minor(self) -> int:
        return min((room.left for room in self.rooms if room.fills and room.unit is not Unit.GIFTS), default=0)


def propose(
    session: Session,
    actor: Actor,
    stand: Stand,
    customer: Customer,
    *,
    basket: Sequence[int] | None = None,
    today: date,
    now: datetime,
) -> Proposed:
    """About nine queries, and writes nothing. `basket` given stands for the open order."""
    taste = taste_of(session, customer, basket, today=today)
    limit = limit_rows.find_limit(session, actor, now)
    order_id = taste.order.id if taste.order else None
    rooms = rooms_of_gift(session, actor, limit, customer, order_id=order_id, now=now) if limit else ()
    left = most_left(rooms) if rooms else 0
    to_give = None
    if limit:
        used_up = list_used_up(session, stand, day_of(now, limit.zone))
        to_give = as_gifts(taste, limit, giver=actor.role, used_up=used_up, at_most_minor=left, today=today, k=GIFTS)
    stopped = receiving.why_not(session, limit, customer, order_id, now=now) if limit else None
    gifts = shown(session, stand, taste, to_give) if to_give and not stopped else []
    products = to_buy(but=taste.given | {one.item.id for one in gifts}, today=today, k=NEW_PRODUCTS)
    return Proposed(taste, limit, rooms, stopped, to_give, gifts, products, shown(session, stand, taste, products))


def panel(
    session: Session, actor: Actor, stand: Stand, customer_id: int, *, form_key: str = "", today: date, now: datetime
) -> PlusOnePanel:
    """About ten queries, however many the gifts. `form_key`: of the form that gave, to tell what came of it."""
    customer = customers.get_customer(session, customer_id)
    it = propose(session, actor, stand, customer, today=today, now=now)
    known = offers.list_offers(session, customer_id, it.taste.order.id if it.taste.order else 0, now.date())
    pictures = items.list_digests(session, [gift.item.id for gift in it.gifts])
    return PlusOnePanel(
        customer_id=customer_id,
        customer_name=customer.name,
        gifts=[_gift_row(s, known.get(s.item.id), pictures.get(s.item.id), left_after(it, s)) for s in it.gifts],
        new_products=[
            ProductRow(s.item.name, s.item.price_minor, s.item.currency, s.sentence) for s in it.new_products
        ],
        rooms=it.rooms,
        most_minor=0 if it.stopped else it.left_minor,
        currency=it.limit.currency if it.limit else "",
        given=list_given(session, actor, customer_id),
        waved_away=[WavedAway(p.id, p.value) for p in it.taste.waved_away if p.heard_at.date() == now.date()],
        why_none="" if it.gifts else why_none(stand, it, now),
        outcome=find_outcome(session, actor, form_key) if form_key else None,
        unseen=[_offer(s, it.taste, now) for s in it.gifts if not is_current(known.get(s.item.id), s.item)],
    )


def left_after(it: Proposed, gift: Suggestion) -> int:
    """For more gifts, once this one is given."""
    return it.for_more_minor - (worth_of(gift.item, it.limit.basis).value_minor if it.limit else 0)


def remember(session: Session, drawn: PlusOnePanel) -> PlusOnePanel:
    """Stores offers seen for the first time today, so that a gift is judged at the price that was on the screen."""
    put = together(session, *(once(session, Offer, **offer.model_dump(exclude={"id"})) for offer in drawn.unseen))
    for offer, is_new in zip(drawn.unseen, put, strict=True):
        if not is_new:
            offers.reprice_offer(session, offer)
    ids = offers.list_offers(session, drawn.customer_id, drawn.unseen[0].order_key, drawn.unseen[0].shown_on)
    rows = [replace(row, offer_id=ids[row.item_id].id) for row in drawn.gifts]
    return replace(drawn, gifts=rows, unseen=[])


def _gift_row(suggestion: Suggestion, offer: Offer | None, picture: str | None, left_after_minor: int) -> GiftRow:
    item = suggestion.item
    return GiftRow(
        offer_id=offer.id if offer else None,
        item_id=item.id,
        name=item.name,
        price_minor=item.price_minor,
        currency=item.currency,
        because=suggestion.sentence,
        caution=suggestion.caution,
        picture=picture,
        left_after_minor=left_after_minor,
    )


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


def why_none(stand: Stand, it: Proposed, now: datetime) -> str:
    if it.taste.wants_no_gifts:
        return say("{name} asked for no gifts.", name=it.taste.customer.name)
    if it.limit is None:
        return say("Nobody has set yet what you may give.")
    if it.stopped:
        return why_nothing(it.stopped, it.limit.currency)
    if stand.model is None:
        return say("There is no model yet; somebody with the admin role can train one.")
    if used_up := [room for room in it.rooms if room.unit is Unit.GIFTS and room.left < 1]:
        return count_words(tightest(used_up), it.limit.zone, now)
    if it.left_minor == 0:
        return say("Nothing is left to give here for now.")
    return say("Nothing that fits and costs at most {amount}.", amount=money(it.left_minor, it.limit.currency))
