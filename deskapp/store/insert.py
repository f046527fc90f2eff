"""INSERT … ON CONFLICT DO NOTHING, on both engines."""

from functools import cache
from typing import Any

from sqlalchemy import bindparam, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_once(session: Session, table: type[SQLModel], **values: Any) -> bool:
    """False if a row with the same key stands already. On PostgreSQL it waits for a rival to commit or give up."""
    statement = _inserting(table, session.get_bind().dialect.name, tuple(values))
    return session.connection().execute(statement, values).first() is not None  # psycopg's rowcount is -1 here


@cache
def _inserting(table: type[SQLModel], engine: str, columns: tuple[str, ...]) -> Any:
    """Kept, because to put a statement together takes longer than to run it."""
    into = (postgresql if engine == "postgresql" else sqlite).insert(table)
    return (
        into.values({name: bindparam(name) for name in columns}).on_conflict_do_nothing().returning(literal_column("1"))
    )
