"""Who decides for whom while somebody is away."""

from datetime import date, datetime

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.gift_tables import Delegation


def get_delegation(session: Session, delegation_id: int) -> Delegation:
    if (found := session.get(Delegation, delegation_id)) is None:
        raise NotFound(say("There is no such arrangement."))
    return found


def list_of(session: Session, staff_id: int, *, since: date) -> list[Delegation]:
    """From or to this person, withdrawn ones left out, those that end on `since` or later; the earliest first."""
    query = select(Delegation).where(
        or_(col(Delegation.from_id) == staff_id, col(Delegation.to_id) == staff_id),
        col(Delegation.withdrawn_at).is_(None),
        Delegation.ends_on >= since,
    )
    return list(session.exec(query.order_by(col(Delegation.starts_on), col(Delegation.id))))


def withdraw(session: Session, delegation_id: int, staff_id: int, now: datetime) -> bool:
    """False if it was withdrawn before."""
    moved = (
        update(Delegation)
        .where(col(Delegation.id) == delegation_id, col(Delegation.withdrawn_at).is_(None))
        .values(withdrawn_at=now, withdrawn_by=staff_id)
    )
    return bool(session.connection().execute(moved).rowcount)
