"""Changing a database behind the program's back, as whoever holds the file or the password can."""

from sqlalchemy import text

from deskapp.store.db import Database


def tamper(database: Database, *statements: str) -> None:
    """With triggers, foreign keys and checks out of the way; triggers and foreign keys stand again afterwards."""
    if database.is_sqlite:
        _on_sqlite(database, statements)
    else:
        with database.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("ALTER TABLE bucket DROP CONSTRAINT IF EXISTS ck_bucket_never_over"))
            connection.execute(text("ALTER TABLE approval DROP CONSTRAINT IF EXISTS ck_approval_second_person"))
            for statement in statements:
                connection.execute(text(statement))


def _on_sqlite(database: Database, statements: tuple[str, ...]) -> None:
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        connection.exec_driver_sql("SELECT 1")
        raw.rollback()
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("PRAGMA ignore_check_constraints=ON")
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
        for _, sql in triggers:
            raw.execute(sql)
        raw.execute("PRAGMA ignore_check_constraints=OFF")
        raw.execute("PRAGMA foreign_keys=ON")
        connection.invalidate()
