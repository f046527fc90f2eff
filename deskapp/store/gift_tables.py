"""The tables of the plus-one and its money. What is append-only is so by trigger."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from deskapp.rules.authority import Basis, GiverKind
from deskapp.rules.people import Receiver, Role
from deskapp.rules.periods import Period
from deskapp.store.columns import STRICT, maybe_ref, minor, one_of, ref, row_id


class GrantState(StrEnum):
    RESERVED = "reserved"
    COMMITTED = "committed"  # handed over or delivered
    UNDONE = "undone"  # taken back by staff
    DECLINED = "declined"  # by the customer
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # with its order
    RETURNED = "returned"


KEPT = (GrantState.RESERVED, GrantState.COMMITTED)  # what counts against a customer's ceilings
NOT_KEPT = tuple(state for state in GrantState if state not in KEPT)


class LedgerKind(StrEnum):
    RESERVE = "reserve"
    COMMIT = "commit"  # amount 0: at delivery no money moves, what was reserved is spent
    RELEASE = "release"


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


# --- who may give what to whom --------------------------------------------------------------------------------------


class LimitVersion(SQLModel, table=True):
    """Append-only edition of what a role, a team or a person may give; every grant keeps the one that judged it.

    Editions of one giver and one `exception` ("" : the standing limit; else its name) are a line. Of a line the newest
    edition that was agreed to and has begun counts; if it has ended, the line says nothing.
    """

    __tablename__ = "limit_version"
    __table_args__ = (
        CheckConstraint(
            "per_gift_minor >= 0 AND approves_up_to_minor >= 0 AND per_giver_per_day_minor >= 0"
            " AND per_giver_per_week_minor >= 0 AND per_giver_per_month_minor >= 0"
            " AND per_customer_per_month_minor >= 0 AND per_customer_minor >= 0",
            name="ceilings",
        ),
        CheckConstraint("order_share_percent BETWEEN 0 AND 100", name="order_share_percent"),
        CheckConstraint(
            "per_customer_days > 0 AND per_customer_gifts >= 0 AND gap_days > 0 AND per_customer_per_year_gifts >= 0",
            name="counts",
        ),
        CheckConstraint(
            "(giver_kind = 'role') = (role IS NOT NULL) AND (giver_kind = 'team') = (team <> '')"
            " AND (giver_kind = 'person') = (staff_id IS NOT NULL)",
            name="giver",
        ),
        STRICT,
    )
    id: int = row_id()
    giver_kind: GiverKind = Field(default=GiverKind.ROLE, sa_type=one_of(GiverKind, "giver_kind"))
    role: Role | None = Field(default=None, sa_type=one_of(Role, "role"), index=True)
    team: str = Field(default="", max_length=60)
    staff_id: int | None = maybe_ref("staff.id")
    exception: str = Field(default="", max_length=80)
    currency: str = Field(max_length=3)
    basis: Basis = Field(sa_type=one_of(Basis, "basis"))
    zone: str = Field(max_length=60)
    per_gift_minor: int = minor()
    approves_up_to_minor: int | None = Field(default=None, sa_type=BigInteger)  # of a colleague's gift; None: nothing
    order_share_percent: int | None = Field(default=None, sa_type=BigInteger)
    per_giver_per_day_minor: int | None = Field(default=None, sa_type=BigInteger)
    per_giver_per_week_minor: int | None = Field(default=None, sa_type=BigInteger)
    per_giver_per_month_minor: int | None = Field(default=None, sa_type=BigInteger)
    per_customer_per_month_minor: int | None = Field(default=None, sa_type=BigInteger)
    per_customer_days: int | None = Field(default=None, sa_type=BigInteger)  # rolling, for the two below
    per_customer_minor: int | None = Field(default=None, sa_type=BigInteger)
    per_customer_gifts: int | None = Field(default=None, sa_type=BigInteger)
    gap_days: int | None = Field(default=None, sa_type=BigInteger)
    per_customer_per_year_gifts: int | None = Field(default=None, sa_type=BigInteger)
    is_never_regular: bool = False
    is_never_bait: bool = False
    eligibility: str = Field(default="", max_length=500)  # a rule, see rules/eligibility.py; "": everybody
    valid_from: date | None = None  # days of `zone`, both included
    valid_until: date | None = None
    needs_agreement: bool = False
    set_by: int = ref("staff.id")
    set_at: datetime


class Budget(SQLModel, table=True):
    """A team's or a campaign's money; what it is, is in its newest edition."""

    __tablename__ = "budget"
    __table_args__ = STRICT
    id: int = row_id()
    name: str = Field(max_length=80, unique=True)


class BudgetVersion(SQLModel, table=True):
    """Append-only. Of a budget the newest edition that was agreed to and has begun counts, until it has ended."""

    __tablename__ = "budget_version"
    __table_args__ = (CheckConstraint("most_minor >= 0", name="most"), STRICT)
    id: int = row_id()
    budget_id: int = ref("budget.id", index=True)
    team: str = Field(default="", max_length=60)  # "": every giver's gifts count
    owner_id: int = ref("staff.id")
    period: Period = Field(sa_type=one_of(Period, "period"))
    currency: str = Field(max_length=3)
    zone: str = Field(max_length=60)
    most_minor: int = minor()  # at the price in the shop
    valid_from: date | None = None
    valid_until: date | None = None
    needs_agreement: bool = False
    set_by: int = ref("staff.id")
    set_at: datetime


class ReceiverVersion(SQLModel, table=True):
    """Append-only: the newest agreed edition for business or for public-sector receivers. Always at the price in the shop."""

    __tablename__ = "receiver_version"
    __table_args__ = (
        CheckConstraint("per_gift_minor >= 0 AND per_year_minor >= 0 AND register_from_minor >= 0", name="thresholds"),
        STRICT,
    )
    id: int = row_id()
    receiver: Receiver = Field(sa_type=one_of(Receiver, "receiver"))
    currency: str = Field(max_length=3)
    zone: str = Field(max_length=60)
    per_gift_minor: int = minor()
    per_year_minor: int = minor()  # rolling 365 days
    register_from_minor: int = minor()  # a gift worth so much or more is in the register
    needs_agreement: bool = False
    set_by: int = ref("staff.id")
    set_at: datetime


class EditionOf(StrEnum):
    LIMIT = "limit"
    BUDGET = "budget"
    RECEIVER = "receiver"


class Agreement(SQLModel, table=True):
    """Append-only: what a second person said to an edition, once."""

    __tablename__ = "agreement"
    __table_args__ = STRICT
    edition_of: EditionOf = Field(sa_type=one_of(EditionOf, "edition_of"), primary_key=True)
    version_id: int = Field(sa_type=BigInteger, primary_key=True)
    is_agreed: bool
    said_by: int = ref("staff.id")
    said_at: datetime


class Delegation(SQLModel, table=True):
    """Somebody decides with another's authority while that one is away."""

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="days"),
        CheckConstraint("from_id <> to_id", name="two_people"),
        STRICT,
    )
    id: int = row_id()
    from_id: int = ref("staff.id", index=True)
    to_id: int = ref("staff.id", index=True)
    starts_on: date
    ends_on: date
    set_by: int = ref("staff.id")
    set_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: int | None = maybe_ref("staff.id")


# --- what was given -------------------------------------------------------------------------------------------------


class Offer(SQLModel, table=True):
    """A candidate as it was shown: the price a grant may be judged at. One per order (0: none), item and day."""

    __tablename__ = "offer"
    __table_args__ = (UniqueConstraint("customer_id", "order_key", "item_id", "shown_on"), STRICT)
    id: int = row_id()
    customer_id: int = ref("customer.id")
    order_id: int | None = maybe_ref("orders.id")
    order_key: int = Field(sa_type=BigInteger)  # order_id or 0, since NULLs are never equal in a unique index
    item_id: int = ref("item.id")
    shown_on: date
    shown_at: datetime
    price_minor: int = minor()
    cost_minor: int = minor()
    currency: str = Field(max_length=3)
    source: str = Field(max_length=20)
    because: list[int] = Field(sa_type=JSON)  # item ids, strongest first
    together: int = Field(sa_type=BigInteger)


class Approval(SQLModel, table=True):
    """A gift that somebody asked a second person for. Only its state and what follows it ever change, and once."""

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("value_minor >= 0", name="value"),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="second_person"),
        STRICT,
    )
    id: int = row_id()
    asked_by: int = ref("staff.id", index=True)
    customer_id: int = ref("customer.id", index=True)
    order_id: int | None = maybe_ref("orders.id")
    item_id: int = ref("item.id")
    price_minor: int = minor()  # as they were when it was asked
    cost_minor: int = minor()
    value_minor: int = minor()
    currency: str = Field(max_length=3)
    reason: str = Field(max_length=300)
    state: ApprovalState = Field(sa_type=one_of(ApprovalState, "state"), index=True)
    asked_at: datetime
    expires_at: datetime
    decided_by: int | None = maybe_ref("staff.id")
    on_behalf_of: int | None = maybe_ref("staff.id")  # whose authority it was, where that one was away
    decided_at: datetime | None = None
    answer: str = Field(default="", max_length=300)


class Grant(SQLModel, table=True):
    __tablename__ = "grants"  # GRANT is a word of SQL
    __table_args__ = (CheckConstraint("value_minor >= 0", name="value"), STRICT)
    id: int = row_id()
    staff_id: int = ref("staff.id", index=True)  # who gave, or asked
    customer_id: int = ref("customer.id", index=True)
    order_id: int | None = maybe_ref("orders.id", index=True)
    item_id: int = ref("item.id")
    price_minor: int = minor()
    cost_minor: int = minor()
    value_minor: int = minor()  # what the ceilings were charged: cost or price by the limit's basis
    currency: str = Field(max_length=3)
    limit_version_id: int = ref("limit_version.id")
    state: GrantState = Field(sa_type=one_of(GrantState, "state"), index=True)
    granted_at: datetime
    released_at: datetime | None = None
    committed_at: datetime | None = None
    approval_id: int | None = maybe_ref("approval.id")


class Bucket(SQLModel, table=True):
    """Running total of one scope and period. `limit_minor` is the largest ceiling that any grant into it was judged by."""

    __tablename__ = "bucket"
    __table_args__ = (CheckConstraint("spent_minor >= 0 AND spent_minor <= limit_minor", name="never_over"), STRICT)
    key: str = Field(max_length=120, primary_key=True)
    limit_minor: int = minor()
    spent_minor: int = minor()


class Ledger(SQLModel, table=True):
    """Append-only. For every bucket: spent_minor = sum of amount_minor here."""

    __tablename__ = "ledger"
    __table_args__ = (UniqueConstraint("grant_id", "bucket_key", "kind"), STRICT)
    id: int = row_id()
    grant_id: int = ref("grants.id")
    bucket_key: str = Field(max_length=120, foreign_key="bucket.key", index=True)
    kind: LedgerKind = Field(sa_type=one_of(LedgerKind, "kind"))
    amount_minor: int = minor()
    at: datetime
