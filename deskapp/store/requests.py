"""What customers ask for: topics, and who asked for them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, literal, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules import requests as rules
from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.customers import CALLED
from deskapp.store.memory_tables import RequestTopic, RequestVoice
from deskapp.store.tables import Audit, Customer, Staff


class Voice(NamedTuple):
    """What is counted of a voice, without its words."""

    topic_id: int
    customer_id: int
    heard_by: int
    heard_at: datetime
    is_used: bool | None


class Said(NamedTuple):
    """A voice with its words, the customer's name and the hearer's."""

    voice: RequestVoice
    customer: str
    hearer: str


class Line(NamedTuple):
    """What became of a topic, without anybody's words."""

    action: str
    at: datetime
    by: str | None
    details: dict[str, Any]


def list_topics(session: Session) -> list[RequestTopic]:
    """All there ever were, those that were merged too; some hundreds."""
    return list(session.exec(select(RequestTopic).order_by(col(RequestTopic.id))).all())


def list_voices(session: Session) -> list[Voice]:
    """All of them, the oldest first; 16 bytes of what matters of each, so that some ten thousand are counted at once."""
    columns = (
        col(RequestVoice.topic_id),
        col(RequestVoice.customer_id),
        col(RequestVoice.heard_by),
        col(RequestVoice.heard_at),
        col(RequestVoice.is_used),
    )
    found = session.connection().execute(select_columns(*columns).order_by(col(RequestVoice.id)))
    return [Voice(*row) for row in found]


def list_words(session: Session, topic_ids: Collection[int]) -> list[tuple[int, str]]:
    """(topic, words) of every voice."""
    query = select(RequestVoice.topic_id, RequestVoice.words).where(col(RequestVoice.topic_id).in_(list(topic_ids)))
    return [(topic, words) for topic, words in session.exec(query).all()]


def list_said(
    session: Session,
    *,
    topic_ids: Collection[int] | None = None,
    customer_id: int | None = None,
) -> list[Said]:
    """The newest first; None does not narrow. One query."""
    query = _SAID
    if topic_ids is not None:
        query = query.where(col(RequestVoice.topic_id).in_(list(topic_ids)))
    if customer_id is not None:
        query = query.where(RequestVoice.customer_id == customer_id)
    return [Said(*row) for row in session.exec(query).all()]


def list_due(
    session: Session, hearers: Collection[int], decided: Mapping[int, datetime], released: Collection[int]
) -> list[Said]:
    """Of customers who are still here the voices to answer or to ask about their use, the newest first. One query at most.

    `decided`: topic -> when something became of it; `released`: topics whose use is asked about by now.
    """
    if not decided:
        return []
    voice, at = RequestVoice, col(RequestVoice.answered_at)
    since = case(*((col(voice.topic_id) == topic, literal(when, _MOMENT)) for topic, when in decided.items()))
    is_owed = and_(col(voice.topic_id).in_(list(decided)), or_(at.is_(None), at < since))
    asks_use = and_(col(voice.topic_id).in_(list(released)), col(voice.is_used).is_(None))
    is_theirs = (owed_by(hearers), col(Customer.erased_at).is_(None))
    return [Said(*row) for row in session.exec(_SAID.where(*is_theirs, or_(is_owed, asks_use))).all()]


_MOMENT = RequestVoice.__table__.c.answered_at.type  # type: ignore[attr-defined]
_SAID = (
    select(RequestVoice, CALLED, Staff.name)
    .join(Customer, col(Customer.id) == RequestVoice.customer_id)
    .join(Staff, col(Staff.id) == RequestVoice.heard_by)
    .order_by(col(RequestVoice.id).desc())
)


def forget_titles(session: Session, whose: ColumnElement[bool]) -> None:
    """Call it before the words of these voices go: topics that are called as one of them says have another name from now on."""
    said = select(RequestTopic, RequestVoice.words).join(RequestVoice, col(RequestVoice.topic_id) == RequestTopic.id)
    for topic, words in session.exec(said.where(whose)).all():
        if topic.title == rules.title_of(words):
            topic.title = rules.FORGOTTEN
    session.flush()


def owed_by(staff_ids: Collection[int]) -> ColumnElement[bool]:
    """Voices whose answer one of these owes; by two indexes."""
    took, heard = col(RequestVoice.owed_by), col(RequestVoice.heard_by)
    return or_(took.in_(list(staff_ids)), and_(took.is_(None), heard.in_(list(staff_ids))))


def get_voice(session: Session, voice_id: int) -> RequestVoice:
    if (found := session.get(RequestVoice, voice_id)) is None:
        raise NotFound(say("Nobody asked for that."))
    return found


def lock_topics(session: Session) -> dict[int, RequestTopic]:
    """By id. On PostgreSQL whoever else decides or merges waits until this transaction ends, then sees what it did."""
    query = select(RequestTopic).order_by(col(RequestTopic.id)).with_for_update()
    return {topic.id: topic for topic in session.exec(query).all()}


def list_history(session: Session, topic_id: int) -> list[Line]:
    """The newest first."""
    query = (
        select(Audit.action, Audit.at, Staff.name, Audit.details)
        .outerjoin(Staff, col(Staff.id) == Audit.staff_id)
        .where(Audit.subject == f"request:{topic_id}")
        .order_by(col(Audit.id).desc())
    )
    return [Line(action, at, by, dict(details)) for action, at, by, details in session.exec(query).all()]
