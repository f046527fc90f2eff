"""The CRMs that open the desk, what they sign with, and who knocked."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, func, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.host_tables import AgentLink, Connection, ConnectionSecret, Device, HostLaunch, Pairing
from deskapp.store.ready import Ready, inserting
from deskapp.store.tables import LaunchLink, Seat

KEPT_LAUNCHES = 50  # of each connection, and as many refusals: whoever knows its address can make those


class Opened(NamedTuple):
    """`sealed`: the secrets that are good now, the newest first."""

    id: int
    host: str
    name: str
    fields: dict[str, str]
    frame_origins: str
    sealed: tuple[str, ...]


_secret_counts = and_(
    col(ConnectionSecret.connection_id) == Connection.id,
    or_(col(ConnectionSecret.ends_at).is_(None), col(ConnectionSecret.ends_at) > bindparam("at")),
)
_OPENED = Ready(
    select_columns(
        col(Connection.id),
        col(Connection.host),
        col(Connection.name),
        col(Connection.fields),
        col(Connection.frame_origins),
        col(ConnectionSecret.sealed),
    )
    .outerjoin(ConnectionSecret, _secret_counts)
    .where(col(Connection.key) == bindparam("of_key"), col(Connection.retired_at).is_(None))
    .order_by(col(ConnectionSecret.made_at).desc(), col(ConnectionSecret.id).desc())
)
_KNOCK = inserting(HostLaunch, returning=col(HostLaunch.id))
_is_good = or_(col(HostLaunch.outcome) == "opened", col(HostLaunch.outcome) == "pairing")
_ALIKE = {True: _is_good, False: ~_is_good}
_OLDEST_KEPT = {
    is_good: Ready(
        select_columns(col(HostLaunch.id))
        .where(col(HostLaunch.connection_id) == bindparam("of_connection"), alike)
        .order_by(col(HostLaunch.at).desc(), col(HostLaunch.id).desc())
        .limit(1)
        .offset(KEPT_LAUNCHES - 1)
    )
    for is_good, alike in _ALIKE.items()
}
_OLDER = select(HostLaunch.id).where(
    HostLaunch.connection_id == bindparam("of_connection"), HostLaunch.id < bindparam("oldest")
)
_DROP_OLDER = {
    is_good: Ready(
        delete(HostLaunch).where(col(HostLaunch.id).in_(_OLDER.where(alike).with_for_update(skip_locked=True)))
    )
    for is_good, alike in _ALIKE.items()
}


def find_opened(session: Session, key: str, now: datetime) -> Opened | None:
    """One query; None for one that is unknown or retired."""
    rows = _OPENED.all(session, of_key=key, at=now)
    if not rows:
        return None
    connection_id, host, name, fields, origins, _ = rows[0]
    return Opened(connection_id, host, name, fields, origins, tuple(row[-1] for row in rows if row[-1]))


def list_connections(session: Session) -> Sequence[Connection]:
    """In the order in which they were made, retired ones among them."""
    return session.exec(select(Connection).order_by(col(Connection.id))).all()


def get_connection(session: Session, connection_id: int) -> Connection:
    if (found := session.get(Connection, connection_id)) is None:
        raise NotFound(say("There is no such connection."))
    return found


def note_launch(
    session: Session, connection_id: int, outcome: str, staff_id: int | None, seconds_off: int | None, now: datetime
) -> int:
    """The new line's number; what is older than this connection's newest fifty, of refusals or of the others, goes."""
    (number,) = _KNOCK.one(
        session, connection_id=connection_id, at=now, outcome=outcome, staff_id=staff_id, seconds_off=seconds_off
    )
    is_good = outcome in {"opened", "pairing"}
    if oldest := _OLDEST_KEPT[is_good].first(session, of_connection=connection_id):
        # Launches come at once; what another of them takes away already is not waited for.
        _DROP_OLDER[is_good].run(session, of_connection=connection_id, oldest=oldest[0])
    return int(number)


# --- the administrator's page ---------------------------------------------------------------------------------------


def lock_connection(session: Session, connection_id: int) -> Connection:
    """On PostgreSQL whoever else changes it waits until this transaction ends; a launch does not, which holds what retiring wants.
    Raises NotFound.
    """
    query = select(Connection).where(Connection.id == connection_id)
    found = session.exec(query.with_for_update(key_share=True)).first()
    if found is None:
        raise NotFound(say("There is no such connection."))
    return found


def list_secrets(session: Session, connection_id: int) -> list[ConnectionSecret]:
    """The newest first, those too that have ended and were not taken away yet."""
    query = select(ConnectionSecret).where(ConnectionSecret.connection_id == connection_id)
    return list(
        session.exec(query.order_by(col(ConnectionSecret.made_at).desc(), col(ConnectionSecret.id).desc())).all()
    )


def list_launches(session: Session, connection_id: int) -> Sequence[HostLaunch]:
    """All that are kept, the newest first."""
    query = select(HostLaunch).where(HostLaunch.connection_id == connection_id)
    newest = query.order_by(col(HostLaunch.at).desc(), col(HostLaunch.id).desc())
    return session.exec(newest.limit(2 * KEPT_LAUNCHES)).all()


def find_launch(session: Session, number: int) -> HostLaunch | None:
    """None also for one that is not kept any more."""
    return session.get(HostLaunch, number)


def last_launches(session: Session) -> dict[int, HostLaunch]:
    """By connection, for those that anything knocked for. One query."""
    newest = select(func.max(col(HostLaunch.id))).group_by(col(HostLaunch.connection_id))
    return {one.connection_id: one for one in session.exec(select(HostLaunch).where(col(HostLaunch.id).in_(newest)))}


def list_devices(session: Session, connection_id: int, now: datetime) -> Sequence[Device]:
    """Those that still open seats, the one seen last in front."""
    query = select(Device).where(
        Device.connection_id == connection_id, col(Device.revoked_at).is_(None), Device.expires_at > now
    )
    return session.exec(query.order_by(col(Device.last_seen_at).desc(), col(Device.id))).all()


def list_links(session: Session, connection_id: int) -> Sequence[AgentLink]:
    query = select(AgentLink).where(AgentLink.connection_id == connection_id)
    return session.exec(query.order_by(col(AgentLink.linked_at).desc(), col(AgentLink.id))).all()


def find_device(session: Session, connection_id: int, device_id: int) -> Device | None:
    found = session.get(Device, device_id)
    return found if found and found.connection_id == connection_id else None


def find_link(session: Session, connection_id: int, link_id: int) -> AgentLink | None:
    found = session.get(AgentLink, link_id)
    return found if found and found.connection_id == connection_id else None


def drop_secrets(session: Session, ids: Sequence[int]) -> None:
    session.connection().execute(delete(ConnectionSecret).where(col(ConnectionSecret.id).in_(ids)))


def close_seats(session: Session, connection_id: int, now: datetime) -> int:
    """How many were open."""
    mine = update(Seat).where(col(Seat.connection_id) == connection_id, col(Seat.revoked_at).is_(None))
    return session.connection().execute(mine.values(revoked_at=now)).rowcount


def close_doors(session: Session, connection_id: int, now: datetime) -> int:
    """How many paired browsers open nothing any more; nor do links and pairings that were under way."""
    mine, unused = col(LaunchLink.connection_id) == connection_id, col(LaunchLink.used_at).is_(None)
    under_way = and_(col(Pairing.connection_id) == connection_id, col(Pairing.expires_at) > now)
    paired = and_(col(Device.connection_id) == connection_id, col(Device.revoked_at).is_(None))
    run = session.connection().execute
    run(update(LaunchLink).where(mine, unused).values(used_at=now))
    run(update(Pairing).where(under_way).values(expires_at=now))
    return run(update(Device).where(paired).values(revoked_at=now)).rowcount
