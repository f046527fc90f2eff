"""What was told of parcels. Append-only: rows are written once and read, never changed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from deskapp.store.card_tables import DeliveryEvent, Happened, Teller
from deskapp.store.gift_tables import KEPT, Grant
from deskapp.store.insert import insert_once
from deskapp.store.tables import Audit, Customer, Delivery, Order, Staff


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a file must know of a parcel to check what it says of it."""

    delivery_id: int
    placed_at: datetime


def append(session: Session, **values: Any) -> bool:
    """False if the teller said the same `source_key` before. On PostgreSQL it waits for a rival to commit or give up."""
    return insert_once(session, DeliveryEvent, **values)


def find_by_key(session: Session, teller: Teller, source_key: str | None) -> DeliveryEvent | None:
    """None without a key."""
    query = select(DeliveryEvent).where(DeliveryEvent.told_by == teller, DeliveryEvent.source_key == source_key)
    return session.exec(query).one_or_none() if source_key is not None else None


def find_estimate(session: Session, delivery_id: int) -> date | None:
    """The newest that was told; of two that were told of one moment the later day, whichever came in first."""
    query = (
        select(col(DeliveryEvent.estimated_on))
        .where(DeliveryEvent.delivery_id == delivery_id, DeliveryEvent.kind == Happened.ESTIMATED)
        .order_by(col(DeliveryEvent.happened_at).desc(), col(DeliveryEvent.estimated_on).desc())
        .limit(1)
    )
    return session.exec(query).first()


def was_brought_after(session: Session, delivery_id: int, at: datetime) -> bool:
    """Whether a carrier or a shop told of a delivery after that; ticks by hand are none."""
    query = select(DeliveryEvent.id).where(
        DeliveryEvent.delivery_id == delivery_id,
        DeliveryEvent.kind == Happened.DELIVERED,
        DeliveryEvent.told_by != Teller.PERSON,
        DeliveryEvent.happened_at > at,
    )
    return session.exec(query.limit(1)).first() is not None


def list_taken_back(
    session: Session, delivery_id: int, actions: Collection[str]
) -> list[tuple[str, datetime, str | None]]:
    """Of the audit: action, when, by whom. Two queries; lines of before a customer was joined stand at the other row."""
    people = (
        select(Customer.id)
        .join(Order, or_(col(Order.customer_id) == Customer.id, col(Order.customer_id) == Customer.merged_into))
        .join(Delivery, col(Delivery.order_id) == Order.id)
        .where(Delivery.id == delivery_id)
    )
    subjects = [f"customer:{customer_id}" for customer_id in session.exec(people).all()]
    query = (
        select(Audit, Staff.name)
        .outerjoin(Staff, col(Staff.id) == Audit.staff_id)
        .where(col(Audit.subject).in_(subjects), col(Audit.action).in_(actions))
        .order_by(col(Audit.id))
    )
    found = session.exec(query).all()
    return [(line.action, line.at, name) for line, name in found if line.details.get("delivery") == delivery_id]


def list_events(session: Session, delivery_id: int) -> list[tuple[DeliveryEvent, str | None]]:
    """As they happened, with the name of whoever wrote each down. One query."""
    query = (
        select(DeliveryEvent, Staff.name)
        .outerjoin(Staff, col(Staff.id) == DeliveryEvent.recorded_by)
        .where(DeliveryEvent.delivery_id == delivery_id)
        .order_by(col(DeliveryEvent.happened_at), col(DeliveryEvent.id))
    )
    return list(session.exec(query).all())


# --- for files ------------------------------------------------------------------------------------------------------


def parcels_of(session: Session, orders: Collection[str]) -> dict[str, Parcel]:
    """Order number -> its parcel; none without one. One query, of at most 30,000 numbers."""
    query = (
        select(Order.external_id, Delivery.id, Order.placed_at)
        .join(Delivery, col(Delivery.order_id) == Order.id)
        .where(col(Order.external_id).in_(orders))
    )
    return {number: Parcel(delivery_id, placed_at) for number, delivery_id, placed_at in session.exec(query).all()}


def told_before(session: Session, teller: Teller, keys: Collection[str]) -> dict[str, DeliveryEvent]:
    """Source key -> what was told under it. One query, of at most 30,000 keys."""
    query = select(DeliveryEvent).where(DeliveryEvent.told_by == teller, col(DeliveryEvent.source_key).in_(keys))
    return {event.source_key: event for event in session.exec(query).all() if event.source_key is not None}


def with_gifts(session: Session, delivery_ids: Collection[int]) -> set[int]:
    """Those whose parcels hold gifts that are still reserved or handed over. One query."""
    query = (
        select(Delivery.id)
        .join(Grant, col(Grant.order_id) == Delivery.order_id)
        .where(col(Delivery.id).in_(delivery_ids), col(Grant.state).in_(KEPT))
    )
    return set(session.exec(query).all())
