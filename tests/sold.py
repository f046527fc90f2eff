"""A small shop with enough orders behind it to train on, in the database."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from cast import NOW
from sqlmodel import Session

from deskapp.reco.bootstrap import Estimate
from deskapp.reco.fitted import Affinity, Model, Taste
from deskapp.reco.report import Figures, Group, Lead, Part, Report
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


def sell(
    session: Session,
    orders: int = 360,
    basket: Callable[[int], Sequence[str]] = steady,
    *,
    until: datetime = NOW,
    shoppers: int = 40,
    a_day: int = 4,
) -> None:
    """`orders` orders until shortly before `until`; with the usual forty shoppers nobody has bought everything in the end."""
    items = {sku: Item(sku=sku, name=sku.capitalize(), **_ITEM, price_minor=100 * n) for n, sku in enumerate(SKUS, 1)}
    customers = [
        Customer(external_id=f"S-{n}", name=f"Shopper {n}", name_folded=f"shopper {n}") for n in range(shoppers)
    ]
    session.add_all([*items.values(), *customers])
    session.flush()
    for number in range(orders):
        placed_at = until - timedelta(days=(orders - number) / a_day)
        _order(session, customers[number % shoppers], number, placed_at, [items[sku].id for sku in basket(number)])
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


def a_part(questions: int = 100, ndcg: float = 0.1, *, in_service: float | None = None) -> Part:
    """The model finds twice what popularity does."""
    rival = None if in_service is None else _figures(in_service)
    over_rival = None if in_service is None else _lead(ndcg - in_service)
    return Part(questions, _figures(ndcg), _figures(ndcg / 2, coverage=0.01), rival, _lead(ndcg / 2), over_rival)


def _figures(ndcg: float, coverage: float = 0.5) -> Figures:
    return Figures(2 * ndcg, Estimate(ndcg, 0.8 * ndcg, 1.2 * ndcg), coverage, novelty=8.5)


def _lead(ndcg: float) -> Lead:
    return Lead(Estimate(ndcg, ndcg - 0.02, ndcg + 0.02), Estimate(2 * ndcg, 2 * ndcg - 0.03, 2 * ndcg + 0.03))


def a_report(groups: Mapping[str, Sequence[Group]] | None = None, **part: Any) -> dict[str, Any]:
    return Report(20_000, 20_027, a_part(**part), a_part(50), a_part(60), groups or {}).as_dict()


def an_old_report() -> dict[str, Any]:
    """As the release before this one wrote it."""
    return {
        "questions": 100,
        "from_day": 20_000,
        "k": 10,
        "model": {"hit_rate": 0.2, "ndcg": 0.1, "coverage": 0.5},
        "popularity": {"hit_rate": 0.1, "ndcg": 0.05, "coverage": 0.01},
        "beats_popularity": True,
    }
