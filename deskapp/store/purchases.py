"""Purchases in bulk: for training all of them, for bulk suggestions those of many customers at once."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, func
from sqlmodel import Session, col, select

from deskapp.store.memory_tables import Preference
from deskapp.store.tables import Customer, Item, ItemKind, Order, OrderLine

_CHUNK = 100_000  # rows held as Python numbers at a time
_EPOCH = date(1970, 1, 1).toordinal()

Ints = NDArray[np.int64]


class Bought(NamedTuple):
    """Parallel arrays, one entry per order line that gave something.

    `day` counts days since 1970-01-01 (UTC), `store` is a place in `list_stores`.
    """

    item: Ints
    order: Ints
    customer: Ints
    day: NDArray[np.int32]
    store: NDArray[np.int32]
    spent_minor: Ints


def read_all(session: Session, *, until: datetime) -> Bought:
    """About 600,000 lines a second. Returns (quantity below 1), gift cards and orders placed after `until` are left out."""
    line = _numbers(session.connection(), _LINES, columns=3)
    code = {store: number for number, store in enumerate(list_stores(session))}
    orders = session.exec(_ORDERS.execution_options(yield_per=_CHUNK), params={"until": until})
    order = np.fromiter(
        ((one, owner, placed_at.toordinal() - _EPOCH, code[store]) for one, owner, placed_at, store in orders),
        np.dtype((np.int64, 4)),
    )
    line = line[_are_learnt_from(session, line, order[:, 0])]
    at = np.searchsorted(order[:, 0], line[:, 0])
    day, store = order[at, 2].astype(np.int32), order[at, 3].astype(np.int32)
    return Bought(line[:, 1], line[:, 0], order[at, 1], day, store, line[:, 2])


_MOST_MINOR = 10**12  # what a line may count for: a slip of the keyboard must not overflow the sums of a shop
_LINES = f"""
    SELECT order_id, item_id,
        CASE WHEN unit_price_minor > {_MOST_MINOR} / quantity THEN {_MOST_MINOR} ELSE quantity * unit_price_minor END
    FROM order_line WHERE quantity > 0
"""  # noqa: S608 - a number of ours
_ORDERS = (
    select(Order.id, Order.customer_id, Order.placed_at, Order.store)
    .where(Order.placed_at <= bindparam("until"))
    .order_by(col(Order.id))
)


def _are_learnt_from(session: Session, line: Ints, order_ids: NDArray[Any]) -> NDArray[np.bool_] | slice:
    """Which lines; all of them in a shop without gift cards and orders of tomorrow, and then nothing is copied."""
    cards = session.exec(select(Item.id).where(Item.kind == ItemKind.GIFT_CARD)).all()
    if not cards and len(order_ids) == session.exec(select(func.count()).select_from(Order)).one():
        return slice(None)
    return ~np.isin(line[:, 1], cards) & np.isin(line[:, 0], order_ids)


def list_stores(session: Session) -> list[str]:
    return list(session.exec(select(Order.store).distinct().order_by(Order.store)))


def list_named(session: Session) -> Sequence[tuple[int, str, str, int]]:
    """(id, name, brand, price in minor units) of every item, by id."""
    return session.exec(select(Item.id, Item.name, Item.brand, Item.price_minor).order_by(col(Item.id))).all()


def _numbers(connection: Connection, statement: str, *, columns: int) -> Ints:
    """Shape (rows, columns). Streamed, and no object is made of a row."""
    rows = connection.execution_options(yield_per=_CHUNK).exec_driver_sql(statement)
    chunks = [np.fromiter(chain.from_iterable(part), np.int64) for part in rows.partitions()]
    return np.concatenate([np.empty(0, np.int64), *chunks]).reshape(-1, columns)


def customers_of(session: Session, external_ids: Collection[str]) -> dict[str, int]:
    """Unknown ones are simply not in the answer; whoever was joined to another is that person."""
    person = func.coalesce(Customer.merged_into, Customer.id)
    query = select(Customer.external_id, person).where(col(Customer.external_id).in_(external_ids))
    return dict(session.exec(query).all())


def skus_of(session: Session) -> dict[int, str]:
    return dict(session.exec(select(Item.id, Item.sku)).all())


def histories_of(session: Session, customer_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """By customer: item id -> number of their orders it was in. One query, about 1,500 busy households a second."""
    query = (
        select(Order.customer_id, OrderLine.item_id, func.count(func.distinct(OrderLine.order_id)))
        .join(OrderLine, col(OrderLine.order_id) == Order.id)
        .where(col(Order.customer_id).in_(customer_ids), OrderLine.quantity > 0)
        .group_by(col(Order.customer_id), col(OrderLine.item_id))
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for customer_id, item_id, orders in session.exec(query):
        found[customer_id][item_id] = orders
    return found


def stores_of(session: Session, customer_ids: Collection[int]) -> dict[int, str]:
    """By customer: the store of their newest order."""
    newest = func.row_number().over(
        partition_by=col(Order.customer_id), order_by=(col(Order.placed_at).desc(), col(Order.id).desc())
    )
    ranked = (
        select(col(Order.customer_id), col(Order.store), newest.label("place"))
        .where(col(Order.customer_id).in_(customer_ids))
        .subquery()
    )
    found = session.connection().execute(select(ranked.c.customer_id, ranked.c.store).where(ranked.c.place == 1))
    return {row.customer_id: row.store for row in found}


def preferences_of(session: Session, customer_ids: Collection[int]) -> dict[int, list[Preference]]:
    """By customer, those in force."""
    query = select(Preference).where(
        col(Preference.customer_id).in_(customer_ids), col(Preference.withdrawn_at).is_(None)
    )
    found: dict[int, list[Preference]] = defaultdict(list)
    for preference in session.exec(query):
        found[preference.customer_id].append(preference)
    return found
