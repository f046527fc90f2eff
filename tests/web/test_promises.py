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


def promised(client, url: str) -> None:
    fields = form(client.get(url), url) | {"text": "Call about the lamp", "due_on": "2026-03-20"}
    assert client.post(url, data=fields).status_code == 303


def test_it_is_said_by_plain_forms_that_it_cannot_be_kept_and_then_that_they_know(at_desk, url: str) -> None:
    client = at_desk("ana")
    promised(client, url)
    fields = form(client.get(url), "/promises/1/drop") | {"reason": "No more lamps", "is_told": "false"}
    assert client.post("/promises/1/drop", data=fields).status_code == 303
    page = client.get(url)
    assert "cannot be kept: tell them" in page.text
    assert "Because: No more lamps" in page.text
    assert client.post("/promises/1/told", data=form(page, "/promises/1/told")).status_code == 303
    assert "Call about the lamp" not in client.get(url).text


@pytest.mark.parametrize("wrong", [{"is_told": ""}, {"reason": "", "is_told": "true"}])
def test_nothing_is_dropped_without_a_reason_and_without_saying_whether_they_know(at_desk, url: str, wrong) -> None:
    client = at_desk("ana")
    promised(client, url)
    fields = form(client.get(url), "/promises/1/drop") | {"reason": "No more lamps"} | wrong
    answer = client.post("/promises/1/drop", data=fields)
    assert answer.status_code == 422
    assert form(answer, "/promises/1/drop")["reason"] == fields["reason"]
    assert "cannot be kept: tell them" not in client.get(url).text


def test_handed_over_the_panel_says_by_whom_it_was_promised_and_with_whom_it_is(at_desk, url: str, htmx, staff) -> None:
    client = at_desk("ana")
    promised(client, url)
    fields = form(client.get(url), "/promises/1/hand") | {"to": str(staff["bo"].staff_id)}
    answer = client.post("/promises/1/hand", data=fields, headers=htmx)
    assert answer.text.lstrip().startswith('<section id="promises"')
    assert "promised by <bdi>Ana</bdi>, now with <bdi>Bo</bdi>" in answer.text
    assert "/promises/1/hand" not in answer.text  # it is Bo's to hand on now


def test_an_agent_hands_over_nobody_elses(at_desk, url: str, staff) -> None:
    promised(at_desk("bo"), url)
    data = {"form_key": "k" * 12, "to": str(staff["ana"].staff_id)}
    assert at_desk("ana").post("/promises/1/hand", data=data).status_code == 403
    assert at_desk("mo").post("/promises/1/hand", data=data).status_code == 303


def test_peoples_words_are_words_whatever_they_look_like(at_desk, url: str) -> None:
    client, text = at_desk("ana"), "<b hx-get=/x>\u202e{{ 7*7 }} Z̴̢̛a\u0301l 👩‍👩‍👧"
    fields = form(client.get(url), url) | {"text": text, "due_on": "2026-03-20"}
    assert client.post(url, data=fields).status_code == 303
    page = client.get(url).text
    assert "<b hx-get" not in page
    assert "{{ 7*7 }} Z̴̢̛a\u0301l 👩‍👩‍👧" in page
