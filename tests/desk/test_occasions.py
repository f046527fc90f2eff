from datetime import date, timedelta

import cast
import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from deskapp.desk import occasions
from deskapp.rules.errors import Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.tables import Audit

People = dict[str, Actor]
TODAY = date(2026, 3, 14)


def keep(session: Session, actor: Actor, kind: str, month: int, day: int, words: str = "", who: str = "C-1") -> None:
    form = occasions.NewOccasion(
        kind=kind, month=month, day=day, words=words, form_key=f"day-{kind}-{month}-{day}-{who}-{len(words)}"
    )
    occasions.record(session, actor, cast.customer_id(session, who), form, now=cast.NOW)


def test_days_stand_in_the_order_in_which_they_come(session: Session, people: People) -> None:
    keep(session, people["ana"], "anniversary", 3, 1, "of the shop")
    keep(session, people["ana"], "birthday", 3, 20)
    keep(session, people["ana"], "other", 4, 1, "Moved in here")
    rows = occasions.list_rows(session, cast.customer_id(session), today=TODAY)
    assert [(row.words, row.when, row.heard_by) for row in rows] == [
        ("Birthday", "in 6 days", "Ana"),
        ("Moved in here", "in 18 days", "Ana"),
        ("Anniversary: of the shop", "", "Ana"),
    ]


def test_near_days_are_told_of_one_customer_and_of_many(session: Session, people: People) -> None:
    carla, dan = cast.customer_id(session), cast.customer_id(session, "C-2")
    keep(session, people["ana"], "birthday", 4, 13)
    keep(session, people["ana"], "name-day", 3, 14)
    keep(session, people["ana"], "birthday", 4, 14, who="C-2")
    near = occasions.list_near(session, carla, today=TODAY)
    assert [(one.kind, one.words, one.on) for one in near] == [
        ("name-day", "Name day", TODAY),
        ("birthday", "Birthday", TODAY + timedelta(days=30)),
    ]
    assert occasions.list_near_of(session, [carla, dan], today=TODAY) == {carla: near}
    assert occasions.list_near(session, carla, today=TODAY, days=1) == near[:1]


def test_the_same_day_twice_is_one_and_can_be_removed(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    keep(session, people["ana"], "birthday", 5, 3)
    form = occasions.NewOccasion(kind="birthday", month=5, day=3, form_key="another-key")
    occasions.record(session, people["bo"], carla, form, now=cast.NOW)
    (row,) = occasions.list_rows(session, carla, today=TODAY)
    for _ in range(2):
        assert occasions.withdraw(session, people["bo"], row.id, now=cast.NOW) == carla
    assert occasions.list_rows(session, carla, today=TODAY) == []
    lines = session.exec(select(Audit).order_by(Audit.id)).all()
    assert [(line.action, line.subject) for line in lines] == [
        ("occasion.recorded", f"customer:{carla}"),
        ("occasion.withdrawn", f"customer:{carla}"),
    ]
    assert "5" not in str([line.details for line in lines]), "the audit does not keep the day"


@pytest.mark.parametrize(
    ("month", "day", "words", "field"), [(2, 30, "x", "day"), (6, 31, "x", "day"), (6, 1, "", "words")]
)
def test_what_is_no_day_or_has_no_words_is_asked_for(
    session: Session, people: People, month, day, words, field
) -> None:
    with pytest.raises(Invalid) as caught:
        keep(session, people["ana"], "other", month, day, words)
    assert set(caught.value.problems) == {field}


def test_a_year_has_no_field() -> None:
    with pytest.raises(ValidationError):
        occasions.NewOccasion(kind="birthday", month=5, day=3, year=1980, form_key="some-key")


def test_an_unknown_day_is_not_found(session: Session, people: People) -> None:
    with pytest.raises(NotFound):
        occasions.withdraw(session, people["ana"], 10**9, now=cast.NOW)
