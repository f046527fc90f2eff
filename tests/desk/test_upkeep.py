"""What a desk stands on, before anybody uses it."""

from pathlib import Path

import cast
import pytest
from sqlmodel import delete, select

from deskapp.desk import upkeep
from deskapp.rules.errors import Conflict
from deskapp.store import migrating
from deskapp.store.db import Database
from deskapp.store.migrating import State
from deskapp.store.tables import Staff


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'desk.sqlite'}"


def settled(folder: Path) -> None:
    database = upkeep.make(url(folder))
    with database.writing() as session:
        cast.settle_in(session)
    database.close()


def staff_of(address: str) -> int:
    database = Database(address)
    with database.reading() as session:
        count = len(session.exec(select(Staff)).all())
    database.close()
    return count


def test_a_new_database_is_made_and_stays_when_made_again(tmp_path: Path) -> None:
    settled(tmp_path)
    upkeep.make(url(tmp_path)).close()
    assert staff_of(url(tmp_path)) == len(cast.PEOPLE)


def test_where_there_is_none_opening_makes_none(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="There is no desk here yet"):
        upkeep.open_existing(url(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_no_desk(tmp_path: Path) -> None:
    Database(url(tmp_path)).close()
    with pytest.raises(Conflict, match="There is no desk here yet"):
        upkeep.open_existing(url(tmp_path))


@pytest.mark.parametrize("open_", [upkeep.make, upkeep.open_existing])
def test_an_old_file_is_copied_and_then_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_) -> None:
    settled(tmp_path)
    steps: list[str] = []
    monkeypatch.setattr(migrating, "state", lambda _database: State.OLD)
    monkeypatch.setattr(migrating, "copy_before", lambda _database: steps.append("copied"))
    monkeypatch.setattr(migrating, "migrate", lambda _database: steps.append("migrated"))
    open_(url(tmp_path)).close()
    assert steps == ["copied", "migrated"]


@pytest.mark.postgres
def test_an_old_database_of_a_server_waits_for_a_person(postgres_copy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrated: list[object] = []
    monkeypatch.setattr(migrating, "state", lambda _database: State.OLD)
    monkeypatch.setattr(migrating, "migrate", migrated.append)
    with pytest.raises(Conflict, match="Run `deskapp init` once"):
        upkeep.open_existing(postgres_copy)
    assert migrated == []
    upkeep.make(postgres_copy).close()
    assert len(migrated) == 1


def test_a_copy_holds_what_the_database_held_and_is_made_once(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.writing() as session:
        cast.hire(session)
    copy = migrating.copy_before(sqlite)
    assert copy.parent == tmp_path
    with sqlite.writing() as session:
        session.exec(delete(Staff))
    assert migrating.copy_before(sqlite) == copy
    assert staff_of(f"sqlite:///{copy}") == len(cast.PEOPLE)
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".draft")]


@pytest.mark.parametrize("state", list(State))
def test_readiness_says_what_is_wrong_with_the_tables(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    monkeypatch.setattr(migrating, "state", lambda _database: state)
    check = upkeep._migrated(sqlite)
    assert check.is_ok is (state is State.CURRENT)
    assert check.says.endswith(".")
