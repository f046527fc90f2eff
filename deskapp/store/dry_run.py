"""The customers, orders and gifts on which a limit is tried."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from deskapp.rules.authority import AuthorityLimit
from deskapp.rules.surprise import OFFERED
from deskapp.store.eligibility import Who, has_other_than_orders, is_order
from deskapp.store.gift_tables import KEPT, NOT_KEPT, Grant, LimitVersion
from deskapp.store.grants import Kept
from deskapp.store.memory_tables import Preference, PreferenceKind
from deskapp.store.tables import Customer, Order, OrderLine

_CHUNK = 5_000
_OF: Any = bindparam("ids", expanding=True)

_NEWEST = (
    select_columns(
        col(Order.customer_id),
        col(Order.id).label("order_id"),
        col(Order.status),
        func.row_number()
        .over(partition_by=col(Order.customer_id), order_by=(col(Order.placed_at).desc(), col(Order.id).desc()))
        .label("place"),
    )
    .where(col(Order.customer_id).in_(_OF))
    .subquery()
)
_NEWEST_FOUR = (
    select_columns(_NEWEST.c.customer_id, _NEWEST.c.order_id, _NEWEST.c.status)
    .where(_NEWEST.c.place <= 4)
    .order_by(_NEWEST.c.customer_id, _NEWEST.c.place)
)
_WORTH = func.sum(col(OrderLine.quantity) * col(OrderLine.unit_price_minor))
_TOTALS = (
    select_columns(col(OrderLine.order_id), _WORTH)
    .where(col(OrderLine.order_id).in_(_OF))
    .group_by(col(OrderLine.order_id))
)

_PLACED = select_columns(col(Order.id), col(Order.placed_at), col(Order.currency)).where(col(Order.id).in_(_OF))
_KEPT_OF = (
    select_columns(
        func.coalesce(col(Customer.merged_into), col(Customer.id)).label("customer_id"),
        col(Grant.granted_at),
        col(Grant.price_minor),
        col(Grant.cost_minor),
        col(Grant.order_id),
    )
    .join(Customer, col(Customer.id) == Grant.customer_id)
    .where(
        col(Grant.customer_id).in_(
            select_columns(col(Customer.id)).where(or_(col(Customer.id).in_(_OF), col(Customer.merged_into).in_(_OF)))
        ),
        col(Grant.state).not_in(NOT_KEPT),
    )
    .order_by(col(Grant.granted_at).desc())
)


class Placed(NamedTuple):
    order_id: int
    customer_id: int
    placed_at: datetime
    currency: str


class Mean(NamedTuple):
    """Of gifts: how many, and what they cost and were priced at together."""

    gifts: int
    price_minor: int
    cost_minor: int


def list_buyers(session: Session, *, since: datetime, now: datetime) -> list[Who]:
    """Whoever ordered since, by id."""
    bought = (
        select_columns(col(Order.id))
        .where(
            col(Order.customer_id) == col(Customer.id), col(Order.placed_at).between(since, now), *_conditions(session)
        )
        .exists()
    )
    columns = (
        col(Customer.id),
        col(Customer.name),
        col(Customer.tier),
        col(Customer.joined_on),
        col(Customer.receiver),
    )
    query = select_columns(*columns).where(bought).order_by(col(Customer.id))
    return [Who(*row) for row in session.connection().execute(query)]


def list_placed(session: Session, of: Sequence[int] | None, *, since: datetime, now: datetime) -> list[Placed]:
    """Oldest first. `of`: these customers only."""
    columns = (col(Order.id), col(Order.customer_id), col(Order.placed_at), col(Order.currency))
    query: Any = select_columns(*columns).where(col(Order.placed_at).between(since, now), *_conditions(session))
    if of is None:
        found = [Placed(*row) for row in session.connection().execute(query)]
    else:
        found = [Placed(*row) for row in _ask(session, query.where(col(Order.customer_id).in_(_OF)), of)]
    return sorted(found, key=lambda one: (one.placed_at, one.order_id))


def _conditions(session: Session) -> list[Any]:
    return [is_order(col(Order.status))] if has_other_than_orders(session) else []


def list_newest_orders(session: Session, ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """By customer: ids and statuses of the newest four, newest first."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in _ask(session, _NEWEST_FOUR, ids):
        found[row.customer_id].append((row.order_id, row.status))
    return found


def order_totals(session: Session, ids: Collection[int]) -> dict[int, int]:
    return {order: int(total) for order, total in _ask(session, _TOTALS, ids)}


def placed_when(session: Session, ids: Collection[int]) -> dict[int, tuple[datetime, str]]:
    """By order: when, and in which currency."""
    return {order: (placed_at, currency) for order, placed_at, currency in _ask(session, _PLACED, ids)}


def with_offers(session: Session) -> set[int]:
    """Customers with an order that is only offered, however old."""
    if not has_other_than_orders(session):
        return set()
    offered = func.lower(func.trim(col(Order.status))).in_(sorted(OFFERED))
    return set(session.connection().execute(select_columns(col(Order.customer_id)).where(offered)).scalars())


def who_wants_none(session: Session) -> set[int]:
    """Customers who wish for no gifts."""
    query = select_columns(col(Preference.customer_id)).where(
        col(Preference.kind) == PreferenceKind.NO_GIFTS, col(Preference.withdrawn_at).is_(None)
    )
    return set(session.connection().execute(query).scalars())


def list_kept(session: Session, ids: Collection[int]) -> dict[int, list[Kept]]:
    """By customer, all gifts they kept, newest first."""
    found: dict[int, list[Kept]] = defaultdict(list)
    for row in _ask(session, _KEPT_OF, ids):
        found[row.customer_id].append(Kept(row.granted_at, row.price_minor, row.cost_minor, row.order_id))
    return found


def given_by(session: Session, limit: AuthorityLimit, *, since: datetime) -> Mean:
    """What givers of this kind gave by any of their editions and in its currency."""
    whose = [col(LimitVersion.giver_kind) == limit.giver_kind, col(LimitVersion.team) == limit.team]
    for column, value in ((col(LimitVersion.role), limit.role), (col(LimitVersion.staff_id), limit.staff_id)):
        whose.append(column.is_(None) if value is None else column == value)
    query = (
        select_columns(func.count(), func.sum(col(Grant.price_minor)), func.sum(col(Grant.cost_minor)))
        .join(LimitVersion, col(LimitVersion.id) == Grant.limit_version_id)
        .where(
            *whose,
            col(Grant.state).in_(KEPT),
            col(Grant.granted_at) >= since,
            col(Grant.currency) == limit.currency,
        )
    )
    gifts, price, cost = session.connection().execute(query).one()
    return Mean(gifts, int(price or 0), int(cost or 0))


def _ask(session: Session, query: Any, ids: Collection[int]) -> Iterator[Any]:
    held: Sequence[int] = list(ids)
    for start in range(0, len(held), _CHUNK):
        yield from session.connection().execute(query, {"ids": held[start : start + _CHUNK]})
