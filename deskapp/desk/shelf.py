"""The model in service with the catalogue beside it, held in memory once per process and read by every thread."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from deskapp.reco.artefacts import BadArtefact, load
from deskapp.reco.fitted import Model
from deskapp.reco.newcomers import welcome
from deskapp.rules import steering
from deskapp.rules.authority import Basis
from deskapp.rules.people import Role, givers, reaches
from deskapp.rules.steering import Steered
from deskapp.rules.stops import Stop, StopKind, fold
from deskapp.rules.words import say, together
from deskapp.store import models
from deskapp.store import steering as steering_rows
from deskapp.store.items import stores_of
from deskapp.store.tables import ItemKind

_KEPT = 2  # folders that training leaves on disk
_STOPS_REMEMBERED = 500
_SHOWS_REMEMBERED = 200  # stores and days, and whether gifts are asked for
_DAYS_REMEMBERED = 4
_ALWAYS = np.iinfo(np.int32).max

Mask = NDArray[np.bool_]
Key = TypeVar("Key")
Value = TypeVar("Value")
_Show = tuple[date, str, str | None, bool, Role | None]


@dataclass(frozen=True, slots=True)
class Say:
    """What the shop's own say comes to on one day. `favour`: float32, shape (items,), None where nothing is boosted."""

    hidden: dict[int, Steered]
    pins: tuple[Steered, ...]
    favour: NDArray[np.float32] | None


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
    category: list[str]  # folded
    first_day: NDArray[np.int32]  # proleptic ordinals: 0 and _ALWAYS where the shop named no day
    last_day: NDArray[np.int32]
    stores: dict[int, frozenset[str]] = field(
        default_factory=dict
    )  # by column; an item to be had everywhere is not in it
    capacity: dict[int, int] = field(default_factory=dict)  # by item, of those that are counted by the day
    not_for: dict[Role, Mask] = field(
        default_factory=dict
    )  # what a role may not give; a role that may give all is not in it
    steered: tuple[Steered, ...] = ()
    _stopped: dict[Stop, Mask] = field(default_factory=dict)
    _shows: dict[_Show, Mask] = field(default_factory=dict)
    _says: dict[date, Say] = field(default_factory=dict)

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
        today: date,
        store: str,
        only_gifts: bool = True,
        giver: Role | None = None,
    ) -> Mask:
        """What may be proposed; a ceiling (in `currency`) rules every other currency out. `store` "": not known, so anywhere.

        `giver` None: nobody in particular, so only what everybody may give.
        """
        mask = self._on_show((today, store, currency, only_gifts, giver)).copy()
        if at_most_minor is not None:
            mask &= (self.price_minor if basis is Basis.PRICE else self.cost_minor) <= at_most_minor
        for stop in stops:
            mask &= ~self._stopped_by(stop)
        if self.model is not None:
            mask[self.model.vocabulary.columns(never)] = False
        return mask

    def say(self, today: date) -> Say:
        """Worked out once a day."""
        if (known := self._says.get(today)) is None:
            now = steering.in_force(self.steered, today)
            known = Say(steering.hidden(now), steering.pins(now), self._favour(steering.factors(now)))
            _remember(self._says, today, known, _DAYS_REMEMBERED)
        return known

    def pinned(self, today: date, allowed: Mask, *, known: Collection[int], customer_id: int) -> Steered | None:
        """Whose turn it is among the pinned items that are allowed and not `known` to this customer."""
        if self.model is None or not (pins := self.say(today).pins):
            return None
        column, is_there = self.model.vocabulary.find([pin.item_id for pin in pins])
        free = [p for p, c, is_in in zip(pins, column, is_there, strict=True) if is_in and allowed[c]]
        turn = steering.in_turn([pin for pin in free if pin.item_id not in known], customer_id, today)
        return turn[0] if turn else None

    def _favour(self, factors: dict[int, float]) -> NDArray[np.float32] | None:
        if not factors:
            return None
        favour = np.ones(len(self.item), np.float32)
        for item_id, factor in factors.items():
            favour[self.item == item_id] = factor
        return favour

    def _on_show(self, show: _Show) -> Mask:
        """What is to be had that day in that store, before anybody is looked at. Remembered; 1 ms for 100,000 items else."""
        if (known := self._shows.get(show)) is not None:
            return known
        today, store, currency, only_gifts, giver = show
        mask = self.in_stock & (self.first_day <= today.toordinal()) & (today.toordinal() <= self.last_day)
        mask[[column for column, stores in self.stores.items() if store and fold(store) not in stores]] = False
        if hidden := self.say(today).hidden:
            mask &= ~np.isin(self.item, list(hidden))
        if only_gifts:
            mask &= self.giftable
            if (not_theirs := self.not_for.get(giver or Role.AGENT)) is not None:
                mask &= ~not_theirs
        if currency is not None:
            mask &= self.currency == currency
        _remember(self._shows, show, mask, _SHOWS_REMEMBERED)
        return mask

    def _stopped_by(self, stop: Stop) -> Mask:
        """Mostly a few ms for 30,000 items the first time, then remembered for as long as this stand is the newest."""
        if stop.kind is StopKind.DISLIKE and stop.item_id is not None:
            this_one: Mask = self.item == stop.item_id
            return this_one
        if (known := self._stopped.get(stop)) is not None:
            return known
        hinted = {column for hint in stop.hints() for column, text in enumerate(self.text) if hint in text}
        mask = np.zeros(len(self.item), bool)
        mask[[column for column in hinted if stop.stops(0, self.text[column], self.category[column])]] = True
        if stop.item_id is not None:
            mask |= self.item == stop.item_id
        _remember(self._stopped, stop, mask, _STOPS_REMEMBERED)
        return mask


def _remember(among: dict[Key, Value], key: Key, value: Value, most: int) -> None:
    if len(among) >= most:
        among.clear()
    among[key] = value


class Shelf:
    """One per process; threads share it."""

    def __init__(self, models_folder: Path) -> None:
        self.problem: str = ""  # why the newest model is not the one in service, in a sentence; "": it is
        self._folder = models_folder
        self._loading = threading.Lock()
        self._held: tuple[models.Marks, Stand] | None = None
        self._model: Model | None = None  # as it was loaded, without the newcomers of today's catalogue

    def stand(self, session: Session) -> Stand:
        """The newest that loads. One small query; a second or so when the model or the catalogue has changed, less for steering."""
        marks = models.marks(session)
        if (stand := self._fresh(marks)) is not None:
            return stand
        with self._loading:
            if (stand := self._fresh(marks)) is not None:  # another thread was quicker
                return stand
            stand = self._newest_stand(session, marks)
            self._held = marks, stand
            return stand

    def find_problem(self, session: Session) -> str:
        """`problem`, also where nobody has wanted the newest model yet."""
        self.stand(session)
        return self.problem

    def _newest_stand(self, session: Session, marks: models.Marks) -> Stand:
        steered = steering_rows.list_in_force(session)
        if self._held is not None and self._held[0][:2] == marks[:2]:
            return replace(self._held[1], steered=steered, _shows={}, _says={})
        self._model = model = self._newest_model(session, marks)
        return _stand_beside(model, models.read_catalogue(session) if model else (), steered)

    def _fresh(self, marks: models.Marks) -> Stand | None:
        """A thread whose snapshot is older than what is held is served the newer one, or two would reload by turns."""
        if self._held is None:
            return None
        held, stand = self._held
        return stand if all(ours >= theirs for ours, theirs in zip(held, marks, strict=True)) else None

    def _newest_model(self, session: Session, marks: models.Marks) -> Model | None:
        last_good = self._model
        if self._held and self._held[0].model >= marks.model:
            return last_good
        self.problem = ""
        for version in models.list_newest(session, _KEPT if last_good is None else 1):
            try:
                last_good = load(self._folder / version.folder, digest=version.digest)
                break
            except BadArtefact as error:
                self.problem = self.problem or say("Model {n} cannot be used: {why}", n=version.id, why=str(error))
        if self.problem:
            what_now = say("Nothing is suggested.") if last_good is None else say("The one before it answers instead.")
            self.problem = together([self.problem, what_now])
        return last_good


def _stand_beside(model: Model | None, rows: Iterable[models.CatalogueRow], steered: tuple[Steered, ...] = ()) -> Stand:
    """A gift card stands there as little as what left the catalogue: it is never proposed."""
    known = {row.id: row for row in rows if row.kind is not ItemKind.GIFT_CARD}
    if model is not None:
        model = _with_newcomers(model, known)
    ids = model.vocabulary.ids if model is not None else np.empty(0, np.int64)
    beside = [known.get(int(one)) for one in ids]  # None: the item left the catalogue after the training

    folded = {category: fold(category) for category in {row.category for row in known.values()}}

    def column(kind: Any, value: Callable[[models.CatalogueRow], Any]) -> NDArray[Any]:
        return np.array([kind() if row is None else value(row) for row in beside], kind)

    return Stand(
        model=model,
        item=ids,
        price_minor=column(np.int64, lambda row: row.price_minor),
        cost_minor=column(np.int64, lambda row: row.cost_minor),
        giftable=column(np.bool_, lambda row: row.is_giftable),
        in_stock=column(np.bool_, _is_there),
        currency=column(np.str_, lambda row: row.currency),
        text=["" if row is None else fold(f"{row.name} {row.category} {row.department}") for row in beside],
        category=["" if row is None else folded[row.category] for row in beside],
        first_day=column(np.int32, lambda row: row.available_from.toordinal() if row.available_from else 0),
        last_day=column(np.int32, lambda row: row.available_until.toordinal() if row.available_until else _ALWAYS),
        stores={place: stores_of(row.regions) for place, row in enumerate(beside) if row is not None and row.regions},
        capacity={row.id: row.capacity_per_day for row in known.values() if row.capacity_per_day is not None},
        not_for=_not_for(beside),
        steered=steered,
    )


def _is_there(row: models.CatalogueRow) -> bool:
    """What is counted by the day is not bound by stock."""
    return row.stock > 0 or row.capacity_per_day is not None


def _not_for(beside: Sequence[models.CatalogueRow | None]) -> dict[Role, Mask]:
    least = [row.least_role if row else None for row in beside]
    above = {role: [one for one in Role if not reaches(role, one)] for role in givers()}
    masks = {role: np.array([one in roles for one in least], bool) for role, roles in above.items()}
    return {role: mask for role, mask in masks.items() if mask.any()}


def _with_newcomers(model: Model, catalogue: dict[int, models.CatalogueRow]) -> Model:
    """`catalogue` ascends by id, as it was read. What is out of stock must not take the place of a newcomer that is not."""
    codes = {"": -1}
    kind = (codes.setdefault(row.category if _is_there(row) else "", len(codes)) for row in catalogue.values())
    return welcome(model, np.fromiter(catalogue, np.int64), np.fromiter(kind, np.int64))
