"""API tokens: they act as the member of staff they were made for, with that person's permissions and no more."""

from datetime import datetime

from sqlmodel import Session

from deskapp.desk import audit
from deskapp.desk.seats import hash_token, prefixed
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Actor
from deskapp.store import seats, staff
from deskapp.store.tables import ApiToken

PREFIX = "dk_"


def make(session: Session, username: str, *, secret: str, now: datetime) -> str:
    """The token, made of `secret`: 32 fresh random characters or more. It is shown once and never again."""
    owner = staff.find_by_username(session, username)
    if owner is None or not owner.is_active:
        raise NotFound(f"Nobody called {username} may sign in here.")
    token = prefixed(PREFIX, secret)
    session.add(ApiToken(token_hash=hash_token(token), staff_id=owner.id, created_at=now))
    audit.write(session, None, "token.made", f"staff:{owner.id}", now=now)
    return token


def revoke(session: Session, token: str, *, now: datetime) -> None:
    if (staff_id := seats.revoke_token(session, hash_token(token), now)) is None:
        raise NotFound("There is no such token, or it was revoked before.")
    audit.write(session, None, "token.revoked", f"staff:{staff_id}", now=now)


def find_actor(session: Session, token: str, now: datetime) -> Actor | None:  # noqa: ARG001 - tokens will expire one day
    """None for an unknown or revoked token, or one whose owner may not sign in any more. One query."""
    if not token.startswith(PREFIX):
        return None
    owner = seats.find_token_owner(session, hash_token(token))
    return Actor(owner.id, owner.username, owner.name, owner.role, owner.team) if owner else None
