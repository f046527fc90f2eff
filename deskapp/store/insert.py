"""INSERT … ON CONFLICT DO NOTHING, on both engines."""

from functools import cache
from typing import Any

from sqlalchemy import bindparam, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import Session, SQLModel

from deskapp.store.ready import Part, Ready


def insert_once(session: Session, table: type[SQLModel], **values: Any) -> bool:
    """False if a row with the same key stands already. On PostgreSQL it waits for a rival to commit or give up."""
    return bool(once(session, table, **values).all(session))


def once(session: Session, table: type[SQLModel], **values: Any) -> Part:
    """The same, to be run together with others: one row if it is ours."""
    said = _defaults(table) | values
    return _inserting(table, session.get_bind().dialect.name, tuple(said)).of(**said)


@cache
def _defaults(table: type[SQLModel]) -> dict[str, Any]:
    columns = SQLModel.metadata.tables[str(table.__tablename__)].columns
    return {one.name: one.default.arg for one in columns if isinstance(one.default, ScalarElementColumnDefault)}


@cache
def _inserting(table: type[SQLModel], engine: str, columns: tuple[str, ...]) -> Ready:
    """Kept, because to put a statement together takes longer than to run it."""
    into = (postgresql if engine == "postgresql" else sqlite).insert(table)
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return Ready(into.values(values).on_conflict_do_nothing().returning(literal_column("1")))
