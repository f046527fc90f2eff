"""Which hour was begun last, by whichever process."""

from sqlalchemy import or_, update
from sqlmodel import Session, col

from deskapp.store.insert import insert_once
from deskapp.store.tables import Edition

_NAME = "hour"


def begin_hour(session: Session, hour: int) -> bool:
    """True for the first who comes with a later hour than all before; and for one far earlier, since a clock was ahead then."""
    if insert_once(session, Edition, name=_NAME, number=hour):
        return False
    is_new = or_(col(Edition.number) < hour, col(Edition.number) > hour + 1)
    begun = update(Edition).where(col(Edition.name) == _NAME, is_new).values(number=hour)
    return bool(session.connection().execute(begun).rowcount)
