"""Suggestions by the thousand: one JSON query a line in, one JSON answer a line out, in the same order."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError
from sqlmodel import Session

from deskapp.desk.preferences import counts, stops_of
from deskapp.desk.shelf import Shelf, Stand
from deskapp.reco.fitted import Model
from deskapp.reco.ranking import Candidate, Source, suggest
from deskapp.rules.authority import Basis
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.money import parse_minor
from deskapp.rules.stops import Stop, StopKind
from deskapp.store import purchases
from deskapp.store.db import Database

_BATCH = 1_000  # queries whose customers are read in one go
_REMEMBERED = 5_000  # customers, about 25 kB each: reading a history costs as much as answering
_MOST = 1_000


class Query(BaseModel):
    """One line; what else stands on it is not looked at."""

    model_config = ConfigDict(frozen=True)

    query_id: StrictStr
    customer: StrictStr | None = None
    basket: tuple[StrictStr, ...] = ()
    max_value: StrictStr | None = None  # at retail price; None: things to buy, so not only what may be given away
    novel: StrictBool = False
    k: Annotated[StrictInt, Field(ge=1, le=_MOST)] = 10


@dataclass(frozen=True, slots=True)
class Asked:
    query: Query
    at_most_minor: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """About the customers asked for so far, by external id; an unknown one has no history, no wishes and no store."""

    histories: dict[str, dict[int, int]] = field(default_factory=dict)
    stops: dict[str, list[Stop]] = field(default_factory=dict)
    stores: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def read(self, session: Session, batch: list[Asked], *, by_store: bool, today: date) -> None:
        """Four queries; which store is whose is asked only where it matters, since it costs a quarter of all the rest."""
        named = {asked.query.customer or "" for asked in batch}
        if len(self.histories) > _REMEMBERED:
            for about in (self.histories, self.stops, self.stores, self.numbers):
                about.clear()
        new = [name for name in named - self.histories.keys() if "\0" not in name]
        ids = purchases.customers_of(session, new)
        histories = purchases.histories_of(session, list(ids.values()))
        wishes = purchases.preferences_of(session, list(ids.values()))
        stores = purchases.stores_of(session, list(ids.values())) if by_store else {}
        self.numbers.update(ids)
        self.stores.update((name, stores[i]) for name, i in ids.items() if i in stores)
        self.histories.update((name, histories.get(ids.get(name, 0), {})) for name in named - self.histories.keys())
        self.stops.update(
            (name, stops_of(w for w in wishes[i] if counts(w, today))) for name, i in ids.items() if i in wishes
        )


@dataclass(frozen=True, slots=True)
class Counter:
    """Where suggestions are handed out: the model, the catalogue beside it, and the names of its items."""

    model: Model
    stand: Stand
    skus: dict[int, str]
    ids: dict[str, int]
    currency: str
    today: date

    def answer(self, asked: Asked, known: Known) -> dict[str, Any]:
        query = asked.query
        customer = query.customer or ""
        is_gift = asked.at_most_minor is not None
        stops = [s for s in known.stops.get(customer, []) if is_gift or s.kind is not StopKind.NO_GIFTS]
        allowed = self.stand.allowed(
            currency=self.currency if is_gift else None,
            basis=Basis.PRICE,
            at_most_minor=asked.at_most_minor,
            stops=stops,
            never=(),
            today=self.today,
            store=known.stores.get(customer, ""),
            only_gifts=is_gift,
        )
        basket, history = [self.ids[sku] for sku in query.basket if sku in self.ids], known.histories[customer]
        found = suggest(
            self.model,
            basket=basket,
            history=history,
            allowed=allowed,
            novel=query.novel,
            k=query.k,
            favour=self.stand.say(self.today).favour,
        )
        owned = {*basket, *history} if query.novel else set(basket)
        number = known.numbers.get(customer, 0)
        if pin := self.stand.pinned(self.today, allowed, known=owned, customer_id=number):
            others = [one for one in found if one.item != pin.item_id]
            found = [Candidate(pin.item_id, 0.0, Source.PINNED, (), 0), *others][: query.k]
        items = [
            {"sku": self.skus[c.item], "because": [self.skus[item] for item in c.because], "source": c.source}
            for c in found
        ]
        return {"query_id": query.query_id, "items": items}


def answer_file(database: Database, shelf: Shelf, queries: Path, out: Path, *, currency: str, today: date) -> int:
    """How many were answered, about 500 a second. `out` is written whole or not at all.

    Raises Invalid with the number of the line that cannot be read, Conflict while there is no model.
    """
    with database.reading() as session:
        counter = _counter(session, shelf, currency, today)
    known, count = Known(), 0
    with queries.open("rb") as lines, _whole(out) as file:
        asked = _read(lines, currency)
        while batch := list(islice(asked, _BATCH)):
            with database.reading() as session:
                known.read(session, batch, by_store=bool(counter.stand.stores), today=counter.today)
            for one in batch:
                file.write(json.dumps(counter.answer(one, known), ensure_ascii=False) + "\n")
            count += len(batch)
    return count


def _counter(session: Session, shelf: Shelf, currency: str, today: date) -> Counter:
    stand = shelf.stand(session)
    if stand.model is None:
        raise Conflict(shelf.problem or "There is no model yet. Run `deskapp train` first.")
    skus = purchases.skus_of(session)
    return Counter(stand.model, stand, skus, {sku: item for item, sku in skus.items()}, currency, today)


def _read(lines: Iterator[bytes], currency: str) -> Iterator[Asked]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            query = Query.model_validate_json(line.removeprefix(b"\xef\xbb\xbf"))
            at_most = None if query.max_value is None else parse_minor(query.max_value, currency)
        except ValidationError as error:
            raise Invalid({"": f"Line {number}: {_sentence(error)}"}) from None
        except ValueError as error:
            raise Invalid({"": f"Line {number}, max_value: {error}"}) from None
        yield Asked(query, at_most)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return "this is not a line of JSON."
    name = ".".join(map(str, first["loc"]))
    return f"{name + ': ' if name else ''}{first['msg'].rstrip('.')}."


@contextmanager
def _whole(out: Path) -> Iterator[TextIO]:
    """Becomes `out` when the block ends well, and nothing when it does not."""
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            yield file
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
