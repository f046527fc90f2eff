"""Purchases as sparse matrices: who bought what, order by order and customer by customer."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from deskapp.reco.vocabulary import Vocabulary

_YEAR = 365


@dataclass(frozen=True, slots=True)
class Purchases:
    """One row per order line, in any order, duplicates allowed; lines that give nothing (quantity <= 0) are left out by the caller.

    All arrays have shape (lines,). `item`, `order`, `customer` are database ids, `day` counts days since 1970-01-01 (UTC),
    `store` numbers the stores from 0, `spent_minor` is what the line cost. Raises ValueError when the lengths differ.
    """

    item: NDArray[np.int64]
    order: NDArray[np.int64]
    customer: NDArray[np.int64]
    day: NDArray[np.int32]
    store: NDArray[np.int32]
    spent_minor: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len({len(getattr(self, column.name)) for column in fields(self)}) != 1:
            raise ValueError("Every purchase needs an item, an order, a customer, a day, a store and an amount.")

    def __len__(self) -> int:
        return len(self.item)

    def where(self, chosen: NDArray[np.bool_]) -> "Purchases":
        return Purchases(*(getattr(self, column.name)[chosen] for column in fields(self)))

    def vocabulary(self) -> Vocabulary:
        return Vocabulary(np.unique(self.item).astype(np.int64))


def by_order(purchases: Purchases, vocabulary: Vocabulary) -> csr_matrix:
    """Float32, shape (orders, items): 1 where the order holds the item, however many lines say so. Orders ascend by id."""
    _, row = np.unique(purchases.order, return_inverse=True)
    matrix = _sum(row, vocabulary.columns(purchases.item), len(vocabulary))
    matrix.data[:] = 1
    return matrix


def first_times(purchases: Purchases, vocabulary: Vocabulary) -> csr_matrix:
    """Float32, same shape as `by_order`: 1 where the order is the first in which its customer bought the item."""
    _, row = np.unique(purchases.order, return_inverse=True)
    column = vocabulary.columns(purchases.item)
    in_time = np.lexsort((row, purchases.day))
    _, owner = np.unique(purchases.customer, return_inverse=True)
    pair = owner[in_time] * np.int64(len(vocabulary)) + column[in_time]
    _, earliest = np.unique(pair, return_index=True)
    first = in_time[earliest]
    height = int(row.max(initial=-1)) + 1
    return csr_matrix(
        (np.ones(len(first), dtype=np.float32), (row[first], column[first])), shape=(height, len(vocabulary))
    )


def present_lift(purchases: Purchases, vocabulary: Vocabulary, *, days: int) -> NDArray[np.float32]:
    """Shape (items,), about 1: lines of the last `days` over what the item's last year would make one expect, both plus 5."""
    column, last = vocabulary.columns(purchases.item), purchases.day.max(initial=0)
    of_the_year = (
        purchases.day > last - _YEAR
    )  # one order of long ago must not stretch the days over which sales are spread
    year = np.bincount(column[of_the_year], minlength=len(vocabulary))
    lately = np.bincount(column[purchases.day > last - days], minlength=len(vocabulary))
    span = max(int(last - purchases.day[of_the_year].min(initial=last)) + 1, days)
    lift: NDArray[np.float32] = ((lately + 5) / (year * (days / span) + 5)).astype(np.float32)
    return lift


def by_customer(purchases: Purchases, vocabulary: Vocabulary) -> csr_matrix:
    """Float32, shape (customers, items): in how many of their orders the customer had the item. Customers ascend by id."""
    orders = by_order(purchases, vocabulary)
    _, first = np.unique(purchases.order, return_index=True)
    _, owner = np.unique(purchases.customer[first], return_inverse=True)
    return _sum(owner, np.arange(len(owner)), len(owner)) @ orders


def _sum(row: NDArray[np.int64], column: NDArray[np.int64], width: int) -> csr_matrix:
    height = int(row.max(initial=-1)) + 1
    matrix = csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=(height, width))
    matrix.sum_duplicates()
    return matrix
