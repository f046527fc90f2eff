"""The admin's page: who works here, and as what."""

import pytest
from sqlmodel import select

from deskapp.desk import passwords, tokens
from deskapp.store.tables import Audit, Idempotency, Staff

NEW = {
    "form": "add-staff",
    "form_key": "key-of-a-test",
    "name": "Zoë",
    "username": "zoe",
    "role": "agent",
    "password": "plum jam on toast",
}
KEY = {"form_key": "key-of-a-test"}


def named(db, username) -> Staff | None:
    with db.reading() as session:
        return session.exec(select(Staff).where(Staff.username == username)).first()


def actions(db) -> list[str]:
    with db.reading() as session:
        return [row.action for row in session.exec(select(Audit).order_by(Audit.id))]


# --- adding ---------------------------------------------------------------------------------------------------------


def test_an_admin_adds_somebody_who_can_sign_in_at_once(at_desk, visitor, db):
    response = at_desk("ada").post("/staff", data=NEW)
    assert (response.status_code, response.headers["Location"]) == (303, "/staff")
    assert visitor.post("/sign-in", data={"username": "zoe", "password": NEW["password"]}).status_code == 303
    assert named(db, "zoe").password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "staff.hired" in actions(db)


def test_with_htmx_the_panel_alone_comes_back(at_desk, htmx):
    response = at_desk("ada").post("/staff", data=NEW, headers=htmx)
    assert response.status_code == 200
    assert response.text.lstrip().startswith('<section id="staff"')
    assert "Zoë" in response.text


def test_a_double_tap_adds_one_person(at_desk, db):
    ada = at_desk("ada")
    assert [ada.post("/staff", data=NEW).status_code for _ in range(3)] == [303] * 3
    assert actions(db).count("staff.hired") == 1


def test_the_same_key_for_somebody_else_is_refused(at_desk, db):
    ada = at_desk("ada")
    ada.post("/staff", data=NEW)
    assert ada.post("/staff", data=NEW | {"username": "yan"}).status_code == 409
    assert named(db, "yan") is None


def test_nothing_of_a_password_is_kept_but_its_hash(at_desk, db):
    import hashlib
    import json

    at_desk("ada").post("/staff", data=NEW)
    with db.reading() as session:
        kept = session.exec(select(Idempotency)).one().request_hash
        lines = repr([row.model_dump() for row in session.exec(select(Audit))])
    sent = {name: value for name, value in NEW.items() if name != "form"}
    assert kept != hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()
    assert NEW["password"] not in lines


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "fill this in"),
        ("name", "x" * 121, "too long"),
        ("username", "", "plain letters"),
        ("username", "z", "plain letters"),
        ("username", "zoë", "plain letters"),
        ("username", "zoe lim", "plain letters"),
        ("username", "zoe\nadmin", "plain letters"),
        ("username", "z" * 61, "plain letters"),
        ("username", "ana", "Somebody else signs in as ana"),
        ("username", "ANA", "Somebody else signs in as ana"),
        ("role", "owner", "choose one"),
        ("role", "", "choose one"),
        ("password", "", "at least 8"),
        ("password", "short", "at least 8"),
        ("password", "x1" * 101, "at most 200"),
        ("password", "password1", "first passwords"),
        ("password", "12345678", "first passwords"),
        ("password", "zoe2026!!", "first passwords"),
        ("password", "qwertyuiop", "first passwords"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field_and_the_rest_is_kept(at_desk, db, field, value, words):
    response = at_desk("ada").post("/staff", data=NEW | {field: value})
    assert response.status_code == 422
    problem = response.text.split('class="problem"')[1].split("</p>")[0]
    assert words in problem
    assert f'id="add-staff-{field}-problem"' in response.text
    assert 'value="Zoë"' in response.text or field == "name"
    assert NEW["password"] not in response.text
    assert named(db, "zoe") is None


@pytest.mark.asvs(17)
def test_a_field_of_ones_own_making_is_refused(at_desk, db):
    for extra in ({"is_active": "1"}, {"password_hash": "x"}, {"id": "1"}, {"staff_id": "1"}):
        assert at_desk("ada").post("/staff", data=NEW | extra).status_code == 422
    assert named(db, "zoe") is None


def test_blanks_around_a_password_belong_to_it(at_desk, db):
    at_desk("ada").post("/staff", data=NEW | {"password": "  plum jam on toast "})
    assert passwords.matches("  plum jam on toast ", named(db, "zoe").password_hash)
    assert not passwords.matches("plum jam on toast", named(db, "zoe").password_hash)


def test_a_name_is_shown_as_words_and_never_as_markup(at_desk):
    ada = at_desk("ada")
    ada.post("/staff", data=NEW | {"name": "<b onclick=x>{{ 7*7 }}</b>"})
    page = ada.get("/staff").text
    assert "<b onclick" not in page
    assert "{{ 7*7 }}" in page


# --- changing -------------------------------------------------------------------------------------------------------


def test_a_role_is_set_and_counts_from_the_next_sign_in(at_desk, visitor, db, staff):
    at_desk("ada").post(f"/staff/{staff['ana'].staff_id}/role", data=KEY | {"role": "manager"})
    visitor.post("/sign-in", data={"username": "ana", "password": "correct horse 42"})
    assert visitor.get("/limits").status_code == 200
    assert "staff.role-set" in actions(db)


def test_setting_what_is_set_already_changes_nothing_and_ends_nothing(at_desk, staff, db):
    ana, ada = at_desk("ana"), at_desk("ada")
    ada.post(f"/staff/{staff['ana'].staff_id}/role", data=KEY | {"role": "agent"})
    ada.post(f"/staff/{staff['ana'].staff_id}/enable", data=KEY)
    assert ana.get("/").status_code == 200
    assert "staff.role-set" not in actions(db)
    assert "staff.enabled" not in actions(db)


def test_a_new_password_opens_and_the_old_one_does_not(at_desk, visitor, staff):
    at_desk("ada").post(f"/staff/{staff['ana'].staff_id}/password", data=KEY | {"password": "tulips in the rain"})
    assert visitor.post("/sign-in", data={"username": "ana", "password": "correct horse 42"}).status_code == 422
    assert visitor.post("/sign-in", data={"username": "ana", "password": "tulips in the rain"}).status_code == 303


def test_a_bad_new_password_is_said_at_that_persons_field(at_desk, staff):
    ana = staff["ana"].staff_id
    response = at_desk("ada").post(
        f"/staff/{ana}/password", data=KEY | {"form": f"password-{ana}", "password": "12345678"}
    )
    assert response.status_code == 422
    assert f'id="password-{ana}-password-{ana}-problem"' in response.text


def test_a_closed_account_is_out_and_in_again_when_it_is_opened_but_its_tokens_stay_dead(
    at_desk, visitor, staff, db, clock
):
    ada, ana = at_desk("ada"), staff["ana"].staff_id
    with db.writing() as session:
        bearer = {"Authorization": f"Bearer {tokens.make(session, 'ana', secret='s' * 40, now=clock())}"}
    assert visitor.get("/api/v1/budget", headers=bearer).status_code == 200
    ada.post(f"/staff/{ana}/disable", data=KEY)
    assert visitor.get("/api/v1/budget", headers=bearer).status_code == 401
    assert visitor.post("/sign-in", data={"username": "ana", "password": "correct horse 42"}).status_code == 422
    ada.post(f"/staff/{ana}/enable", data=KEY)
    assert visitor.post("/sign-in", data={"username": "ana", "password": "correct horse 42"}).status_code == 303
    assert visitor.get("/api/v1/budget", headers=bearer).status_code == 401


@pytest.mark.parametrize(("act", "data"), [("disable", {}), ("role", {"role": "agent"})])
def test_the_last_admin_stays_one(at_desk, staff, db, act, data):
    ada = at_desk("ada")
    form = f"{act}-{staff['ada'].staff_id}"
    response = ada.post(f"/staff/{staff['ada'].staff_id}/{act}", data=KEY | data | {"form": form})
    assert response.status_code == 409
    assert "last admin" in response.text
    assert named(db, "ada").is_active
    assert ada.get("/staff").status_code == 200


def test_the_first_of_two_admins_may_go(at_desk, staff, db):
    ada = at_desk("ada")
    ada.post(f"/staff/{staff['mo'].staff_id}/role", data=KEY | {"role": "admin"})
    assert ada.post(f"/staff/{staff['ada'].staff_id}/disable", data=KEY).status_code == 303
    assert ada.get("/staff").status_code == 303
    assert not named(db, "ada").is_active


def test_an_admin_whose_account_is_closed_does_not_count_as_one_who_is_left(at_desk, staff, db):
    ada = at_desk("ada")
    ada.post(f"/staff/{staff['mo'].staff_id}/role", data=KEY | {"role": "admin"})
    ada.post(f"/staff/{staff['mo'].staff_id}/disable", data=KEY)
    assert ada.post(f"/staff/{staff['ada'].staff_id}/role", data=KEY | {"role": "agent"}).status_code == 409


@pytest.mark.parametrize("act", ["role", "disable", "enable", "password", "sign-out"])
def test_somebody_who_is_not_here_is_not_found(at_desk, act):
    data = KEY | {"role": {"role": "lead"}, "password": {"password": "plum jam on toast"}}.get(act, {})
    assert at_desk("ada").post(f"/staff/999/{act}", data=data).status_code == 404


@pytest.mark.parametrize("username", ["ana", "bo", "del", "mo"])
def test_nobody_but_an_admin_changes_anything_here(at_desk, db, staff, username):
    somebody = at_desk(username)
    assert somebody.post("/staff", data=NEW).status_code == 403
    own = staff[username].staff_id
    for act, data in (("role", {"role": "admin"}), ("password", {"password": "plum jam on toast"}), ("disable", {})):
        assert somebody.post(f"/staff/{own}/{act}", data=KEY | data).status_code == 403
    assert named(db, username).role is staff[username].role


def test_the_page_says_who_is_signed_in_and_when_they_were_seen(at_desk, clock):
    at_desk("ana")
    at_desk("ana")
    page = at_desk("ada").get("/staff").text
    assert "signed in in 2 places" in page
    clock.moves(hours=2)
    assert "signed in in 2 places" not in at_desk("ada").get("/staff").text


# --- teams ----------------------------------------------------------------------------------------------------------


def test_a_team_is_set_with_its_blanks_tidied_and_its_spelling_kept(at_desk, db):
    ada = at_desk("ada")
    for number, team in ((1, "  Phone   desk "), (2, "phone DESK")):
        response = ada.post(f"/staff/{number}/team", data=KEY | {"form_key": f"key-of-team-{number}", "team": team})
        assert (response.status_code, response.headers["Location"]) == (303, "/staff")
    assert [named(db, who).team for who in ("ana", "bo")] == ["Phone desk", "Phone desk"]
    page = ada.get("/staff").text
    assert '<option value="Phone desk"></option>' in page
    assert actions(db).count("staff.team-set") == 2


def test_the_same_team_again_is_no_change_and_a_blank_leaves_it(at_desk, db):
    ada = at_desk("ada")
    for team in ("Phone", "Phone", ""):
        ada.post("/staff/1/team", data=KEY | {"team": team})
    assert named(db, "ana").team == ""
    assert actions(db).count("staff.team-set") == 2


def test_a_new_team_counts_at_once_and_keeps_the_person_signed_in(at_desk, db):
    ana, ada = at_desk("ana"), at_desk("ada")
    limit = {"giver": "team:Phone", "per_gift": "1", "per_giver_per_day": "1"}
    ada.post("/staff/1/team", data=KEY | {"team": "Phone"})
    assert ada.post("/limits", data=KEY | limit | {"seen": "0"}).status_code == 303
    assert "$1.00 of $1.00 left" in ana.get("/").text


def test_nobody_puts_themself_into_a_team(at_desk, db):
    ada = at_desk("ada")
    with db.writing() as session:
        session.exec(select(Staff).where(Staff.username == "bo")).one().role = "admin"
    response = ada.post("/staff/5/team", data=KEY | {"form": "team-5", "team": "Rich"})
    assert response.status_code == 409
    assert "another admin has to put you into one" in response.text
    assert 'value="Rich"' in response.text
    assert named(db, "ada").team == ""


def test_a_single_admin_may(at_desk, db):
    assert at_desk("ada").post("/staff/5/team", data=KEY | {"team": "Office"}).status_code == 303
    assert named(db, "ada").team == "Office"


def test_a_team_that_is_too_long_is_told(at_desk):
    response = at_desk("ada").post("/staff/1/team", data=KEY | {"form": "team-1", "team": "x" * 61})
    assert response.status_code == 422
    assert 'class="problem"' in response.text
