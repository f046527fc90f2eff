"""Launches, pairings and calls that come at the same moment, on both engines: one gets in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import cast
import pytest
from launched import rows
from sqlalchemy import text
from sqlmodel import select

from deskapp.desk import connection_changes, connections, devices, launching, pairing, seats
from deskapp.desk import staff as hired
from deskapp.desk.connections import NewConnection
from deskapp.desk.inputs import Keyed
from deskapp.desk.launching import Opened, Refused, Unpaired
from deskapp.desk.seats import Lifetimes
from deskapp.hosts.launch import Launch
from deskapp.rules.people import Role
from deskapp.store import launching as stored
from deskapp.store.host_tables import AgentLink, LaunchReceipt, Pairing
from deskapp.store.tables import Audit, LaunchLink, Staff, Surface

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


def ask(database, known, secret="s" * 40, agent_ref="8"):
    with database.writing() as session:
        pairing.begin(session, known.id, agent_ref, secret=secret, signing_key=SIGNING_KEY, now=cast.NOW)


def says_yes(database, who, secret="s" * 40):
    answer = pairing.Answer(form_key=f"key-of-a-test-{secret}", code=pairing.code_of(secret, SIGNING_KEY))
    with database.writing() as session:
        return pairing.approve(session, who, answer, "192.0.2.1", signing_key=SIGNING_KEY, now=cast.NOW)


def take(database, known, secret="s" * 40):
    with database.writing() as session:
        made = (secret.ljust(44, "1"), secret.ljust(44, "2"))
        return launching.open_by_pairing(session, known, secret, "", secrets=made, lifetimes=LIFETIMES, now=cast.NOW)


def is_alive(database, opened):
    with database.reading() as session:
        return seats.find(session, opened.token, lifetimes=LIFETIMES, now=cast.NOW) is not None


def link_id_of(session, agent_ref):
    return session.exec(select(AgentLink.id).where(AgentLink.agent_ref == agent_ref)).one()


def test_of_the_same_launch_at_once_one_gets_in(database, known):
    launch = Launch("7", replay_key="once", good_until=cast.NOW + timedelta(minutes=5))
    outcomes = at_once(lambda n: open_by_host(database, known, launch, n))
    assert sorted(type(one).__name__ for one in outcomes) == ["Opened"] + ["Refused"] * (AT_ONCE - 1)


def test_what_says_nothing_of_when_it_was_sent_counts_as_used_for_years(database, known):
    """Its signature never gets old by itself, so a copy of it would be good for ever."""
    assert isinstance(open_by_host(database, known, Launch("7")), Opened)
    for days in (1, 9 * 365):
        later = cast.NOW + timedelta(days=days)
        assert isinstance(open_by_host(database, known, Launch("7"), days, now=later), Refused)


@pytest.mark.parametrize("good_until", [None, cast.NOW + timedelta(minutes=5)])
def test_a_launch_that_led_to_pairing_opens_nothing_afterwards(database, known, people, good_until):
    launch = Launch("8", replay_key="seen", good_until=good_until)
    for n in range(2):  # a reload shows a code, too
        assert open_by_host(database, known, launch, n) == Unpaired("8")
    ask(database, known)
    assert says_yes(database, people["ana"])
    assert take(database, known) is not None
    assert isinstance(open_by_host(database, known, launch, 3), Refused)
    assert isinstance(open_by_host(database, known, Launch("8", replay_key="new", good_until=good_until), 4), Opened)


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


# --- letting go -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["themselves", "an administrator"])
def test_a_yes_that_was_not_taken_up_ends_with_the_link(database, known, people, by):
    ask(database, known)
    assert says_yes(database, people["ana"])
    with database.writing() as session:
        number = link_id_of(session, "8")
        if by == "themselves":
            devices.unlink(session, people["ana"], number, now=cast.NOW)
        else:
            form = Keyed(form_key="key-of-a-test")
            connection_changes.unlink(session, people["ada"], known.id, number, form, now=cast.NOW)
    assert take(database, known) is None


def test_an_agent_who_changes_hands_ends_the_seats_of_whom_it_stood_for(database, known, people):
    ask(database, known)
    assert says_yes(database, people["ana"])
    of_ana = take(database, known)
    ask(database, known, "t" * 40)
    assert says_yes(database, people["bo"], "t" * 40)
    assert not is_alive(database, of_ana)
    assert is_alive(database, take(database, known, "t" * 40))
    with database.reading() as session:
        said = session.exec(select(Audit.subject, Audit.staff_id).where(Audit.action == "agent.unlinked")).all()
    assert said == [(f"staff:{people['ana'].staff_id}", people["bo"].staff_id)]


def test_the_same_person_again_loses_nothing(database, known, people):
    ask(database, known)
    assert says_yes(database, people["ana"])
    first = take(database, known)
    ask(database, known, "t" * 40)
    assert says_yes(database, people["ana"], "t" * 40)
    assert is_alive(database, first)
    assert is_alive(database, take(database, known, "t" * 40))


def test_a_yes_to_one_code_of_an_agent_ends_the_other_codes_of_that_agent(database, known, people):
    for secret, agent_ref in (("s", "8"), ("t", "8"), ("u", "9"), ("v", "")):
        ask(database, known, secret * 40, agent_ref)
    assert [says_yes(database, people["bo"], secret * 40) for secret in "stuv"] == [True, False, True, True]
    assert [take(database, known, secret * 40) is not None for secret in "stuv"] == [True, False, True, True]


_BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def waits_for(session, other):
    """Whether somebody does, once it is either waiting or done."""
    while not (is_waiting := session.connection().execute(text(_BLOCKED)).scalar_one()) and not other.done():
        pass
    return bool(is_waiting)


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("by", ["unlinking", "signing out everywhere"])
def test_a_frame_that_opens_at_that_very_moment_is_out_too(database, known, people, by):
    ana, soon = people["ana"], cast.NOW + timedelta(minutes=5)

    def let_go():
        with database.writing() as session:
            if by == "unlinking":
                devices.unlink(session, ana, link_id_of(session, "7"), now=cast.NOW)
            else:
                seats.leave_all(session, ana, ana.staff_id, now=cast.NOW)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            launch = Launch("7", replay_key="once", good_until=soon)
            opened = launching.open_by_host(
                session, known, launch, "digest", [], secret="s" * 40, lifetimes=LIFETIMES, now=cast.NOW
            )
            session.flush()
            letting_go = pool.submit(let_go)
            assert waits_for(session, letting_go)
        letting_go.result(30)
    assert not is_alive(database, opened)


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("by", ["dismissing", "retiring"])
def test_whoever_ends_what_is_just_opening_and_the_frame_do_not_wait_for_each_other(database, known, people, by):
    """The frame holds the link, or the browser, and wants the person and the connection, which the other holds already."""
    ask(database, known, agent_ref="" if by == "retiring" else "8")
    assert says_yes(database, people["ada"])
    kept = take(database, known)
    with database.writing() as session:
        session.get(Staff, people["mo"].staff_id).role = Role.ADMIN

    def end():
        with database.writing() as session:
            if by == "dismissing":
                hired.disable(session, people["mo"], people["ada"].staff_id, now=cast.NOW)
            else:
                connection_changes.retire(session, people["ada"], known.id, Keyed(form_key="key-of-end"), now=cast.NOW)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            if by == "dismissing":
                stored.find_linked(session, known.id, "8")
            else:
                stored.find_device(session, known.id, seats.hash_token(kept.device_token), cast.NOW)
            ending = pool.submit(end)
            assert waits_for(session, ending)
            opener, how = seats.Opener(known.id), {"secret": "o" * 40, "lifetimes": LIFETIMES, "now": cast.NOW}
            token = seats.take(session, people["ada"], Surface.EMBED, opener=opener, **how)
            session.flush()
        ending.result(30)
    assert not is_alive(database, Opened(token, people["ada"]))
