"""Holds: while a dispute is open nothing of a customer is forgotten."""

from collections.abc import Collection
from typing import NamedTuple

from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.privacy_tables import Hold
from deskapp.store.tables import Customer, Staff


class Held(NamedTuple):
    hold: Hold
    placed_by: str
    customer_name: str
    external_id: str


_HELD = (
    select(Hold, Staff.name, Customer.name, Customer.external_id)
    .join(Staff, col(Staff.id) == Hold.placed_by)
    .join(Customer, col(Customer.id) == Hold.customer_id)
)


def list_of(session: Session, customer_ids: Collection[int]) -> list[Held]:
    """Open and lifted, newest first."""
    query = _HELD.where(col(Hold.customer_id).in_(customer_ids)).order_by(col(Hold.id).desc())
    return [Held(*row) for row in session.exec(query)]


def list_open(session: Session) -> list[Held]:
    """All that are not lifted; whose review is due soonest first."""
    query = _HELD.where(col(Hold.lifted_at).is_(None)).order_by(col(Hold.review_on).nulls_last(), col(Hold.id))
    return [Held(*row) for row in session.exec(query)]


def get_hold(session: Session, hold_id: int) -> Hold:
    if (found := session.get(Hold, hold_id)) is None:
        raise NotFound(say("There is no such hold."))
    return found
