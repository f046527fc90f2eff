"""INSERT … ON CONFLICT DO NOTHING, on both engines."""

from typing import Any

from sqlalchemy import literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_once(session: Session, table: type[SQLModel], **values: Any) -> bool:
    """False if a row with the same key stands already. On PostgreSQL it waits for a rival to commit or give up."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(literal_column("1"))
    return session.connection().execute(statement).first() is not None  # psycopg's rowcount is -1 here
