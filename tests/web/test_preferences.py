import cast
import pytest
from pages import form, is_whole_page

from deskapp.store.db import Database


@pytest.fixture
def url(db: Database) -> str:
    with db.reading() as session:
        return f"/customers/{cast.customer_id(session)}/preferences"


def test_a_preference_is_added_and_withdrawn_by_plain_forms(at_desk, url: str) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "allergy", "value": "peanuts", "is_stated": "true"}
    assert client.post(url, data=fields).status_code == 303
    page = client.get(url)
    assert page.text.count("peanuts") >= 2, "in the list and among the hard stops"
    answer = client.post("/preferences/1/withdraw", data=form(page, "/preferences/1/withdraw"))
    assert (answer.status_code, answer.location) == (303, url)
    assert "peanuts" not in client.get(url).text


def test_htmx_gets_the_panel_and_the_neighbours_hear_of_it(at_desk, url: str, htmx) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "like", "value": "plum jam", "is_stated": "true"}
    answer = client.post(url, data=fields, headers=htmx)
    assert not is_whole_page(answer)
    assert "plum jam" in answer.text
    assert "preference-saved" in answer.headers["HX-Trigger"]


@pytest.mark.parametrize("wrong", [{"value": ""}, {"kind": "colour"}, {"value": "x" * 201}, {"is_stated": "perhaps"}])
def test_what_was_typed_is_kept_when_something_is_wrong(at_desk, url: str, wrong) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "like", "value": "plum jam", "is_stated": "true"} | wrong
    answer = client.post(url, data=fields)
    assert answer.status_code == 422
    assert form(answer, url)["value"] == fields["value"]


def test_whoever_reads_german_and_changes_no_contact_keeps_the_stop(at_desk, url: str) -> None:
    client, german = at_desk("ana"), {"Accept-Language": "de"}
    client.post(url, data=form(client.get(url), url) | {"kind": "contact-wish", "is_stated": "true"})
    page = client.get(url, headers=german)
    assert '<b dir="auto">Kein Kontakt</b>' in page.text
    change = form(page, "/preferences/1/change") | {"is_stated": "true", "review_on": ""}
    assert change["value"] == ""
    assert client.post("/preferences/1/change", data=change, headers=german).status_code == 303
    assert '<b dir="auto">No contact</b>' in client.get(url).text


def test_delivery_sees_none(at_desk, url: str) -> None:
    client = at_desk("del")
    assert client.get(url).status_code == client.post(url, data={}).status_code == 403


def test_an_unknown_preference_is_not_found(at_desk) -> None:
    assert at_desk("ana").post("/preferences/999999/withdraw", data={"form_key": "k" * 12}).status_code == 404


def test_one_from_another_site_is_refused(at_desk, url: str) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "like", "value": "plum jam", "is_stated": "true"}
    assert client.post(url, data=fields, headers={"Origin": "https://evil.example"}).status_code == 403
