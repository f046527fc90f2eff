"""Work in the background: one row a job, leased to one worker at a time."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, update
from sqlmodel import Session, col, select

from deskapp.store.tables import Job, JobState, Staff

UNFINISHED = (JobState.WAITING, JobState.RUNNING)


def find_unfinished(
    session: Session, kind: str, payload: dict[str, Any], *, most_attempts: int, now: datetime
) -> Job | None:
    """One that is running or will be; not one whose last worker died."""
    will_run = or_(col(Job.state) == JobState.WAITING, col(Job.lease_until) > now, col(Job.attempts) < most_attempts)
    query = select(Job).where(Job.kind == kind, col(Job.state).in_(UNFINISHED), will_run).order_by(col(Job.id))
    return next((job for job in session.exec(query) if job.payload == payload), None)


def add(session: Session, job: Job) -> Job:
    session.add(job)
    session.flush()
    return job


def is_due(session: Session, kinds: Collection[str], now: datetime) -> bool:
    return bool(session.exec(select(exists().where(_due(kinds, now)))).one())


def list_waiting(session: Session, kind: str) -> list[dict[str, Any]]:
    """What they are about."""
    waiting = session.exec(select(Job).where(Job.kind == kind, Job.state == JobState.WAITING)).all()
    return [job.payload for job in waiting]


def next_due(session: Session, kinds: Collection[str], now: datetime) -> Job | None:
    """Locked until the transaction ends; a job that another worker is just taking is passed over, not waited for."""
    query = select(Job).where(_due(kinds, now)).order_by(col(Job.run_at), col(Job.id)).limit(1)
    return session.exec(query.with_for_update(skip_locked=True)).one_or_none()


def _due(kinds: Collection[str], now: datetime) -> ColumnElement[bool]:
    waiting = and_(col(Job.state) == JobState.WAITING, col(Job.run_at) <= now)
    abandoned = and_(col(Job.state) == JobState.RUNNING, col(Job.lease_until) <= now)
    return and_(col(Job.kind).in_(kinds), or_(waiting, abandoned))


def change_held(session: Session, job_id: int, attempt: int, **values: object) -> bool:
    """False if the job is no longer this attempt's: it was cancelled, or its lease ran out and somebody else took it."""
    return bool(session.connection().execute(update(Job).where(*_held(job_id, attempt)).values(**values)).rowcount)


def is_held(session: Session, job_id: int, attempt: int) -> bool:
    return bool(session.exec(select(exists().where(*_held(job_id, attempt)))).one())


def _held(job_id: int, attempt: int) -> tuple[ColumnElement[bool], ...]:
    return col(Job.id) == job_id, col(Job.state) == JobState.RUNNING, col(Job.attempts) == attempt


def cancel(session: Session, job_id: int, states: Collection[JobState], **values: object) -> bool:
    """False if it is in none of these states any more."""
    query = update(Job).where(col(Job.id) == job_id, col(Job.state).in_(states))
    return bool(session.connection().execute(query.values(state=JobState.CANCELLED, **values)).rowcount)


def list_latest(session: Session, limit: int) -> list[tuple[Job, str | None]]:
    """Newest first, with the name of who asked (None: the command line)."""
    query = (
        select(Job, Staff.name)
        .outerjoin(Staff, col(Staff.id) == Job.asked_by)
        .order_by(col(Job.id).desc())
        .limit(limit)
    )
    return [(job, name) for job, name in session.exec(query).all()]


def list_ended(session: Session, kind: str, state: JobState, limit: int) -> list[Job]:
    """Newest first."""
    query = select(Job).where(Job.kind == kind, Job.state == state).order_by(col(Job.id).desc()).limit(limit)
    return list(session.exec(query).all())


def forget_ended(session: Session, kind: str, *, before_id: int, failed_before: datetime) -> None:
    """Those of a kind that comes every hour: all that went well, and what failed long ago."""
    is_over = or_(col(Job.state).in_((JobState.DONE, JobState.CANCELLED)), col(Job.ended_at) < failed_before)
    session.connection().execute(delete(Job).where(col(Job.kind) == kind, col(Job.id) < before_id, is_over))


def count_by_state(session: Session) -> list[tuple[str, JobState, int]]:
    query = select(Job.kind, Job.state, func.count()).group_by(col(Job.kind), col(Job.state))
    return [(kind, JobState(state), count) for kind, state, count in session.exec(query).all()]
