"""Questions for entities that are answered with rows where nothing is changed: to load an entity takes ten times as long."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar, TypeVarTuple, cast, overload

from sqlmodel import Session
from sqlmodel.sql.expression import Select, SelectOfScalar

from deskapp.store.db import ReadOnlySession
from deskapp.store.ready import Ready, Row

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Read = Callable[[Row], Any]


class Rows(Generic[T]):
    """In a reading session entities are named tuples of their columns; to change one is a mistake there anyhow."""

    @overload
    def __init__(self, statement: SelectOfScalar[T]) -> None: ...
    @overload
    def __init__(self: "Rows[tuple[*Ts]]", statement: Select[*Ts]) -> None: ...
    def __init__(self, statement: Any) -> None:
        columns: list[Any] = []
        self._statement, self._reads = statement, list[Read]()
        for asked in (one["expr"] for one in statement.column_descriptions):
            of = _columns(asked) if isinstance(asked, type) else [asked]
            self._reads.append(_reading(asked, of, len(columns)))
            columns += of
        named = (column.label(f"c{at}") for at, column in enumerate(columns))
        self.ready = Ready(statement.with_only_columns(*named, maintain_column_froms=True))

    def all(self, session: Session, /, **bound: Any) -> list[T]:
        if isinstance(session, ReadOnlySession):
            return self.rows(session, **bound)
        return list(session.exec(self._statement, params=bound).all())

    def rows(self, session: Session, /, **bound: Any) -> list[T]:
        """Named tuples in any session; what waits there for a flush is not seen."""
        found = self.ready.all(session, **bound)
        if len(self._reads) == 1:
            return [self._reads[0](row) for row in found]
        return [cast("T", tuple(read(row) for read in self._reads)) for row in found]


def _columns(entity: Any) -> list[Any]:
    return [getattr(entity, column.key) for column in entity.__table__.columns]


def _reading(asked: Any, columns: list[Any], start: int) -> Read:
    """None for an entity that an outer join did not find; its first column is its key."""
    if not isinstance(asked, type):
        return lambda row: row[start]
    made = cast("Any", NamedTuple)(asked.__name__, [(column.key, Any) for column in columns])._make
    stop = start + len(columns)
    return lambda row: None if row[start] is None else made(row[start:stop])
