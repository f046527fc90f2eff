"""Who works here."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from deskapp.rules.people import Role
from deskapp.store.tables import Staff


def find_staff(session: Session, staff_id: int) -> Staff | None:
    return session.get(Staff, staff_id)


def find_by_username(session: Session, username: str) -> Staff | None:
    return session.exec(select(Staff).where(Staff.username == username)).first()


def list_staff(session: Session) -> list[Staff]:
    """Those who may sign in first, by name."""
    return list(session.exec(select(Staff).order_by(col(Staff.is_active).desc(), Staff.name, Staff.username)).all())


def names(session: Session, ids: Iterable[int] | None = None) -> dict[int, str]:
    """Of everybody who ever worked here, or of `ids` alone. One query."""
    query = select(Staff.id, Staff.name)
    return dict(session.exec(query if ids is None else query.where(col(Staff.id).in_(list(ids)))).all())


def lock_admins(session: Session) -> list[int]:
    """Ids of the active admins. On PostgreSQL whoever else asks waits until this transaction ends, then sees what it did."""
    query = select(Staff.id).where(Staff.role == Role.ADMIN, col(Staff.is_active)).order_by(col(Staff.id))
    return list(session.exec(query.with_for_update()).all())
