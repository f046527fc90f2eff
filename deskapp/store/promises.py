"""Promises still to keep."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, bindparam, func
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.db import asked_once
from deskapp.store.memory_tables import Promise
from deskapp.store.rows import Rows
from deskapp.store.tables import Customer, Staff

IS_OPEN = and_(col(Promise.kept_at).is_(None), col(Promise.dropped_at).is_(None))

_BY_DAY = (col(Promise.due_on), col(Promise.id))
_OPEN = Rows(select(Promise).where(Promise.customer_id == bindparam("customer"), IS_OPEN).order_by(*_BY_DAY))
_WITH_NAME = select(Promise, Customer.name).join(Customer, col(Customer.id) == Promise.customer_id).where(IS_OPEN)
_MINE = _WITH_NAME.where(Promise.owner_id == bindparam("owner")).order_by(*_BY_DAY).limit(bindparam("most"))
_LEFT = select(Staff.id).where(~col(Staff.is_active))
_OF_THE_TEAM = (
    _WITH_NAME.where(
        Promise.owner_id != bindparam("owner"),
        (col(Promise.due_on) < bindparam("today")) | col(Promise.owner_id).in_(_LEFT),
    )
    .order_by(*_BY_DAY)
    .limit(bindparam("most"))
)

Named = tuple[Promise, str]  # with the customer's name


@asked_once
def list_open_promises(session: Session, customer_id: int) -> list[Promise]:
    """Most urgent first."""
    return _OPEN.all(session, customer=customer_id)


def list_of_owner(session: Session, owner_id: int, most: int) -> list[Named]:
    """Their open ones, most urgent first."""
    return [(one, name) for one, name in session.exec(_MINE, params={"owner": owner_id, "most": most})]


def list_of_team(session: Session, but_owner_id: int, today: date, most: int) -> list[Named]:
    """Open ones of everybody else that are late, or whose owner has left; most urgent first. Reads all open promises."""
    bound = {"owner": but_owner_id, "today": today, "most": most}
    return [(one, name) for one, name in session.exec(_OF_THE_TEAM, params=bound)]


def list_to_change_of(session: Session, owner_id: int) -> Sequence[Promise]:
    """All that are open, locked until the transaction ends."""
    query = select(Promise).where(Promise.owner_id == owner_id, IS_OPEN).order_by(col(Promise.id)).with_for_update()
    return session.exec(query).all()


def count_by_owner(session: Session) -> dict[int, int]:
    """Open ones. One query."""
    query = select(Promise.owner_id, func.count()).where(IS_OPEN).group_by(col(Promise.owner_id))
    return dict(session.exec(query).all())


def get_promise_to_change(session: Session, promise_id: int) -> Promise:
    """Locked until the transaction ends, so that what becomes of it is said once."""
    query = select(Promise).where(Promise.id == promise_id).with_for_update()
    if (found := session.exec(query).one_or_none()) is None:
        raise NotFound(say("There is no such promise."))
    return found


def customer_of(session: Session, promise_id: int) -> int:
    found = session.exec(select(Promise.customer_id).where(Promise.id == promise_id)).one_or_none()
    if found is None:
        raise NotFound(say("There is no such promise."))
    return found
