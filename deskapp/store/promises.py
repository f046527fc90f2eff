"""Promises still to keep."""

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.store.memory_tables import Promise
from deskapp.store.tables import Staff

_OPEN = (
    select(Promise, Staff.name)
    .join(Staff, col(Staff.id) == Promise.owner_id)
    .where(Promise.customer_id == bindparam("customer"), col(Promise.kept_at).is_(None))
    .order_by(col(Promise.due_on), col(Promise.id))
)


def list_open_promises(session: Session, customer_id: int) -> list[tuple[Promise, str]]:
    """Most urgent first, with the owner's name."""
    found = session.exec(_OPEN, params={"customer": customer_id}).all()
    return [(promise, owner) for promise, owner in found]


def get_promise(session: Session, promise_id: int) -> Promise:
    if (found := session.get(Promise, promise_id)) is None:
        raise NotFound("There is no such promise.")
    return found
