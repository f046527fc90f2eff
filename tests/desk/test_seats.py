"""Seats, launch links and API tokens in the database, on both engines, with rivals."""

from datetime import timedelta

import cast
import pytest
from rivals import at_once
from sqlmodel import select

from deskapp.desk import launches, seats, tokens
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Role
from deskapp.store.db import Database
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
