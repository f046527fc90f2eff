"""What speaks for each item: today's basket, what this customer bought before, and what they buy again and again.

The score of an item is a plain sum over the items of basket and history, so each item's share of it can be read off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.fitted import Affinity, Model, Taste
from deskapp.reco.newcomers import borrowed, siblings_of

# Weights of the voices beside the basket's, which is 1; chosen on cutoffs of July and September 2017, see DECISIONS.
HOMES = 0.011
TASTE = 0.003
FAMILIAR = (
    0.2  # a basket's item bought n times before speaks as if divided by (1 + n) to this power: novelties go together
)
HABIT = 0.1
OFTEN = 10  # orders with an item after which half of the habit is reached


@dataclass(frozen=True, slots=True)
class Spoken:
    """What `speakers` (columns) say through an affinity: speaker s adds `weight` to `target` for each of its `length[s]` pairs."""

    speakers: NDArray[np.int64]
    length: NDArray[np.int64]
    target: NDArray[np.int32]
    weight: NDArray[np.float32]

    @classmethod
    def by(cls, affinity: Affinity, speakers: NDArray[np.int64], loudness: NDArray[np.float64]) -> Self:
        """loudness: shape of `speakers`, multiplies all that a speaker says."""
        pair, length = affinity.pairs(speakers)
        weight = affinity.weight[pair] * np.repeat(loudness.astype(np.float32), length)
        return cls(speakers, length, affinity.column[pair], weight)

    @classmethod
    def silent(cls, speakers: NDArray[np.int64]) -> Self:
        return cls(speakers, np.zeros_like(speakers), np.zeros(0, np.int32), np.zeros(0, np.float32))

    def scores(self, width: int) -> NDArray[np.float64]:
        score: NDArray[np.float64] = np.bincount(self.target, self.weight, minlength=width).astype(
            np.float64, copy=False
        )
        return score  # bincount counts in integers when nobody speaks

    def shares(self, columns: NDArray[np.int64], width: int) -> NDArray[np.float64]:
        """Shape (speakers, columns): how much each speaker gave to each of `columns`."""
        place = np.full(width, -1, dtype=np.int32)
        place[columns] = np.arange(len(columns))
        at = place[self.target]
        heard = np.flatnonzero(at >= 0)
        speaker = np.searchsorted(np.cumsum(self.length), heard, side="right")
        shares = np.zeros((len(self.speakers), len(columns)))
        shares[speaker, at[heard]] = self.weight[heard]
        return shares


@dataclass(frozen=True, slots=True)
class Evidence:
    """`often`: shape (history,), n / (n + OFTEN) for n orders with the item; of no other item, so that each speaks for itself.

    `leanings`: shape (history, factors), what each item of the history adds to the customer's taste; they sum up to it.
    """

    model: Model
    basket: Spoken
    history: Spoken
    often: NDArray[np.float64]
    leanings: NDArray[np.float32]

    @property
    def speakers(self) -> NDArray[np.int64]:
        return np.concatenate([self.basket.speakers, self.history.speakers])

    def scores(self) -> NDArray[np.float64]:
        """Shape (items,)."""
        width = len(self.model.vocabulary)
        score = self.basket.scores(width) + HOMES * self.history.scores(width)
        score += TASTE * (self.model.taste.factors @ self.leanings.sum(axis=0))
        if (kin := self.model.kin) is not None:
            score[kin.column] += borrowed(kin, score)
        score[self.history.speakers] += HABIT * self.often  # of this item itself, so no newcomer borrows it
        return score

    def shares(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Shape (speakers, columns): the addends of `scores` at `columns`."""
        shares = self._spoken(columns)
        if (kin := self.model.kin) is not None:
            siblings, parts = siblings_of(kin, columns)
            shares += self._spoken(siblings) @ parts
        again = self.history.speakers[:, None] == columns
        shares[len(self.basket.speakers) :] += HABIT * self.often[:, None] * again
        return shares

    def _spoken(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        width = len(self.model.vocabulary)
        past = HOMES * self.history.shares(columns, width)
        past += TASTE * (self.leanings @ self.model.taste.factors[columns].T)
        return np.concatenate([self.basket.shares(columns, width), past])


def gather(model: Model, basket: Sequence[int], history: Mapping[int, int], *, novel: bool) -> Evidence:
    """Ids the model does not know, and history with a count below 1, are left out. An item in the basket twice speaks once."""
    today = np.unique(model.vocabulary.columns(basket))
    past, known = model.vocabulary.find(history)
    count = np.fromiter(history.values(), dtype=np.float64)
    known &= count > 0
    past, count = past[known], count[known]
    often = count / (count + OFTEN)
    leanings = _leanings(model.taste, past, count)
    if novel:
        basket_says = Spoken.by(model.new_in_orders, today, (1 + _times(today, past, count)) ** -FAMILIAR)
        history_says = Spoken.by(model.in_homes, past, np.log1p(count))
    else:  # where repeats are wanted, what they buy again and again says more than what goes with it
        basket_says = Spoken.by(model.in_orders, today, np.ones(len(today)))
        history_says = Spoken.silent(past)
    return Evidence(model, basket_says, history_says, often, leanings)


def _times(today: NDArray[np.int64], past: NDArray[np.int64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each of `today`, which ascends, was bought before."""
    times = np.zeros(len(today))
    if len(today):
        at = np.minimum(np.searchsorted(today, past), len(today) - 1)
        again = today[at] == past
        times[at[again]] = count[again]
    return times


def _leanings(taste: Taste, past: NDArray[np.int64], count: NDArray[np.float64]) -> NDArray[np.float32]:
    """The closed-form half step of ALS (Hu, Koren, Volinsky 2008) with confidence 1 + log(1 + count), kept apart by item."""
    bought = taste.factors[past]
    confidence = 1 + np.log1p(count).astype(np.float32)[:, None]
    system = taste.gram + bought.T @ ((confidence - 1) * bought)
    leanings: NDArray[np.float32] = (confidence * bought) @ np.linalg.inv(system)
    return leanings
