"""One line for every change of money or of a person's data. Ids and numbers, never anybody's words."""

from datetime import datetime

from sqlmodel import Session

from deskapp.rules.people import Actor
from deskapp.store.ready import Part, inserting
from deskapp.store.tables import Audit

_LINE = inserting(Audit)


def write(
    session: Session, actor: Actor | None, action: str, subject: str, *, now: datetime, **details: object
) -> None:
    """`action` like "note.recorded", `subject` like "customer:17"; `actor` None is the desk itself."""
    line(actor, action, subject, now=now, **details).all(session)


def line(actor: Actor | None, action: str, subject: str, *, now: datetime, **details: object) -> Part:
    """The same, to be written together with what it tells of."""
    staff_id = actor.staff_id if actor else None
    return _LINE.of(at=now, staff_id=staff_id, action=action, subject=subject, details=details)
