"""The CRMs that open the desk: their connections, what they sent, who works in them; and the tablets on the shop floor."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from deskapp.store.columns import STRICT, maybe_ref, ref, row_id


class Connection(SQLModel, table=True):
    """One configured CRM. `key` is the part of its addresses that nobody guesses; it proves nothing by itself."""

    __tablename__ = "connection"
    __table_args__ = STRICT
    id: int = row_id()
    key: str = Field(max_length=40, unique=True)
    host: str = Field(max_length=40)  # its code in deskapp/hosts
    name: str = Field(max_length=120)
    fields: dict[str, str] = Field(sa_type=JSON)
    frame_origins: str = Field(default="", max_length=2000)  # exact origins, space-separated
    created_by: int = ref("staff.id")
    created_at: datetime
    retired_at: datetime | None = None


class ConnectionSecret(SQLModel, table=True):
    """What the host signs with, sealed by the desk's own key. Two are good while one replaces the other."""

    __tablename__ = "connection_secret"
    __table_args__ = STRICT
    id: int = row_id()
    connection_id: int = ref("connection.id", index=True)
    sealed: str = Field(max_length=4000)
    made_at: datetime
    ends_at: datetime | None = None  # None: until it is replaced


class HostLaunch(SQLModel, table=True):
    """One knock from a CRM and what came of it; the newest of each connection are kept. Nobody's words, no customer."""

    __tablename__ = "host_launch"
    __table_args__ = (Index("ix_host_launch_connection_id_at", "connection_id", "at"), STRICT)
    id: int = row_id()
    connection_id: int = ref("connection.id")
    at: datetime
    outcome: str = Field(max_length=40)  # "opened", "pairing", or why it was refused
    staff_id: int | None = maybe_ref("staff.id")
    seconds_off: int | None = Field(default=None, sa_type=BigInteger)  # the host's clock before ours


class LaunchReceipt(SQLModel, table=True):
    """A signed launch that was used: another with the same key opens nothing, but for the browser that has its seat."""

    __tablename__ = "launch_receipt"
    __table_args__ = (UniqueConstraint("connection_id", "replay_hash"), STRICT)
    id: int = row_id()
    connection_id: int = ref("connection.id")
    replay_hash: str = Field(max_length=64)
    seat_hash: str = Field(default="", max_length=64)
    expires_at: datetime = Field(index=True)


class AgentLink(SQLModel, table=True):
    """Whom a host's signed name for its agent stands for here."""

    __tablename__ = "agent_link"
    __table_args__ = (UniqueConstraint("connection_id", "agent_ref"), STRICT)
    id: int = row_id()
    connection_id: int = ref("connection.id")
    agent_ref: str = Field(max_length=200)
    staff_id: int = ref("staff.id", index=True)
    linked_at: datetime


class Pairing(SQLModel, table=True):
    """A panel that asks to be somebody's: it holds the device secret, the person types or follows the user code (RFC 8628)."""

    __tablename__ = "pairing"
    __table_args__ = STRICT
    id: int = row_id()
    connection_id: int = ref("connection.id", index=True)
    device_hash: str = Field(max_length=64, unique=True)
    user_code_hash: str = Field(max_length=64, unique=True)
    agent_ref: str = Field(default="", max_length=200)  # proven by the host, or ""
    expires_at: datetime = Field(index=True)
    approved_by: int | None = maybe_ref("staff.id")
    approved_at: datetime | None = None
    taken_at: datetime | None = None


class Device(SQLModel, table=True):
    """A browser that was paired with somebody for one connection; its token opens seats until it is revoked."""

    __tablename__ = "device"
    __table_args__ = STRICT
    id: int = row_id()
    connection_id: int = ref("connection.id", index=True)
    staff_id: int = ref("staff.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    label: str = Field(default="", max_length=120)
    made_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class Tablet(SQLModel, table=True):
    """A shared tablet: on it, and nowhere else, staff change by PIN."""

    __tablename__ = "tablet"
    __table_args__ = STRICT
    id: int = row_id()
    name: str = Field(max_length=60)
    token_hash: str = Field(max_length=64, unique=True)
    made_by: int = ref("staff.id")
    made_at: datetime
    last_seen_at: datetime
    revoked_at: datetime | None = None
