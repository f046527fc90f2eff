"""Promises still to keep."""

from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.store.tables import Promise, Staff


def list_open_promises(session: Session, customer_id: int) -> list[tuple[Promise, str]]:
    """Most urgent first, with the owner's name."""
    query = (
        select(Promise, Staff.name)
        .join(Staff, col(Staff.id) == Promise.owner_id)
        .where(Promise.customer_id == customer_id, col(Promise.kept_at).is_(None))
        .order_by(col(Promise.due_on), col(Promise.id))
    )
    return [(promise, owner) for promise, owner in session.exec(query).all()]


def get_promise(session: Session, promise_id: int) -> Promise:
    if (found := session.get(Promise, promise_id)) is None:
        raise NotFound("There is no such promise.")
    return found
