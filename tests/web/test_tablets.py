"""Shared tablets: who enrols one, who changes to themselves on it by PIN, and that it locks."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pages import form
from sqlmodel import select

from deskapp.desk import pins, seats
from deskapp.desk.throttle import PER_TABLET
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.host_tables import Tablet
from deskapp.store.tables import Audit, Seat, Staff
from deskapp.web.guard import token_for

PINS = {"ana": "739158", "bo": "284617"}
PASSWORD = "correct horse 42"


@pytest.fixture
def with_pins(app: Flask, db: Database) -> None:
    """Ana and Bo have one."""
    key = app.extensions["deskapp"].signing_key
    with db.writing() as session:
        for row in session.exec(select(Staff).where(Staff.username.in_(PINS))):
            row.pin_hash = pins.hash_pin(PINS[row.username], signing_key=key)


@pytest.fixture
def tablet(app: Flask, with_pins: None, at_desk: Callable[[str], FlaskClient]) -> FlaskClient:
    """A browser that Bo enrolled and where Bo sits."""
    client = at_desk("bo")
    sent = client.post("/tablets", data=form(client.get("/tablets"), "/tablets") | {"name": "By the till"})
    assert (sent.status_code, sent.location) == (303, "/tablets")
    return client


def change(client: FlaskClient, who: Actor | int, pin: str, **more: str):
    number = who if isinstance(who, int) else who.staff_id
    return client.post("/change", data={"form": "change", "who": number, "pin": pin, **more})


def name_on(client: FlaskClient, path: str = "/today") -> str:
    """Who acts, as the bar says it."""
    found = re.search(r'href="/password"[^>]*><b>(\w+)</b>', client.get(path).text)
    return found[1] if found else ""


def lock(client: FlaskClient, app: Flask, **more: str):
    token = client.get_cookie("deskapp").value
    csrf = token_for(app.extensions["deskapp"].signing_key, seats.hash_token(token))
    return client.post("/lock", data={"csrf": csrf, **more}, headers={"X-CSRF": csrf})


# --- enrolling ------------------------------------------------------------------------------------------------------


def test_a_lead_makes_this_browser_a_shared_tablet_once_however_often_it_is_tapped(
    app: Flask, at_desk: Callable[[str], FlaskClient], db: Database
) -> None:
    bo = at_desk("bo")
    filled = form(bo.get("/tablets"), "/tablets") | {"name": "By the till"}
    bo.set_cookie("__Host-deskapp", bo.get_cookie("deskapp").value)
    answers = [bo.post("/tablets", data=filled, base_url="https://localhost") for _ in range(2)]
    cookies = [re.fullmatch(r"__Host-deskapp-tablet=(\w+); (.*)", a.headers["Set-Cookie"]) for a in answers]
    assert cookies[0][1] == cookies[1][1]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=34560000"} <= set(cookies[0][2].split("; "))
    with db.reading() as session:
        (row,) = session.exec(select(Tablet)).all()
        assert row.token_hash == seats.hash_token(cookies[0][1])
        assert [one.subject for one in session.exec(select(Audit).where(Audit.action == "tablet.enrolled"))] == [
            "tablet:1"
        ]


def test_an_agent_may_not(at_desk: Callable[[str], FlaskClient]) -> None:
    ana = at_desk("ana")
    assert ana.get("/tablets").status_code == 403
    assert ana.post("/tablets", data={"name": "Mine", "form_key": "k" * 12}).status_code == 403
    assert 'href="/tablets"' not in ana.get("/").text


def test_the_bar_of_a_shared_tablet_names_who_acts_and_offers_change_and_lock(
    tablet: FlaskClient, at_desk: Callable[[str], FlaskClient]
) -> None:
    page = tablet.get("/today").text
    assert name_on(tablet) == "Bo"
    assert 'href="/change"' in page
    assert 'action="/lock" data-lock-minutes="3"' in page
    assert 'action="/sign-out"' not in page
    assert "this browser" in tablet.get("/tablets").text
    elsewhere = at_desk("bo").get("/today").text
    assert 'action="/lock"' not in elsewhere
    assert 'action="/sign-out"' in elsewhere


# --- changing -------------------------------------------------------------------------------------------------------


def test_a_name_and_its_pin_make_a_new_seat_and_the_former_one_is_left(
    tablet: FlaskClient, app: Flask, db: Database, staff: dict[str, Actor]
) -> None:
    former = tablet.get_cookie("deskapp").value
    page = tablet.get("/change")
    assert re.findall(r'name="who" value="(\d+)" required> <bdi>(\w+)', page.text) == [
        (str(staff["bo"].staff_id), "Bo"),
        (str(staff["ana"].staff_id), "Ana"),
    ]
    sent = change(tablet, staff["ana"], PINS["ana"], next="/customers/1")
    assert (sent.status_code, sent.location) == (303, "/")  # what Bo looked at is not shown to Ana
    assert name_on(tablet) == "Ana"
    old = app.test_client()
    old.set_cookie("deskapp", former)
    assert old.get("/").status_code == 303
    with db.reading() as session:
        live = session.exec(select(Seat).where(Seat.revoked_at.is_(None))).all()
        assert [(one.staff_id, one.tablet_id) for one in live] == [(staff["ana"].staff_id, 1)]
        (line,) = session.exec(select(Audit).where(Audit.action == "staff.changed-by-pin")).all()
        assert (line.staff_id, line.details) == (staff["ana"].staff_id, {"tablet": 1})


def test_nobody_changes_on_a_browser_that_is_not_or_no_longer_enrolled(
    tablet: FlaskClient, app: Flask, visitor: FlaskClient, at_desk, staff: dict[str, Actor], db: Database
) -> None:
    for client in (visitor, at_desk("ana")):
        assert client.get("/change?next=/today").location == "/sign-in?next=/today"
        refused = change(client, staff["bo"], PINS["bo"])
        assert refused.status_code == 403
        assert "not one of the shop" in refused.text
        assert "Set-Cookie" not in refused.headers
    guessed = app.test_client()
    guessed.set_cookie("deskapp-tablet", "tablet_" + "0" * 64)
    assert change(guessed, staff["bo"], PINS["bo"]).status_code == 403
    assert at_desk("mo").post("/tablets/1/revoke", data={"form_key": "k" * 12}).status_code == 303
    assert tablet.get("/today").status_code == 303  # whoever sat there is out
    assert change(tablet, staff["bo"], PINS["bo"]).status_code == 403
    assert tablet.get("/change").location == "/sign-in"


def test_whoever_revokes_the_tablet_that_they_sit_at_stands_at_the_door_of_names_and_passwords(
    tablet: FlaskClient, app: Flask
) -> None:
    again, former = app.test_client(), tablet.get_cookie("deskapp-tablet").value
    again.set_cookie("deskapp-tablet", former)
    assert "Change by PIN instead" in again.get("/sign-in").text
    filled = form(tablet.get("/tablets"), "/tablets/1/revoke")
    sent = tablet.post("/tablets/1/revoke", data=filled, headers={"HX-Request": "true"})
    assert sent.headers["HX-Redirect"] == "/sign-in"
    assert tablet.get_cookie("deskapp-tablet") is None
    assert "Change by PIN instead" not in again.get("/sign-in").text


def test_the_same_is_said_of_a_wrong_pin_of_none_and_of_nobody(tablet: FlaskClient, staff: dict[str, Actor]) -> None:
    said = set()
    for who, pin in ((staff["ana"].staff_id, "000000"), (staff["mo"].staff_id, PINS["ana"]), (98765, PINS["ana"])):
        answer = change(tablet, who, pin)
        assert answer.status_code == 422
        assert "Set-Cookie" not in answer.headers
        assert pin not in answer.text
        said.add(re.search(r'<p class="problem"[^>]*>(.*?)</p>', answer.text)[1])
    assert len(said) == 1
    assert name_on(tablet) == "Bo"


def test_a_pin_opens_only_where_its_owner_s_name_stands(
    tablet: FlaskClient, staff: dict[str, Actor], db: Database
) -> None:
    """A thirteenth name does not stand there, but is of the team."""
    with db.writing() as session:
        session.get_one(Staff, staff["ana"].staff_id).team = "Elsewhere"
        bo = session.get_one(Staff, staff["bo"].staff_id)
        known = bo.model_dump(include={"password_hash", "role", "team", "pin_hash", "created_at"})
        session.add_all([Staff(username=f"a{n}", name=f"A {n}", **known) for n in range(12)])
        last = Staff(username="zoe", name="Zoe", **known)
        session.add(last)
        session.flush()
        zoe = last.id
    unnamed = change(tablet, staff["ana"], PINS["ana"])
    assert unnamed.status_code == 422
    assert "does not belong to that person" in unnamed.text
    assert name_on(tablet) == "Bo"
    assert "Zoe" not in tablet.get("/change").text
    assert change(tablet, zoe, PINS["bo"]).status_code == 303
    assert name_on(tablet) == "Zoe"


def test_one_pin_is_tried_five_times_and_a_tablet_ten(tablet: FlaskClient, staff: dict[str, Actor], clock) -> None:
    ana, bo, mo = (staff[name] for name in ("ana", "bo", "mo"))
    assert [change(tablet, ana, "000000").status_code for _ in range(5)] == [422] * 5
    assert change(tablet, ana, PINS["ana"]).status_code == 429
    assert change(tablet, bo, PINS["bo"]).status_code == 303  # another's is not held back, and gives its own try back
    tries = PER_TABLET - 5
    assert [change(tablet, mo, "000000").status_code for _ in range(tries)] == [422] * tries
    assert change(tablet, bo, PINS["bo"]).status_code == 429
    assert tablet.post("/sign-in", data={"username": "bo", "password": PASSWORD}).status_code == 303
    clock.moves(minutes=15)
    assert change(tablet, ana, PINS["ana"]).status_code == 303


def test_somebody_else_signs_in_by_password_is_locked_too_and_stands_among_the_names_with_a_pin(
    tablet: FlaskClient, staff: dict[str, Actor], db: Database, clock
) -> None:
    with db.writing() as session:  # of another team, so that only having been here puts a name there
        session.get_one(Staff, staff["ana"].staff_id).team = "Elsewhere"
    assert "Ana" not in tablet.get("/change").text
    assert tablet.post("/sign-in", data={"username": "ana", "password": PASSWORD}).location == "/"
    assert 'action="/lock"' in tablet.get("/").text
    assert "Ana" in tablet.get("/change").text
    clock.moves(days=31)
    assert "Ana" not in tablet.get("/change").text


# --- locking --------------------------------------------------------------------------------------------------------


def test_after_three_minutes_without_use_the_desk_refuses_the_seat(tablet: FlaskClient, at_desk, clock) -> None:
    elsewhere = at_desk("bo")
    for _ in range(4):
        clock.moves(minutes=2)
        assert tablet.get("/still-here").status_code == 204
    clock.moves(minutes=3)
    assert tablet.get("/customers/1").location == "/change?next=/customers/1"
    assert tablet.get("/still-here", headers={"HX-Request": "true"}).status_code == 401
    assert elsewhere.get("/customers/1").status_code == 200


@pytest.mark.parametrize(("who", "place"), [("bo", "/customers/1"), ("ana", "/")])
def test_after_the_lock_only_the_same_person_is_led_back(
    tablet: FlaskClient, app: Flask, staff: dict[str, Actor], who: str, place: str
) -> None:
    locked = lock(tablet, app, next="/customers/1")
    assert (locked.status_code, locked.location) == (303, "/change?next=/customers/1")
    assert tablet.get("/customers/1").status_code == 303
    page = tablet.get(locked.location).text
    assert f'value="{staff["bo"].staff_id}" required checked' in page
    assert "Carla" not in page
    assert change(tablet, staff[who], PINS[who], next="/customers/1").location == place
    assert name_on(tablet) == who.capitalize()


@pytest.mark.parametrize("next_one", ["//evil.example", "https://evil.example/", "/\\evil.example", "/sign-out"])
def test_no_lock_leads_away_from_the_desk(tablet: FlaskClient, app: Flask, staff, next_one: str) -> None:
    assert lock(tablet, app, next=next_one).location == "/change?next=/"
    assert change(tablet, staff["bo"], PINS["bo"], next=next_one).location == "/"


def test_a_change_is_refused_from_another_site(tablet: FlaskClient, staff: dict[str, Actor]) -> None:
    data = {"who": staff["ana"].staff_id, "pin": PINS["ana"]}
    assert tablet.post("/change", data=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
