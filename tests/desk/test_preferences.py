from datetime import datetime, timedelta

import cast
import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from deskapp.desk import notes, preferences
from deskapp.desk.customers import panel as customer_panel
from deskapp.desk.inputs import Keyed
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.stops import StopKind
from deskapp.store import items
from deskapp.store import preferences as rows
from deskapp.store.memory_tables import NoteKind, Preference, PreferenceKind
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


# --- what it refers to, and how long it counts ----------------------------------------------------------------------

LATE = cast.NOW + timedelta(days=365)


def the_rows(session: Session, now: datetime = cast.NOW) -> list[preferences.PreferenceRow]:
    return preferences.panel(session, cast.customer_id(session), today=now.date()).rows


def say(session: Session, actor: Actor, kind: str, value: str = "", **more: object) -> None:
    preferences.record(session, actor, cast.customer_id(session), wish(kind, value, **more), now=cast.NOW)


def test_a_category_is_written_as_the_catalogue_writes_it(session: Session, people: People) -> None:
    say(session, people["ana"], "like", category="preSERVES")
    (row,) = the_rows(session)
    assert (row.value, row.about) == ("Preserves", "")


def test_an_item_is_found_by_words_of_its_name(session: Session, people: People) -> None:
    say(session, people["ana"], "dislike", "too sweet", item="plum jam")
    (row,) = the_rows(session)
    assert (row.value, row.about) == ("too sweet", "Plum jam")
    (stop,) = preferences.stops_of_customer(session, cast.customer_id(session), today=cast.NOW.date())
    assert stop.item_id == cast.item_id(session, "jam")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "like", "category": "Spaceships"}, "category"),
        ({"kind": "like", "item": "spaceship"}, "item"),
        ({"kind": "like", "item": "e"}, "item"),
        ({"kind": "like", "item": "jam", "category": "Preserves"}, "category"),
        ({"kind": "pronunciation", "value": "x", "category": "Preserves"}, "category"),
        ({"kind": "no-gifts", "item": "jam"}, "item"),
        ({"kind": "diet"}, "value"),
    ],
)
def test_what_cannot_be_meant_is_asked_for(session: Session, people: People, more: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        say(session, people["ana"], **more)
    assert set(caught.value.problems) == {field}


def test_no_contact_needs_no_words_and_is_a_stop_and_no_wish_about_how(session: Session, people: People) -> None:
    say(session, people["ana"], "contact-wish", is_stated=True)
    shown = customer_panel(session, cast.customer_id(session), today=cast.NOW.date())
    assert [(one.kind, one.words) for one in shown.stops] == [("no-contact", "No contact")]


def test_a_guess_asks_after_a_year_and_counts_no_more_until_it_is_confirmed(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    say(session, people["ana"], "dislike", "roses")
    say(session, people["ana"], "like", "tea")
    assert len(preferences.stops_of_customer(session, carla, today=LATE.date() - timedelta(days=1))) == 1
    assert preferences.stops_of_customer(session, carla, today=LATE.date()) == []
    assert [(row.asks, row.is_faded) for row in the_rows(session, LATE)] == [(True, True)] * 2
    assert customer_panel(session, carla, today=LATE.date()).facts == []
    roses = next(row for row in the_rows(session, LATE) if row.value == "roses")
    assert preferences.confirm(session, people["bo"], roses.id, Keyed(form_key="still-so-key"), now=LATE) == carla
    session.flush()
    assert [stop.words for stop in preferences.stops_of_customer(session, carla, today=LATE.date())] == ["roses"]


def test_what_they_said_and_a_guess_that_guards_them_go_on_counting(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    say(session, people["ana"], "dislike", "roses", is_stated=True)
    say(session, people["ana"], "allergy", "nuts")
    found = preferences.stops_of_customer(session, carla, today=LATE.date() + timedelta(days=999))
    assert {stop.words for stop in found} == {"roses", "nuts"}


def test_a_change_takes_the_place_of_the_old_one_with_its_source(session: Session, people: People) -> None:
    note = notes.NewNote(text="Likes tea.", kind=NoteKind.OBSERVATION, channel="phone", form_key="note-key-1")
    note_id = notes.record(session, people["ana"], cast.customer_id(session), note, now=cast.NOW)
    heard = {"customer_id": cast.customer_id(session), "heard_by": people["ana"].staff_id, "heard_at": cast.NOW}
    old = Preference(kind=PreferenceKind.LIKE, value="tea", is_stated=False, note_id=note_id, category="Tea", **heard)
    session.add(old)
    session.flush()
    form = preferences.ChangedPreference(value="green tea", is_stated=True, form_key="change-key-1")
    for _ in range(2):
        preferences.change(session, people["bo"], old.id, form, now=LATE)
    (row,) = the_rows(session, LATE)
    assert (row.value, row.is_stated, row.note_id, row.about) == ("green tea", True, note_id, "Tea")
    assert (row.heard_by, old.withdrawn_by) == ("Bo", people["bo"].staff_id)
    again = preferences.ChangedPreference(value="black tea", is_stated=True, form_key="change-key-2")
    with pytest.raises(Conflict):
        preferences.change(session, people["ana"], old.id, again, now=LATE)


def test_what_they_say_takes_the_place_of_our_guess_and_never_the_other_way_round(
    session: Session, people: People
) -> None:
    say(session, people["ana"], "like", "Plum jam", key="wish-key-1")
    say(session, people["ana"], "like", "plum JAM", key="wish-key-2", is_stated=True)
    say(session, people["ana"], "like", "plum jam", key="wish-key-3")
    assert [(row.value, row.is_stated) for row in the_rows(session)] == [("plum JAM", True)]


@pytest.mark.parametrize("words", ["x\0y", "x" * 201])
def test_what_cannot_be_kept_is_refused(words: str) -> None:
    with pytest.raises(ValidationError):
        wish("like", words)


@pytest.mark.parametrize("words", ["👩‍👩‍👧", "\u202eabc", "z̸̢a̵l̶g̸o̸", "{{ 7 * 7 }}", "<b hx-get=/x>", "'; DROP TABLE"])
def test_whatever_else_is_typed_is_kept_as_it_is(session: Session, people: People, words: str) -> None:
    say(session, people["ana"], "like", words, key="typed-key")
    assert [row.value for row in the_rows(session)] == [words]
