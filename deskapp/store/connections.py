"""The CRMs that open the desk, what they sign with, and who knocked."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, or_
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.store.host_tables import Connection, ConnectionSecret, HostLaunch
from deskapp.store.ready import Ready, inserting

KEPT_LAUNCHES = 50  # of each connection


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
    select(
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
_oldest_kept = (
    select(col(HostLaunch.id))
    .where(col(HostLaunch.connection_id) == bindparam("of_connection"))
    .order_by(col(HostLaunch.at).desc(), col(HostLaunch.id).desc())
    .limit(1)
    .offset(KEPT_LAUNCHES - 1)
)


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
        raise NotFound("There is no such connection.")
    return found


def note_launch(
    session: Session, connection_id: int, outcome: str, staff_id: int | None, seconds_off: int | None, now: datetime
) -> int:
    """The new line's number; what is older than the newest fifty of this connection goes."""
    (number,) = _KNOCK.one(
        session, connection_id=connection_id, at=now, outcome=outcome, staff_id=staff_id, seconds_off=seconds_off
    )
    oldest = session.connection().execute(_oldest_kept, {"of_connection": connection_id}).scalar()
    if oldest is not None:
        old = delete(HostLaunch).where(col(HostLaunch.connection_id) == connection_id, col(HostLaunch.id) < oldest)
        session.connection().execute(old)
    return int(number)
