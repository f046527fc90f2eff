"""What a carrier or a shop tells of parcels, from CSV to records; knows no database.

Columns order_id, kind (estimated, left, delivered, returned) and happened_at are needed; estimated_on of an estimate, and event_id,
the teller's own number of the event, may be left out. happened_at may be a day alone, as many carriers tell it.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from deskapp.feeds import fields
from deskapp.feeds.csv_file import Table, reading
from deskapp.feeds.problems import Problems

_NEEDED = ("order_id", "kind", "happened_at")
_KINDS = ("estimated", "left", "delivered", "returned")
_NEVER = datetime.min.replace(tzinfo=UTC)
_ORDER, _EVENT_ID = fields.needed(120), fields.label(120)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Told:
    """One line. `event_id` "" where the file numbers nothing; `is_day`: of `happened_at` only the date was told."""

    line: int
    order: str
    kind: str
    happened_at: datetime
    estimated_on: date | None
    event_id: str
    is_day: bool = False

    @property
    def key(self) -> str:
        """By which it is known again: its number, or without one all that it says."""
        if self.event_id:
            return f"id:{self.event_id}"
        said = [self.order, self.kind, self.happened_at.isoformat(), str(self.estimated_on or "")]
        return f"line:{hashlib.sha256(chr(0).join(said).encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Batch:
    """`done` is the part of the file read so far, 0 to 1."""

    rows: list[Told]
    done: float


def kind(text: str) -> str:
    if (word := text.strip().lower()) in _KINDS:
        return word
    raise ValueError("Write estimated, left, delivered or returned here.")


_often_kind = lru_cache(maxsize=64)(kind)
_often_day = lru_cache(maxsize=1024)(fields.maybe(fields.day))


def moment_or_day(text: str) -> tuple[datetime, bool]:
    """Whether it is a day alone, too; its moment is then its beginning in UTC."""
    return fields.moment(text), _is_date(text.strip())


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def delivery_events(path: Path, problems: Problems) -> Iterator[Batch]:
    """Lines with a fault are left out and stand in `problems`."""
    with reading(path, _NEEDED, problems) as table:
        if table is None:
            return
        for chunk in table.chunks:
            told = (
                _told(line, cells, table, path.name, problems)
                for line, cells in zip(chunk.lines, chunk.rows, strict=True)
            )
            yield Batch([one for one in told if one is not None], chunk.done)


def _told(line: int, cells: list[str], table: Table, name: str, problems: Problems) -> Told | None:
    before = problems.count

    def field(column: str, parse: Callable[[str], Value], absent: Value) -> Value:
        try:
            return parse(cells[table.places[column]]) if column in table.places else absent
        except ValueError as error:
            problems.add(name, line, column, str(error))
            return absent

    happened_at, is_day = field("happened_at", moment_or_day, (_NEVER, False))
    found = Told(
        line,
        order=field("order_id", _ORDER, ""),
        kind=field("kind", _often_kind, ""),
        happened_at=happened_at,
        estimated_on=field("estimated_on", _often_day, None),
        event_id=field("event_id", _EVENT_ID, ""),
        is_day=is_day,
    )
    return found if problems.count == before else None
