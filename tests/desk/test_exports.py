"""What leaves the desk for engines outside."""

import json
from pathlib import Path

import pytest
from cast import NOW
from pyarrow import parquet as files
from sold import sell
from sqlmodel import select

from deskapp.desk.exports import export_training
from deskapp.reco import parquet
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.purchases import list_stores, read_all
from deskapp.store.tables import Audit, Customer


def shop(database: Database) -> None:
    with database.writing() as session:
        sell(session, orders=60)


def audited(database: Database) -> list[Audit]:
    with database.reading() as session:
        return list(session.exec(select(Audit).where(Audit.action == "training.exported")))


def test_an_export_holds_every_purchase(database: Database, tmp_path: Path) -> None:
    shop(database)
    lines = export_training(database, None, tmp_path / "out", now=NOW)
    table = files.read_table(tmp_path / "out" / parquet.FILE)
    with database.reading() as session:
        bought = read_all(session, until=NOW)
    assert lines == len(table) == len(bought.item) > 0
    assert [table[name].to_pylist() for name in bought._fields] == [column.tolist() for column in bought]


def test_an_export_names_stores_and_days_and_nobody(sqlite: Database, tmp_path: Path) -> None:
    shop(sqlite)
    export_training(sqlite, None, tmp_path / "out", now=NOW)
    manifest = json.loads((tmp_path / "out" / parquet.MANIFEST).read_text())
    with sqlite.reading() as session:
        assert manifest["stores"] == list_stores(session)
        names = session.exec(select(Customer.name, Customer.external_id)).all()
    assert manifest["exported_at"] == NOW.isoformat()
    whole = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert not [word for pair in names for word in pair if word.encode() in whole]


def test_an_export_is_audited(database: Database, people: dict[str, Actor], tmp_path: Path) -> None:
    shop(database)
    lines = export_training(database, people["mo"], tmp_path / "out", now=NOW)
    (line,) = audited(database)
    assert (line.staff_id, line.details) == (people["mo"].staff_id, {"lines": lines})


def test_a_folder_with_something_in_it_is_refused_and_nothing_is_audited(sqlite: Database, tmp_path: Path) -> None:
    shop(sqlite)
    (tmp_path / "keep").touch()
    with pytest.raises(Conflict, match="not an empty folder"):
        export_training(sqlite, None, tmp_path, now=NOW)
    assert audited(sqlite) == []


def test_an_empty_desk_has_nothing_to_export(database: Database, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="Import some first"):
        export_training(database, None, tmp_path / "out", now=NOW)
    assert not (tmp_path / "out").exists()
