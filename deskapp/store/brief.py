"""What the briefs of some customers stand on, and is not read by anything else; one query each, however many customers."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.store import promises
from deskapp.store.customers import OPEN
from deskapp.store.gift_tables import Grant, GrantState
from deskapp.store.memory_tables import Promise
from deskapp.store.tables import Customer, Delivery, Item, Order, Problem, Staff


def list_customers(session: Session, ids: Collection[int]) -> list[Customer]:
    """Those who are still somebody: neither forgotten nor joined to another."""
    query = select(Customer).where(
        col(Customer.id).in_(ids), col(Customer.erased_at).is_(None), col(Customer.merged_into).is_(None)
    )
    return list(session.exec(query).all())


def list_promises_of(session: Session, ids: Collection[int]) -> list[Promise]:
    """Open ones."""
    query = select(Promise).where(col(Promise.customer_id).in_(ids), promises.IS_OPEN)
    return list(session.exec(query.order_by(col(Promise.due_on), col(Promise.id))).all())


def list_needs_of(session: Session, ids: Collection[int], since: date) -> list[tuple[Order, Delivery]]:
    """Open orders that are needed for a day from `since` on and not there yet, the first needed first."""
    query = (
        select(Order, Delivery)
        .join(Delivery, col(Delivery.order_id) == Order.id)
        .where(
            col(Order.customer_id).in_(ids),
            Order.status == OPEN,
            col(Delivery.need_by_on) >= since,
            or_(col(Delivery.delivered_at).is_(None), col(Delivery.returned_at).is_not(None)),
        )
        .order_by(col(Delivery.need_by_on), col(Order.id))
    )
    return [(order, delivery) for order, delivery in session.exec(query).all()]


def list_problems_of(session: Session, ids: Collection[int]) -> list[tuple[Problem, str, str]]:
    """Open ones, oldest first, with the order's number ("" if there is none) and who noted it."""
    query = (
        select(Problem, Order.external_id, Staff.name)
        .join(Staff, col(Staff.id) == Problem.noted_by)
        .outerjoin(Order, col(Order.id) == Problem.order_id)
        .where(col(Problem.customer_id).in_(ids), col(Problem.solved_at).is_(None))
        .order_by(col(Problem.id))
    )
    return [(problem, order or "", by) for problem, order, by in session.exec(query).all()]


def list_gifts_of(
    session: Session, ids: Collection[int], since: datetime
) -> list[tuple[int, str, GrantState, datetime]]:
    """Customer, item, state and when it was handed over, else granted, of gifts since then that wait or arrived; newest first.

    Those that were given under a former number are the person's whose number it was.
    """
    query = (
        select_columns(
            func.coalesce(col(Customer.merged_into), col(Customer.id)),
            col(Item.name),
            col(Grant.state),
            func.coalesce(col(Grant.committed_at), col(Grant.granted_at)),
        )
        .join(Item, col(Item.id) == Grant.item_id)
        .join(Customer, col(Customer.id) == Grant.customer_id)
        .where(
            col(Grant.customer_id).in_(
                select_columns(col(Customer.id)).where(
                    or_(col(Customer.id).in_(ids), col(Customer.merged_into).in_(ids))
                )
            ),
            col(Grant.state).in_([GrantState.RESERVED, GrantState.COMMITTED]),
            col(Grant.granted_at) >= since,
        )
        .order_by(col(Grant.id).desc())
    )
    return [(who, item, state, at) for who, item, state, at in session.connection().execute(query)]
