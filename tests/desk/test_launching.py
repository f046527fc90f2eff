"""Launches, pairings and calls that come at the same moment, on both engines: one gets in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import cast
import pytest
from launched import rows

from deskapp.desk import connections, launching, pairing
from deskapp.desk.connections import NewConnection
from deskapp.desk.launching import Opened, Refused
from deskapp.desk.seats import Lifetimes
from deskapp.hosts.launch import Launch
from deskapp.store.host_tables import AgentLink, LaunchReceipt, Pairing
from deskapp.store.tables import LaunchLink

SIGNING_KEY = b"a key of the tests"
LIFETIMES = Lifetimes(timedelta(minutes=60), timedelta(hours=12))
AT_ONCE = 6


@pytest.fixture
def known(database, people):
    form = NewConnection(
        form_key="key-of-a-test", host="signed", name="The CRM", fields={}, secret="correct horse battery staple"
    )
    with database.writing() as session:
        connections.make(session, people["ada"], form, key="k3y", signing_key=SIGNING_KEY, now=cast.NOW)
    with database.writing() as session:
        known = connections.find(session, "k3y", signing_key=SIGNING_KEY, now=cast.NOW)
        session.add(
            AgentLink(connection_id=known.id, agent_ref="7", staff_id=people["ana"].staff_id, linked_at=cast.NOW)
        )
    return known


def at_once(act):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(act, range(AT_ONCE)))


def open_by_host(database, known, launch, n=0, *, now=cast.NOW):
    with database.writing() as session:
        return launching.open_by_host(
            session, known, launch, "digest", [], secret=f"{n:040}", lifetimes=LIFETIMES, now=now
        )


def test_of_the_same_launch_at_once_one_gets_in(database, known):
    launch = Launch("7", replay_key="once", good_until=cast.NOW + timedelta(minutes=5))
    outcomes = at_once(lambda n: open_by_host(database, known, launch, n))
    assert sorted(type(one).__name__ for one in outcomes) == ["Opened"] + ["Refused"] * (AT_ONCE - 1)


def test_what_says_nothing_of_when_it_was_sent_counts_as_used_for_as_long_as_a_seat_may_last(database, known):
    assert isinstance(open_by_host(database, known, Launch("7")), Opened)
    almost = cast.NOW + LIFETIMES.longest - timedelta(seconds=1)
    assert isinstance(open_by_host(database, known, Launch("7"), 1, now=almost), Refused)
    later = cast.NOW + LIFETIMES.longest
    assert isinstance(open_by_host(database, known, Launch("7"), 2, now=later), Opened)
    assert isinstance(open_by_host(database, known, Launch("7"), 3, now=later), Refused)


def test_receipts_and_pairings_that_are_over_are_swept(database, known):
    launch = Launch("7", replay_key="old", good_until=cast.NOW)
    open_by_host(database, known, launch)
    with database.writing() as session:
        pairing.begin(session, known.id, "", secret="x" * 40, signing_key=SIGNING_KEY, now=cast.NOW)
    later = cast.NOW + timedelta(hours=1)
    open_by_host(database, known, Launch("7", replay_key="new", good_until=later), 1, now=later)
    with database.reading() as session:
        assert len(rows(session, LaunchReceipt)) == 1
        assert rows(session, Pairing) == []


def test_of_a_code_that_was_confirmed_one_of_all_who_ask_at_once_gets_the_seat(database, known, people):
    with database.writing() as session:
        code = pairing.begin(session, known.id, "", secret="s" * 40, signing_key=SIGNING_KEY, now=cast.NOW)

    def approve(n):
        answer = pairing.Answer(form_key=f"key-of-a-test-{n}", code=code)
        with database.writing() as session:
            return pairing.approve(
                session, people["ana"], answer, f"192.0.2.{n}", signing_key=SIGNING_KEY, now=cast.NOW
            )

    def take(n):
        with database.writing() as session:
            return launching.open_by_pairing(
                session,
                known,
                "s" * 40,
                "",
                secrets=(f"{n:040}", f"{n + 50:040}"),
                lifetimes=LIFETIMES,
                now=cast.NOW,
            )

    assert sum(at_once(approve)) == 1
    assert sum(isinstance(one, Opened) for one in at_once(take)) == 1


def test_a_call_sent_again_at_once_has_one_link(database, known):
    launch = Launch("7", replay_key="call")

    def call(n):
        with database.writing() as session:
            return launching.answer_call(
                session, known, launch, "digest", regions=[], secret=f"{n:040}", signing_key=SIGNING_KEY, now=cast.NOW
            )

    assert len(set(at_once(call))) == 1
    with database.reading() as session:
        assert len(rows(session, LaunchLink)) == 1
