"""Visits and calls that are expected: on both engines."""

from datetime import date, timedelta

import cast
import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, select

from deskapp.desk import visits
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.memory_tables import Visit, VisitKind
from deskapp.store.tables import Audit

People = dict[str, Actor]
TODAY = cast.NOW.date()


def coming(on: date = TODAY, key: str = "visit-key-1", **more: object) -> visits.NewVisit:
    return visits.NewVisit(kind=VisitKind.VISIT, expected_on=on, form_key=key, **more)


def expect(session: Session, people: People, form: visits.NewVisit) -> int:
    visits.expect(session, people["ana"], cast.customer_id(session), form, today=TODAY, now=cast.NOW)
    return session.exec(select(Visit.id).order_by(col(Visit.id).desc())).first() or 0


def rows(session: Session, today: date = TODAY) -> list[visits.VisitRow]:
    return visits.panel(session, cast.customer_id(session), today=today).rows


def actions(session: Session) -> list[str]:
    found = session.exec(select(Audit).where(col(Audit.action).startswith("visit.")).order_by(col(Audit.id)))
    return [line.action.removeprefix("visit.") for line in found if line.subject.startswith("customer:")]


def test_who_is_expected_stands_on_the_panel_until_they_came(session: Session, people: People) -> None:
    number = expect(session, people, coming(at="14:30", words="To try the lamp", with_id=people["bo"].staff_id))
    (row,) = rows(session)
    assert (row.kind, row.at, row.words, row.with_name, row.is_past) == (
        "visit",
        "14:30",
        "To try the lamp",
        "Bo",
        False,
    )
    for _ in range(2):
        visits.come(session, people["bo"], number, now=cast.NOW)
    assert rows(session) == []
    assert actions(session) == ["expected", "came"]


def test_the_earliest_stands_first_and_a_time_behind_any_time_of_its_day(session: Session, people: People) -> None:
    expect(session, people, coming(TODAY + timedelta(days=1), "visit-key-1"))
    expect(session, people, coming(TODAY, "visit-key-2", at="15:00"))
    expect(session, people, coming(TODAY, "visit-key-3", at="09:00"))
    expect(session, people, coming(TODAY, "visit-key-4"))
    assert [row.at for row in rows(session)] == ["", "09:00", "15:00", ""]


def test_a_form_sent_twice_expects_them_once(session: Session, people: People) -> None:
    for _ in range(2):
        expect(session, people, coming())
    assert len(rows(session)) == 1


def test_who_did_not_come_is_expected_no_more_and_may_still_turn_up(session: Session, people: People) -> None:
    number = expect(session, people, coming())
    for _ in range(2):
        visits.miss(session, people["ana"], number, now=cast.NOW)
    assert rows(session) == []
    visits.come(session, people["ana"], number, now=cast.NOW)
    visits.miss(session, people["ana"], number, now=cast.NOW)
    assert actions(session) == ["expected", "missed", "came"]
    stored = session.exec(select(Visit)).one()
    assert (stored.came_at, stored.cancelled_at) == (cast.NOW, None)


def test_a_visit_is_moved_and_then_no_more_once_it_is_settled(session: Session, people: People) -> None:
    number = expect(session, people, coming(at="09:00"))
    to = visits.Moved(expected_on=TODAY + timedelta(days=2), at="", form_key="move-key-1")
    for _ in range(2):
        visits.move(session, people["bo"], number, to, today=TODAY, now=cast.NOW)
    assert [(row.expected_on, row.at) for row in rows(session)] == [(TODAY + timedelta(days=2), "")]
    visits.come(session, people["ana"], number, now=cast.NOW)
    again = to.model_copy(update={"form_key": "move-key-2"})
    with pytest.raises(Conflict, match="whether they came"):
        visits.move(session, people["bo"], number, again, today=TODAY, now=cast.NOW)
    assert actions(session) == ["expected", "moved", "came"]


def test_for_a_week_it_is_asked_whether_they_came(session: Session, people: People) -> None:
    expect(session, people, coming())
    assert [row.is_past for row in rows(session, TODAY + timedelta(days=7))] == [True]
    assert rows(session, TODAY + timedelta(days=8)) == []


@pytest.mark.parametrize("days", [-1, 367])
def test_nobody_is_expected_yesterday_or_in_two_years(session: Session, people: People, days: int) -> None:
    with pytest.raises(Invalid, match="today or a later day"):
        expect(session, people, coming(TODAY + timedelta(days=days)))


@pytest.mark.parametrize("time", ["25:00", "9:00", "09:60", "0900", "noon", "٠٩:٠٠", "09:00:00"])
def test_a_time_that_no_clock_shows_is_refused_with_a_sentence(time: str) -> None:
    with pytest.raises(ValidationError, match=r"14:30|at most 5"):
        coming(at=time)


@pytest.mark.parametrize("who", ["del", "nobody"])
def test_nobody_is_expected_by_who_serves_no_customers(session: Session, people: People, who: str) -> None:
    number = people[who].staff_id if who in people else 10**9
    with pytest.raises(Invalid, match="a colleague who still works here"):
        expect(session, people, coming(with_id=number))


def test_words_pass_the_guard(session: Session, people: People) -> None:
    with pytest.raises(Invalid):
        expect(session, people, coming(words="Pays with 4111 1111 1111 1111"))
    assert rows(session) == []


@pytest.mark.parametrize("act", [visits.come, visits.miss])
def test_an_unknown_visit_is_not_found(session: Session, people: People, act) -> None:
    with pytest.raises(NotFound):
        act(session, people["ana"], 10**9, now=cast.NOW)
