"""Training. The only file that may touch implicit, which trusts column numbers and reads -1 as "the last item".

implicit finds each item's nearest neighbours (its parallel sparse top-k); `neighbours.refit` then weighs them against each other.
"""

from collections.abc import Callable

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import ItemItemRecommender
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags_array
from threadpoolctl import threadpool_limits

from deskapp.reco import neighbours
from deskapp.reco.fitted import Affinity, Model, Taste
from deskapp.reco.matrix import Purchases, by_customer, by_order, first_times, present_lift
from deskapp.reco.neighbours import HeadCounts, Neighbours

NEAREST = 100
NEAREST_PER_SALE = 4  # what was sold five times cannot tell more than twenty neighbours apart
ORDER_RIDGE = 50.0  # in orders
HOME_RIDGE = 200.0  # in customers
DAMPING = 0.2  # a weight is divided by the item's orders to this power, or the same few items always win
NEW_DAMPING = 0.15
OLD_IN_NEW = 0.3  # how much any purchase counts beside a first one when something new is looked for
LIFT_DAYS = 7
LIFT = 0.2  # power of an item's present lift among what is bought together
HOME_LIFT = 0.35  # and in homes, where no basket tells what this week is like
HOME_PAIRS = 20  # an item on average; the weaker four fifths change no answer and cost most of the time
FACTORS = 32
TASTE_RIDGE = 10.0
TASTE_ROUNDS = 15

Progress = Callable[[float, str], None]


def train(purchases: Purchases, *, seed: int, progress: Progress) -> Model:
    """Fit on all purchases. Calls progress(0..1, words). Same purchases and seed, same model; nothing of any customer is kept."""
    vocabulary = purchases.vocabulary()
    with threadpool_limits(1, "blas"):  # implicit runs its own threads and slows down under a threaded BLAS
        progress(0.0, "Reading the orders")
        orders = by_order(purchases, vocabulary)
        popularity = _occurrences(orders)
        progress(0.1, "Finding what is bought together")
        lift = present_lift(purchases, vocabulary, days=LIFT_DAYS)
        in_orders, new_in_orders = _tables_of_orders(orders, first_times(purchases, vocabulary), lift)
        progress(0.6, "Finding what one customer buys over time")
        homes = by_customer(purchases, vocabulary)
        in_homes = _table_of_homes(homes, lift)
        progress(0.9, "Finding tastes")
        taste = _taste(homes, seed)
    progress(1.0, "Trained")
    return Model(vocabulary, popularity, in_orders, new_in_orders, in_homes, taste)


def _tables_of_orders(
    orders: csr_matrix, first_times: csr_matrix, lift: NDArray[np.float32]
) -> tuple[Affinity, Affinity]:
    """What an item says about what else is in the order, and about what the customer buys for the first time in it."""
    popularity, nearest = _occurrences(orders), _nearest(orders)
    seen = np.stack([nearest.together, neighbours.seen_with(nearest, orders, first_times)], axis=2)
    weight = neighbours.refit(nearest, seen, HeadCounts.of(orders, popularity), popularity, ridge=ORDER_RIDGE)
    often = np.maximum(popularity, 1).astype(np.float32)
    any_time = weight[:, :, 0] / often[:, None] ** DAMPING
    new = weight[:, :, 1] + OLD_IN_NEW * weight[:, :, 0]
    new *= (lift**LIFT / often**NEW_DAMPING)[:, None]
    return (
        neighbours.affinity(nearest, any_time, most=any_time.size),
        neighbours.affinity(nearest, new, most=new.size),
    )


def _table_of_homes(homes: csr_matrix, lift: NDArray[np.float32]) -> Affinity:
    ever = csr_matrix((np.ones_like(homes.data), homes.indices, homes.indptr), shape=homes.shape)
    buyers, nearest = _occurrences(ever), _nearest(ever)
    seen = nearest.together[:, :, None]
    weight = neighbours.refit(nearest, seen, HeadCounts.of(ever, buyers), buyers, ridge=HOME_RIDGE)
    lifted = weight[:, :, 0] * (lift**HOME_LIFT)[:, None]
    return neighbours.affinity(nearest, lifted, most=HOME_PAIRS * len(buyers))


def _occurrences(matrix: csr_matrix) -> NDArray[np.int32]:
    counts: NDArray[np.int32] = np.asarray(matrix.sum(axis=0, dtype=np.int64), dtype=np.int32).ravel()
    return counts


def _nearest(matrix: csr_matrix) -> Neighbours:
    """By cosine. The number of times two items occur together is had back from their cosine, exact after rounding."""
    occurrences = _occurrences(matrix)
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
