"""What is done every hour without anybody asking and without cron: whichever process looks first in an hour asks for it, once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from deskapp.desk import approvals, jobs, note_marks, outbox, personal_export, seals, settling, views
from deskapp.desk.jobs import Kind
from deskapp.desk.wording import number
from deskapp.rules.errors import Conflict
from deskapp.rules.words import say, together
from deskapp.store import clock, timetable
from deskapp.store import jobs as stored_jobs
from deskapp.store.db import Database

Clock = Callable[[], datetime]

CLOCKS_APART = timedelta(hours=1)
_HOUR_SECONDS = 3600
_DAY_SECONDS = 24 * _HOUR_SECONDS
_NIGHT = timedelta(hours=2)
_FAILURES_KEPT = timedelta(days=7)


class Hourly:
    """Of one process, which asks at most once an hour and otherwise costs nothing."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database, self._now = database, now
        self._seen = 0

    def look(self) -> None:
        """Later, where somebody else holds the write lock just now."""
        now = self._now()
        if _hour_of(now) == self._seen:
            return
        try:
            with self._database.writing_at_once() as session:
                ask(session, now=now)
        except TimeoutError:
            return
        self._seen = _hour_of(now)


def ask(session: Session, *, now: datetime) -> bool:
    """Whether this was the first to look in this hour. On a new desk the next hour is the first that is tidied."""
    if not timetable.begin_hour(session, _hour_of(now)):
        return False
    jobs.schedule(session, Kind.TIDY, now=now)
    jobs.schedule(session, Kind.ASK, now=now)
    if timetable.begin_day(session, _night_of(now)):
        jobs.schedule(session, Kind.RETAIN, now=now)
    return True


def _night_of(now: datetime) -> int:
    """Nights begin at two in the morning, UTC."""
    return int((now - _NIGHT).timestamp()) // _DAY_SECONDS


def _hour_of(now: datetime) -> int:
    return int(now.timestamp()) // _HOUR_SECONDS


def tidy(database: Database, seal_file: Path | None, job_id: int, *, now: Clock) -> str:
    """Gifts and requests whose time is over, notes long taken back, then the seal.

    Each step in a transaction of its own, all of them idempotent.

    Raises Conflict where the clock cannot be believed: an hour's work must not lapse everything at once.
    """
    with database.reading() as session:
        if sentence := clocks_apart(session, now=now()):
            raise Conflict(together([sentence, say("Nothing was tidied.")]))
    settled = settling.in_batches(database, lambda session: settling.settle_ended(session, None, now=now()))
    lapsed = settling.in_batches(database, lambda session: settling.expire(session, now=now()))
    with database.writing() as session:
        run_out = approvals.expire(session, now=now())
        stored_jobs.forget_ended(session, Kind.TIDY, before_id=job_id, failed_before=now() - _FAILURES_KEPT)
        personal_export.wipe_expired(session, now=now())
        outbox.wipe(session, now=now())
    views.take_in(database)
    wiped = note_marks.wipe_due(database, now=now())
    sealed = seals.seal_and_export(database, seal_file, now=now())
    return say(
        "Lines sealed: {sealed}. Gifts settled with their orders: {settled}, lapsed: {lapsed}. Requests that ran out: {run_out}."
        " Notes wiped: {wiped}.",
        sealed=number(sealed.lines if sealed else 0),
        settled=number(settled),
        lapsed=number(lapsed),
        run_out=number(run_out),
        wiped=number(wiped),
    )


def clocks_apart(session: Session, *, now: datetime) -> str:
    """Empty while this machine and the database agree; SQLite has no clock of its own."""
    theirs = clock.find_database_clock(session)
    if theirs is None or abs(now - theirs) <= CLOCKS_APART:
        return ""
    return say(
        "The clock of this machine says {here} UTC, that of the database {there} UTC.",
        here=f"{now:%Y-%m-%d %H:%M}",
        there=f"{theirs:%Y-%m-%d %H:%M}",
    )
