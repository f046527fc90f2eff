"""Gifts whose time has come: their order has ended, or nobody handed them over for very long."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from deskapp.rules.fates import WORDS, Fate, find_fate
from deskapp.store.gift_tables import KEPT, Grant, GrantState
from deskapp.store.tables import Delivery, Order

SETTLED_FROM: dict[Fate, tuple[GrantState, ...]] = {
    Fate.DELIVERED: (GrantState.RESERVED,),
    Fate.CANCELLED: (GrantState.RESERVED,),
    Fate.RETURNED: KEPT,
}


def list_of_order(session: Session, order_id: int, states: Collection[GrantState]) -> list[Grant]:
    query = select(Grant).where(Grant.order_id == order_id, col(Grant.state).in_(states)).order_by(col(Grant.id))
    return list(session.exec(query).all())


def find_arrival(session: Session, order_id: int) -> datetime | None:
    """When its parcel was delivered last, though it may have come back since."""
    return session.exec(select(Delivery.delivered_at).where(Delivery.order_id == order_id)).first()


def list_ended(session: Session, limit: int) -> list[tuple[Grant, Fate]]:
    """Gifts that are still to be settled and whose order has ended, as the shop says; by their ids."""
    ended = or_(
        *(
            and_(col(Grant.state).in_(SETTLED_FROM[fate]), func.lower(Order.status).in_(words))
            for fate, words in WORDS.items()
        )
    )
    query = select(Grant, Order.status).join(Order, col(Order.id) == Grant.order_id).where(ended)
    found = session.exec(query.order_by(col(Grant.id)).limit(limit)).all()
    return [(grant, fate) for grant, status in found if (fate := find_fate(status)) is not None]


def list_reserved_before(session: Session, before: datetime, limit: int) -> list[Grant]:
    query = (
        select(Grant)
        .where(Grant.state == GrantState.RESERVED, col(Grant.granted_at) < before)
        .order_by(col(Grant.id))
        .limit(limit)
    )
    return list(session.exec(query).all())


def list_parcels(session: Session, order_ids: Collection[int]) -> dict[int, tuple[str, datetime | None]]:
    """Order -> its number at the shop and when its parcel was delivered or came back; none without a delivery. One query."""
    if not order_ids:
        return {}
    ended_at = func.coalesce(Delivery.delivered_at, Delivery.returned_at)
    query = select(Delivery.order_id, Order.external_id, ended_at).join(Order, col(Order.id) == Delivery.order_id)
    found = session.exec(query.where(col(Delivery.order_id).in_(order_ids))).all()
    return {order_id: (number, at) for order_id, number, at in found}
