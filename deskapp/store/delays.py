"""Parcels that come later than they are needed, and whose it is to say so."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from deskapp.rules.people import Role
from deskapp.store.gift_tables import KEPT, Grant
from deskapp.store.memory_tables import Note, Promise
from deskapp.store.promises import IS_OPEN
from deskapp.store.tables import Customer, Delivery, Order, Staff
from deskapp.store.today import IS_NOT_THERE, IS_OPEN_ORDER


class Delayed(NamedTuple):
    """`estimated_on` None: nobody said when it comes, and it cannot be there in time. `owner_id` None: nobody's in particular."""

    delivery_id: int
    order: str
    customer_id: int
    customer_name: str
    need_by_on: date
    estimated_on: date | None
    ship_on: date
    owner_id: int | None


_SERVES = and_(col(Staff.is_active), col(Staff.role) != Role.DELIVERY)
_PROMISED = (
    select_columns(col(Promise.owner_id))
    .join(Staff, col(Staff.id) == Promise.owner_id)
    .where(
        col(Promise.customer_id) == col(Order.customer_id),
        or_(IS_OPEN, col(Promise.made_at) >= bindparam("since")),
        _SERVES,
    )
    .order_by(col(Promise.made_at).desc(), col(Promise.id).desc())
    .limit(1)
    .correlate(Order)
    .scalar_subquery()
)
_WROTE = (
    select_columns(col(Note.author_id))
    .join(Staff, col(Staff.id) == Note.author_id)
    .where(col(Note.customer_id) == col(Order.customer_id), col(Note.retracted_at).is_(None), _SERVES)
    .order_by(col(Note.written_at).desc(), col(Note.id).desc())
    .limit(1)
    .correlate(Order)
    .scalar_subquery()
)
_GAVE = (
    select_columns(col(Grant.staff_id))
    .join(Staff, col(Staff.id) == Grant.staff_id)
    .where(col(Grant.order_id) == col(Order.id), col(Grant.state).in_(KEPT), _SERVES)
    .order_by(col(Grant.id).desc())
    .limit(1)
    .correlate(Order)
    .scalar_subquery()
)
_CANNOT = and_(
    col(Delivery.estimated_on).is_(None),
    col(Delivery.packed_at).is_(None),
    col(Delivery.need_by_on) < bindparam("today"),
)
_DELAYED = (
    select_columns(
        col(Delivery.id),
        col(Order.external_id),
        col(Order.customer_id),
        col(Customer.name),
        col(Delivery.need_by_on),
        col(Delivery.estimated_on),
        col(Delivery.ship_on),
        func.coalesce(_PROMISED, _WROTE, _GAVE),
    )
    .join(Delivery, col(Delivery.order_id) == Order.id)
    .join(Customer, col(Customer.id) == Order.customer_id)
    .where(
        IS_OPEN_ORDER,
        IS_NOT_THERE,
        col(Customer.erased_at).is_(None),
        col(Delivery.delay_told_at).is_(None),
        col(Delivery.need_by_on) >= bindparam("first"),
        or_(func.coalesce(col(Delivery.estimated_on), col(Delivery.ship_on)) > col(Delivery.need_by_on), _CANNOT),
    )
    .order_by(col(Delivery.need_by_on), col(Order.id))
    .limit(bindparam("most"))
)


def list_delayed(session: Session, *, today: date, first: date, since: datetime, most: int) -> list[Delayed]:
    """Of open orders needed from `first` on, whose customers nobody told yet; the first needed first. One query.

    Whose it is: the one who promised them something that is open or was promised since then, else whoever wrote the last note,
    else whoever gave the gift that goes along; of those who still serve customers here.
    """
    bound: dict[str, Any] = {"today": today, "first": first, "since": since, "most": most}
    return [Delayed._make(row) for row in session.connection().execute(_DELAYED, bound)]
