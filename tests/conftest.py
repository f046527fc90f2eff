"""Databases for tests: migrated once, copied for each test, on both engines."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import cast
import pytest
from sqlmodel import Session

from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.migrating import migrate

pytest_plugins = ["servers", "whole_desk", "browser_desk", "inside"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "desk.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "desk.sqlite"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh migrated database; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    database = Database(request.getfixturevalue("postgres_copy"))
    yield database
    database.close()


@pytest.fixture
def people(database: Database) -> dict[str, Actor]:
    """The whole cast, hired, with limits, a small shop and Carla."""
    with database.writing() as session:
        return cast.settle_in(session)


@pytest.fixture
def session(database: Database, people: dict[str, Actor]) -> Iterator[Session]:
    """One open writing transaction with the cast in place."""
    with database.writing() as session:
        yield session
