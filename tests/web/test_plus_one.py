"""The panel on which money is spent, as a browser sees it; the arithmetic is proved in tests/desk/test_grants.py."""

import re

import cast
import pytest
from flask import Flask
from pages import Forms, form, is_whole_page
from parcels import deliver, order_id
from sqlmodel import select

from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant, Offer
from deskapp.store.tables import Item

FITS = ("tea", "nuts", "jam")


@pytest.fixture
def carla(db: Database) -> int:
    with db.reading() as session:
        return cast.customer_id(session)


@pytest.fixture
def url(carla: int) -> str:
    return f"/customers/{carla}/plus-one"


@pytest.fixture
def offers(db: Database) -> dict[str, int]:
    """Tea, nuts, jam and the dear lamp, shown today."""
    with db.writing() as session:
        return {sku: cast.offer(session, sku).id for sku in (*FITS, "lamp")}


def tap(client, offer: int, key: str = "tap-key-0001", headers=None):
    return client.post(f"/offers/{offer}/grant", data={"form": "grant", "form_key": key}, headers=headers)


def given(db: Database) -> list[int]:
    with db.reading() as session:
        return [grant.value_minor for grant in session.exec(select(Grant)).all()]


def test_giving_without_htmx_comes_back_to_the_page_that_says_what_was_decided(at_desk, offers, url, db) -> None:
    client = at_desk("ana")
    answer = tap(client, offers["tea"])
    assert (answer.status_code, answer.location) == (303, f"{url}?form_key=tap-key-0001")
    page = client.get(answer.location)
    assert is_whole_page(page)
    assert "Green tea, 20 bags is given. You may still give $6.50 for this customer this month." in page.text
    assert given(db) == [350]


def test_giving_by_htmx_draws_the_panel_with_the_verdict_and_tells_the_neighbours(at_desk, offers, htmx) -> None:
    answer = tap(at_desk("ana"), offers["tea"], headers=htmx)
    assert answer.status_code == 200
    assert 'id="plus_one"' in answer.text
    assert "Green tea, 20 bags is given." in answer.text
    assert "plus-one-decided" in answer.headers["HX-Trigger"]


@pytest.mark.parametrize(("sku", "name"), [("tea", "Green tea, 20 bags"), ("lamp", "Reading lamp")])
def test_what_was_decided_is_told_in_the_givers_tongue(at_desk, offers, htmx, sku, name) -> None:
    panel = tap(at_desk("ana"), offers[sku], headers=htmx | {"Accept-Language": "ar"}).text
    told = re.search(r'<div class="verdict .*?</div>', panel, re.DOTALL)[0]
    words = re.findall("[A-Za-z]{2,}", re.sub("<[^>]+>", " ", told).replace("US$", ""))
    assert words == re.findall("[A-Za-z]{2,}", name)


def test_what_was_decided_is_told_again_in_the_readers_tongue(at_desk, offers, htmx) -> None:
    """After a redirect without JavaScript, to a second tap, and to somebody else's browser."""
    client = at_desk("ana")
    german = {"Accept-Language": "de"}
    answer = tap(client, offers["tea"], headers=german)
    sentence = "Green tea, 20 bags wird geschenkt. Sie dürfen für diesen Kunden diesen Monat noch 6,50\xa0$ ausgeben."
    assert sentence in client.get(answer.location, headers=german).text
    assert sentence in tap(client, offers["tea"], headers=htmx | german).text
    assert "Green tea, 20 bags is given. You may still give $6.50" in client.get(answer.location).text


def test_a_double_tap_gives_once(at_desk, offers, db) -> None:
    client = at_desk("ana")
    for _ in range(2):
        tap(client, offers["tea"])
    assert given(db) == [350]


def test_a_refusal_is_an_ordinary_panel_that_names_the_ceiling(at_desk, offers, htmx, db) -> None:
    answer = tap(at_desk("ana"), offers["lamp"], headers=htmx)
    assert answer.status_code == 200
    assert "Reading lamp costs $49.00; what is left for this customer this month is $10.00." in answer.text
    assert given(db) == []


@pytest.mark.asvs(21)
def test_a_price_that_moved_is_a_conflict_and_the_panel_is_drawn_anew(at_desk, offers, db) -> None:
    with db.writing() as session:
        session.exec(select(Item).where(Item.sku == "tea")).one().price_minor = 360
    answer = tap(at_desk("ana"), offers["tea"])
    assert answer.status_code == 409
    assert "The price of Green tea, 20 bags has changed" in answer.text
    assert given(db) == []


@pytest.mark.asvs(17)
def test_no_price_is_ever_taken_from_the_form(at_desk, offers, db) -> None:
    data = {"form": "grant", "form_key": "tap-key-0001", "price_minor": "1"}
    assert at_desk("ana").post(f"/offers/{offers['tea']}/grant", data=data).status_code == 422
    assert given(db) == []


def test_a_gift_is_taken_back_in_one_tap(at_desk, offers, url, db) -> None:
    client = at_desk("ana")
    tap(client, offers["tea"])
    page = client.get(url)
    answer = client.post("/grants/1/undo", data=form(page, "/grants/1/undo"))
    assert answer.status_code == 303
    assert "/grants/1/undo" not in client.get(url).text


@pytest.mark.asvs(16)
def test_somebody_elses_gift_shows_no_button_and_refuses(at_desk, offers, url) -> None:
    tap(at_desk("mo"), offers["tea"])
    ana = at_desk("ana")
    assert "/grants/1/undo" not in ana.get(url).text
    assert ana.post("/grants/1/undo", data={"form_key": "undo-key-1"}).status_code == 403


def test_waving_away_becomes_a_dislike_and_can_be_undone(at_desk, offers, url, carla) -> None:
    client = at_desk("ana")
    assert client.post(f"/offers/{offers['jam']}/not-for-them", data={"form_key": "wave-key"}).status_code == 303
    assert "Plum jam" in client.get(f"/customers/{carla}/preferences").text
    back = "/preferences/1/for-them-after-all"
    assert client.post(back, data=form(client.get(url), back)).status_code == 303
    assert back not in client.get(url).text


def test_the_answer_to_waving_away_says_so_and_undoes_it(at_desk, offers, htmx) -> None:
    for headers in ({}, htmx):
        client = at_desk("ana")
        sent = {"form_key": f"wave-key-{len(headers)}"}
        path = f"/offers/{offers['jam']}/not-for-them"
        answer = client.post(path, data=sent, headers=headers, follow_redirects=True)
        told = answer.text.split('role="status"')[1].split("</div>")[0]
        assert "Not for them: Plum jam" in told
        assert answer.text.count('class="verdict waved"') == 1
        back = next(one["action"] for one in Forms(told).forms)
        assert client.post(back, data=form(answer, back)).status_code == 303


@pytest.mark.parametrize("path", ["/offers/999999/grant", "/offers/999999/not-for-them", "/grants/999999/undo"])
def test_what_is_not_there_is_not_found(at_desk, path: str) -> None:
    assert at_desk("ana").post(path, data={"form_key": "some-key-1"}).status_code == 404


def test_delivery_gives_nothing_and_sees_no_prices(at_desk, offers, url, db) -> None:
    client = at_desk("del")
    assert client.get(url).status_code == 403
    assert tap(client, offers["tea"]).status_code == 403
    assert given(db) == []


def test_a_gift_from_another_site_is_refused(at_desk, offers, db) -> None:
    assert tap(at_desk("ana"), offers["tea"], headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert given(db) == []


def test_without_a_model_the_panel_says_so(at_desk, app: Flask, url) -> None:
    assert "no model yet" in at_desk("ana").get(url).text


def test_a_gift_without_a_parcel_is_handed_over_and_may_come_back(at_desk, offers, url, db) -> None:
    client = at_desk("ana")
    tap(client, offers["tea"])
    for act, words, who in (("handed", "handed over", "ana"), ("returned", "came back", "bo")):
        path, client = f"/grants/1/{act}", at_desk(who)
        answer = client.post(path, data=form(client.get(url), path))
        assert (answer.status_code, answer.location) == (303, url)
        page = client.get(url).text
        assert words in page
        assert path not in page
    with db.reading() as session:
        assert session.get_one(Grant, 1).state == "returned"


def test_what_they_do_not_want_is_released(at_desk, offers, url, db) -> None:
    client = at_desk("ana")
    tap(client, offers["tea"])
    client.post("/grants/1/declined", data=form(client.get(url), "/grants/1/declined"))
    page = client.get(url).text
    assert "<s>Green tea, 20 bags</s>" in page
    assert "not wanted" in page
    assert "/grants/1/" not in page


def test_undo_after_it_was_handed_over_says_why_not(at_desk, offers, htmx) -> None:
    client = at_desk("ana")
    tap(client, offers["tea"])
    client.post("/grants/1/handed", data={"form": "settle-grant", "form_key": "hand-key-1"})
    answer = client.post("/grants/1/undo", data={"form": "undo-grant", "form_key": "undo-key-1"}, headers=htmx)
    assert answer.status_code == 409
    assert "It was handed over already, so it cannot be undone." in answer.text


def test_a_gift_that_goes_by_parcel_is_settled_at_the_parcel(at_desk, offers, url, db, carla) -> None:
    with db.writing() as session:
        deliver(session)
        session.get_one(Offer, offers["tea"]).order_id = order_id(session, "O-2")
    client = at_desk("ana")
    tap(client, offers["tea"])
    page = client.get(url).text
    assert "/grants/1/declined" in page
    assert "/grants/1/handed" not in page
    answer = client.post("/grants/1/handed", data={"form": "settle-grant", "form_key": "hand-key-1"})
    assert answer.status_code == 409
    assert "It goes along with order O-2. Tick “Delivered” at that parcel instead." in answer.text
