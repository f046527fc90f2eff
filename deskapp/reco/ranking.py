"""From a basket and a history to the k best items, each with what it was that spoke for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.evidence import Evidence, gather
from deskapp.reco.explain import Because, because, together
from deskapp.reco.fitted import Model

SOME_ORDERS, MANY_ORDERS = 3, 5
WIDE_SHARE = 0.05  # of the orders with the most bought item; in the demo shop a hundred of 17,000 items reach it


class Source(StrEnum):
    BASKET = "basket"
    HISTORY = "history"
    POPULAR = "popular"
    PINNED = "pinned"  # by the shop's own hand, never proposed by a model


class Known(StrEnum):
    """How many knew an item when the model was trained. Also what is sold for years and was never bought is HARDLY known."""

    WIDELY = "widely"
    SOMEWHAT = "somewhat"
    HARDLY = "hardly"

    @classmethod
    def by(cls, orders: int, most: int) -> Self:
        """`most`: orders with the most bought item of all."""
        if orders < SOME_ORDERS:
            return cls("hardly")
        return cls("widely" if orders >= max(MANY_ORDERS, most * WIDE_SHARE) else "somewhat")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item proposed, by database id.

    because: ids of the items that carried the score, strongest first, at most 3; none when POPULAR. An item bought again and
    again may be its own because. together: orders that held both this item and because[0], 0 if not known.
    """

    item: int
    score: float
    source: Source
    because: tuple[int, ...]
    together: int
    known: Known = Known.WIDELY


@dataclass(frozen=True, slots=True)
class Heard:
    """What one basket and one history say of every item: worked out once, for as many lists as are wanted.

    score: shape (items,), 0 or less where nothing speaks for an item.
    """

    evidence: Evidence
    score: NDArray[np.float64]
    novel: bool

    @classmethod
    def of(cls, model: Model, basket: Sequence[int], history: Mapping[int, int], *, novel: bool) -> Self:
        evidence = gather(model, basket, history, novel=novel)
        return cls(evidence, evidence.scores(), novel)

    def best(self, allowed: NDArray[np.bool_], k: int, favour: NDArray[np.float32] | None = None) -> list[Candidate]:
        """As `suggest`."""
        return self.explained(self.ranked(allowed, k, favour))

    def ranked(self, allowed: NDArray[np.bool_], k: int, favour: NDArray[np.float32] | None = None) -> dict[int, float]:
        """Item -> score, the best first: `best` without the reasons, which cost more than to find whom they are for."""
        model = self.evidence.model
        score = self.score if favour is None else self.score * favour
        eligible = _eligible(self.evidence, allowed, novel=self.novel)
        spoken_for = eligible & (score > 0)
        if np.count_nonzero(spoken_for) >= k:  # which spares most customers a look at all the others
            eligible = spoken_for
        else:
            score = _popular_last(score, model.popularity)
        best = _best(score, eligible, k)
        return dict(zip(model.vocabulary.ids[best].tolist(), score[best].tolist(), strict=True))

    def explained(self, ranked: Mapping[int, float]) -> list[Candidate]:
        """Each of what `ranked` answered, or of some of it, with what spoke for it."""
        model = self.evidence.model
        columns = model.vocabulary.columns(ranked)
        most = int(model.popularity.max(initial=0))
        return [
            _candidate(model, column, score, why, most)
            for column, score, why in zip(
                columns.tolist(), ranked.values(), because(self.evidence, columns), strict=True
            )
        ]


def suggest(
    model: Model,
    *,
    basket: Sequence[int],
    history: Mapping[int, int],
    allowed: NDArray[np.bool_],
    novel: bool,
    k: int,
    favour: NDArray[np.float32] | None = None,
) -> list[Candidate]:
    """The k best allowed items outside the basket and, if `novel`, outside the history; fewer only if fewer are allowed.

    history: item id -> in how many of this customer's orders it was. allowed: shape (items,), over model.vocabulary, applied
    before the best are taken. Ids the model does not know are ignored. Raises ValueError if `allowed` has another shape.
    favour: shape (items,), positive; multiplies the score of what something speaks for, and leaves the shares in it as they are.
    """
    return Heard.of(model, basket, history, novel=novel).best(allowed, k, favour)


def rank(model: Model, *, basket: Sequence[int], history: Mapping[int, int], novel: bool, k: int) -> list[int]:
    """Ids of what `suggest` would propose of everything. Without the reasons, which nobody reads in bulk, two thirds of the cost."""
    evidence = gather(model, basket, history, novel=novel)
    eligible = _eligible(evidence, np.ones(len(model.vocabulary), dtype=np.bool_), novel=novel)
    best = _best(_popular_last(evidence.scores(), model.popularity), eligible, k)
    ids: list[int] = model.vocabulary.ids[best].tolist()
    return ids


def _eligible(evidence: Evidence, allowed: NDArray[np.bool_], *, novel: bool) -> NDArray[np.bool_]:
    if allowed.shape != evidence.model.vocabulary.ids.shape:
        raise ValueError("`allowed` must say yes or no for every column of the model.")
    eligible = np.array(allowed, dtype=np.bool_)
    eligible[evidence.basket.speakers] = False
    if novel:
        eligible[evidence.history.speakers] = False
    return eligible


def _popular_last(score: NDArray[np.float64], popularity: NDArray[np.int32]) -> NDArray[np.float64]:
    """Items that nothing speaks for come after all others, the popular ones first: their score lies between -1 and 0."""
    return np.where(score > 0, score, popularity / (popularity.max(initial=0) + 1.0) - 1)


def _best(score: NDArray[np.float64], eligible: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    """Columns of the k highest scores, best first; of equal ones the lower column."""
    columns = np.flatnonzero(eligible)
    if not 0 < k < len(columns):
        columns = columns[: max(k, 0)]
    else:
        cut = np.partition(score[columns], -k)[-k]
        columns = columns[score[columns] >= cut]
    order = np.argsort(-score[columns], kind="stable")
    best: NDArray[np.int64] = columns[order[: max(k, 0)]]
    return best


def _candidate(model: Model, column: int, score: float, why: Because, most: int) -> Candidate:
    ids = model.vocabulary.ids
    known = Known.by(int(model.popularity[column]), most)
    if score <= 0 or not len(why.items):
        return Candidate(int(ids[column]), score, Source.POPULAR, (), 0, known)
    return Candidate(
        int(ids[column]),
        score,
        Source.BASKET if why.from_basket else Source.HISTORY,
        tuple(int(ids[item]) for item in why.items),
        together(model.in_orders, int(why.items[0]), column),
        known,
    )
