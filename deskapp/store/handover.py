"""Answers that somebody will owe, to be handed over; promises and visits are in files of their own."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from deskapp.store.memory_tables import RequestVoice


def count_answers(session: Session) -> dict[int, int]:
    """Voices that nobody answered yet, by who heard them. One query."""
    query = (
        select(RequestVoice.heard_by, func.count())
        .where(col(RequestVoice.answered_at).is_(None))
        .group_by(col(RequestVoice.heard_by))
    )
    return dict(session.exec(query).all())


def list_answers_to_change_of(session: Session, staff_id: int) -> Sequence[RequestVoice]:
    """Locked until the transaction ends."""
    query = select(RequestVoice).where(RequestVoice.heard_by == staff_id, col(RequestVoice.answered_at).is_(None))
    return session.exec(query.order_by(col(RequestVoice.id)).with_for_update()).all()
