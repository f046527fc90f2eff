"""Manners of whoever writes much: short transactions, and between them everybody in line gets their turn.

Locks are not handed on by order of arrival: whoever lets go and asks again at once mostly has it again, and who lets one in
and asks again stands before all the others. So at fifty gifts a second and one gift between two steps the line grows.
"""

import time

from sqlmodel import Session

from deskapp.store.db import Database

_BREATH_SECONDS = 0.002  # long enough for a process to wake up and take its turn
_IN_LINE_SECONDS = 0.0005  # whoever waits longer for the turn is not the only one who writes
_BREATHS = 6  # then it goes on all the same, however many are in line


def let_others_in(database: Database) -> None:
    """Returns when the turn is to be had at once, or after 6 breaths. Not within a transaction."""
    for _ in range(_BREATHS):
        time.sleep(_BREATH_SECONDS)
        asked = time.perf_counter()
        with database.writing():
            waited = time.perf_counter() - asked
        if waited < _IN_LINE_SECONDS:
            return


def version(session: Session) -> int | None:
    """Moves when any other connection has committed, looked at from the same one; None where writers do not wait in line."""
    if session.get_bind().dialect.name != "sqlite":
        return None
    return int(session.connection().exec_driver_sql("PRAGMA data_version").scalar_one())
