"""What opens the desk in a CRM's frame: receipts of signed launches, agents who stand for staff, pairings, paired browsers."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Delete, Update, bindparam, delete, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.store.host_tables import AgentLink, Connection, Device, LaunchReceipt, Pairing
from deskapp.store.insert import insert_once
from deskapp.store.ready import Ready, together
from deskapp.store.rows import Rows
from deskapp.store.tables import LaunchLink, Seat, Staff

_SWEPT_AT_ONCE = 50


# --- receipts -------------------------------------------------------------------------------------------------------


def put_receipt(session: Session, connection_id: int, replay_hash: str, expires_at: datetime) -> bool:
    """False where this launch was used before. On PostgreSQL it waits for a rival to commit or give up."""
    return insert_once(
        session, LaunchReceipt, connection_id=connection_id, replay_hash=replay_hash, expires_at=expires_at
    )


class Receipt(NamedTuple):
    seat_hash: str
    expires_at: datetime


def lock_receipt(session: Session, connection_id: int, replay_hash: str) -> Receipt:
    """On PostgreSQL who asks for the same waits until this transaction ends. Raises where there is none."""
    query = select(LaunchReceipt.seat_hash, LaunchReceipt.expires_at).where(
        LaunchReceipt.connection_id == connection_id, LaunchReceipt.replay_hash == replay_hash
    )
    return Receipt(*session.exec(query.with_for_update()).one())


def mark_receipt(session: Session, connection_id: int, replay_hash: str, seat_hash: str, expires_at: datetime) -> None:
    given = {"connection": connection_id, "replay": replay_hash, "seat": seat_hash, "ends_at": expires_at}
    _MARK_RECEIPT.run(session, **given)


def sweep(session: Session, now: datetime) -> None:
    """Some of the receipts and pairings that are over; those that somebody else holds are left for next time."""
    together(session, *(one.of(now=now) for one in _SWEEPS))


def _sweeping(table: type[LaunchReceipt | Pairing]) -> Ready:
    over = select(table.id).where(table.expires_at <= bindparam("now")).limit(_SWEPT_AT_ONCE)
    return Ready(delete(table).where(col(table.id).in_(over.with_for_update(skip_locked=True))))


_SWEEPS = [_sweeping(LaunchReceipt), _sweeping(Pairing)]
_MARK_RECEIPT = Ready(
    update(LaunchReceipt)
    .where(
        col(LaunchReceipt.connection_id) == bindparam("connection"),
        col(LaunchReceipt.replay_hash) == bindparam("replay"),
    )
    .values(seat_hash=bindparam("seat"), expires_at=bindparam("ends_at"))
)


# --- agents who stand for staff -------------------------------------------------------------------------------------


def find_linked(session: Session, connection_id: int, agent_ref: str) -> Staff | None:
    """To be read only. None too for whoever may not sign in any more. One query. On PostgreSQL whoever unlinks waits until this transaction ends."""
    return next(iter(_LINKED.rows(session, connection=connection_id, agent=agent_ref)), None)


_LINKED = Rows(
    select(Staff)
    .join(AgentLink, col(AgentLink.staff_id) == Staff.id)
    .where(AgentLink.connection_id == bindparam("connection"), AgentLink.agent_ref == bindparam("agent"))
    .where(col(Staff.is_active))
    .with_for_update(read=True, of=AgentLink)
)


def link(session: Session, connection_id: int, agent_ref: str, staff_id: int, now: datetime) -> int | None:
    """In place of whomever the agent stood for before: their id, None for nobody."""
    values = {"staff_id": staff_id, "linked_at": now}
    if insert_once(session, AgentLink, connection_id=connection_id, agent_ref=agent_ref, **values):
        return None
    this = (col(AgentLink.connection_id) == connection_id, col(AgentLink.agent_ref) == agent_ref)
    before = session.exec(select(AgentLink.staff_id).where(*this).with_for_update()).one()
    _run(session, update(AgentLink).where(*this).values(**values))
    return before


def unlink(session: Session, staff_id: int, link_id: int) -> int | None:
    """The connection's id, None if this person has no such link."""
    query = delete(AgentLink).where(col(AgentLink.id) == link_id, col(AgentLink.staff_id) == staff_id)
    found: int | None = session.connection().execute(query.returning(col(AgentLink.connection_id))).scalar()
    return found


# --- pairings -------------------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """A pairing that still waits for an answer. `agent_ref`: proven by the host, or ""."""

    connection_id: int
    connection_name: str
    host: str
    agent_ref: str


class Taken(NamedTuple):
    staff_id: int | None
    agent_ref: str


def find_asked(session: Session, user_code_hash: str, now: datetime) -> Asked | None:
    query = (
        select_columns(col(Connection.id), col(Connection.name), col(Connection.host), col(Pairing.agent_ref))
        .join(Connection, col(Connection.id) == Pairing.connection_id)
        .where(col(Pairing.user_code_hash) == user_code_hash, *_waits(now), col(Connection.retired_at).is_(None))
    )
    row = session.connection().execute(query).first()
    return Asked(*row) if row else None


def find_approval(session: Session, connection_id: int, device_hash: str, now: datetime) -> bool | None:
    """Whether somebody said yes; None where there is nothing to wait for any more."""
    query = select_columns(col(Pairing.approved_by)).where(*_under_way(connection_id, device_hash, now))
    row = session.connection().execute(query).first()
    return None if row is None else row[0] is not None


def approve(session: Session, user_code_hash: str, staff_id: int, now: datetime) -> bool:
    query = update(Pairing).where(col(Pairing.user_code_hash) == user_code_hash, *_waits(now))
    return _run(session, query.values(approved_by=staff_id, approved_at=now)) > 0


def end_other_pairings(session: Session, connection_id: int, agent_ref: str, but: str, now: datetime) -> None:
    """`but`: the hash of the code that was said yes to. One that is just being answered is left: then the later yes counts."""
    others = select(Pairing.id).where(
        Pairing.connection_id == connection_id, Pairing.agent_ref == agent_ref, Pairing.user_code_hash != but
    )
    others = others.where(col(Pairing.taken_at).is_(None), Pairing.expires_at > now)
    free = others.with_for_update(skip_locked=True)
    _run(session, update(Pairing).where(col(Pairing.id).in_(free)).values(expires_at=now))


def refuse(session: Session, user_code_hash: str, now: datetime) -> bool:
    query = update(Pairing).where(col(Pairing.user_code_hash) == user_code_hash, *_waits(now))
    return _run(session, query.values(expires_at=now)) > 0


def take_pairing(session: Session, connection_id: int, device_hash: str, now: datetime) -> Taken | None:
    """Of all who ask at once one gets it; the others, and whoever comes late, None."""
    query = update(Pairing).where(*_under_way(connection_id, device_hash, now), col(Pairing.approved_by).is_not(None))
    values = query.values(taken_at=now).returning(col(Pairing.approved_by), col(Pairing.agent_ref))
    row = session.connection().execute(values).first()
    return Taken(*row) if row else None


def _waits(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Pairing.approved_by).is_(None), col(Pairing.taken_at).is_(None), col(Pairing.expires_at) > now


def _under_way(connection_id: int, device_hash: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Pairing.connection_id) == connection_id,
        col(Pairing.device_hash) == device_hash,
        col(Pairing.taken_at).is_(None),
        col(Pairing.expires_at) > now,
    )


# --- paired browsers ------------------------------------------------------------------------------------------------


def find_device(session: Session, connection_id: int, token_hash: str, now: datetime) -> tuple[Device, Staff] | None:
    """None where it was revoked, is too old or another connection's, or its owner may not sign in any more. One query.
    On PostgreSQL whoever revokes it waits until this transaction ends.
    """
    query = (
        select(Device, Staff)
        .join(Staff, col(Staff.id) == Device.staff_id)
        .where(Device.connection_id == connection_id, Device.token_hash == token_hash)
        .where(col(Device.revoked_at).is_(None), Device.expires_at > now, col(Staff.is_active))
    )
    return session.exec(query.with_for_update(key_share=True, of=Device)).first()


def revoke_device(session: Session, staff_id: int, device_id: int, now: datetime) -> bool:
    """Its seats die with it; see `seats.find_seat`."""
    query = update(Device).where(
        col(Device.id) == device_id, col(Device.staff_id) == staff_id, col(Device.revoked_at).is_(None)
    )
    return _run(session, query.values(revoked_at=now)) > 0


# --- one person's ---------------------------------------------------------------------------------------------------


class DeviceRow(NamedTuple):
    id: int
    connection_name: str
    label: str
    made_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class LinkRow(NamedTuple):
    id: int
    connection_name: str
    linked_at: datetime


def list_devices(session: Session, staff_id: int, now: datetime) -> list[DeviceRow]:
    """Those that still open something, the one seen last in front."""
    query = (
        select_columns(
            col(Device.id),
            col(Connection.name),
            col(Device.label),
            col(Device.made_at),
            col(Device.last_seen_at),
            col(Device.expires_at),
        )
        .join(Connection, col(Connection.id) == Device.connection_id)
        .where(col(Device.staff_id) == staff_id, col(Device.revoked_at).is_(None), col(Device.expires_at) > now)
        .where(col(Connection.retired_at).is_(None))
        .order_by(col(Device.last_seen_at).desc(), col(Device.id))
    )
    return [DeviceRow(*row) for row in session.connection().execute(query)]


def list_links(session: Session, staff_id: int) -> list[LinkRow]:
    query = (
        select_columns(col(AgentLink.id), col(Connection.name), col(AgentLink.linked_at))
        .join(Connection, col(Connection.id) == AgentLink.connection_id)
        .where(col(AgentLink.staff_id) == staff_id, col(Connection.retired_at).is_(None))
        .order_by(col(AgentLink.linked_at).desc(), col(AgentLink.id))
    )
    return [LinkRow(*row) for row in session.connection().execute(query)]


def close_linked_seats(session: Session, staff_id: int, connection_id: int, now: datetime) -> None:
    """Those that the host's word opened, not those of paired browsers; and what would open more: a yes not taken up, unused links."""
    under_way = update(Pairing).where(
        col(Pairing.approved_by) == staff_id,
        col(Pairing.connection_id) == connection_id,
        col(Pairing.taken_at).is_(None),
    )
    _run(session, under_way.values(expires_at=now))
    query = update(Seat).where(
        col(Seat.staff_id) == staff_id,
        col(Seat.connection_id) == connection_id,
        col(Seat.device_id).is_(None),
        col(Seat.revoked_at).is_(None),
    )
    _run(session, query.values(revoked_at=now))
    mine = update(LaunchLink).where(
        col(LaunchLink.staff_id) == staff_id,
        col(LaunchLink.connection_id) == connection_id,
        col(LaunchLink.used_at).is_(None),
    )
    _run(session, mine.values(used_at=now))


def let_go_of(session: Session, staff_id: int, now: datetime) -> tuple[int, int]:
    """How many paired browsers and agents stood for this person; none does any more."""
    agents = _run(session, delete(AgentLink).where(col(AgentLink.staff_id) == staff_id))
    under_way = update(Pairing).where(col(Pairing.approved_by) == staff_id, col(Pairing.taken_at).is_(None))
    _run(session, under_way.values(expires_at=now))
    paired = update(Device).where(col(Device.staff_id) == staff_id, col(Device.revoked_at).is_(None))
    return _run(session, paired.values(revoked_at=now)), agents


# --- links that a host's server asks for ----------------------------------------------------------------------------


def put_link(
    session: Session, code_hash: str, staff_id: int, customer_id: int | None, connection_id: int, expires_at: datetime
) -> bool:
    """False where there is one of this code already, used or not."""
    return insert_once(
        session,
        LaunchLink,
        code_hash=code_hash,
        staff_id=staff_id,
        customer_id=customer_id,
        connection_id=connection_id,
        expires_at=expires_at,
    )


def is_link_used(session: Session, code_hash: str) -> bool:
    query = select(LaunchLink.id).where(LaunchLink.code_hash == code_hash, col(LaunchLink.used_at).is_not(None))
    return session.exec(query).first() is not None


def put_pairing(
    session: Session,
    connection_id: int,
    device_hash: str,
    user_code_hash: str,
    agent_ref: str,
    expires_at: datetime,
) -> bool:
    """False where there is one of this device's secret, or of this code, already."""
    return insert_once(
        session,
        Pairing,
        connection_id=connection_id,
        device_hash=device_hash,
        user_code_hash=user_code_hash,
        agent_ref=agent_ref,
        expires_at=expires_at,
    )


def _run(session: Session, statement: Update | Delete) -> int:
    return session.connection().execute(statement).rowcount
