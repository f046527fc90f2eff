"""Seals, and the append-only lines that they are of, in a text form that both engines and every release give alike."""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col, select

from deskapp.store.gift_tables import Agreement, BudgetVersion, Ledger, LimitVersion, ReceiverVersion
from deskapp.store.tables import Audit, Seal

SEALED: dict[type[SQLModel], str] = {  # table: when its line was written
    Agreement: "said_at",
    Audit: "at",
    BudgetVersion: "set_at",
    Ledger: "at",
    LimitVersion: "set_at",
    ReceiverVersion: "set_at",
}
_AT_A_TIME = 2_000


@dataclass(slots=True)
class Window:
    """What was written between one seal and the next; a hash of the lines of each table, in the order of their ids."""

    lines: int = 0
    hashes: dict[str, Any] = field(default_factory=dict)

    def take(self, table: str, line: str) -> None:
        self.lines += 1
        self.hashes.setdefault(table, hashlib.sha256()).update(line.encode())

    def digest(self, previous: str, until: datetime) -> str:
        """Chained to the seal before; "" before the first."""
        told = [f"{name} {one.hexdigest()}" for name, one in sorted(self.hashes.items())]
        return hashlib.sha256("\n".join([previous, _text(until), *told]).encode()).hexdigest()


def read_windows(session: Session, edges: Sequence[datetime], since: datetime | None = None) -> list[Window]:
    """One for each of the rising `edges`, up to it and from the one before (the first from `since`). Streams each table once."""
    windows = [Window() for _ in edges]
    for kind, at in SEALED.items():
        table = SQLModel.metadata.tables[str(kind.__tablename__)]
        query = select_columns(table).where(table.c[at] < edges[-1]).order_by(*table.primary_key.columns)
        if since is not None:
            query = query.where(table.c[at] >= since)
        for row in session.connection().execute(query.execution_options(yield_per=_AT_A_TIME)).mappings():
            windows[bisect_right(edges, row[at])].take(table.name, line_of(row))
    return windows


def line_of(row: RowMapping) -> str:
    """What is empty is left out, so that a column that a later release adds changes no line of before."""
    said = {name: value for name, value in row.items() if not (value is None or value is False or value == "")}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), default=_text) + "\n"


def _text(value: object) -> str:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case _:
            raise TypeError(type(value).__name__)


def find_newest(session: Session) -> Seal | None:
    return session.exec(select(Seal).order_by(col(Seal.id).desc()).limit(1)).one_or_none()


def list_seals(session: Session, *, after_id: int = 0) -> list[Seal]:
    """Oldest first."""
    return list(session.exec(select(Seal).where(Seal.id > after_id).order_by(col(Seal.id))).all())
