"""Offers as they were shown."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.store.eligibility import Who
from deskapp.store.gift_tables import Offer
from deskapp.store.items import ItemRow
from deskapp.store.ready import Part, Ready, Row
from deskapp.store.rows import Rows
from deskapp.store.tables import Customer, Item

_GONE = "This suggestion is no longer there."
_SHOWN = Rows(
    select(Offer).where(
        Offer.customer_id == bindparam("customer"),
        Offer.order_key == bindparam("order"),
        Offer.shown_on == bindparam("on"),
    )
)
_LIVING = (col(Customer.merged_into).is_(None), col(Customer.erased_at).is_(None))
_OF_OFFER = ("order_id", "price_minor", "cost_minor", "currency")
_TO_GIVE = Ready(
    select_columns(
        *(getattr(Offer, name) for name in _OF_OFFER),
        *(getattr(Item, name) for name in ItemRow._fields),
        *(getattr(Customer, name) for name in Who._fields),
    )
    .join(Item, col(Item.id) == Offer.item_id)
    .join(Customer, col(Customer.id) == Offer.customer_id)
    .where(col(Offer.id) == bindparam("offer"), *_LIVING)
)


class Shown(NamedTuple):
    """What was shown and is to be given now: rows, since they are read while others wait to write."""

    order_id: int | None
    price_minor: int
    cost_minor: int
    currency: str
    item: ItemRow
    customer: Who


def list_offers(session: Session, customer_id: int, order_key: int, shown_on: date) -> dict[int, Offer]:
    """To be read only. By item id."""
    return {offer.item_id: offer for offer in _SHOWN.rows(session, customer=customer_id, order=order_key, on=shown_on)}


def get_offer(session: Session, offer_id: int) -> tuple[Offer, Item, Customer]:
    query = (
        select(Offer, Item, Customer)
        .join(Item, col(Item.id) == Offer.item_id)
        .join(Customer, col(Customer.id) == Offer.customer_id)
        .where(Offer.id == offer_id, *_LIVING)
    )
    if (found := session.exec(query).one_or_none()) is None:
        raise NotFound(_GONE)
    return found[0], found[1], found[2]


def showing(offer_id: int) -> Part:
    """What was shown, to be asked together with others. For `shown`."""
    return _TO_GIVE.of(offer=offer_id)


def shown(rows: list[Row]) -> Shown:
    if not rows:
        raise NotFound(_GONE)
    (found,) = rows
    of_item = len(_OF_OFFER) + len(ItemRow._fields)
    item, customer = found[len(_OF_OFFER) : of_item], found[of_item:]
    return Shown._make((*found[: len(_OF_OFFER)], ItemRow._make(item), Who._make(customer)))


def reprice_offer(session: Session, offer: Offer) -> None:
    """The same item shown again on the same day at another price."""
    session.connection().execute(
        update(Offer)
        .where(
            col(Offer.customer_id) == offer.customer_id,
            col(Offer.order_key) == offer.order_key,
            col(Offer.item_id) == offer.item_id,
            col(Offer.shown_on) == offer.shown_on,
        )
        .values(price_minor=offer.price_minor, cost_minor=offer.cost_minor, shown_at=offer.shown_at)
    )
