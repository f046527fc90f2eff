"""What has been kept long enough, by kind, and its removal; nothing of whoever is held."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlmodel import Session, col

from deskapp.rules.retention import TERMS, Kind
from deskapp.store.card_tables import FeedbackAsk
from deskapp.store.gift_tables import Grant, Offer
from deskapp.store.memory_tables import (
    Interaction,
    Note,
    NoteKind,
    NoteRevision,
    Occasion,
    Preference,
    Promise,
    ProposalDeclined,
    RequestVoice,
    Visit,
)
from deskapp.store.personal import FORMER
from deskapp.store.privacy_tables import Hold, PersonalExport, RetentionRule, View
from deskapp.store.requests import forget_titles
from deskapp.store.tables import Customer, Delivery, Idempotency, Order, Problem, Staff


class Due(NamedTuple):
    """Of one kind: how many rows, of how many customers, and the newest of them."""

    rows: int
    customers: int
    newest_at: datetime | None


class Said(NamedTuple):
    days: int | None
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where the rows of a kind are. `at`: when the thing itself was last of use; `which`: those that may go at all."""

    table: Any
    at: Any
    which: ColumnElement[bool] | None = None
    on: Any = None  # the day it is about, which may be to come
    review_on: Any = None  # until that day somebody said it is still so


_WORDED_AT = func.coalesce(
    select(func.max(NoteRevision.written_at)).where(col(NoteRevision.note_id) == Note.id).scalar_subquery(),
    Note.written_at,
)
_KEPT: dict[Kind, _Kept] = {
    Kind.NOTES: _Kept(Note, _WORDED_AT, col(Note.kind) == NoteKind.OBSERVATION),
    Kind.OPINIONS: _Kept(Note, _WORDED_AT, col(Note.kind) == NoteKind.OPINION, review_on=col(Note.review_on)),
    Kind.INFERRED: _Kept(
        Preference,
        Preference.heard_at,
        and_(col(Preference.is_stated).is_(False), col(Preference.withdrawn_at).is_(None)),
        review_on=col(Preference.review_on),
    ),
    Kind.PROMISES: _Kept(Promise, func.coalesce(Promise.kept_at, Promise.dropped_at)),
    Kind.VISITS: _Kept(
        Visit, func.coalesce(Visit.came_at, Visit.cancelled_at, Visit.noted_at), on=col(Visit.expected_on)
    ),
    Kind.REQUESTS: _Kept(RequestVoice, RequestVoice.heard_at, col(RequestVoice.words) != FORMER),
    Kind.WITHDRAWN: _Kept(Preference, Preference.withdrawn_at),
    Kind.OFFERS: _Kept(Offer, Offer.shown_at),
    Kind.VIEWS: _Kept(View, View.viewed_at),
    Kind.EXPORTS: _Kept(PersonalExport, PersonalExport.asked_at, col(PersonalExport.body).is_(None)),
}


# --- rules ----------------------------------------------------------------------------------------------------------


def said(session: Session) -> dict[Kind, Said]:
    """The newest word on each kind that somebody has spoken of."""
    newest = select(func.max(RetentionRule.id)).group_by(col(RetentionRule.kind))
    query = (
        select(col(RetentionRule.kind), col(RetentionRule.days), col(Staff.name), col(RetentionRule.set_at))
        .join(Staff, col(Staff.id) == RetentionRule.set_by)
        .where(col(RetentionRule.id).in_(newest))
    )
    return {Kind(kind): Said(days, name, at) for kind, days, name, at in session.connection().execute(query)}


def setter_of(session: Session, kind: Kind) -> int:
    """Who said last how long it is kept."""
    query = select(col(RetentionRule.set_by)).where(col(RetentionRule.kind) == kind)
    return int(session.connection().execute(query.order_by(col(RetentionRule.id).desc()).limit(1)).scalar_one())


# --- what is due ----------------------------------------------------------------------------------------------------


def due(session: Session, kind: Kind, before: datetime, today: date) -> Due:
    """One query, which reads the rows of the kind once."""
    if kind is Kind.CUSTOMERS:
        count = session.connection().execute(select(func.count()).select_from(_idle(before).subquery())).scalar_one()
        return Due(count, count, None)
    if kind is Kind.ANSWERS:
        old = col(Idempotency.created_at) < before
        rows, newest = (
            session.connection().execute(select(func.count(), func.max(Idempotency.created_at)).where(old)).one()
        )
        return Due(rows, 0, newest)
    kept = _KEPT[kind]
    query = select(
        func.count(), func.count(func.distinct(kept.table.customer_id)), func.max(kept.at, type_=_MOMENT)
    ).where(_is_due(kind, before, today))
    return Due(*session.connection().execute(query).one())


def list_idle(session: Session, before: datetime, limit: int) -> list[int]:
    """Customers who did nothing since then, and something before: of whom nothing is known at all, nobody can say since when."""
    return list(session.connection().execute(_idle(before).order_by(col(Customer.id)).limit(limit)).scalars())


def is_idle(session: Session, customer_id: int, before: datetime) -> bool:
    """Asked anew, since somebody may have held or erased them meanwhile; locked until the transaction ends."""
    this = col(Customer.id) == customer_id
    _run(session, select(col(Customer.id)).where(this).with_for_update())
    return session.connection().execute(_idle(before).where(this)).first() is not None


def take(session: Session, kind: Kind, before: datetime, today: date, limit: int) -> Counter[int]:
    """At most so many rows go. Customer -> how many of theirs."""
    kept = _KEPT[kind]
    query = select(col(kept.table.id), col(kept.table.customer_id)).where(_is_due(kind, before, today))
    found = session.connection().execute(query.order_by(col(kept.table.id)).limit(limit)).all()
    _remove(session, kind, [key for key, _ in found])
    return Counter(customer_id for _, customer_id in found)


def take_answers(session: Session, before: datetime, limit: int) -> int:
    old = select(col(Idempotency.scope), col(Idempotency.key)).where(col(Idempotency.created_at) < before).limit(limit)
    keys = session.connection().execute(old).all()
    for scope, key in keys:
        this = (col(Idempotency.scope) == scope, col(Idempotency.key) == key)
        session.connection().execute(delete(Idempotency).where(*this))
    return len(keys)


def _is_due(kind: Kind, before: datetime, today: date) -> ColumnElement[bool]:
    kept = _KEPT[kind]
    conditions = [kept.at < before, ~_held(kept.table.customer_id)]
    if kept.which is not None:
        conditions.append(kept.which)
    if kept.on is not None:
        conditions.append(kept.on < before.date())
    if kept.review_on is not None:
        conditions.append(or_(kept.review_on.is_(None), kept.review_on <= today))
    if TERMS[kind].from_activity:
        conditions += [~active for active in _active(kept.table.customer_id, before)]
    return and_(*conditions)


def _idle(before: datetime) -> Any:
    """Living customers whose last activity was before, and who had one, and with whom nothing is going on."""
    owner = col(Customer.id)
    was_there = or_(*_active(owner, None), col(Customer.joined_on) < before.date())
    alive = (col(Customer.erased_at).is_(None), col(Customer.merged_into).is_(None), ~_held(owner))
    kept = [*_active(owner, before), *_going_on(owner, before)]
    return select(owner).where(*alive, was_there, *(~one for one in kept))


def _active(owner: Any, since: datetime | None) -> list[ColumnElement[bool]]:
    """Whether the customer ordered, received, talked or was given something since then; None: ever."""

    def after(at: Any) -> list[ColumnElement[bool]]:
        return [at.is_not(None)] if since is None else [at >= since]

    arrived = select(col(Delivery.id)).join(Order, col(Order.id) == Delivery.order_id)
    return [
        exists().where(col(Order.customer_id) == owner, *after(col(Order.placed_at))),
        exists().where(col(Interaction.customer_id) == owner, *after(col(Interaction.happened_at))),
        exists().where(col(Grant.customer_id) == owner, *after(col(Grant.granted_at))),
        arrived.where(col(Order.customer_id) == owner, *after(col(Delivery.delivered_at))).exists(),
    ]


def _going_on(owner: Any, since: datetime) -> list[ColumnElement[bool]]:
    """Whether something is open with the customer, or was heard of them since then: no activity of theirs, yet they are not gone."""
    is_open = and_(col(Promise.kept_at).is_(None), col(Promise.dropped_at).is_(None))
    return [
        exists().where(col(Promise.customer_id) == owner, or_(is_open, col(Promise.made_at) >= since)),
        exists().where(col(Visit.customer_id) == owner, col(Visit.expected_on) >= since.date()),
        exists().where(col(Problem.customer_id) == owner, col(Problem.solved_at).is_(None)),
        *(
            exists().where(col(heard.customer_id) == owner, col(heard.heard_at) >= since)
            for heard in (Preference, RequestVoice, Occasion)
        ),
    ]


def _held(owner: Any) -> ColumnElement[bool]:
    return exists().where(col(Hold.customer_id) == owner, col(Hold.lifted_at).is_(None))


# --- removing -------------------------------------------------------------------------------------------------------


def _remove(session: Session, kind: Kind, ids: Sequence[int]) -> None:
    table = _KEPT[kind].table
    if table is Note:
        _remove_notes(session, ids)
    elif kind is Kind.REQUESTS:
        forget_titles(session, table.id.in_(ids))
        _run(session, update(table).where(col(table.id).in_(ids)).values(words=FORMER, would_let=""))
    else:
        _run(session, delete(table).where(col(table.id).in_(ids)))


def _remove_notes(session: Session, ids: Collection[int]) -> None:
    """With their wordings, and the talks of which nothing else was written. A preference stays, without where it was read."""
    talks = list(session.connection().execute(select(col(Note.interaction_id)).where(col(Note.id).in_(ids))).scalars())
    for reader in (Preference, FeedbackAsk):
        _run(session, update(reader).where(col(reader.note_id).in_(ids)).values(note_id=None))
    for table in (ProposalDeclined, NoteRevision):
        _run(session, delete(table).where(col(table.note_id).in_(ids)))
    _run(session, delete(Note).where(col(Note.id).in_(ids)))
    is_bare = ~exists().where(col(Note.interaction_id) == Interaction.id)
    _run(session, delete(Interaction).where(col(Interaction.id).in_(talks), is_bare))


def _run(session: Session, statement: Any) -> None:
    session.connection().execute(statement)


_MOMENT = Note.__table__.c.written_at.type  # type: ignore[attr-defined]
