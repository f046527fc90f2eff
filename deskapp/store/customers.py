"""Customers, and what they bought."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, String, TypeDecorator, bindparam, case, func, type_coerce
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules.errors import Erased, GoesOnElsewhere, NotFound
from deskapp.rules.words import say
from deskapp.store import search
from deskapp.store.db import asked_once
from deskapp.store.personal import FORMER
from deskapp.store.ready import Ready
from deskapp.store.rows import Rows
from deskapp.store.tables import Customer, Delivery, Item, Order, OrderLine

OPEN = "open"
_LATEST = 10


@dataclass(frozen=True, slots=True)
class Found:
    id: int
    external_id: str
    name: str
    email: str | None
    last_order_at: datetime | None
    has_open_order: bool


@dataclass(frozen=True, slots=True)
class Line:
    order_id: int
    item_id: int
    name: str
    quantity: int


@asked_once
def get_customer(session: Session, customer_id: int) -> Customer:
    """Raises NotFound; GoesOnElsewhere where they were joined with another; Erased where they were forgotten."""
    return _living(next(iter(_CUSTOMER.all(session, customer=customer_id)), None))


def _living(found: Customer | None) -> Customer:
    if found is None:
        raise NotFound(say("There is no such customer."))
    if found.merged_into is not None:
        raise GoesOnElsewhere(
            say(
                "{number} was joined with another customer, who is the same person. Please open that page.",
                number=found.external_id,
            ),
            customer_id=found.merged_into,
        )
    if found.erased_at is not None:
        raise Erased(say("This person was erased, as they had asked. Nothing is kept of them but the books."))
    return found


class _Called(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str:
        return value or FORMER


CALLED: Any = type_coerce(case((col(Customer.erased_at).is_(None), col(Customer.name)), else_=""), _Called())
"""The name of a customer, and of one who was erased what everybody reads in their own tongue."""


def called(customer: Customer) -> str:
    return customer.name if customer.erased_at is None else FORMER


def names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Of former customers and of those who go on elsewhere, too. One query."""
    query = select_columns(col(Customer.id), CALLED).where(col(Customer.id).in_(list(ids)))
    return dict(map(tuple, session.connection().execute(query)))


def get_by_external_id(session: Session, external_id: str) -> Customer:
    """By the number of whoever was joined with them, too: other systems go on saying it."""
    found = session.exec(select(Customer).where(Customer.external_id == external_id)).one_or_none()
    if found is not None and found.merged_into is not None:
        return get_customer(session, found.merged_into)
    return _living(found)


def find_customers(session: Session, typed: str, limit: int, *, with_mistakes: bool = False) -> list[Found]:
    """By the beginning of any words of the name, by e-mail, phone, or the number of the customer or of an order.

    The nearest first, and of those who are as near whoever has an open order; of joined customers the one who goes on. Five
    queries with one word, six with several; for `with_mistakes` see `store.search`.
    """
    near = search.find_customer_ids(session, typed, limit, with_mistakes=with_mistakes)
    living = _living_among(session, near)
    found = {one.id: one for one in _with_orders(session, list({c.id: c for c in living.values()}.values()))}
    closest: dict[int, search.Close] = {}
    for at, customer in living.items():
        closest[customer.id] = min(near[at], closest.get(customer.id, near[at]))
    names = {customer.id: customer.name_folded for customer in living.values()}
    order = sorted(found, key=lambda one: (closest[one], not found[one].has_open_order, names[one], one))
    return [found[one] for one in order]


def list_living(session: Session, ids: Iterable[int]) -> list[Found]:
    """Of joined customers the one who goes on, of erased ones nobody. Two queries, three where some were joined."""
    return _with_orders(session, list({one.id: one for one in _living_among(session, ids).values()}.values()))


def living_ids(session: Session, ids: Collection[int]) -> list[int]:
    """The same, their ids alone."""
    return list(dict.fromkeys(one.id for one in _living_among(session, ids).values())) if ids else []


def _living_among(session: Session, ids: Iterable[int]) -> dict[int, Customer]:
    """Id -> the customer, or the one who goes on for them; erased ones are left out."""
    rows = {one.id: one for one in _CUSTOMERS.all(session, ids=list(ids))}
    if elsewhere := {one.merged_into for one in rows.values() if one.merged_into is not None}:
        others = {one.id: one for one in _CUSTOMERS.all(session, ids=list(elsewhere))}
        rows = {at: one if one.merged_into is None else others[one.merged_into] for at, one in rows.items()}
    return {at: one for at, one in rows.items() if one.erased_at is None and one.merged_into is None}


def list_customers_waiting(session: Session, limit: int) -> list[Found]:
    """Who has an open order, the newest first. Two queries."""
    newest = func.max(Order.placed_at)
    waiting = (
        select(Customer)
        .join(Order, col(Order.customer_id) == Customer.id)
        .where(Order.status == OPEN, col(Customer.erased_at).is_(None), col(Customer.merged_into).is_(None))
        .group_by(col(Customer.id))
        .order_by(newest.desc(), col(Customer.id))
        .limit(limit)
    )
    return _with_orders(session, session.exec(waiting).all())


def _with_orders(session: Session, found: Sequence[Customer]) -> list[Found]:
    latest = _LATELY.all(session, ids=[c.id for c in found])
    orders = {customer: (at, bool(opened)) for customer, at, opened in latest}
    return [Found(c.id, c.external_id, c.name, c.email, *orders.get(c.id, (None, False))) for c in found]


@asked_once
def list_orders(session: Session, customer_id: int) -> list[tuple[Order, Delivery | None]]:
    """The newest ten, newest first."""
    return [(order, delivery) for order, delivery in _LATEST_ORDERS.all(session, customer=customer_id)]


@asked_once
def list_lines(session: Session, order_ids: tuple[int, ...]) -> list[Line]:
    return [Line(*row) for row in _LINES.all(session, orders=order_ids)]


def get_order(session: Session, customer_id: int, external_id: str) -> Order:
    """NotFound too when the order is another customer's."""
    found = session.exec(
        select(Order).where(Order.external_id == external_id, Order.customer_id == customer_id)
    ).one_or_none()
    if found is None:
        raise NotFound(say("This customer has no such order."))
    return found


def find_open_order(session: Session, customer_id: int) -> Order | None:
    """The newest of those among the latest ten; older ones that were never closed are forgotten, not open."""
    return next((order for order, _ in list_orders(session, customer_id) if order.status == OPEN), None)


def last_store(session: Session, customer_id: int) -> str:
    """Of their newest order; "" if there is none, or the shop does not say."""
    latest = list_orders(session, customer_id)
    return latest[0][0].store if latest else ""


def basket_of(session: Session, order_id: int) -> list[int]:
    """Item ids of one order, returns left out."""
    return [item for (item,) in _BASKET.all(session, order=order_id)]


def history_of(session: Session, customer_id: int, *, but_order_id: int | None = None) -> dict[int, int]:
    """Item id -> number of this customer's orders it was in. One query, about 600 lines of a busy household."""
    but = 0 if but_order_id is None else but_order_id
    return dict(_HISTORY.all(session, customer=customer_id, but=but))


# Built once: building a statement anew for each of a page's twenty questions takes longer than asking SQLite does.
_CUSTOMERS = Rows(select(Customer).where(col(Customer.id).in_(bindparam("ids", expanding=True))))
_LATELY = Ready(
    select(Order.customer_id, func.max(Order.placed_at), func.count().filter(col(Order.status) == OPEN))
    .where(col(Order.customer_id).in_(bindparam("ids", expanding=True)))
    .group_by(col(Order.customer_id))
)
_CUSTOMER = Rows(select(Customer).where(Customer.id == bindparam("customer")))
_LATEST_ORDERS = Rows(
    select(Order, Delivery)
    .outerjoin(Delivery, col(Delivery.order_id) == Order.id)
    .where(Order.customer_id == bindparam("customer"))
    .order_by(col(Order.placed_at).desc(), col(Order.id).desc())
    .limit(_LATEST)
)
_LINES = Ready(
    select(OrderLine.order_id, OrderLine.item_id, Item.name, OrderLine.quantity)
    .join(Item, col(Item.id) == OrderLine.item_id)
    .where(col(OrderLine.order_id).in_(bindparam("orders", expanding=True)))
    .order_by(col(OrderLine.order_id), col(OrderLine.line))
)
_BASKET = Ready(
    select(OrderLine.item_id).where(OrderLine.order_id == bindparam("order"), OrderLine.quantity > 0).distinct()
)
_HISTORY = Ready(
    select(OrderLine.item_id, func.count(func.distinct(OrderLine.order_id)))
    .join(Order, col(Order.id) == OrderLine.order_id)
    .where(Order.customer_id == bindparam("customer"), Order.id != bindparam("but"), OrderLine.quantity > 0)
    .group_by(col(OrderLine.item_id))
)
