"""A new password of one's own."""

import pytest

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
