import cast
import pytest
from sqlmodel import Session, select

from deskapp.desk import preferences
from deskapp.desk.customers import panel as customer_panel
from deskapp.rules.errors import Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.stops import StopKind
from deskapp.store import items
from deskapp.store import preferences as rows
from deskapp.store.tables import Audit

People = dict[str, Actor]


def wish(kind: str, value: str = "", key: str = "", **more: object) -> preferences.NewPreference:
    return preferences.NewPreference.model_validate(
        {"kind": kind, "value": value, "is_stated": False, "form_key": key or f"wish-{kind}-{value}".replace(" ", "-")}
        | more
    )


def test_a_preference_carries_who_heard_it_and_whether_it_was_said(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    preferences.record(session, people["ana"], carla, wish("like", "plum jam", is_stated=True), now=cast.NOW)
    (row,) = preferences.panel(session, carla, today=cast.NOW.date()).rows
    assert (row.kind_words, row.value, row.is_stated, row.heard_by) == ("Likes", "plum jam", True, "Ana")


def test_an_allergy_stands_among_the_hard_stops_of_the_panel(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    preferences.record(session, people["ana"], carla, wish("allergy", "nuts"), now=cast.NOW)
    preferences.record(session, people["ana"], carla, wish("no-gifts"), now=cast.NOW)
    stops = {stop.kind: stop.words for stop in customer_panel(session, carla, today=cast.NOW.date()).stops}
    assert stops == {"allergy": "nuts", "no-gifts": "No gifts"}


def test_a_wish_without_words_is_asked_for_them_unless_it_needs_none(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    with pytest.raises(Invalid):
        preferences.record(session, people["ana"], carla, wish("allergy"), now=cast.NOW)
    preferences.record(session, people["ana"], carla, wish("no-cards"), now=cast.NOW)


def test_not_for_them_becomes_a_dislike_of_that_item_once(session: Session, people: People) -> None:
    carla, mug = cast.customer_id(session), items.get_by_sku(session, "mug")
    for _ in range(2):
        preferences.not_for_them(session, people["ana"], carla, mug, now=cast.NOW)
    (stop,) = preferences.stops_of(p for p, _ in rows.list_preferences(session, carla))
    assert (stop.kind, stop.item_id) == (StopKind.DISLIKE, mug.id)


def test_withdrawing_undoes_it_and_twice_is_once(session: Session, people: People) -> None:
    carla, mug = cast.customer_id(session), items.get_by_sku(session, "mug")
    preferences.not_for_them(session, people["ana"], carla, mug, now=cast.NOW)
    (row,) = preferences.panel(session, carla, today=cast.NOW.date()).rows
    for _ in range(2):
        assert preferences.withdraw(session, people["bo"], row.id, now=cast.NOW) == carla
    assert preferences.panel(session, carla, today=cast.NOW.date()).rows == []
    actions = [line.action for line in session.exec(select(Audit).order_by(Audit.id)).all()]
    assert actions == ["preference.recorded", "preference.withdrawn"]


def test_the_audit_does_not_repeat_an_allergy(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    preferences.record(session, people["ana"], carla, wish("allergy", "canary seed"), now=cast.NOW)
    assert "canary" not in str([line.details for line in session.exec(select(Audit)).all()])


def test_an_unknown_preference_is_not_found(session: Session, people: People) -> None:
    with pytest.raises(NotFound):
        preferences.withdraw(session, people["ana"], 10**9, now=cast.NOW)
