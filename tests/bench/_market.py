"""An invented market of any size, skewed the way real ones are: seeded, and the same on every machine.

Popularity within a category falls as one over the rank, categories differ in size, a few customers buy most, an order is
about one or two categories that go together, and a third of what people buy is what they bought before.
"""

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from deskapp.store import search_schema

YEAR = 365
FIRST_DAY = date(2025, 1, 1)
STORES = 12
TYPES = 25  # in each category
ITEMS_PER_CATEGORY = 150
FEW_CATEGORIES = 60  # in a small market; with fewer there is hardly anything to tell its orders apart by
STAPLES = 12  # what a customer buys again and again
LINES_PER_ORDER = 8
SPREE = 60  # lines of the largest order
CHUNK = 500_000  # rows on their way into the database


@dataclass(frozen=True, slots=True)
class Market:
    """Items, customers and orders are numbered from 0; orders by day, lines by order, no item twice in an order.

    price_minor, category: shape (items,). owner, day, store: shape (orders,), day counts from FIRST_DAY. order, item: shape (lines,).
    """

    customers: int
    price_minor: np.ndarray
    category: np.ndarray
    owner: np.ndarray
    day: np.ndarray
    store: np.ndarray
    order: np.ndarray
    item: np.ndarray

    def __len__(self):
        return len(self.item)


def make(*, customers=1_000_000, items=100_000, lines=20_000_000, seed=1):
    """20 million lines take 40 s of one core and 2 GB."""
    rng = np.random.default_rng(seed)
    start, size = _categories(rng, items)
    staples = _draw(rng, start, size, _favourites(rng, customers, len(size)))
    owner, day, store = _orders(rng, customers, max(round(1.25 * lines / LINES_PER_ORDER), 1))
    order, item = _lines(rng, start, size, staples, owner)
    if len(item) < lines:
        raise RuntimeError("the orders drawn are too few")
    order, item = order[:lines], item[:lines]
    orders = int(order[-1]) + 1
    spread = np.sort(day)[
        np.linspace(0, len(day) - 1, orders).astype(np.int64)
    ]  # the whole year, though some were cut off
    price = np.maximum(np.rint(np.exp(rng.normal(6, 0.9, items))), 20).astype(np.int64)  # median 4.03
    category = np.repeat(np.arange(len(size), dtype=np.int32), size)
    return Market(customers, price, category, owner[:orders], spread, store[:orders], order, item)


def _categories(rng, items):
    """(start, size) of each; the items of a category lie side by side, the popular ones first."""
    count = max(items // ITEMS_PER_CATEGORY, min(items // 10, FEW_CATEGORIES), 1)
    share = rng.lognormal(0, 0.7, count)
    edge = np.concatenate([[0], np.rint(np.cumsum(share) / share.sum() * items)]).astype(np.int64)
    size = np.diff(edge)
    return edge[:-1][size > 0], size[size > 0]


def _draw(rng, start, size, category):
    """An item of each category asked for; P(rank) falls as 1 / rank."""
    rank = (
        np.floor(np.exp(rng.random(category.shape, dtype=np.float32) * np.log1p(size[category]).astype(np.float32))) - 1
    )
    return (start[category] + np.minimum(rank.astype(np.int64), size[category] - 1)).astype(np.int32)


def _popular_categories(rng, shape, count):
    """Half of what is sold is of the first tenth or so of the categories."""
    return np.minimum((count * rng.random(shape, dtype=np.float32) ** 2.5).astype(np.int32), count - 1)


def _favourites(rng, customers, categories):
    """Shape (customers, STAPLES): the category of each staple, four each of three."""
    return np.repeat(_popular_categories(rng, (customers, 3), categories), STAPLES // 3, axis=1)


def _orders(rng, customers, count):
    """(owner, day, store). Everybody ordered once; who ordered more is drawn by activity. Sundays and December are busy."""
    often = np.cumsum(rng.lognormal(0, 1.1, customers))
    more = np.searchsorted(often, rng.random(max(count - customers, 0)) * often[-1]).astype(np.int32)
    owner = rng.permutation(np.concatenate([rng.permutation(customers).astype(np.int32), more])[:count])
    days = np.arange(YEAR)
    busy = np.cumsum(1 + 0.5 * (days % 7 == 5) + 0.6 * (days > 334))
    day = np.sort(np.searchsorted(busy, rng.random(count) * busy[-1])).astype(np.int32)
    home = np.minimum(rng.geometric(0.25, customers) - 1, STORES - 1).astype(np.int8)
    store = np.where(rng.random(count) < 0.9, home[owner], rng.integers(0, STORES, count)).astype(np.int8)
    return owner, day, store


def _lines(rng, start, size, staples, owner):
    """(order, item): a third staples, a third the order's theme, a sixth what goes with it, the rest anything."""
    per_order = np.clip(np.rint(rng.lognormal(np.log(LINES_PER_ORDER) - 0.3, 0.8, len(owner))), 1, SPREE).astype(
        np.int64
    )
    order = np.repeat(np.arange(len(owner), dtype=np.int32), per_order)
    theme = _popular_categories(rng, len(owner), len(size))
    with_it = rng.permutation(len(size)).astype(np.int32)[theme]  # each category has one that it goes with
    why = rng.random(len(order), dtype=np.float32)
    category = np.where(why < 2 / 3, theme[order], with_it[order])
    anything = why > 5 / 6
    category[anything] = _popular_categories(rng, int(anything.sum()), len(size))
    item = _draw(rng, start, size, category)
    again = np.flatnonzero(why < 1 / 3)
    staple = np.minimum(rng.geometric(0.2, len(again)) - 1, STAPLES - 1)
    item[again] = staples[owner[order[again]], staple]
    pair = np.unique(order.astype(np.int64) * int(start[-1] + size[-1]) + item)
    return tuple(part.astype(np.int32) for part in np.divmod(pair, int(start[-1] + size[-1])))


def fill(market, path: Path) -> None:
    """Into the empty desk at `path` by plain inserts; ids are numbers plus 1."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA synchronous=OFF")
        search_schema.prepare(database)
        _insert(database, "customer (id, external_id, name, name_folded)", _customers(market.customers))
        _insert(
            database,
            "item (id, sku, name, category, department, brand, price_minor, cost_minor, currency, stock, is_giftable)",
            _items(market),
        )
        _insert(database, "orders (id, external_id, customer_id, placed_at, store, currency, status)", _placed(market))
        _insert(database, "order_line (order_id, line, item_id, quantity, unit_price_minor)", _sold(market))
        database.execute("INSERT INTO edition (name, number) VALUES ('catalogue', 1)")
    database.close()


def _insert(database, columns, rows):
    marks = ", ".join("?" * (columns.count(",") + 1))
    database.executemany(f"INSERT INTO {columns} VALUES ({marks})", rows)  # noqa: S608 - the names above


def _customers(count):
    return ((n, f"c-{n}", f"Customer {n}", f"customer {n}") for n in range(1, count + 1))


def _items(market):
    columns = zip(market.category.tolist(), market.price_minor.tolist(), strict=True)
    for n, (category, price) in enumerate(columns, 1):
        kind, maker = f"Kind {category}", f"Maker {n % 7}"
        name = f"{kind}, type {n % TYPES}"  # variants share their name
        yield n, f"i-{n}", name, kind, f"Department {category % 20}", maker, price, price // 2, "USD", 100, 1


def _placed(market):
    stamps = [f"{FIRST_DAY + timedelta(days=day)} 12:00:00.000000" for day in range(YEAR)]
    columns = zip(market.owner.tolist(), market.day.tolist(), market.store.tolist(), strict=True)
    for n, (owner, day, store) in enumerate(columns, 1):
        yield n, f"o-{n}", owner + 1, stamps[day], f"Store {store}", "USD", "delivered"


def _sold(market):
    first = np.searchsorted(market.order, market.order)  # of the line's order
    for start in range(0, len(market), CHUNK):
        rows = slice(start, start + CHUNK)
        item = market.item[rows]
        line = np.arange(start, start + len(item)) - first[rows] + 1
        columns = (market.order[rows] + 1, line, item + 1, np.ones_like(item), market.price_minor[item])
        yield from zip(*(column.tolist() for column in columns), strict=True)
