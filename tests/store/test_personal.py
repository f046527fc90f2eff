"""Nothing that holds a customer is forgotten by an export, an erasure or a merge: the schema itself is asked."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Boolean, Date, DateTime, Enum, Integer, Table, inspect
from sqlmodel import SQLModel

from deskapp.store import gift_tables, memory_tables, privacy_tables, tables  # noqa: F401 - which fill the metadata
from deskapp.store.db import Database
from deskapp.store.personal import ELSEWHERE, PERSONAL, Delete, Keep, Personal, Shown

NO_CUSTOMER = {
    "agreement",
    "agent_link",
    "api_token",
    "budget",
    "budget_version",
    "card_format",
    "channel",
    "connection",
    "connection_secret",
    "delegation",
    "device",
    "edition",
    "feedback_policy",
    "guard_policy",
    "host_launch",
    "import_receipt",
    "item",
    "item_picture",
    "launch_receipt",
    "limit_version",
    "model_version",
    "pairing",
    "receiver_version",
    "retention_rule",
    "seal",
    "seat",
    "staff",
    "steering",
    "tablet",
    "throttle",
}
SEARCHED = {"search_key", "search_note"}  # no tables of SQLModel: kept by triggers
DECLARED = {one.name: one for one in PERSONAL}


def referred_to(table: Table) -> set[str]:
    return {key.column.table.name for key in table.foreign_keys}


def holding_a_customer() -> set[str]:
    """Names of tables with a way of foreign keys to a customer."""
    found = {"customer"}
    while more := {t.name for t in SQLModel.metadata.tables.values() if referred_to(t) & found} - found:
        found |= more
    return found


def texts(one: Personal) -> Iterator[str]:
    """Columns that can hold somebody's words."""
    for column in SQLModel.metadata.tables[one.name].columns:
        plain = getattr(column.type, "impl_instance", column.type)
        if not isinstance(plain, Integer | Boolean | Date | DateTime | Enum):
            yield column.name


def test_every_table_with_a_way_to_a_customer_says_what_becomes_of_it() -> None:
    assert holding_a_customer() - set(DECLARED) == set()


def test_every_other_table_is_known_to_hold_none() -> None:
    others = set(SQLModel.metadata.tables) - set(DECLARED)
    assert others == NO_CUSTOMER | (set(ELSEWHERE) - SEARCHED)


def test_the_database_has_no_table_that_nobody_declared(database: Database) -> None:
    there = {name for name in inspect(database.engine).get_table_names() if not name.startswith("alembic")}
    shadows = {name for name in there if name.startswith("search_note_")}  # of FTS5
    assert there - shadows == set(SQLModel.metadata.tables) | SEARCHED


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_words_that_stay_are_blanked_or_said_to_be_harmless(name: str) -> None:
    match DECLARED[name].erase:
        case Delete():
            return
        case Keep(blank=blank, harmless=harmless):
            assert set(texts(DECLARED[name])) == (set(texts(DECLARED[name])) & set(blank)) | set(harmless)
            assert not set(blank) & set(harmless)
            assert set(blank) <= set(SQLModel.metadata.tables[name].columns.keys())


def test_every_way_there_is_to_a_customer_is_gone() -> None:
    """A row is found by each of its columns that lead to one, or it belongs to a row that is."""
    for one in PERSONAL:
        table = SQLModel.metadata.tables[one.name]
        straight = {key.parent.name for key in table.foreign_keys if key.column.table.name == "customer"}
        if one.name == "customer":
            continue
        assert set(one.by) == straight or (not straight and one.through is not None), one.name


def test_parents_come_before_what_refers_to_them() -> None:
    seen: set[str] = set()
    for one in PERSONAL:
        seen.add(one.name)
        assert (referred_to(SQLModel.metadata.tables[one.name]) & set(DECLARED)) <= seen, one.name


def test_sections_of_an_export_are_named_once_and_leave_out_only_what_is_there() -> None:
    shown = [(one, one.export) for one in PERSONAL if isinstance(one.export, Shown)]
    assert len({export.section for _, export in shown}) == len(shown)
    for one, export in shown:
        assert set(export.but) <= set(SQLModel.metadata.tables[one.name].columns.keys())
