"""Because: the items that carried a score, read off its own sum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.evidence import Evidence
from deskapp.reco.fitted import Affinity

MOST = 3


@dataclass(frozen=True, slots=True)
class Because:
    """`items`: columns, strongest first, none if nothing but popularity spoke. `from_basket`: the strongest lies in today's basket."""

    items: NDArray[np.int64]
    from_basket: bool


def because(evidence: Evidence, columns: NDArray[np.int64]) -> list[Because]:
    """One for each of `columns`. An item of both basket and history counts once, with both its shares."""
    speakers, first, same = np.unique(evidence.speakers, return_index=True, return_inverse=True)
    shares = np.zeros((len(speakers), len(columns)))
    np.add.at(shares, same, evidence.shares(columns))
    return [_strongest(speakers, first < len(evidence.basket.speakers), share) for share in shares.T]


def _strongest(speakers: NDArray[np.int64], in_basket: NDArray[np.bool_], share: NDArray[np.float64]) -> Because:
    order = np.argsort(-share, kind="stable")[:MOST]
    order = order[share[order] > 0]
    return Because(speakers[order], bool(in_basket[order[:1]].any()))


def together(affinity: Affinity, speaker: int, column: int) -> int:
    """How many had both; 0 if the pair is not in the table."""
    row = slice(int(affinity.start[speaker]), int(affinity.start[speaker + 1]))
    at = int(np.searchsorted(affinity.column[row], column))
    if at < row.stop - row.start and affinity.column[row][at] == column:
        return int(affinity.together[row][at])
    return 0
