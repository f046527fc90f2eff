import cast
import pytest
from pages import form

from deskapp.store.db import Database


@pytest.fixture
def url(db: Database) -> str:
    with db.reading() as session:
        return f"/customers/{cast.customer_id(session)}/promises"


def test_a_promise_is_made_and_kept_by_plain_forms(at_desk, url: str) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"text": "Call about the lamp", "due_on": "2026-03-20"}
    assert client.post(url, data=fields).status_code == 303
    page = client.get(url)
    assert "Call about the lamp" in page.text
    assert client.post("/promises/1/keep", data=form(page, "/promises/1/keep")).status_code == 303
    assert "Call about the lamp" not in client.get(url).text


@pytest.mark.parametrize("wrong", [{"due_on": "soon"}, {"due_on": ""}, {"text": ""}, {"due_on": "2026-02-30"}])
def test_what_was_typed_is_kept_when_something_is_wrong(at_desk, url: str, wrong) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"text": "Call about the lamp", "due_on": "2026-03-20"} | wrong
    answer = client.post(url, data=fields)
    assert answer.status_code == 422
    assert form(answer, url)["text"] == fields["text"]
    assert form(answer, url)["due_on"] == fields["due_on"]


def test_an_unknown_promise_is_not_found(at_desk) -> None:
    assert at_desk("ana").post("/promises/999999/keep", data={"form_key": "k" * 12}).status_code == 404


def test_delivery_sees_none(at_desk, url: str) -> None:
    assert at_desk("del").get(url).status_code == 403
