"""Gifts that were given, read for reports: by plain columns, since a report may look at 100,000 of them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, String, and_, case, cast, extract, func, literal, or_, type_coerce
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from deskapp.rules.exceptions import Given, Known
from deskapp.rules.people import Receiver
from deskapp.rules.stops import fold
from deskapp.store.customers import CALLED
from deskapp.store.gift_tables import (
    KEPT,
    Agreement,
    Approval,
    EditionOf,
    Grant,
    GrantState,
    LimitVersion,
    ReceiverVersion,
)
from deskapp.store.tables import Audit, Customer, Item, ItemKind, Staff

Editions = Sequence[tuple[ReceiverVersion, Agreement | None]]
RECEIVER_SET = "customer.receiver-set"  # the audit's word; its details say what it is and `was`

_IS_APPROVED = col(Grant.approval_id).is_not(None)
_CEILING = case((_IS_APPROVED, func.coalesce(LimitVersion.approves_up_to_minor, 0)), else_=LimitVersion.per_gift_minor)
_Decider, _Giver = aliased(Staff), aliased(Staff)


def _plain(claim: Any) -> Any:
    """Without a conversion in Python for each of many rows: 0 and 1 are claims enough."""
    return type_coerce(claim, Integer)


_GIVEN = (
    select_columns(
        col(Grant.staff_id),
        col(Grant.customer_id),
        cast(extract("epoch", col(Grant.granted_at)), BigInteger),
        col(Grant.price_minor),
        col(Grant.value_minor),
        _CEILING,
        col(Grant.currency),
        _plain(_IS_APPROVED),
        _plain(col(Grant.state).in_(KEPT)),
        _plain(col(Grant.state) == GrantState.RESERVED),
        _plain(col(Grant.state) == GrantState.UNDONE),
    )
    .join(LimitVersion, col(LimitVersion.id) == Grant.limit_version_id)
    .order_by(col(Grant.id))
)


def list_given(session: Session, since: datetime) -> list[Given]:
    """Everybody's, oldest first. One query; 100,000 in half a second."""
    return [Given._make(row) for row in session.connection().execute(_GIVEN.where(col(Grant.granted_at) >= since))]


def customers_like_staff(session: Session, since: datetime) -> tuple[list[Known], list[Known]]:
    """Customers who were given something and are called like somebody of the staff, or write from their account; and the
    staff. Two queries.
    """
    staff = [Known(one, fold(name), account.casefold()) for one, name, account in session.exec(_EVERYBODY)]
    given = select(Grant.customer_id).where(col(Grant.granted_at) >= since)
    query = select(Customer.id, Customer.name_folded, func.coalesce(Customer.email_folded, "")).where(
        col(Customer.id).in_(given),
        or_(
            col(Customer.name_folded).in_([one.name for one in staff]),
            col(Customer.email_folded).in_([one.account for one in staff]),
            *_mailboxes([one.account for one in staff]),
        ),
    )
    return [Known(*row) for row in session.exec(query)], staff


_EVERYBODY = select(Staff.id, Staff.name, Staff.username)


def _mailboxes(accounts: Collection[str]) -> list[Any]:
    """By length, since neither engine has the other's way to cut a text at its @."""
    by_length: dict[int, list[str]] = defaultdict(list)
    for account in accounts:
        by_length[len(account) + 1].append(f"{account}@")
    return [func.substr(Customer.email_folded, 1, n).in_(starts) for n, starts in by_length.items()]


def list_prices(session: Session, up_to_minor: int) -> list[tuple[int, str, int]]:
    """Price, currency and number of all items that may be given and cost no more. One query."""
    query = (
        select(Item.price_minor, Item.currency, func.count())
        .where(col(Item.is_giftable), Item.kind != ItemKind.GIFT_CARD, Item.price_minor <= up_to_minor)
        .group_by(col(Item.price_minor), col(Item.currency))
    )
    return list(session.exec(query))


# --- one giver's ----------------------------------------------------------------------------------------------------


class Own(NamedTuple):
    granted_at: datetime
    customer_id: int
    customer: str
    item: str
    value_minor: int
    currency: str
    state: GrantState
    approver: str | None


def list_own(session: Session, staff_id: int, since: datetime) -> list[Own]:
    """Newest first. One query."""
    query = (
        select_columns(
            col(Grant.granted_at),
            col(Grant.customer_id),
            CALLED,
            col(Item.name),
            col(Grant.value_minor),
            col(Grant.currency),
            col(Grant.state),
            col(_Decider.name),
        )
        .join(Customer, col(Customer.id) == Grant.customer_id)
        .join(Item, col(Item.id) == Grant.item_id)
        .outerjoin(Approval, col(Approval.id) == Grant.approval_id)
        .outerjoin(_Decider, col(_Decider.id) == Approval.decided_by)
        .where(col(Grant.staff_id) == staff_id, col(Grant.granted_at) >= since)
        .order_by(col(Grant.granted_at).desc(), col(Grant.id).desc())
    )
    return [Own._make(row) for row in session.connection().execute(query)]


class Lent(NamedTuple):
    granted_at: datetime
    value_minor: int
    currency: str


def list_lent(session: Session, staff_id: int, since: datetime) -> list[Lent]:
    """Colleagues' kept gifts that were approved with this person's authority, by whomever. One query."""
    query = (
        select_columns(col(Grant.granted_at), col(Grant.value_minor), col(Grant.currency))
        .join(Approval, col(Approval.id) == Grant.approval_id)
        .where(
            func.coalesce(Approval.on_behalf_of, Approval.decided_by) == staff_id,
            col(Grant.granted_at) >= since,
            col(Grant.state).in_(KEPT),
        )
    )
    return [Lent._make(row) for row in session.connection().execute(query)]


def list_kept_prices(session: Session, customer_id: int, since: datetime) -> list[tuple[int, str]]:
    """Price and currency of each gift that one customer kept. One query."""
    selves = select(Customer.id).where(or_(col(Customer.id) == customer_id, col(Customer.merged_into) == customer_id))
    query = select(Grant.price_minor, Grant.currency).where(
        col(Grant.customer_id).in_(selves), col(Grant.granted_at) >= since, col(Grant.state).in_(KEPT)
    )
    return list(session.exec(query))


# --- business and public-sector receivers ---------------------------------------------------------------------------


class ToReceiver(NamedTuple):
    grant_id: int
    granted_at: datetime
    customer_id: int
    customer: str
    receiver: Receiver  # today
    item: str
    price_minor: int
    currency: str
    giver: str
    approver: str | None
    reason: str | None
    state: GrantState


class Change(NamedTuple):
    at: datetime
    was: Receiver


def list_receiver_changes(session: Session) -> dict[int, list[Change]]:
    """By customer, the oldest first. One query over the whole audit."""
    changes: dict[int, list[Change]] = defaultdict(list)
    query = select(Audit.subject, Audit.at, Audit.details).where(Audit.action == RECEIVER_SET).order_by(col(Audit.id))
    for subject, at, details in session.exec(query):
        changes[int(subject.removeprefix("customer:"))].append(Change(at, Receiver(details["was"])))
    return dict(changes)


def list_to_receivers(session: Session, since: datetime, until: datetime) -> list[ToReceiver]:
    """Gifts to those who are no private persons or ever were none; newest first, whatever became of them. One query."""
    changed = select(Audit.subject).where(Audit.action == RECEIVER_SET)
    subject = literal("customer:") + cast(col(Customer.id), String)
    query = (
        select_columns(
            col(Grant.id),
            col(Grant.granted_at),
            col(Grant.customer_id),
            CALLED,
            col(Customer.receiver),
            col(Item.name),
            col(Grant.price_minor),
            col(Grant.currency),
            col(_Giver.name),
            col(_Decider.name),
            col(Approval.reason),
            col(Grant.state),
        )
        .join(Customer, col(Customer.id) == Grant.customer_id)
        .join(Item, col(Item.id) == Grant.item_id)
        .join(_Giver, col(_Giver.id) == Grant.staff_id)
        .outerjoin(Approval, col(Approval.id) == Grant.approval_id)
        .outerjoin(_Decider, col(_Decider.id) == Approval.decided_by)
        .where(
            col(Grant.granted_at) >= since,
            col(Grant.granted_at) < until,
            or_(col(Customer.receiver) != Receiver.PERSON, subject.in_(changed)),
        )
        .order_by(col(Grant.granted_at).desc(), col(Grant.id).desc())
    )
    return [ToReceiver._make(row) for row in session.connection().execute(query)]


def list_receiver_editions(session: Session) -> Editions:
    """All there ever were, oldest first, each with what a second person said to it. One query."""
    said = and_(col(Agreement.edition_of) == EditionOf.RECEIVER, col(Agreement.version_id) == ReceiverVersion.id)
    query = select(ReceiverVersion, Agreement).join(Agreement, said, isouter=True).order_by(col(ReceiverVersion.id))
    return [(version, agreement) for version, agreement in session.exec(query).all()]


def first_granted_at(session: Session) -> datetime | None:
    return session.exec(select(func.min(Grant.granted_at))).one()
