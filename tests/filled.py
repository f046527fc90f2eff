"""One row of every table that holds a customer, with a marker in every text: made from the schema, so that no table is left out."""

from enum import StrEnum
from itertools import count
from typing import Any

import cast
from sqlalchemy import Boolean, Column, Date, DateTime, Enum, Integer, LargeBinary, Table, insert, text
from sqlalchemy.types import JSON
from sqlmodel import Session, SQLModel

from deskapp.rules.people import Actor
from deskapp.store.personal import PERSONAL, Keep, Personal

_NUMBER = count(1)
_LATER = ("decided_by", "on_behalf_of", "withdrawn_by", "retracted_by", "lifted_by", "undone_by")


def fill(session: Session, staff: dict[str, Actor], who: str) -> int:
    """The id of a new customer, whose every text begins with `who`; with a former self who was joined with them."""
    made: dict[str, int] = {
        "item": cast.item_id(session, "tea"),
        "limit_version": 1,
        "staff": staff["ana"].staff_id,
        "connection": _insert(session, "connection", _values("connection", {"staff": 1}, f"stays-{next(_NUMBER)}", {})),
        "request_topic": _insert(
            session, "request_topic", _values("request_topic", {"staff": 1}, "topic", {"merged_into": None})
        ),
    }
    former = _insert(session, "customer", _values("customer", made, f"{who}former", {"merged_into": None}))
    for one in PERSONAL:
        if one.name == "erasure":  # whoever has one is nobody any more
            continue
        fixed = _fixed(one, session, made, former, staff)
        made[one.name] = _insert(session, one.name, _values(one.name, made, who, fixed))
    session.connection().execute(
        text("UPDATE customer SET merged_into = :into WHERE id = :former"),
        {"into": made["customer"], "former": former},
    )
    return made["customer"]


def _fixed(
    one: Personal, session: Session, made: dict[str, int], former: int, staff: dict[str, Actor]
) -> dict[str, Any]:
    """What a marker may not be: words that stay, times of day, and a state that keeps nothing from going."""
    fixed: dict[str, Any] = dict.fromkeys(_LATER, staff["bo"].staff_id)
    if isinstance(one.erase, Keep):
        fixed |= {name: f"stays-{next(_NUMBER)}" for name in one.erase.harmless}
    fixed |= {"currency": "USD", "counts": {}, "because": [1], "merged_into": None, "erased_at": None}
    if one.name == "visit":
        fixed["at"] = "14:30"
    if one.name == "customer_merge":
        fixed |= {"from_id": former, "into_id": made["customer"], "moved": {"rows": {}, "filled": []}}
    if one.name == "ledger":
        fixed["bucket_key"] = f"customer|{made['customer']}"
        bucket = {"key": fixed["bucket_key"], "limit_minor": 9, "spent_minor": 1}
        session.connection().execute(insert(SQLModel.metadata.tables["bucket"]), bucket)
    return fixed


def _values(name: str, made: dict[str, int], who: str, fixed: dict[str, Any]) -> dict[str, Any]:
    table = SQLModel.metadata.tables[name]
    return {
        column.name: fixed[column.name] if column.name in fixed else _value(column, made, who)
        for column in table.columns
        if not (column.primary_key and column.name == "id")
    }


def _value(column: Column[Any], made: dict[str, int], who: str) -> Any:
    kind: Any = getattr(column.type, "impl_instance", column.type)
    if column.foreign_keys:
        return made[next(iter(column.foreign_keys)).column.table.name]
    if isinstance(kind, Enum):
        return next(iter(kind.enum_class))
    if isinstance(kind, DateTime):
        return cast.NOW
    if isinstance(kind, Date):
        return cast.NOW.date()
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return 1
    if isinstance(kind, JSON):
        return {"marker": marker(who, column)}
    if isinstance(kind, LargeBinary):
        return marker(who, column).encode()
    return marker(who, column)


def marker(who: str, column: Column[Any]) -> str:
    longest = getattr(column.type, "length", None)
    return f"{who}-{column.table.name}-{column.name}"[:longest]


def markers(who: str) -> set[str]:
    """All that a filled customer has."""
    found = set()
    for one in PERSONAL:
        if one.name == "erasure":
            continue
        stays = set(one.erase.harmless) if isinstance(one.erase, Keep) else set()
        for column in SQLModel.metadata.tables[one.name].columns:
            is_fixed = column.name in stays | {"currency", "at", "counts", "because", "moved"} or column.foreign_keys
            value = None if is_fixed else _value(column, {}, who)
            if isinstance(value, str | bytes | dict) and not isinstance(value, StrEnum):
                found.add(marker(who, column))
    return found


def _insert(session: Session, name: str, values: dict[str, Any]) -> int:
    table: Table = SQLModel.metadata.tables[name]
    key = session.connection().execute(insert(table).values(values)).inserted_primary_key
    return int(key[0]) if key and key[0] is not None else 0
