"""Statements of the hot path, made ready once and then run by the driver itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, TextClause, Update, insert
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel

Row = tuple[Any, ...]
Statement = Select[*tuple[Any, ...]] | Insert | Update | TextClause
Said = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Made:
    """A statement in the words of one engine; `said` and `heard` turn our values into the driver's and back."""

    words: str
    names: tuple[str, ...]
    is_positional: bool
    said: tuple[tuple[str, Said], ...]
    fixed: dict[str, Any]
    heard: tuple[tuple[int, Said], ...]

    def bind(self, bound: dict[str, Any]) -> Any:
        values = self.fixed | bound
        for name, say in self.said:
            values[name] = say(values[name])
        return [values[name] for name in self.names] if self.is_positional else values

    def hear(self, row: Row) -> Row:
        if not self.heard:
            return row
        values = list(row)
        for at, hear in self.heard:
            values[at] = hear(values[at])
        return tuple(values)


class Ready:
    """A statement of SQLAlchemy's that costs what the driver and the engine need for it, and next to nothing else.

    A gift is sixteen small statements in one transaction that others wait for. Run by SQLAlchemy each cost 80 µs or
    more of Python, most of it to find what it had compiled and to wrap rows; run like this, about 10 µs. Values are
    bound and read by the same types, errors are the same, and somebody who listens to the engine hears of it.
    It takes no lists of values (`IN`) and no defaults of columns: both would have to be worked out anew each time.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._made: dict[tuple[str, tuple[str, ...]], _Made] = {}

    def all(self, session: Session, /, **bound: Any) -> list[Row]:
        connection = session.connection()
        if connection.dispatch.before_cursor_execute:
            return [tuple(row) for row in connection.execute(self.statement, bound)]
        made = self._for(connection.dialect, bound)
        rows: list[Row] = run(connection, made.words, made.bind(bound)).fetchall()
        return [made.hear(row) for row in rows] if made.heard else rows

    def first(self, session: Session, /, **bound: Any) -> Row | None:
        rows = self.all(session, **bound)
        return rows[0] if rows else None

    def one(self, session: Session, /, **bound: Any) -> Row:
        (row,) = self.all(session, **bound)
        return row

    def run(self, session: Session, /, **bound: Any) -> int:
        """How many rows it touched."""
        connection = session.connection()
        if connection.dispatch.before_cursor_execute:
            return connection.execute(self.statement, bound).rowcount
        made = self._for(connection.dialect, bound)
        touched: int = run(connection, made.words, made.bind(bound)).rowcount
        return touched

    def _for(self, dialect: Dialect, bound: dict[str, Any]) -> _Made:
        key = (dialect.name, tuple(bound))
        if (made := self._made.get(key)) is None:
            made = self._made[key] = _make(self.statement, dialect, list(bound))
        return made


def inserting(table: type[SQLModel], *, returning: Any = None) -> Ready:
    """One row; its columns are those that are given."""
    into = insert(table)
    return Ready(into.inline() if returning is None else into.returning(returning))


def _make(statement: Statement, dialect: Dialect, names: list[str]) -> _Made:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    if compiled.post_compile_params or compiled.insert_prefetch or compiled.update_prefetch:
        message = f"a list or a default in {compiled}"
        raise TypeError(message)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    said = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
    columns = () if isinstance(statement, TextClause) else statement.exported_columns
    heard = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns]
    return _Made(
        words=str(compiled),
        names=tuple(compiled.positiontup or binds),
        is_positional=compiled.positional,
        said=tuple((name, say) for name, say in said.items() if say),
        fixed={name: bind.effective_value for name, bind in binds.items() if not bind.required},
        heard=tuple((at, hear) for at, hear in enumerate(heard) if hear),
    )


def run(connection: Connection, words: str, values: Any = ()) -> Any:
    """The driver's cursor. Errors are SQLAlchemy's."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(words, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_told_by_sqlalchemy(connection, words, error) from error
    return cursor


def _as_told_by_sqlalchemy(connection: Connection, words: str, error: Any) -> BaseException:
    """Without the values, which may be somebody's words."""
    dialect = connection.dialect
    if is_lost := dialect.is_disconnect(error, connection.connection.dbapi_connection, None):
        connection.invalidate(error)
    told: BaseException = DBAPIError.instance(
        words,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    return told
