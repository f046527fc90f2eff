import pytest
from pages import form


def test_a_manager_adds_one_and_it_is_a_tap_away_on_every_note(at_desk) -> None:
    mo, ana = at_desk("mo"), at_desk("ana")
    assert "at the market" not in ana.get("/customers/1/notes").text  # remembered from now on
    answer = mo.post("/channels", data=form(mo.get("/channels"), "/channels") | {"words": "at the market"})
    assert (answer.status_code, answer.location) == (303, "/channels")
    fields = form(ana.get("/customers/1/notes"), "/customers/1/notes")
    assert fields["channel"] == "in-person"
    note = fields | {"text": "Bought plums", "kind": "observation", "channel": "at-the-market"}
    assert ana.post("/customers/1/notes", data=note).status_code == 303
    assert "at the market" in ana.get("/customers/1/notes").text


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_what_was_typed_stays_where_something_is_wrong(at_desk, headers) -> None:
    mo = at_desk("mo")
    for action in ("/channels", "/channels/chat"):
        fields = form(mo.get("/channels"), action) | {"words": "in person"}
        answer = mo.post(action, data=fields, headers=headers)
        assert answer.status_code == 422
        assert form(answer, action)["words"] == "in person"
        assert "There is one of this name already" in answer.text


def test_the_first_in_the_list_is_chosen_at_first(at_desk) -> None:
    mo = at_desk("mo")
    assert mo.post("/channels/phone/up", data=form(mo.get("/channels"), "/channels/phone/up")).status_code == 303
    assert form(mo.get("/customers/1/notes"), "/customers/1/notes")["channel"] == "phone"


def test_the_last_one_is_not_retired_and_says_why(at_desk) -> None:
    mo = at_desk("mo")
    for code in ("in-person", "phone", "chat", "e-mail"):
        url = f"/channels/{code}/retire"
        assert mo.post(url, data=form(mo.get("/channels"), url)).status_code == 303
    url = "/channels/delivery/retire"
    answer = mo.post(url, data=form(mo.get("/channels"), url))
    assert answer.status_code == 409
    assert "the last one in use" in answer.text
    back = "/channels/chat/return"
    assert mo.post(back, data=form(answer, back)).status_code == 303


def test_it_is_a_managers_page(at_desk) -> None:
    for who in ("ana", "bo", "del"):
        assert at_desk(who).get("/channels").status_code == 403
