"""The model in service with the catalogue beside it, held in memory once per process and read by every thread."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from deskapp.reco.artefacts import BadArtefact, load
from deskapp.reco.fitted import Model
from deskapp.reco.newcomers import welcome
from deskapp.rules.authority import Basis
from deskapp.rules.stops import Stop, fold
from deskapp.store import models

_KEPT = 2  # folders that training leaves on disk
_STOPS_REMEMBERED = 500

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """Every array has one entry per column of the model (none without a model)."""

    model: Model | None  # None: nothing published yet
    item: NDArray[np.int64]
    price_minor: NDArray[np.int64]
    cost_minor: NDArray[np.int64]
    giftable: Mask
    in_stock: Mask
    currency: NDArray[np.str_]
    text: list[str]  # folded "name category department"
    _stopped: dict[Stop, Mask] = field(default_factory=dict)

    @property
    def trained_on(self) -> int:
        """Items; the others of the catalogue are newcomers."""
        return len(self.item) - self.model.vocabulary.late if self.model is not None else 0

    def allowed(
        self,
        *,
        currency: str | None,
        basis: Basis,
        at_most_minor: int | None,
        stops: Sequence[Stop],
        never: Collection[int],
        only_gifts: bool = True,
    ) -> Mask:
        """What may be proposed; a ceiling (in `currency`) rules every other currency out."""
        mask = self.giftable & self.in_stock if only_gifts else self.in_stock.copy()
        if currency is not None:
            mask &= self.currency == currency
        if at_most_minor is not None:
            mask &= (self.price_minor if basis is Basis.PRICE else self.cost_minor) <= at_most_minor
        for stop in stops:
            mask &= ~self._stopped_by(stop)
        if never:
            mask &= ~np.isin(self.item, np.fromiter(never, np.int64, len(never)))
        return mask

    def _stopped_by(self, stop: Stop) -> Mask:
        """About 0.2 s for 60,000 items the first time, then remembered for as long as this stand is the newest."""
        if (known := self._stopped.get(stop)) is not None:
            return known
        words = {text: stop.stops(0, text) for text in set(self.text)}
        mask = np.array([words[text] for text in self.text], bool)
        if stop.item_id is not None:
            mask |= self.item == stop.item_id
        if len(self._stopped) >= _STOPS_REMEMBERED:
            self._stopped.clear()
        self._stopped[stop] = mask
        return mask


class Shelf:
    """One per process; threads share it."""

    def __init__(self, models_folder: Path) -> None:
        self.problem = ""  # why the newest model is not the one in service, in a sentence; "": it is
        self._folder = models_folder
        self._loading = threading.Lock()
        self._held: tuple[models.Marks, Stand] | None = None
        self._model: Model | None = None  # as it was loaded, without the newcomers of today's catalogue

    def stand(self, session: Session) -> Stand:
        """The newest that loads. One small query; a second or so when the model or the catalogue has changed."""
        marks = models.marks(session)
        if (stand := self._fresh(marks)) is not None:
            return stand
        with self._loading:
            if (stand := self._fresh(marks)) is not None:  # another thread was quicker
                return stand
            self._model = model = self._newest_model(session, marks)
            stand = _stand_beside(model, models.read_catalogue(session) if model else ())
            self._held = marks, stand
            return stand

    def _fresh(self, marks: models.Marks) -> Stand | None:
        """A thread whose snapshot is older than what is held is served the newer one, or two would reload by turns."""
        if self._held is None:
            return None
        held, stand = self._held
        return stand if held.model >= marks.model and held.catalogue >= marks.catalogue else None

    def _newest_model(self, session: Session, marks: models.Marks) -> Model | None:
        last_good = self._model
        if self._held and self._held[0].model >= marks.model:
            return last_good
        self.problem = ""
        for version in models.list_newest(session, _KEPT):
            try:
                return load(self._folder / version.folder)
            except (BadArtefact, OSError) as error:
                self.problem = self.problem or f"Model {version.id} cannot be used: {error}"
            if last_good is not None:
                return last_good
        return None


def _stand_beside(model: Model | None, rows: Any) -> Stand:
    known = {row.id: row for row in rows}
    if model is not None:
        model = _with_newcomers(model, known)
    ids = model.vocabulary.ids if model is not None else np.empty(0, np.int64)
    beside = [known.get(int(one)) for one in ids]  # None: the item left the catalogue after the training

    def column(kind: Any, value: Callable[[models.CatalogueRow], Any]) -> NDArray[Any]:
        return np.array([kind() if row is None else value(row) for row in beside], kind)

    return Stand(
        model=model,
        item=ids,
        price_minor=column(np.int64, lambda row: row.price_minor),
        cost_minor=column(np.int64, lambda row: row.cost_minor),
        giftable=column(np.bool_, lambda row: row.is_giftable),
        in_stock=column(np.bool_, lambda row: row.stock > 0),
        currency=column(np.str_, lambda row: row.currency),
        text=["" if row is None else fold(f"{row.name} {row.category} {row.department}") for row in beside],
    )


def _with_newcomers(model: Model, catalogue: dict[int, models.CatalogueRow]) -> Model:
    """`catalogue` ascends by id, as it was read."""
    codes = {"": -1}
    kind = (codes.setdefault(row.category, len(codes)) for row in catalogue.values())
    return welcome(model, np.fromiter(catalogue, np.int64), np.fromiter(kind, np.int64))
