"""Gifts granted a second by eight writers, and how long one takes at fifty a second while an import runs, on both engines.

Each gift is a tap on an offer that was shown, a transaction of its own under a limit for day and week and a gap between
gifts. Beside it, in the same run, the
plainest thing that is safe: a conditional UPDATE of three buckets by the driver itself.
"""

import multiprocessing
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

import _tests  # noqa: F401 - first, since it says where the next are
import psycopg
from money.shop import Shop, open_shop
from servers import postgres_server
from sqlalchemy import insert
from sqlalchemy.engine import make_url
from sqlmodel import Session, select

from deskapp.desk import grants
from deskapp.desk.imports import run_import
from deskapp.desk.verdicts import Outcome
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.gift_tables import Offer
from deskapp.store.items import list_items
from deskapp.store.migrating import migrate

WRITERS = 8
SHAPES = [int(each) for each in os.environ.get("DESKAPP_BENCH_PROCESSES", "1 2 8").split()]  # `serve` has one, or a few
GIFTS = int(os.environ.get("DESKAPP_BENCH_GIFTS", "400"))  # of each writer
WARM = 20  # gifts of each before it counts: a driver prepares what it was asked five times
RATE = 50  # a second
PACED_S = int(os.environ.get("DESKAPP_BENCH_SECONDS", "20"))
LINES = int(os.environ.get("DESKAPP_BENCH_LINES", "200000"))
A_DAY = 2_000  # lines that a shop of half a million a year brings in at a time
SPAWN = multiprocessing.get_context("spawn")
Act = Callable[[Database, "Counter", int, Callable[[], object]], list[float]]


@dataclass(frozen=True, slots=True)
class Counter:
    """Who stands there, and one offer for each customer, as it was shown."""

    givers: list[Actor]
    offers: list[int]


def show_offers(session: Session, shop: Shop) -> Counter:
    now, things = datetime.now(UTC), list_items(session, shop.items)
    alike = {"order_key": 0, "shown_on": now.date(), "shown_at": now, "source": "bench", "because": [], "together": 0}
    rows = []
    for n, customer in enumerate(shop.customers):
        item = things[shop.items[n // WRITERS % len(shop.items)]]
        priced = {"price_minor": item.price_minor, "cost_minor": item.cost_minor, "currency": item.currency}
        rows.append(alike | priced | {"customer_id": customer, "item_id": item.id})
    session.connection().execute(insert(Offer), rows)
    return Counter(shop.givers, list(session.exec(select(Offer.id).order_by(Offer.id)).all()))


def tap(database: Database, giver: Actor, offer: int, key: str, now: datetime) -> Outcome:
    with database.writing() as session:
        _, told = grants.grant_offer(session, giver, offer, form_key=key, now=now)
    return told


# --- as fast as it goes ---------------------------------------------------------------------------------------------


def write_gifts(database: Database, shop: Counter, lane: int, begin: Callable[[], object]) -> list[float]:
    mine, now = shop.offers[lane::WRITERS], datetime.now(UTC)
    for n in range(GIFTS, GIFTS + WARM):
        tap(database, shop.givers[lane], mine[n], f"warm-{lane}-{n}", now)
    begin()
    took = []
    for n in range(GIFTS):
        began = time.perf_counter()
        told = tap(database, shop.givers[lane], mine[n], f"{lane}-{n}", now)
        assert told.kind == "granted", told
        took.append(time.perf_counter() - began)
    return took


def write_plainly(database: Database, _shop: Counter, lane: int, begin: Callable[[], object]) -> list[float]:
    """Three buckets and the commit: what no grant can do without."""
    run, open_it, commit = _driver(database.engine.url.render_as_string(hide_password=False))
    statement = "UPDATE plain SET spent = spent + 1 WHERE id = %s AND spent + 1 <= 1000000000"
    begin()
    took = []
    for n in range(GIFTS):
        began = time.perf_counter()
        open_it()
        for key in sorted((lane, 100 + n % 50, 200)):
            run(statement.replace("%s", str(key)))
        commit()
        took.append(time.perf_counter() - began)
    return took


def _driver(url: str) -> tuple[Callable[[str], object], Callable[[], object], Callable[[], object]]:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        lite = sqlite3.connect(str(parsed.database), timeout=60, isolation_level=None)
        lite.execute("PRAGMA synchronous=FULL")
        return lite.execute, lambda: lite.execute("BEGIN IMMEDIATE"), lambda: lite.execute("COMMIT")
    server = psycopg.connect(parsed.set(drivername="postgresql").render_as_string(hide_password=False))
    return server.execute, lambda: None, server.commit


def write_in_threads(act: Act, url: str, shop: Counter, lanes: range, start: Barrier, times: Queue) -> None:
    """One process as the desk has them: a pool of connections, a thread for each writer."""
    database = Database(url)
    with ThreadPoolExecutor(len(lanes)) as threads:
        each = [threads.submit(act, database, shop, lane, start.wait) for lane in lanes]
        times.put([took for one in each for took in one.result()])
    database.close()


def many(act: Act, url: str, shop: Counter, processes: int) -> tuple[float, list[float]]:
    """Gifts a second of all writers together, and how long each took. `processes` share the writers evenly."""
    start, times = SPAWN.Barrier(WRITERS + 1), SPAWN.Queue()
    lanes = [range(n, WRITERS, processes) for n in range(processes)]
    writers = [SPAWN.Process(target=write_in_threads, args=(act, url, shop, mine, start, times)) for mine in lanes]
    for one in writers:
        one.start()
    start.wait()
    began = time.perf_counter()
    took = [each for _ in writers for each in times.get()]
    rate = len(took) / (time.perf_counter() - began)
    for one in writers:
        one.join()
    return rate, took


# --- fifty a second, while an import runs ----------------------------------------------------------------------------


def write_feed(folder: Path, lines: int, number: int) -> None:
    """A shop's own files, ten lines an order; all orders of each `number` are new, customers and items are the same."""
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id,name\n" + "".join(f"F{n},Firm {n}\n" for n in range(2000)))
    (folder / "items.csv").write_text(
        "sku,name,price\n" + "".join(f"S{n},Thing {n},{n % 90 + 1}\n" for n in range(3000))
    )
    with (folder / "orders.csv").open("w") as orders, (folder / "order_lines.csv").open("w") as rows:
        orders.write("order_id,customer_id,placed_at\n")
        rows.write("order_id,sku,quantity,unit_price\n")
        for order in range(lines // 10):
            orders.write(f"O{number}-{order},F{order % 2000},2026-01-{order % 28 + 1:02}T10:00:00Z\n")
            rows.writelines(f"O{number}-{order},S{(order * 7 + n) % 3000},1,2.50\n" for n in range(10))


def take_in(url: str, lines: int, start: Barrier, stop: Event, times: Queue) -> None:
    """One import after the other until it is told to stop: when each began and ended."""
    database, spans = Database(url), []
    with tempfile.TemporaryDirectory() as folder:
        write_feed(Path(folder) / "0", lines, 0)
        start.wait()
        while not stop.is_set():
            feed = Path(folder) / str(len(spans))
            began = time.perf_counter()
            run_import(database, None, feed, currency="USD", now=datetime.now(UTC), progress=lambda *_: None)
            spans.append((began, time.perf_counter()))
            write_feed(Path(folder) / str(len(spans)), lines, len(spans))
    times.put(spans)
    database.close()


def paced(url: str, shop: Counter, lines: int) -> tuple[list[float], str]:
    """Seconds from when a gift was due until it was granted, of those that waited for an import; all where `lines` is 0."""
    database, now, lock = Database(url), datetime.now(UTC), threading.Lock()
    start, stop, times = SPAWN.Barrier(2), SPAWN.Event(), SPAWN.Queue()
    if lines:
        SPAWN.Process(target=take_in, args=(url, lines, start, stop, times), daemon=True).start()
        start.wait()
    done: list[tuple[float, float]] = []
    due, began = iter(range(RATE * PACED_S)), time.perf_counter()

    def lane() -> None:
        while True:
            with lock:
                n = next(due, None)
            if n is None:
                return
            at = began + n / RATE
            time.sleep(max(0.0, at - time.perf_counter()))
            tap(database, shop.givers[n % WRITERS], shop.offers[n], f"paced-{n}", now)
            done.append((at, time.perf_counter() - at))

    lanes = [threading.Thread(target=lane) for _ in range(WRITERS)]
    for one in lanes:
        one.start()
    for one in lanes:
        one.join()
    database.close()
    if not lines:
        return [took for _, took in done], ""
    stop.set()
    spans = times.get()
    within = [took for at, took in done if any(opened <= at + took and at <= closed for opened, closed in spans)]
    each = sum(closed - opened for opened, closed in spans) / len(spans)
    return within, f"{len(spans)} times, {each:.1f} s each"


# --- both engines ---------------------------------------------------------------------------------------------------


@contextmanager
def databases() -> Iterator[Iterator[tuple[str, Callable[[], str]]]]:
    """SQLite and PostgreSQL, each with a way to a fresh database; both wait for the disk."""
    with tempfile.TemporaryDirectory() as folder, postgres_server(fsync=True) as server:
        names = (f"sqlite:///{folder}/desk-{n}.sqlite" for n in range(99))
        yield iter((("SQLite", lambda: next(names)), ("PostgreSQL", server.create)))


def fresh(url: str) -> Counter:
    database = Database(url)
    migrate(database)
    with database.writing() as session:
        many_enough = max((GIFTS + WARM) * WRITERS, RATE * PACED_S)
        shown = show_offers(session, open_shop(session, givers=WRITERS, customers=many_enough))
        rows = ", ".join(f"({n}, 0)" for n in range(201))
        for statement in (
            "CREATE TABLE plain (id INTEGER PRIMARY KEY, spent BIGINT)",
            f"INSERT INTO plain VALUES {rows}",  # noqa: S608 - numbers
        ):
            session.connection().exec_driver_sql(statement)
    database.close()
    return shown


def said(took: list[float]) -> str:
    if not took:
        return "none"
    in_order = sorted(took)
    return (
        " ".join(
            f"p{int(share * 100)} {in_order[int(share * (len(in_order) - 1))] * 1000:.1f}"
            for share in (0.5, 0.95, 0.99)
        )
        + f" max {in_order[-1] * 1000:.1f} ms of {len(took)}"
    )


def main() -> None:
    with databases() as engines:
        for name, make in engines:
            for processes in SHAPES:
                url = make()
                shop = fresh(url)
                plain, _ = many(write_plainly, url, shop, processes)
                rate, took = many(write_gifts, url, shop, processes)
                shape = f"{WRITERS} writers in {processes} process{'es' if processes > 1 else ''}"
                print(f"{name}: {rate:,.0f} grants/s by {shape} (goal: 500), {said(took)}")
                print(
                    f"  three plain conditional UPDATEs : grant = {plain:,.0f} : {rate:,.0f} = {plain / rate:.1f}",
                    flush=True,
                )
            alone, _ = paced(url := make(), fresh(url), 0)
            print(f"{name}: {RATE} a second, nothing else: {said(alone)}", flush=True)
            for lines in (A_DAY, LINES):
                within, how = paced(url := make(), fresh(url), lines)
                print(
                    f"{name}: {RATE} a second, while {lines:,} lines come in, {how}: {said(within)} (goal: p99 100)",
                    flush=True,
                )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
