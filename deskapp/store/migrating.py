"""Brings a database to the newest schema, and says whether it is there.

Migrations run on a connection with SQLite's foreign keys OFF: batch mode rebuilds a table by dropping it, and with the
pragma ON the drop deletes every cascade child. `foreign_key_check` then proves that nothing dangles.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from deskapp.store.db import Database

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Idempotent; raises RuntimeError if a foreign key would dangle afterwards (nothing is changed then)."""
    with _connection(database) as connection:
        command.upgrade(config(connection), "head")
        if database.is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            message = f"the migration left {len(broken)} rows without their parent; it was rolled back"
            raise RuntimeError(message)


def is_current(database: Database) -> bool:
    heads = ScriptDirectory(str(_SCRIPTS)).get_heads()
    with database.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)


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
