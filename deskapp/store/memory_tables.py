"""What we know of a customer: talks and notes, tastes, dates, promises, visits, and what they asked for."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from deskapp.store.columns import STRICT, maybe_ref, one_of, ref, row_id

_NOTHING_SAID = {"server_default": ""}
_NO = {"server_default": "false"}


class NoteKind(StrEnum):
    OBSERVATION = "observation"
    OPINION = "opinion"


class Source(StrEnum):
    PERSON = "person"
    IMPORT = "import"
    AUTOMATION = "automation"
    CUSTOMER = "customer"  # in answer to our question; the author is who put the question


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
    NO_QUESTIONS = "no-questions"  # about how it was
    INTEREST = "interest"


class OccasionKind(StrEnum):
    BIRTHDAY = "birthday"
    NAME_DAY = "name-day"
    ANNIVERSARY = "anniversary"
    OTHER = "other"


class VisitKind(StrEnum):
    VISIT = "visit"
    CALL = "call"


class TopicState(StrEnum):
    NEW = "new"
    CONSIDERED = "considered"
    PLANNED = "planned"
    RELEASED = "released"
    DECLINED = "declined"


# --- notes ----------------------------------------------------------------------------------------------------------


class Channel(SQLModel, table=True):
    """Where people talk to each other; a shop adds its own and retires what it does not use."""

    __tablename__ = "channel"
    __table_args__ = STRICT
    code: str = Field(max_length=40, primary_key=True)
    words: str = Field(max_length=60)  # "on the phone"
    position: int = Field(sa_type=BigInteger)
    retired_at: datetime | None = None


class Interaction(SQLModel, table=True):
    __tablename__ = "interaction"
    __table_args__ = STRICT
    id: int = row_id()
    customer_id: int = ref("customer.id", index=True)
    channel: str = Field(max_length=40)  # the code of a Channel
    order_id: int | None = maybe_ref("orders.id")
    item_id: int | None = maybe_ref("item.id")
    happened_at: datetime


class Note(SQLModel, table=True):
    """Free text on an interaction. `text` is the newest revision's; all of them stay in NoteRevision until a retraction
    is wiped.
    """

    __tablename__ = "note"
    __table_args__ = (
        Index("ix_note_customer_id_written_at", "customer_id", "written_at"),
        Index("ix_note_review_on", "review_on"),
        STRICT,
    )
    id: int = row_id()
    customer_id: int = ref("customer.id")
    interaction_id: int = ref("interaction.id")
    kind: NoteKind = Field(sa_type=one_of(NoteKind, "kind"))
    text: str = Field(max_length=20_000)
    revision: int = Field(sa_type=BigInteger)
    author_id: int = ref("staff.id")
    written_at: datetime
    source: Source = Field(
        default=Source.PERSON, sa_type=one_of(Source, "source"), sa_column_kwargs={"server_default": "person"}
    )
    is_alert: bool = Field(default=False, sa_column_kwargs=_NO)  # shown when the customer is opened
    pinned_until: date | None = None  # the last day
    pin_reason: str = Field(default="", max_length=200, sa_column_kwargs=_NOTHING_SAID)
    mentionable: str = Field(default="", max_length=500, sa_column_kwargs=_NOTHING_SAID)  # a sentence of `text`
    review_on: date | None = None  # of an opinion: from then on it has faded, until somebody confirms it
    retracted_at: datetime | None = None
    retracted_by: int | None = maybe_ref("staff.id")
    wiped_at: datetime | None = None


class NoteRevision(SQLModel, table=True):
    __tablename__ = "note_revision"
    __table_args__ = STRICT
    note_id: int = ref("note.id", primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    text: str = Field(max_length=20_000)
    author_id: int = ref("staff.id")
    written_at: datetime


class GuardPolicy(SQLModel, table=True):
    """What happens when the guard finds something of one kind; without a row the built-in answer."""

    __tablename__ = "guard_policy"
    __table_args__ = (CheckConstraint("policy IN ('warn', 'reason', 'refuse')", name="policy"), STRICT)
    kind: str = Field(max_length=40, primary_key=True)  # of rules.guard
    policy: str = Field(max_length=20)
    set_by: int = ref("staff.id")
    set_at: datetime


# --- tastes and dates -----------------------------------------------------------------------------------------------


class Preference(SQLModel, table=True):
    __tablename__ = "preference"
    __table_args__ = STRICT
    id: int = row_id()
    customer_id: int = ref("customer.id", index=True)
    kind: PreferenceKind = Field(sa_type=one_of(PreferenceKind, "kind"))
    value: str = Field(max_length=200)
    is_stated: bool
    item_id: int | None = maybe_ref("item.id")
    category: str = Field(default="", max_length=120, sa_column_kwargs=_NOTHING_SAID)  # of items
    note_id: int | None = maybe_ref("note.id", index=True)  # where it was read
    heard_by: int = ref("staff.id")
    heard_at: datetime
    review_on: date | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: int | None = maybe_ref("staff.id")


class ProposalDeclined(SQLModel, table=True):
    """A preference that was proposed from a note and is none; it is not proposed again."""

    __tablename__ = "proposal_declined"
    __table_args__ = STRICT
    note_id: int = ref("note.id", primary_key=True)
    kind: PreferenceKind = Field(sa_type=one_of(PreferenceKind, "kind"), primary_key=True)
    value_folded: str = Field(max_length=200, primary_key=True)
    declined_by: int = ref("staff.id")
    declined_at: datetime


class Occasion(SQLModel, table=True):
    """A day of every year, without a year: nobody's age is our business."""

    __tablename__ = "occasion"
    __table_args__ = (CheckConstraint("month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31", name="day"), STRICT)
    id: int = row_id()
    customer_id: int = ref("customer.id", index=True)
    kind: OccasionKind = Field(sa_type=one_of(OccasionKind, "kind"))
    words: str = Field(max_length=120)  # "their daughter's birthday"; "" where the kind says it
    month: int = Field(sa_type=BigInteger)
    day: int = Field(sa_type=BigInteger)
    heard_by: int = ref("staff.id")
    heard_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: int | None = maybe_ref("staff.id")


class Promise(SQLModel, table=True):
    __tablename__ = "promise"
    __table_args__ = STRICT
    id: int = row_id()
    customer_id: int = ref("customer.id", index=True)
    text: str = Field(max_length=500)
    owner_id: int = ref("staff.id", index=True)
    due_on: date
    made_at: datetime
    order_id: int | None = maybe_ref("orders.id")
    made_by: int | None = maybe_ref("staff.id")  # None: the owner
    handed_at: datetime | None = None  # last given to another owner; the audit knows each time
    handed_by: int | None = maybe_ref("staff.id")
    kept_at: datetime | None = None
    dropped_at: datetime | None = None  # it cannot be kept, and the customer was told
    dropped_by: int | None = maybe_ref("staff.id")
    dropped_because: str = Field(default="", max_length=200, sa_column_kwargs=_NOTHING_SAID)


class Visit(SQLModel, table=True):
    """A visit or a call that is expected."""

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_expected_on", "expected_on"), STRICT)
    id: int = row_id()
    customer_id: int = ref("customer.id", index=True)
    kind: VisitKind = Field(sa_type=one_of(VisitKind, "kind"))
    expected_on: date
    at: str = Field(default="", max_length=5)  # "14:30" in the shop's zone; "" any time
    words: str = Field(default="", max_length=200)
    with_id: int | None = maybe_ref("staff.id")  # None: whoever is there
    noted_by: int = ref("staff.id")
    noted_at: datetime
    came_at: datetime | None = None
    cancelled_at: datetime | None = None


# --- what customers ask for -----------------------------------------------------------------------------------------


class RequestTopic(SQLModel, table=True):
    """One thing that customers ask for, whoever they are."""

    __tablename__ = "request_topic"
    __table_args__ = STRICT
    id: int = row_id()
    title: str = Field(max_length=120)
    state: TopicState = Field(sa_type=one_of(TopicState, "state"))
    because: str = Field(default="", max_length=500)  # of a no, always; of another state if there is one
    opened_by: int = ref("staff.id")
    opened_at: datetime
    decided_by: int | None = maybe_ref("staff.id")
    decided_at: datetime | None = None
    merged_into: int | None = maybe_ref("request_topic.id", index=True)


class RequestVoice(SQLModel, table=True):
    """One customer once, in their words."""

    __tablename__ = "request_voice"
    __table_args__ = STRICT
    id: int = row_id()
    topic_id: int = ref("request_topic.id", index=True)
    customer_id: int = ref("customer.id", index=True)
    words: str = Field(max_length=500)
    would_let: str = Field(default="", max_length=500)  # what would it let you do?
    heard_by: int = ref("staff.id", index=True)
    heard_at: datetime
    answered_at: datetime | None = None  # told what became of it, by whom heard it
    answered_by: int | None = maybe_ref("staff.id")
    is_used: bool | None = None  # after release; None: not asked yet
    used_asked_at: datetime | None = None
    used_asked_by: int | None = maybe_ref("staff.id")
    owed_by: int | None = maybe_ref("staff.id", index=True)  # who owes the personal answer; None: whoever heard it
