"""What a desk stands on: its database made, brought up to date, or refused with a sentence; and whether all is well."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from deskapp.desk import outbox_list, timetable
from deskapp.desk.shelf import Shelf
from deskapp.rules.errors import Conflict, Full
from deskapp.store import migrating, seals
from deskapp.store.db import Database
from deskapp.store.insert import insert_once
from deskapp.store.migrating import State
from deskapp.store.tables import Idempotency

_SEALED_WITHIN = timedelta(hours=3)
_NONE = "There is no desk here yet. `deskapp init` makes an empty one, `deskapp demo` one to look around in."
_OLD = "The database is older than this release. Run `deskapp init` once; it keeps everything."
_FULL = "There is no space left to write to. What is there can be read; make room, and the desk goes on by itself."
_NEWER = "The database was made by a newer release of deskapp. Install that one, or put back a copy from before."
_PROBE = {
    "scope": "space",
    "key": "probe",
    "request_hash": "",
    "answer": {"room": " " * 65_536},
    "created_at": datetime.fromtimestamp(0, UTC),
}


def make(url: str) -> Database:
    """Made if there is none, brought up to date if it is old. Raises Conflict if it is newer than this release."""
    return _standing(url, is_asked_for=True)


def open_existing(url: str) -> Database:
    """As `make`, but raises Conflict where there is none, and where one on a server is old: `init` is said by a person."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        raise Conflict(_NONE)
    return _standing(url, is_asked_for=False)


def _standing(url: str, *, is_asked_for: bool) -> Database:
    database = Database(url)
    try:
        _bring_up(database, is_asked_for=is_asked_for)
    except BaseException:
        database.close()
        raise
    return database


def _bring_up(database: Database, *, is_asked_for: bool) -> None:
    state = migrating.state(database)
    if state is State.CURRENT:
        return
    if state is State.NEWER:
        raise Conflict(_NEWER)
    if state is State.EMPTY and not is_asked_for:
        raise Conflict(_NONE)
    if not database.is_sqlite and not is_asked_for:
        raise Conflict(_OLD)
    if database.is_sqlite and state is State.OLD:
        migrating.copy_before(database)
    migrating.migrate(database)


@dataclass(frozen=True, slots=True)
class Check:
    """`is_ok` False keeps the desk from serving."""

    is_ok: bool
    says: str


def checks(database: Database, shelf: Shelf, *, now: datetime) -> dict[str, Check]:
    """Database, migrations, model, clock, seal, outbox, in this order; none after one that is not well."""
    found: dict[str, Check] = {}
    steps: dict[str, Callable[[], Check]] = {
        "database": lambda: _reachable(database),
        "migrations": lambda: _migrated(database),
        "model": lambda: _shelved(database, shelf),
        "clock": lambda: _in_step(database, now),
        "seal": lambda: _sealed(database, now),
        "outbox": lambda: _sent(database, now),
    }
    for name, step in steps.items():
        try:
            found[name] = step()
        except (SQLAlchemyError, OSError):
            found[name] = Check(is_ok=False, says="The database cannot be reached.")
        if not found[name].is_ok:
            break
    return found


def _reachable(database: Database) -> Check:
    with database.reading() as session:
        session.connection().exec_driver_sql("SELECT 1")
    if database.was_full and not _has_space_again(database):
        return Check(is_ok=False, says=_FULL)
    return Check(is_ok=True, says="The database answers.")


def _has_space_again(database: Database) -> bool:
    """By trying, and with more than what fits into a gap: nobody may come to write while the desk is not ready."""
    try:
        with database.writing() as session:
            insert_once(session, Idempotency, **_PROBE)
            session.connection().execute(delete(Idempotency).where(col(Idempotency.scope) == _PROBE["scope"]))
    except Full:
        return False
    database.was_full = False
    return True


def _migrated(database: Database) -> Check:
    state = migrating.state(database)
    says = {State.EMPTY: _NONE, State.OLD: _OLD, State.NEWER: _NEWER, State.CURRENT: "The tables are up to date."}
    return Check(is_ok=state is State.CURRENT, says=says[state])


def _shelved(database: Database, shelf: Shelf) -> Check:
    """Without a model everything but suggestions works, so the desk serves."""
    with database.reading() as session:
        stand = shelf.stand(session)
    if stand.model is None:
        return Check(is_ok=True, says=shelf.problem or "There is no model yet, so nothing is suggested.")
    return Check(is_ok=True, says=shelf.problem or f"The model in service knows {stand.trained_on:,} items.")


def _in_step(database: Database, now: datetime) -> Check:
    """A warning: notes and cards do not mind, and giving refuses by itself where a clock went back."""
    with database.reading() as session:
        apart = timetable.clocks_apart(session, now=now)
    return Check(is_ok=True, says=f"{apart} Please have them set right." if apart else "The clocks agree.")


def _sealed(database: Database, now: datetime) -> Check:
    """A warning too: a desk without a worker gives all the same."""
    with database.reading() as session:
        newest = seals.find_newest(session)
    if newest is None:
        return Check(is_ok=True, says="Nothing is sealed yet; the hourly upkeep does so.")
    says = f"Sealed last at {newest.sealed_at:%Y-%m-%d %H:%M} UTC."
    late = " That is long ago: does a worker run?" if now - newest.sealed_at > _SEALED_WITHIN else ""
    return Check(is_ok=True, says=says + late)


def _sent(database: Database, now: datetime) -> Check:
    """A warning too: it is a person who decides what becomes of a letter."""
    with database.reading() as session:
        says = outbox_list.warning(session, now=now)
    return Check(is_ok=True, says=f"Of what goes out: {says}." if says else "What is to go out goes out.")
