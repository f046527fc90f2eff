"""The part of the plus-one panel that asks: looking up something else to give, and what a second person is asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlmodel import Session

from deskapp.desk import grants, steering
from deskapp.desk.asked import AskedRow, list_on_panel
from deskapp.desk.grants import Gift, is_current
from deskapp.desk.inputs import Keyed, ShortWords
from deskapp.desk.verdicts import Outcome
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Actor
from deskapp.store import customers, offers
from deskapp.store.gift_tables import ApprovalState, Offer
from deskapp.store.insert import insert_once


class SomethingElse(Keyed):
    """`item`: a SKU, or words of the name; `sku` says which one is meant where several are called like that."""

    item: ShortWords
    sku: Annotated[str, Field(max_length=120)] = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One offer, and what would come of giving it now. `is_asked`: somebody is asked for it already."""

    offer_id: int
    name: str
    price_minor: int
    currency: str
    foreseen: Outcome
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """`choices`: SKU and words of the items that may have been meant by what was typed."""

    asked: list[AskedRow]
    chosen: Chosen | None
    choices: list[tuple[str, str]]


def view(
    session: Session, actor: Actor, customer_id: int, *, offer_id: int | None, words: str, now: datetime
) -> Asking:
    """One query, more where something waits, was chosen or typed."""
    asked = list_on_panel(session, actor, customer_id, now=now)
    chosen = None if offer_id is None else _find_chosen(session, actor, customer_id, offer_id, asked, now)
    return Asking(asked, chosen, steering.choices(session, words))


def _find_chosen(
    session: Session, actor: Actor, customer_id: int, offer_id: int, asked: list[AskedRow], now: datetime
) -> Chosen | None:
    """None for an offer to somebody else, or at a price that is no more."""
    try:
        offer, item, customer = offers.get_offer(session, offer_id)
    except NotFound:
        return None
    if customer.id != customer_id or not is_current(offer, item):
        return None
    foreseen = grants.foresee(session, Gift(actor, customer, item, offer.order_id), now=now)
    is_asked = any(one.item_id == item.id and one.state is ApprovalState.WAITING for one in asked)
    return Chosen(offer.id, item.name, offer.price_minor, offer.currency, foreseen, is_asked)


def look_up(session: Session, customer_id: int, form: SomethingElse, *, now: datetime) -> int:
    """The id of an offer at today's price: what is typed is shown before it is given. Raises Invalid for "item"."""
    customer = customers.get_customer(session, customer_id)
    item = steering.the_item(session, form.item, form.sku)
    order = customers.find_open_order(session, customer.id)
    offer = Offer(
        customer_id=customer.id,
        order_id=order.id if order else None,
        order_key=order.id if order else 0,
        item_id=item.id,
        shown_on=now.date(),
        shown_at=now,
        price_minor=item.price_minor,
        cost_minor=item.cost_minor,
        currency=item.currency,
        source="looked-up",
        because=[],
        together=0,
    )
    if not insert_once(session, Offer, **offer.model_dump(exclude={"id"})):
        offers.reprice_offer(session, offer)
    return offers.list_offers(session, customer.id, offer.order_key, offer.shown_on)[item.id].id
