"""Gifts granted, and the ledger of their money."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, update
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.store.tables import Grant, GrantState, Item, Ledger, LedgerKind, Staff

_SHOWN = 5
_NEWEST = (
    select(Grant, Item.name, Staff.name)
    .join(Item, col(Item.id) == Grant.item_id)
    .join(Staff, col(Staff.id) == Grant.staff_id)
    .where(Grant.customer_id == bindparam("customer"))
    .order_by(col(Grant.id).desc())
    .limit(_SHOWN)
)
_KEPT = select(Grant.item_id).where(Grant.customer_id == bindparam("customer"), Grant.state == GrantState.RESERVED)


def list_grants(session: Session, customer_id: int) -> list[tuple[Grant, str, str]]:
    """The newest five, newest first, with the item's and the giver's name."""
    found = session.exec(_NEWEST, params={"customer": customer_id}).all()
    return [(grant, item, giver) for grant, item, giver in found]


def given_before(session: Session, customer_id: int) -> set[int]:
    """Items this customer was given and kept."""
    return set(session.exec(_KEPT, params={"customer": customer_id}).all())


def get_grant(session: Session, grant_id: int) -> Grant:
    if (found := session.get(Grant, grant_id)) is None:
        raise NotFound("There is no such gift.")
    return found


def mark_undone(session: Session, grant_id: int, now: datetime) -> bool:
    """False if it was undone already: only one of two who try may release the money."""
    undone = (
        update(Grant)
        .where(col(Grant.id) == grant_id, col(Grant.state) == GrantState.RESERVED)
        .values(state=GrantState.UNDONE, undone_at=now)
    )
    return bool(session.connection().execute(undone).rowcount)


def enter(
    session: Session, grant_id: int, kind: LedgerKind, keys: Sequence[str], amount_minor: int, now: datetime
) -> None:
    session.add_all(
        Ledger(grant_id=grant_id, bucket_key=key, kind=kind, amount_minor=amount_minor, at=now) for key in sorted(keys)
    )


def reserved(session: Session, grant_id: int) -> dict[str, int]:
    """Bucket key -> minor units that this grant put into it."""
    query = select(Ledger.bucket_key, Ledger.amount_minor).where(
        Ledger.grant_id == grant_id, Ledger.kind == LedgerKind.RESERVE
    )
    return dict(session.exec(query).all())


def count_by_state(session: Session) -> list[tuple[GrantState, int]]:
    query = select(Grant.state, func.count()).group_by(col(Grant.state))
    return [(GrantState(state), count) for state, count in session.exec(query).all()]
