"""Small shops for the recommender's tests."""

from functools import cache

import numpy as np

from deskapp.reco.matrix import Purchases
from deskapp.reco.model import train

BREAD, BUTTER, JAM, TEA, MILK, SOAP, TOWEL, RARE = 10, 20, 30, 40, 50, 60, 70, 80


def quiet(_done, _words):
    pass


def purchases(*orders, days=None):
    """Each order is (customer, items); days count up from 17,000 unless given."""
    rows = [(item, order, customer) for order, (customer, items) in enumerate(orders) for item in items]
    day = [(days[order] if days else 17_000 + order) for _, order, _ in rows]
    item, order, customer = (
        (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        if rows
        else [np.zeros(0, dtype=np.int64)] * 3
    )
    store, spent_minor = np.zeros(len(item), dtype=np.int32), np.full(len(item), 100, dtype=np.int64)
    return Purchases(item, order, customer, np.array(day, dtype=np.int32), store, spent_minor)


def breakfast_and_bath(repeats=30):
    """Two kinds of order that share nothing but tea; RARE was sold once; TEA is in every order."""
    kinds = [
        (1, [BREAD, BUTTER, JAM, TEA]),
        (2, [SOAP, TOWEL, TEA]),
        (3, [BREAD, BUTTER, TEA]),
        (4, [MILK, TEA, BREAD]),
    ]
    return purchases(*kinds * repeats, (5, [RARE, TEA]))


def fitted(bought=None):
    return train(bought, seed=1, progress=quiet) if bought is not None else _breakfast_and_bath()


@cache
def _breakfast_and_bath():
    return train(breakfast_and_bath(), seed=1, progress=quiet)


def everything(model):
    return np.ones(len(model.vocabulary), dtype=bool)


def random_shop(seed, items=40, orders=300, customers=25):
    """Skewed like a real one: few items are in most orders."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, items + 1)
    share /= share.sum()
    sizes = rng.integers(1, 9, orders)
    return purchases(
        *((int(rng.integers(customers)), (100 + rng.choice(items, size, p=share)).tolist()) for size in sizes)
    )
