"""A new password of one's own."""

import pytest
from sqlmodel import select

from deskapp.store.tables import Staff

OLD, NEW = "correct horse 42", "tulips in the rain"
FORM = {"form": "password", "form_key": "key-of-a-test", "current": OLD, "password": NEW}


def can_sign_in(app, password, username="ana") -> bool:
    return app.test_client().post("/sign-in", data={"username": username, "password": password}).status_code == 303


@pytest.mark.parametrize("username", ["ana", "del", "ada"])
def test_whoever_knows_the_present_one_sets_a_new_one_and_signs_in_anew_everywhere(app, at_desk, username):
    here, there = at_desk(username), at_desk(username)
    response = here.post("/password", data=FORM)
    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in")
    assert here.get("/password").status_code == there.get("/password").status_code == 303
    assert can_sign_in(app, NEW, username)
    assert not can_sign_in(app, OLD, username)


def test_a_seat_left_open_is_not_enough(app, at_desk):
    ana = at_desk("ana")
    response = ana.post("/password", data=FORM | {"current": "wrong"})
    assert response.status_code == 422
    assert "not your present password" in response.text.split('id="password-current-problem"')[1]
    assert NEW not in response.text
    assert can_sign_in(app, OLD)


def test_guessing_the_present_one_is_held_back_like_signing_in(app, at_desk):
    ana = at_desk("ana")
    statuses = [ana.post("/password", data=FORM | {"current": f"wrong {n}"}).status_code for n in range(6)]
    assert statuses == [422] * 5 + [429]
    assert ana.post("/password", data=FORM).status_code == 429


@pytest.mark.parametrize(
    ("password", "words"), [("short", "at least 8"), ("password1", "first passwords"), ("ana2026!", "first passwords")]
)
def test_a_bad_new_one_is_said_at_its_field_and_costs_no_try(at_desk, password, words):
    ana = at_desk("ana")
    for _ in range(7):
        response = ana.post("/password", data=FORM | {"password": password})
        assert response.status_code == 422
        assert words in response.text.split('id="password-password-problem"')[1]


def test_a_stranger_has_no_password_here(visitor):
    assert visitor.get("/password").status_code == 303
    assert visitor.post("/password", data=FORM).status_code == 401


# --- the PIN --------------------------------------------------------------------------------------------------------

PIN = {"form": "pin", "form_key": "key-of-a-pin", "current": OLD, "pin": "739158"}


def test_a_pin_is_set_with_the_present_password_and_ends_no_seat(at_desk, db):
    bo = at_desk("bo")
    response = bo.post("/pin", data=PIN)
    assert (response.status_code, response.headers["Location"]) == (303, "/password?set=pin")
    assert "Your PIN is set." in bo.get("/password?set=pin").text
    with db.reading() as session:
        kept = session.exec(select(Staff).where(Staff.username == "bo")).one()
        assert kept.pin_hash.startswith("$argon2id$")
        assert "739158" not in kept.pin_hash


def test_without_the_present_password_no_pin_is_set_and_neither_is_shown(at_desk, db):
    bo = at_desk("bo")
    response = bo.post("/pin", data=PIN | {"current": "wrong words"})
    assert response.status_code == 422
    assert "not your present password" in response.text.split('id="pin-current-problem"')[1]
    assert "739158" not in response.text
    assert "wrong words" not in response.text
    with db.reading() as session:
        assert {one.pin_hash for one in session.exec(select(Staff))} == {None}


@pytest.mark.parametrize(
    ("pin", "words"), [("123456", "first PINs"), ("140385", "reads as a date"), ("12", "6 digits"), ("", "6 digits")]
)
def test_a_weak_pin_is_said_at_its_field_and_costs_no_try(at_desk, pin, words):
    bo = at_desk("bo")
    for _ in range(7):
        response = bo.post("/pin", data=PIN | {"pin": pin})
        assert response.status_code == 422
        assert words in response.text.split('id="pin-pin-problem"')[1]


def test_guessing_the_password_to_set_a_pin_is_held_back(at_desk):
    bo = at_desk("bo")
    statuses = [bo.post("/pin", data=PIN | {"current": f"wrong {n}"}).status_code for n in range(6)]
    assert statuses == [422] * 5 + [429]


def test_a_password_that_an_admin_sets_ends_the_pin(at_desk, db, staff):
    at_desk("bo").post("/pin", data=PIN)
    bo = staff["bo"].staff_id
    assert at_desk("ada").post(f"/staff/{bo}/password", data={"form_key": "k" * 9, "password": NEW}).status_code == 303
    with db.reading() as session:
        assert session.get_one(Staff, bo).pin_hash is None
