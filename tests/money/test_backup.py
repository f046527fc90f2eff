"""T9: a copy that is taken while people give is whole, and can be given from again."""

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from cast import NOW
from money.oracle import problems
from money.shop import Shop, give, open_shop
from servers import Postgres
from sqlalchemy.engine import make_url

from deskapp.store.db import Database


def by_connection(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy, pages=20)


def by_vacuum(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live:
        live.execute("VACUUM INTO ?", (str(target),))


WAYS: list[Callable[[Path, Path], None]] = [by_connection, by_vacuum]


@contextmanager
def while_people_give(database: Database, shop: Shop) -> Iterator[threading.Event]:
    """Sets the event once some gifts are given; goes on to the end of the block."""
    going, stop, failed = threading.Event(), threading.Event(), []

    def lane() -> None:
        try:
            for n, customer in enumerate(shop.customers):
                if stop.is_set():
                    return
                give(database, shop.givers[n % 2], customer, shop.items[n % 4], f"key-{n}", now=NOW)
                if n == 10:
                    going.set()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            failed.append(error)
            going.set()

    writer = threading.Thread(target=lane)
    writer.start()
    going.wait(timeout=30)
    try:
        yield going
    finally:
        stop.set()
        writer.join()
    assert failed == []


@pytest.mark.parametrize("copy", WAYS)
def test_a_copy_taken_while_people_give_holds_whole_gifts_only(
    sqlite: Database, tmp_path: Path, copy: Callable[[Path, Path], None]
) -> None:
    with sqlite.writing() as session:
        shop = open_shop(session, givers=2, customers=2000)
    restored_at = tmp_path / "restored.sqlite"
    with while_people_give(sqlite, shop):
        copy(Path(str(sqlite.engine.url.database)), restored_at)
    restored = Database(f"sqlite:///{restored_at}")
    stock = dict.fromkeys(shop.items, 10**6)
    assert problems(restored, stock=stock) == []
    with restored.reading() as session:
        ask = session.connection().exec_driver_sql
        assert ask("SELECT count(*) FROM grants").scalar() > 10
        assert ask("PRAGMA integrity_check").scalar() == "ok"
    told = give(restored, shop.givers[0], shop.customers[0], shop.items[0], "key-0", now=NOW)
    assert told.kind == "granted", "the answer that it was given before, and no second gift"
    assert give(restored, shop.givers[0], shop.customers[-1], shop.items[0], "after", now=NOW).kind == "granted"
    assert problems(restored, stock=stock) == []
    restored.close()


@pytest.mark.postgres
def test_a_dump_of_postgresql_taken_while_people_give_holds_whole_gifts_only(
    postgres: Postgres, postgres_copy: str, tmp_path: Path
) -> None:
    dump, restore = (shutil.which(name) for name in ("pg_dump", "psql"))
    if not dump or not restore:
        pytest.skip("pg_dump and psql are not on this machine")
    live = Database(postgres_copy)
    with live.writing() as session:
        shop = open_shop(session, givers=2, customers=2000)
    empty = postgres.create("template0")
    with while_people_give(live, shop):
        said = run(dump, "--no-owner", plain(postgres_copy))
    if said.returncode:
        pytest.skip(f"pg_dump is older than the server: {said.stderr[-200:].decode()}")
    assert run(restore, "-q", "-v", "ON_ERROR_STOP=1", "-d", plain(empty), said=said.stdout).returncode == 0
    live.close()
    restored = Database(empty)
    assert problems(restored, stock=dict.fromkeys(shop.items, 10**6)) == []
    assert give(restored, shop.givers[0], shop.customers[-1], shop.items[0], "after", now=NOW).kind == "granted"
    assert problems(restored, stock=dict.fromkeys(shop.items, 10**6)) == []
    restored.close()
    postgres.drop(empty)


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def run(*command: str, said: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=said, capture_output=True, check=False)
