"""Seats: live sign-ins of one actor on one surface. The token goes out once; the desk keeps its sha256."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit
from deskapp.rules.people import Actor
from deskapp.store import launching, seats
from deskapp.store.tables import Surface

_PREFIX = "seat_"
_MIN_SECRET = 32
_TOUCHED_EVERY = timedelta(minutes=1)
_KEPT_S = 0.1  # an open frame asks every 0.7 s, and is to hear of its end within one


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """`on_tablet`: what is idle on a shared tablet, where it is shorter than `idle`."""

    idle: timedelta
    longest: timedelta
    on_tablet: timedelta = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Inside:
    """The connection in whose frame a seat is. `origins`: the exact ones that may frame its pages; `host` is a code."""

    connection_id: int
    key: str
    host: str
    name: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opener:
    """What a seat was opened by; it dies with it."""

    connection_id: int | None = None
    device_id: int | None = None
    tablet_id: int | None = None


_BY_HAND = Opener()


@dataclass(frozen=True, slots=True)
class Look:
    """`theme`: "light", "dark" or "" as the device; `density`: "compact" or ""; `language`: a tongue's code or "" the browser's."""

    theme: str
    density: str
    language: str


AS_THE_DEVICE = Look("", "", "")


@dataclass(frozen=True, slots=True)
class Found:
    """`is_worn`: its last use was noted so long ago that this one should be too. `lapses_at`: when it ends if it is not used."""

    seat_id: int
    token_hash: str
    surface: Surface
    actor: Actor
    is_worn: bool
    tablet_id: int | None
    ends_at: datetime
    lapses_at: datetime
    inside: Inside | None
    look: Look = AS_THE_DEVICE


def hash_token(token: str) -> str:
    """Tokens hold 192 random bits or more, so a plain hash is enough: nobody can guess through it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def take(
    session: Session,
    actor: Actor,
    surface: Surface,
    *,
    secret: str,
    lifetimes: Lifetimes,
    now: datetime,
    opener: Opener = _BY_HAND,
) -> str:
    """A new seat's token, made of `secret`: 32 fresh random characters or more."""
    token = prefixed(_PREFIX, secret)
    by = asdict(opener)
    ends_at = now + lifetimes.longest
    seats.put(session, hash_token(token), actor.staff_id, surface, now, ends_at, **by)
    said = {name.removesuffix("_id"): value for name, value in by.items() if value is not None}
    audit.write(session, actor, "seat.taken", f"staff:{actor.staff_id}", now=now, surface=surface.value, **said)
    return token


def prefixed(prefix: str, secret: str) -> str:
    if len(secret) < _MIN_SECRET:
        raise ValueError(f"a secret of {len(secret)} characters can be guessed; give at least {_MIN_SECRET}")
    return prefix + secret


def find(session: Session, token: str, *, lifetimes: Lifetimes, now: datetime) -> Found | None:
    """Who sits there; None if nobody does, or not any more. One query."""
    token_hash = hash_token(token)
    on_tablet = min(lifetimes.on_tablet, lifetimes.idle)
    row = seats.find_seat(
        session, token_hash, now=now, seen_after=now - lifetimes.idle, on_tablet_after=now - on_tablet
    )
    if row is None:
        return None
    actor = Actor(row.staff_id, row.username, row.name, row.role, row.team)
    # a quarter of the idle time: with one minute of it, a seat in use must not look idle for want of a note
    worn_after = min(_TOUCHED_EVERY, lifetimes.idle / 4) if row.tablet_id is None else on_tablet / 12
    is_worn = now - row.last_seen_at >= worn_after
    lapses_at = min(row.expires_at, row.last_seen_at + (lifetimes.idle if row.tablet_id is None else on_tablet))
    look = Look(row.theme, row.density, row.language)
    return Found(
        row.id, token_hash, row.surface, actor, is_worn, row.tablet_id, row.expires_at, lapses_at, _inside(row), look
    )


def _inside(row: seats.SeatRow) -> Inside | None:
    if row.connection_id is None:
        return None
    origins = tuple((row.frame_origins or "").split())
    return Inside(row.connection_id, row.key or "", row.host or "", row.connection_name or "", origins)


class Ended:
    """How often seats in frames were ended, as this process read it last; threads share it. `ticks`: seconds that only grow."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._kept = 0, -math.inf

    def read(self, session: Session) -> int:
        """To be asked first of a reading session: whatever ends a seat afterwards makes it more. One query."""
        at = self._ticks()
        count = seats.count_ended(session)
        self._kept = count, at
        return count

    def find(self) -> int | None:
        """None where that was too long ago to tell anybody."""
        count, at = self._kept
        return count if self._ticks() - at < _KEPT_S else None


def note_use(session: Session, found: Found, *, now: datetime) -> None:
    seats.touch(session, found.seat_id, now)


def leave(session: Session, token: str, *, now: datetime) -> None:
    """The token is dead from the next request on; an unknown or dead one is no matter. A paired browser is let go of with its
    seat: whoever signs out of it does not want it to sign them in again.
    """
    left = seats.revoke(session, hash_token(token), now)
    if left is None:
        return
    if left.device_id is not None:
        launching.revoke_device(session, left.staff_id, left.device_id, now)
    audit.write(session, None, "seat.left", f"staff:{left.staff_id}", now=now)


def leave_all(session: Session, actor: Actor | None, staff_id: int, *, now: datetime) -> int:
    """How many of this person's seats were open; all are dead from the next request on. So is whatever would open new ones
    without their password: unused links, paired browsers, the agents of CRMs who stand for them, pairings under way.
    """
    # first what opens seats: on PostgreSQL that waits for one that is opening just now, whose seat is then seen
    browsers, agents = launching.let_go_of(session, staff_id, now)
    seats.revoke_launches(session, staff_id, now)
    count = seats.revoke_all(session, staff_id, now)
    more = {name: number for name, number in (("browsers", browsers), ("agents", agents)) if number}
    audit.write(session, actor, "seat.all-left", f"staff:{staff_id}", now=now, seats=count, **more)
    return count
