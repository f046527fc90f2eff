"""Runs jobs: takes one, keeps its lease alive, records how it ended."""

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Self

import structlog

from deskapp.desk import jobs, progress
from deskapp.desk.jobs import Ticket
from deskapp.desk.timetable import Hourly
from deskapp.rules.errors import DeskError
from deskapp.rules.words import say
from deskapp.store import jobs as stored
from deskapp.store.db import Database

Clock = Callable[[], datetime]
Progress = Callable[[float, str], None]  # 0..1 and a few words; cheap, may be called from anywhere and at any rate
Handler = Callable[[Ticket, Progress], str]  # returns one sentence: what came of it

POLL_SECONDS = 2.0
_BACK_OFF_SECONDS = 30.0  # after a process that could not even start
_LAST_WORDS_SECONDS = 5.0
_BEAT_SECONDS = 0.5  # progress is written at most so often, in a transaction of its own
_RENEW = jobs.LEASE / 4

log = structlog.get_logger()


def run_forever(database: Database, handlers: Mapping[str, Handler], stop: threading.Event, *, now: Clock) -> None:
    """Until `stop` is set. A database that is away for a while is asked again."""
    hourly = Hourly(database, now)
    while not stop.is_set():
        try:
            hourly.look()
            worked = run_once(database, handlers, now=now)
        except Exception as error:
            log.exception("worker", kind=type(error).__name__)
            worked = False
        if not worked:
            stop.wait(POLL_SECONDS)


class Slip:
    """A small file in which a worker's process keeps what it holds, so that whoever had to kill it can give that back."""

    _WIDTH = 64  # room for two numbers and a kind; one write replaces what stood there

    def __init__(self, file: int) -> None:
        self._file = file

    def hold(self, ticket: Ticket) -> None:
        self._write(f"{ticket.job_id} {ticket.attempt} {ticket.kind}")

    def let_go(self) -> None:
        self._write("")

    def held(self) -> Ticket | None:
        """Without its payload."""
        match os.pread(self._file, self._WIDTH, 0).decode().split():
            case [job_id, attempt, kind]:
                return Ticket(int(job_id), kind, {}, int(attempt))
        return None

    def _write(self, words: str) -> None:
        os.pwrite(self._file, words.ljust(self._WIDTH).encode(), 0)


def run_once(database: Database, handlers: Mapping[str, Handler], *, now: Clock, slip: Slip | None = None) -> bool:
    """False if there was nothing to do. What a job raises is recorded with it, not raised."""
    kinds = frozenset(handlers)
    if not is_due(database, kinds, now=now):
        return False
    with database.writing() as session:
        ticket = jobs.take(session, kinds, now=now())
        if ticket is not None and slip is not None:
            slip.hold(ticket)  # before it is so: who is killed in between has at worst kept what was never theirs
    if ticket is None:
        return False
    with suppress(Exception):
        run(database, ticket, handlers[ticket.kind], now=now, slip=slip)
    return True


def is_due(database: Database, kinds: frozenset[str], *, now: Clock) -> bool:
    """Looks without the write lock, so that idle workers are nobody's burden."""
    with database.reading() as session:
        return stored.is_due(session, kinds, now())


def run(
    database: Database,
    ticket: Ticket,
    handler: Handler,
    *,
    now: Clock,
    watch: Progress | None = None,
    slip: Slip | None = None,
) -> str:
    """The handler's closing sentence; raises what it raised. Either way the job's end is recorded."""
    told = log.bind(job=ticket.job_id, job_kind=ticket.kind, attempt=ticket.attempt)

    def end(act: Callable[..., None], *args: str) -> None:
        _record(database, act, ticket, *args, now=now())
        if slip is not None:
            slip.let_go()

    try:
        told.info("job begun")
        with _Pulse(database, ticket, now, watch) as pulse:
            words = handler(ticket, pulse.tell)
    except jobs.Lost:
        told.warning("job lost")
        raise
    except DeskError as error:
        end(jobs.fail, str(error))
        told.info("job failed")
        raise
    except Exception as error:
        end(jobs.stumble, say("Something went wrong on our side ({kind}).", kind=type(error).__name__))
        told.exception("job stumbled", kind=type(error).__name__)
        raise
    except BaseException:  # told to stop
        end(jobs.give_back)
        told.info("job given back")
        raise
    end(jobs.finish, words)
    told.info("job done")
    return words


def _record(database: Database, act: Callable[..., None], ticket: Ticket, *args: str, now: datetime) -> None:
    with suppress(jobs.Lost), database.writing() as session:
        act(session, ticket, *args, now=now)


def oversee(
    database: Database,
    kinds: frozenset[str],
    start: Callable[[int], subprocess.Popen[bytes]],
    stop: threading.Event,
    *,
    now: Clock,
) -> None:
    """Until `stop` is set: whenever there is something to do, has a process of its own do it. `start` hands it an open file, its
    slip.

    A training takes a gigabyte and both cores. In a process it cannot slow the pages down, and gives all of it back.
    """
    pause, hourly = POLL_SECONDS, Hourly(database, now)
    while not stop.wait(pause):
        pause = POLL_SECONDS
        try:
            hourly.look()
            if is_due(database, kinds, now=now):
                pause = POLL_SECONDS if _has_one_work(database, start, stop, now) else _BACK_OFF_SECONDS
        except Exception as error:
            log.exception("oversee", kind=type(error).__name__)


def _has_one_work(
    database: Database, start: Callable[[int], subprocess.Popen[bytes]], stop: threading.Event, now: Clock
) -> bool:
    """Whether it ended well. Whoever computes deep in a library hears of `stop` late or never; what it held is given back for it."""
    with tempfile.TemporaryFile() as file:
        is_well = _see_through(start(file.fileno()), stop)
        ticket = Slip(file.fileno()).held() if stop.is_set() else None
    if ticket is not None:
        _record(database, jobs.give_back, ticket, now=now())
        log.info("job given back", job=ticket.job_id, job_kind=ticket.kind, attempt=ticket.attempt)
    return is_well


def _see_through(process: subprocess.Popen[bytes], stop: threading.Event) -> bool:
    """Whether it ended well. When `stop` is set it may give its job back before it is killed."""
    while process.poll() is None and not stop.wait(_BEAT_SECONDS):
        pass
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    if code := process.wait():
        log.warning("worker ended", code=code)
    return code == 0


class _Pulse:
    """A thread that writes progress and renews the lease while the handler computes, perhaps for minutes without a word.

    Where somebody holds the write lock of SQLite, as an import mostly does, it leaves a note beside the database instead.
    """

    def __init__(self, database: Database, ticket: Ticket, now: Clock, watch: Progress | None) -> None:
        self._database, self._ticket, self._now, self._watch = database, ticket, now, watch
        self._latest = self._written = (0, "")
        self._renewed_at = now()
        self._over, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        progress.forget(self._database.engine, self._ticket.job_id, self._ticket.attempt)

    def tell(self, share: float, words: str) -> None:
        if self._lost.is_set():
            raise jobs.Lost
        self._latest = (round(100 * min(max(share, 0.0), 1.0)), words)
        if self._watch is not None:
            self._watch(share, words)

    def _beat(self) -> None:
        while not self._over.wait(_BEAT_SECONDS):
            try:
                self._write(self._latest)
            except jobs.Lost:
                self._lost.set()
                return
            except Exception as error:
                log.exception("progress", kind=type(error).__name__)

    def _look(self) -> None:
        """Raises Lost: a cancelled job should not go on until its lease is renewed."""
        with self._database.reading() as session:
            if not stored.is_held(session, self._ticket.job_id, self._ticket.attempt):
                raise jobs.Lost

    def _write(self, latest: tuple[int, str]) -> None:
        now = self._now()
        if latest == self._written and now - self._renewed_at < _RENEW:
            self._look()
            return
        is_urgent = now - self._renewed_at > jobs.LEASE / 2  # others are nearly always in the way while an import runs
        try:
            with self._database.writing() if is_urgent else self._database.writing_at_once() as session:
                jobs.report(session, self._ticket, *latest, now=self._now())
        except TimeoutError:
            progress.leave(self._database.engine, self._ticket.job_id, self._ticket.attempt, latest)
        else:
            progress.forget(self._database.engine, self._ticket.job_id, self._ticket.attempt)
            self._renewed_at = now
        self._written = latest
