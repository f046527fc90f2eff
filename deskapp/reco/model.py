"""Training. The only file that may touch implicit, which trusts column numbers and reads -1 as "the last item".

implicit finds each item's nearest neighbours (its parallel sparse top-k); `neighbours.refit` then weighs them against each other.
"""

from collections.abc import Callable

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import ItemItemRecommender
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array
from threadpoolctl import threadpool_limits

from deskapp.reco import neighbours
from deskapp.reco.fitted import Affinity, Model, Taste
from deskapp.reco.matrix import Purchases, by_customer, by_order
from deskapp.reco.neighbours import HeadCounts, Neighbours

NEAREST = 100
ORDER_RIDGE = 50.0  # in orders
HOME_RIDGE = 200.0  # in customers
FACTORS = 32
TASTE_RIDGE = 10.0
TASTE_ROUNDS = 15
DAMPING = 0.2  # a neighbour's weight is divided by the item's orders to this power, or the same few items always win

Progress = Callable[[float, str], None]


def train(purchases: Purchases, *, seed: int, progress: Progress) -> Model:
    """Fit on all purchases. Calls progress(0..1, words). Same purchases and seed, same model.

    One year of a grocer (1.4 million lines, 50,000 items): see DECISIONS for time and memory.
    """
    vocabulary = purchases.vocabulary()
    with threadpool_limits(1, "blas"):  # implicit runs its own threads and slows down tenfold under a threaded BLAS
        progress(0.0, "Reading the orders")
        orders = by_order(purchases, vocabulary)
        popularity = np.asarray(orders.sum(axis=0, dtype=np.int64), dtype=np.int32).ravel()
        progress(0.1, "Finding what is bought together")
        in_orders = _affinity(orders, ridge=ORDER_RIDGE, damping=DAMPING)
        progress(0.6, "Finding what one customer buys over time")
        homes = by_customer(purchases, vocabulary)
        in_homes = _affinity(_ones(homes), ridge=HOME_RIDGE, damping=0.0)
        progress(0.9, "Finding tastes")
        taste = _taste(homes, seed)
    progress(1.0, "Trained")
    return Model(vocabulary, popularity, in_orders, in_homes, taste)


def _ones(counts: csr_matrix) -> csr_matrix:
    return csr_matrix((np.ones_like(counts.data), counts.indices, counts.indptr), shape=counts.shape)


def _affinity(matrix: csr_matrix, *, ridge: float, damping: float) -> Affinity:
    occurrences = np.asarray(matrix.sum(axis=0, dtype=np.int64), dtype=np.int32).ravel()
    nearest = _nearest(matrix, occurrences)
    weight = neighbours.refit(nearest, HeadCounts.of(matrix, occurrences), occurrences, ridge=ridge)
    weight /= np.maximum(occurrences, 1)[:, None] ** np.float32(damping)
    return neighbours.affinity(nearest, weight)


def _nearest(matrix: csr_matrix, occurrences: NDArray[np.int32]) -> Neighbours:
    """By cosine. The number of times two items occur together is had back from their cosine, exact after rounding."""
    items = len(occurrences)
    width = min(NEAREST, items - 1)
    item = np.full((items, width + 1), -1, dtype=np.int32)
    together = np.zeros(item.shape, dtype=np.float32)
    if width < 1:
        return Neighbours(item[:, :0], together[:, :0])
    length = np.sqrt(occurrences.astype(np.float64))
    knn = ItemItemRecommender(K=width + 1)  # the nearest of all is the item itself
    knn.fit(csr_matrix(matrix @ diags_array(1 / length), dtype=np.float64), show_progress=False)
    cosine = knn.similarity.tocoo()
    others = np.flatnonzero((cosine.row != cosine.col) & (cosine.data > 0))
    row, column, value = cosine.row[others], cosine.col[others], cosine.data[others]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    item[row, rank] = column
    together[row, rank] = np.rint(value * length[row] * length[column])
    return Neighbours(item[:, :width], together[:, :width])


def _taste(homes: csr_matrix, seed: int) -> Taste:
    items = homes.shape[1]
    if min(homes.shape) < 2:  # nobody to compare with, or nothing
        return Taste(np.zeros((items, 1), dtype=np.float32), np.full((1, 1), TASTE_RIDGE, dtype=np.float32))
    confidence = csr_matrix((np.log1p(homes.data), homes.indices, homes.indptr), shape=homes.shape)
    als = AlternatingLeastSquares(
        factors=FACTORS, regularization=TASTE_RIDGE, alpha=1.0, iterations=TASTE_ROUNDS, random_state=seed
    )
    als.fit(confidence, show_progress=False)
    factors = np.ascontiguousarray(als.item_factors, dtype=np.float32)
    return Taste(factors, factors.T @ factors + TASTE_RIDGE * np.eye(FACTORS, dtype=np.float32))
