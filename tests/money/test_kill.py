"""T5: writers, and PostgreSQL itself, are killed with SIGKILL; nothing that was acknowledged is lost, nothing is given twice.

A kill is not a power cut: the kernel keeps what was written to it. That a commit waits for the disk is looked at apart.
"""

import dataclasses
import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from money.killed import load, request
from money.oracle import problems
from money.shop import Shop, give, open_shop
from servers import Postgres, postgres_server
from sqlmodel import select

from deskapp.rules.errors import Full
from deskapp.store import db
from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant
from deskapp.store.migrating import migrate
from deskapp.store.tables import Edition

TESTS = Path(__file__).parents[1]
ENOUGH = {"per_giver_per_day_minor": 10**9, "per_giver_per_week_minor": 10**9, "per_customer_per_year_gifts": 10**6}


def new_shop(database: Database) -> Shop:
    with database.writing() as session:
        return open_shop(session, givers=4, customers=40, limits=ENOUGH)


@contextmanager
def writers(url: str, shop: Shop, folder: Path, round_: int, count: int) -> Iterator[list[Path]]:
    """Their notes of what was acknowledged; they are killed at the end, wherever they are."""
    notes = [folder / f"acknowledged-{round_}-{lane}" for lane in range(count)]
    said = json.dumps(dataclasses.asdict(shop))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "money.killed", url, said, str(note), f"round-{round_}-{lane}"],
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        for lane, note in enumerate(notes)
    ]
    try:
        until(lambda: all(note.exists() and note.stat().st_size > 60 for note in notes))
        yield notes
    finally:
        for one in running:
            one.send_signal(signal.SIGKILL)
            one.wait()


def until(happened, within_s: float = 240) -> None:
    give_up = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < give_up, "the writers did not come to write"
        time.sleep(0.01)


def acknowledged(notes: list[Path]) -> dict[str, int]:
    """Key -> grant; a line that was cut off was not acknowledged."""
    found = {}
    for note in notes:
        name = note.name.replace("acknowledged", "round")
        for line in note.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                n, _, grant_id = line.split()
                found[f"{name}-{n}"] = int(grant_id)
    return found


def judge(database: Database, shop: Shop, told: dict[str, int]) -> int:
    """How many were committed and never acknowledged. The next request of each writer is sent again, twice."""
    assert problems(database, stock=dict.fromkeys(shop.items, 10**6)) == []
    with database.reading() as session:
        there = set(session.exec(select(Grant.id)).all())
    assert set(told.values()) <= there, "an acknowledged gift is lost"
    again = load(json.dumps(dataclasses.asdict(shop)))
    for name in {key.rsplit("-", 1)[0] for key in told}:
        n = 1 + max(int(key.rsplit("-", 1)[1]) for key in told if key.startswith(f"{name}-"))
        first, second = (give(database, *request(again, name, n)) for _ in range(2))
        assert first == second
    assert problems(database, stock=dict.fromkeys(shop.items, 10**6)) == []
    return len(there - set(told.values()))


def kill_rounds(database: Database, url: str, folder: Path, rounds: int, count: int) -> None:
    shop = new_shop(database)
    told: dict[str, int] = {}
    for round_ in range(rounds):
        with writers(url, shop, folder, round_, count) as notes:
            pass
        told |= acknowledged(notes)
        unacknowledged = judge(database, shop, told)
    print(
        f"{rounds} rounds, {len(told)} acknowledged, 0 lost, {unacknowledged} not acknowledged before they were repeated"
    )
    if database.is_sqlite:
        with database.reading() as session:
            assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@pytest.mark.slow
def test_writers_killed_thirty_times_lose_nothing_that_was_acknowledged(database: Database, tmp_path: Path) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    kill_rounds(database, url, tmp_path, rounds=30, count=4)


def test_a_writer_that_is_killed_loses_nothing_that_was_acknowledged(sqlite: Database, tmp_path: Path) -> None:
    kill_rounds(sqlite, sqlite.engine.url.render_as_string(hide_password=False), tmp_path, rounds=1, count=1)


@pytest.mark.slow
def test_a_postgresql_that_is_killed_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Eight times the whole server and its writers, with fsync; then it recovers from its log."""
    with postgres_server(fsync=True) as server:
        url = server.create()
        database = Database(url)
        migrate(database)
        shop = new_shop(database)
        told: dict[str, int] = {}
        for round_ in range(8):
            with writers(url, shop, tmp_path, round_, 4) as notes:
                kill_backends(server)
            until(lambda: answers(database))
            told |= acknowledged(notes)
            judge(database, shop, told)
        print(f"8 kills, {len(told)} acknowledged, 0 lost")
        database.close()


def kill_backends(server: Postgres) -> None:
    """SIGKILL to every process that serves somebody: the postmaster then crashes them all and recovers."""
    database = Database(server.url.render_as_string(hide_password=False))
    with database.reading() as session:
        found = session.connection().exec_driver_sql(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
        )
        serving = [row.pid for row in found]
    database.close()
    for pid in serving:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def answers(database: Database) -> bool:
    try:
        with database.reading() as session:
            session.connection().exec_driver_sql("SELECT 1")
    except Exception:  # noqa: BLE001 - it is still starting up
        return False
    return True


def test_nobody_is_told_of_what_a_power_cut_could_still_take(sqlite: Database, tmp_path: Path, monkeypatch) -> None:
    """All that kills cannot show: what was not synced is in memory only, and a kill leaves that alone.

    The disk is played by copies of the files: the log as of when it was last synced, the rest as of its last checkpoint.
    """
    disk, url = tmp_path / "disk", sqlite.engine.url
    disk.mkdir()
    desk = Path(url.database or "")
    for file in desk.parent.glob(f"{desk.name}*"):
        shutil.copy(file, disk)

    def sync(handle: int) -> None:
        os.fsync(handle)
        (disk / f"{desk.name}-wal").write_bytes(Path(f"{desk}-wal").read_bytes())

    monkeypatch.setattr(db, "_sync", sync)
    with sqlite.engine.connect() as kept_open:
        kept_open.exec_driver_sql("SELECT 1")
        for number in range(3):
            with sqlite.writing() as session:
                session.add(Edition(name=f"told-{number}", number=number))
            assert f"told-{number}" in after_the_cut(disk, desk.name)


def test_after_a_sync_that_failed_nobody_writes_until_the_whole_log_is_in_the_file(
    sqlite: Database, monkeypatch
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(errno.EIO, "no")

    with monkeypatch.context() as broken:
        broken.setattr(db, "_sync", fail)
        with pytest.raises(Full, match="may be kept or not"), sqlite.writing() as session:
            session.add(Edition(name="told-nobody", number=1))
    assert sqlite.was_full
    log = Path(f"{sqlite.engine.url.database}-wal")
    with sqlite.writing() as session:
        assert log.stat().st_size == 0
        session.add(Edition(name="told", number=1))
    with sqlite.reading() as session:
        assert set(session.exec(select(Edition.name))) >= {"told-nobody", "told"}


def after_the_cut(disk: Path, name: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for file in disk.iterdir():
            shutil.copy(file, folder)
        Path(folder, f"{name}-shm").unlink(missing_ok=True)
        with closing(sqlite3.connect(Path(folder, name))) as found:
            return [row for (row,) in found.execute("SELECT name FROM edition")]


def test_what_does_not_commit_in_turn_waits_for_the_disk_itself(sqlite: Database) -> None:
    for opened in (sqlite.reading, sqlite.writing_at_once):
        with opened() as session:
            ask = session.connection().exec_driver_sql
            assert ask("PRAGMA synchronous").scalar() == 2
            assert ask("PRAGMA journal_mode").scalar() == "wal"


def test_a_file_without_a_log_waits_for_the_disk_at_each_commit(tmp_path: Path) -> None:
    path = tmp_path / "plain.sqlite"
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("CREATE TABLE made (one)")
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        ask = session.connection().exec_driver_sql
        assert (ask("PRAGMA journal_mode").scalar(), ask("PRAGMA synchronous").scalar()) == ("delete", 2)
    database.close()


@pytest.mark.postgres
def test_postgresql_waits_for_the_disk_unless_somebody_tells_it_not_to(postgres_copy: str) -> None:
    database = Database(postgres_copy)
    with database.writing() as session:
        assert session.connection().exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    database.close()
