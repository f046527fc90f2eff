"""Who opened which customer."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, String, bindparam, cast, exists, func, insert
from sqlalchemy import select as select_columns
from sqlalchemy.exc import OperationalError, StatementError
from sqlmodel import Session, col

from deskapp.store.privacy_tables import View, Viewed
from deskapp.store.ready import Ready
from deskapp.store.tables import Customer, Staff, Surface


class Opened(NamedTuple):
    """One opening; `at` aware UTC."""

    customer_id: int
    staff_id: int
    at: datetime
    what: Viewed
    surface: Surface
    host: str
    ticket: str


class ViewRow(NamedTuple):
    viewed_at: datetime
    what: Viewed
    surface: Surface
    host: str
    ticket: str
    staff_name: str


class OwnView(NamedTuple):
    viewed_at: datetime
    what: Viewed
    customer_id: int
    customer_name: str


def put(session: Session, opened: Opened, *, within: timedelta) -> bool:
    """False where the same person opened the same within that time before or after, or the customer is nobody any more."""
    values = opened._asdict() | {"earliest": opened.at - within, "latest": opened.at + within}
    return _PUT.run(session, **values) > 0


def put_if_possible(session: Session, opened: Opened, *, within: timedelta) -> bool | None:
    """As `put`; None where the database refuses it, as of somebody whom a copy that was put back does not know."""
    try:
        with session.begin_nested():
            return put(session, opened, within=within)
    except OperationalError:  # the database is not to be had, whatever is put
        raise
    except StatementError:
        return None


def list_of(session: Session, customer_ids: Collection[int], *, skip: int, limit: int) -> list[ViewRow]:
    """Newest first."""
    query = (
        select_columns(
            col(View.viewed_at), col(View.what), col(View.surface), col(View.host), col(View.ticket), col(Staff.name)
        )
        .join(Staff, col(Staff.id) == View.staff_id)
        .where(col(View.customer_id).in_(customer_ids))
        .order_by(col(View.viewed_at).desc(), col(View.id).desc())
        .offset(skip)
        .limit(limit)
    )
    return [ViewRow(*row) for row in session.connection().execute(query)]


def list_by(session: Session, staff_id: int, *, since: datetime, limit: int) -> list[OwnView]:
    """What one person opened, newest first."""
    query = (
        select_columns(col(View.viewed_at), col(View.what), col(View.customer_id), col(Customer.name))
        .join(Customer, col(Customer.id) == View.customer_id)
        .where(col(View.staff_id) == staff_id, col(View.viewed_at) >= since)
        .order_by(col(View.viewed_at).desc(), col(View.id).desc())
        .limit(limit)
    )
    return [OwnView(*row) for row in session.connection().execute(query)]


def count_of(session: Session, customer_ids: Collection[int]) -> int:
    query = select_columns(func.count()).select_from(View).where(col(View.customer_id).in_(customer_ids))
    return int(session.connection().execute(query).scalar_one())


def _bound(name: str, kind: Any) -> Any:
    """Cast, since PostgreSQL guesses differently in a list of columns and in a condition."""
    return cast(bindparam(name, type_=kind), kind)


_NUMBER, _TEXT = BigInteger(), String()
_MOMENT = View.__table__.c.viewed_at.type  # type: ignore[attr-defined]
_SEEN = exists().where(
    col(View.customer_id) == _bound("customer_id", _NUMBER),
    col(View.viewed_at) > _bound("earliest", _MOMENT),
    col(View.viewed_at) < _bound("latest", _MOMENT),
    col(View.staff_id) == _bound("staff_id", _NUMBER),
    col(View.what) == _bound("what", _TEXT),
)
_PUT = Ready(
    insert(View).from_select(
        ["customer_id", "staff_id", "viewed_at", "what", "surface", "host", "ticket"],
        select_columns(
            col(Customer.id),
            _bound("staff_id", _NUMBER),
            _bound("at", _MOMENT),
            _bound("what", _TEXT),
            _bound("surface", _TEXT),
            _bound("host", _TEXT),
            _bound("ticket", _TEXT),
        ).where(col(Customer.id) == _bound("customer_id", _NUMBER), col(Customer.erased_at).is_(None), ~_SEEN),
    )
)
