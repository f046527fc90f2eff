"""Days of every year that somebody heard of."""

from collections.abc import Collection

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.db import asked_once
from deskapp.store.memory_tables import Occasion
from deskapp.store.rows import Rows
from deskapp.store.tables import Staff

_KEPT = Rows(
    select(Occasion, Staff.name)
    .join(Staff, col(Staff.id) == Occasion.heard_by)
    .where(col(Occasion.customer_id).in_(bindparam("customers", expanding=True)), col(Occasion.withdrawn_at).is_(None))
    .order_by(col(Occasion.month), col(Occasion.day), col(Occasion.id))
)


@asked_once
def list_occasions(session: Session, customer_id: int) -> list[tuple[Occasion, str]]:
    """In the order of the calendar, with who heard of it."""
    return list_occasions_of(session, (customer_id,))


def list_occasions_of(session: Session, customer_ids: Collection[int]) -> list[tuple[Occasion, str]]:
    """Of several customers. One query."""
    return _KEPT.all(session, customers=tuple(customer_ids))


def get_occasion(session: Session, occasion_id: int) -> Occasion:
    if (found := session.get(Occasion, occasion_id)) is None:
        raise NotFound(say("There is no such day."))
    return found
