"""Every table. Rows are never validated by SQLModel (`table=True`), so edges have input models and the database has CHECKs."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Enum, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from deskapp.rules.authority import Basis
from deskapp.rules.people import Role
from deskapp.rules.steering import Steer

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

STRICT = {"sqlite_strict": True}


class NoteKind(StrEnum):
    OBSERVATION = "observation"
    OPINION = "opinion"


class ItemKind(StrEnum):
    GOODS = "goods"
    SERVICE = "service"
    GIFT_CARD = "gift_card"


class Channel(StrEnum):
    IN_PERSON = "in-person"
    PHONE = "phone"
    CHAT = "chat"
    EMAIL = "e-mail"
    DELIVERY = "delivery"


class PreferenceKind(StrEnum):
    LIKE = "like"
    DISLIKE = "dislike"
    SIZE = "size"
    ALLERGY = "allergy"
    DIET = "diet"
    ADDRESS = "form-of-address"
    PRONUNCIATION = "pronunciation"
    CONTACT = "contact-wish"
    NO_GIFTS = "no-gifts"
    NO_CARDS = "no-cards"
    INTEREST = "interest"


class GrantState(StrEnum):
    RESERVED = "reserved"
    UNDONE = "undone"


class LedgerKind(StrEnum):
    RESERVE = "reserve"
    RELEASE = "release"


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Surface(StrEnum):
    PAGE = "page"
    EMBED = "embed"


def _one_of(kind: type[StrEnum], name: str) -> Any:
    """Stored as its value with a CHECK; read back as the enum."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=40,
        values_callable=lambda e: [m.value for m in e],
    )


def _id() -> Any:
    return Field(default=None, primary_key=True, sa_type=BigInteger)


def _ref(target: str, *, index: bool = False, primary_key: bool = False, cascade: bool = False) -> Any:
    key = ForeignKey(target, ondelete="CASCADE" if cascade else None)
    return Field(sa_type=BigInteger, sa_column_args=[key], index=index, primary_key=primary_key)


def _maybe_ref(target: str, *, index: bool = False) -> Any:
    return Field(default=None, sa_type=BigInteger, sa_column_args=[ForeignKey(target)], index=index)


def _minor() -> Any:
    return Field(sa_type=BigInteger)


# --- people who work here -------------------------------------------------------------------------------------------


class Staff(SQLModel, table=True):
    __tablename__ = "staff"
    __table_args__ = STRICT
    id: int = _id()
    username: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=120)
    role: Role = Field(sa_type=_one_of(Role, "role"))
    password_hash: str = Field(max_length=200)
    is_active: bool = True
    created_at: datetime


class Seat(SQLModel, table=True):
    """A live sign-in of one actor on one surface; only the sha256 of its token is known here."""

    __tablename__ = "seat"
    __table_args__ = STRICT
    id: int = _id()
    token_hash: str = Field(max_length=64, unique=True)
    staff_id: int = _ref("staff.id", index=True)
    surface: Surface = Field(sa_type=_one_of(Surface, "surface"))
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class LaunchLink(SQLModel, table=True):
    """A link that opens the embedded desk once, as one member of staff."""

    __tablename__ = "launch_link"
    __table_args__ = STRICT
    id: int = _id()
    code_hash: str = Field(max_length=64, unique=True)
    staff_id: int = _ref("staff.id")
    customer_id: int | None = _maybe_ref("customer.id")
    expires_at: datetime
    used_at: datetime | None = None


class ApiToken(SQLModel, table=True):
    __tablename__ = "api_token"
    __table_args__ = STRICT
    id: int = _id()
    token_hash: str = Field(max_length=64, unique=True)
    staff_id: int = _ref("staff.id", index=True)
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
    id: int = _id()
    external_id: str = Field(max_length=120, unique=True)
    name: str = Field(max_length=200)
    name_folded: str = Field(max_length=200, index=True)  # casefolded, accents stripped: what search looks at
    email: str | None = Field(default=None, max_length=254)
    email_folded: str | None = Field(default=None, max_length=254, index=True)
    phone: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, max_length=20)
    tier: str | None = Field(default=None, max_length=60)
    joined_on: date | None = None


class Item(SQLModel, table=True):
    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("price_minor >= 0 AND cost_minor >= 0", name="money"),
        CheckConstraint("stock >= 0", name="stock"),
        STRICT,
    )
    id: int = _id()
    sku: str = Field(max_length=120, unique=True)
    name: str = Field(max_length=200)
    category: str = Field(max_length=120)
    department: str = Field(max_length=120)
    brand: str = Field(max_length=120)
    price_minor: int = _minor()
    cost_minor: int = _minor()
    currency: str = Field(max_length=3)
    stock: int = Field(sa_type=BigInteger)
    is_giftable: bool
    kind: ItemKind = Field(
        default=ItemKind.GOODS,
        sa_type=_one_of(ItemKind, "kind"),
        sa_column_kwargs={"server_default": ItemKind.GOODS.value},
    )
    available_from: date | None = None  # the first day and the last on which it is to be had
    available_until: date | None = None
    regions: str = Field(default="", max_length=1_000, sa_column_kwargs={"server_default": ""})  # stores, "; " between


class Steering(SQLModel, table=True):
    """What an operator hides, pins or boosts, and until when. Append-only but for its withdrawal; a change is a new row."""

    __tablename__ = "steering"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="days"), STRICT)
    id: int = _id()
    item_id: int = _ref("item.id", index=True)
    steer: Steer = Field(sa_type=_one_of(Steer, "steer"))
    reason: str = Field(max_length=200)
    starts_on: date
    ends_on: date = Field(index=True)  # the last day
    set_by: int = _ref("staff.id")
    set_at: datetime
    withdrawn_by: int | None = _maybe_ref("staff.id")
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
    id: int = _id()
    external_id: str = Field(max_length=120, unique=True)
    customer_id: int = _ref("customer.id")
    placed_at: datetime
    store: str = Field(max_length=120)
    currency: str = Field(max_length=3)
    status: str = Field(max_length=40)


class OrderLine(SQLModel, table=True):
    """Item × quantity × price; a negative quantity is a return."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity"),
        CheckConstraint("unit_price_minor >= 0", name="price"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )
    order_id: int = _ref("orders.id", primary_key=True)
    line: int = Field(primary_key=True, sa_type=BigInteger)  # 1, 2, … within the order
    item_id: int = _ref("item.id")
    quantity: int = Field(sa_type=BigInteger)
    unit_price_minor: int = _minor()


class Edition(SQLModel, table=True):
    """Counts changes of one shared thing ("catalogue"), so that processes know when what they hold is old."""

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


# --- what we know of a customer -------------------------------------------------------------------------------------


class Interaction(SQLModel, table=True):
    __tablename__ = "interaction"
    __table_args__ = STRICT
    id: int = _id()
    customer_id: int = _ref("customer.id", index=True)
    channel: Channel = Field(sa_type=_one_of(Channel, "channel"))
    order_id: int | None = _maybe_ref("orders.id")
    happened_at: datetime


class Note(SQLModel, table=True):
    """Free text on an interaction. `text` is the newest revision's; all of them stay in NoteRevision."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_customer_id_written_at", "customer_id", "written_at"), STRICT)
    id: int = _id()
    customer_id: int = _ref("customer.id")
    interaction_id: int = _ref("interaction.id")
    kind: NoteKind = Field(sa_type=_one_of(NoteKind, "kind"))
    text: str = Field(max_length=20_000)
    revision: int = Field(sa_type=BigInteger)
    author_id: int = _ref("staff.id")
    written_at: datetime


class NoteRevision(SQLModel, table=True):
    __tablename__ = "note_revision"
    __table_args__ = STRICT
    note_id: int = _ref("note.id", primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    text: str = Field(max_length=20_000)
    author_id: int = _ref("staff.id")
    written_at: datetime


class Preference(SQLModel, table=True):
    __tablename__ = "preference"
    __table_args__ = STRICT
    id: int = _id()
    customer_id: int = _ref("customer.id", index=True)
    kind: PreferenceKind = Field(sa_type=_one_of(PreferenceKind, "kind"))
    value: str = Field(max_length=200)
    is_stated: bool
    item_id: int | None = _maybe_ref("item.id")
    heard_by: int = _ref("staff.id")
    heard_at: datetime
    withdrawn_at: datetime | None = None


class Promise(SQLModel, table=True):
    __tablename__ = "promise"
    __table_args__ = STRICT
    id: int = _id()
    customer_id: int = _ref("customer.id", index=True)
    text: str = Field(max_length=500)
    owner_id: int = _ref("staff.id")
    due_on: date
    made_at: datetime
    kept_at: datetime | None = None


# --- the plus-one and its money -------------------------------------------------------------------------------------


class LimitVersion(SQLModel, table=True):
    """Append-only: the newest row of a role is in force; every grant keeps the one that judged it."""

    __tablename__ = "limit_version"
    __table_args__ = (
        CheckConstraint(
            "per_gift_minor >= 0 AND per_giver_per_day_minor >= 0 AND per_customer_per_month_minor >= 0",
            name="ceilings",
        ),
        STRICT,
    )
    id: int = _id()
    role: Role = Field(sa_type=_one_of(Role, "role"), index=True)
    currency: str = Field(max_length=3)
    basis: Basis = Field(sa_type=_one_of(Basis, "basis"))
    zone: str = Field(max_length=60)
    per_gift_minor: int = _minor()
    per_giver_per_day_minor: int = _minor()
    per_customer_per_month_minor: int = _minor()
    set_by: int = _ref("staff.id")
    set_at: datetime


class Offer(SQLModel, table=True):
    """A candidate as it was shown: the price a grant may be judged at. One per order (0: none), item and day."""

    __tablename__ = "offer"
    __table_args__ = (UniqueConstraint("customer_id", "order_key", "item_id", "shown_on"), STRICT)
    id: int = _id()
    customer_id: int = _ref("customer.id")
    order_id: int | None = _maybe_ref("orders.id")
    order_key: int = Field(sa_type=BigInteger)  # order_id or 0, since NULLs are never equal in a unique index
    item_id: int = _ref("item.id")
    shown_on: date
    shown_at: datetime
    price_minor: int = _minor()
    cost_minor: int = _minor()
    currency: str = Field(max_length=3)
    source: str = Field(max_length=20)
    because: list[int] = Field(sa_type=JSON)  # item ids, strongest first
    together: int = Field(sa_type=BigInteger)


class Grant(SQLModel, table=True):
    __tablename__ = "grants"  # GRANT is a word of SQL
    __table_args__ = (CheckConstraint("value_minor >= 0", name="value"), STRICT)
    id: int = _id()
    staff_id: int = _ref("staff.id", index=True)
    customer_id: int = _ref("customer.id", index=True)
    order_id: int | None = _maybe_ref("orders.id", index=True)
    item_id: int = _ref("item.id")
    price_minor: int = _minor()
    cost_minor: int = _minor()
    value_minor: int = _minor()  # what the ceilings were charged: cost or price by the limit's basis
    currency: str = Field(max_length=3)
    limit_version_id: int = _ref("limit_version.id")
    state: GrantState = Field(sa_type=_one_of(GrantState, "state"))
    granted_at: datetime
    undone_at: datetime | None = None


class Bucket(SQLModel, table=True):
    """Running total of one scope and period. `limit_minor` is the largest ceiling that any grant into it was judged by."""

    __tablename__ = "bucket"
    __table_args__ = (CheckConstraint("spent_minor >= 0 AND spent_minor <= limit_minor", name="never_over"), STRICT)
    key: str = Field(max_length=120, primary_key=True)
    limit_minor: int = _minor()
    spent_minor: int = _minor()


class Ledger(SQLModel, table=True):
    """Append-only. For every bucket: spent_minor = sum of amount_minor here."""

    __tablename__ = "ledger"
    __table_args__ = (UniqueConstraint("grant_id", "bucket_key", "kind"), STRICT)
    id: int = _id()
    grant_id: int = _ref("grants.id")
    bucket_key: str = Field(max_length=120, foreign_key="bucket.key", index=True)
    kind: LedgerKind = Field(sa_type=_one_of(LedgerKind, "kind"))
    amount_minor: int = _minor()
    at: datetime


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
    id: int = _id()
    at: datetime
    staff_id: int | None = _maybe_ref("staff.id")
    action: str = Field(max_length=60)
    subject: str = Field(max_length=80)
    details: dict[str, Any] = Field(sa_type=JSON)


# --- the door -------------------------------------------------------------------------------------------------------


class Delivery(SQLModel, table=True):
    __tablename__ = "delivery"
    __table_args__ = STRICT
    id: int = _id()
    order_id: int = Field(sa_type=BigInteger, sa_column_args=[ForeignKey("orders.id")], unique=True)
    ship_on: date = Field(index=True)
    need_by_on: date | None = None
    estimated_on: date | None = None
    card_text: str = Field(default="", max_length=2_000)
    card_by: int | None = _maybe_ref("staff.id")
    written_at: datetime | None = None
    packed_at: datetime | None = None
    packed_by: int | None = _maybe_ref("staff.id")


# --- work in the background -----------------------------------------------------------------------------------------


class Job(SQLModel, table=True):
    """Leased and retried, at least once: handlers are idempotent."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_run_at", "state", "run_at"), STRICT)
    id: int = _id()
    kind: str = Field(max_length=40)
    payload: dict[str, Any] = Field(sa_type=JSON)
    state: JobState = Field(sa_type=_one_of(JobState, "state"))
    run_at: datetime
    lease_until: datetime | None = None
    attempts: int = Field(default=0, sa_type=Integer)
    progress: int = Field(default=0, sa_type=Integer)  # per cent
    words: str = Field(default="", max_length=500)  # what it is doing, or why it failed
    asked_by: int | None = _maybe_ref("staff.id")
    asked_at: datetime
    ended_at: datetime | None = None


class ModelVersion(SQLModel, table=True):
    """A published model: the newest row is in service."""

    __tablename__ = "model_version"
    __table_args__ = STRICT
    id: int = _id()
    folder: str = Field(max_length=120)  # below DESKAPP_INSTANCE/models
    digest: str = Field(max_length=64)
    report: dict[str, Any] = Field(sa_type=JSON)
    published_at: datetime
