"""A second person's yes or no to what somebody set: limits, budgets, thresholds of receivers. Nobody agrees to their own."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import audit
from deskapp.rules.errors import Conflict, Forbidden, NotFound
from deskapp.rules.people import Actor, Permission
from deskapp.store import agreements, staff
from deskapp.store.gift_tables import Agreement, EditionOf
from deskapp.store.insert import insert_once


@dataclass(frozen=True, slots=True)
class Waiting:
    """An edition that counts only once a second person agreed. `is_own`: the actor set it, so somebody else must."""

    edition_of: EditionOf
    version_id: int
    words: str
    set_by: str
    set_at: datetime
    is_own: bool


def needed(session: Session, actor: Actor, *, worth_minor: int, above_minor: int, covers_setter: bool = False) -> bool:
    """Whether a second person has to agree to what `actor` sets.

    `worth_minor`: the most that one gift, or one budget, may come to; `above_minor`: the desk's setting agree_above;
    `covers_setter`: it says what the setter themself may give. Never where nobody else could agree.
    """
    return (worth_minor > above_minor or covers_setter) and not is_alone(session, actor)


def is_alone(session: Session, actor: Actor) -> bool:
    """Nobody else who may set limits can sign in."""
    return not any(
        one.may(Permission.SET_LIMITS) and one.staff_id != actor.staff_id for one in staff.list_active(session)
    )


def say(
    session: Session, actor: Actor, edition_of: EditionOf, version_id: int, *, is_agreed: bool, now: datetime
) -> None:
    """Once for ever; the same answer of the same person again changes nothing. Raises Conflict, Forbidden, NotFound."""
    if not actor.may(Permission.SET_LIMITS):
        raise Forbidden("Only managers agree to limits.")
    edition = agreements.find_edition(session, edition_of, version_id)
    if edition is None:
        raise NotFound("There is nothing of this number to agree to.")
    if not edition.needs_agreement:
        raise Conflict("Nobody has to agree to this; it counts already.")
    if edition.set_by == actor.staff_id:
        raise Forbidden("You set this yourself, so somebody else has to agree.")
    answer = {"edition_of": edition_of, "version_id": version_id, "is_agreed": is_agreed, "said_by": actor.staff_id}
    if insert_once(session, Agreement, **answer, said_at=now):
        action = f"{edition_of.value}.{'agreed' if is_agreed else 'declined'}"
        audit.write(session, actor, action, edition.subject, now=now, version=version_id)
        return
    said = session.get_one(Agreement, (edition_of, version_id))
    if (said.said_by, said.is_agreed) != (actor.staff_id, is_agreed):
        name = staff.names(session, [said.said_by])[said.said_by]
        raise Conflict(f"{name} has {'agreed to' if said.is_agreed else 'declined'} this already.")
