"""Whoever writes much lets others in."""

import threading

import pytest

from deskapp.store.db import Database
from deskapp.store.models import bump
from deskapp.store.turns import let_others_in, version


def test_it_waits_for_those_in_line_but_not_for_ever(sqlite: Database) -> None:
    is_held, over, turns = threading.Event(), threading.Event(), []

    def hammer() -> None:
        while not over.is_set():
            with sqlite.writing():
                is_held.set()
                over.wait(0.005)
                turns.append(1)

    writers = [threading.Thread(target=hammer) for _ in range(3)]
    for one in writers:
        one.start()
    is_held.wait()
    let_others_in(sqlite)
    assert turns
    over.set()
    for one in writers:
        one.join()


def test_the_version_moves_when_somebody_else_has_written(sqlite: Database) -> None:
    def look(wrote_by: Database | None) -> int | None:
        if wrote_by:
            with wrote_by.writing() as session:
                bump(session, "this test")
        with bulk.writing() as session:
            return version(session)

    with sqlite.in_bulk() as bulk:
        first = look(None)
        assert look(bulk) == first
        assert look(sqlite) != first


@pytest.mark.postgres
def test_there_is_no_version_where_nobody_waits_in_line(postgres_copy: str) -> None:
    database = Database(postgres_copy)
    with database.in_bulk() as bulk, bulk.writing() as session:
        assert bulk is database
        assert version(session) is None
        bulk.checkpoint()
    database.close()
