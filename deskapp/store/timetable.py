"""Which hour and which night were begun last, by whichever process."""

from sqlalchemy import or_, update
from sqlmodel import Session, col

from deskapp.store.insert import insert_once
from deskapp.store.tables import Edition


def begin_hour(session: Session, hour: int) -> bool:
    return _begin(session, "hour", hour)


def begin_day(session: Session, day: int) -> bool:
    return _begin(session, "day", day)


def _begin(session: Session, name: str, number: int) -> bool:
    """True for the first who comes with a later one than all before; and for one far earlier, since a clock was ahead then."""
    if insert_once(session, Edition, name=name, number=number):
        return False
    is_new = or_(col(Edition.number) < number, col(Edition.number) > number + 1)
    begun = update(Edition).where(col(Edition.name) == name, is_new).values(number=number)
    return bool(session.connection().execute(begun).rowcount)
