"""One line for every change of money or of a person's data. Ids and numbers, never anybody's words."""

from datetime import datetime

from sqlmodel import Session

from deskapp.rules.people import Actor
from deskapp.store.ready import inserting
from deskapp.store.tables import Audit

_LINE = inserting(Audit)


def write(
    session: Session, actor: Actor | None, action: str, subject: str, *, now: datetime, **details: object
) -> None:
    """`action` like "note.recorded", `subject` like "customer:17"; `actor` None is the desk itself."""
    staff_id = actor.staff_id if actor else None
    _LINE.run(session, at=now, staff_id=staff_id, action=action, subject=subject, details=details)
