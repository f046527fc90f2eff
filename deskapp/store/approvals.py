"""Gifts that somebody asked a second person for."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.gift_tables import Approval, ApprovalState
from deskapp.store.rows import Rows
from deskapp.store.tables import Customer, Item, Staff

_AT_ONCE = 100
_LATELY = 10


class Asked(NamedTuple):
    approval: Approval
    item: Item
    customer: Customer
    asker: Staff


_ASKED = (
    select(Approval, Item, Customer, Staff)
    .join(Item, col(Item.id) == Approval.item_id)
    .join(Customer, col(Customer.id) == Approval.customer_id)
    .join(Staff, col(Staff.id) == Approval.asked_by)
)
_Away = aliased(Staff)
_WAITING = col(Approval.state) == ApprovalState.WAITING
_THAT_WAIT = Rows(
    _ASKED.where(_WAITING, Approval.expires_at > bindparam("now")).order_by(col(Approval.id)).limit(_AT_ONCE)
)
_ASKED_BY = _ASKED.where(Approval.asked_by == bindparam("staff")).order_by(col(Approval.id).desc()).limit(_LATELY)
_ASKED_BY_FOR = Rows(_ASKED_BY.where(Approval.customer_id == bindparam("customer")))
_ALL_ASKED_BY = Rows(_ASKED_BY)


def get_asked(session: Session, approval_id: int) -> Asked:
    if (found := session.exec(_ASKED.where(Approval.id == approval_id)).one_or_none()) is None:
        raise NotFound(say("Nobody asked for this."))
    return Asked(*found)


def find_waiting(session: Session, asker_id: int, customer_id: int, item_id: int, now: datetime) -> Approval | None:
    query = select(Approval).where(
        _WAITING,
        Approval.asked_by == asker_id,
        Approval.customer_id == customer_id,
        Approval.item_id == item_id,
        Approval.expires_at > now,
    )
    return session.exec(query.order_by(col(Approval.id))).first()


def is_waited_for(session: Session, customer_id: int) -> bool:
    waiting = (Approval.customer_id == customer_id, Approval.state == ApprovalState.WAITING)
    return session.exec(select(Approval.id).where(*waiting).limit(1)).first() is not None


def list_waiting(session: Session, now: datetime) -> list[Asked]:
    """The oldest hundred, the oldest first. One query."""
    return [Asked(*row) for row in _THAT_WAIT.all(session, now=now)]


def list_asked_by(session: Session, staff_id: int, *, customer_id: int | None = None) -> list[Asked]:
    """The newest ten, the newest first; of one customer if one is named."""
    if customer_id is None:
        return [Asked(*row) for row in _ALL_ASKED_BY.all(session, staff=staff_id)]
    return [Asked(*row) for row in _ASKED_BY_FOR.all(session, staff=staff_id, customer=customer_id)]


def list_decided_for(session: Session, staff_id: int) -> list[Asked]:
    """The newest ten that this person decided, or that somebody decided on their behalf."""
    theirs = or_(col(Approval.decided_by) == staff_id, col(Approval.on_behalf_of) == staff_id)
    query = _ASKED.where(theirs).order_by(col(Approval.decided_at).desc(), col(Approval.id).desc()).limit(_LATELY)
    return [Asked(*row) for row in session.exec(query)]


def list_run_out(session: Session, now: datetime) -> list[Approval]:
    query = select(Approval).where(_WAITING, Approval.expires_at <= now).order_by(col(Approval.id))
    return list(session.exec(query))


def list_deciders(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Approval id -> the name of who decided it, "Cy for Bo" if for somebody away. No query without ids."""
    if not ids:
        return {}
    query = (
        select(Approval.id, Staff.name, _Away.name)
        .join(Staff, col(Staff.id) == Approval.decided_by)
        .join(_Away, col(_Away.id) == Approval.on_behalf_of, isouter=True)
        .where(col(Approval.id).in_(ids))
    )
    return {one: f"{name} for {away}" if away else name for one, name, away in session.exec(query)}


def move(
    session: Session,
    approval: Approval,
    to: ApprovalState,
    *,
    now: datetime,
    decided_by: int | None = None,
    on_behalf_of: int | None = None,
    answer: str = "",
) -> bool:
    """False if it does not wait any more: of two who decide at once, one does."""
    moved = (
        update(Approval)
        .where(col(Approval.id) == approval.id, _WAITING)
        .values(state=to, decided_at=now, decided_by=decided_by, on_behalf_of=on_behalf_of, answer=answer)
    )
    is_first = bool(session.connection().execute(moved).rowcount)
    session.refresh(approval)
    return is_first
