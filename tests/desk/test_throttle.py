"""Failed tries are counted before they are made, by every process together."""

from datetime import timedelta

import cast
import pytest
from rivals import at_once
from sqlmodel import select

from deskapp.desk import throttle
from deskapp.rules.errors import TooManyTries
from deskapp.store.db import Database
from deskapp.store.tables import Throttle

KEY = b"signing key"


def keys(username="ana", address="203.0.113.9") -> throttle.Keys:
    return throttle.keys(KEY, username, address)


def count(database, keys, now=cast.NOW) -> bool:
    try:
        with database.writing() as session:
            throttle.count(session, keys, now=now)
    except TooManyTries:
        return False
    return True


@pytest.mark.asvs(11)
def test_of_a_hundred_tries_at_once_in_two_processes_five_are_made(database, people):
    other = Database(database.engine.url.render_as_string(hide_password=False))
    try:
        made = at_once(24, lambda n: count((database, other)[n % 2], keys()))
    finally:
        other.close()
    assert made.count(True) == throttle.PER_ACCOUNT
    assert made.count(False) == 24 - throttle.PER_ACCOUNT


def test_many_accounts_from_many_addresses_at_once_never_lock_each_other_out(database, people):
    made = at_once(16, lambda n: [count(database, keys(f"name{n % 3}", f"203.0.113.{n % 2}")) for _ in range(3)])
    assert all(isinstance(result, list) for result in made)
    assert sum(sum(result) for result in made) == 3 * throttle.PER_ACCOUNT


def test_a_window_ends_and_a_new_one_begins(database, people):
    for _ in range(throttle.PER_ACCOUNT):
        assert count(database, keys())
    assert not count(database, keys(), cast.NOW + throttle.WINDOW - timedelta(seconds=1))
    later = cast.NOW + throttle.WINDOW
    assert [count(database, keys(), later) for _ in range(6)] == [True] * 5 + [False]


def test_a_refused_try_counts_against_nobody(database, people):
    for n in range(throttle.PER_ADDRESS):
        assert count(database, keys(f"name{n}"))
    assert not count(database, keys("ana"))
    assert count(database, keys("ana", "198.51.100.1"))
    with database.reading() as session:
        stored = session.get_one(Throttle, keys("ana").account)
    assert stored.failures == 1


def test_success_forgives_the_account_and_gives_the_address_its_try_back(database, people):
    for _ in range(3):
        count(database, keys())
    with database.writing() as session:
        throttle.succeed(session, keys(), now=cast.NOW)
    with database.reading() as session:
        rows = session.exec(select(Throttle)).all()
    assert [(row.key, row.failures) for row in rows] == [(keys().address, 2)]


def test_windows_that_are_over_are_swept_away(database, people):
    for n in range(5):
        count(database, keys(f"name{n}"))
    later = cast.NOW + throttle.WINDOW + timedelta(seconds=1)
    count(database, keys("bo", "198.51.100.1"), later)
    with database.writing() as session:
        throttle.succeed(session, keys("bo", "198.51.100.1"), now=later)
    with database.reading() as session:
        assert [row.failures for row in session.exec(select(Throttle))] == [0]


def test_the_table_does_not_say_whose_failures_it_counts(database, people):
    count(database, keys("ana"))
    with database.reading() as session:
        stored = [row.key for row in session.exec(select(Throttle))]
    assert all(len(key) == 64 and "ana" not in key for key in stored)
    assert throttle.keys(b"another", "ana", "203.0.113.9") != keys("ana")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("203.0.113.9", "203.0.113.10", False),
        ("", "", True),
        ("unix:", "203.0.113.9", False),
    ],
)
def test_a_household_of_addresses_is_one_and_neighbours_are_two(one, other, is_same):
    assert (keys(address=one).address == keys(address=other).address) is is_same


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "15 minutes"), (60, "14 minutes"), (14 * 60, "a minute"), (899, "a minute")]
)
def test_how_long_to_wait_is_said_in_minutes_and_never_too_short(database, people, seconds, words):
    for _ in range(throttle.PER_ACCOUNT):
        count(database, keys())
    with pytest.raises(TooManyTries, match=words) as caught, database.writing() as session:
        throttle.count(session, keys(), now=cast.NOW + timedelta(seconds=seconds))
    assert caught.value.retry_after_seconds == 900 - seconds
