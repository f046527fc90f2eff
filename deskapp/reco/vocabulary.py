"""Which column of the model stands for which item."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`ids`: int64, shape (items,), strictly increasing database ids; column c of every model array is item ids[c]."""

    ids: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: Iterable[int]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(columns, known), one entry per id asked for; a column means nothing where known is False."""
        wanted = np.fromiter(ids, dtype=np.int64)
        if not len(self.ids):
            return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
        columns = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return columns, self.ids[columns] == wanted

    def columns(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """Columns in the order of `ids`, unknown ids dropped."""
        columns, known = self.find(ids)
        return columns[known]
