"""Jobs: asked for in the transaction that needs them, leased to one worker, run at least once, so handlers are idempotent.

A worker holds a job by its attempt number: once the lease has run out and another worker has taken the job, everything the
first one still reports is void.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from deskapp.desk import audit, progress
from deskapp.rules.errors import Conflict, DeskError, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import jobs
from deskapp.store.tables import Job, JobState

LEASE = timedelta(seconds=60)
ATTEMPTS = 3
_BY_HAND = ATTEMPTS + 1  # a person is standing by, so nobody tries again
_RETRY_AFTER = timedelta(seconds=20)  # times the attempt
_SHOWN = 20
_TOO_LATE = {
    "import": say("An import that has begun is taken in to its end, and cannot be stopped from here."),
    "tidy": say("The hourly upkeep has begun and is over in a moment; it cannot be stopped from here."),
    "export": say("The export has begun and is over in a moment; it cannot be stopped from here."),
    "erase": say("Somebody is being erased. The name is gone already, and the rest must follow."),
    "ask": say("Asking how it was has begun and is over in a moment; it cannot be stopped from here."),
    "draft": say("A card is being drafted and is done in a moment; it cannot be stopped from here."),
    "retain": say("The nightly tidying has begun and is over soon; it cannot be stopped from here."),
}
_DIED = say(
    "Whoever ran it stopped in the middle. What was written until then is whole; asking for it again finishes it."
)


class Kind(StrEnum):
    IMPORT = "import"
    TRAIN = "train"
    TIDY = "tidy"
    EXPORT = "export"
    ERASE = "erase"
    RETAIN = "retain"
    DRAFT = "draft"
    ASK = "ask"


class Lost(DeskError):
    """Somebody cancelled the job, or the lease ran out and another worker has it now."""

    def __init__(self) -> None:
        super().__init__(say("This job was cancelled, or somebody else has taken it over. Nothing was changed here."))


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to run one job."""

    job_id: int
    kind: str
    payload: dict[str, Any]
    attempt: int


@dataclass(frozen=True, slots=True)
class JobView:
    id: int
    kind: str
    state: str
    percent: int
    words: str
    asked_by: str | None  # None: from the command line
    asked_at: datetime
    ended_at: datetime | None

    @property
    def is_running(self) -> bool:
        return self.state == JobState.RUNNING

    @property
    def is_unfinished(self) -> bool:
        return self.state in jobs.UNFINISHED

    @property
    def can_be_cancelled(self) -> bool:
        return self.state in _cancellable(self.kind)


@dataclass(frozen=True, slots=True)
class Jobs:
    latest: tuple[JobView, ...]  # newest first

    @property
    def are_moving(self) -> bool:
        return any(job.is_unfinished for job in self.latest)


def enqueue(session: Session, actor: Actor | None, kind: Kind, payload: dict[str, Any], *, now: datetime) -> int:
    """The id of the job; asking again for the same while it is unfinished is the same job."""
    same = jobs.find_unfinished(session, kind, payload, most_attempts=ATTEMPTS, now=now)
    if same is not None:
        return same.id
    job = jobs.add(session, _row(actor, kind, payload, now))
    audit.write(session, actor, "job.asked", f"job:{job.id}", now=now, kind=kind)
    return job.id


def schedule(session: Session, kind: Kind, payload: dict[str, Any] | None = None, *, now: datetime) -> None:
    """As `enqueue`, but the timetable asks and not a person, so that the audit need not know."""
    what = payload or {}
    if jobs.find_unfinished(session, kind, what, most_attempts=ATTEMPTS, now=now) is None:
        jobs.add(session, _row(None, kind, what, now))


def begin(session: Session, actor: Actor | None, kind: Kind, payload: dict[str, Any], *, now: datetime) -> Ticket:
    """A job that the caller runs at once, and nobody else if it dies."""
    job = jobs.add(session, _row(actor, kind, payload, now))
    job.state, job.lease_until, job.attempts = JobState.RUNNING, now + LEASE, _BY_HAND
    session.flush()
    audit.write(session, actor, "job.asked", f"job:{job.id}", now=now, kind=kind)
    return Ticket(job.id, kind, payload, job.attempts)


def _row(actor: Actor | None, kind: Kind, payload: dict[str, Any], now: datetime) -> Job:
    asked_by = actor.staff_id if actor else None
    return Job(kind=kind, payload=payload, state=JobState.WAITING, run_at=now, asked_by=asked_by, asked_at=now)


def take(session: Session, kinds: frozenset[str], *, now: datetime) -> Ticket | None:
    """The oldest job that waits or was abandoned, leased for a minute; None if there is nothing to do."""
    while (job := jobs.next_due(session, kinds, now)) is not None:
        if job.attempts < ATTEMPTS:
            job.state, job.lease_until, job.attempts = JobState.RUNNING, now + LEASE, job.attempts + 1
            session.flush()
            return Ticket(job.id, job.kind, job.payload, job.attempts)
        job.state, job.ended_at, job.words = JobState.FAILED, now, _DIED
        session.flush()
    return None


def report(session: Session, ticket: Ticket, percent: int, words: str, *, now: datetime) -> None:
    """Renews the lease too. Raises Lost."""
    _change(session, ticket, progress=percent, words=words, lease_until=now + LEASE)


def finish(session: Session, ticket: Ticket, words: str, *, now: datetime) -> None:
    _change(session, ticket, state=JobState.DONE, progress=100, words=words, ended_at=now)


def fail(session: Session, ticket: Ticket, words: str, *, now: datetime) -> None:
    """For good: what was asked cannot be done."""
    _change(session, ticket, state=JobState.FAILED, words=words, ended_at=now)


def stumble(session: Session, ticket: Ticket, words: str, *, now: datetime) -> None:
    """Tried again a little later, at most ATTEMPTS times in all."""
    if ticket.attempt >= ATTEMPTS:
        return fail(session, ticket, words, now=now)
    run_at = now + _RETRY_AFTER * ticket.attempt
    return _change(session, ticket, state=JobState.WAITING, run_at=run_at, words=words)


def give_back(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """The worker was told to stop; another may begin anew at once, and this attempt does not count."""
    if ticket.attempt == _BY_HAND:
        return fail(session, ticket, say("Stopped by hand."), now=now)
    return _change(
        session, ticket, state=JobState.WAITING, run_at=now, progress=0, words="", attempts=ticket.attempt - 1
    )


def cancel(session: Session, actor: Actor, job_id: int, *, now: datetime) -> None:
    """Whoever runs it stops at its next word; twice is once. Raises NotFound, or Conflict where it is too late."""
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound(say("There is no such job."))
    words = say("Cancelled by {name}. Everything is as it was before.", name=actor.name)
    if jobs.cancel(session, job_id, _cancellable(job.kind), words=words, ended_at=now):
        audit.write(session, actor, "job.cancelled", f"job:{job_id}", now=now, kind=job.kind)
        return
    session.refresh(job, ["state"])  # it may have moved on since it was read
    if job.state in jobs.UNFINISHED:
        raise Conflict(_TOO_LATE[job.kind])
    if job.state is not JobState.CANCELLED:
        raise Conflict(say("It had ended before it could be cancelled."))


def _cancellable(kind: str) -> tuple[JobState, ...]:
    """A running import would leave half of its files behind."""
    if kind == Kind.ERASE:  # who was half forgotten must be forgotten
        return ()
    return jobs.UNFINISHED if kind == Kind.TRAIN else (JobState.WAITING,)


def _change(session: Session, ticket: Ticket, **values: object) -> None:
    if not jobs.change_held(session, ticket.job_id, ticket.attempt, **values):
        raise Lost


def overview(session: Session) -> Jobs:
    """One query, and a small file for a running job."""
    return Jobs(tuple(_view(session, job, name) for job, name in jobs.list_latest(session, _SHOWN)))


def _view(session: Session, job: Job, name: str | None) -> JobView:
    percent, words = job.progress, job.words
    if job.state is JobState.RUNNING:
        engine = session.connection().engine
        percent, words = progress.find(engine, job.id, job.attempts) or (percent, words)
    return JobView(job.id, job.kind, job.state, percent, words, name, job.asked_at, job.ended_at)
