"""Shared tablets, who may change to themselves on one, and whose its seats were."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, and_, func, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.host_tables import Tablet
from deskapp.store.tables import Seat, Staff


class Enrolled(NamedTuple):
    id: int
    name: str
    made_by: str
    made_at: datetime
    last_seen_at: datetime


class Person(NamedTuple):
    id: int
    name: str


def find_live(session: Session, token_hash: str) -> Tablet | None:
    query = select(Tablet).where(Tablet.token_hash == token_hash, col(Tablet.revoked_at).is_(None))
    return session.exec(query).first()


def get_tablet(session: Session, tablet_id: int) -> Tablet:
    """Raises NotFound; a revoked one is still there."""
    if (row := session.get(Tablet, tablet_id)) is None:
        raise NotFound(say("There is no such tablet."))
    return row


def list_live(session: Session) -> list[Enrolled]:
    """By name. One query."""
    columns = (col(Tablet.id), col(Tablet.name), col(Staff.name), col(Tablet.made_at), col(Tablet.last_seen_at))
    query = select_columns(*columns).join(Staff, col(Staff.id) == Tablet.made_by)
    query = query.where(col(Tablet.revoked_at).is_(None)).order_by(func.lower(Tablet.name), col(Tablet.id))
    return [Enrolled(*row) for row in session.connection().execute(query)]


def list_people(session: Session, tablet: Tablet, *, used_after: datetime, limit: int) -> list[Person]:
    """Whoever has a PIN and sat here since `used_after`, the last one first; then the team of whoever enrolled it. One query."""
    by_last_seat = (func.max(Seat.last_seen_at).desc().nulls_last(), func.lower(Staff.name), col(Staff.id))
    query = _people(tablet, used_after).order_by(*by_last_seat).limit(limit)
    return [Person(*row) for row in session.connection().execute(query)]


def is_person(session: Session, tablet: Tablet, staff_id: int, *, used_after: datetime) -> bool:
    """Whether `list_people`, had it no limit, would name them. One query."""
    query = _people(tablet, used_after).where(col(Staff.id) == staff_id)
    return session.connection().execute(query).first() is not None


def _people(tablet: Tablet, used_after: datetime) -> Select[int, str]:
    team = select(Staff.team).where(Staff.id == tablet.made_by).scalar_subquery()
    sat_here = and_(
        col(Seat.staff_id) == Staff.id, col(Seat.tablet_id) == tablet.id, col(Seat.last_seen_at) > used_after
    )
    return (
        select_columns(col(Staff.id), col(Staff.name))
        .outerjoin(Seat, sat_here)
        .where(col(Staff.is_active), col(Staff.pin_hash).is_not(None))
        .where(or_(col(Seat.id).is_not(None), col(Staff.team) == team))
        .group_by(col(Staff.id), col(Staff.name))
    )


def find_last_owner(session: Session, tablet_id: int, token_hashes: Iterable[str]) -> int | None:
    """Whose seat on this tablet one of the tokens was, live or not."""
    query = select(Seat.staff_id).where(Seat.tablet_id == tablet_id, col(Seat.token_hash).in_(list(token_hashes)))
    return session.exec(query.order_by(col(Seat.id).desc())).first()


def put_seat_on(session: Session, tablet_id: int, token_hash: str) -> None:
    session.connection().execute(update(Seat).where(col(Seat.token_hash) == token_hash).values(tablet_id=tablet_id))


def end_seats(session: Session, tablet_id: int, now: datetime) -> int:
    """How many were live."""
    query = update(Seat).where(col(Seat.tablet_id) == tablet_id, col(Seat.revoked_at).is_(None))
    return session.connection().execute(query.values(revoked_at=now)).rowcount
