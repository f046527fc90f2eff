"""Who works here."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules.people import Actor, Role
from deskapp.store.db import asked_once
from deskapp.store.gift_tables import Delegation
from deskapp.store.ready import Ready
from deskapp.store.tables import Seat, Staff


def find_staff(session: Session, staff_id: int) -> Staff | None:
    return session.get(Staff, staff_id)


def find_by_username(session: Session, username: str) -> Staff | None:
    return session.exec(select(Staff).where(Staff.username == username)).first()


class Seated(NamedTuple):
    staff: Staff
    seats: int  # live ones
    last_seen_at: datetime | None  # on any seat, live or not


def list_staff(session: Session, *, now: datetime, seen_after: datetime) -> list[Seated]:
    """Those who may sign in first, by name. One query."""
    is_live = and_(col(Seat.revoked_at).is_(None), col(Seat.expires_at) > now, col(Seat.last_seen_at) > seen_after)
    query = (
        select(Staff, func.count(case((is_live, 1))), func.max(Seat.last_seen_at))
        .outerjoin(Seat, col(Seat.staff_id) == Staff.id)
        .group_by(*Staff.__table__.columns)  # type: ignore[attr-defined]
        .order_by(col(Staff.is_active).desc(), func.lower(Staff.name), col(Staff.id))
    )
    return [Seated(*row) for row in session.exec(query)]


class Colleague(NamedTuple):
    id: int
    name: str
    role: Role
    team: str
    is_active: bool


_COLLEAGUES = Ready(
    select_columns(col(Staff.id), col(Staff.name), col(Staff.role), col(Staff.team), col(Staff.is_active)).order_by(
        func.lower(Staff.name), col(Staff.id)
    )
)


class Delegated(NamedTuple):
    from_id: int
    to_id: int
    starts_on: date
    ends_on: date


def as_actor(row: Staff) -> Actor:
    return Actor(row.id, row.username, row.name, row.role, row.team)


def list_active(session: Session) -> list[Actor]:
    return [as_actor(row) for row in session.exec(select(Staff).where(col(Staff.is_active)).order_by(col(Staff.id)))]


@asked_once
def list_colleagues(session: Session) -> list[Colleague]:
    """Everybody who ever worked here, by name. One query."""
    return [Colleague(*row) for row in _COLLEAGUES.all(session)]


def list_delegations(session: Session) -> list[Delegated]:
    """Those that nobody withdrew, whenever they are."""
    query = select(Delegation).where(col(Delegation.withdrawn_at).is_(None)).order_by(col(Delegation.id))
    return [Delegated(one.from_id, one.to_id, one.starts_on, one.ends_on) for one in session.exec(query)]


def names(session: Session, ids: Iterable[int] | None = None) -> dict[int, str]:
    """Of everybody who ever worked here, or of `ids` alone. One query."""
    query = select(Staff.id, Staff.name)
    return dict(session.exec(query if ids is None else query.where(col(Staff.id).in_(list(ids)))).all())


def lock_admins(session: Session) -> list[int]:
    """Ids of the active admins. On PostgreSQL whoever else asks waits until this transaction ends, then sees what it did; who only
    sits down as one does not, or a launch and its person's dismissal would wait for each other.
    """
    query = select(Staff.id).where(Staff.role == Role.ADMIN, col(Staff.is_active)).order_by(col(Staff.id))
    return list(session.exec(query.with_for_update(key_share=True)).all())
