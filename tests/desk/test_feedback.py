"""Who is asked how it was: of the parcels of now, each once, whatever runs twice or crashes; and what becomes of the answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import cast
import pytest
from parcels import deliver, gift, order_and_deliver, prefer
from rivals import at_once
from sqlalchemy import text
from sqlmodel import Session, select

from deskapp.desk import (
    feedback,
    feedback_told,
    how_it_was,
    merging,
    outbox_list,
    personal_export,
    postman,
    timetable,
    worker,
)
from deskapp.desk import outbox as outgoing
from deskapp.desk.feedback import Means
from deskapp.desk.handlers import handlers
from deskapp.desk.how_it_was import Answer
from deskapp.desk.inputs import Keyed
from deskapp.desk.jobs import Kind
from deskapp.desk.merging import NewMerge
from deskapp.desk.seats import hash_token
from deskapp.desk.timetable import Hourly
from deskapp.outgoing.wire import Delivered, NotAccepted, Outcome, Unknown
from deskapp.rules.feedback import WORDS, Rule
from deskapp.rules.people import Actor, Receiver
from deskapp.store import feedback as stored
from deskapp.store.card_tables import AskState, Carrier, FeedbackAsk, FeedbackPolicy, Outbox, Sending
from deskapp.store.db import Database
from deskapp.store.gift_tables import GrantState
from deskapp.store.memory_tables import Channel, Interaction, Note, NoteRevision, Preference, PreferenceKind, Source
from deskapp.store.merging import hold
from deskapp.store.privacy_tables import Hold
from deskapp.store.tables import Audit, Customer, Delivery, Order, Problem, ProblemKind

People = dict[str, Actor]
DAY = timedelta(days=1)
SHOP = Means("Corner & Co", ZoneInfo("UTC"), "https://desk.example.com/", has_mail=True, has_webhook=True)
ON_TIME = cast.NOW + 3 * DAY  # nine minutes past three in the afternoon
SECRET = "a-secret-of-two-hundred-and-fifty-six-bits-"


class Secrets:
    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def __call__(self) -> str:
        return f"{SECRET}{next(self._numbers)}"


def switch(session: Session, people: People, *, on: bool = True, at: datetime = cast.NOW, **days: int) -> None:
    terms = {"days_after": 3, "cool_down_days": 90, "lapses_days": 21} | days
    session.add(FeedbackPolicy(is_on=on, set_by=people["mo"].staff_id, set_at=at, **terms))
    session.flush()


def arrive(session: Session, order: str = "O-2", at: datetime = cast.NOW) -> int:
    delivery_id = deliver(session, order)
    session.get(Delivery, delivery_id).delivered_at = at
    session.flush()
    return delivery_id


@pytest.fixture(autouse=True)
def _one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL has a clock of its own, which these tests cannot move."""
    monkeypatch.setattr(timetable, "clocks_apart", lambda *_, **__: "")


@pytest.fixture
def arrived(database: Database, people: People) -> int:
    """The delivery of Carla's mug, which came today; asking is switched on."""
    with database.writing() as session:
        switch(session, people)
        return arrive(session)


def work(database: Database, at: datetime = ON_TIME, means: Means = SHOP, secret: Secrets | None = None) -> str:
    return feedback.run(database, means, 1, secret=secret or Secrets(), now=lambda: at)


def asks(database: Database) -> list[FeedbackAsk]:
    with database.reading() as session:
        return list(session.exec(select(FeedbackAsk).order_by(FeedbackAsk.id)).all())


def states(database: Database) -> list[tuple[AskState, str]]:
    return [(one.state, one.rule) for one in asks(database)]


def outbox(database: Database) -> list[Outbox]:
    with database.reading() as session:
        return list(session.exec(select(Outbox).order_by(Outbox.id)).all())


# --- asking ----------------------------------------------------------------------------------------------------------


def test_three_days_after_the_parcel_came_they_get_one_letter_with_a_link(database: Database, arrived: int) -> None:
    work(database, cast.NOW)
    assert states(database) == [(AskState.WAITING, "")]
    work(database, ON_TIME - DAY)
    assert outbox(database) == []
    assert work(database) == "Asked: 1. Not asked: 0. Questions that lapsed: 0."
    (ask,) = asks(database)
    assert (ask.state, ask.token_hash) == (AskState.ASKED, hash_token(f"{SECRET}1"))
    assert ask.lapses_on == (ON_TIME + 21 * DAY).date()
    letter, call = outbox(database)
    assert (letter.carrier, letter.key, letter.customer_id) == (Carrier.MAIL, f"feedback:{arrived}", ask.customer_id)
    assert letter.payload["to"] == "Carla@example.com"
    assert letter.payload["language"] == "en"
    assert f"https://desk.example.com/how-was-it/{SECRET}1\n" in letter.payload["text"]
    assert call.payload["event"] == "feedback.asked"
    assert SECRET not in str(call.payload)


def test_the_link_is_kept_nowhere_but_in_the_letter_and_no_line_of_the_audit_holds_the_address(
    database: Database, arrived: int
) -> None:
    work(database)
    with database.reading() as session:
        lines = session.exec(select(Audit).where(Audit.action.startswith("feedback."))).all()  # type: ignore[attr-defined]
    assert [one.action for one in lines] == ["feedback.thought-of", "feedback.asked"]
    assert all("Carla" not in str(one.details) and SECRET not in str(one.details) for one in lines)
    assert SECRET not in str(asks(database)[0].model_dump())


def test_however_often_and_at_once_it_runs_each_delivery_is_asked_about_once(database: Database, arrived: int) -> None:
    work(database, cast.NOW)
    secret = Secrets()
    assert [one for one in at_once(4, lambda _: work(database, secret=secret)) if isinstance(one, Exception)] == []
    for days in range(4, 8):
        work(database, cast.NOW + days * DAY, secret=secret)
    assert [one.key for one in outbox(database)] == [f"feedback:{arrived}", f"feedback:{arrived}:webhook"]


def test_what_crashes_before_it_commits_is_asked_by_the_next_and_only_once(
    database: Database, arrived: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> str:
        raise OSError

    with pytest.raises(OSError):
        feedback.run(database, SHOP, 1, secret=fails, now=lambda: ON_TIME)
    assert outbox(database) == []
    assert states(database) == [(AskState.WAITING, "")]
    work(database)
    assert len(outbox(database)) == 2


def test_nobody_is_asked_at_night(database: Database, arrived: int) -> None:
    work(database, ON_TIME.replace(hour=8, minute=59))
    work(database, ON_TIME.replace(hour=20, minute=0))
    assert states(database) == [(AskState.WAITING, "")]
    work(database, ON_TIME.replace(hour=9, minute=0) + DAY)
    assert states(database) == [(AskState.ASKED, "")]


def test_the_day_is_that_of_the_zone(database: Database, people: People) -> None:
    """At 20:30 in London it is tomorrow in Apia already, so that the third day comes a day later here."""
    apia = Means("Corner & Co", ZoneInfo("Pacific/Apia"), "https://desk.example.com", has_mail=True)
    with database.writing() as session:
        switch(session, people)
        arrive(session, at=cast.NOW.replace(hour=20, minute=30))
    work(database, cast.NOW.replace(hour=20, minute=40), apia)
    (ask,) = asks(database)
    assert ask.due_on == (cast.NOW + 4 * DAY).date()


def live_in(session: Session, customer: str, zone: str) -> None:
    session.exec(select(Customer).where(Customer.external_id == customer)).one().zone = zone
    session.flush()


def test_of_one_moment_each_is_asked_on_the_day_and_in_the_hours_of_their_own_place(database: Database, people) -> None:
    """Parcels of a shop in Madrid that came at 20:30 there: it is tomorrow in Tokyo, and noon in Los Angeles."""
    madrid = Means("Corner & Co", ZoneInfo("Europe/Madrid"), "https://desk.example.com", has_mail=True)
    came = datetime(2026, 3, 26, 19, 30, tzinfo=UTC)
    with database.writing() as session:
        switch(session, people, at=came - DAY)
        for number, zone in enumerate(("Asia/Tokyo", "America/Los_Angeles", "Europe/Madrid", "Gone/Away"), 1):
            delivery = order_and_deliver(session, number)
            session.get(Delivery, delivery).delivered_at = came
            live_in(session, f"D-{number}", zone)
            session.exec(select(Customer).where(Customer.external_id == f"D-{number}")).one().email = "a@example.com"
    work(database, came, madrid)
    assert [one.due_on.day for one in asks(database)] == [30, 29, 29, 29]
    asked_at, secret = {}, Secrets()
    for hour in range(36):  # the clocks of Madrid go forward on the 29th, those of Los Angeles went three weeks ago
        at = came.replace(day=28, hour=16, minute=5) + hour * timedelta(hours=1)
        work(database, at, madrid, secret)
        asked_at |= {one.id: at for one in asks(database) if one.state is AskState.ASKED and one.id not in asked_at}
    assert [(at.day, at.hour) for _, at in sorted(asked_at.items())] == [(30, 0), (29, 16), (29, 7), (29, 7)]
    assert [one.payload["zone"] for one in outbox(database)][-2:] == ["America/Los_Angeles", "Asia/Tokyo"]
    tokyo, *_ = asks(database)
    assert tokyo.lapses_on == date(2026, 3, 30) + 21 * DAY


def test_a_question_can_be_answered_to_the_end_of_its_last_day_where_they_live(database: Database, token: str) -> None:
    with database.writing() as session:
        live_in(session, "C-1", "America/Los_Angeles")
    last = (ON_TIME + 21 * DAY).date()
    ends = datetime.combine(last + DAY, time(), ZoneInfo("America/Los_Angeles")).astimezone(UTC)
    assert can_answer(database, ends - timedelta(minutes=1))
    work(database, ends - timedelta(minutes=1))
    assert states(database) == [(AskState.ASKED, "")]
    assert not can_answer(database, ends)
    work(database, ends)
    assert states(database) == [(AskState.LAPSED, "")]


def test_of_years_of_parcels_none_from_before_asking_was_switched_on_is_thought_of(
    database: Database, people: People
) -> None:
    with database.writing() as session:
        arrive(session, "O-1", cast.NOW - 30 * DAY)
        arrive(session, "O-2", cast.NOW - timedelta(seconds=1))
        switch(session, people)
    work(database)
    assert asks(database) == []


def test_switched_off_and_on_again_what_came_in_between_is_left_alone(database: Database, people: People) -> None:
    with database.writing() as session:
        switch(session, people, at=cast.NOW - 9 * DAY)
        switch(session, people, on=False, at=cast.NOW - 8 * DAY)
        arrive(session, at=cast.NOW - 7 * DAY)
        switch(session, people, at=cast.NOW - 6 * DAY)
        switch(session, people, at=cast.NOW - 5 * DAY, days_after=2)
    work(database)
    assert asks(database) == []


def test_without_a_policy_nothing_is_written(database: Database, people: People) -> None:
    with database.writing() as session:
        arrive(session)
    work(database)
    assert asks(database) == []


def test_somebody_erased_or_joined_is_not_even_thought_of(database: Database, arrived: int) -> None:
    with database.writing() as session:
        session.get(Customer, cast.customer_id(session)).erased_at = cast.NOW
    work(database)
    assert asks(database) == []


# --- not asking ------------------------------------------------------------------------------------------------------


def trouble(session: Session, order: str | None = "O-2", *, solved: bool = False) -> None:
    session.add(
        Problem(
            customer_id=cast.customer_id(session),
            order_id=cast.order_id(session, order) if order else None,
            kind=ProblemKind.DAMAGED,
            noted_by=1,
            noted_at=cast.NOW,
            solved_at=cast.NOW if solved else None,
        )
    )


def a_business(session: Session) -> None:
    session.get(Customer, cast.customer_id(session)).receiver = Receiver.BUSINESS


def no_address(session: Session) -> None:
    session.get(Customer, cast.customer_id(session)).email = None


def came_back(session: Session) -> None:
    session.exec(select(Delivery)).one().returned_at = cast.NOW + DAY


def dispute(session: Session) -> None:
    session.add(Hold(customer_id=cast.customer_id(session), reason="x", placed_by=1, placed_at=cast.NOW))


@pytest.mark.parametrize(
    ("rule", "befalls"),
    [
        (Rule.PROBLEM_HERE, trouble),
        (Rule.PROBLEM_ELSEWHERE, lambda session: trouble(session, "O-1")),
        (Rule.PROBLEM_ELSEWHERE, lambda session: trouble(session, None)),
        (Rule.GIFT_DECLINED, lambda session: gift(session, "jam", state=GrantState.DECLINED)),
        (Rule.GIFT_DECLINED_LATELY, lambda session: gift(session, "jam", order="O-1", state=GrantState.DECLINED)),
        (Rule.NO_QUESTIONS, lambda session: prefer(session, PreferenceKind.NO_QUESTIONS, "")),
        (Rule.NO_CONTACT, lambda session: prefer(session, PreferenceKind.CONTACT, "No contact")),
        (Rule.OTHER_WAY, lambda session: prefer(session, PreferenceKind.CONTACT, "Please ring, after six")),
        (Rule.NOT_A_PERSON, a_business),
        (Rule.NO_ADDRESS, no_address),
        (Rule.RETURNED, came_back),
        (Rule.DISPUTE, dispute),
    ],
)
def test_each_of_these_keeps_the_question_back_for_good_and_is_told(
    database: Database, arrived: int, rule: Rule, befalls
) -> None:
    work(database, cast.NOW)
    with database.writing() as session:
        befalls(session)
    assert work(database) == "Asked: 0. Not asked: 1. Questions that lapsed: 0."
    assert states(database) == [(AskState.WITHHELD, rule)]
    assert outbox(database) == []
    work(database, ON_TIME + DAY)
    assert states(database) == [(AskState.WITHHELD, rule)]


@pytest.mark.parametrize(
    "befalls",
    [
        lambda session: trouble(session, solved=True),
        lambda session: prefer(session, PreferenceKind.NO_QUESTIONS, "", gone=True),
        lambda session: prefer(session, PreferenceKind.CONTACT, "Only by e-mail, please"),
    ],
)
def test_what_is_solved_withdrawn_or_about_something_else_keeps_nothing_back(
    database: Database, arrived: int, befalls
) -> None:
    with database.writing() as session:
        befalls(session)
    work(database)
    assert states(database) == [(AskState.ASKED, "")]


def test_without_mail_or_an_address_of_the_desk_it_says_what_is_missing(database: Database, arrived: int) -> None:
    work(database, means=Means("Corner & Co", ZoneInfo("UTC"), "", has_mail=True))
    assert states(database) == [(AskState.WITHHELD, Rule.NOT_SET_UP)]


def test_two_parcels_of_one_customer_are_one_question(database: Database, arrived: int) -> None:
    with database.writing() as session:
        arrive(session, "O-1", cast.NOW + timedelta(hours=1))
    work(database)
    assert states(database) == [(AskState.ASKED, ""), (AskState.WITHHELD, Rule.COOL_DOWN)]


def test_a_tick_that_is_taken_back_takes_the_question_along_until_the_parcel_comes(
    database: Database, arrived: int
) -> None:
    work(database, cast.NOW)
    with database.writing() as session:
        session.get(Delivery, arrived).delivered_at = None
    work(database)
    assert asks(database) == []
    with database.writing() as session:
        session.get(Delivery, arrived).delivered_at = ON_TIME
    work(database, ON_TIME + DAY)
    assert [(one.state, one.due_on) for one in asks(database)] == [(AskState.WAITING, (ON_TIME + 3 * DAY).date())]


def test_a_policy_that_gives_more_days_gives_them_to_what_waits_as_well(database: Database, people, arrived) -> None:
    work(database, cast.NOW)
    with database.writing() as session:
        switch(session, people, days_after=5)
    work(database)
    assert states(database) == [(AskState.WAITING, "")]
    work(database, ON_TIME + 2 * DAY)
    assert states(database) == [(AskState.ASKED, "")]


def test_a_question_that_a_standstill_made_stale_is_not_asked(database: Database, arrived: int) -> None:
    work(database, cast.NOW)
    work(database, ON_TIME + 15 * DAY)
    assert states(database) == [(AskState.WITHHELD, Rule.MISSED)]


def test_switched_off_meanwhile_nobody_is_asked(database: Database, people: People, arrived: int) -> None:
    work(database, cast.NOW)
    with database.writing() as session:
        switch(session, people, on=False, at=cast.NOW + DAY)
    work(database)
    assert states(database) == [(AskState.WITHHELD, Rule.OFF)]


# --- at the last moment ----------------------------------------------------------------------------------------------


def test_a_problem_that_is_noted_before_the_letter_left_keeps_it_back(database: Database, arrived: int) -> None:
    work(database)
    with database.writing() as session:
        letter = session.exec(select(Outbox).order_by(Outbox.id)).first()
        assert feedback.may_go(session, letter, now=ON_TIME) == ""
        trouble(session)
        assert feedback.may_go(session, letter, now=ON_TIME) == WORDS[Rule.PROBLEM_HERE]
    assert states(database) == [(AskState.WITHHELD, Rule.PROBLEM_HERE)]
    with database.reading() as session:
        assert how_it_was.find_question(session, f"{SECRET}1", zone=SHOP.zone, now=ON_TIME) is None


def test_a_letter_about_nothing_does_not_go(database: Database, people: People) -> None:
    with database.writing() as session:
        letter = Outbox(key="feedback:99", carrier=Carrier.MAIL, payload={}, state=Sending.WAITING)
        assert feedback.may_go(session, letter, now=ON_TIME)


DELIVERED = Delivered()


def carry(
    database: Database, at: datetime = ON_TIME, carrier: Carrier = Carrier.MAIL, says: Outcome = DELIVERED
) -> int:
    """How many of this carrier's were on the wire."""
    came: list[str] = []

    def deliver_it(key: str, _payload, _now: datetime) -> Outcome:
        came.append(key)
        return says

    carriers, ends = {carrier: deliver_it}, postman.ENDINGS
    outgoing.send_due(database, carriers, postman.CHECKS, now=lambda: at, limit=9, endings=ends)
    return len(came)


def can_answer(database: Database, at: datetime = ON_TIME) -> bool:
    with database.reading() as session:
        return how_it_was.find_question(session, f"{SECRET}1", zone=SHOP.zone, now=at) is not None


def wishes(database: Database) -> list[int]:
    with database.writing() as session:
        how_it_was.never_again(session, f"{SECRET}1", now=ON_TIME)
    with database.reading() as session:
        silent = Preference.kind == PreferenceKind.NO_QUESTIONS
        return list(session.exec(select(Preference.customer_id).where(silent)).all())


def test_a_call_that_comes_late_takes_back_no_question_that_was_sent(database: Database, arrived: int) -> None:
    work(database)
    assert carry(database) == 1
    with database.writing() as session:
        trouble(session)
    assert carry(database, ON_TIME + DAY, Carrier.WEBHOOK) == 1
    assert states(database) == [(AskState.ASKED, "")]
    assert can_answer(database)
    assert len(wishes(database)) == 1


def test_a_call_waits_for_its_letter_and_does_not_go_without_it(database: Database, arrived: int) -> None:
    work(database)
    assert carry(database, carrier=Carrier.WEBHOOK) == 0
    with database.writing() as session:
        trouble(session)
    assert carry(database) == 0
    assert carry(database, ON_TIME + DAY, Carrier.WEBHOOK) == 0
    assert [one.state for one in outbox(database)] == [Sending.FAILED] * 2


def test_sent_anew_after_a_doubt_and_refused_the_first_letter_may_still_be_answered(
    database: Database, people: People, arrived: int
) -> None:
    work(database)
    carry(database, says=Unknown("?"))
    with database.writing() as session:
        trouble(session)
        outbox_list.send_again(session, people["mo"], outbox(database)[0].id, Keyed(form_key="again-key"), now=ON_TIME)
    assert carry(database) == 0
    assert states(database) == [(AskState.ASKED, "")]
    assert can_answer(database)


def test_who_withheld_a_letter_is_heard_all_the_same(database: Database, arrived: int) -> None:
    work(database)
    with database.writing() as session:
        trouble(session)
    carry(database)
    assert len(wishes(database)) == 1


def another(session: Session) -> int:
    """To whom the order of today goes over."""
    other = Customer(external_id="X-9", name="Other", name_folded="other", email="other@example.com")
    session.add(other)
    session.flush()
    session.exec(select(Order).where(Order.external_id == "O-2")).one().customer_id = other.id
    return other.id


def test_of_an_order_that_became_anothers_the_other_is_judged_and_asked(database: Database, arrived: int) -> None:
    work(database, cast.NOW)
    with database.writing() as session:
        other_id = another(session)
    work(database)
    assert [one.customer_id for one in asks(database)] == [other_id]
    assert carry(database) == 1
    assert say(database, f"{SECRET}1", "no", "The lid was loose.")
    with database.reading() as session:
        assert session.exec(select(Note.customer_id)).all() == [other_id]


def test_no_letter_goes_about_an_order_that_became_anothers(database: Database, arrived: int) -> None:
    work(database)
    with database.writing() as session:
        another(session)
    assert carry(database) == 0
    assert states(database) == [(AskState.WITHHELD, Rule.OTHER_CUSTOMER)]


def test_once_the_order_is_anothers_the_link_says_nothing_of_either(database: Database, arrived: int) -> None:
    work(database)
    carry(database)
    with database.writing() as session:
        another(session)
    assert not can_answer(database)
    assert not say(database, f"{SECRET}1", "no", "Who is this?")
    assert wishes(database) == []


@pytest.mark.parametrize(("email", "rule"), [("new@example.com", Rule.OTHER_ADDRESS), (None, Rule.NO_ADDRESS)])
def test_no_letter_goes_to_an_address_that_was_corrected_or_removed(database, arrived, email, rule) -> None:
    work(database)
    with database.writing() as session:
        session.get(Customer, cast.customer_id(session)).email = email
    assert carry(database) == 0
    assert states(database) == [(AskState.WITHHELD, rule)]
    assert outbox(database)[0].payload == {}


def test_a_letter_that_was_refused_in_the_evening_leaves_at_nine(database: Database, arrived: int) -> None:
    work(database)
    evening = ON_TIME.replace(hour=19, minute=59)
    assert carry(database, evening, says=NotAccepted("Not now.")) == 1
    assert carry(database, evening + timedelta(minutes=2)) == 0
    letter = outbox(database)[0]
    nine = ON_TIME.replace(hour=9, minute=0, second=0, microsecond=0) + DAY
    assert (letter.state, letter.run_at, letter.attempts) == (Sending.WAITING, nine, 1)
    assert carry(database, nine) == 1


def test_no_letter_comes_after_the_last_day_of_its_own_link(database: Database, people: People, arrived: int) -> None:
    with database.writing() as session:
        switch(session, people, lapses_days=3)
    work(database)
    assert carry(database, ON_TIME + 4 * DAY) == 0
    assert states(database) == [(AskState.WITHHELD, Rule.MISSED)]


def test_a_letter_that_could_not_be_sent_asked_nobody_until_somebody_sends_it_anew(database, people, arrived) -> None:
    work(database)
    carry(database, says=NotAccepted("No such mailbox.", is_final=True))
    assert states(database) == [(AskState.WITHHELD, Rule.NOT_SENT)]
    with database.reading() as session:
        assert stored.last_asked(session, [cast.customer_id(session)]) == {}
    with database.writing() as session:
        outbox_list.send_again(session, people["mo"], outbox(database)[0].id, Keyed(form_key="again-key"), now=ON_TIME)
    assert carry(database, ON_TIME + timedelta(hours=1)) == 1
    assert states(database) == [(AskState.ASKED, "")]
    assert can_answer(database)


def test_where_nobody_knows_whether_it_went_they_count_as_asked(database: Database, arrived: int) -> None:
    work(database)
    carry(database, says=Unknown("?"))
    assert states(database) == [(AskState.ASKED, "")]


_BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def join(database: Database, people: People) -> int:
    with database.writing() as session:
        former_id = cast.customer_id(session)
        into = Customer(external_id="X-9", name="Carla N", name_folded="carla n", email="carla@example.org")
        session.add(into)
        session.flush()
        merging.merge(session, people["mo"], into.id, NewMerge(form_key="join-key-1", other_id=former_id), now=cast.NOW)
        return into.id


@pytest.mark.parametrize(("order", "rule"), [("O-2", Rule.GIFT_DECLINED), ("O-1", Rule.GIFT_DECLINED_LATELY)])
def test_a_gift_that_was_declined_counts_after_they_were_joined_with_another(
    database, people, arrived, order: str, rule: Rule
) -> None:
    with database.writing() as session:
        gift(session, "jam", order=order, state=GrantState.DECLINED)
    join(database, people)
    work(database)
    assert states(database) == [(AskState.WITHHELD, rule)]


def test_an_answer_that_was_seen_to_stays_so_after_they_were_joined(database: Database, people, token: str) -> None:
    say(database, token, "no", "The lid was loose.")
    with database.writing() as session:
        feedback_told.see_to(session, people["mo"], asks(database)[0].id, now=ON_TIME)
    join(database, people)
    with database.reading() as session:
        assert feedback_told.list_today(session, people["mo"], today=ON_TIME.date(), now=ON_TIME) == []


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_who_is_just_being_joined_is_decided_about_afterwards_and_nobody_waits_for_the_other(
    database: Database, arrived: int
) -> None:
    """Joining holds the customers first and takes the asks then: who held an ask meanwhile would wait for ever."""
    work(database, cast.NOW)
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            hold(session, cast.customer_id(session))
            deciding = pool.submit(work, database)
            while not session.connection().execute(text(_BLOCKED)).scalar_one():
                assert not deciding.done()
            session.exec(select(FeedbackAsk).with_for_update(nowait=True)).all()  # would raise if it held any
        assert deciding.result(30) == "Asked: 1. Not asked: 0. Questions that lapsed: 0."


@pytest.mark.parametrize(("befalls", "letters"), [(None, 1), (trouble, 0)])
def test_the_postman_asks_again_and_carries_the_letter_once_or_not_at_all(
    database: Database, arrived: int, befalls, letters: int
) -> None:
    work(database)
    if befalls:
        with database.writing() as session:
            befalls(session)
    carried: list[str] = []

    def deliver_letter(key: str, payload, now: datetime) -> Delivered:
        carried.append(payload["to"])
        return Delivered()

    for _ in range(2):
        sent_by = {Carrier.MAIL: deliver_letter}
        outgoing.send_due(database, sent_by, postman.CHECKS, now=lambda: ON_TIME, limit=9)
    assert carried == ["Carla@example.com"] * letters
    letter = outbox(database)[0]
    assert (letter.state, letter.payload) == (Sending.SENT if letters else Sending.FAILED, {})
    assert states(database) == [(AskState.ASKED, "") if letters else (AskState.WITHHELD, Rule.PROBLEM_HERE)]


def test_whoever_runs_jobs_asks_by_itself_in_the_hour(database: Database, arrived: int) -> None:
    now = [cast.NOW]
    known = handlers(database, Path("nowhere"), currency="USD", now=lambda: now[0], means=SHOP, secret=Secrets())
    for at in (cast.NOW, cast.NOW + timedelta(hours=1), ON_TIME):
        now[0] = at
        Hourly(database, lambda: now[0]).look()
        while worker.run_once(database, {Kind.ASK: known[Kind.ASK]}, now=lambda: now[0]):
            pass
    assert states(database) == [(AskState.ASKED, "")]


# --- the answer ------------------------------------------------------------------------------------------------------


@pytest.fixture
def token(database: Database, arrived: int) -> str:
    work(database)
    return f"{SECRET}1"


def say(database: Database, token: str, answer: str = "yes", words: str = "", at: datetime = ON_TIME) -> bool:
    with database.writing() as session:
        form = Answer(answer=answer, words=words)  # type: ignore[arg-type]
        return how_it_was.answer(session, token, form, zone=SHOP.zone, now=at)


def test_words_become_an_observation_of_the_customers_bound_to_the_order(database, people, token: str) -> None:
    assert say(database, token, "mostly", "  The lid was loose.\r\nThe jam is fine.  ")
    with database.reading() as session:
        note, revision = session.exec(select(Note)).one(), session.exec(select(NoteRevision)).one()
        talk = session.exec(select(Interaction)).one()
        assert (note.source, note.text) == (Source.CUSTOMER, "The lid was loose.\nThe jam is fine.")
        assert (note.kind, note.author_id, revision.text) == ("observation", people["mo"].staff_id, note.text)
        assert (talk.channel, talk.order_id) == ("feedback", cast.order_id(session, "O-2"))
        assert session.get(Channel, "feedback").retired_at is not None
    (ask,) = asks(database)
    assert (ask.state, ask.answer, ask.note_id) == (AskState.ANSWERED, "mostly", note.id)


def test_a_tick_without_words_makes_no_note(database: Database, token: str) -> None:
    assert say(database, token, "yes")
    (ask,) = asks(database)
    assert (ask.state, ask.answer, ask.note_id) == (AskState.ANSWERED, "yes", None)
    with database.reading() as session:
        assert session.exec(select(Note)).all() == []


def test_of_answers_at_once_the_first_counts(database: Database, token: str) -> None:
    said = at_once(4, lambda n: say(database, token, "no", f"Words of {n}"))
    assert sorted(said) == [False, False, False, True]
    with database.reading() as session:
        assert len(session.exec(select(Note)).all()) == 1


def test_looking_uses_nothing_up_and_after_the_last_day_it_lapses(database: Database, token: str) -> None:
    last = ON_TIME + 21 * DAY
    with database.reading() as session:
        for day in (ON_TIME, last):
            assert how_it_was.find_question(session, token, zone=SHOP.zone, now=day) is not None
        assert how_it_was.find_question(session, token, zone=SHOP.zone, now=last + DAY) is None
    assert not say(database, token, at=last + DAY)
    assert "Questions that lapsed: 1." in work(database, last + DAY)
    assert states(database) == [(AskState.LAPSED, "")]


def test_what_they_tell_of_themselves_stays_but_a_card_number_is_taken_out(database: Database, token: str) -> None:
    say(database, token, "no", "I have diabetes, and paid with 4111 1111 1111 1111.")
    with database.reading() as session:
        note = session.exec(select(Note)).one()
        assert note.text == "I have diabetes, and paid with […]."
        line = session.exec(select(Audit).where(Audit.subject == "guard:feedback")).one()
    assert line.details["kinds"] == {"card-number": 1, "health": 1}


@pytest.mark.parametrize("twice", [False, True])
def test_never_again_is_a_stated_wish_written_once(database: Database, token: str, twice: bool) -> None:
    for _ in range(1 + twice):
        with database.writing() as session:
            how_it_was.never_again(session, token, now=ON_TIME)
    with database.reading() as session:
        wish = session.exec(select(Preference)).one()
    assert (wish.kind, wish.is_stated, wish.withdrawn_at) == (PreferenceKind.NO_QUESTIONS, True, None)


def test_never_again_holds_for_the_next_parcel_and_after_the_answer_too(database: Database, token: str) -> None:
    say(database, token)
    with database.writing() as session:
        how_it_was.never_again(session, token, now=ON_TIME)
        how_it_was.never_again(session, "no such link", now=ON_TIME)
        arrive(session, "O-1", ON_TIME + 100 * DAY)
    work(database, ON_TIME + 103 * DAY)
    assert states(database)[1:] == [(AskState.WITHHELD, Rule.NO_QUESTIONS)]


def test_after_an_erasure_the_link_leads_nowhere(database: Database, token: str) -> None:
    with database.writing() as session:
        session.get(Customer, cast.customer_id(session)).erased_at = ON_TIME
    assert not say(database, token, "no", "Hello?")
    with database.writing() as session:
        how_it_was.never_again(session, token, now=ON_TIME)
    with database.reading() as session:
        assert session.exec(select(Note)).all() == []
        assert session.exec(select(Preference)).all() == []


def test_two_hundred_and_more_are_decided_in_several_transactions(database: Database, people: People) -> None:
    with database.writing() as session:
        switch(session, people)
        for number in range(3):
            session.get(Delivery, order_and_deliver(session, number)).delivered_at = cast.NOW
        for number, order in enumerate(session.exec(select(Order)).all()):
            session.get(Customer, order.customer_id).email = f"person{number}@example.com"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feedback, "_BATCH", 2)
        work(database)
    assert [state for state, _ in states(database)] == [AskState.ASKED] * 3


def test_a_file_of_what_is_kept_of_somebody_holds_no_link_that_answers_for_them(database, people, token: str) -> None:
    with database.reading() as session:
        kept = personal_export.collect(session, cast.customer_id(session), shop_name="Corner", now=ON_TIME)
    assert len(kept["data"]["outbox"]) == 2
    assert token not in str(kept)
