"""Which column of the model stands for which item."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`ids`: int64, shape (items,), database ids; column c of every model array is item ids[c].

    They strictly increase, and so do the last `late` among themselves: items that came after the training.
    """

    ids: NDArray[np.int64]
    late: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: Iterable[int]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(columns, known), one entry per id asked for; a column means nothing where known is False."""
        wanted = _as_ids(ids)
        trained = len(self.ids) - self.late
        columns, known = _find(self.ids[:trained], wanted)
        if self.late:
            late, is_late = _find(self.ids[trained:], wanted)
            columns, known = np.where(is_late, trained + late, columns), known | is_late
        return columns, known

    def columns(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """Columns in the order of `ids`, unknown ids dropped."""
        columns, known = self.find(ids)
        return columns[known]


def _find(among: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    if not len(among):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    columns = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return columns, among[columns] == wanted


def _as_ids(ids: Iterable[int]) -> NDArray[np.int64]:
    """A number that no column of a database can hold is no item's; -1 neither."""
    if isinstance(ids, np.ndarray):
        return ids.astype(np.int64, copy=False)
    listed = list(ids)
    try:
        return np.fromiter(listed, dtype=np.int64)
    except OverflowError:
        return np.fromiter((one if abs(one) < _TOO_LARGE else -1 for one in listed), dtype=np.int64)


_TOO_LARGE = 2**63
