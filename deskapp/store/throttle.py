"""Failed tries per key and window. One statement counts and refuses, so any number of processes share one count."""

from datetime import datetime

from sqlalchemy import case, delete, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from deskapp.store.tables import Throttle


def count(session: Session, key: str, *, most: int, started_after: datetime, now: datetime) -> datetime | None:
    """None if the try was counted; else nothing changed, and when the full window began. A window before `started_after` is over."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    is_over = col(Throttle.window_started_at) <= started_after
    statement = (
        dialect.insert(Throttle)
        .values(key=key, window_started_at=now, failures=1)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "failures": case((is_over, 1), else_=Throttle.failures + 1),
                "window_started_at": case((is_over, now), else_=Throttle.window_started_at),
            },
            where=or_(is_over, col(Throttle.failures) < most),
        )
        .returning(col(Throttle.failures))  # a refused row is not returned; its rowcount would be −1 on PostgreSQL
    )
    if session.connection().execute(statement).first():
        return None
    return session.exec(select(Throttle.window_started_at).where(Throttle.key == key)).one()


def forget(session: Session, key: str) -> None:
    session.connection().execute(delete(Throttle).where(col(Throttle.key) == key))


def give_back(session: Session, key: str) -> None:
    """One try that turned out well."""
    throttle = Throttle.__table__  # type: ignore[attr-defined]
    lowered = throttle.update().where(throttle.c.key == key, throttle.c.failures > 0)
    session.connection().execute(lowered.values(failures=throttle.c.failures - 1))


def sweep(session: Session, started_before: datetime) -> None:
    """Windows that are over; those that somebody else holds are left for next time, or two sweeps could lock each other out."""
    over = select(Throttle.key).where(Throttle.window_started_at <= started_before).with_for_update(skip_locked=True)
    session.connection().execute(delete(Throttle).where(col(Throttle.key).in_(over)))
