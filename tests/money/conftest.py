"""Desks for the tests of money: a tight shop, and an empty twin of it for the replay."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskapp.store.db import Database

Twin = Callable[[], Database]


@pytest.fixture
def twin(request: pytest.FixtureRequest, database: Database, sqlite_template: Path, tmp_path: Path) -> Iterator[Twin]:
    """Makes more fresh migrated databases of the same engine."""
    made: list[Database] = []

    def make() -> Database:
        if database.is_sqlite:
            path = tmp_path / f"twin-{len(made)}.sqlite"
            shutil.copy(sqlite_template, path)
            made.append(Database(f"sqlite:///{path}"))
        else:
            server = request.getfixturevalue("postgres")
            made.append(Database(server.create(request.getfixturevalue("postgres_template"))))
        return made[-1]

    yield make
    for one in made:
        one.close()
        if not one.is_sqlite:
            request.getfixturevalue("postgres").drop(one.engine.url.render_as_string(hide_password=False))
