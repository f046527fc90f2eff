"""One-time links that open the embedded desk as one member of staff, on one customer or on the search."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, seats
from deskapp.desk.seats import hash_token, prefixed
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import seats as stored
from deskapp.store import staff
from deskapp.store.tables import LaunchLink, Surface

_LASTS = timedelta(minutes=10)
USED = say(
    "This link was used before or is older than ten minutes, so it opens nothing any more. "
    "Please ask for a new one where you got it, or sign in."
)


@dataclass(frozen=True, slots=True)
class Launched:
    """`inside`: the connection that asked for the link, None for one that was made by hand."""

    token: str
    actor: Actor
    customer_id: int | None
    inside: seats.Inside | None = None


def make(session: Session, owner: Actor, customer_id: int | None, *, secret: str, now: datetime) -> str:
    """The code for /launch/<code>, made of `secret`: 32 fresh random characters or more. It works once, for ten minutes."""
    code = prefixed("", secret)
    session.add(
        LaunchLink(
            code_hash=hash_token(code), staff_id=owner.staff_id, customer_id=customer_id, expires_at=now + _LASTS
        )
    )
    audit.write(session, owner, "launch.made", f"staff:{owner.staff_id}", now=now, customer=customer_id)
    return code


def owner(session: Session, username: str) -> Actor:
    """Raises NotFound."""
    row = staff.find_by_username(session, username)
    if row is None or not row.is_active:
        raise NotFound(say("Nobody called {username} may sign in here.", username=username))
    return Actor(row.id, row.username, row.name, row.role, row.team)


def consume(
    session: Session,
    code: str,
    *,
    secret: str,
    lifetimes: seats.Lifetimes,
    now: datetime,
    tablet_id: int | None = None,
) -> Launched:
    """Takes a seat in the frame. Raises NotFound for a used, old or unknown code, or one whose owner may not sign in any more.
    `tablet_id`: of the shared tablet that asks.
    """
    link = stored.consume_launch(session, hash_token(code), now)
    row = staff.find_staff(session, link.staff_id) if link else None
    if link is None or row is None or not row.is_active:
        raise NotFound(USED)
    actor = staff.as_actor(row)
    token = seats.take(
        session,
        actor,
        Surface.EMBED,
        secret=secret,
        lifetimes=lifetimes,
        now=now,
        opener=seats.Opener(link.connection_id, tablet_id=tablet_id),
    )
    found = seats.find(session, token, lifetimes=lifetimes, now=now)
    if found is None:  # of a connection that was retired meanwhile
        raise NotFound(USED)
    return Launched(token, actor, link.customer_id, found.inside)
