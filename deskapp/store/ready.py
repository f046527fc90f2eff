"""Statements of the hot path, made ready once and then run by the driver itself."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    Date,
    DateTime,
    Delete,
    Dialect,
    Insert,
    Select,
    TextClause,
    Update,
    insert,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.visitors import iterate
from sqlmodel import Session, SQLModel

Row = tuple[Any, ...]
Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete | TextClause
Said = Callable[[Any], Any]
_ALL_OF = "(SELECT json_agg({0}) FROM {0})"
_WORTH_IT = 2
_LONGEST_LIST = 50  # each length is a statement of its own, and kept
_AHEAD = "asked ahead"  # in `session.info`


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """A statement in the words of one engine; `said` and `heard` turn our values into the driver's and back."""

    words: str
    names: tuple[str, ...]
    is_positional: bool
    lists: tuple[tuple[str, tuple[str, ...]], ...]  # each with the names of its places
    said: tuple[tuple[str, Said], ...]
    fixed: dict[str, Any]
    heard: tuple[tuple[int, Said], ...]
    heard_as_json: tuple[tuple[int, Said], ...]
    is_answered: bool

    def bind(self, bound: dict[str, Any]) -> Any:
        values = self.fixed | bound
        for name, places in self.lists:
            values.update(zip(places, bound[name], strict=True))
        for name, say in self.said:
            values[name] = say(values[name])
        return [values[name] for name in self.names] if self.is_positional else values

    def hear(self, row: Row) -> Row:
        return _heard(row, self.heard) if self.heard else row


def _heard(row: Row, hears: tuple[tuple[int, Said], ...]) -> Row:
    values = list(row)
    for at, hear in hears:
        values[at] = hear(values[at])
    return tuple(values)


class Ready:
    """A statement of SQLAlchemy's that costs what the driver and the engine need for it, and next to nothing else.

    A gift is fourteen small statements in one transaction that others wait for. Run by SQLAlchemy each cost 80 µs or
    more of Python, most of it to find what it had compiled and to wrap rows; run like this, about 10 µs. Values are
    bound and read by the same types, errors are the same, and somebody who listens to the engine hears of it.
    It takes no defaults of columns, which would have to be worked out anew each time, and long lists (`IN`) go the long way.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._lists = [one.key for one in iterate(statement) if isinstance(one, BindParameter) and one.expanding]
        self._made: dict[tuple[str, tuple[str, ...], tuple[int, ...]], _Made] = {}

    def of(self, **bound: Any) -> "Part":
        return Part(self, bound)

    def all(self, session: Session, /, **bound: Any) -> list[Row]:
        if (known := _pop_ahead(session, self, bound)) is not None:
            return known
        connection = session.connection()
        if self._goes_the_long_way(connection, bound):
            return [tuple(row) for row in connection.execute(self.statement, bound)]
        made = self.made(connection.dialect, bound)
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
        if self._goes_the_long_way(connection, bound):
            return connection.execute(self.statement, bound).rowcount
        made = self.made(connection.dialect, bound)
        touched: int = run(connection, made.words, made.bind(bound)).rowcount
        return touched

    def made(self, dialect: Dialect, bound: dict[str, Any]) -> _Made:
        key = (dialect.name, tuple(bound), self._lengths(bound))
        if (made := self._made.get(key)) is None:
            made = self._made[key] = _make(self.statement, dialect, bound)
        return made

    def _goes_the_long_way(self, connection: Connection, bound: dict[str, Any]) -> bool:
        is_heard = bool(connection.dispatch.before_cursor_execute)
        return is_heard or max(self._lengths(bound), default=0) > _LONGEST_LIST

    def _lengths(self, bound: dict[str, Any]) -> tuple[int, ...]:
        return tuple(len(bound[name]) for name in self._lists if name in bound) if self._lists else ()


class Part(NamedTuple):
    """A statement with its values, to be run together with others."""

    ready: Ready
    bound: dict[str, Any]

    def all(self, session: Session) -> list[Row]:
        """[] of a statement that answers nothing."""
        if self.made(session).is_answered:
            return self.ready.all(session, **self.bound)
        self.ready.run(session, **self.bound)
        return []

    def made(self, session: Session) -> _Made:
        return self.ready.made(session.connection().dialect, self.bound)


def together(session: Session, *parts: Part) -> list[list[Row]]:
    """What each answers, in their order. None may need what another does: on PostgreSQL all of them see the same snapshot.

    There they are one statement, since the way there and back costs most of it: 140 µs of processor time. SQLite has no
    such way and runs one after the other. Locks are taken in the order of the parts that answer; the others come last.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql" or len(parts) < _WORTH_IT:
        return [part.all(session) for part in parts]
    made = tuple(part.made(session) for part in parts)
    values = {
        f"p{n}_{name}": value
        for n, (one, part) in enumerate(zip(made, parts, strict=True))
        for name, value in one.bind(part.bound).items()
    }
    is_listening = connection.dispatch.before_cursor_execute
    asked = connection.exec_driver_sql if is_listening else lambda *said: run(connection, *said)
    answers: Any = asked(_joined(made), values).fetchone()
    return [_told(one, answer) for one, answer in zip(made, answers, strict=True)]


def _told(made: _Made, answer: list[dict[str, Any]] | None) -> list[Row]:
    rows = [tuple(row.values()) for row in answer or ()]
    return [_heard(row, made.heard_as_json) for row in rows] if made.heard_as_json else rows


@cache
def _joined(parts: tuple[_Made, ...]) -> str:
    """One WITH of all of them; of each that answers, all its rows as one value."""
    words = [one.words for one in parts]
    for n, one in enumerate(parts):
        for name in one.names:
            words[n] = words[n].replace(f"%({name})s", f"%(p{n}_{name})s")
    named = (f"p{n} AS ({one})" for n, one in enumerate(words))
    answers = (_ALL_OF.format(f"p{n}") if one.is_answered else "NULL" for n, one in enumerate(parts))
    return f"WITH {', '.join(named)} SELECT {', '.join(answers)}"


@contextmanager
def ahead(session: Session, questions: Callable[[], Sequence[Part]], *parts: Part) -> Iterator[list[list[Row]]]:
    """What `parts` answer. On PostgreSQL the questions are asked together with them, and whoever asks one within the block, with
    the same values, has its answer; who asks again asks anew. SQLite has nothing to gain by that.
    """
    asked = questions() if session.get_bind().dialect.name == "postgresql" else ()
    answers = together(session, *parts, *asked)
    known = session.info.setdefault(_AHEAD, [])
    known.append(list(zip(asked, answers[len(parts) :], strict=True)))
    try:
        yield answers[: len(parts)]
    finally:
        known.pop()


def _pop_ahead(session: Session, ready: Ready, bound: dict[str, Any]) -> list[Row] | None:
    for known in session.info.get(_AHEAD, ()):
        for at, (part, rows) in enumerate(known):
            if part.ready is ready and part.bound == bound:
                del known[at]
                found: list[Row] = rows
                return found
    return None


def inserting(table: type[SQLModel], *, returning: Any = None) -> Ready:
    """One row; its columns are those that are given."""
    into = insert(table)
    return Ready(into.inline() if returning is None else into.returning(returning))


def _make(statement: Statement, dialect: Dialect, bound: dict[str, Any]) -> _Made:
    compiled = statement.compile(dialect=dialect, column_keys=list(bound))
    if compiled.insert_prefetch or compiled.update_prefetch:
        message = f"a default in {compiled}"
        raise TypeError(message)
    spelled = compiled.construct_expanded_state(bound, escape_names=False)
    lists = {name: tuple(places) for name, places in spelled.parameter_expansion.items() if name in bound}
    single = ((name, bind.type) for bind, name in compiled.bind_names.items() if not bind.expanding)
    said = {name: kind.dialect_impl(dialect).bind_processor(dialect) for name, kind in single}
    given = {*bound, *(place for places in lists.values() for place in places)}
    columns = () if isinstance(statement, TextClause) else statement.exported_columns
    heard = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns]
    as_json = [_from_json(one.type, hear) for one, hear in zip(columns, heard, strict=True)]
    words = spelled.statement
    return _Made(
        words=words,
        names=tuple(spelled.positiontup or spelled.parameters),
        is_positional=compiled.positional,
        lists=tuple(lists.items()),
        said=tuple((name, say) for name, say in {**said, **spelled.processors}.items() if say),
        fixed={name: value for name, value in spelled.parameters.items() if name not in given},
        heard=tuple((at, hear) for at, hear in enumerate(heard) if hear),
        heard_as_json=tuple((at, hear) for at, hear in enumerate(as_json) if hear),
        is_answered=words.startswith("SELECT") or " RETURNING " in words,
    )


def _from_json(kind: Any, hear: Said | None) -> Said | None:
    """JSON knows numbers, truth and texts; of the others only days and times are asked for."""
    of = getattr(kind, "impl", kind)
    read = datetime.fromisoformat if isinstance(of, DateTime) else date.fromisoformat if isinstance(of, Date) else None
    if read is None:
        return hear
    return lambda value: value if value is None else hear(read(value)) if hear else read(value)


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
