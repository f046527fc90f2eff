"""What training leaves behind: plain arrays, so that serving needs neither implicit nor a customer's name."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Affinity:
    """A sparse table of "item r speaks for item c": row r is pairs start[r]:start[r + 1].

    start: int64, shape (items + 1,). column: int32, shape (pairs,), ascending within a row. weight: float32, shape (pairs,),
    may be negative. together: int32, shape (pairs,), how many orders (or customers) had both.
    """

    start: NDArray[np.int64]
    column: NDArray[np.int32]
    weight: NDArray[np.float32]
    together: NDArray[np.int32]

    def pairs(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(pair, length): positions of the pairs of `rows`, one row after the other, and how many each row has."""
        begin = self.start[rows]
        length = self.start[rows + 1] - begin
        shift = begin - np.cumsum(length) + length
        pair = np.repeat(shift, length)
        pair += np.arange(len(pair))
        return pair, length


@dataclass(frozen=True, slots=True)
class Taste:
    """Latent factors of the items, from ALS over customers; a customer's own are worked out from their history when asked for.

    factors: float32, shape (items, factors). gram: float32, shape (factors, factors), factors' @ factors plus the ridge.
    """

    factors: NDArray[np.float32]
    gram: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Kin:
    """For items that came after the training: the items of their kind that speak in their place, see newcomers.

    column: int64, shape (newcomers,), ascending. kind: int64, same shape. share: float64, same shape, above 0 and at most 1,
    what part of their siblings' mean they get. The siblings of kind k are the columns sibling[start[k]:start[k + 1]], at least one.
    """

    column: NDArray[np.int64]
    kind: NDArray[np.int64]
    share: NDArray[np.float64]
    start: NDArray[np.int64]
    sibling: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Model:
    """Holds items and how they go together, never a customer.

    popularity: int32, shape (items,), orders that held the item.
    in_orders: what today's basket says about what else is in it; new_in_orders: about what the customer will buy for the
    first time. in_homes: what a customer's history says. taste: the same from afar. kin: never stored, see newcomers.
    """

    vocabulary: Vocabulary
    popularity: NDArray[np.int32]
    in_orders: Affinity
    new_in_orders: Affinity
    in_homes: Affinity
    taste: Taste
    kin: Kin | None = None
