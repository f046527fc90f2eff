"""A clock that went backwards would count a day twice, so the latest moment at which money moved is kept."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session, col

from deskapp.rules.errors import ClockWentBack
from deskapp.rules.words import say
from deskapp.store.insert import insert_once
from deskapp.store.ready import Ready
from deskapp.store.tables import Edition

_NAME = "clock"
_FORGIVEN = timedelta(minutes=5)  # two machines that are not quite in step
_STEP = 30  # seconds; written so seldom, because all who give would wait for each other at this one row
LATEST = select(col(Edition.number)).where(col(Edition.name) == _NAME).scalar_subquery()  # seconds, None at the start
_MOVED = Ready(
    update(Edition)
    .where(col(Edition.name) == _NAME, col(Edition.number) < bindparam("seconds"))
    .values(number=bindparam("seconds"))
)


def keep(session: Session, now: datetime, latest: int | None) -> None:
    """Raises ClockWentBack where `now` lies more than five minutes before `latest`, as LATEST was read. Seldom a query."""
    seconds = int(now.timestamp())
    if latest is None:
        insert_once(session, Edition, name=_NAME, number=seconds)
        return
    if seconds < latest - _FORGIVEN.total_seconds():
        kept = datetime.fromtimestamp(latest, UTC)
        raise ClockWentBack(
            say(
                "The clock of this machine says {now} UTC, but gifts were given at {kept} UTC already. Nothing was given. "
                "Please have the clock set right, then try again.",
                now=f"{now:%Y-%m-%d %H:%M}",
                kept=f"{kept:%Y-%m-%d %H:%M}",
            )
        )
    if seconds > latest + _STEP:
        _MOVED.run(session, seconds=seconds)


def find_database_clock(session: Session) -> datetime | None:
    """None on SQLite, which lives by the clock of this machine."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    theirs: datetime = session.connection().execute(select(func.clock_timestamp())).scalar_one()
    return theirs
