"""Because: the items that carried a score, read off its own sum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.evidence import Evidence
from deskapp.reco.fitted import Affinity

MOST = 3
_CELLS = (
    4_000_000  # speakers x columns looked at in one go, 32 MB: who buys for everybody has a history of 100,000 items
)


@dataclass(frozen=True, slots=True)
class Because:
    """`items`: columns, strongest first, none if nothing but popularity spoke. `from_basket`: the strongest lies in today's basket."""

    items: NDArray[np.int64]
    from_basket: bool


def because(evidence: Evidence, columns: NDArray[np.int64]) -> list[Because]:
    """One for each of `columns`. An item of both basket and history counts once, with both its shares."""
    step = max(_CELLS // max(len(evidence.speakers), 1), 1)
    return [why for at in range(0, len(columns), step) for why in _because(evidence, columns[at : at + step])]


def _because(evidence: Evidence, columns: NDArray[np.int64]) -> list[Because]:
    shares, speakers = evidence.shares(columns), evidence.speakers
    in_basket = len(evidence.basket.speakers)
    today = np.searchsorted(speakers[:in_basket], speakers[in_basket:])  # the basket ascends
    twice = in_basket + np.flatnonzero(np.append(speakers[:in_basket], -1)[today] == speakers[in_basket:])
    shares[today[twice - in_basket]] += shares[twice]
    shares[twice] = 0
    by_column = np.ascontiguousarray(shares.T)
    strongest = _strongest(by_column)
    spoke = np.take_along_axis(by_column, strongest, axis=1) > 0
    return [
        Because(speakers[rows[heard]], bool(heard.any() and rows[0] < in_basket))
        for rows, heard in zip(strongest, spoke, strict=True)
    ]


def _strongest(shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Shape (columns, at most MOST): places of the largest in each row of `shares`, of equal ones the lower first.

    A customer has hundreds of speakers and three are wanted: a tenth of the cost of sorting them.
    """
    left = shares.copy()
    row, places = np.arange(len(left)), []
    for _ in range(min(MOST, left.shape[1])):
        places.append(left.argmax(axis=1))
        left[row, places[-1]] = -np.inf
    return np.stack(places, axis=1) if places else np.empty((len(left), 0), np.int64)


def together(affinity: Affinity, speaker: int, column: int) -> int:
    """How many had both; 0 if the pair is not in the table."""
    row = slice(int(affinity.start[speaker]), int(affinity.start[speaker + 1]))
    at = int(np.searchsorted(affinity.column[row], column))
    if at < row.stop - row.start and affinity.column[row][at] == column:
        return int(affinity.together[row][at])
    return 0
