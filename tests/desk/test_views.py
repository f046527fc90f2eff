"""The log of views waits for nobody and loses nothing, whoever writes meanwhile and whoever is killed."""

import multiprocessing
import os
import signal
from datetime import timedelta
from pathlib import Path

import cast
import pytest
from sqlmodel import select

from deskapp.desk import views
from deskapp.desk.views import ViewLog
from deskapp.rules.errors import Forbidden
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.privacy_tables import View
from deskapp.store.tables import Customer

People = dict[str, Actor]


def rows(database: Database) -> list[tuple[int, int, str, str, str, str]]:
    with database.reading() as session:
        found = session.exec(select(View).order_by(View.viewed_at, View.id)).all()
        return [(v.customer_id, v.staff_id, v.what.value, v.surface.value, v.host, v.ticket) for v in found]


def test_a_view_says_who_whom_when_and_from_where(database: Database, people: People) -> None:
    log = ViewLog(database)
    log.note(people["ana"], 1, "page", "embed", host="zendesk", ticket="T-9", now=cast.NOW)
    assert rows(database) == [(1, people["ana"].staff_id, "page", "embed", "zendesk", "T-9")]


def test_the_same_within_ten_minutes_is_one_view_in_whatever_process(database: Database, people: People) -> None:
    for minutes in (0, 9):
        for log in (ViewLog(database), ViewLog(database)):
            log.note(people["ana"], 1, "page", "page", now=cast.NOW + timedelta(minutes=minutes))
    assert len(rows(database)) == 1
    log = ViewLog(database)
    log.note(people["ana"], 1, "page", "page", now=cast.NOW + timedelta(minutes=10))
    assert len(rows(database)) == 2


@pytest.mark.parametrize(("who", "whom", "what"), [("bo", 1, "page"), ("ana", 2, "page"), ("ana", 1, "brief")])
def test_another_person_customer_or_kind_is_another_view(
    database: Database, people: People, who: str, whom: int, what: str
) -> None:
    log = ViewLog(database)
    log.note(people["ana"], 1, "page", "page", now=cast.NOW)
    log.note(people[who], whom, what, "page", now=cast.NOW)
    assert len(rows(database)) == 2


def test_a_customer_who_was_erased_is_not_logged(database: Database, people: People) -> None:
    with database.writing() as session:
        session.get_one(Customer, 2).erased_at = cast.NOW
    ViewLog(database).note(people["ana"], 2, "page", "page", now=cast.NOW)
    assert rows(database) == []


# --- while somebody writes ------------------------------------------------------------------------------------------


@pytest.fixture
def at_work(sqlite: Database) -> tuple[Database, People]:
    with sqlite.writing() as session:
        return sqlite, cast.settle_in(session)


def test_while_a_long_write_holds_the_database_a_view_is_left_beside_it(at_work: tuple[Database, People]) -> None:
    database, people = at_work
    log = ViewLog(database)
    with database.writing():  # as long as it likes: no view waits for its end
        log.note(people["ana"], 1, "page", "page", now=cast.NOW)
        log.note(people["bo"], 1, "page", "page", now=cast.NOW)
        assert views.take_in(database) == 0
        assert rows(database) == []
    log.note(people["mo"], 1, "page", "page", now=cast.NOW)  # the next one takes them along
    assert {staff for _, staff, *_ in rows(database)} == {people[name].staff_id for name in ("ana", "bo", "mo")}
    assert views.take_in(database) == 0


def test_another_process_that_writes_is_not_waited_for_either(at_work: tuple[Database, People]) -> None:
    database, people = at_work
    other = Database(str(database.engine.url))
    with other.writing():
        ViewLog(database).note(people["ana"], 1, "page", "page", now=cast.NOW)
    other.close()
    assert rows(database) == []
    assert views.take_in(database) == 1


def test_taking_in_twice_what_a_kill_left_counts_once(at_work: tuple[Database, People]) -> None:
    database, people = at_work
    with database.writing():
        ViewLog(database).note(people["ana"], 1, "page", "page", now=cast.NOW)
    left = Path(f"{database.engine.url.database}-views")
    kept = left.read_bytes()
    assert views.take_in(database) == 1
    left.write_bytes(kept + b'[1, 1, "cut short by a full di')  # killed before it was emptied
    assert views.take_in(database) == 0
    assert len(rows(database)) == 1
    assert left.read_bytes() == b""


@pytest.mark.parametrize(
    "line",
    [
        b"7",
        b"null",
        b"[1, 1, 7, 7, 7, 7, 7]",
        b'[1, 999, "2026-03-14T10:00:00+00:00", "page", "page", "", ""]',
        b'[1, {}, "2026-03-14T10:00:00+00:00", "page", "page", "", ""]',
    ],
)
def test_a_line_that_nobody_can_take_in_is_dropped_and_the_others_are_not(
    at_work: tuple[Database, People], line: bytes
) -> None:
    database, people = at_work
    with database.writing():
        ViewLog(database).note(people["ana"], 1, "page", "page", now=cast.NOW)
    left = Path(f"{database.engine.url.database}-views")
    left.write_bytes(line + b"\n" + left.read_bytes())
    assert views.take_in(database) == 1
    assert [staff for _, staff, *_ in rows(database)] == [people["ana"].staff_id]
    assert left.read_bytes() == b""


def _look_and_die(url: str, staff_id: int) -> None:
    database = Database(url)
    with database.writing():
        actor = Actor(staff_id, "ana", "Ana", "agent")  # type: ignore[arg-type]
        ViewLog(database).note(actor, 1, "page", "page", now=cast.NOW)
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_was_seen_by_a_process_that_was_killed_is_not_lost(at_work: tuple[Database, People]) -> None:
    database, people = at_work
    process = multiprocessing.get_context("spawn").Process(
        target=_look_and_die, args=(str(database.engine.url), people["ana"].staff_id)
    )
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    assert views.take_in(database) == 1
    assert len(rows(database)) == 1


# --- who sees it ----------------------------------------------------------------------------------------------------


def test_leads_see_who_looked_page_by_page_and_agents_do_not(database: Database, people: People) -> None:
    log = ViewLog(database)
    for hours in range(51):
        log.note(people["ana"], 1, "page", "page", now=cast.NOW + timedelta(hours=hours))
    with database.reading() as session:
        first = views.of_customer(session, people["bo"], 1, page=1)
        second = views.of_customer(session, people["bo"], 1, page=2)
        assert (len(first.rows), first.has_more, len(second.rows), second.has_more) == (50, True, 1, False)
        assert first.rows[0].viewed_at == cast.NOW + timedelta(hours=50)
        assert second.rows[0].staff_name == "Ana"
        with pytest.raises(Forbidden):
            views.of_customer(session, people["ana"], 1, page=1)


def test_everybody_sees_their_own_views_of_thirty_days(database: Database, people: People) -> None:
    log = ViewLog(database)
    log.note(people["ana"], 1, "page", "page", now=cast.NOW - timedelta(days=31))
    log.note(people["ana"], 2, "note", "page", now=cast.NOW - timedelta(days=29))
    log.note(people["bo"], 1, "page", "page", now=cast.NOW)
    with database.reading() as session:
        own = views.own(session, people["ana"], now=cast.NOW)
    assert [(row.customer_name, row.what.value) for row in own.rows] == [("Dan", "note")]
