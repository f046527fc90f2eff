"""The page a day is started with: on both engines."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import cast
import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from deskapp.desk import today, visits
from deskapp.desk.visits import NewVisit
from deskapp.rules.people import Actor
from deskapp.store.memory_tables import (
    Interaction,
    Note,
    NoteKind,
    Occasion,
    OccasionKind,
    Promise,
    RequestTopic,
    RequestVoice,
    TopicState,
    VisitKind,
)
from deskapp.store.tables import Customer, Delivery, Order, Staff

People = dict[str, Actor]
TODAY = cast.NOW.date()


def panel(session: Session, who: Actor) -> today.TodayPanel:
    session.flush()
    return today.panel(session, who, today=TODAY, now=cast.NOW)


def in_danger(session: Session, who: Actor) -> list[str]:
    """Numbers of orders that may come too late, whether or not it is theirs to say so."""
    found = panel(session, who)
    return [row.order for row in [*found.alarms, *found.needed]]


def promised(session: Session, who: Actor, days: int, **more: object) -> Promise:
    one = Promise(
        customer_id=cast.customer_id(session),
        text=f"In {days} days",
        owner_id=who.staff_id,
        due_on=TODAY + timedelta(days=days),
        made_at=cast.NOW,
        **more,
    )
    session.add(one)
    return one


def expected(session: Session, who: Actor, on: date = TODAY, customer: str = "C-1", **more: object) -> None:
    form = NewVisit(
        kind=VisitKind.VISIT, expected_on=on, form_key=f"visit-{customer}-{on}-{more}".replace(" ", ""), **more
    )
    visits.expect(session, who, cast.customer_id(session, customer), form, today=min(on, TODAY), now=cast.NOW)


def needed(session: Session, days: int, estimate: int | None, external_id: str = "O-2") -> None:
    order = session.exec(select(Order).where(Order.external_id == external_id)).one()
    on = None if estimate is None else TODAY + timedelta(days=estimate)
    session.add(Delivery(order_id=order.id, ship_on=TODAY, need_by_on=TODAY + timedelta(days=days), estimated_on=on))


def note(session: Session, who: Actor, days_ago: int, **more: object) -> None:
    at, carla = cast.NOW - timedelta(days=days_ago), cast.customer_id(session)
    talk = Interaction(customer_id=carla, channel="phone", happened_at=at)
    session.add(talk)
    session.flush()
    kind = more.pop("kind", NoteKind.OBSERVATION)
    session.add(
        Note(
            customer_id=carla,
            interaction_id=talk.id,
            kind=kind,
            text="Hm.",
            revision=1,
            author_id=who.staff_id,
            written_at=at,
            **more,
        )
    )


# --- mine -----------------------------------------------------------------------------------------------------------


def test_my_promises_stand_by_day_what_is_to_be_taken_back_first(session: Session, people: People) -> None:
    for days in (9, 6, 1, 0, -2):
        promised(session, people["ana"], days)
    promised(session, people["ana"], 3, dropped_because="Sold out", dropped_by=people["bo"].staff_id)
    promised(session, people["ana"], -9, kept_at=cast.NOW)
    promised(session, people["bo"], 0)
    mine = [(title, [line.row.text for line in lines]) for title, lines in panel(session, people["ana"]).mine]
    assert mine == [
        ("Cannot be kept: tell them", ["In 3 days"]),
        ("Late", ["In -2 days"]),
        ("Today", ["In 0 days"]),
        ("Tomorrow", ["In 1 days"]),
        ("This week", ["In 6 days"]),
    ]
    assert panel(session, people["ana"]).later == 1


def test_the_shell_counts_what_is_due_and_who_comes_to_me(session: Session, people: People) -> None:
    ana = people["ana"]
    assert today.waiting(session, ana, TODAY) == 0
    for days in (-3, 0, 1):
        promised(session, ana, days)
    promised(session, ana, 20, dropped_because="Sold out")
    promised(session, people["bo"], 0)
    expected(session, ana, with_id=ana.staff_id)
    expected(session, ana, with_id=people["bo"].staff_id)
    expected(session, ana, on=TODAY + timedelta(days=1), with_id=ana.staff_id)
    session.flush()
    assert today.waiting(session, ana, TODAY) == 4


# --- who comes ------------------------------------------------------------------------------------------------------


def test_everybody_sees_who_is_expected_and_who_was_and_nobody_said(session: Session, people: People) -> None:
    expected(session, people["bo"], at="15:00", with_id=people["bo"].staff_id)
    expected(session, people["bo"], at="09:00", customer="C-2")
    expected(session, people["bo"], on=TODAY - timedelta(days=1))
    expected(session, people["bo"], on=TODAY + timedelta(days=1))
    rows = panel(session, people["ana"]).expected
    assert [(row.customer_name, row.at, row.with_name, row.is_past) for row in rows] == [
        ("Carla Núñez", "", "", True),
        ("Dan", "09:00", "", False),
        ("Carla Núñez", "15:00", "Bo", False),
    ]


def test_where_too_many_are_expected_everybody_sees_their_own(
    session: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(today, "_MOST", 2)
    for hour in ("09", "10", "11"):
        expected(session, people["bo"], at=f"{hour}:00", with_id=people["bo"].staff_id)
    expected(session, people["bo"], at="12:00", with_id=people["ana"].staff_id)
    expected(session, people["bo"], at="13:00")
    assert [row.at for row in panel(session, people["ana"]).expected] == ["12:00", "13:00"]


def test_the_days_of_those_who_come_are_told_and_of_nobody_else(session: Session, people: People) -> None:
    for who, days in (("C-1", 2), ("C-1", 40), ("C-2", 1)):
        on = TODAY + timedelta(days=days)
        heard = {"heard_by": people["ana"].staff_id, "heard_at": cast.NOW, "words": ""}
        number = cast.customer_id(session, who)
        session.add(Occasion(customer_id=number, kind=OccasionKind.BIRTHDAY, month=on.month, day=on.day, **heard))
    expected(session, people["ana"])
    (line,) = panel(session, people["ana"]).occasions
    assert (line.customer_name, line.near.words, line.near.on) == ("Carla Núñez", "Birthday", TODAY + timedelta(days=2))


# --- what is in danger ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "estimate", "is_told"),
    [(5, 6, True), (5, 4, True), (5, 3, False), (3, None, True), (4, None, False), (-1, None, True), (-15, 0, False)],
)
def test_a_lead_sees_every_order_that_may_come_too_late(
    session: Session, people: People, days: int, estimate: int | None, is_told: bool
) -> None:
    needed(session, days, estimate)
    assert in_danger(session, people["bo"]) == (["O-2"] if is_told else [])


def test_an_agent_sees_those_of_customers_they_have_to_do_with(session: Session, people: People) -> None:
    needed(session, 5, 6)
    ana = people["ana"]
    assert panel(session, ana).needed == []
    note(session, ana, 31)
    note(session, people["bo"], 3)
    promised(session, people["bo"], 3)
    assert panel(session, ana).needed == []
    note(session, ana, 29)
    assert [row.order for row in panel(session, ana).needed] == ["O-2"]


@pytest.mark.parametrize(("made_days_ago", "kept", "is_told"), [(3, True, True), (40, True, False), (40, False, True)])
def test_a_promise_that_is_open_or_lately_made_ties_an_agent_to_a_customer(
    session: Session, people: People, made_days_ago: int, kept: bool, is_told: bool
) -> None:
    needed(session, 5, 6)
    one = promised(session, people["ana"], 30)
    one.made_at, one.kept_at = cast.NOW - timedelta(days=made_days_ago), cast.NOW if kept else None
    assert bool(in_danger(session, people["ana"])) is is_told


def test_what_arrived_is_in_no_danger_and_what_came_back_is_again(session: Session, people: People) -> None:
    needed(session, 1, 6)
    session.flush()
    delivery = session.exec(select(Delivery)).one()
    delivery.delivered_at = cast.NOW
    assert in_danger(session, people["bo"]) == []
    delivery.returned_at = cast.NOW
    assert len(in_danger(session, people["bo"])) == 1


def test_nobody_is_named_who_was_erased(session: Session, people: People) -> None:
    needed(session, 1, 6)
    session.exec(select(Customer).where(Customer.external_id == "C-1")).one().erased_at = cast.NOW
    assert in_danger(session, people["bo"]) == []


# --- the team -------------------------------------------------------------------------------------------------------


def test_leads_see_what_is_late_and_what_nobody_took_over_and_agents_do_not(session: Session, people: People) -> None:
    promised(session, people["ana"], -1)
    promised(session, people["ana"], 1)
    promised(session, people["bo"], -1)
    promised(session, people["mo"], 8)
    note(session, people["ana"], 200, kind=NoteKind.OPINION, review_on=TODAY)
    note(session, people["ana"], 100, kind=NoteKind.OPINION, review_on=TODAY + timedelta(days=1))
    session.exec(select(Staff).where(Staff.username == "mo")).one().is_active = False
    team = panel(session, people["bo"]).team
    assert team is not None
    assert [(line.row.text, line.row.owner) for line in team.late] == [("In -1 days", "Ana")]
    assert [(line.row.text, line.row.owner) for line in team.left] == [("In 8 days", "Mo")]
    assert team.opinions == 1
    assert panel(session, people["ana"]).team is None


def test_answers_that_are_owed_are_told(session: Session, people: People) -> None:
    ana, carla = people["ana"].staff_id, cast.customer_id(session)
    topic = RequestTopic(
        title="Oat milk",
        state=TopicState.DECLINED,
        because="No room",
        opened_by=ana,
        opened_at=cast.NOW,
        decided_at=cast.NOW,
    )
    session.add(topic)
    session.flush()
    heard = {"heard_by": ana, "heard_at": cast.NOW}
    session.add(RequestVoice(topic_id=topic.id, customer_id=carla, words="Oat milk?", **heard))
    assert [(row.customer_name, row.title) for row in panel(session, people["ana"]).owed] == [
        ("Carla Núñez", "Oat milk")
    ]
    assert panel(session, people["bo"]).owed == []


# --- however much there is ------------------------------------------------------------------------------------------


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    asked: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", hear)
    yield asked
    event.remove(engine, "before_cursor_execute", hear)


def test_a_full_day_takes_no_more_queries_than_a_quiet_one(session: Session, people: People) -> None:
    expected(session, people["bo"])
    needed(session, 1, 6)
    promised(session, people["ana"], -1)
    session.flush()
    with counted(session) as few:
        panel(session, people["bo"])
    for number in range(30):
        session.add(Customer(external_id=f"X-{number}", name=f"X {number}", name_folded=f"x {number}"))
    session.flush()
    for number in range(30):
        promised(session, people["bo"], -number)
        promised(session, people["ana"], -number - 1)
        expected(session, people["ana"], customer=f"X-{number}")
        note(session, people["ana"], number)
    session.flush()
    with counted(session) as many:
        full = panel(session, people["bo"])
    assert len(full.expected) == 31
    assert len(many) == len(few) <= 18
