"""Preferences in force."""

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.store.db import asked_once
from deskapp.store.memory_tables import Preference, PreferenceKind
from deskapp.store.tables import Staff

_IN_FORCE = (
    select(Preference, Staff.name)
    .join(Staff, col(Staff.id) == Preference.heard_by)
    .where(Preference.customer_id == bindparam("customer"), col(Preference.withdrawn_at).is_(None))
    .order_by(col(Preference.id).desc())
)
_WISHES = (
    select_columns(col(Preference.kind), col(Preference.value), col(Preference.item_id))
    .where(col(Preference.customer_id) == bindparam("customer"), col(Preference.withdrawn_at).is_(None))
    .order_by(col(Preference.id).desc())
)


@asked_once
def list_preferences(session: Session, customer_id: int) -> list[tuple[Preference, str]]:
    """Those in force, newest first, with who heard it."""
    found = session.exec(_IN_FORCE, params={"customer": customer_id}).all()
    return [(preference, heard_by) for preference, heard_by in found]


def list_wishes(session: Session, customer_id: int) -> list[tuple[PreferenceKind, str, int | None]]:
    """Kind, value and item of those in force, newest first."""
    return [
        (row.kind, row.value, row.item_id) for row in session.connection().execute(_WISHES, {"customer": customer_id})
    ]


def get_preference(session: Session, preference_id: int) -> Preference:
    if (found := session.get(Preference, preference_id)) is None:
        raise NotFound("There is no such preference.")
    return found
