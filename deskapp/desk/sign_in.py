"""Signing in by name and password, in three steps: knock (short transaction), compare (slow, no transaction), enter."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import audit, passwords, seats, throttle
from deskapp.desk import staff as hired
from deskapp.rules.errors import Invalid, SignInNeeded
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import staff
from deskapp.store.tables import Surface

NO_MATCH = say("That name and password do not belong together.")


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the door, counted as a failure until they are in; `stored` is None where no such person may come in."""

    username: str
    stored: str | None
    keys: throttle.Keys


@dataclass(frozen=True, slots=True)
class Entered:
    token: str
    actor: Actor


def knock(session: Session, username: str, address: str, *, signing_key: bytes, now: datetime) -> Knock:
    """Raises TooManyTries."""
    username = username.strip().casefold()
    keys = throttle.keys(signing_key, username, address)
    throttle.count(session, keys, now=now)
    row = staff.find_by_username(session, username)
    return Knock(username, row.password_hash if row and row.is_active else None, keys)


def compare(knock: Knock, password: str) -> str:
    """The hash to keep from now on. Raises Invalid; the same words after the same time whoever it was. No transaction, please."""
    if not passwords.matches(password, knock.stored) or knock.stored is None:
        raise Invalid({"": NO_MATCH})
    return passwords.hash_password(password) if passwords.is_outdated(knock.stored) else knock.stored


def enter(
    session: Session,
    knock: Knock,
    keep: str,
    *,
    secret: str,
    lifetimes: seats.Lifetimes,
    now: datetime,
    tablet_id: int | None = None,
) -> Entered:
    """Takes a new seat, on a shared tablet one of that tablet. Raises Invalid if the person was turned away or got another password in between."""
    row = staff.find_by_username(session, knock.username)
    if row is None or not row.is_active or row.password_hash != knock.stored:
        raise Invalid({"": NO_MATCH})
    row.password_hash = keep
    actor = Actor(row.id, row.username, row.name, row.role, row.team)
    throttle.succeed(session, knock.keys, now=now)
    audit.write(session, actor, "staff.signed-in", f"staff:{row.id}", now=now)
    on = seats.Opener(tablet_id=tablet_id)
    token = seats.take(session, actor, Surface.PAGE, secret=secret, lifetimes=lifetimes, now=now, opener=on)
    return Entered(token, actor)


def renew(session: Session, actor: Actor, knock: Knock, password_hash: str, *, now: datetime) -> None:
    """A new password of one's own, after a knock and `compare` with the present one. Ends every seat, this one too."""
    row = staff.find_staff(session, actor.staff_id)
    if row is None or row.password_hash != knock.stored:
        raise SignInNeeded(say("Your password was changed meanwhile. Please sign in with the new one."))
    throttle.succeed(session, knock.keys, now=now)
    hired.set_password(session, actor, actor.staff_id, password_hash, now=now)
