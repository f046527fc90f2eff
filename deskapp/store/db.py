"""The engine, and the two ways to stand on it: `reading()` one snapshot, `writing()` one transaction.

SQLite: BEGIN for readers and BEGIN IMMEDIATE for writers, because SQLAlchemy's default gives no snapshot and a deferred
read→write upgrade fails at once in spite of the time-out. A lock of this process stands before IMMEDIATE: SQLite's busy
handler sleeps and is unfair (p99 186 → 27 ms with 8 threads); for the same reason processes queue at a file beside the
database, where the kernel wakes the next at once. Both are manners only: SQLite's own lock is what keeps writers apart. PostgreSQL: REPEATABLE READ for readers.
"""

import math
import os
import select
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import partial, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Enum,
    LargeBinary,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import JSON, String
from sqlmodel import Session

from deskapp.rules.errors import Full
from deskapp.rules.words import say
from deskapp.store import search_schema
from deskapp.store.queue_file import Marks, QueueFile
from deskapp.store.ready import run

P = ParamSpec("P")
R = TypeVar("R")

_NOT_ON_DISK = say(
    "The disk does not take what is written. What you did last may be kept or not: please look before you do it again, and tell"
    " whoever runs the desk."
)
_BEGIN_WRITING = "BEGIN IMMEDIATE"
_BUSY_SECONDS = 30
_POOL = 20
_SHORT_REST_S = 30.0
_sync = getattr(os, "fdatasync", os.fsync)  # macOS has only the latter
_DISK_FULL = "53100"  # PostgreSQL's word for it


@compiles(String, "sqlite")
@compiles(Enum, "sqlite")
@compiles(DateTime, "sqlite")
@compiles(Date, "sqlite")
@compiles(JSON, "sqlite")
def _as_text(_type: Any, _compiler: Any, **_kw: Any) -> str:
    """STRICT tables know five type names; values are bound and read by SQLAlchemy's own types all the same."""
    return "TEXT"


@compiles(LargeBinary, "sqlite")
def _as_blob(_type: Any, _compiler: Any, **_kw: Any) -> str:
    return "BLOB"


@compiles(BigInteger, "sqlite")
@compiles(Boolean, "sqlite")
def _as_integer(_type: Any, _compiler: Any, **_kw: Any) -> str:
    return "INTEGER"


class WritingSession(Session):
    """One transaction on one connection, kept, so that not every statement asks the books of the session for it."""

    _kept: Connection | None = None

    def connection(self, bind_arguments: Any = None, execution_options: Mapping[str, Any] | None = None) -> Connection:
        is_another = bind_arguments or execution_options or self.in_nested_transaction() or not self.in_transaction()
        if self._kept is None or is_another:
            return super().connection(
                bind_arguments, execution_options
            )  # which begins a savepoint, or refuses after a rollback
        return self._kept

    def keep_connection(self) -> None:
        """For the rest of the transaction, which is begun now."""
        self._kept = super().connection()


class ReadOnlySession(Session):
    """A session whose flush is a mistake of ours."""

    def flush(self, objects: Any = None) -> None:
        if self.new or self.dirty or self.deleted:
            message = "a reading session was about to write"
            raise RuntimeError(message)
        super().flush(objects)


def asked_once(query: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
    """In a reading session the same question has the same answer, since it is one snapshot: panels may all ask it."""

    @wraps(query)
    def asked(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not isinstance(session, ReadOnlySession):
            return query(session, *args, **kwargs)
        key = (query, args, tuple(kwargs.items()))
        if key not in session.info:
            session.info[key] = query(session, *args, **kwargs)
        answer: R = session.info[key]
        return answer

    return asked


class Database:
    """One per process; threads share it."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.is_sqlite else _postgresql(url)
        self._reader = self.engine if self.is_sqlite else _snapshot(self.engine)
        self._writer = self.engine.execution_options(**{"turn" if self.is_sqlite else "write": True})
        self._one_writer = threading.Lock()
        self.was_full = False  # until somebody finds that there is space again
        path = make_url(url).database
        is_file = self.is_sqlite and path and path != ":memory:"
        self._queue = QueueFile(Path(f"{path}-queue")) if is_file else None
        self._log = Path(f"{path}-wal") if is_file else None
        self._known_log = 0  # its inode, of which the folder is known to hold the name

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with ReadOnlySession(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Commits when the block ends, rolls back when it raises. Never nest: the inner one would wait for the outer.

        Raises Full, whatever was asked for, where there is no space left.
        """
        with self._noticing_full():
            if self.is_sqlite:
                with self._one_writer, self._committing() as session:
                    yield session
                self._wait_for_disk()
            else:
                with WritingSession(self._writer, expire_on_commit=False) as session, session.begin():
                    session.keep_connection()
                    yield session

    @contextmanager
    def _committing(self) -> Iterator[Session]:
        """Others wait for the turn, so that nothing is done in it but what has to be: connecting and all books of SQLAlchemy's
        come before or after, and so does the disk.
        """
        with (
            self._writer.connect() as connection,
            _not_waiting_for_disk(connection),
            WritingSession(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.keep_connection()
            with self._in_turn():
                run(connection, _BEGIN_WRITING)  # now, before the first read
                yield session
                session.flush()
                if session.in_transaction():  # else whoever wrote took all of it back
                    run(connection, "COMMIT")

    def _wait_for_disk(self) -> None:
        """Until it has all that was committed so far. A power cut before takes what nobody was told of yet, and all that came
        later: SQLite reads its log as far as it is whole. 8 writers: 0.4 ms less of every turn, a quarter of it.
        """
        try:
            self._sync_log()
        except OSError as error:
            self.was_full = True
            raise Full(_NOT_ON_DISK) from error

    def _sync_log(self) -> None:
        if self._log is None or self._queue is None:
            return
        try:
            log = os.open(self._log, os.O_RDONLY)
        except FileNotFoundError:
            return  # a file without a log, whose commits have waited themselves
        try:
            is_there = self._queue.sync(log, partial(self._sync_opened, log))
        finally:
            os.close(log)
        if not is_there:
            with self._in_turn():  # which begins by bringing all of the log into the file
                pass

    def _sync_opened(self, log: int) -> None:
        _sync(log)
        if (inode := os.fstat(log).st_ino) != self._known_log:
            _sync_folder(Path(f"{self.engine.url.database}").parent)
            self._known_log = inode

    def _bring_in_the_log(self, marks: Marks) -> None:
        """In a turn, after a sync that may have failed, of whichever process. Raises Full until SQLite can do that."""
        is_left: object = True
        with suppress(sqlite3.OperationalError), closing(self.engine.raw_connection()) as connection:
            is_left, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_left:
            self.was_full = True
            raise Full(_NOT_ON_DISK)
        marks.trust()

    @contextmanager
    def in_bulk(self) -> Iterator["Database"]:
        """The same for whoever writes very much that could be written again. On SQLite its commits do not wait for the disk, and
        nobody tidies the log within a turn: `checkpoint` between two of them does. A power cut takes its last transactions, never
        a part of one; the next commit of anybody else brings them all to the disk.
        """
        if not self.is_sqlite:
            yield self
            return
        bulk = Database(self.engine.url.render_as_string(hide_password=False))
        bulk._one_writer, bulk._log = self._one_writer, None
        event.listen(bulk.engine, "connect", _hasten)
        try:
            yield bulk
        finally:
            self.was_full = self.was_full or bulk.was_full
            bulk.close()

    def checkpoint(self) -> None:
        """Brings SQLite's log into its file, as far as nobody reads from it; others write meanwhile."""
        if self.is_sqlite:
            with closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").close()

    @contextmanager
    def _noticing_full(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if _is_full(error):
                self.was_full = True
                raise Full(
                    say("The desk has no space left to write to. Nothing was changed; please tell whoever runs it.")
                ) from error
            raise

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if self._queue is None:
            yield
            return
        with self._queue.turn() as marks:
            if marks.is_doubtful:
                self._bring_in_the_log(marks)
            yield

    @contextmanager
    def in_turn_without_transaction(self) -> Iterator[sqlite3.Connection]:
        """SQLite: for what writes the whole file anew. Others wait for their turn meanwhile."""
        with self._one_writer, closing(self.engine.raw_connection()) as pooled, self._in_turn():
            yield cast("sqlite3.Connection", pooled.driver_connection)

    @contextmanager
    def writing_at_once(self) -> Iterator[Session]:
        """As `writing`, for what may as well be left undone: TimeoutError where another writer or a full disk is in the way.

        On SQLite a power cut may take it, until somebody's next commit brings it to the disk.
        """
        try:
            with self._noticing_full(), self._writing_or_not() as session:
                yield session
        except Full as error:
            raise TimeoutError from error

    @contextmanager
    def _writing_or_not(self) -> Iterator[Session]:
        if not self.is_sqlite:
            with Session(self._writer, expire_on_commit=False) as session, session.begin():
                yield session
            return
        if not self._one_writer.acquire(blocking=False):
            raise TimeoutError
        try:
            with (
                self.engine.execution_options(at_once=True).connect() as connection,
                _not_waiting_for_disk(connection),
                Session(connection, expire_on_commit=False) as session,
                session.begin(),
            ):
                session.connection()
                yield session
        finally:
            self._one_writer.release()

    def close(self) -> None:
        self.engine.dispose()


def _sqlite(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if not Path(path).exists():
            with sqlite3.connect(path) as fresh:  # once, at creation: racing opens that set it got "locked"
                fresh.execute("PRAGMA journal_mode=WAL")
            fresh.close()
    engine = create_engine(
        url,
        hide_parameters=True,  # errors would print customers' words into logs
        pool_size=_POOL,
        max_overflow=_POOL,
        connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(dbapi: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    dbapi.isolation_level = None
    record.info["has_log"] = dbapi.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    search_schema.prepare(dbapi)
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "cache_size=-65536", "temp_store=MEMORY"):
        dbapi.execute(f"PRAGMA {pragma}")


def _hasten(dbapi: sqlite3.Connection, _record: object) -> None:
    dbapi.execute("PRAGMA wal_autocheckpoint=0")


@contextmanager
def _not_waiting_for_disk(connection: Connection) -> Iterator[None]:
    """Its commits only write to the log, if there is one; somebody else has to see to it that this gets to the disk."""
    if not connection.info["has_log"]:
        yield
        return
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    driver.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        driver.execute("PRAGMA synchronous=FULL")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("at_once"):
        _begin_at_once(connection)
    elif not options.get("turn"):
        run(connection, _BEGIN_WRITING if options.get("write") else "BEGIN")


def _is_full(error: OperationalError) -> bool:
    told = error.orig
    return (
        getattr(told, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(told, "sqlstate", None) == _DISK_FULL
    )


def _begin_at_once(connection: Connection) -> None:
    run(connection, "PRAGMA busy_timeout=0")
    try:
        run(connection, _BEGIN_WRITING)
    except OperationalError:  # another process writes
        raise TimeoutError from None
    finally:
        run(connection, f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")


def _postgresql(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_size=_POOL, max_overflow=_POOL)
    event.listen(engine, "checkin", _rest)
    event.listen(engine, "checkout", partial(_wake, engine.dialect))
    return engine


def _rest(_driver: Any, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _wake(dialect: Dialect, driver: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """What `pool_pre_ping` does, without a question to the server before every transaction.

    A server that ended a connection has said so, and then there is something to read. One that rested for long is asked
    all the same: what stands between may have forgotten it silently.
    """
    rested = time.monotonic() - record.info.get("rests_since", math.inf)
    try:
        if rested > _SHORT_REST_S or _has_something_to_read(driver):
            dialect.do_ping(driver)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _has_something_to_read(driver: Any) -> bool:
    watched = select.poll()
    watched.register(driver.fileno(), select.POLLIN)
    return bool(watched.poll(0))


def _snapshot(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
