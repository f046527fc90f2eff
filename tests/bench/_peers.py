"""What the libraries make of the same window: popularity, implicit, similaripy, and EASE (Steck 2019, arXiv:1905.03375)."""

import warnings
from collections.abc import Callable, Iterator

import numpy as np
import scipy.linalg
import similaripy
from _window import MAX_VALUE, K, Question, Window
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender, TFIDFRecommender
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

Scores = Callable[[np.ndarray, csr_matrix], np.ndarray]  # rows of customers, their baskets -> scores, one row each

_BATCH = 250
_NEAREST = 1000
_EASE_RIDGE = 200
_EASE_DAMPING = 0.3


class Peers:
    def __init__(self, window: Window) -> None:
        self.items = window.items.index.to_numpy()
        self.dear = window.items["price"].to_numpy() > MAX_VALUE
        self.customers = np.unique(window.past["customer"])
        column = np.searchsorted(self.items, window.past["item"])
        self.by_order = _counts(np.unique(window.past["order"], return_inverse=True)[1], column, len(self.items))
        self.by_order.data[:] = 1
        self.by_customer = _counts(np.searchsorted(self.customers, window.past["customer"]), column, len(self.items))
        self.popular = np.asarray(self.by_order.sum(axis=0)).ravel()

    def rows(self, *, with_ease: bool) -> Iterator[tuple[str, bool, Scores]]:
        """(name, whether it needs a basket, its scores), each fitted when it is asked for and free to go afterwards."""
        yield "popularity", False, lambda who, _: np.tile(self.popular, (len(who), 1))
        yield "personal frequency, then popularity", False, self._frequency
        yield "implicit ALS on customers", False, self._als()
        yield "implicit TF-IDF item-item on customers", False, self._of_customers()
        yield "implicit TF-IDF item-item on orders", True, _nearest(TFIDFRecommender(K=_NEAREST), self.by_order)
        yield "implicit cosine item-item on orders", True, _nearest(CosineRecommender(K=_NEAREST), self.by_order)
        yield "similaripy Jaccard on orders", True, self._jaccard()
        if with_ease:
            ease = _ease(self.by_order)
            damped = 1 / np.maximum(self.popular, 1) ** _EASE_DAMPING
            yield "EASE on orders", True, lambda _, baskets: np.asarray(baskets @ ease)
            yield "EASE on orders, popularity damped", True, lambda _, baskets: np.asarray(baskets @ ease) * damped

    def answer(self, scores: Scores, questions: list[Question]) -> list[list[int]]:
        """The K best of each, after the same masks for everybody."""
        return [
            ranked
            for start in range(0, len(questions), _BATCH)
            for ranked in self._batch(scores, questions[start : start + _BATCH])
        ]

    def _batch(self, scores: Scores, questions: list[Question]) -> Iterator[list[int]]:
        who = np.searchsorted(self.customers, [question.customer for question in questions])
        columns = [np.searchsorted(self.items, question.basket) for question in questions]
        rows = np.repeat(np.arange(len(questions)), [len(inside) for inside in columns])
        baskets = _counts(rows, np.concatenate(columns).astype(int), len(self.items), len(questions))
        found = np.array(scores(who, baskets), dtype=np.float64)
        for row, question, inside, customer in zip(found, questions, columns, who, strict=True):
            row[inside] = -np.inf
            if question.is_gift:
                row[self.dear] = -np.inf
            if question.is_novel:
                row[self.by_customer[[customer]].indices] = -np.inf
            yield self.items[np.argsort(-row, kind="stable")[:K]].tolist()

    def _frequency(self, who: np.ndarray, _baskets: csr_matrix) -> np.ndarray:
        return self.by_customer[who].toarray() + self.popular / (self.popular.max() + 1)

    def _als(self) -> Scores:
        with threadpool_limits(1, "blas"):  # implicit runs its own threads
            als = AlternatingLeastSquares(factors=64, regularization=1.0, alpha=1.0, iterations=15, random_state=1)
            als.fit(self.by_customer.log1p().tocsr(), show_progress=False)
        return lambda who, _: als.user_factors[who] @ als.item_factors.T

    def _of_customers(self) -> Scores:
        model = TFIDFRecommender(K=_NEAREST)
        _fit(model, self.by_customer)
        return lambda who, _: (self.by_customer[who] @ model.similarity).toarray()

    def _jaccard(self) -> Scores:
        similarity = similaripy.jaccard(self.by_order.T.tocsr(), k=_NEAREST, verbose=False, format_output="csr")
        similarity.setdiag(0)
        return lambda _, baskets: (baskets @ similarity.T).toarray()


def _counts(rows: np.ndarray, columns: np.ndarray, width: int, height: int | None = None) -> csr_matrix:
    shape = (int(rows.max(initial=-1)) + 1 if height is None else height, width)
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _fit(model: CosineRecommender | TFIDFRecommender, counts: csr_matrix) -> None:
    with warnings.catch_warnings():  # it converts its own matrix and warns about it
        warnings.simplefilter("ignore")
        model.fit(counts, show_progress=False)


def _nearest(model: CosineRecommender | TFIDFRecommender, by_order: csr_matrix) -> Scores:
    _fit(model, by_order)
    return lambda _, baskets: (baskets @ model.similarity).toarray()


def _ease(by_order: csr_matrix) -> np.ndarray:
    """Dense: for 13,000 items about 4 GB and two minutes."""
    gram = (by_order.T @ by_order).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += _EASE_RIDGE
    factored = scipy.linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    inverse = scipy.linalg.cho_solve(
        factored, np.eye(len(gram), dtype=np.float32), overwrite_b=True, check_finite=False
    )
    weights = np.ascontiguousarray(inverse / -np.diag(inverse))
    weights[np.diag_indices_from(weights)] = 0
    return weights
