"""The paper that the shop writes cards on."""

from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.card_tables import CardFormat
from deskapp.store.db import asked_once

_ALL = select(CardFormat).order_by(col(CardFormat.position), col(CardFormat.code))


@asked_once
def list_formats(session: Session) -> list[CardFormat]:
    """In the shop's order, retired ones among them. One query."""
    return list(session.exec(_ALL).all())


def get_format(session: Session, code: str) -> CardFormat:
    if (found := session.get(CardFormat, code)) is None:
        raise NotFound(say("There is no such card format."))
    return found


def lock_formats(session: Session) -> list[CardFormat]:
    """All of them; on PostgreSQL whoever else changes one waits until this transaction ends."""
    return list(session.exec(_ALL.with_for_update()).all())
