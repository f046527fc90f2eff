"""Live sign-ins, launch links and API tokens. Only the sha256 of a token is ever stored."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Update, bindparam, or_, update
from sqlmodel import Session, col, select

from deskapp.rules.people import Role
from deskapp.store.host_tables import Connection, Device, Tablet
from deskapp.store.ready import Ready, inserting
from deskapp.store.tables import ApiToken, Edition, LaunchLink, Seat, Staff, Surface


class SeatRow(NamedTuple):
    """`connection_id` and what follows: of the CRM in whose frame it is; None elsewhere."""

    id: int
    surface: Surface
    last_seen_at: datetime
    expires_at: datetime
    staff_id: int
    username: str
    name: str
    role: Role
    team: str
    tablet_id: int | None
    theme: str
    density: str
    language: str
    connection_id: int | None
    key: str | None
    host: str | None
    connection_name: str | None
    frame_origins: str | None


class Launch(NamedTuple):
    staff_id: int
    customer_id: int | None
    connection_id: int | None


class Left(NamedTuple):
    staff_id: int
    device_id: int | None


_SEATED = (Seat.id, Seat.surface, Seat.last_seen_at, Seat.expires_at)
_PERSON = (Staff.id, Staff.username, Staff.name, Staff.role, Staff.team, Seat.tablet_id)
_LOOK = (Staff.theme, Staff.density, Staff.language)
_CRM = (Connection.id, Connection.key, Connection.host, Connection.name, Connection.frame_origins)
_LIVE = Ready(
    select(*_SEATED, *_PERSON, *_LOOK, *_CRM)  # type: ignore[call-overload]
    .join(Staff, col(Staff.id) == Seat.staff_id)
    .outerjoin(Connection, col(Connection.id) == Seat.connection_id)
    .outerjoin(Device, col(Device.id) == Seat.device_id)
    .outerjoin(Tablet, col(Tablet.id) == Seat.tablet_id)
    .where(Seat.token_hash == bindparam("token_hash"), col(Seat.revoked_at).is_(None), col(Staff.is_active))
    .where(*(col(opener.revoked_at).is_(None) for opener in (Device, Tablet)), col(Connection.retired_at).is_(None))
    .where(Seat.expires_at > bindparam("now"), Seat.last_seen_at > bindparam("seen_after"))
    .where(or_(col(Seat.tablet_id).is_(None), Seat.last_seen_at > bindparam("on_tablet_after")))
)


_PUT = inserting(Seat)
_ENDED = Ready(select(col(Edition.number)).where(col(Edition.name) == "frames"))


def put(
    session: Session,
    token_hash: str,
    staff_id: int,
    surface: Surface,
    now: datetime,
    ends_at: datetime,
    **by: int | None,
) -> None:
    """`by`: what it was opened by, the ids of connection, device and tablet."""
    seen = {"created_at": now, "last_seen_at": now, "expires_at": ends_at}
    _PUT.run(session, token_hash=token_hash, staff_id=staff_id, surface=surface, **seen, **by)


def find_seat(
    session: Session, token_hash: str, *, now: datetime, seen_after: datetime, on_tablet_after: datetime
) -> SeatRow | None:
    """One query; None for a seat that is revoked, expired or idle, whose owner may not sign in any more, or where what
    it was opened by (the connection, the paired browser, the tablet) counts no more.
    """
    given = {"token_hash": token_hash, "now": now, "seen_after": seen_after, "on_tablet_after": on_tablet_after}
    row = _LIVE.first(session, **given)
    return SeatRow._make(row) if row else None


def count_ended(session: Session) -> int:
    """Grows with whatever ends a seat in a frame, but for time; triggers see to it. One query."""
    row = _ENDED.first(session)
    return row[0] if row else 0


def touch(session: Session, seat_id: int, now: datetime) -> None:
    _run(session, update(Seat).where(col(Seat.id) == seat_id, col(Seat.last_seen_at) < now).values(last_seen_at=now))


def revoke(session: Session, token_hash: str, now: datetime) -> Left | None:
    """Whose it was, None if there was no live seat of this token."""
    query = update(Seat).where(col(Seat.token_hash) == token_hash, col(Seat.revoked_at).is_(None))
    values = query.values(revoked_at=now).returning(col(Seat.staff_id), col(Seat.device_id))
    row = session.connection().execute(values).first()
    return Left(*row) if row else None


def revoke_all(session: Session, staff_id: int, now: datetime) -> int:
    """How many were live."""
    query = update(Seat).where(col(Seat.staff_id) == staff_id, col(Seat.revoked_at).is_(None))
    return _run(session, query.values(revoked_at=now))


def revoke_launches(session: Session, staff_id: int, now: datetime) -> int:
    query = update(LaunchLink).where(col(LaunchLink.staff_id) == staff_id, col(LaunchLink.used_at).is_(None))
    return _run(session, query.values(used_at=now))


def consume_launch(session: Session, code_hash: str, now: datetime) -> Launch | None:
    """Of all who ask at once one gets it; the others, and whoever comes late, None."""
    query = (
        update(LaunchLink)
        .where(
            col(LaunchLink.code_hash) == code_hash, col(LaunchLink.used_at).is_(None), col(LaunchLink.expires_at) > now
        )
        .values(used_at=now)
        .returning(col(LaunchLink.staff_id), col(LaunchLink.customer_id), col(LaunchLink.connection_id))
    )
    row = session.connection().execute(query).first()
    return Launch(*row) if row else None


def find_token_owner(session: Session, token_hash: str) -> Staff | None:
    query = (
        select(Staff)
        .join(ApiToken, col(ApiToken.staff_id) == Staff.id)
        .where(ApiToken.token_hash == token_hash, col(ApiToken.revoked_at).is_(None), col(Staff.is_active))
    )
    return session.exec(query).first()


def revoke_token(session: Session, token_hash: str, now: datetime) -> int | None:
    """The owner's id, None if there was no live token like it."""
    query = update(ApiToken).where(col(ApiToken.token_hash) == token_hash, col(ApiToken.revoked_at).is_(None))
    return session.connection().execute(query.values(revoked_at=now).returning(col(ApiToken.staff_id))).scalar()


def revoke_all_tokens(session: Session, staff_id: int, now: datetime) -> int:
    query = update(ApiToken).where(col(ApiToken.staff_id) == staff_id, col(ApiToken.revoked_at).is_(None))
    return _run(session, query.values(revoked_at=now))


def _run(session: Session, statement: Update) -> int:
    return session.connection().execute(statement).rowcount
