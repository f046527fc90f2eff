"""What cards of a year told, what else is waiting for a card, and what went wrong lately: of many customers at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from deskapp.rules.fates import CLOSED
from deskapp.store.card_tables import CardUse, Used
from deskapp.store.deliveries import Sent
from deskapp.store.tables import Customer, Delivery, Order, Problem

_MOST_WAITING = 1_000


def uses_of(session: Session, customer_ids: Sequence[int], since: date) -> dict[int, list[CardUse]]:
    """Customer id -> phrases since then, and facts of whenever, of the card signed last first. One query.

    Of two cards signed on one day the later one has the higher ids, whichever parcel came first.
    """
    signed = select(col(CardUse.delivery_id), func.max(col(CardUse.id)).label("last"))
    signed = signed.where(col(CardUse.customer_id).in_(customer_ids)).group_by(col(CardUse.delivery_id))
    cards = signed.subquery()
    query = (
        select(CardUse)
        .join(cards, cards.c.delivery_id == col(CardUse.delivery_id))
        .where(
            col(CardUse.customer_id).in_(customer_ids),
            or_(col(CardUse.kind) == Used.FACT, col(CardUse.used_on) >= since),
        )
        .order_by(col(CardUse.used_on).desc(), cards.c.last.desc(), col(CardUse.id))
    )
    found: dict[int, list[CardUse]] = defaultdict(list)
    for use in session.exec(query).all():
        found[use.customer_id].append(use)
    return found


def list_waiting(session: Session, customer_ids: Sequence[int], *, since: date, until: date) -> list[Sent]:
    """Parcels of these customers that leave between `since` and `until` and whose cards are not signed. One query."""
    query = (
        select(Delivery, Order, Customer)
        .join(Order, col(Order.id) == Delivery.order_id)
        .join(Customer, col(Customer.id) == Order.customer_id)
        .where(
            col(Order.customer_id).in_(customer_ids),
            col(Delivery.ship_on).between(since, until),
            col(Delivery.signed_at).is_(None),
            col(Delivery.handed_at).is_(None),
            col(Delivery.delivered_at).is_(None),
            col(Delivery.returned_at).is_(None),
            func.lower(Order.status).not_in(CLOSED),
        )
        .order_by(col(Delivery.ship_on), col(Delivery.id))
        .limit(_MOST_WAITING)
    )
    return [Sent(*row) for row in session.exec(query).all()]


def problems_of(session: Session, customer_ids: Sequence[int], since: datetime) -> dict[int, list[Problem]]:
    """Customer id -> what is not put right yet, or was since then. One query."""
    query = select(Problem).where(
        col(Problem.customer_id).in_(customer_ids),
        or_(col(Problem.solved_at).is_(None), col(Problem.solved_at) >= since),
    )
    found: dict[int, list[Problem]] = defaultdict(list)
    for problem in session.exec(query.order_by(col(Problem.id))).all():
        found[problem.customer_id].append(problem)
    return found
