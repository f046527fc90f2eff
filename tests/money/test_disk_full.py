"""T6: no space left. Nothing is half-given, a sentence says so, what is there can be read, and the desk goes on by itself."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from money.oracle import problems
from money.shop import Shop, give, open_shop
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from deskapp.rules.errors import Full
from deskapp.store.db import Database
from deskapp.store.migrating import migrate

NOTE = {"text": "Asked for a call. " * 50, "kind": "observation", "channel": "phone"}


@contextmanager
def without_space(database: Database) -> Iterator[None]:
    """Every connection finds the file as large as it may be."""

    def fill(dbapi, *_rest) -> None:
        dbapi.execute(f"PRAGMA max_page_count={dbapi.execute('PRAGMA page_count').fetchone()[0]}")

    event.listen(database.engine, "connect", fill)
    database.engine.dispose()
    try:
        yield
    finally:
        event.remove(database.engine, "connect", fill)
        database.engine.dispose()


def give_until_full(database: Database, shop: Shop) -> int:
    """How many were given before; more than there is space for raises Full."""
    for n, customer in enumerate(shop.customers):
        try:
            give(database, shop.givers[n % 2], customer, shop.items[n % 4], f"key-{n}")
        except Full:
            return n
    raise AssertionError("it never was full")


def judge(database: Database, shop: Shop, given: int) -> None:
    assert problems(database, stock=dict.fromkeys(shop.items, 10**6)) == []
    with database.reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM grants").scalar() == given
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_on_a_full_disk_nothing_is_half_given_and_what_is_there_can_be_read(sqlite: Database) -> None:
    with sqlite.writing() as session:
        shop = open_shop(session, givers=2, customers=300)
    with without_space(sqlite):
        given = give_until_full(sqlite, shop)
        judge(sqlite, shop, given)
        with pytest.raises(Full, match="Nothing was changed"):
            give(sqlite, shop.givers[0], shop.customers[-1], shop.items[0], "one-more")
    assert give(sqlite, shop.givers[0], shop.customers[-1], shop.items[0], "one-more").kind == "granted"
    judge(sqlite, shop, given + 1)


def test_the_desk_says_so_stays_readable_is_not_ready_and_recovers(
    db: Database, at_desk: Callable, visitor, htmx: dict[str, str]
) -> None:
    ana = at_desk("ana")
    with without_space(db):
        said = [ana.post("/customers/1/notes", data=NOTE | {"form_key": f"key-{n:08}"}, headers=htmx) for n in range(9)]
        assert said[-1].status_code == 507
        assert "no space left" in said[-1].text
        assert ana.get("/customers/1").status_code == 200
        ready = visitor.get("/readyz")
        assert ready.status_code == 503
        assert "no space left" in ready.json["database"]["says"]
        assert visitor.get("/healthz").status_code == 200
    assert visitor.get("/readyz").status_code == 200


@pytest.mark.postgres
def test_postgresql_that_says_that_its_disk_is_full_is_understood_too(postgres_copy: str) -> None:
    database = Database(postgres_copy)
    with pytest.raises(Full), database.writing() as session:
        session.connection().exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$")
    assert database.was_full
    database.was_full = False
    with pytest.raises(OperationalError), database.writing() as session:
        session.connection().exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'other' USING ERRCODE = '53400'; END $$")
    assert not database.was_full
    database.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real one of 4 MB, where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_really_is_full(small_disk: Path) -> None:
    database = Database(f"sqlite:///{small_disk}/desk.sqlite")
    migrate(database)
    with database.writing() as session:
        shop = open_shop(session, givers=2, customers=300)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    given = give_until_full(database, shop)
    judge(database, shop, given)
    ballast.unlink(missing_ok=True)
    assert give(database, shop.givers[0], shop.customers[-1], shop.items[0], "one-more").kind == "granted"
    judge(database, shop, given + 1)
    database.close()
