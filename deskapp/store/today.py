"""What a day holds for one of the staff, read in few queries however much there is."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, exists, func, literal_column, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from deskapp.store import promises, visits
from deskapp.store.customers import OPEN
from deskapp.store.memory_tables import Note, Promise, Source, Visit
from deskapp.store.tables import Audit, Customer, Delivery, Order

HANDED_OVER = "work.handed-over"  # the audit's word; its subject is who has the work now


class Needed(NamedTuple):
    order: str
    customer_id: int
    customer_name: str
    need_by_on: date
    estimated_on: date | None
    delivery_id: int
    told_at: datetime | None
    told_by: int | None


class Handed(NamedTuple):
    """`details`: whose it was, and how much of what."""

    at: datetime
    staff_id: int | None
    details: dict[str, Any]


# The word itself, not a parameter: only so the index of open orders is of use, and the others are not read at all.
IS_OPEN_ORDER = col(Order.status) == literal_column(f"'{OPEN}'")
IS_NOT_THERE = or_(col(Delivery.delivered_at).is_(None), col(Delivery.returned_at).is_not(None))
_PROMISED = exists().where(
    col(Promise.customer_id) == col(Order.customer_id),
    col(Promise.owner_id) == bindparam("staff"),
    or_(promises.IS_OPEN, col(Promise.made_at) >= bindparam("since")),
)
_WROTE = exists().where(
    col(Note.customer_id) == col(Order.customer_id),
    col(Note.written_at) >= bindparam("since"),
    col(Note.author_id) == bindparam("staff"),
    col(Note.source) != Source.CUSTOMER,  # theirs, though somebody of ours put the question
)
_NEEDED = (
    select_columns(
        col(Order.external_id),
        col(Order.customer_id),
        col(Customer.name),
        col(Delivery.need_by_on),
        col(Delivery.estimated_on),
        col(Delivery.id),
        col(Delivery.delay_told_at),
        col(Delivery.delay_told_by),
    )
    .join(Delivery, col(Delivery.order_id) == Order.id)
    .join(Customer, col(Customer.id) == Order.customer_id)
    .where(
        IS_OPEN_ORDER,
        IS_NOT_THERE,
        col(Customer.erased_at).is_(None),
        col(Delivery.need_by_on) >= bindparam("first"),
        col(Delivery.need_by_on) <= bindparam("last"),
    )
    .order_by(col(Delivery.need_by_on), col(Order.id))
    .limit(bindparam("most"))
)
_NEEDED_OF_MINE = _NEEDED.where(or_(_PROMISED, _WROTE))
_HANDED = (
    select_columns(col(Audit.at), col(Audit.staff_id), col(Audit.details))
    .where(
        col(Audit.subject) == bindparam("subject"),
        col(Audit.action) == HANDED_OVER,
        col(Audit.at) >= bindparam("since"),
    )
    .order_by(col(Audit.id).desc())
    .limit(bindparam("most"))
)
_WAITING = select_columns(
    select_columns(func.count())
    .select_from(Promise)
    .where(
        col(Promise.owner_id) == bindparam("staff"),
        promises.IS_OPEN,
        or_(col(Promise.due_on) <= bindparam("today"), col(Promise.dropped_because) != ""),
    )
    .scalar_subquery()
    + select_columns(func.count())
    .select_from(Visit)
    .where(and_(col(Visit.with_id) == bindparam("staff"), col(Visit.expected_on) == bindparam("today")), visits.IS_OPEN)
    .scalar_subquery()
)


def list_needed(
    session: Session, staff_id: int, *, since: datetime, first: date, last: date, most: int, of_everybody: bool
) -> list[Needed]:
    """Open orders that are needed from `first` to `last` and not there yet, the first needed first. One query.

    Without `of_everybody` of those customers alone to whom one of the staff owes a promise, or promised something or wrote a
    note since then.
    """
    bound: dict[str, Any] = {"first": first, "last": last, "most": most}
    if not of_everybody:
        bound |= {"staff": staff_id, "since": since}
    query = _NEEDED if of_everybody else _NEEDED_OF_MINE
    return [Needed._make(row) for row in session.connection().execute(query, bound)]


def list_handed(session: Session, staff_id: int, since: datetime, most: int) -> list[Handed]:
    """What somebody who left, or was relieved, left to one of the staff; the newest first. One query."""
    bound = {"subject": f"staff:{staff_id}", "since": since, "most": most}
    return [Handed(*row) for row in session.connection().execute(_HANDED, bound)]


def count_waiting(session: Session, staff_id: int, today: date) -> int:
    """Promises that are due or to be taken back, and who is expected today. One query."""
    bound = {"staff": staff_id, "today": today}
    return int(session.connection().execute(_WAITING, bound).scalar_one())
