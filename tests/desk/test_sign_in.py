"""Knock, compare, enter: what happens in between, and what is kept of a password."""

from datetime import timedelta

import cast
import pytest
from argon2 import extract_parameters
from rivals import at_once
from sqlmodel import select
from whole_desk import LIFETIMES

from deskapp.desk import passwords, sign_in, staff, throttle
from deskapp.rules.errors import Invalid, TooManyTries
from deskapp.store.tables import Seat, Throttle

KEY = b"signing key"


def knock(database, username="ana"):
    with database.writing() as session:
        return sign_in.knock(session, username, "203.0.113.9", signing_key=KEY, now=cast.NOW)


def enter(database, knocked, secret="s" * 40):
    keep = sign_in.compare(knocked, cast.PASSWORD)
    with database.writing() as session:
        return sign_in.enter(session, knocked, keep, secret=secret, lifetimes=LIFETIMES, now=cast.NOW)


def test_a_knock_with_the_right_password_takes_a_seat(database, people):
    entered = enter(database, knock(database))
    assert entered.actor == people["ana"]
    with database.reading() as session:
        seat = session.exec(select(Seat)).one()
    assert seat.expires_at == cast.NOW + timedelta(hours=12)


@pytest.mark.parametrize("change", ["closed", "another password"])
def test_who_was_turned_away_between_the_knock_and_the_door_stays_out(database, people, change):
    knocked = knock(database)
    with database.writing() as session:
        if change == "closed":
            staff.disable(session, people["ada"], people["ana"].staff_id, now=cast.NOW)
        else:
            staff.set_password(session, people["ada"], people["ana"].staff_id, "$other", now=cast.NOW)
    with pytest.raises(Invalid, match="do not belong together"):
        enter(database, knocked)
    with database.reading() as session:
        assert session.exec(select(Seat)).all() == []
        assert session.get_one(Throttle, knocked.keys.account).failures == 1


def test_a_crowd_of_guesses_at_once_gets_five_and_no_more(database, people):
    def guess(_: int) -> None:
        sign_in.compare(knock(database), "wrong")

    results = at_once(12, guess)
    assert sum(isinstance(result, Invalid) for result in results) == throttle.PER_ACCOUNT
    assert sum(isinstance(result, TooManyTries) for result in results) == 12 - throttle.PER_ACCOUNT


@pytest.mark.asvs(11)
@pytest.mark.asvs(12)
def test_nobodys_hash_costs_what_everybodys_costs():
    everybodys = passwords.hash_password("plum jam on toast")
    assert extract_parameters(passwords.NOBODYS_HASH) == extract_parameters(everybodys)
    parameters = extract_parameters(everybodys)
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19 * 1024, 2, 1)
    assert parameters.type.name == "ID"


@pytest.mark.parametrize("password", ["", "password", "wrong", "x" * 10_000])
def test_nothing_matches_nobody(password):
    assert not passwords.matches(password, None)


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$v=19$m=8,t=1,p=1$broken", "$2b$12$something"])
def test_a_stored_hash_that_is_none_opens_nothing(stored):
    assert not passwords.matches("plain", stored)


def test_a_password_matches_its_own_hash_and_no_other():
    stored = passwords.hash_password("plum jam on toast")
    assert passwords.matches("plum jam on toast", stored)
    assert not passwords.matches("plum jam on toasT", stored)
    assert stored != passwords.hash_password("plum jam on toast")


def test_no_more_than_two_hashes_are_made_at_once(monkeypatch):
    import threading

    inside, most, guard, both = 0, 0, threading.Lock(), threading.Event()

    class Watching:
        def verify(self, *_):
            nonlocal inside, most
            with guard:
                inside += 1
                most = max(most, inside)
                if inside == 2:
                    both.set()
            both.wait(timeout=10)  # the first waits for the second, or the test would prove nothing
            with guard:
                inside -= 1

    monkeypatch.setattr(passwords, "_hasher", Watching())
    at_once(8, lambda _: passwords.matches("x", "y"))
    assert most == 2
