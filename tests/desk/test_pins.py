"""A PIN is tried five times in a quarter of an hour, at whosever seat, and says nothing to whoever reads the table."""

from datetime import timedelta

import cast
import pytest
from rivals import at_once
from sqlmodel import Session, select

from deskapp.desk import passwords, pins, throttle
from deskapp.desk.pins import NO_MATCH, NewPin
from deskapp.rules.errors import Conflict, Invalid, TooManyTries
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.tables import Audit, Staff, Throttle

KEY = b"signing key"
PIN = "739158"

People = dict[str, Actor]


@pytest.fixture(scope="module")
def hashed() -> str:
    return pins.hash_pin(PIN, signing_key=KEY)


@pytest.fixture
def desk(database: Database, people: People, hashed: str) -> Database:
    """Bo has a PIN; Mo has none."""
    with database.writing() as session:
        session.get_one(Staff, people["bo"].staff_id).pin_hash = hashed
    return database


def tries(desk: Database, asker: Actor, owner: int, pin: str, now=cast.NOW) -> str:
    try:
        with desk.writing() as session:
            knock = pins.knock(session, asker, owner, signing_key=KEY, now=now)
        decider = pins.prove(knock, pin, signing_key=KEY)
        with desk.writing() as session:
            pins.accept(session, knock)
    except (Invalid, TooManyTries, Conflict) as error:
        return str(error)
    return decider.username


def test_the_right_pin_says_who_decides(desk: Database, people: People) -> None:
    assert tries(desk, people["ana"], people["bo"].staff_id, PIN) == "bo"


def test_a_wrong_one_none_and_nobody_sound_alike(desk: Database, people: People) -> None:
    ana, said = people["ana"], set()
    for owner, pin in ((people["bo"].staff_id, "000000"), (people["mo"].staff_id, PIN), (987654, PIN)):
        said.add(tries(desk, ana, owner, pin))
    with desk.writing() as session:
        session.get_one(Staff, people["bo"].staff_id).is_active = False
    said.add(tries(desk, ana, people["bo"].staff_id, PIN))
    assert said == {NO_MATCH}


def test_after_five_wrong_ones_the_right_one_has_to_wait(desk: Database, people: People) -> None:
    bo = people["bo"].staff_id
    said = [tries(desk, people[who], bo, f"00000{n}") for n, who in enumerate(("ana", "ana", "mo", "ada", "ada"))]
    assert said == [NO_MATCH] * 5
    assert "Please wait 15 minutes" in tries(desk, people["ana"], bo, PIN)
    assert tries(desk, people["ana"], bo, PIN, cast.NOW + throttle.WINDOW) == "bo"


def test_whoever_tries_one_colleague_after_another_is_held_back_too(desk: Database, people: People) -> None:
    others = [people[name].staff_id for name in ("mo", "ada", "del")]
    said = [tries(desk, people["ana"], others[n % 3], "000000") for n in range(5)]
    assert said == [NO_MATCH] * 5
    assert "Please wait" in tries(desk, people["ana"], people["bo"].staff_id, PIN)
    assert tries(desk, people["mo"], people["bo"].staff_id, PIN) == "bo"


def test_tries_at_once_are_counted_before_they_are_compared(desk: Database, people: People) -> None:
    def knock(n: int) -> bool:
        with desk.writing() as session:
            pins.knock(session, people[("ana", "mo")[n % 2]], people["bo"].staff_id, signing_key=KEY, now=cast.NOW)
        return True

    made = at_once(12, knock)
    assert made.count(True) == 5
    assert all(isinstance(one, TooManyTries) for one in made if one is not True), made


def test_a_match_gives_its_try_back_and_forgives_no_failure(desk: Database, people: People) -> None:
    bo = people["bo"].staff_id
    for _ in range(6):
        assert tries(desk, people["ana"], bo, PIN) == "bo"
    for n in range(4):
        tries(desk, people["ana"], bo, f"00000{n}")
    assert tries(desk, people["ana"], bo, PIN) == "bo"
    with desk.reading() as session:
        assert sorted(row.failures for row in session.exec(select(Throttle))) == [4, 4]


def test_a_pin_changed_while_it_was_compared_decides_nothing(desk: Database, people: People) -> None:
    with desk.writing() as session:
        knock = pins.knock(session, people["ana"], people["bo"].staff_id, signing_key=KEY, now=cast.NOW)
    pins.prove(knock, PIN, signing_key=KEY)
    with desk.writing() as session:
        session.get_one(Staff, people["bo"].staff_id).pin_hash = "another"
    with pytest.raises(Conflict), desk.writing() as session:
        pins.accept(session, knock)


def test_the_hash_is_worth_nothing_without_the_desks_key(hashed: str) -> None:
    knock = pins.PinKnock(None, hashed, throttle.pin_keys(KEY, 1, 2))
    with pytest.raises(Invalid):
        pins.prove(knock, PIN, signing_key=b"another key")
    assert not passwords.matches(PIN, hashed)
    assert PIN not in hashed


def test_a_pin_is_in_no_repr_and_its_setting_in_the_audit(session: Session, people: People) -> None:
    from deskapp.desk import sign_in

    form = NewPin(form_key="pin-key-1", current=cast.PASSWORD, pin=PIN)
    assert PIN not in repr(form)
    assert cast.PASSWORD not in repr(form)
    knock = sign_in.knock(session, "bo", "203.0.113.9", signing_key=KEY, now=cast.NOW)
    pins.set_pin(session, people["bo"], knock, "a hash", now=cast.NOW + timedelta(seconds=1))
    session.flush()
    line = session.exec(select(Audit).where(Audit.action == "staff.pin-set")).one()
    assert (line.subject, line.staff_id, line.details) == (
        f"staff:{people['bo'].staff_id}",
        people["bo"].staff_id,
        {},
    )
    assert session.get_one(Staff, people["bo"].staff_id).pin_hash == "a hash"


@pytest.mark.parametrize("pin", ["123456", "140385", "12345", "12345x", "9" * 40, ""])
def test_a_weak_pin_is_refused_where_it_is_typed(pin: str) -> None:
    with pytest.raises(ValueError):
        NewPin(form_key="pin-key-1", current=cast.PASSWORD, pin=pin)
