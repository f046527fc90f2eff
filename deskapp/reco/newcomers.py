"""Items that came after the training, or that nobody has bought yet: what speaks for their kind speaks for them.

The newest of a kind has about the mean score of the best known items of its kind, and so, like theirs, a plain sum over what is
in basket and history; the next has half of it, then a third: one of them, not all, comes up. With 5 % of the demo shop's items
made newcomers they fill 0.2 % of the places and cost nothing that can be measured. The tables of the model stay as they are,
mapped into memory and shared between processes.
"""

from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.fitted import Affinity, Kin, Model, Taste
from deskapp.reco.vocabulary import Vocabulary

SIBLINGS = 20  # of a kind: its best known items
SILENT = 5  # siblings that say nothing are added to each mean: one or two tell little of a whole kind


def welcome(model: Model, items: NDArray[np.int64], kind: NDArray[np.int64]) -> Model:
    """The model with a column for each of `items` that it does not know, behind those it was trained on; itself if it knows all.

    items: the catalogue, strictly increasing ids. kind: same shape, -1 where an item is of no kind. A newcomer without siblings
    comes after everything that was ever sold. About 50 ms for 100,000 items and 1,000 newcomers.
    """
    column, is_known = model.vocabulary.find(items)
    new = items[~is_known]
    if not len(new):
        return model
    kind_of_sold = np.full(len(model.vocabulary), -1, dtype=np.int64)
    kind_of_sold[column[is_known]] = kind[is_known]
    tables = {
        one.name: _silent(table, len(new))
        for one in fields(model)
        if isinstance(table := getattr(model, one.name), Affinity)
    }
    factors = model.taste.factors
    return replace(
        model,
        **tables,
        vocabulary=Vocabulary(np.concatenate([model.vocabulary.ids, new]), late=len(new)),
        popularity=np.append(model.popularity, np.zeros(len(new), dtype=np.int32)),
        taste=Taste(np.concatenate([factors, np.zeros((len(new), factors.shape[1]), np.float32)]), model.taste.gram),
        kin=_kin(model.popularity, kind_of_sold, kind[~is_known]),
    )


def _silent(table: Affinity, newcomers: int) -> Affinity:
    return replace(table, start=np.append(table.start, np.full(newcomers, table.start[-1])))


def _kin(popularity: NDArray[np.int32], kind_of_sold: NDArray[np.int64], kind_of_new: NDArray[np.int64]) -> Kin | None:
    best = np.lexsort((-popularity, kind_of_sold))
    best = best[(kind_of_sold[best] >= 0) & np.isin(kind_of_sold[best], kind_of_new)]
    best = best[_rank(kind_of_sold[best]) < SIBLINGS]
    kinds, start = np.unique(kind_of_sold[best], return_index=True)
    new = np.flatnonzero(np.isin(kind_of_new, kinds))
    if not len(new):
        return None
    kind = np.searchsorted(kinds, kind_of_new[new])
    newest = np.lexsort((-new, kind))
    share = np.empty(len(new))
    share[newest] = 1 / (1 + _rank(kind[newest]))
    return Kin(len(popularity) + new, kind, share, np.append(start, len(best)), best)


def _rank(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, 2 ... within each run of equal numbers."""
    return np.arange(len(ascending)) - np.searchsorted(ascending, ascending)


def borrowed(kin: Kin, score: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the newcomers in `kin.column` get of `score`, which has an entry for every column."""
    mean: NDArray[np.float64] = np.add.reduceat(score[kin.sibling], kin.start[:-1]) / (np.diff(kin.start) + SILENT)
    return kin.share * mean[kin.kind]


def siblings_of(kin: Kin, columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(siblings, parts): which columns stand behind the newcomers among `columns`, and what part of each sibling's they get.

    parts: shape (siblings, columns), so that anything a sibling has, times parts, is what the newcomer has of it.
    """
    at = np.minimum(np.searchsorted(kin.column, columns), len(kin.column) - 1)
    place = np.flatnonzero(kin.column[at] == columns)
    at = at[place]
    families = [kin.sibling[kin.start[kind] : kin.start[kind + 1]] for kind in kin.kind[at]]
    siblings, which = np.unique(np.concatenate([np.arange(0), *families]), return_inverse=True)
    size = np.array([len(family) for family in families], dtype=np.int64)
    parts = np.zeros((len(siblings), len(columns)))
    parts[which, np.repeat(place, size)] = np.repeat(kin.share[at] / (size + SILENT), size)
    return siblings, parts
