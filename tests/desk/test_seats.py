"""Seats, launch links and API tokens in the database, on both engines, with rivals."""

from datetime import timedelta

import cast
import pytest
from rivals import at_once
from sqlalchemy import ColumnElement
from sqlalchemy.sql import visitors
from sqlmodel import select

from deskapp.desk import devices, launches, seats, tablets, tokens
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Role
from deskapp.store import seats as stored
from deskapp.store.db import Database
from deskapp.store.host_tables import Connection
from deskapp.store.tables import LaunchLink, Seat, Staff, Surface

LIFETIMES = seats.Lifetimes(timedelta(minutes=60), timedelta(hours=12))
SECRET = "s" * 40


def take(database: Database, actor, secret=SECRET, now=cast.NOW) -> str:
    with database.writing() as session:
        return seats.take(session, actor, Surface.PAGE, secret=secret, lifetimes=LIFETIMES, now=now)


def found(database: Database, token: str, now=cast.NOW):
    with database.reading() as session:
        return seats.find(session, token, lifetimes=LIFETIMES, now=now)


def test_a_seat_knows_its_person_as_they_are_now(database, people):
    token = take(database, people["ana"])
    assert found(database, token).actor == people["ana"]
    with database.writing() as session:
        session.get_one(Staff, people["ana"].staff_id).role = Role.LEAD
    assert found(database, token).actor.role is Role.LEAD


def test_a_seat_is_idle_and_over_to_the_second(database, people):
    token = take(database, people["ana"])
    assert found(database, token, cast.NOW + timedelta(minutes=59, seconds=59)) is not None
    assert found(database, token, cast.NOW + timedelta(minutes=60)) is None
    with database.writing() as session:
        session.exec(select(Seat)).one().last_seen_at = cast.NOW + timedelta(hours=11, minutes=59)
    assert found(database, token, cast.NOW + timedelta(hours=11, minutes=59, seconds=59)) is not None
    assert found(database, token, cast.NOW + timedelta(hours=12)) is None


def test_a_seat_of_somebody_who_left_is_dead_even_if_nobody_revoked_it(database, people):
    token = take(database, people["ana"])
    with database.writing() as session:
        session.get_one(Staff, people["ana"].staff_id).is_active = False
    assert found(database, token) is None


def test_noting_use_never_turns_time_back(database, people):
    token = take(database, people["ana"])
    seat = found(database, token)
    for minutes in (5, 3):
        with database.writing_at_once() as session:
            seats.note_use(session, seat, now=cast.NOW + timedelta(minutes=minutes))
    with database.reading() as session:
        assert session.exec(select(Seat)).one().last_seen_at == cast.NOW + timedelta(minutes=5)


def test_leaving_ends_one_seat_and_leaving_everywhere_all_of_one_person(database, people):
    first, second, bos = (
        take(database, people[who], who + n * 40) for who, n in (("ana", "1"), ("ana", "2"), ("bo", "3"))
    )
    with database.writing() as session:
        seats.leave(session, first, now=cast.NOW)
        seats.leave(session, "seat_never_was", now=cast.NOW)
    assert found(database, first) is None
    assert found(database, second) is not None
    with database.writing() as session:
        assert seats.leave_all(session, people["ada"], people["ana"].staff_id, now=cast.NOW) == 1
    assert found(database, second) is None
    assert found(database, bos) is not None


def _leave_and_fail(session, token) -> None:
    seats.leave(session, token, now=cast.NOW)
    raise RuntimeError


def test_a_seat_ended_in_a_transaction_that_fails_goes_on(database, people):
    token = take(database, people["ana"])
    with pytest.raises(RuntimeError), database.writing() as session:
        _leave_and_fail(session, token)
    assert found(database, token) is not None


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_secret_that_could_be_guessed_is_not_taken(session, people, secret):
    with pytest.raises(ValueError, match="can be guessed"):
        seats.take(session, people["ana"], Surface.PAGE, secret=secret, lifetimes=LIFETIMES, now=cast.NOW)
    with pytest.raises(ValueError, match="can be guessed"):
        tokens.make(session, "ana", secret=secret, now=cast.NOW)
    with pytest.raises(ValueError, match="can be guessed"):
        launches.make(session, people["ana"], None, secret=secret, now=cast.NOW)


# --- what open frames hear of ----------------------------------------------------------------------------------------

TIME = {"seat.token_hash", "seat.tablet_id", "seat.expires_at", "seat.last_seen_at"}
ENDS = {
    "seat.revoked_at": "UPDATE seat SET revoked_at = created_at",
    "staff.is_active": "UPDATE staff SET is_active = false WHERE username = 'ana'",
    "device.revoked_at": "UPDATE device SET revoked_at = made_at",
    "tablet.revoked_at": "UPDATE tablet SET revoked_at = made_at",
    "connection.retired_at": "UPDATE connection SET retired_at = created_at",
}


@pytest.fixture
def framed(database, people) -> str:
    """The token of Ana's seat in a frame, opened by everything that can open one."""
    now, ana = cast.NOW, people["ana"]
    with database.writing() as session:
        crm = Connection(
            key="crm", host="signed", name="CRM", fields={}, created_by=people["ada"].staff_id, created_at=now
        )
        session.add(crm)
        session.flush()
        device_id, _ = devices.pair(session, ana, crm.id, "", secret="d" * 40, now=now)
        tablet = tablets.NewTablet(form_key="key-of-a-tablet", name="By the till")
        known = tablets.enrol(session, people["bo"], tablet, secret="t" * 40, seat_hash="", here="", now=now)
        opener = seats.Opener(crm.id, device_id, tablets.find_id(session, known))
        return seats.take(session, ana, Surface.EMBED, secret=SECRET, lifetimes=LIFETIMES, now=now, opener=opener)


def ended(database: Database) -> int:
    with database.reading() as session:
        return stored.count_ended(session)


def conditions() -> set[str]:
    """What a seat must be, and whom it is of, to be found."""
    columns: set[str] = set()
    asked: ColumnElement[bool] = stored._LIVE.statement.whereclause
    visitors.traverse(asked, {}, {"column": lambda one: columns.add(f"{one.table.name}.{one.name}")})
    return columns


def test_everything_that_a_seat_can_end_by_is_time_or_counted():
    assert conditions() == TIME | ENDS.keys()


@pytest.mark.parametrize("by", ENDS)
def test_whatever_statement_ends_a_seat_is_counted_with_it(database, framed, by):
    before = ended(database)
    with database.writing() as session:
        session.connection().exec_driver_sql(ENDS[by])
    assert found(database, framed) is None
    assert ended(database) == before + 1
    with database.writing() as session:
        session.connection().exec_driver_sql(ENDS[by])
    assert ended(database) == before + 1  # once over, again is nothing


def test_what_ends_no_frame_is_not_counted_so_that_nobody_asks_in_vain(database, people, framed):
    before = ended(database)
    page = take(database, people["ana"], "p" * 40)
    with database.writing() as session:
        seats.note_use(
            session, seats.find(session, framed, lifetimes=LIFETIMES, now=cast.NOW), now=cast.NOW + timedelta(minutes=1)
        )
        seats.leave(session, page, now=cast.NOW)
        session.get_one(Staff, people["bo"].staff_id).name = "Bo B."
    with pytest.raises(RuntimeError), database.writing() as session:
        _leave_and_fail(session, framed)
    assert ended(database) == before


def test_a_process_hears_of_what_another_ended_as_soon_as_it_looks_again(database, framed):
    ticks, another = iter((5.0, 5.09, 5.11, 5.2, 5.25)), Database(database.engine.url.render_as_string(False))
    kept = seats.Ended(lambda: next(ticks))
    with database.reading() as session:
        first = kept.read(session)
    with another.writing() as session:
        seats.leave(session, framed, now=cast.NOW)
    another.close()
    assert kept.find() == first
    assert kept.find() is None
    with database.reading() as session:
        assert kept.read(session) > first
    assert kept.find() == ended(database)


def test_nothing_is_told_before_it_was_read():
    assert seats.Ended(lambda: 0.0).find() is None


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_who_ends_a_seat_keeps_nobody_else_from_it_until_both_commit(database, people, framed):
    """At once they would meet at one row early, and could wait there for somebody who waits for them."""
    before = ended(database)
    with database.writing() as first:
        seats.leave_all(first, None, people["ana"].staff_id, now=cast.NOW)
        with database.writing() as second:
            second.connection().exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            second.get_one(Staff, people["bo"].staff_id).is_active = False
    assert ended(database) == before + 3  # Ana's seat, her browser, and Bo


def test_of_many_ends_at_once_each_is_counted(database, people):
    tokens_of = [f"{n:040}" for n in range(8)]
    with database.writing() as session:
        for secret in tokens_of:
            seats.take(session, people["ana"], Surface.EMBED, secret=secret, lifetimes=LIFETIMES, now=cast.NOW)
    before = ended(database)

    def leave(n: int) -> None:
        with database.writing() as session:
            seats.leave(session, f"seat_{tokens_of[n]}", now=cast.NOW)

    assert at_once(8, leave) == [None] * 8
    assert ended(database) == before + 8


# --- launch links ---------------------------------------------------------------------------------------------------


def test_of_many_who_open_a_link_at_once_one_gets_in(database, people):
    with database.writing() as session:
        code = launches.make(session, people["ana"], None, secret=SECRET, now=cast.NOW)

    def consume(n: int):
        with database.writing() as session:
            return launches.consume(session, code, secret=f"{n:040}", lifetimes=LIFETIMES, now=cast.NOW)

    results = at_once(8, consume)
    assert sum(isinstance(result, launches.Launched) for result in results) == 1
    assert sum(isinstance(result, NotFound) for result in results) == 7
    with database.reading() as session:
        assert len(session.exec(select(Seat)).all()) == 1


def test_a_link_whose_page_could_not_be_drawn_for_want_of_a_seat_is_not_used_up(database, people):
    with database.writing() as session:
        code = launches.make(session, people["ana"], None, secret=SECRET, now=cast.NOW)
    with pytest.raises(ValueError, match="guessed"), database.writing() as session:
        launches.consume(session, code, secret="short", lifetimes=LIFETIMES, now=cast.NOW)
    with database.reading() as session:
        assert session.exec(select(LaunchLink)).one().used_at is None


def test_a_link_of_somebody_who_left_opens_nothing(database, people):
    with database.writing() as session:
        code = launches.make(session, people["ana"], None, secret=SECRET, now=cast.NOW)
        session.get_one(Staff, people["ana"].staff_id).is_active = False
    with pytest.raises(NotFound, match="ask for a new one"), database.writing() as session:
        launches.consume(session, code, secret=SECRET, lifetimes=LIFETIMES, now=cast.NOW)


def test_a_link_is_made_for_those_who_may_sign_in_alone(session, people):
    assert launches.owner(session, "ana") == people["ana"]
    session.get_one(Staff, people["ana"].staff_id).is_active = False
    for username in ("ana", "nobody"):
        with pytest.raises(NotFound, match=username):
            launches.owner(session, username)


# --- API tokens -----------------------------------------------------------------------------------------------------


def test_a_token_acts_as_its_person_until_it_is_revoked(session, people):
    token = tokens.make(session, "mo", secret=SECRET, now=cast.NOW)
    assert token.startswith("dk_")
    assert tokens.find_actor(session, token, cast.NOW) == people["mo"]
    tokens.revoke(session, token, now=cast.NOW)
    assert tokens.find_actor(session, token, cast.NOW) is None
    with pytest.raises(NotFound, match="revoked before"):
        tokens.revoke(session, token, now=cast.NOW)


@pytest.mark.parametrize("token", ["", "dk_", "dk_" + "x" * 40, "x" * 40, SECRET, "DK_" + SECRET, "dk_\udcff"])
def test_what_is_no_token_acts_as_nobody(session, people, token):
    tokens.make(session, "mo", secret=SECRET, now=cast.NOW)
    assert tokens.find_actor(session, token, cast.NOW) is None


def test_nobody_gets_a_token_who_may_not_sign_in(session, people):
    session.get_one(Staff, people["mo"].staff_id).is_active = False
    for username in ("mo", "nobody"):
        with pytest.raises(NotFound, match=username):
            tokens.make(session, username, secret=SECRET, now=cast.NOW)
