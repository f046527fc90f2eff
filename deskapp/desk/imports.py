"""Import of a folder of canonical CSV: nothing of files with a fault, and the same files twice change nothing.

Everything is read and checked before the first row is written. Then rows are written in short steps, each a transaction of its
own, so that gifts are given meanwhile. What refers to something comes after it and an order comes with its lines, so an
import that is killed leaves whole customers, items and orders; running it again finishes it. The receipt comes last.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from deskapp.desk import audit, imports_checked, settling
from deskapp.desk.erasure import Former
from deskapp.desk.imports_checked import Files, Progress, Rows
from deskapp.desk.wording import number
from deskapp.feeds.canonical import Record
from deskapp.feeds.order_lines import ORDER_LINES, Line
from deskapp.feeds.problems import Problem, Problems
from deskapp.rules.errors import Conflict, DeskError, Full
from deskapp.rules.people import Actor, Receiver
from deskapp.rules.stops import fold
from deskapp.rules.words import say
from deskapp.store import given, imports, models
from deskapp.store.db import Database
from deskapp.store.turns import let_others_in, version

_DELIVERY = frozenset({"ship_on", "need_by_on", "estimated_on"})
_NAME, _EMAIL = 200, 254  # characters; folding can make a text longer
_CHECKED = 0.3  # of the whole work

_SHORT_SECONDS = 0.03  # that a step keeps others waiting where others write too
_LONG_SECONDS = 0.09  # where nobody did for a while: a step costs 5 ms beside its rows
_FIRST, _FEWEST, _MOST = 200, 50, 20_000  # rows of a step


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
    """Nothing was written; the report says why."""

    def __init__(self, problems: Problems) -> None:
        first = problems.kept[0]
        others = f" There are {problems.count - 1:,} other problems." if problems.count > 1 else ""
        super().__init__(f"Nothing was imported. {first}{others}")
        self.report = ImportReport({}, tuple(problems.kept), problems.count)


def run_import(
    database: Database, actor: Actor | None, folder: Path, *, currency: str, now: datetime, progress: Progress
) -> ImportReport:
    """As `take_in`; refused files are an answer here, not an error."""
    try:
        return take_in(database, actor, folder, currency=currency, now=now, progress=progress)
    except ImportRefused as refused:
        return refused.report


def take_in(
    database: Database,
    actor: Actor | None,
    folder: Path,
    *,
    currency: str,
    now: datetime,
    progress: Progress,
    key: bytes = b"",
) -> ImportReport:
    """Takes whichever of the four files are in `folder`; `currency` is that of rows that name none. Orders that have ended settle
    their gifts.

    `key`: the secret of the desk, by which it knows again who was erased. They stay nobody, and what they ordered nobody's.
    Imports run one after the other. Must not be called within a transaction. Raises ImportRefused before anything is written;
    Full, or what `progress` raises, leaves what was written until then. About 10 s of one core for a million order lines with
    their orders on SQLite.
    """
    files = imports_checked.find(folder, currency)
    files.key = key
    _refuse_faulty(files)
    with imports.one_at_a_time(database):
        with database.reading() as session:
            receipt = imports.find_receipt(session, files.digest)
            known = imports_checked.known_to(session, key)
        if receipt:
            return ImportReport(dict(receipt.counts), already_imported=True)
        imports_checked.read(files, known, lambda share, words: progress(_CHECKED * share, words))
        _refuse_faulty(files)
        try:
            with database.in_bulk() as bulk:
                _Writing(bulk, actor, files, now, progress).write()
            settling.in_batches(database, lambda session: settling.settle_ended(session, actor, now=now))
            with database.writing() as session:  # waits for the disk, and so for all that was written before
                imports.write_receipt(session, files.digest, files.counts, now)
                audit.write(session, actor, "import.done", _subject(files), now=now, **files.counts)
        except Full as full:
            raise Full(
                say(
                    "The desk has no space left to write to. What was imported so far is whole; make room and import the same files again."
                )
            ) from full
    progress(1.0, say("Imported"))
    return ImportReport(files.counts)


def _subject(files: Files) -> str:
    return f"import:{files.digest[:12]}"


def _refuse_faulty(files: Files) -> None:
    if files.problems:
        raise ImportRefused(files.problems)


@dataclass(slots=True)
class _Writing:
    database: Database
    actor: Actor | None
    files: Files
    now: datetime
    progress: Progress
    rows: int = _FIRST  # of the next step
    seconds: float = _SHORT_SECONDS  # that it may take
    version: int | None = None  # of all that others write
    former: Former | None = None  # who was erased, as of the last look
    written: int = 0

    def write(self) -> None:
        with self._step(0) as session:
            imports.forget_receipts(session)  # what came before is no state of the desk any more
            audit.write(session, self.actor, "import.begun", _subject(self.files), now=self.now)
        self._in_steps(self.files.customers, self._put_customers)
        self._in_steps(self.files.items, self._put_items)
        self._orders()

    # --- what is written --------------------------------------------------------------------------------------------

    def _put_customers(self, session: Session, rows: list[Record], has: frozenset[str]) -> None:
        folded = {f"{key}_folded" for key in has & {"name", "email"}}
        former = self._look_for_former(session)
        rows = [row for row in rows if former.find(str(row["external_id"])) is None]
        known: dict[str, tuple[int, Receiver]] = {}
        if "receiver" in has:
            known = imports.receivers_among(session, [str(row["external_id"]) for row in rows])
        ready = [_findable(self._with_receiver(session, row, known)) for row in rows]
        imports.put_customers(session, ready, has | folded)

    def _look_for_former(self, session: Session) -> Former:
        if self.former is None:
            self.former = Former(session, self.files.key)
        self.former.look(session)
        return self.former

    def _with_receiver(self, session: Session, row: Record, known: dict[str, tuple[int, Receiver]]) -> Record:
        """What a row leaves open stays as it is known: a company must not become a person by an empty cell."""
        customer_id, was = known.get(str(row["external_id"]), (0, Receiver.PERSON))
        now_is = Receiver(str(row["receiver"])) if row["receiver"] else was
        if customer_id and now_is is not was:
            subject, details = f"customer:{customer_id}", {"was": was.value, "is": now_is.value}
            audit.write(session, self.actor, given.RECEIVER_SET, subject, now=self.now, **details)
            imports.set_receiver(
                session, customer_id, now_is
            )  # the row of a number that was joined is not the person's
        return row | {"receiver": now_is}

    def _put_items(self, session: Session, rows: list[Record], has: frozenset[str]) -> None:
        imports.put_items(session, rows, has | {"currency"})
        models.bump(session, models.CATALOGUE)

    def _orders(self) -> None:
        """Each with its delivery and all of its lines in one step. Places of orders without a row are behind all others."""
        files, order, line = self.files, 0, 0
        with self.database.reading() as session:
            known = imports.ids_of_items(session)
        items = [known.get(sku, 0) for sku in files.skus]  # 0 of none that a line of checked files names
        self.rows = _FIRST
        while order < len(files.orders) or line < len(files.lines):
            next_order, next_line = self._cut(order, line)
            rows = files.orders.part(order, next_order)
            with self._step(len(rows) + next_line - line) as session:
                places = files.lines.orders(line, next_line).union(range(order, order + len(rows)))
                ids, new = self._put_orders(session, order, rows, places)
                if ORDER_LINES in files.sizes:
                    imports.clear_lines(session, [ids[place] for place in places - new])
                    imports.write_lines(session, _numbered(files.lines.part(line, next_line), ids, items))
            order, line = next_order, next_line

    def _cut(self, order: int, line: int) -> tuple[int, int]:
        """Where the next step ends: the first order and the first line that are not in it."""
        files, lines = self.files, self.files.lines
        end = lines.order_at(line + self.rows) if line + self.rows < len(lines) else len(files.order_names)
        if order < len(files.orders):
            end = min(end, order + self.rows)
        end = max(end, order + 1)
        return end, lines.first_from(end)

    def _put_orders(
        self, session: Session, first: int, rows: list[Record], places: set[int]
    ) -> tuple[dict[int, int], set[int]]:
        """`rows` from the place `first` on. The ids of `places`, and which of these were not there before."""
        files, old_until = self.files, imports.newest_order_id(session)
        self._refer_to_customers(session, rows)
        keys = [key for key in rows[0] if key not in _DELIVERY] if rows else []
        imports.put_orders(session, [{key: row[key] for key in keys} for row in rows], files.orders.given - _DELIVERY)
        names = [files.order_names[place] for place in places]
        by_name = imports.ids_of_orders(session, names)
        ids = {place: by_name[name] for place, name in zip(places, names, strict=True)}
        to_ship = [(ids[place], row) for place, row in enumerate(rows, first) if row["ship_on"]]
        imports.put_deliveries(session, [_delivery(order_id, row) for order_id, row in to_ship])
        return ids, {place for place, order_id in ids.items() if order_id > old_until}

    def _refer_to_customers(self, session: Session, rows: list[Record]) -> None:
        """Asked for now and not when the files were checked, because somebody may have been erased meanwhile."""
        names = [self.files.customer_names[int(str(row["customer_id"]))] for row in rows]
        ids = imports.ids_of_customers(session, set(names))
        former = self._look_for_former(session)
        for row, name in zip(rows, names, strict=True):
            if (customer_id := ids.get(name) or former.find(name)) is None:
                raise Conflict(say("A customer of these orders was removed meanwhile. Import the files again."))
            row["customer_id"] = customer_id

    # --- step by step -----------------------------------------------------------------------------------------------

    def _in_steps(self, rows: Rows, put: Callable[[Session, list[Record], frozenset[str]], None]) -> None:
        start, self.rows = 0, _FIRST
        while part := rows.part(start, start + self.rows):
            with self._step(len(part)) as session:
                put(session, part, rows.given)
            start += len(part)

    @contextmanager
    def _step(self, rows: int) -> Iterator[Session]:
        """One transaction, in which so many rows are written, after everybody in line had their turn."""
        self.database.checkpoint()
        let_others_in(self.database)
        with self.database.writing() as session:
            began = time.perf_counter()
            self._look_at_others(session)
            models.bump(session, models.IMPORTS)
            yield session
        if rows:
            wanted = int(rows * self.seconds / max(time.perf_counter() - began, 1e-6))
            self.rows = max(_FEWEST, min(wanted, 2 * self.rows, _MOST))
        self.written += rows
        total = sum(self.files.counts.values())
        done = _CHECKED + (0.99 - _CHECKED) * self.written / max(1, total)
        self.progress(done, say("Rows written: {done} of {total}", done=number(self.written), total=number(total)))

    def _look_at_others(self, session: Session) -> None:
        before, self.version = self.version, version(session)
        alone = self.version is not None and self.version == before
        self.seconds = min(1.5 * self.seconds, _LONG_SECONDS) if alone else _SHORT_SECONDS


def _delivery(order_id: int, row: Record) -> Record:
    return {key: row[key] for key in _DELIVERY} | {"order_id": order_id}


def _numbered(lines: Iterable[Line], ids: dict[int, int], items: list[int]) -> Iterator[imports.Line]:
    """1, 2, … within the order; ids instead of places. Once for every line, so nothing is looked up twice."""
    current, order_id, number = -1, 0, 0
    for order, item, quantity, price in lines:
        if order != current:
            current, order_id, number = order, ids[order], 0
        number += 1
        yield order_id, number, items[item], quantity, price


def _findable(record: Record) -> Record:
    name, email = str(record["name"]), record["email"]
    return record | {
        "name_folded": fold(name)[:_NAME],
        "email_folded": fold(str(email))[:_EMAIL] if email else None,
    }
