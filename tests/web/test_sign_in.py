"""The door: who gets in, what is said to who does not, and how often it may be tried."""

import pytest
from sqlmodel import select

from deskapp.desk import passwords
from deskapp.store.tables import Audit, Staff

PASSWORD = "correct horse 42"


def try_with(client, username="ana", password=PASSWORD, **more):
    return client.post("/sign-in", data={"form": "sign-in", "username": username, "password": password, **more})


# --- in -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "path"), [("ana", "/"), ("bo", "/"), ("mo", "/"), ("ada", "/"), ("del", "/deliveries")]
)
def test_everybody_lands_where_their_work_is(visitor, username, path):
    response = try_with(visitor, username)
    assert (response.status_code, response.headers["Location"]) == (303, path)
    assert visitor.get(path).status_code == 200


def test_the_name_is_taken_however_it_is_capitalised_and_the_password_only_as_it_is(visitor):
    assert try_with(visitor, "  ANA ").status_code == 303
    assert try_with(visitor, "ana", PASSWORD + " ").status_code == 422
    assert try_with(visitor, "ana", PASSWORD.upper()).status_code == 422


def test_signing_in_is_written_down(visitor, db, staff):
    try_with(visitor)
    with db.reading() as session:
        actions = [(row.action, row.staff_id) for row in session.exec(select(Audit))]
    assert ("staff.signed-in", staff["ana"].staff_id) in actions


def test_an_old_hash_is_made_anew_at_the_next_sign_in(visitor, db):
    def stored():
        with db.reading() as session:
            return session.exec(select(Staff.password_hash).where(Staff.username == "ana")).one()

    assert passwords.is_outdated(stored())
    try_with(visitor)
    assert not passwords.is_outdated(stored())
    assert passwords.matches(PASSWORD, stored())


# --- not in ---------------------------------------------------------------------------------------------------------


def test_the_same_is_said_of_a_wrong_password_a_stranger_and_somebody_who_left(visitor, at_desk, staff):
    at_desk("ada").post(f"/staff/{staff['bo'].staff_id}/disable", data={"form_key": "key-of-a-test"})
    said = set()
    for username, password in (("ana", "wrong"), ("nobody", PASSWORD), ("bo", PASSWORD)):
        response = try_with(visitor, username, password)
        assert response.status_code == 422
        assert "Set-Cookie" not in response.headers
        text = response.text.split("<main")[1].replace(f'value="{username}"', "NAME")
        said.add("".join(line for line in text.splitlines(keepends=True) if "form_key" not in line))
    assert len(said) == 1
    assert "do not belong together" in said.pop()


def test_as_much_work_is_done_for_a_stranger_as_for_somebody_known(visitor, monkeypatch):
    tried = []

    class Counting:
        def verify(self, stored, password):
            tried.append(stored)
            raise passwords.VerificationError

    monkeypatch.setattr(passwords, "_hasher", Counting())
    try_with(visitor, "ana", "wrong")
    try_with(visitor, "nobody", "wrong")
    assert len(tried) == 2
    assert tried[1] == passwords.NOBODYS_HASH


def test_what_was_typed_is_kept_but_for_the_password(visitor):
    page = try_with(visitor, "ana", "my wrong password", next="/customers/1").text
    assert 'value="ana"' in page
    assert 'value="/customers/1"' in page
    assert "my wrong password" not in page


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"username": "ana"},
        {"password": "x"},
        {"username": "", "password": ""},
        {"username": "a" * 5000, "password": "b" * 5000},
        {"username": "ana' OR 1=1 --", "password": "x"},
        {"username": "\U0001f431", "password": "\u202e"},
    ],
    ids=str,
)
def test_whatever_is_typed_is_answered_with_the_form_and_a_sentence(visitor, data):
    response = visitor.post("/sign-in", data={"form": "sign-in", **data})
    assert response.status_code == 422
    assert 'class="problem' in response.text
    assert "Set-Cookie" not in response.headers


def test_a_field_that_the_form_does_not_have_is_refused(visitor):
    assert try_with(visitor, role="admin").status_code == 422


def test_inside_another_sites_frame_the_door_says_what_to_do(visitor):
    page = visitor.get("/sign-in", headers={"Sec-Fetch-Dest": "iframe"}).text
    assert "in a tab of its own" in page
    assert "in a tab of its own" not in visitor.get("/sign-in").text


# --- and back where they were going ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/customers/1", "/customers/1?tab=notes", "/customers/find?q=%C3%A9", "/limits#top"])
def test_after_signing_in_one_is_where_one_was_going(visitor, path):
    assert try_with(visitor, next=path).headers["Location"] == path


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/customers\r\nSet-Cookie: a=b",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "http:evil.example",
        "///evil.example",
        "/\u2028/evil.example",
        "\x01//evil.example",
        "/sign-out",
        "",
    ],
    ids=repr,
)
def test_nothing_leads_away_from_the_desk(visitor, path):
    response = try_with(visitor, next=path)
    assert response.headers["Location"] == "/"
    assert len(response.headers.getlist("Set-Cookie")) == 1


# --- how often ------------------------------------------------------------------------------------------------------


def test_after_five_failures_even_the_right_password_has_to_wait(visitor, clock):
    for _ in range(5):
        assert try_with(visitor, "ana", "wrong").status_code == 422
    clock.moves(minutes=4)
    refused = try_with(visitor, "ana")
    assert refused.status_code == 429
    assert "wait 11 minutes" in refused.text
    assert refused.headers["Retry-After"] == str(11 * 60)
    assert "Set-Cookie" not in refused.headers
    clock.moves(minutes=11)
    assert try_with(visitor, "ana").status_code == 303


def test_a_name_that_nobody_has_is_held_back_just_the_same(visitor):
    statuses = [try_with(visitor, "nobody", "wrong").status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]


def test_writing_the_name_otherwise_gives_no_further_tries(visitor):
    statuses = [try_with(visitor, name, "wrong").status_code for name in ("ana", "ANA", " Ana", "aNa ", "anA", "ana")]
    assert statuses[-1] == 429


def test_getting_in_forgives_the_failures_before(visitor):
    for _ in range(3):
        for _ in range(4):
            try_with(visitor, "ana", "wrong")
        assert try_with(visitor, "ana").status_code == 303


def test_one_address_cannot_try_everybody(visitor):
    statuses = [try_with(visitor, f"name{n}", "wrong").status_code for n in range(31)]
    assert statuses == [422] * 30 + [429]
    elsewhere = visitor.post(
        "/sign-in", data={"username": "ana", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert elsewhere.status_code == 303


def test_an_address_cannot_be_made_up(visitor):
    for n in range(31):
        response = visitor.post(
            "/sign-in",
            data={"username": f"name{n}", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{n}", "Forwarded": f"for=198.51.100.{n}"},
        )
    assert response.status_code == 429


def test_another_process_knows_of_the_failures_too(open_desk):
    first, second = open_desk().test_client(), open_desk().test_client()
    for client in (first, second, first, second, first):
        assert try_with(client, "ana", "wrong").status_code == 422
    assert try_with(second, "ana").status_code == 429


def test_a_day_of_sign_ins_from_one_shop_holds_nobody_back(visitor):
    assert {try_with(visitor, name).status_code for _ in range(8) for name in ("ana", "bo", "mo", "ada", "del")} == {
        303
    }
