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


FAILS = "raise OSError(errno.EIO, 'no')"
IS_KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
ANOTHER = """
import errno, os, signal, sys
from deskapp.rules.errors import Full
from deskapp.store import db
from deskapp.store.tables import Edition

def sync(_handle):
    {act}

db._sync = sync
try:
    with db.Database(sys.argv[1]).writing() as session:
        session.add(Edition(name="of-another", number=9))
except Full:
    sys.exit(7)
"""


def another_process_writes(database: Database, act: str) -> int:
    """With a disk that does `act`; its return code: 7 where it was told that the disk does not take it."""
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", ANOTHER.format(act=act), url]
    environment = os.environ | {"PYTHONPATH": str(TESTS.parent)}
    return subprocess.run(command, env=environment, check=False, timeout=120, stderr=subprocess.DEVNULL).returncode


def put(database: Database, name: str) -> None:
    with database.writing() as session:
        session.add(Edition(name=name, number=1))


def in_the_file(database: Database) -> set[str]:
    """What is left when a power cut takes the whole log."""
    path = Path(database.engine.url.database or "")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, folder)
        with closing(sqlite3.connect(Path(folder, path.name))) as found:
            return {row for (row,) in found.execute("SELECT name FROM edition")}


@contextmanager
def somebody_reading(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """So that the log cannot be brought into the file, and nobody waits long to see it."""
    monkeypatch.setattr(db, "_BUSY_SECONDS", 0)
    impatient = Database(database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setattr(database, "engine", impatient.engine)
    with closing(sqlite3.connect(database.engine.url.database or "")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM edition").fetchone()
        yield
    impatient.close()


def not_called(_handle: int) -> None:
    raise AssertionError("it would say that the disk has it")


@pytest.mark.parametrize(
    ("act", "ended", "written"), [(FAILS, 7, set()), (IS_KILLED, -signal.SIGKILL, {"told-nobody"})]
)
def test_after_another_processs_sync_nobody_is_told_until_the_whole_log_is_in_the_file(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, act: str, ended: int, written: set[str]
) -> None:
    """A sync that failed, after which nothing is even begun; or that its process did not see the end of."""
    with sqlite.reading() as session:
        session.connection()  # so that the other is not the last, who would tidy up
    assert another_process_writes(sqlite, act) == ended
    assert "of-another" not in in_the_file(sqlite)
    with monkeypatch.context() as patched, somebody_reading(sqlite, patched):
        patched.setattr(db, "_sync", not_called)
        for name in ("told-nobody", "nor-this"):
            with pytest.raises(Full, match="may be kept or not"):
                put(sqlite, name)
        assert sqlite.was_full
    put(sqlite, "told")
    assert in_the_file(sqlite) & {"told-nobody", "nor-this", "of-another"} == {"of-another"} | written
    with sqlite.reading() as session:
        assert "told" in session.exec(select(Edition.name)).all()


def test_what_was_committed_before_anothers_sync_failed_is_told_of_only_in_the_file(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other fails between this commit and its sync, which would then say "done" of a log with a hole."""
    wait = Database._wait_for_disk

    def wait_after_another(database: Database) -> None:
        another_process_writes(database, FAILS)
        wait(database)

    put(sqlite, "before")
    monkeypatch.setattr(Database, "_wait_for_disk", wait_after_another)
    monkeypatch.setattr(db, "_sync", not_called)
    put(sqlite, "told")
    assert in_the_file(sqlite) >= {"before", "of-another", "told"}


def after_the_cut(disk: Path, name: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for file in disk.iterdir():
            shutil.copy(file, folder)
        Path(folder, f"{name}-shm").unlink(missing_ok=True)
        with closing(sqlite3.connect(Path(folder, name))) as found:
            return [row for (row,) in found.execute("SELECT name FROM edition")]


def test_only_what_may_be_left_undone_waits_for_no_disk(sqlite: Database) -> None:
    for opened, waits in ((sqlite.reading, 2), (sqlite.writing_at_once, 1), (sqlite.reading, 2)):
        with opened() as session:
            ask = session.connection().exec_driver_sql
            assert ask("PRAGMA synchronous").scalar() == waits
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
