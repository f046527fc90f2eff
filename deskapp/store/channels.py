"""The channels of the shop's own on which it talks with people."""

from sqlmodel import Session, col, func, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.db import asked_once
from deskapp.store.memory_tables import Channel, Interaction
from deskapp.store.rows import Rows

EDITION = "channels"  # counts every change of them, for pages that are remembered

_ALL = select(Channel).order_by(col(Channel.position), col(Channel.code))
_ROWS = Rows(_ALL)


@asked_once
def list_channels(session: Session) -> list[Channel]:
    """In the shop's order, retired ones among them. One query."""
    return _ROWS.all(session)


def get_channel(session: Session, code: str) -> Channel:
    if (found := session.get(Channel, code)) is None:
        raise NotFound(say("There is no such channel."))
    return found


def lock_channels(session: Session) -> list[Channel]:
    """All of them; on PostgreSQL whoever else changes one waits until this transaction ends."""
    return list(session.exec(_ALL.with_for_update()).all())


def talks_by_channel(session: Session) -> dict[str, int]:
    """Code -> how many talks were noted on it. One query, over every talk."""
    return dict(session.exec(select(Interaction.channel, func.count()).group_by(col(Interaction.channel))).all())
