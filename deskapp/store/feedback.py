"""Questions about how it was: for which parcels, and what is known of whom they would go to."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.store.card_tables import AskState, FeedbackAsk, FeedbackPolicy
from deskapp.store.gift_tables import Grant, GrantState
from deskapp.store.insert import insert_once
from deskapp.store.memory_tables import Note, Preference, PreferenceKind
from deskapp.store.privacy_tables import Hold
from deskapp.store.tables import Audit, Customer, Delivery, Order, Problem, Staff

SEEN = "feedback.seen"  # the audit's word: somebody read an answer that was not a yes
_PUT = (AskState.ASKED, AskState.ANSWERED, AskState.LAPSED)
_MOST_VERSIONS = 200


class Parcel(NamedTuple):
    delivery: Delivery
    order: Order
    customer: Customer


class Arrived(NamedTuple):
    delivery_id: int
    customer_id: int
    delivered_at: datetime
    zone: str | None  # of the customer


class Due(NamedTuple):
    """An ask whose day has come at the latest where the day is furthest; `day` and `zone` say whether it has there."""

    ask_id: int
    customer_id: int  # whose the order is
    day: date
    zone: str | None


class Trouble(NamedTuple):
    customer_id: int
    order_id: int | None
    since: datetime
    until: datetime | None


class Declined(NamedTuple):
    customer_id: int
    order_id: int | None
    at: datetime


# --- the policy ------------------------------------------------------------------------------------------------------


def list_policies(session: Session) -> list[tuple[FeedbackPolicy, str]]:
    """The newest first, with who set it. One query."""
    query = (
        select(FeedbackPolicy, Staff.name)
        .join(Staff, col(Staff.id) == FeedbackPolicy.set_by)
        .order_by(col(FeedbackPolicy.id).desc())
        .limit(_MOST_VERSIONS)
    )
    return [(policy, name) for policy, name in session.exec(query).all()]


def find_policy(session: Session) -> FeedbackPolicy | None:
    """The one that counts."""
    return session.exec(select(FeedbackPolicy).order_by(col(FeedbackPolicy.id).desc()).limit(1)).first()


def find_on_since(session: Session) -> datetime | None:
    """Since when asking is switched on without a break; None while it is off. One query."""
    last_off = select(func.max(FeedbackPolicy.id)).where(col(FeedbackPolicy.is_on).is_(False)).scalar_subquery()
    query = select(func.min(FeedbackPolicy.set_at)).where(col(FeedbackPolicy.id) > func.coalesce(last_off, 0))
    return session.exec(query).one()


# --- asks ------------------------------------------------------------------------------------------------------------


def list_unasked(session: Session, *, since: datetime, limit: int) -> list[Arrived]:
    """Parcels delivered since then that nobody thought of yet; the oldest first."""
    query: Any = (
        select_columns(col(Delivery.id), col(Order.customer_id), col(Delivery.delivered_at), col(Customer.zone))
        .join(Order, col(Order.id) == Delivery.order_id)
        .join(Customer, col(Customer.id) == Order.customer_id)
        .where(
            col(Delivery.delivered_at) >= since,
            col(Delivery.returned_at).is_(None),
            col(Customer.erased_at).is_(None),
            col(Customer.merged_into).is_(None),
            ~exists().where(col(FeedbackAsk.delivery_id) == col(Delivery.id)),
        )
        .order_by(col(Delivery.delivered_at), col(Delivery.id))
        .limit(limit)
    )
    return [Arrived(*row) for row in session.connection().execute(query)]


def add_waiting(session: Session, delivery_id: int, customer_id: int, due_on: date) -> bool:
    """False where the delivery has one already."""
    return insert_once(
        session, FeedbackAsk, delivery_id=delivery_id, customer_id=customer_id, state=AskState.WAITING, due_on=due_on
    )


def list_due(session: Session, *, today: date, after_id: int, limit: int) -> list[Due]:
    """Those that wait and whose day has come, by the ask; `today` where it is furthest. Nothing is locked. One query."""
    query: Any = (
        select_columns(col(FeedbackAsk.id), col(Order.customer_id), col(FeedbackAsk.due_on), col(Customer.zone))
        .join(Delivery, col(Delivery.id) == FeedbackAsk.delivery_id)
        .join(Order, col(Order.id) == Delivery.order_id)
        .join(Customer, col(Customer.id) == Order.customer_id)
        .where(
            col(FeedbackAsk.state) == AskState.WAITING,
            col(FeedbackAsk.due_on) <= today,
            col(FeedbackAsk.id) > after_id,
        )
        .order_by(col(FeedbackAsk.id))
        .limit(limit)
    )
    return [Due(*row) for row in session.connection().execute(query)]


def lock_in_state(session: Session, ask_ids: Collection[int], state: AskState) -> list[FeedbackAsk]:
    """Those that are in it still, by id; those that somebody else decides at the moment are left to them."""
    query = (
        select(FeedbackAsk)
        .where(col(FeedbackAsk.id).in_(ask_ids), FeedbackAsk.state == state)
        .order_by(col(FeedbackAsk.id))
        .with_for_update(skip_locked=True)
    )
    return list(session.exec(query).all())


def list_lapsing(session: Session, *, today: date, after_id: int, limit: int) -> list[Due]:
    """Those that were asked and whose last day, `day`, is over; `today` where it is furthest. Nothing is locked. One query."""
    query: Any = (
        select_columns(
            col(FeedbackAsk.id), col(FeedbackAsk.customer_id), col(FeedbackAsk.lapses_on), col(Customer.zone)
        )
        .join(Customer, col(Customer.id) == FeedbackAsk.customer_id)
        .where(
            col(FeedbackAsk.state) == AskState.ASKED, col(FeedbackAsk.lapses_on) < today, col(FeedbackAsk.id) > after_id
        )
        .order_by(col(FeedbackAsk.id))
        .limit(limit)
    )
    return [Due(*row) for row in session.connection().execute(query)]


def find_by_delivery(session: Session, delivery_id: int) -> FeedbackAsk | None:
    return session.exec(select(FeedbackAsk).where(FeedbackAsk.delivery_id == delivery_id)).one_or_none()


def lock_ask(session: Session, ask_id: int, *, waits: bool) -> FeedbackAsk | None:
    """As it is now, locked until the transaction ends; None if it is gone, or, unless this `waits`, held by somebody else."""
    query = select(FeedbackAsk).where(FeedbackAsk.id == ask_id).with_for_update(skip_locked=not waits)
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()


def whose(session: Session, delivery_id: int) -> int | None:
    """The customer whose order it is today."""
    query = (
        select(Order.customer_id).join(Delivery, col(Delivery.order_id) == Order.id).where(Delivery.id == delivery_id)
    )
    return session.exec(query).one_or_none()


def find_by_hash(session: Session, token_hash: str) -> FeedbackAsk | None:
    return session.exec(select(FeedbackAsk).where(FeedbackAsk.token_hash == token_hash)).one_or_none()


def get_ask(session: Session, ask_id: int) -> FeedbackAsk | None:
    return session.get(FeedbackAsk, ask_id)


def list_asks(session: Session, customer_id: int, limit: int) -> list[tuple[FeedbackAsk, str, str | None]]:
    """With the order's number and the zone of the customer; the newest first. One query."""
    query = (
        select(FeedbackAsk, Order.external_id, Customer.zone)
        .join(Delivery, col(Delivery.id) == FeedbackAsk.delivery_id)
        .join(Order, col(Order.id) == Delivery.order_id)
        .join(Customer, col(Customer.id) == FeedbackAsk.customer_id)
        .where(FeedbackAsk.customer_id == customer_id)
        .order_by(col(FeedbackAsk.id).desc())
        .limit(limit)
    )
    return [(ask, order, zone) for ask, order, zone in session.exec(query).all()]


def list_answers(
    session: Session, answers: Collection[str], *, since: datetime, due_since: date, staff_id: int | None, limit: int
) -> list[tuple[FeedbackAsk, str, str]]:
    """With the order's number and the customer's name, the newest first; of cards that one of the staff wrote, or, None, all."""
    query = (
        select(FeedbackAsk, Order.external_id, Customer.name)
        .join(Delivery, col(Delivery.id) == FeedbackAsk.delivery_id)
        .join(Order, col(Order.id) == Delivery.order_id)
        .join(Customer, col(Customer.id) == FeedbackAsk.customer_id)
        .where(
            FeedbackAsk.state == AskState.ANSWERED,
            col(FeedbackAsk.due_on) >= due_since,
            col(FeedbackAsk.answered_at) >= since,
            col(FeedbackAsk.answer).in_(answers),
            col(Customer.erased_at).is_(None),
        )
        .order_by(col(FeedbackAsk.answered_at).desc(), col(FeedbackAsk.id).desc())
        .limit(limit)
    )
    if staff_id is not None:
        query = query.where(or_(col(Delivery.card_by) == staff_id, col(Delivery.signed_by) == staff_id))
    return [(ask, order, name) for ask, order, name in session.exec(query).all()]


def list_seen(session: Session, customer_ids: Collection[int]) -> set[int]:
    """Asks whose answer somebody has seen to, of whoever joined these customers, too. By the audit: the rows say nothing of it."""
    if not customer_ids:
        return set()
    selves = select(Customer.id).where(
        or_(col(Customer.id).in_(customer_ids), col(Customer.merged_into).in_(customer_ids))
    )
    subjects = [f"customer:{one}" for one in session.exec(selves).all()]
    lines = select(Audit.details).where(col(Audit.subject).in_(subjects), Audit.action == SEEN)
    return {int(details["ask"]) for details in session.exec(lines).all()}


# --- what is known ---------------------------------------------------------------------------------------------------


def parcels_of(session: Session, delivery_ids: Sequence[int]) -> dict[int, Parcel]:
    """By delivery, with whom the order is of today. One query."""
    query = (
        select(Delivery, Order, Customer)
        .join(Order, col(Order.id) == Delivery.order_id)
        .join(Customer, col(Customer.id) == Order.customer_id)
        .where(col(Delivery.id).in_(delivery_ids))
    )
    return {delivery.id: Parcel(delivery, order, customer) for delivery, order, customer in session.exec(query).all()}


def list_delivered(session: Session, *, since: datetime, limit: int) -> list[Parcel]:
    """Parcels delivered since then, the oldest first. One query."""
    query = (
        select(Delivery, Order, Customer)
        .join(Order, col(Order.id) == Delivery.order_id)
        .join(Customer, col(Customer.id) == Order.customer_id)
        .where(col(Delivery.delivered_at) >= since)
        .order_by(col(Delivery.delivered_at), col(Delivery.id))
        .limit(limit)
    )
    return [Parcel(*row) for row in session.exec(query).all()]


def lock_customers(session: Session, customer_ids: Collection[int]) -> None:
    """Whoever else decides about one of them waits, so that of two questions at once the second sees the first. Before any of
    their asks, as whoever joins two customers does, or each would wait for the other.
    """
    query = select(Customer.id).where(col(Customer.id).in_(customer_ids)).order_by(col(Customer.id))
    session.exec(query.with_for_update(key_share=True)).all()


def list_troubles(session: Session, customer_ids: Collection[int], *, since: datetime) -> list[Trouble]:
    """Problems that were open at any time since then. One query."""
    query = select(Problem.customer_id, Problem.order_id, Problem.noted_at, Problem.solved_at).where(
        col(Problem.customer_id).in_(customer_ids),
        or_(col(Problem.solved_at).is_(None), col(Problem.solved_at) >= since),
    )
    return [Trouble(*row) for row in session.exec(query).all()]


def list_disputes(session: Session, customer_ids: Collection[int], *, since: datetime) -> list[Trouble]:
    query = select(Hold.customer_id, Hold.placed_at, Hold.lifted_at).where(
        col(Hold.customer_id).in_(customer_ids), or_(col(Hold.lifted_at).is_(None), col(Hold.lifted_at) >= since)
    )
    return [Trouble(customer_id, None, at, until) for customer_id, at, until in session.exec(query).all()]


def list_declined(session: Session, customer_ids: Collection[int]) -> list[Declined]:
    """Gifts that the customer, or whoever was joined with them, did not want: gifts stay with whom they were given to. One
    query.
    """
    at = func.coalesce(Grant.released_at, Grant.granted_at)
    holder = func.coalesce(Customer.merged_into, Customer.id)
    query: Any = (
        select_columns(holder, col(Grant.order_id), at)
        .join(Customer, col(Customer.id) == Grant.customer_id)
        .where(
            or_(col(Customer.id).in_(customer_ids), col(Customer.merged_into).in_(customer_ids)),
            col(Grant.state) == GrantState.DECLINED,
        )
    )
    return [Declined(*row) for row in session.connection().execute(query)]


def list_declined_with(session: Session, order_ids: Collection[int]) -> list[tuple[int, datetime]]:
    """(order, when) of gifts in these orders that were not wanted, whoever they were given to. One query."""
    at = func.coalesce(Grant.released_at, Grant.granted_at)
    query = select(Grant.order_id, at).where(col(Grant.order_id).in_(order_ids), Grant.state == GrantState.DECLINED)
    return [(order_id, when) for order_id, when in session.exec(query).all() if order_id is not None]


def list_wishes(session: Session, customer_ids: Collection[int]) -> list[tuple[int, PreferenceKind, str]]:
    """What they wish of questions and of contact, and was not withdrawn; neither ever fades. One query."""
    query = select(Preference.customer_id, Preference.kind, Preference.value).where(
        col(Preference.customer_id).in_(customer_ids),
        col(Preference.kind).in_([PreferenceKind.NO_QUESTIONS, PreferenceKind.CONTACT]),
        col(Preference.withdrawn_at).is_(None),
    )
    return [(customer_id, PreferenceKind(kind), value) for customer_id, kind, value in session.exec(query).all()]


def last_asked(session: Session, customer_ids: Collection[int]) -> dict[int, datetime]:
    """When each was asked last, about whatever parcel; absent if never. One query."""
    query = (
        select(FeedbackAsk.customer_id, func.max(FeedbackAsk.decided_at))
        .where(col(FeedbackAsk.customer_id).in_(customer_ids), col(FeedbackAsk.state).in_(_PUT))
        .group_by(col(FeedbackAsk.customer_id))
    )
    return {customer_id: at for customer_id, at in session.exec(query).all() if at is not None}


def words_of(session: Session, note_ids: Collection[int]) -> dict[int, str]:
    """Of notes that stand. One query."""
    query = select(Note.id, Note.text).where(col(Note.id).in_(note_ids), col(Note.retracted_at).is_(None))
    return dict(session.exec(query).all())


def wrote_card(session: Session, delivery_id: int, staff_id: int) -> bool:
    delivery = session.get(Delivery, delivery_id)
    return delivery is not None and staff_id in {delivery.card_by, delivery.signed_by}
