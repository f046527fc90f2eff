"""Shared tablets: a lead enrols a browser as one, and on it, nowhere else, staff change by PIN.

The browser keeps the tablet's token; the desk keeps its sha256. It opens nothing by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, idempotency, pins, seats
from deskapp.desk.inputs import Input, Keyed, RowId, no_nul
from deskapp.rules.errors import Conflict, Forbidden
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import tablets as rows
from deskapp.store.host_tables import Tablet
from deskapp.store.tables import Surface
from deskapp.store.tablets import Enrolled, Person

_PREFIX = "tablet_"
_LATELY = timedelta(days=30)
_MOST = 12  # names; more are not found with one look
NOT_SHARED = say("This browser is not one of the shop's shared tablets, so nobody changes here by PIN. Please sign in.")


class NewTablet(Keyed):
    name: Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(no_nul)]


class Change(Input):
    """`next`: where the person was before the tablet was locked."""

    who: RowId
    pin: Annotated[pins.TypedPin, StringConstraints(min_length=1)]
    next: Annotated[str, StringConstraints(max_length=2000)] = ""


@dataclass(frozen=True, slots=True)
class TabletsPanel:
    """`here`: which of them this browser is."""

    rows: list[Enrolled]
    here: int | None


@dataclass(frozen=True, slots=True)
class Door:
    """`last_id`: who sat here when it was locked, if they are among `people`; None while somebody sits here."""

    tablet_name: str
    people: list[Person]
    last_id: int | None


@dataclass(frozen=True, slots=True)
class Changed:
    """`was_here`: the same person sat here before, so what they looked at may be shown again."""

    token: str
    actor: Actor
    was_here: bool


# --- enrolling ------------------------------------------------------------------------------------------------------


def panel(session: Session, token: str) -> TabletsPanel:
    """Two queries, one where this browser is none."""
    found = _find(session, token)
    return TabletsPanel(rows.list_live(session), found.id if found else None)


def enrol(
    session: Session, actor: Actor, form: NewTablet, *, secret: str, seat_hash: str, here: str, now: datetime
) -> str:
    """The token for this browser, made of `secret`, which must be the same for the same form. The actor's seat is on it from now on.

    `here`: the token that the browser has. Raises Conflict where that is a shared tablet already, or the first answer is gone.
    """
    token = seats.prefixed(_PREFIX, secret)
    token_hash = seats.hash_token(token)
    if idempotency.claim(session, actor, "tablet", form.form_key, form.model_dump(), now=now) is not None:
        if rows.find_live(session, token_hash) is None:
            raise Conflict(say("This tablet was revoked meanwhile. Please enrol the browser anew."))
        return token
    if (known := _find(session, here)) is not None:
        raise Conflict(say("This browser is the shared tablet “{name}” already.", name=known.name))
    tablet = Tablet(name=form.name, token_hash=token_hash, made_by=actor.staff_id, made_at=now, last_seen_at=now)
    session.add(tablet)
    session.flush()
    rows.put_seat_on(session, tablet.id, seat_hash)
    audit.write(session, actor, "tablet.enrolled", f"tablet:{tablet.id}", now=now)
    return token


def revoke(session: Session, actor: Actor, tablet_id: int, *, now: datetime) -> None:
    """Whoever sits there is signed out at once. Twice changes nothing."""
    tablet = rows.get_tablet(session, tablet_id)
    if tablet.revoked_at is not None:
        return
    tablet.revoked_at = now
    ended = rows.end_seats(session, tablet.id, now)
    audit.write(session, actor, "tablet.revoked", f"tablet:{tablet.id}", now=now, seats=ended)


# --- changing -------------------------------------------------------------------------------------------------------


def find_id(session: Session, token: str) -> int | None:
    """Of the shared tablet that asks; None for any other browser, and for a revoked one."""
    found = _find(session, token)
    return found.id if found else None


def door(session: Session, token: str, seat_tokens: Sequence[str], *, is_locked: bool, now: datetime) -> Door | None:
    """None where this browser is no shared tablet. Three queries. `seat_tokens`: of the last seat, live or not."""
    if (tablet := _find(session, token)) is None:
        return None
    people = rows.list_people(session, tablet, used_after=now - _LATELY, limit=_MOST)
    last = _last_owner(session, tablet, seat_tokens) if is_locked else None
    return Door(tablet.name, people, last if last in {one.id for one in people} else None)


def knock(session: Session, token: str, staff_id: int, *, signing_key: bytes, now: datetime) -> pins.PinKnock:
    """To be proved with `pins.prove`, by one of those whom `door` names; anybody else is as unknown here.

    Raises Forbidden where this browser is no shared tablet, TooManyTries.
    """
    tablet = _get(session, token)
    is_named = rows.is_person(session, tablet, staff_id, used_after=now - _LATELY)
    return pins.knock_on_tablet(session, tablet.id, staff_id, is_named=is_named, signing_key=signing_key, now=now)


def change(
    session: Session,
    token: str,
    knock: pins.PinKnock,
    seat_tokens: Sequence[str],
    *,
    secret: str,
    lifetimes: seats.Lifetimes,
    now: datetime,
) -> Changed:
    """After the PIN was proved: a new seat on the tablet, and the former one left."""
    tablet = _get(session, token)
    actor = pins.accept(session, knock)
    last = _last_owner(session, tablet, seat_tokens)
    for former in seat_tokens:
        seats.leave(session, former, now=now)
    tablet.last_seen_at = now
    audit.write(session, actor, "staff.changed-by-pin", f"staff:{actor.staff_id}", now=now, tablet=tablet.id)
    taken = seats.take(
        session,
        actor,
        Surface.PAGE,
        secret=secret,
        lifetimes=lifetimes,
        now=now,
        opener=seats.Opener(tablet_id=tablet.id),
    )
    return Changed(taken, actor, was_here=last == actor.staff_id)


def _last_owner(session: Session, tablet: Tablet, seat_tokens: Sequence[str]) -> int | None:
    return rows.find_last_owner(session, tablet.id, map(seats.hash_token, seat_tokens))


def _find(session: Session, token: str) -> Tablet | None:
    return rows.find_live(session, seats.hash_token(token)) if token else None


def _get(session: Session, token: str) -> Tablet:
    if (tablet := _find(session, token)) is None:
        raise Forbidden(NOT_SHARED)
    return tablet
