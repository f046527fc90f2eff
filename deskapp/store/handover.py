"""Answers that somebody will owe, to be handed over; promises and visits are in files of their own."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from deskapp.store.memory_tables import RequestVoice
from deskapp.store.requests import owed_by
from deskapp.store.tables import Customer

# nobody owes a former customer anything
_IS_OF_SOMEBODY = col(RequestVoice.customer_id).in_(select(Customer.id).where(col(Customer.erased_at).is_(None)))
_WHO = func.coalesce(RequestVoice.owed_by, RequestVoice.heard_by)


def count_answers(session: Session) -> dict[int, int]:
    """Voices that nobody answered yet, by who owes them. One query."""
    query = select(_WHO, func.count()).where(col(RequestVoice.answered_at).is_(None), _IS_OF_SOMEBODY).group_by(_WHO)
    return dict(session.exec(query).all())


def list_answers_to_change_of(session: Session, staff_id: int) -> Sequence[RequestVoice]:
    """Locked until the transaction ends."""
    query = select(RequestVoice).where(owed_by([staff_id]), col(RequestVoice.answered_at).is_(None), _IS_OF_SOMEBODY)
    return session.exec(query.order_by(col(RequestVoice.id)).with_for_update()).all()
