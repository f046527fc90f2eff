"""The shop's own answers to what the guard finds, and how often it was asked."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from deskapp.store.memory_tables import GuardPolicy
from deskapp.store.tables import Audit

_MOST_LINES = 20_000


def list_policies(session: Session) -> list[GuardPolicy]:
    return list(session.exec(select(GuardPolicy)))


def put_policy(session: Session, kind: str, policy: str, staff_id: int, now: datetime) -> None:
    row = session.get(GuardPolicy, kind)
    if row is None:
        session.add(GuardPolicy(kind=kind, policy=policy, set_by=staff_id, set_at=now))
    else:
        row.policy, row.set_by, row.set_at = policy, staff_id, now
    session.flush()


def list_asked(session: Session, since: datetime) -> list[tuple[str, dict[str, Any]]]:
    """(action, details) of the newest lines, at most 20,000, by the index on the subject."""
    subject = col(Audit.subject)
    query = (
        select(col(Audit.action), col(Audit.details))
        .where(subject >= "guard:", subject < "guard;", col(Audit.at) >= since)
        .order_by(col(Audit.id).desc())
        .limit(_MOST_LINES)
    )
    return [(action, details) for action, details in session.exec(query)]
