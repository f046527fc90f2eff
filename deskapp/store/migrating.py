"""Brings a database to the newest schema, and says whether it is there.

Migrations run on a connection with SQLite's foreign keys OFF: batch mode rebuilds a table by dropping it, and with the
pragma ON the drop deletes every cascade child. `foreign_key_check` then proves that nothing dangles.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from deskapp.store.db import Database

_SCRIPTS = Path(__file__).parent / "migrations"


class State(Enum):
    EMPTY = auto()  # nothing was ever migrated
    OLD = auto()
    CURRENT = auto()
    NEWER = auto()  # made by a release that this one does not know


def migrate(database: Database) -> None:
    """Idempotent; raises RuntimeError if a foreign key would dangle afterwards (nothing is changed then)."""
    with _connection(database) as connection:
        command.upgrade(config(connection), "head")
        if database.is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            message = f"the migration left {len(broken)} rows without their parent; it was rolled back"
            raise RuntimeError(message)


def is_current(database: Database) -> bool:
    return state(database) is State.CURRENT


def state(database: Database) -> State:
    scripts = ScriptDirectory(str(_SCRIPTS))
    known = {revision.revision for revision in scripts.walk_revisions()}
    here = _revisions(database)
    if not here:
        return State.EMPTY
    if not here <= known:
        return State.NEWER
    return State.CURRENT if here == set(scripts.get_heads()) else State.OLD


def copy_before(database: Database) -> Path:
    """SQLite only: a consistent copy beside the file, named after the revision it holds; an earlier one is left alone."""
    path = Path(database.engine.url.database or "")
    copy = path.with_name(f"{path.name}.at-{'-'.join(sorted(_revisions(database)))}")
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.draft")
        draft.unlink(missing_ok=True)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.connection.cursor().execute("VACUUM INTO ?", (str(draft),))  # a draft: a killed copy is no copy
        draft.rename(copy)
    return copy


def _revisions(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())


def config(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(_SCRIPTS))
    made.attributes["connection"] = connection
    return made


@contextmanager
def _connection(database: Database) -> Iterator[Connection]:
    if not database.is_sqlite:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8417)")  # two processes starting at once
            yield connection
        return
    with database.engine.connect().execution_options(write=True) as connection:
        dbapi = connection.connection.cursor()
        dbapi.execute("PRAGMA foreign_keys=OFF")  # a no-op inside a transaction, hence before it
        try:
            with connection.begin():
                yield connection
        finally:
            dbapi.execute("PRAGMA foreign_keys=ON")
