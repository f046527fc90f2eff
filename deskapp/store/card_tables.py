"""The card and the parcel: what it is written on, what it told, what became of the parcel, and what was asked afterwards."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from deskapp.store.columns import STRICT, Words, maybe_ref, one_of, ref, row_id

_NOTHING_SAID = {"server_default": ""}


class Used(StrEnum):
    FACT = "fact"
    PHRASE = "phrase"


class Happened(StrEnum):
    ESTIMATED = "estimated"
    LEFT = "left"
    DELIVERED = "delivered"
    RETURNED = "returned"


class Teller(StrEnum):
    """Who says what happened to a parcel."""

    PERSON = "person"
    FILE = "file"
    API = "api"
    HOST = "host"


class AskState(StrEnum):
    WAITING = "waiting"
    WITHHELD = "withheld"
    ASKED = "asked"
    ANSWERED = "answered"
    LAPSED = "lapsed"


class Sending(StrEnum):
    """How one letter or call stands. DOUBTFUL: it may have gone out, and is never sent again by itself."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DOUBTFUL = "doubtful"


class Carrier(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"


# --- the card -------------------------------------------------------------------------------------------------------


class CardFormat(SQLModel, table=True):
    """Paper that the shop has. Millimetres; of a folded card the face that is written on."""

    __tablename__ = "card_format"
    __table_args__ = (CheckConstraint("width_mm > 2 * margin_mm AND height_mm > 2 * margin_mm", name="room"), STRICT)
    code: str = Field(max_length=40, primary_key=True)
    words: str = Field(max_length=60)
    width_mm: int = Field(sa_type=BigInteger)
    height_mm: int = Field(sa_type=BigInteger)
    margin_mm: int = Field(sa_type=BigInteger)
    is_folded: bool
    position: int = Field(
        sa_type=BigInteger
    )  # the first that is not retired is what a card is on unless somebody says otherwise
    retired_at: datetime | None = None


class CardUse(SQLModel, table=True):
    """What a signed card told or how it began, so that the next one does neither again. Keys are ours, never words."""

    __tablename__ = "card_use"
    __table_args__ = (
        UniqueConstraint("delivery_id", "kind", "key"),
        Index("ix_card_use_customer_id_used_on", "customer_id", "used_on"),
        STRICT,
    )
    id: int = row_id()
    delivery_id: int = ref("delivery.id")
    kind: Used = Field(sa_type=one_of(Used, "kind"))
    key: str = Field(max_length=120)
    customer_id: int = ref("customer.id")
    used_on: date


class CardDraft(SQLModel, table=True):
    """What a drafter outside made of the facts of one prompt; `words` says why there is no text."""

    __tablename__ = "card_draft"
    __table_args__ = STRICT
    id: int = row_id()
    delivery_id: int = Field(sa_type=BigInteger, sa_column_args=[ForeignKey("delivery.id")], unique=True)
    customer_id: int = ref("customer.id", index=True)
    digest: str = Field(max_length=64)  # of the facts and starters it was made of
    text: str = Field(default="", max_length=2_000)
    words: str = Field(default="", sa_type=Words(200))
    asked_by: int = ref("staff.id")
    asked_at: datetime
    made_at: datetime | None = None


# --- the parcel -----------------------------------------------------------------------------------------------------


class DeliveryEvent(SQLModel, table=True):
    """Append-only: what was told of a parcel, by whom. The same `source_key` of one teller is one event."""

    __tablename__ = "delivery_event"
    __table_args__ = (UniqueConstraint("told_by", "source_key"), STRICT)
    id: int = row_id()
    delivery_id: int = ref("delivery.id", index=True)
    kind: Happened = Field(sa_type=one_of(Happened, "kind"))
    happened_at: datetime
    estimated_on: date | None = None  # of ESTIMATED
    told_by: Teller = Field(sa_type=one_of(Teller, "told_by"))
    source_key: str | None = Field(default=None, max_length=200)
    recorded_by: int | None = maybe_ref("staff.id")
    recorded_at: datetime


# --- afterwards -----------------------------------------------------------------------------------------------------


class FeedbackPolicy(SQLModel, table=True):
    """When a customer is asked how it was; the newest row counts, without one nobody is asked."""

    __tablename__ = "feedback_policy"
    __table_args__ = (
        CheckConstraint("days_after BETWEEN 1 AND 60 AND cool_down_days BETWEEN 0 AND 730", name="days"),
        STRICT,
    )
    id: int = row_id()
    is_on: bool
    days_after: int = Field(sa_type=BigInteger)
    cool_down_days: int = Field(sa_type=BigInteger)
    lapses_days: int = Field(sa_type=BigInteger)  # so long the link can be answered
    set_by: int = ref("staff.id")
    set_at: datetime


class FeedbackAsk(SQLModel, table=True):
    """One delivery, one question at most; also why it was not asked."""

    __tablename__ = "feedback_ask"
    __table_args__ = (Index("ix_feedback_ask_state_due_on", "state", "due_on"), STRICT)
    id: int = row_id()
    delivery_id: int = Field(sa_type=BigInteger, sa_column_args=[ForeignKey("delivery.id")], unique=True)
    customer_id: int = ref("customer.id", index=True)
    state: AskState = Field(sa_type=one_of(AskState, "state"))
    rule: str = Field(default="", max_length=40, sa_column_kwargs=_NOTHING_SAID)  # which withheld it
    due_on: date
    decided_at: datetime | None = None
    token_hash: str | None = Field(default=None, max_length=64, unique=True)
    lapses_on: date | None = None
    answered_at: datetime | None = None
    answer: str = Field(default="", max_length=20, sa_column_kwargs=_NOTHING_SAID)  # the one that was ticked
    note_id: int | None = maybe_ref("note.id", index=True)  # their words


class Outbox(SQLModel, table=True):
    """What is to go out, once. `payload` holds somebody's words and address until it was sent."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_run_at", "state", "run_at"), STRICT)
    id: int = row_id()
    key: str = Field(max_length=200, unique=True)  # the same thing is never put here twice
    carrier: Carrier = Field(sa_type=one_of(Carrier, "carrier"))
    customer_id: int | None = maybe_ref("customer.id", index=True)
    payload: dict[str, Any] = Field(sa_type=JSON)
    state: Sending = Field(sa_type=one_of(Sending, "state"))
    run_at: datetime
    attempts: int = Field(default=0, sa_type=BigInteger)
    words: str = Field(default="", sa_type=Words(300))  # why it failed or is doubtful
    made_at: datetime
    sent_at: datetime | None = None
