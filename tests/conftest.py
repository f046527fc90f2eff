"""Databases for tests: migrated once, copied for each test, on both engines."""

import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import cast
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from deskapp.rules.people import Actor
from deskapp.store import db
from deskapp.store.db import Database
from deskapp.store.migrating import migrate

pytest_plugins = ["servers", "whole_desk", "browser_desk", "inside"]


def pytest_collection_finish() -> None:
    """Ten thousand tests are a million objects, which each whole collection of garbage would walk through: a second, again and again."""
    gc.collect()
    gc.freeze()


def _sharing(make: Callable[..., Engine]) -> Callable[..., Engine]:
    known: dict[str, Engine] = {}

    def create_engine(url: str, **options: object) -> Engine:
        engine = make(url, **options)
        if engine.name not in known:
            first = make("sqlite://" if engine.name == "sqlite" else url)
            with suppress(OperationalError), first.connect():
                known[engine.name] = first  # what a dialect learns, it learns from its first connection
            first.dispose()
        if engine.name in known:
            engine.dialect = engine.pool._dialect = known[engine.name].dialect
            engine._compiled_cache = known[engine.name]._compiled_cache
        return engine

    return create_engine


@pytest.fixture(scope="session", autouse=True)
def _compile_once() -> Iterator[None]:
    """Each test has a database of its own, and with it an engine that would compile every statement anew."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(db, "create_engine", _sharing(db.create_engine))
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "desk.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "desk.sqlite"
    shutil.copy(request.getfixturevalue("settled_template" if _has_people(request) else "sqlite_template"), path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh migrated database; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    database = Database(request.getfixturevalue("settled_postgres_copy" if _has_people(request) else "postgres_copy"))
    yield database
    database.close()


def _has_people(request: pytest.FixtureRequest) -> bool:
    """Then a copy has them already: settling in takes 30 ms, and thousands of tests begin with it."""
    return "people" in request.fixturenames and "unsettled" not in request.fixturenames


@pytest.fixture
def unsettled() -> None:
    """For whoever changes the cast before it settles in."""


@pytest.fixture
def people(database: Database) -> dict[str, Actor]:
    """The whole cast, hired, with limits, a small shop and Carla."""
    with database.reading() as session:
        if hired := cast.find_people(session):
            return hired
    with database.writing() as session:  # a test that brings a database of its own
        return cast.settle_in(session)


@pytest.fixture
def session(database: Database, people: dict[str, Actor]) -> Iterator[Session]:
    """One open writing transaction with the cast in place."""
    with database.writing() as session:
        yield session
