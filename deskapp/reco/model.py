"""Training on one machine. The only file that may touch implicit, which trusts column numbers and reads -1 as "the last item".

implicit finds each item's nearest neighbours (its parallel sparse top-k) and the factors; `counted.assemble` makes the model of them.
"""

from collections.abc import Callable

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import ItemItemRecommender
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags_array
from threadpoolctl import threadpool_limits

from deskapp.reco.counted import TASTE_RIDGE, Companions, Counted, assemble
from deskapp.reco.fitted import Model
from deskapp.reco.matrix import Purchases, by_customer, by_order, first_times, present_lift
from deskapp.reco.neighbours import HeadCounts, Neighbours, seen_with
from deskapp.rules.words import say

NEAREST = 100
NEAREST_PER_SALE = 4  # what was sold five times cannot tell more than twenty neighbours apart
LIFT_DAYS = 7
FACTORS = 32
TASTE_ROUNDS = 15

Progress = Callable[[float, str], None]


def train(purchases: Purchases, *, seed: int, progress: Progress) -> Model:
    """Fit on all purchases. Calls progress(0..1, words). Same purchases and seed, same model; nothing of any customer is kept."""
    with threadpool_limits(1, "blas"):  # implicit runs its own threads and slows down under a threaded BLAS
        counted = count(purchases, seed=seed, progress=lambda done, words: progress(0.6 * done, words))
        progress(0.6, say("Weighing what speaks for what"))
        model = assemble(counted)
    progress(1.0, say("Trained"))
    return model


def count(purchases: Purchases, *, seed: int, progress: Progress) -> Counted:
    vocabulary = purchases.vocabulary()
    progress(0.0, say("Reading the orders"))
    orders = by_order(purchases, vocabulary)
    progress(0.2, say("Finding what is bought together"))
    in_orders = _companions(orders)
    first = seen_with(in_orders.nearest, orders, first_times(purchases, vocabulary))
    progress(0.5, say("Finding what one customer buys over time"))
    homes = by_customer(purchases, vocabulary)
    ever = csr_matrix((np.ones_like(homes.data), homes.indices, homes.indptr), shape=homes.shape)
    in_homes = _companions(ever)
    progress(0.8, say("Finding tastes"))
    lift = present_lift(purchases, vocabulary, days=LIFT_DAYS)
    return Counted(vocabulary, in_orders, first, in_homes, lift, _factors(homes, seed))


def _companions(matrix: csr_matrix) -> Companions:
    occurrences = _occurrences(matrix)
    return Companions(occurrences, _nearest(matrix, occurrences), HeadCounts.of(matrix, occurrences))


def _occurrences(matrix: csr_matrix) -> NDArray[np.int32]:
    counts: NDArray[np.int32] = np.asarray(matrix.sum(axis=0, dtype=np.int64), dtype=np.int32).ravel()
    return counts


def _nearest(matrix: csr_matrix, occurrences: NDArray[np.int32]) -> Neighbours:
    """By cosine. The number of times two items occur together is had back from their cosine, exact after rounding."""
    items = len(occurrences)
    width = max(min(NEAREST, items - 1), 0)
    item, together = np.full((items, width), -1, dtype=np.int32), np.zeros((items, width), dtype=np.float32)
    if not width:
        return Neighbours(item, together)
    length = np.sqrt(occurrences.astype(np.float64))
    knn = ItemItemRecommender(K=width + 1)  # the nearest of all is the item itself
    knn.fit(csr_matrix(matrix @ diags_array(1 / length), dtype=np.float64), show_progress=False)
    row, rank, column, cosine = _ranked(knn.similarity.tocoo())
    kept = rank < np.minimum(width, NEAREST_PER_SALE * occurrences)[row]
    row, rank, column, cosine = row[kept], rank[kept], column[kept], cosine[kept]
    item[row, rank] = column
    together[row, rank] = np.rint(cosine * length[row] * length[column])
    return Neighbours(item, together)


def _ranked(
    similarity: coo_matrix,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """(row, rank, column, value) of all pairs but an item with itself, row by row and the most similar first."""
    pairs = np.flatnonzero((similarity.row != similarity.col) & (similarity.data > 0))
    pairs = pairs[np.lexsort((similarity.col[pairs], -similarity.data[pairs], similarity.row[pairs]))]
    row = similarity.row[pairs]
    return row, np.arange(len(row)) - np.searchsorted(row, row), similarity.col[pairs], similarity.data[pairs]


def _factors(homes: csr_matrix, seed: int) -> NDArray[np.float32]:
    if min(homes.shape) < 2:  # nobody to compare with, or nothing
        return np.zeros((homes.shape[1], 1), dtype=np.float32)
    confidence = csr_matrix((1 + np.log1p(homes.data), homes.indices, homes.indptr), shape=homes.shape)
    als = AlternatingLeastSquares(
        factors=FACTORS, regularization=TASTE_RIDGE, alpha=1.0, iterations=TASTE_ROUNDS, random_state=seed
    )
    als.fit(confidence, show_progress=False)
    return np.ascontiguousarray(als.item_factors, dtype=np.float32)
