"""Import of a folder of canonical CSV: all of it or nothing, and the same files twice change nothing.

Everything happens in one write transaction, so a killed import leaves the old state whole. From the first problem on nothing
more is written, but the files are read to their end, so that the person gets the whole list at once.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlmodel import Session

from deskapp.desk import audit, settling
from deskapp.feeds import canonical
from deskapp.feeds.canonical import Batch, Record, Seen
from deskapp.feeds.csv_file import scan
from deskapp.feeds.order_lines import ORDER_LINES, Lines
from deskapp.feeds.order_lines import order_lines as read_order_lines
from deskapp.feeds.problems import Problem, Problems
from deskapp.rules.errors import DeskError
from deskapp.rules.people import Actor, Receiver
from deskapp.rules.stops import fold
from deskapp.store import given, imports, models
from deskapp.store.db import Database

FILES = (canonical.CUSTOMERS, canonical.ITEMS, canonical.ORDERS, ORDER_LINES)
_DELIVERY = frozenset({"ship_on", "need_by_on", "estimated_on"})
_NAME, _EMAIL = 200, 254  # characters; folding can make a text longer
_LOCK = "imports"

Progress = Callable[[float, str], None]  # 0 to 1, a few words
Chunk = TypeVar("Chunk", Batch, Lines)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`counts`: rows taken, by file. `problems` are at most the first thousand of `problem_count`; if any, nothing was taken."""

    counts: dict[str, int]
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    already_imported: bool = False

    @property
    def is_refused(self) -> bool:
        return self.problem_count > 0


class ImportRefused(DeskError):
    """Ends the transaction; the report says why."""

    def __init__(self, problems: Problems) -> None:
        first = problems.kept[0]
        others = f" There are {problems.count - 1:,} other problems." if problems.count > 1 else ""
        super().__init__(f"Nothing was imported. {first}{others}")
        self.report = ImportReport({}, tuple(problems.kept), problems.count)


def run_import(
    database: Database, actor: Actor | None, folder: Path, *, currency: str, now: datetime, progress: Progress
) -> ImportReport:
    """One transaction around `take_in`; refused files are an answer here, not an error."""
    try:
        with database.writing() as session:
            return take_in(session, actor, folder, currency=currency, now=now, progress=progress)
    except ImportRefused as refused:
        return refused.report


def take_in(
    session: Session, actor: Actor | None, folder: Path, *, currency: str, now: datetime, progress: Progress
) -> ImportReport:
    """Takes whichever of the four files are in `folder`; `currency` is that of rows that name none. Orders that have ended settle
    their gifts.

    Raises ImportRefused, after which the transaction must not be committed. `progress` is called between chunks and must not
    write to the same database. About 9 s of one core for a million order lines
    with their orders on SQLite.
    """
    work = _Work(session, folder, currency, progress)
    digest = work.digest()
    models.bump(session, _LOCK)
    if receipt := imports.find_receipt(session, digest):
        return ImportReport(dict(receipt.counts), already_imported=True)
    old_until = imports.newest_order_id(session)
    customers, items = work.customers(), work.items()
    work.order_lines(work.orders(customers), items, old_until)
    if work.problems:
        raise ImportRefused(work.problems)
    for customer_id, was, now_is in work.receivers:
        subject, details = f"customer:{customer_id}", {"was": was.value, "is": now_is.value}
        audit.write(session, actor, given.RECEIVER_SET, subject, now=now, **details)
    settling.settle_in_passing(session, actor, now=now)
    models.bump(session, models.CATALOGUE)
    imports.write_receipt(session, digest, work.counts, now)
    audit.write(session, actor, "import.done", f"import:{digest[:12]}", now=now, **work.counts)
    progress(1.0, "Imported")
    return ImportReport(work.counts)


@dataclass(slots=True)
class _Work:
    """What the steps of one import hand to each other."""

    session: Session
    folder: Path
    currency: str
    progress: Progress
    problems: Problems = field(default_factory=Problems)
    sizes: dict[str, int] = field(default_factory=dict)  # in bytes, of the files that are there
    counts: dict[str, int] = field(default_factory=dict)
    receivers: list[tuple[int, Receiver, Receiver]] = field(default_factory=list)  # customer, what they were and are

    def digest(self) -> str:
        """One for the file set and what else decides its meaning. Raises ImportRefused if the files cannot be read at all."""
        whole = hashlib.sha256(self.currency.encode())
        for name in FILES:
            path = self.folder / name
            if path.is_file():
                self.sizes[name] = path.stat().st_size
                whole.update(f"{name} {scan(path, self.problems)} ".encode())
        if not self.sizes:
            self.problems.add(self.folder.name, 0, "", f"The folder holds none of {', '.join(FILES)}.")
        if self.problems:
            raise ImportRefused(self.problems)
        return whole.hexdigest()

    def customers(self) -> dict[str, int]:
        """External id -> id of all customers; 0 for those that cannot be written because something is wrong somewhere."""
        seen: Seen = {}
        for batch in self._read(canonical.CUSTOMERS, lambda path: canonical.customers(path, self.problems, seen)):
            folded = {f"{key}_folded" for key in batch.given & {"name", "email"}}
            rows = [_findable(record) for record in self._with_receivers(batch)]
            imports.put_customers(self.session, rows, batch.given | folded)
        return dict.fromkeys(seen, 0) | imports.ids_of_customers(self.session)

    def _with_receivers(self, batch: Batch) -> list[Record]:
        """What a row leaves open stays as it is known: a company must not become a person by an empty cell."""
        known: dict[str, tuple[int, Receiver]] = {}
        if "receiver" in batch.given:
            known = imports.receivers_among(self.session, [str(row["external_id"]) for row in batch.rows])
        rows = []
        for row in batch.rows:
            customer_id, was = known.get(str(row["external_id"]), (0, Receiver.PERSON))
            now_is = Receiver(str(row["receiver"])) if row["receiver"] else was
            if customer_id and now_is is not was:
                self.receivers.append((customer_id, was, now_is))
            rows.append(row | {"receiver": now_is})
        return rows

    def items(self) -> dict[str, int]:
        """Sku -> id, as above."""
        seen: Seen = {}

        def batches(path: Path) -> Iterator[Batch]:
            return canonical.items(path, self.problems, seen, currency=self.currency)

        for batch in self._read(canonical.ITEMS, batches):
            imports.put_items(self.session, batch.rows, batch.given | {"currency"})
        return dict.fromkeys(seen, 0) | imports.ids_of_items(self.session)

    def orders(self, customers: dict[str, int]) -> Seen:
        """External ids of the orders in this import."""
        seen: Seen = {}
        deliveries: list[Record] = []

        def batches(path: Path) -> Iterator[Batch]:
            return canonical.orders(path, self.problems, seen, currency=self.currency, customers=customers)

        for batch in self._read(canonical.ORDERS, batches):
            deliveries += [record for record in batch.rows if record["ship_on"]]
            rows = [{key: record[key] for key in record.keys() - _DELIVERY} for record in batch.rows]
            imports.put_orders(self.session, rows, batch.given - _DELIVERY)
        if deliveries and not self.problems:
            ids = imports.ids_of_orders(self.session)
            imports.put_deliveries(
                self.session,
                [
                    {key: row[key] for key in _DELIVERY} | {"order_id": ids[str(row["external_id"])][0]}
                    for row in deliveries
                ],
            )
        return seen

    def order_lines(self, orders: Seen, items: dict[str, int], old_until: int) -> None:
        known = dict.fromkeys(orders, (0, "")) | imports.ids_of_orders(self.session)
        writer = imports.LineWriter(self.session, old_until)

        def chunks(path: Path) -> Iterator[Lines]:
            return read_order_lines(path, self.problems, orders=known, items=items)

        for chunk in self._read(ORDER_LINES, chunks):
            writer.write(chunk.rows)
        if ORDER_LINES in self.sizes and not self.problems:
            writer.clear(known[order][0] for order in orders)

    def _read(self, name: str, chunks: Callable[[Path], Iterator[Chunk]]) -> Iterator[Chunk]:
        """The chunks of a file, if it is there, while they may still be written; from the first problem on it only reads."""
        if name not in self.sizes:
            return
        before = sum(self.sizes[other] for other in FILES[: FILES.index(name)] if other in self.sizes)
        rows = 0
        for chunk in chunks(self.folder / name):
            rows += len(chunk.rows)
            if not self.problems:
                yield chunk
            share = (before + chunk.done * self.sizes[name]) / sum(self.sizes.values())
            self.progress(0.99 * share, f"{name}: {rows:,} rows")
        self.counts[name.removesuffix(".csv")] = rows


def _findable(record: Record) -> Record:
    name, email = str(record["name"]), record["email"]
    return record | {
        "name_folded": fold(name)[:_NAME],
        "email_folded": fold(str(email))[:_EMAIL] if email else None,
    }
