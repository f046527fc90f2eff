"""What is put into the outbox goes out at most once, whatever crashes; what nobody can know is left to a person."""

import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cast
import pytest
from cast import NOW
from desk.outbox_killed import POINTS
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from outgoing.smtp import LOOPBACK, Letters, a_polite_server, free_port, scripted, serving
from rivals import at_once
from sqlalchemy import delete
from sqlmodel import select

from deskapp.desk import outbox, outbox_list, postman
from deskapp.desk.inputs import Keyed
from deskapp.desk.outbox import LEASE, MOST_ATTEMPTS, WAITS, Checks
from deskapp.outgoing.mail import Mail, Sender, Server
from deskapp.outgoing.wire import Deliver, Delivered, NotAccepted, Outcome, Unknown
from deskapp.rules.errors import Conflict, NotFound
from deskapp.rules.people import Actor, Role
from deskapp.store.card_tables import Carrier, Outbox, Sending
from deskapp.store.db import Database
from deskapp.store.tables import Audit, Customer, Idempotency

People = dict[str, Actor]
TESTS = Path(__file__).parents[1]
LETTER = {"to": "carla@example.com", "subject": "How was it?", "text": "Dear Carla, how was it?", "language": "en"}
MINUTE = timedelta(minutes=1)
MO = Actor(4, "mo", "Mo", Role.MANAGER)


class Fake:
    """A carrier that says what it is told to, the last for all that follow, and keeps what it was given."""

    def __init__(self, *says: Outcome | Exception) -> None:
        self.says = says or (Delivered(),)
        self.given: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, key: str, payload: Any, _now: datetime) -> Outcome:
        outcome = self.says[min(len(self.given), len(self.says) - 1)]
        self.given.append((key, dict(payload)))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def put(database: Database, key: str = "feedback:17", *, carrier: Carrier = Carrier.MAIL, now: datetime = NOW) -> bool:
    with database.writing() as session:
        carla = cast.customer_id(session)
        return outbox.put(session, key=key, carrier=carrier, customer_id=carla, payload=LETTER, now=now)


def send(
    database: Database, deliver: Deliver, now: datetime = NOW, *, checks: Checks | None = None, limit: int = 20
) -> dict[Sending, int]:
    sent = outbox.send_due(database, {Carrier.MAIL: deliver}, checks or {}, now=lambda: now, limit=limit)
    return dict(+sent)


def row(database: Database, key: str = "feedback:17") -> Outbox:
    with database.reading() as session:
        return session.exec(select(Outbox).where(Outbox.key == key)).one()


def audited(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        carla = f"customer:{cast.customer_id(session)}"
        lines = session.exec(select(Audit).where(Audit.action.like("mail.%")).order_by(Audit.id))  # type: ignore[attr-defined]
        return [(line.action, line.subject.replace(carla, "Carla")) for line in lines]


def change_carla(database: Database, **values: Any) -> None:
    with database.writing() as session:
        carla = session.get_one(Customer, cast.customer_id(session))
        for name, value in values.items():
            setattr(carla, name, value)


# --- put ------------------------------------------------------------------------------------------------------------


def test_the_same_key_is_put_once(database: Database, people: People) -> None:
    assert (put(database), put(database), put(database, "feedback:18")) == (True, False, True)


def test_the_same_key_put_by_many_at_once_is_put_once(database: Database, people: People) -> None:
    assert sorted(at_once(6, lambda _: put(database))) == [False] * 5 + [True]


def test_nothing_is_put_if_what_wanted_it_did_not_come_to_be(database: Database, people: People) -> None:
    def wish() -> None:
        with database.writing() as session:
            outbox.put(session, key="feedback:17", carrier=Carrier.MAIL, customer_id=None, payload=LETTER, now=NOW)
            raise NotFound("It was not there after all.")

    with pytest.raises(NotFound):
        wish()
    assert send(database, Fake()) == {}


@pytest.mark.parametrize("gone", ["erased_at", "merged_into"])
def test_nothing_is_put_for_somebody_who_is_gone(database: Database, people: People, gone: str) -> None:
    with database.reading() as session:
        dan = cast.customer_id(session, "C-2")
    change_carla(database, **{gone: NOW if gone == "erased_at" else dan})
    assert not put(database)


# --- once -----------------------------------------------------------------------------------------------------------


def test_it_goes_out_once_and_then_neither_words_nor_address_are_kept(database: Database, people: People) -> None:
    put(database)
    carrier = Fake()
    assert send(database, carrier) == {Sending.SENT: 1}
    assert send(database, carrier, NOW + timedelta(days=400)) == {}
    assert carrier.given == [("feedback:17", LETTER)]
    sent = row(database)
    assert (sent.state, sent.payload, sent.sent_at, sent.attempts) == (Sending.SENT, {}, NOW, 1)
    assert audited(database) == [("mail.sent", "Carla")]
    assert not put(database)


def test_what_was_sent_is_found_in_no_line_of_the_audit(database: Database, people: People) -> None:
    put(database)
    send(database, Fake())
    with database.reading() as session:
        told = " ".join(str(line.model_dump()) for line in session.exec(select(Audit)))
    assert "carla@" not in told.lower()
    assert "how was it" not in told.lower()


def test_it_is_committed_as_being_sent_before_the_wire_is_touched_and_no_lock_is_held_meanwhile(
    database: Database, people: People
) -> None:
    put(database)
    seen: list[Sending] = []

    def carrier(*_: object) -> Outcome:
        seen.append(row(database).state)
        with database.writing_at_once() as session:  # would raise if the sender held the write lock
            session.get_one(Outbox, row(database).id).words = "somebody else writes"
        return Delivered()

    send(database, carrier)
    assert seen == [Sending.SENDING]


def test_what_nobody_carries_waits(database: Database, people: People) -> None:
    put(database, carrier=Carrier.WEBHOOK)
    assert send(database, Fake()) == {}
    assert row(database).state is Sending.WAITING


def test_the_longest_due_goes_first_and_no_more_than_the_limit(database: Database, people: People) -> None:
    for n in range(4):
        put(database, f"feedback:{n}", now=NOW - n * MINUTE)
    carrier = Fake()
    send(database, carrier, limit=3)
    assert [key for key, _ in carrier.given] == ["feedback:3", "feedback:2", "feedback:1"]


def test_senders_at_once_never_take_the_same(database: Database, people: People) -> None:
    for n in range(12):
        put(database, f"feedback:{n}")
    carrier = Fake()
    sent = at_once(4, lambda _: send(database, carrier).get(Sending.SENT, 0))
    assert sum(sent) == 12
    assert sorted(Counter(key for key, _ in carrier.given).values()) == [1] * 12


# --- refused --------------------------------------------------------------------------------------------------------


def test_a_refusal_is_tried_again_after_growing_waits_and_then_fails(database: Database, people: People) -> None:
    put(database)
    carrier, now, waited = Fake(NotAccepted("Not now.")), NOW, []
    while (found := row(database)).state is Sending.WAITING:
        waited.append(found.run_at - now)
        now = found.run_at
        assert send(database, carrier, now - timedelta(seconds=1)) == {}
        send(database, carrier, now)
    assert waited == [timedelta(0), *WAITS]
    assert len(carrier.given) == MOST_ATTEMPTS == 8
    assert (found.state, found.words, found.payload["to"]) == (Sending.FAILED, "Not now.", "carla@example.com")
    assert audited(database) == [("mail.failed", "Carla")]


def test_what_is_refused_for_good_is_not_tried_again(database: Database, people: People) -> None:
    put(database)
    assert send(database, Fake(NotAccepted("No such mailbox.", is_final=True))) == {Sending.FAILED: 1}


def test_a_refusal_does_not_hold_up_the_others(database: Database, people: People) -> None:
    put(database, "feedback:1", now=NOW - MINUTE)
    put(database, "feedback:2")
    assert send(database, Fake(NotAccepted("Not now."), Delivered())) == {Sending.WAITING: 1, Sending.SENT: 1}


# --- doubtful -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Unknown("It had it all and said nothing."), RuntimeError("a fault of ours")])
def test_where_nobody_knows_it_is_doubtful_and_never_sent_by_itself(
    database: Database, people: People, outcome: Outcome | Exception
) -> None:
    put(database)
    carrier = Fake(outcome)
    assert send(database, carrier) == {Sending.DOUBTFUL: 1}
    for days in (1, 30, 400):
        assert send(database, carrier, NOW + timedelta(days=days)) == {}
    assert len(carrier.given) == 1
    assert audited(database) == [("mail.doubtful", "Carla")]


def take(database: Database, now: datetime = NOW) -> outbox.Taken:
    taken = outbox.take(database, {Carrier.MAIL: Fake()}, {}, now=lambda: now)
    assert taken is not None
    return taken


def test_what_was_being_sent_by_somebody_who_is_gone_is_doubtful_after_its_lease_and_not_before(
    database: Database, people: People
) -> None:
    put(database)
    take(database)
    carrier = Fake()
    assert send(database, carrier, NOW + LEASE - timedelta(seconds=1)) == {}
    assert send(database, carrier, NOW + LEASE) == {Sending.DOUBTFUL: 1}
    assert send(database, carrier, NOW + timedelta(days=400)) == {}
    assert carrier.given == []
    assert (row(database).state, "may have gone out" in row(database).words) == (Sending.DOUBTFUL, True)


def test_late_news_that_it_went_out_are_believed(database: Database, people: People) -> None:
    put(database)
    taken = take(database)
    send(database, Fake(), NOW + LEASE)
    outbox.record(database, taken, Delivered(), now=lambda: NOW + LEASE)
    assert row(database).state is Sending.SENT


def test_late_news_of_an_attempt_change_nothing_once_another_has_begun(database: Database, people: People) -> None:
    put(database)
    first = take(database)
    outbox.record(database, first, NotAccepted("Not now."), now=lambda: NOW)
    take(database, NOW + MINUTE)
    outbox.record(database, first, NotAccepted("Never.", is_final=True), now=lambda: NOW + MINUTE)
    assert row(database).state is Sending.SENDING


# --- meanwhile ------------------------------------------------------------------------------------------------------


def test_somebody_erased_meanwhile_is_not_written_to(database: Database, people: People) -> None:
    put(database)
    change_carla(database, erased_at=NOW)
    carrier = Fake()
    send(database, carrier)
    assert carrier.given == []
    assert (row(database).state, row(database).payload) == (Sending.FAILED, {})


def test_somebody_joined_meanwhile_is_not_written_to(database: Database, people: People) -> None:
    put(database)
    with database.writing() as session:  # joining moves the rows of the one who goes
        session.exec(select(Outbox)).one().customer_id = cast.customer_id(session, "C-2")
    carrier = Fake()
    send(database, carrier)
    assert carrier.given == []
    assert "joined" in row(database).words


def test_an_erased_row_is_missed_by_nobody(database: Database, people: People) -> None:
    put(database)
    taken = take(database)
    with database.writing() as session:
        session.delete(session.exec(select(Outbox)).one())
    outbox.record(database, taken, Delivered(), now=lambda: NOW)
    assert audited(database) == []


def saying(words: str) -> outbox.Check:
    def check(_session: object, row: Outbox, *, now: datetime) -> str:
        assert (row.customer_id is not None, row.key, now) == (True, "feedback:17", NOW)
        return words

    return check


def test_the_one_who_put_it_is_asked_again_just_before(database: Database, people: People) -> None:
    put(database)
    carrier = Fake()
    assert send(database, carrier, checks={"feedback": saying("They asked not to be asked.")}) == {}
    assert carrier.given == []
    stopped = row(database)
    assert (stopped.state, stopped.words, stopped.payload) == (Sending.FAILED, "They asked not to be asked.", {})


def test_one_who_has_nothing_against_it_lets_it_go(database: Database, people: People) -> None:
    put(database)
    assert send(database, Fake(), checks={"feedback": saying(""), "gift": saying("no")}) == {Sending.SENT: 1}


def test_one_who_says_later_is_asked_again_then_and_nothing_has_failed(database: Database, people: People) -> None:
    put(database)

    def later(*_: object, **__: object) -> datetime:
        return NOW + 5 * MINUTE

    assert send(database, carrier := Fake(), checks={"feedback": later}) == {}
    assert send(database, carrier, NOW + 4 * MINUTE) == {}
    assert (row(database).state, row(database).attempts, row(database).payload["to"]) == (
        Sending.WAITING,
        0,
        "carla@example.com",
    )
    assert send(database, carrier, NOW + 5 * MINUTE) == {Sending.SENT: 1}


def test_one_who_says_now_is_not_asked_without_end(database: Database, people: People) -> None:
    put(database)
    send(database, Fake(), checks={"feedback": lambda *_, now: now})
    assert row(database).run_at > NOW


@pytest.mark.parametrize(
    ("outcome", "told"), [(NotAccepted("Never.", is_final=True), 1), (NotAccepted("Not now."), 0), (Unknown("?"), 0)]
)
def test_only_what_certainly_did_not_go_ends_for_who_put_it(database, people, outcome: Outcome, told: int) -> None:
    put(database)
    ended: list[str] = []
    endings = {"feedback": lambda _session, row, *, now: ended.append(row.key)}
    outbox.send_due(database, {Carrier.MAIL: Fake(outcome)}, {}, now=lambda: NOW, limit=9, endings=endings)
    assert ended == ["feedback:17"] * told


def test_a_check_that_finds_nothing_any_more_stops_it_and_repeats_no_name(database: Database, people: People) -> None:
    def gone(*_: object, **__: object) -> str:
        raise NotFound("Carla Núñez has no such parcel.")

    put(database)
    send(database, Fake(), checks={"feedback": gone})
    assert (row(database).state, "Carla" in row(database).words) == (Sending.FAILED, False)


def test_the_words_of_what_failed_are_wiped_after_a_month(database: Database, people: People) -> None:
    for n, outcome in enumerate([NotAccepted("Never.", is_final=True), Unknown("Who knows."), NotAccepted("Later.")]):
        put(database, f"feedback:{n}")
        send(database, Fake(outcome))
    with database.writing() as session:
        assert outbox.wipe(session, now=NOW + timedelta(days=29)) == 0
    with database.writing() as session:
        assert outbox.wipe(session, now=NOW + timedelta(days=30)) == 3
    left = [row(database, f"feedback:{n}") for n in range(3)]
    assert [one.payload for one in left] == [{}, {}, {}]
    assert [one.state for one in left] == [Sending.FAILED, Sending.DOUBTFUL, Sending.FAILED]


# --- real servers ---------------------------------------------------------------------------------------------------

on_the_wire = pytest.mark.allow_hosts(["127.0.0.1", "::1"])


def mail(port: int, seconds: float = 30) -> Deliver:
    server = Server(LOOPBACK, port, is_tls=False, user="", password="")
    return Mail(server, Sender("Corner", "hello@corner.example"), whole_seconds=seconds).deliver


@on_the_wire
def test_a_letter_arrives_once(database: Database, people: People) -> None:
    put(database)
    letters = Letters()
    with serving(letters) as port:
        assert send(database, mail(port)) == {Sending.SENT: 1}
        assert send(database, mail(port), NOW + timedelta(days=1)) == {}
    assert len(letters.came) == 1


@on_the_wire
def test_a_greylisted_letter_arrives_once(database: Database, people: People) -> None:
    put(database)
    letters = Letters("451 come again", "250 OK")
    with serving(letters) as port:
        assert send(database, mail(port)) == {Sending.WAITING: 1}
        assert send(database, mail(port), NOW + WAITS[0]) == {Sending.SENT: 1}
    assert len(letters.came) == 1


@on_the_wire
def test_a_server_that_is_away_is_asked_again(database: Database, people: People) -> None:
    put(database)
    port, letters = free_port(), Letters()
    assert send(database, mail(port)) == {Sending.WAITING: 1}
    with serving(letters) as port:
        assert send(database, mail(port), NOW + WAITS[0]) == {Sending.SENT: 1}
    assert len(letters.came) == 1


@on_the_wire
def test_a_server_that_drops_the_line_after_the_letter_leaves_a_doubt(database: Database, people: People) -> None:
    put(database)
    with scripted(a_polite_server) as port:
        assert send(database, mail(port)) == {Sending.DOUBTFUL: 1}
    with serving(letters := Letters()) as port:
        send(database, mail(port), NOW + timedelta(days=1))
    assert letters.came == []


# --- postmen --------------------------------------------------------------------------------------------------------


def test_a_carrier_that_hangs_holds_up_no_other_and_who_is_under_way_may_arrive(
    database: Database, people: People
) -> None:
    put(database, "feedback:1")
    put(database, "feedback:1:webhook", carrier=Carrier.WEBHOOK)
    hangs, arrived = threading.Event(), threading.Event()

    def slow(*_: object) -> Outcome:
        hangs.set()
        assert arrived.wait(60)
        return Delivered()

    def quick(*_: object) -> Outcome:
        assert hangs.wait(60)
        arrived.set()
        return Delivered()

    with postman.at_work(database, {Carrier.MAIL: slow, Carrier.WEBHOOK: quick}, checks={}, now=lambda: NOW):
        assert arrived.wait(60)
    assert {row(database, key).state for key in ("feedback:1", "feedback:1:webhook")} == {Sending.SENT}


def test_a_database_that_is_away_for_a_while_is_asked_again(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database)
    asked: list[int] = []
    send_due, done = outbox.send_due, threading.Event()

    def away_once(*args: Any, **kwargs: Any) -> Counter[Sending]:
        asked.append(1)
        if len(asked) == 1:
            raise RuntimeError("away")
        return send_due(*args, **kwargs)

    def deliver(*_: object) -> Outcome:
        done.set()
        return Delivered()

    monkeypatch.setattr(outbox, "send_due", away_once)
    monkeypatch.setattr(postman, "LOOKS_EVERY_SECONDS", 0.01)
    with postman.at_work(database, {Carrier.MAIL: deliver}, checks={}, now=lambda: NOW):
        assert done.wait(60)


def test_what_asks_whether_somebody_was_to_be_asked_is_asked_before_every_letter_of_its_kind() -> None:
    assert set(postman.CHECKS) == set(postman.ENDINGS) == {"feedback"}


# --- kill -9 --------------------------------------------------------------------------------------------------------


@contextmanager
def sender(database: Database, port: int, *point: str) -> Iterator[subprocess.Popen[bytes]]:
    url = database.engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "desk.outbox_killed", url, str(port), *point],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])},
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@on_the_wire
@pytest.mark.parametrize(
    ("point", "arrived", "state"),
    [
        (POINTS[0], 0, Sending.WAITING),
        (POINTS[1], 0, Sending.DOUBTFUL),
        (POINTS[2], 1, Sending.DOUBTFUL),
        (POINTS[3], 1, Sending.DOUBTFUL),
    ],
)
def test_a_sender_killed_anywhere_never_sends_twice(
    database: Database, people: People, point: str, arrived: int, state: Sending
) -> None:
    put(database)
    with serving(letters := Letters()) as port:
        with sender(database, port, point) as process:
            assert process.wait(60) == -9
        assert len(letters.came) == arrived
        later = datetime.now(UTC) + 2 * LEASE
        outbox.send_due(database, {Carrier.MAIL: mail(port)}, {}, now=lambda: later, limit=0)
        assert row(database).state is state
        for days in range(3):
            send(database, mail(port), later + timedelta(days=days))
    assert len(letters.came) == (1 if state is Sending.WAITING else arrived)


def message_ids(letters: Letters) -> list[str]:
    return [re.search(rb"(?im)^message-id: (\S+)", one.content)[1].decode() for one in letters.came]  # type: ignore[index]


@pytest.mark.slow
@on_the_wire
def test_senders_killed_at_any_moment_never_send_twice_and_know_what_they_do_not_know(
    database: Database, people: People
) -> None:
    chance, letters = random.Random(6), Letters()
    for n in range(300):
        put(database, f"feedback:{n}")
    with serving(letters) as port:
        for _ in range(12):
            with sender(database, port) as one, sender(database, port) as other:
                for process in (one, other):
                    assert process.stdout is not None
                    process.stdout.readline()
                time.sleep(chance.uniform(0.05, 0.4))
        later = datetime.now(UTC) + 2 * LEASE
        while outbox.send_due(database, {Carrier.MAIL: mail(port)}, {}, now=lambda: later, limit=50).total():
            pass
    with database.reading() as session:
        states = Counter(one.state for one in session.exec(select(Outbox)))
    came = message_ids(letters)
    print(f"{dict(states)}, {len(came)} arrived")
    assert len(came) == len(set(came))
    assert set(states) <= {Sending.SENT, Sending.DOUBTFUL}
    assert states[Sending.SENT] <= len(came) <= 300


# --- whatever happens, in any order ---------------------------------------------------------------------------------


class AnyOrder(RuleBasedStateMachine):
    """Two senders, servers of every mood, crashes, managers and time, against what the wire itself saw."""

    database: Database  # given by the test; emptied before each run

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.count = 0
        self.held: list[outbox.Taken] = []  # taken by a sender that has not said how it ended
        self.carried: Counter[str] = Counter()  # by key: how often the whole letter was on the wire
        self.allowed: Counter[str] = Counter()  # by key: how often somebody wanted that
        with self.database.writing() as session:
            session.connection().execute(delete(Outbox))
            session.connection().execute(delete(Idempotency))

    def clock(self) -> datetime:
        return self.now

    @rule()
    def put_one(self) -> None:
        key = f"feedback:{self.count}"
        self.count += 1
        assert put(self.database, key, now=self.now)
        assert not put(self.database, key, now=self.now)
        self.allowed[key] = 1

    @rule()
    def take_one(self) -> None:
        taken = outbox.take(self.database, {Carrier.MAIL: Fake()}, {}, now=self.clock)
        if taken is not None:
            self.held.append(taken)

    @rule(outcome=st.sampled_from([Delivered(), NotAccepted("no"), NotAccepted("never", is_final=True), Unknown("?")]))
    def carry_one_and_tell(self, outcome: Outcome) -> None:
        self.take_one()
        if not self.held:
            return
        taken = self.held.pop(0)
        if not isinstance(outcome, NotAccepted):
            self.carried[taken.key] += 1
        outbox.record(self.database, taken, outcome, now=self.clock)

    @rule(was_carried=st.booleans())
    def crash(self, was_carried: bool) -> None:
        self.take_one()
        if not self.held:
            return
        taken = self.held.pop()
        self.carried[taken.key] += was_carried

    @precondition(lambda self: not self.held)  # no carrier takes as long as a lease
    @rule(minutes=st.sampled_from([1, 6, 400]))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        outbox.doubt_abandoned(self.database, {Carrier.MAIL: Fake()}, now=self.clock)

    @rule(choice=st.sampled_from([outbox_list.send_again, outbox_list.leave]), n=st.integers(0, 9))
    def decide(self, choice: Any, n: int) -> None:
        with self.database.reading() as session:
            found = session.exec(select(Outbox.id, Outbox.key).order_by(Outbox.id)).all()
        if not found:
            return
        outbox_id, key = found[n % len(found)]
        form = Keyed(form_key=f"key-{self.now.isoformat()}-{sum(self.allowed.values())}-{n}")
        try:
            with self.database.writing() as session:
                choice(session, MO, outbox_id, form, now=self.now)
        except Conflict:
            return
        self.allowed[key] += choice is outbox_list.send_again

    @invariant()
    def nothing_goes_out_oftener_than_somebody_wanted(self) -> None:
        assert all(self.carried[key] <= self.allowed[key] for key in self.allowed)

    @invariant()
    def what_is_told_is_so(self) -> None:
        with self.database.reading() as session:
            for one in session.exec(select(Outbox)):
                went, is_sent = self.carried[one.key], one.state is Sending.SENT
                assert went or not is_sent
                assert not (is_sent and one.payload)
                if went and one.state is Sending.WAITING:
                    assert self.allowed[one.key] > 1  # only a person puts it back


def test_whatever_happens_in_any_order_nothing_goes_out_oftener_than_somebody_wanted(sqlite: Database) -> None:
    with sqlite.writing() as session:
        people = cast.settle_in(session)
    assert people["mo"].staff_id == MO.staff_id
    AnyOrder.database = sqlite
    run_state_machine_as_test(
        AnyOrder, settings=settings(max_examples=20, stateful_step_count=20, deadline=None, database=None)
    )
