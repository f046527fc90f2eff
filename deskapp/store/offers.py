"""Offers as they were shown."""

from datetime import date

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.store.gift_tables import Offer
from deskapp.store.tables import Customer, Item

_SHOWN = select(Offer).where(
    Offer.customer_id == bindparam("customer"),
    Offer.order_key == bindparam("order"),
    Offer.shown_on == bindparam("on"),
)


def list_offers(session: Session, customer_id: int, order_key: int, shown_on: date) -> dict[int, Offer]:
    """By item id."""
    found = session.exec(_SHOWN, params={"customer": customer_id, "order": order_key, "on": shown_on}).all()
    return {offer.item_id: offer for offer in found}


def get_offer(session: Session, offer_id: int) -> tuple[Offer, Item, Customer]:
    query = (
        select(Offer, Item, Customer)
        .join(Item, col(Item.id) == Offer.item_id)
        .join(Customer, col(Customer.id) == Offer.customer_id)
        .where(Offer.id == offer_id)
    )
    if (found := session.exec(query).one_or_none()) is None:
        raise NotFound("This suggestion is no longer there.")
    return found[0], found[1], found[2]


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
