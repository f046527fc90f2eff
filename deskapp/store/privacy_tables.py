"""Who looked at whom, how long things are kept, what was taken out, forgotten and joined."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, LargeBinary
from sqlmodel import Field, SQLModel

from deskapp.store.columns import STRICT, maybe_ref, one_of, ref, row_id
from deskapp.store.tables import Surface


class Viewed(StrEnum):
    PAGE = "page"
    BRIEF = "brief"
    NOTE = "note"
    API = "api"
    EXPORT = "export"


class View(SQLModel, table=True):
    """Append-only but for retention and erasure: who opened which customer, when, from where."""

    __tablename__ = "view_log"
    __table_args__ = (Index("ix_view_log_customer_id_viewed_at", "customer_id", "viewed_at"), STRICT)
    id: int = row_id()
    customer_id: int = ref("customer.id")
    staff_id: int = ref("staff.id", index=True)
    viewed_at: datetime
    what: Viewed = Field(sa_type=one_of(Viewed, "what"))
    surface: Surface = Field(sa_type=one_of(Surface, "surface"))
    host: str = Field(default="", max_length=60)  # "zendesk"; "" the desk itself
    ticket: str = Field(default="", max_length=120)


class RetentionRule(SQLModel, table=True):
    """How many days something of one kind is kept after the customer's last real activity; the newest row counts."""

    __tablename__ = "retention_rule"
    __table_args__ = (CheckConstraint("days > 0", name="days"), STRICT)
    id: int = row_id()
    kind: str = Field(max_length=40, index=True)
    days: int | None = Field(default=None, sa_type=BigInteger)  # None: kept
    set_by: int = ref("staff.id")
    set_at: datetime


class Hold(SQLModel, table=True):
    """While a dispute is open nothing of this customer is forgotten."""

    __tablename__ = "hold"
    __table_args__ = STRICT
    id: int = row_id()
    customer_id: int = ref("customer.id", index=True)
    reason: str = Field(max_length=200)
    review_on: date | None = None
    placed_by: int = ref("staff.id")
    placed_at: datetime
    lifted_by: int | None = maybe_ref("staff.id")
    lifted_at: datetime | None = None


class PersonalExport(SQLModel, table=True):
    """All we hold of one customer, as JSON and as a page, until it expires."""

    __tablename__ = "personal_export"
    __table_args__ = STRICT
    id: int = row_id()
    customer_id: int = ref("customer.id", index=True)
    asked_by: int = ref("staff.id")
    asked_at: datetime
    ready_at: datetime | None = None
    expires_at: datetime | None = None
    digest: str = Field(default="", max_length=64)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)  # JSON, UTF-8; gone when it has expired
    page: bytes | None = Field(default=None, sa_type=LargeBinary)  # HTML, UTF-8


class Erasure(SQLModel, table=True):
    """The receipt: that it was done, by whom, how much; nothing of the person. The customer's row stays, empty."""

    __tablename__ = "erasure"
    __table_args__ = STRICT
    id: int = row_id()
    number: str = Field(max_length=40, unique=True)
    customer_id: int = ref("customer.id", index=True)
    asked_by: int = ref("staff.id")
    asked_at: datetime
    done_at: datetime | None = None
    counts: dict[str, int] = Field(sa_type=JSON)


class Merge(SQLModel, table=True):
    """Two customers who were one. `moved`: table -> ids of the rows that came over, to be taken back by an undo."""

    __tablename__ = "customer_merge"
    __table_args__ = (CheckConstraint("from_id <> into_id", name="two_people"), STRICT)
    id: int = row_id()
    from_id: int = ref("customer.id", index=True)
    into_id: int = ref("customer.id", index=True)
    moved: dict[str, Any] = Field(sa_type=JSON)
    merged_by: int = ref("staff.id")
    merged_at: datetime
    undone_by: int | None = maybe_ref("staff.id")
    undone_at: datetime | None = None
