"""Gifts for tests of reports, put down as they would stand after weeks of giving."""

from datetime import datetime, timedelta

import cast
from sqlmodel import Session, select

from deskapp.rules.people import Actor
from deskapp.store.gift_tables import Approval, ApprovalState, Grant, GrantState, LimitVersion
from deskapp.store.tables import Customer, Item


def customers(session: Session, count: int) -> list[int]:
    rows = [Customer(external_id=f"N-{n}", name=f"Customer {n}", name_folded=f"customer {n}") for n in range(count)]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def put(
    session: Session,
    giver: Actor,
    customer_id: int,
    *,
    sku: str = "tea",
    days_ago: float = 1,
    state: GrantState = GrantState.COMMITTED,
    price: int | None = None,
    approver: Actor | None = None,
    now: datetime = cast.NOW,
) -> Grant:
    item = session.exec(select(Item).where(Item.sku == sku)).one()
    authority = approver or giver
    limit = session.exec(select(LimitVersion).where(LimitVersion.role == authority.role)).first()
    at, price = now - timedelta(days=days_ago), item.price_minor if price is None else price
    money = {"price_minor": price, "cost_minor": item.cost_minor, "value_minor": price, "currency": item.currency}
    grant = Grant(
        staff_id=giver.staff_id,
        customer_id=customer_id,
        item_id=item.id,
        limit_version_id=limit.id,
        state=state,
        granted_at=at,
        **money,
    )
    if approver:
        approval = Approval(
            asked_by=giver.staff_id,
            customer_id=customer_id,
            item_id=item.id,
            reason="Their parcel was lost twice.",
            state=ApprovalState.APPROVED,
            asked_at=at,
            expires_at=at + timedelta(days=1),
            decided_by=approver.staff_id,
            decided_at=at,
            **money,
        )
        session.add(approval)
        session.flush()
        grant.approval_id = approval.id
    session.add(grant)
    session.flush()
    return grant
