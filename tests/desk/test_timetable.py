"""Every hour once, whatever the number of processes, and nothing of it in anybody's way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cast
import pytest
from parcels import order_id
from rivals import at_once
from sqlmodel import select

from deskapp.desk import grants, jobs, settling, timetable, worker
from deskapp.desk.handlers import handlers
from deskapp.desk.jobs import Kind
from deskapp.desk.timetable import Hourly
from deskapp.rules.people import Actor
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant, GrantState
from deskapp.store.tables import Audit, Job, JobState, Order, Seal

People = dict[str, Actor]
HOUR = timedelta(hours=1)


def tidies(database: Database) -> list[Job]:
    with database.reading() as session:
        return list(session.exec(select(Job).where(Job.kind == Kind.TIDY).order_by(Job.id)).all())


def look(database: Database, hours: float) -> None:
    Hourly(database, lambda: cast.NOW + hours * HOUR).look()


def work(database: Database, now: datetime, seal_file: Path | None = None) -> None:
    known = handlers(database, Path("nowhere"), currency="USD", now=lambda: now, seal_file=seal_file)
    while worker.run_once(database, known, now=lambda: now):
        pass


def test_of_all_who_look_in_an_hour_one_asks(database: Database) -> None:
    look(database, 0)
    assert tidies(database) == []  # a new desk has nothing to tidy yet
    assert [one for one in at_once(6, lambda _: look(database, 1)) if one] == []
    look(database, 1.2)
    assert len(tidies(database)) == 1


def test_what_is_not_done_yet_is_not_asked_for_again(database: Database) -> None:
    for hours in range(4):
        look(database, hours)
    assert len(tidies(database)) == 1


def test_two_clocks_around_the_full_hour_do_not_take_turns(database: Database) -> None:
    for hours in (0, 1, 0.9, 1, 0.9):
        look(database, hours)
        work(database, cast.NOW)
    assert len(tidies(database)) == 1


def test_a_clock_that_was_far_ahead_and_is_right_again_is_believed(database: Database) -> None:
    for hours in (0, 1000, 1):
        look(database, hours)
        work(database, cast.NOW + hours * HOUR)
    assert tidies(database)[-1].asked_at == cast.NOW + HOUR


def test_who_looks_again_in_the_same_hour_asks_no_database(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    hourly = Hourly(database, lambda: cast.NOW)
    hourly.look()
    monkeypatch.setattr(database, "writing_at_once", None)
    hourly.look()


def test_while_somebody_writes_it_looks_again_later(sqlite: Database) -> None:
    hourly = Hourly(sqlite, lambda: cast.NOW + HOUR)
    look(sqlite, 0)
    with sqlite.writing():
        hourly.look()
    assert tidies(sqlite) == []
    hourly.look()
    assert len(tidies(sqlite)) == 1


@pytest.fixture
def now() -> datetime:
    """Of this machine: a database on a server would notice another."""
    return datetime.now(UTC)


def test_an_hour_settles_what_is_left_lets_lapse_what_is_old_and_seals(
    database: Database, people: People, now: datetime, tmp_path: Path
) -> None:
    with database.writing() as session:
        for n, (order, age) in enumerate(((None, 61), (None, 59), ("O-2", 1))):
            customer, tea = get_customer(session, cast.customer_id(session)), items.get_by_sku(session, "tea")
            number, at = order_id(session, order) if order else None, now - timedelta(days=age)
            grants.give(session, people["mo"], customer, tea, number, key=f"gift-key-{n}", now=at)
        session.exec(select(Order).where(Order.external_id == "O-2")).one().status = "delivered"
        jobs.schedule(session, Kind.TIDY, now=now)
    work(database, now, tmp_path / "seals.jsonl")
    with database.reading() as session:
        states = [grant.state for grant in session.exec(select(Grant).order_by(Grant.granted_at)).all()]
        (seal,) = session.exec(select(Seal)).all()
    assert states == [GrantState.EXPIRED, GrantState.RESERVED, GrantState.COMMITTED]
    (job,) = tidies(database)
    done = "Gifts settled with their orders: 1, lapsed: 1. Requests that ran out: 0. Notes wiped: 0."
    assert (job.state, job.words) == (JobState.DONE, f"Lines sealed: {seal.lines}. {done}")
    assert len((tmp_path / "seals.jsonl").read_text().splitlines()) == 1


def test_only_the_newest_of_what_went_well_is_kept_and_nobody_is_told_in_the_audit(
    database: Database, now: datetime
) -> None:
    for hours in range(3):
        with database.writing() as session:
            jobs.schedule(session, Kind.TIDY, now=now)
        work(database, now + hours * HOUR * 0.3)
    assert [job.state for job in tidies(database)] == [JobState.DONE]
    with database.reading() as session:
        assert session.exec(select(Audit)).all() == []


def test_a_seal_file_that_cannot_be_written_stops_nothing_else(
    database: Database, people: People, now: datetime, tmp_path: Path
) -> None:
    with database.writing() as session:
        customer, tea = get_customer(session, cast.customer_id(session)), items.get_by_sku(session, "tea")
        grants.give(session, people["mo"], customer, tea, None, key="gift-key-1", now=now - 2 * settling.LAPSES_AFTER)
        jobs.schedule(session, Kind.TIDY, now=now)
    work(database, now, tmp_path / "nowhere" / "seals.jsonl")
    (job,) = tidies(database)
    assert job.state is JobState.FAILED
    assert "The seals cannot be written" in job.words
    with database.reading() as session:
        assert session.exec(select(Grant)).one().state is GrantState.EXPIRED


@pytest.mark.postgres
def test_a_clock_that_nobody_can_believe_lets_nothing_lapse(postgres_copy: str, now: datetime) -> None:
    database = Database(postgres_copy)
    with database.writing() as session:
        people = cast.settle_in(session)
        customer, tea = get_customer(session, cast.customer_id(session)), items.get_by_sku(session, "tea")
        grants.give(session, people["mo"], customer, tea, None, key="gift-key-1", now=now)
        jobs.schedule(session, Kind.TIDY, now=now)
    work(database, now + timedelta(days=400))
    (job,) = tidies(database)
    assert job.state is JobState.FAILED
    assert "Nothing was tidied" in job.words
    with database.reading() as session:
        assert session.exec(select(Grant)).one().state is GrantState.RESERVED
        assert timetable.clocks_apart(session, now=now) == ""
    database.close()
