"""The tables, but for gifts (`gift_tables.py`), memory (`memory_tables.py`) and privacy (`privacy_tables.py`). Rows are never validated by SQLModel (`table=True`), so edges have input models and the database has CHECKs."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, text
from sqlmodel import Field, SQLModel

from deskapp.rules.people import Receiver, Role
from deskapp.rules.steering import Steer
from deskapp.store import host_tables  # noqa: F401 - what a seat may refer to
from deskapp.store.columns import STRICT, Words, maybe_ref, minor, one_of, ref, row_id

_NOTHING_SAID = {"server_default": ""}


class ItemKind(StrEnum):
    GOODS = "goods"
    SERVICE = "service"
    GIFT_CARD = "gift_card"


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Surface(StrEnum):
    PAGE = "page"
    EMBED = "embed"


# --- people who work here -------------------------------------------------------------------------------------------


class Staff(SQLModel, table=True):
    __tablename__ = "staff"
    __table_args__ = STRICT
    id: int = row_id()
    username: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=120)
    role: Role = Field(sa_type=one_of(Role, "role"))
    password_hash: str = Field(max_length=200)
    is_active: bool = True
    team: str = Field(default="", max_length=60, sa_column_kwargs=_NOTHING_SAID)
    pin_hash: str | None = Field(default=None, max_length=200)  # to decide on a colleague's tablet, or to change to
    theme: str = Field(default="", max_length=20, sa_column_kwargs=_NOTHING_SAID)  # "light", "dark"; "" the device's
    density: str = Field(default="", max_length=20, sa_column_kwargs=_NOTHING_SAID)  # "compact"; "" the roomy one
    language: str = Field(
        default="", max_length=20, sa_column_kwargs=_NOTHING_SAID
    )  # of the interface; "" the browser's
    created_at: datetime


class Seat(SQLModel, table=True):
    """A live sign-in of one actor on one surface; only the sha256 of its token is known here."""

    __tablename__ = "seat"
    __table_args__ = STRICT
    id: int = row_id()
    token_hash: str = Field(max_length=64, unique=True)
    staff_id: int = ref("staff.id", index=True)
    surface: Surface = Field(sa_type=one_of(Surface, "surface"))
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    connection_id: int | None = maybe_ref("connection.id", index=True)  # opened inside this CRM
    device_id: int | None = maybe_ref("device.id", index=True)
    tablet_id: int | None = maybe_ref("tablet.id", index=True)


class LaunchLink(SQLModel, table=True):
    """A link that opens the embedded desk once, as one member of staff."""

    __tablename__ = "launch_link"
    __table_args__ = STRICT
    id: int = row_id()
    code_hash: str = Field(max_length=64, unique=True)
    staff_id: int = ref("staff.id")
    customer_id: int | None = maybe_ref("customer.id")
    expires_at: datetime
    used_at: datetime | None = None
    connection_id: int | None = maybe_ref("connection.id")  # whose frame it opens in


class ApiToken(SQLModel, table=True):
    __tablename__ = "api_token"
    __table_args__ = STRICT
    id: int = row_id()
    token_hash: str = Field(max_length=64, unique=True)
    staff_id: int = ref("staff.id", index=True)
    created_at: datetime
    revoked_at: datetime | None = None


class Throttle(SQLModel, table=True):
    """Failed tries under one key (an account, an address) in a window, shared by all processes. The key is a hash."""

    __tablename__ = "throttle"
    __table_args__ = STRICT
    key: str = Field(max_length=64, primary_key=True)
    window_started_at: datetime
    failures: int = Field(sa_type=BigInteger)


# --- customers and what they bought ---------------------------------------------------------------------------------


class Customer(SQLModel, table=True):
    __tablename__ = "customer"
    __table_args__ = STRICT
    id: int = row_id()
    external_id: str = Field(max_length=120, unique=True)
    name: str = Field(max_length=200)
    name_folded: str = Field(max_length=200, index=True)  # casefolded, accents stripped: what search looks at
    email: str | None = Field(default=None, max_length=254)
    email_folded: str | None = Field(default=None, max_length=254, index=True)
    phone: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, max_length=20)
    tier: str | None = Field(default=None, max_length=60)
    zone: str | None = Field(default=None, max_length=60)  # IANA; None: the shop's
    joined_on: date | None = None
    receiver: Receiver = Field(
        default=Receiver.PERSON,
        sa_type=one_of(Receiver, "receiver"),
        sa_column_kwargs={"server_default": Receiver.PERSON.value},
    )
    merged_into: int | None = maybe_ref("customer.id", index=True)  # the same person, who goes on there
    erased_at: datetime | None = None  # the row stays for the ledger's sake, without the person


class Item(SQLModel, table=True):
    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("price_minor >= 0 AND cost_minor >= 0", name="money"),
        CheckConstraint("stock >= 0", name="stock"),
        CheckConstraint("capacity_per_day >= 0", name="capacity"),
        STRICT,
    )
    id: int = row_id()
    sku: str = Field(max_length=120, unique=True)
    name: str = Field(max_length=200)
    category: str = Field(max_length=120)
    department: str = Field(max_length=120)
    brand: str = Field(max_length=120)
    price_minor: int = minor()
    cost_minor: int = minor()
    currency: str = Field(max_length=3)
    stock: int = Field(sa_type=BigInteger)
    is_giftable: bool
    kind: ItemKind = Field(
        default=ItemKind.GOODS,
        sa_type=one_of(ItemKind, "kind"),
        sa_column_kwargs={"server_default": ItemKind.GOODS.value},
    )
    available_from: date | None = None  # the first day and the last on which it is to be had
    available_until: date | None = None
    regions: str = Field(default="", max_length=1_000, sa_column_kwargs=_NOTHING_SAID)  # stores, "; " between
    capacity_per_day: int | None = Field(default=None, sa_type=BigInteger)  # of a service, say; None: nobody counts
    least_role: Role | None = Field(
        default=None, sa_type=one_of(Role, "least_role")
    )  # who may give it, and whoever is above


class ItemPicture(SQLModel, table=True):
    __tablename__ = "item_picture"
    __table_args__ = STRICT
    item_id: int = ref("item.id", primary_key=True, cascade=True)
    media_type: str = Field(max_length=40)
    digest: str = Field(max_length=64)
    body: bytes = Field(sa_type=LargeBinary)


class Steering(SQLModel, table=True):
    """What an operator hides, pins or boosts, and until when. Append-only but for its withdrawal; a change is a new row."""

    __tablename__ = "steering"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="days"), STRICT)
    id: int = row_id()
    item_id: int = ref("item.id", index=True)
    steer: Steer = Field(sa_type=one_of(Steer, "steer"))
    reason: str = Field(max_length=200)
    starts_on: date
    ends_on: date = Field(index=True)  # the last day
    set_by: int = ref("staff.id")
    set_at: datetime
    withdrawn_by: int | None = maybe_ref("staff.id")
    withdrawn_at: datetime | None = None


class Order(SQLModel, table=True):
    __tablename__ = "orders"  # ORDER is a word of SQL
    __table_args__ = (
        Index("ix_orders_customer_id_placed_at", "customer_id", "placed_at"),
        Index(
            "ix_orders_open",
            "placed_at",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        STRICT,
    )
    id: int = row_id()
    external_id: str = Field(max_length=120, unique=True)
    customer_id: int = ref("customer.id")
    placed_at: datetime
    store: str = Field(max_length=120)
    currency: str = Field(max_length=3)
    status: str = Field(max_length=40)


class ProblemKind(StrEnum):
    LATE = "late"
    DAMAGED = "damaged"
    WRONG = "wrong-item"
    MISSING = "missing"
    SERVICE = "service"


class Problem(SQLModel, table=True):
    """Something went wrong; open until somebody solved it. A kind and no words: those belong in a note."""

    __tablename__ = "problem"
    __table_args__ = STRICT
    id: int = row_id()
    customer_id: int = ref("customer.id", index=True)
    order_id: int | None = maybe_ref("orders.id", index=True)
    kind: ProblemKind = Field(sa_type=one_of(ProblemKind, "kind"))
    noted_by: int = ref("staff.id")
    noted_at: datetime
    solved_by: int | None = maybe_ref("staff.id")
    solved_at: datetime | None = None


class OrderLine(SQLModel, table=True):
    """Item × quantity × price; a negative quantity is a return."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity"),
        CheckConstraint("unit_price_minor >= 0", name="price"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )
    order_id: int = ref("orders.id", primary_key=True)
    line: int = Field(primary_key=True, sa_type=BigInteger)  # 1, 2, … within the order
    item_id: int = ref("item.id")
    quantity: int = Field(sa_type=BigInteger)
    unit_price_minor: int = minor()


class Edition(SQLModel, table=True):
    """Counts changes of one shared thing ("catalogue"), so that processes know when what they hold is old.

    "clock" holds the latest second at which money moved, so that a clock that went backwards is noticed.
    """

    __tablename__ = "edition"
    __table_args__ = STRICT
    name: str = Field(max_length=40, primary_key=True)
    number: int = Field(sa_type=BigInteger)


class ImportReceipt(SQLModel, table=True):
    __tablename__ = "import_receipt"
    __table_args__ = STRICT
    digest: str = Field(max_length=64, primary_key=True)
    counts: dict[str, int] = Field(sa_type=JSON)
    imported_at: datetime


# --- what was done ---------------------------------------------------------------------------------------------------


class Idempotency(SQLModel, table=True):
    """The first answer to a key, given again to every repeat."""

    __tablename__ = "idempotency"
    __table_args__ = STRICT
    scope: str = Field(max_length=80, primary_key=True)
    key: str = Field(max_length=200, primary_key=True)
    request_hash: str = Field(max_length=64)
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    created_at: datetime


class Audit(SQLModel, table=True):
    """Append-only by trigger: every change of money or of a person's data; ids, never the words themselves."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject_id", "subject", "id"), STRICT)
    id: int = row_id()
    at: datetime
    staff_id: int | None = maybe_ref("staff.id")
    action: str = Field(max_length=60)
    subject: str = Field(max_length=80)
    details: dict[str, Any] = Field(sa_type=JSON)


class Seal(SQLModel, table=True):
    """Append-only. The digest of every line of audit and ledger written in [previous `sealed_until`, `sealed_until`)."""

    __tablename__ = "seal"
    __table_args__ = STRICT
    id: int = row_id()
    sealed_until: datetime = Field(unique=True)
    lines: int = Field(sa_type=BigInteger)
    digest: str = Field(max_length=64)
    sealed_at: datetime


# --- the door -------------------------------------------------------------------------------------------------------


class Delivery(SQLModel, table=True):
    __tablename__ = "delivery"
    __table_args__ = STRICT
    id: int = row_id()
    order_id: int = Field(sa_type=BigInteger, sa_column_args=[ForeignKey("orders.id")], unique=True)
    ship_on: date = Field(index=True)
    need_by_on: date | None = None
    estimated_on: date | None = None
    card_text: str = Field(default="", max_length=2_000)
    card_by: int | None = maybe_ref("staff.id")
    written_at: datetime | None = None
    card_format: str = Field(default="", max_length=40, sa_column_kwargs=_NOTHING_SAID)  # "" what the shop mostly takes
    card_hand: str = Field(default="", max_length=20, sa_column_kwargs=_NOTHING_SAID)  # how large it is written
    card_tone: str = Field(default="", max_length=20, sa_column_kwargs=_NOTHING_SAID)
    signed_as: str = Field(default="", max_length=120, sa_column_kwargs=_NOTHING_SAID)  # below the text
    signed_at: datetime | None = None  # from then on the text is what was sent
    signed_by: int | None = maybe_ref("staff.id")
    packed_at: datetime | None = None
    packed_by: int | None = maybe_ref("staff.id")
    handed_at: datetime | None = None  # to whoever brings it
    handed_by: int | None = maybe_ref("staff.id")
    delay_told_at: datetime | None = None  # the customer knows that it comes later than needed
    delay_told_by: int | None = maybe_ref("staff.id")
    delivered_at: datetime | None = None
    delivered_by: int | None = maybe_ref("staff.id")
    returned_at: datetime | None = None
    returned_by: int | None = maybe_ref("staff.id")


# --- work in the background -----------------------------------------------------------------------------------------


class Job(SQLModel, table=True):
    """Leased and retried, at least once: handlers are idempotent."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_run_at", "state", "run_at"), STRICT)
    id: int = row_id()
    kind: str = Field(max_length=40)
    payload: dict[str, Any] = Field(sa_type=JSON)
    state: JobState = Field(sa_type=one_of(JobState, "state"))
    run_at: datetime
    lease_until: datetime | None = None
    attempts: int = Field(default=0, sa_type=Integer)
    progress: int = Field(default=0, sa_type=Integer)  # per cent
    words: str = Field(default="", sa_type=Words(2_000))  # what it is doing, or why it failed
    asked_by: int | None = maybe_ref("staff.id")
    asked_at: datetime
    ended_at: datetime | None = None


class ModelVersion(SQLModel, table=True):
    """A published model: the newest row is in service."""

    __tablename__ = "model_version"
    __table_args__ = STRICT
    id: int = row_id()
    folder: str = Field(max_length=120)  # below DESKAPP_INSTANCE/models
    digest: str = Field(max_length=64)
    report: dict[str, Any] = Field(sa_type=JSON)
    published_at: datetime
