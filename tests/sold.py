"""A small shop with enough orders behind it to train on, in the database."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from cast import NOW
from sqlmodel import Session

from deskapp.reco.evaluate import Figures, Report
from deskapp.reco.fitted import Affinity, Model, Taste
from deskapp.reco.vocabulary import Vocabulary
from deskapp.store.models import CATALOGUE, bump
from deskapp.store.tables import Customer, Item, Order, OrderLine

KINDS = 12
SKUS = tuple(f"thing-{n}" for n in range(60))


def steady(number: int) -> Sequence[str]:
    """Twelve kinds of order that share nothing, five items each, of which one is left out by turns."""
    kind = (7 * number + number // 40) % KINDS
    return [sku for place, sku in enumerate(SKUS[5 * kind : 5 * kind + 5]) if place != number % 6]


def the_same(_number: int) -> Sequence[str]:
    """Everybody buys everything, so that there is nothing to learn."""
    return SKUS


def sell(session: Session, orders: int = 360, basket: Callable[[int], Sequence[str]] = steady) -> None:
    """`orders` orders, four a day until shortly before NOW, of forty customers."""
    items = {sku: Item(sku=sku, name=sku.capitalize(), **_ITEM, price_minor=100 * n) for n, sku in enumerate(SKUS, 1)}
    customers = [Customer(external_id=f"S-{n}", name=f"Shopper {n}", name_folded=f"shopper {n}") for n in range(40)]
    session.add_all([*items.values(), *customers])
    session.flush()
    for number in range(orders):
        placed_at = NOW - timedelta(hours=6 * (orders - number))
        _order(session, customers[number % 40], number, placed_at, [items[sku].id for sku in basket(number)])
    bump(session, CATALOGUE)


def _order(session: Session, customer: Customer, number: int, placed_at: datetime, item_ids: Sequence[int]) -> None:
    order = Order(
        external_id=f"S-O-{number}",
        customer_id=customer.id,
        placed_at=placed_at,
        store="Main St",
        currency="USD",
        status="delivered",
    )
    session.add(order)
    session.flush()
    session.add_all(
        OrderLine(order_id=order.id, line=line, item_id=item_id, quantity=1, unit_price_minor=100)
        for line, item_id in enumerate(item_ids, 1)
    )


_ITEM = {
    "category": "Goods",
    "department": "Shop",
    "brand": "",
    "cost_minor": 50,
    "currency": "USD",
    "stock": 10,
    "is_giftable": True,
}


def tiny_model(item_ids: Sequence[int] = (1, 2, 3)) -> Model:
    """Made by hand in no time: the first item speaks for the second, more and more people buy the later ones."""
    n = len(item_ids)
    one_pair = Affinity(
        np.array([0] + [1] * n, np.int64), np.array([1], np.int32), np.array([1.0], np.float32), np.array([7], np.int32)
    )
    tables: dict[str, Any] = dict.fromkeys(("in_orders", "new_in_orders", "in_homes"), one_pair)
    taste = Taste(np.zeros((n, 1), np.float32), np.ones((1, 1), np.float32))
    ids = Vocabulary(np.array(item_ids, np.int64))
    return Model(vocabulary=ids, popularity=np.arange(1, n + 1, dtype=np.int32), taste=taste, **tables)


def a_report() -> dict[str, Any]:
    return Report(100, 20_000, 10, Figures(0.2, 0.1, 0.5), Figures(0.1, 0.05, 0.01)).as_dict()
