"""The files of an import, read to their end and checked against the desk before a row of them is written.

Nobody is kept waiting meanwhile. Rows are held as tuples, order lines as plain numbers, about 250 bytes an order and 32 an
order line, so that millions of them find room in memory. What a row refers to is held as its *place* among the names, because
what comes with the same files has no id yet.
"""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from operator import gt, itemgetter
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import Session

from deskapp.desk.erasure import Former
from deskapp.desk.wording import number
from deskapp.feeds import canonical
from deskapp.feeds.canonical import Batch, Record, Seen, Value
from deskapp.feeds.csv_file import scan
from deskapp.feeds.order_lines import ORDER_LINES, Line, Lines
from deskapp.feeds.order_lines import order_lines as read_order_lines
from deskapp.feeds.problems import Problems
from deskapp.rules.words import say
from deskapp.store import imports

FILES = (canonical.CUSTOMERS, canonical.ITEMS, canonical.ORDERS, ORDER_LINES)
_NEW = 2**63  # behind every id

Progress = Callable[[float, str], None]  # 0 to 1, a few words
Chunk = TypeVar("Chunk", Batch, Lines)


# --- what is held ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Rows:
    """Of one file; `given` are the columns that it has."""

    given: frozenset[str] = frozenset()
    _keys: tuple[str, ...] = ()
    _rows: list[tuple[Value, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, batch: Batch) -> None:
        if batch.rows:
            self.given, self._keys = batch.given, tuple(batch.rows[0])
            self._rows.extend(map(itemgetter(*self._keys), batch.rows))

    def column(self, key: str) -> list[str]:
        return [str(row[self._keys.index(key)]) for row in self._rows]

    def part(self, start: int, stop: int) -> list[Record]:
        return [dict(zip(self._keys, row, strict=True)) for row in self._rows[start:stop]]

    def sort(self, key: str, ids: dict[str, int]) -> None:
        """Whom the desk knows by their ids, then the new ones: whoever locks several rows does it in this order."""
        if self._rows:
            place = self._keys.index(key)
            self._rows.sort(key=lambda row: ids.get(str(row[place]), _NEW))


@dataclass(slots=True)
class LineBook:
    """Order lines by the places of order and item; after `sort` those of an order together, in the sequence of their file."""

    _flat: "array[int]" = field(default_factory=lambda: array("q"))  # four numbers a line

    def __len__(self) -> int:
        return len(self._flat) // 4

    def add(self, lines: list[Line]) -> None:
        self._flat.extend(chain.from_iterable(lines))

    def sort(self) -> None:
        orders = self._flat[::4]
        if any(map(gt, orders, orders[1:])):
            sequence = sorted(range(len(orders)), key=orders.__getitem__)
            self._flat = array("q", chain.from_iterable(self._flat[4 * line : 4 * line + 4] for line in sequence))

    def order_at(self, line: int) -> int:
        return self._flat[4 * line]

    def first_from(self, order: int) -> int:
        """The number of lines that belong to orders before this one."""
        return bisect_left(range(len(self)), order, key=self.order_at)

    def orders(self, start: int, stop: int) -> set[int]:
        return set(self._flat[4 * start : 4 * stop : 4])

    def part(self, start: int, stop: int) -> Iterator[Line]:
        numbers = iter(self._flat[4 * start : 4 * stop])
        return zip(numbers, numbers, numbers, numbers, strict=True)


@dataclass(slots=True)
class Files:
    """`sizes` in bytes, of the files that are there; `counts` of rows. `skus` and `order_names` by place."""

    folder: Path
    currency: str
    digest: str = ""
    sizes: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    customers: Rows = field(default_factory=Rows)
    items: Rows = field(default_factory=Rows)
    orders: Rows = field(default_factory=Rows)
    lines: LineBook = field(default_factory=LineBook)
    customer_names: list[str] = field(default_factory=list)
    skus: list[str] = field(default_factory=list)
    order_names: list[str] = field(default_factory=list)
    key: bytes = b""  # by whose mark whoever was erased is known again


# --- reading --------------------------------------------------------------------------------------------------------


def find(folder: Path, currency: str) -> Files:
    """Their digest, one for all and what else decides their meaning; problems only where they cannot be read at all."""
    files = Files(folder, currency)
    whole = hashlib.sha256(currency.encode())
    for name in FILES:
        path = folder / name
        if path.is_file():
            files.sizes[name] = path.stat().st_size
            whole.update(f"{name} {scan(path, files.problems)} ".encode())
    if not files.sizes:
        files.problems.add(folder.name, 0, "", f"The folder holds none of {', '.join(FILES)}.")
    files.digest = whole.hexdigest()
    return files


@dataclass(frozen=True, slots=True)
class Known:
    """What the desk knows by the shop's names: ids of customers and items, currencies of orders."""

    customers: dict[str, int]
    items: dict[str, int]
    orders: dict[str, str]
    former: Former  # who was erased, by their marks


def known_to(session: Session, key: bytes = b"") -> Known:
    """Four queries, about a second for a million rows."""
    return Known(
        imports.ids_of_customers(session),
        imports.ids_of_items(session),
        imports.currencies_of_orders(session),
        Former(session, key),
    )


class _Customers(dict[str, int]):
    """Places of customers. Whoever was erased gets one when an order names them, since it stays in the books."""

    def __init__(self, names: list[str], former: Former) -> None:
        super().__init__(_places(names))
        self._names, self._former = names, former

    def get(self, name: str, default: Any = None) -> Any:
        place = super().get(name, default)
        if place is None and self._former.find(name) is not None:
            self[name] = place = len(self._names)
            self._names.append(name)
        return place


def read(files: Files, known: Known, progress: Progress) -> None:
    """All of them to their end; from the first problem on nothing more is held."""
    reading = _Reading(files, known, progress)
    reading.customers()
    reading.items()
    reading.orders()
    reading.lines()


@dataclass(slots=True)
class _Reading:
    files: Files
    known: Known
    progress: Progress

    def customers(self) -> None:
        files = self.files
        seen: Seen = {}
        for batch in self._chunks(canonical.CUSTOMERS, lambda path: canonical.customers(path, files.problems, seen)):
            files.customers.add(batch)
        files.customers.sort("external_id", self.known.customers)
        files.customer_names = _names(self.known.customers, seen)

    def items(self) -> None:
        files = self.files
        seen: Seen = {}

        def batches(path: Path) -> Iterator[Batch]:
            return canonical.items(path, files.problems, seen, currency=files.currency)

        for batch in self._chunks(canonical.ITEMS, batches):
            files.items.add(batch)
        files.items.sort("sku", self.known.items)
        files.skus = _names(self.known.items, seen)

    def orders(self) -> None:
        """The place of an order of these files is that of its row."""
        files = self.files
        seen: Seen = {}
        customers = _Customers(files.customer_names, self.known.former)

        def batches(path: Path) -> Iterator[Batch]:
            return canonical.orders(path, files.problems, seen, currency=files.currency, customers=customers)

        for batch in self._chunks(canonical.ORDERS, batches):
            files.orders.add(batch)
        files.order_names = _names(seen, self.known.orders)

    def lines(self) -> None:
        files, items, orders = self.files, _places(self.files.skus), self._orders_with_currency()

        def chunks(path: Path) -> Iterator[Lines]:
            return read_order_lines(path, files.problems, orders=orders, items=items)

        for chunk in self._chunks(ORDER_LINES, chunks):
            files.lines.add(chunk.rows)
        files.lines.sort()

    def _orders_with_currency(self) -> dict[str, tuple[int, str]]:
        """No currency for those that were refused: what their lines cost cannot be judged."""
        told = self.known.orders
        if not self.files.problems:
            rows = self.files.orders
            named = dict(zip(rows.column("external_id"), rows.column("currency"), strict=True))
            told = told | named if "currency" in rows.given else named | told
        return {name: (place, told.get(name, "")) for place, name in enumerate(self.files.order_names)}

    def _chunks(self, name: str, chunks: Callable[[Path], Iterator[Chunk]]) -> Iterator[Chunk]:
        """The chunks of a file, if it is there, while they are worth holding."""
        sizes, problems = self.files.sizes, self.files.problems
        if name not in sizes:
            return
        before = sum(sizes[other] for other in FILES[: FILES.index(name)] if other in sizes)
        rows = 0
        for chunk in chunks(self.files.folder / name):
            rows += len(chunk.rows)
            if not problems:
                yield chunk
            self.progress(
                (before + chunk.done * sizes[name]) / sum(sizes.values()),
                say("{file}, rows: {rows}", file=name, rows=number(rows)),
            )
        self.files.counts[name.removesuffix(".csv")] = rows


def _names(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(chain(first, second)))


def _places(names: list[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}
