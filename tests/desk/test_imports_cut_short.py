"""An import is written in steps: others write between them, and whenever it ends, whole customers, items and orders are there."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from cast import NOW
from desk.test_imports import SHOP, put
from sqlmodel import select

from deskapp.desk import grants, imports
from deskapp.desk.imports import run_import
from deskapp.rules.errors import Full
from deskapp.store import db
from deskapp.store import imports as stored
from deskapp.store.changes import marks_of
from deskapp.store.db import Database
from deskapp.store.tables import Audit, Customer, Delivery, ImportReceipt, Item, Order, OrderLine

ORDERS, LINES_EACH = 16, 7


class Stop(Exception):
    """What a test throws into an import."""


def write_shop(folder: Path, *, price: str = "3.50", lines_each: int = LINES_EACH, named: str = "Firm") -> Path:
    folder.mkdir(exist_ok=True)
    orders = [f"A{n},C-{n % 9},2026-03-{n % 28 + 1:02}T10:00:00Z,open,2026-03-30" for n in range(ORDERS)]
    lines = [f"A{n},tea-{(n + k) % 5},{k + 1},{price}" for k in range(lines_each) for n in range(ORDERS)]
    put(
        folder,
        **{
            "customers.csv": "customer_id,name\n" + "".join(f"C-{n},{named} {n}\n" for n in range(9)),
            "items.csv": "sku,name,price\n" + "".join(f"tea-{n},Tea {n},{price}\n" for n in range(5)),
            "orders.csv": "order_id,customer_id,placed_at,status,ship_on\n" + "\n".join(orders),
            "order_lines.csv": "order_id,sku,quantity,unit_price\n" + "\n".join(lines),
        },
    )
    return folder


@pytest.fixture
def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FIRST", "_FEWEST", "_MOST"):
        monkeypatch.setattr(imports, name, 5)


def bring(database: Database, folder: Path, progress=lambda _share, _words: None):
    return run_import(database, None, folder, currency="USD", now=NOW, progress=progress)


def state(database: Database) -> list[list[tuple]]:
    """All that an import leaves, by the shop's own names."""
    of_order = select(Order.external_id, OrderLine.line, Item.sku, OrderLine.quantity, OrderLine.unit_price_minor)
    queries = (
        select(Customer.external_id, Customer.name, Customer.name_folded, Customer.receiver),
        select(Item.sku, Item.name, Item.price_minor, Item.stock),
        select(Order.external_id, Customer.external_id, Order.placed_at, Order.status).join(
            Customer, Customer.id == Order.customer_id
        ),
        select(Order.external_id, Delivery.ship_on, Delivery.need_by_on).join(Delivery, Delivery.order_id == Order.id),
        of_order.select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Item, Item.id == OrderLine.item_id),
        select(ImportReceipt.digest),
    )
    with database.reading() as session:
        return [sorted(map(tuple, session.connection().execute(query))) for query in queries]


@pytest.fixture
def untouched(sqlite_template: Path, tmp_path: Path) -> Callable[..., list[list[tuple]]]:
    """What one import after the other leaves that nobody cut short."""

    def state_after(*shops: Path) -> list[list[tuple]]:
        path = tmp_path / "reference.sqlite"
        shutil.copy(sqlite_template, path)
        database = Database(f"sqlite:///{path}")
        for shop in shops:
            assert not bring(database, shop).is_refused
        found = state(database)
        database.close()
        return found

    return state_after


def split_orders(database: Database, *counts: int) -> list[str]:
    """Orders that have another number of lines than either of `counts`, or lines of both imports."""
    found = state(database)
    lines, prices = Counter(row[0] for row in found[4]), {(row[0], row[4]) for row in found[4]}
    prices_of = Counter(order for order, _ in prices)
    return [order for order, *_ in found[2] if lines[order] not in counts or prices_of[order] != 1]


def stopping_at(call: int) -> Callable[[float, str], None]:
    calls = iter(range(call))

    def progress(_share: float, _words: str) -> None:
        if next(calls, None) is None:
            raise Stop

    return progress


def test_others_write_between_the_steps(database, people, tmp_path, in_small_steps):
    """On SQLite this would wait for ever if the import held its lock."""
    given = []

    def give(share: float, _words: str) -> None:
        with database.writing() as session:
            carla = session.exec(select(Customer).where(Customer.external_id == "C-2")).one()
            tea = session.exec(select(Item).where(Item.sku == "tea")).one()
            given.append(grants.give(session, people["bo"], carla, tea, None, key=f"during-{len(given)}", now=NOW).kind)

    report = bring(database, write_shop(tmp_path / "shop"), give)
    assert report.counts == {"customers": 9, "items": 5, "orders": ORDERS, "order_lines": ORDERS * LINES_EACH}
    assert len(given) > 15
    assert given[0] == "granted"


def test_no_order_is_ever_seen_without_its_lines_or_its_delivery(database, tmp_path, in_small_steps):
    seen: Counter[int] = Counter()

    def look(_share: float, _words: str) -> None:
        found = state(database)
        assert split_orders(database, LINES_EACH) == []
        assert len(found[2]) == len(found[3])
        seen[len(found[2])] += 1

    bring(database, write_shop(tmp_path / "shop"), look)
    assert len(seen) > 10


def test_an_order_of_many_lines_is_one_step(database, tmp_path, in_small_steps):
    """Each has 30 lines, six times what a step may take."""
    bring(database, write_shop(tmp_path / "shop", lines_each=30), lambda *_: None)
    assert split_orders(database, 30) == []


def test_wherever_an_import_ends_the_same_files_again_finish_it(database, tmp_path, untouched, in_small_steps):
    first, second = write_shop(tmp_path / "first"), write_shop(tmp_path / "second", price="9.10", lines_each=3)
    whole = untouched(first, second)
    bring(database, first)
    for call in (5, 8, 15, 20):
        with pytest.raises(Stop):
            bring(database, second, stopping_at(call))
        assert split_orders(database, LINES_EACH, 3) == []
        assert state(database) != whole
    report = bring(database, second)
    assert report.counts == {"customers": 9, "items": 5, "orders": ORDERS, "order_lines": ORDERS * 3}
    assert state(database) == whole
    assert bring(database, second).already_imported


def test_after_an_import_that_was_cut_short_the_files_before_it_are_a_way_back_and_no_repeat(
    database, tmp_path, in_small_steps
):
    first, second = write_shop(tmp_path / "first"), write_shop(tmp_path / "second", price="9.10")
    bring(database, first)
    whole = state(database)
    with pytest.raises(Stop):
        bring(database, second, stopping_at(14))
    assert state(database) != whole
    assert not bring(database, first).already_imported
    assert state(database) == whole


def test_nothing_is_written_before_everything_was_checked(database, tmp_path, in_small_steps):
    shop = write_shop(tmp_path / "shop")
    with (shop / "order_lines.csv").open("a") as file:
        file.write("\nA1,no such tea,1,1\n")
    before = state(database)

    def look(_share: float, _words: str) -> None:
        assert state(database) == before

    assert bring(database, shop, look).is_refused
    assert state(database) == before


def test_whoever_remembers_a_page_sees_what_an_import_wrote_before_it_was_cut_short(
    database, people, tmp_path, in_small_steps
):
    shop = write_shop(tmp_path / "shop")
    marks, carla = [], 1

    def look(_share: float, words: str) -> None:
        if words.startswith("Rows written"):
            with database.reading() as session:
                marks.append(marks_of(session, carla, people["ana"].staff_id))
        if len(marks) == 8:
            raise Stop

    with pytest.raises(Stop):
        bring(database, shop, look)
    assert len(set(marks)) == len(marks) == 8


def test_a_change_of_receiver_is_in_the_audit_once_however_often_its_import_was_cut_short(
    database, people, tmp_path, in_small_steps
):
    put(
        tmp_path, **{"customers.csv": "customer_id,name,receiver\nC-1,Carla,business\n", "items.csv": SHOP["items.csv"]}
    )
    for call in (3, 4, 99):
        try:
            bring(database, tmp_path, stopping_at(call))
        except Stop:
            continue
    with database.reading() as session:
        changed = session.exec(select(Audit).where(Audit.action == "customer.receiver-set")).all()
    assert [line.details["is"] for line in changed] == ["business"]


def test_somebody_erased_between_the_check_and_the_step_stops_the_import_with_a_sentence(
    database, tmp_path, in_small_steps
):
    shop = write_shop(tmp_path / "shop")
    bring(database, shop)
    (shop / "customers.csv").unlink()

    def erase(_share: float, words: str) -> None:
        if words.startswith("order_lines.csv"):
            with database.writing() as session:
                session.exec(select(Customer).where(Customer.external_id == "C-8")).one().external_id = "erased-1"

    put(shop, **{"items.csv": "sku,name,price\ntea-0,Tea,1\n"})
    with pytest.raises(imports.Conflict, match="Import the files again"):
        bring(database, shop, erase)


# --- no space left --------------------------------------------------------------------------------------------------


def test_an_import_that_finds_no_space_says_what_to_do_and_goes_on_when_there_is_some(
    sqlite, tmp_path, untouched, in_small_steps, monkeypatch
):
    shop = write_shop(tmp_path / "shop", lines_each=600)

    def fill(dbapi, *_rest) -> None:
        dbapi.execute(f"PRAGMA max_page_count={dbapi.execute('PRAGMA page_count').fetchone()[0] + 9}")

    with monkeypatch.context() as patched:
        patched.setattr(db, "_hasten", fill)
        with pytest.raises(Full, match=r"is whole.*import the same files again"):
            bring(sqlite, shop)
    assert sqlite.was_full
    assert 0 < len(state(sqlite)[2]) < ORDERS
    assert split_orders(sqlite, 600) == []
    bring(sqlite, shop)
    assert state(sqlite) == untouched(shop)


def test_an_import_leaves_the_disk_to_others_until_its_receipt_which_waits_for_all(sqlite, tmp_path, monkeypatch):
    """A power cut must not take a gift that was given meanwhile, nor an import that said that it was over."""
    done: list[str] = []

    def noting(act: str) -> Callable[..., None]:
        do = getattr(stored, act)

        def note(session, *args) -> None:
            done.append(act)
            do(session, *args)

        return note

    def sync(handle: int) -> None:
        done.append("synced")
        os.fsync(handle)

    for act in ("put_orders", "write_receipt"):
        monkeypatch.setattr(stored, act, noting(act))
    monkeypatch.setattr(db, "_sync", sync)

    def give(_share: float, _words: str) -> None:
        with sqlite.writing():
            done.append("a gift")

    bring(sqlite, write_shop(tmp_path / "shop"), give)
    followed = set(pairwise(done))
    assert {two for one, two in followed if one == "a gift"} == {"synced"}
    assert ("put_orders", "synced") not in followed
    assert {two for one, two in followed if one == "write_receipt"} == {"synced"}


# --- killed ---------------------------------------------------------------------------------------------------------

CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from deskapp.desk import grants, imports
from deskapp.store.db import Database

imports._FIRST = imports._FEWEST = imports._MOST = 5

def tell(share, _words):
    print(share, flush=True)

database, folder = Database(sys.argv[1]), Path(sys.argv[2])
imports.run_import(database, None, folder, currency="USD", now=datetime.now(UTC), progress=tell)
print("over", flush=True)
"""


def killed_within(database: Database, shop: Path, share: float, seconds: float) -> bool:
    """SIGKILL so long after it said that it had come so far; whether it was not over yet."""
    url = database.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", CHILD, url, str(shop)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "over\n" or float(line) >= share:
                break
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
        return "over" not in [line, *process.stdout.read().split()]


def kill_and_compare(database: Database, folder: Path, untouched, kills: list[tuple[float, float]]) -> int:
    """Two imports of the same orders in turn, each killed and run again; how many really were killed."""
    shops = [write_shop(folder / "first"), write_shop(folder / "second", price="9.10", lines_each=3, named="Shop")]
    wholes = [untouched(shop) for shop in shops]
    died = 0
    for n, (share, seconds) in enumerate(kills):
        died += killed_within(database, shops[n % 2], share, seconds)
        assert split_orders(database, LINES_EACH, 3) == []
        bring(database, shops[n % 2])
        assert state(database) == wholes[n % 2]
    return died


def test_an_import_that_is_killed_leaves_whole_orders_and_the_next_one_finishes_it(database, tmp_path, untouched):
    assert kill_and_compare(database, tmp_path, untouched, [(0.5, 0.0)]) == 1


@pytest.mark.slow
def test_imports_killed_thirty_times_at_any_moment_end_as_if_nobody_had_killed_them(database, tmp_path, untouched):
    chance = random.Random(5)
    died = kill_and_compare(database, tmp_path, untouched, [(chance.random(), chance.random() / 50) for _ in range(30)])
    print(f"30 imports, {died} of them killed before they were over")
    assert died > 10
