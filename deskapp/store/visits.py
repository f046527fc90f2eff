"""Visits and calls that are expected."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, bindparam, func, or_
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.db import asked_once
from deskapp.store.memory_tables import Visit
from deskapp.store.rows import Rows
from deskapp.store.tables import Customer

IS_OPEN = and_(col(Visit.came_at).is_(None), col(Visit.cancelled_at).is_(None))

_BY_TIME = (col(Visit.expected_on), col(Visit.at), col(Visit.id))
_OF_CUSTOMER = Rows(
    select(Visit)
    .where(Visit.customer_id == bindparam("customer"), col(Visit.expected_on) >= bindparam("since"), IS_OPEN)
    .order_by(*_BY_TIME)
)
_IS_MINE = or_(
    col(Visit.with_id).is_(None), col(Visit.with_id) == bindparam("staff"), col(Visit.noted_by) == bindparam("staff")
)
_EXPECTED = (
    select(Visit, Customer.name)
    .join(Customer, col(Customer.id) == Visit.customer_id)
    .where(
        col(Visit.expected_on) >= bindparam("since"),
        col(Visit.expected_on) <= bindparam("until"),
        IS_OPEN,
        or_(bindparam("everybody"), _IS_MINE),
    )
    .order_by(*_BY_TIME)
    .limit(bindparam("most"))
)


@asked_once
def list_of_customer(session: Session, customer_id: int, since: date) -> list[Visit]:
    """Those nobody has said yet what became of, the next first."""
    return _OF_CUSTOMER.all(session, customer=customer_id, since=since)


def list_expected(
    session: Session, since: date, until: date, most: int, *, staff_id: int, of_everybody: bool
) -> list[tuple[Visit, str]]:
    """With the customer's name, the earliest first; without `of_everybody` those that concern one of the staff. One query."""
    bound = {"since": since, "until": until, "most": most, "staff": staff_id, "everybody": of_everybody}
    return [(visit, name) for visit, name in session.exec(_EXPECTED, params=bound)]


def list_to_change_with(session: Session, staff_id: int, since: date) -> Sequence[Visit]:
    """All that one of the staff is to see to from `since` on, locked until the transaction ends."""
    query = select(Visit).where(Visit.with_id == staff_id, col(Visit.expected_on) >= since, IS_OPEN)
    return session.exec(query.order_by(col(Visit.id)).with_for_update()).all()


def count_by_staff(session: Session, since: date) -> dict[int, int]:
    """Open ones from `since` on, by who sees to them. One query."""
    query = (
        select(col(Visit.with_id), func.count())
        .where(col(Visit.with_id).is_not(None), col(Visit.expected_on) >= since, IS_OPEN)
        .group_by(col(Visit.with_id))
    )
    return {staff_id: count for staff_id, count in session.exec(query) if staff_id is not None}


def get_visit_to_change(session: Session, visit_id: int) -> Visit:
    """Locked until the transaction ends, so that what became of it is said once."""
    query = select(Visit).where(Visit.id == visit_id).with_for_update()
    if (found := session.exec(query).one_or_none()) is None:
        raise NotFound(say("Nobody expects such a visit."))
    return found


def customer_of(session: Session, visit_id: int) -> int:
    found = session.exec(select(Visit.customer_id).where(Visit.id == visit_id)).one_or_none()
    if found is None:
        raise NotFound(say("Nobody expects such a visit."))
    return found
