"""Weights of an item's neighbours by ridge regression, one small one per item.

Item j is predicted from the presence of its m most similar items S: w = (G_SS + ridge I)^-1 G_Sj, where G counts how often
two items occur together. It is EASE (Steck 2019, arXiv:1905.03375) cut down to each item's neighbourhood: neighbours that
repeat each other share their weight instead of adding up, and cost grows with the number of items, not its cube.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from deskapp.reco.fitted import Affinity

HEAD = 8192  # items whose pairwise counts are kept exactly: 256 MiB; pairs of rarer items count less than the ridge
BATCH = 256


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The m items most similar to each item, or fewer; `item` int32 and `together` float32, shape (items, m).

    The nearest come first; places left over hold -1 and 0.
    """

    item: NDArray[np.int32]
    together: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeadCounts:
    """How often the commonest items occur together. place: item -> row of `counts`; rarer items share a last row of zeros."""

    place: NDArray[np.int64]
    counts: NDArray[np.float32]

    @classmethod
    def of(cls, matrix: csr_matrix, popularity: NDArray[np.int32]) -> Self:
        head = np.sort(np.argsort(-popularity, kind="stable")[:HEAD])
        place = np.full(len(popularity), len(head))
        place[head] = np.arange(len(head))
        common = matrix[:, head]
        counts = np.zeros((len(head) + 1, len(head) + 1), dtype=np.float32)
        counts[:-1, :-1] = (common.T @ common).toarray()
        return cls(place, counts)


def refit(
    neighbours: Neighbours,
    seen: NDArray[np.float32],
    head: HeadCounts,
    popularity: NDArray[np.int32],
    *,
    ridge: float,
) -> NDArray[np.float32]:
    """What the presence of each neighbour adds to the expectation of what was `seen` with it.

    seen: shape (items, m, targets), how often each target was seen with each neighbour; the result has the same shape.
    `ridge` is in orders (or customers). About 0.3 ms an item for m = 100 on one core.
    """
    weight = np.zeros(seen.shape, dtype=np.float32)
    width = (neighbours.item >= 0).sum(axis=1)
    by_width = np.argsort(width, kind="stable")  # rare items have few neighbours and cost next to nothing
    for start in range(0, len(weight), BATCH):
        chunk = by_width[start : start + BATCH]
        most = int(width[chunk[-1]])
        weight[chunk, :most] = _solve(neighbours.item[chunk, :most], seen[chunk, :most], head, popularity, ridge)
    return weight


def _solve(
    item: NDArray[np.int32],
    seen: NDArray[np.float32],
    head: HeadCounts,
    popularity: NDArray[np.int32],
    ridge: float,
) -> NDArray[np.float32]:
    place = head.place[item]
    gram = head.counts[place[:, :, None], place[:, None, :]]
    diagonal = np.arange(item.shape[1])
    gram[:, diagonal, diagonal] = popularity[item] + np.float32(ridge)
    gram[item < 0] = 0  # an empty place is an equation of its own: 1 x weight = 0
    gram.transpose(0, 2, 1)[item < 0] = 0
    gram[:, diagonal, diagonal] += item < 0
    solved: NDArray[np.float32] = np.linalg.solve(gram, seen)
    return solved


def seen_with(neighbours: Neighbours, matrix: csr_matrix, targets: csr_matrix) -> NDArray[np.float32]:
    """Float32, shape (items, m): in how many rows the neighbour is in `matrix` and the item in `targets` (same shape)."""
    by_item = targets.T.tocsr()
    seen = np.zeros(neighbours.item.shape, dtype=np.float32)
    for start in range(0, len(seen), BATCH):
        chunk = slice(start, start + BATCH)
        seen[chunk] = _look_up(by_item[chunk] @ matrix, neighbours.item[chunk])
    return seen


def _look_up(counts: csr_matrix, columns: NDArray[np.int32]) -> NDArray[np.float32]:
    """counts[r, columns[r, :]] for every row; a column of -1 gives 0. Twenty times quicker than indexing a sparse matrix."""
    counts.sort_indices()
    rows, width = counts.shape
    keys = np.repeat(np.arange(rows, dtype=np.int64) * width, np.diff(counts.indptr)) + counts.indices
    keys, values = np.append(keys, rows * width), np.append(counts.data, np.float32(0))
    wanted = np.arange(rows, dtype=np.int64)[:, None] * width + columns
    at = np.searchsorted(keys, wanted)
    found: NDArray[np.float32] = np.where((keys[at] == wanted) & (columns >= 0), values[at], np.float32(0))
    return found


def affinity(neighbours: Neighbours, weight: NDArray[np.float32], *, most: int) -> Affinity:
    """The `most` strongest pairs, turned round: by the neighbour that speaks, so that a basket reads one row for each of its items."""
    flat, speaker = weight.ravel(), neighbours.item.ravel()
    kept = np.flatnonzero((speaker >= 0) & (flat != 0))
    kept = kept[np.argsort(-np.abs(flat[kept]), kind="stable")[:most]]
    target = (kept // max(weight.shape[1], 1)).astype(np.int32)
    order = np.lexsort((target, speaker[kept]))
    kept, target = kept[order], target[order]
    start = np.zeros(len(weight) + 1, dtype=np.int64)
    np.cumsum(np.bincount(speaker[kept], minlength=len(weight)), out=start[1:])
    together = np.rint(neighbours.together.ravel()[kept]).astype(np.int32)
    return Affinity(start, target, flat[kept], together)
