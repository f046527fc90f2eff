"""A draft for a card, on the pages: off unless the shop set a model up, and never waited for."""

from zoneinfo import ZoneInfo

import pytest
from drafter_server import answering, says
from flask import Flask
from pages import form, is_whole_page
from parcels import deliver
from sqlmodel import select

from deskapp.desk import worker
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.drafting import Means
from deskapp.desk.handlers import handlers
from deskapp.store.card_tables import CardDraft
from deskapp.store.tables import Delivery

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
URL = "/deliveries/1/draft"


@pytest.fixture
def box(db) -> int:
    with db.writing() as session:
        return deliver(session)


@pytest.fixture
def drafting_desk(app: Flask, box: int) -> None:
    """The same desk, with a model set up at an address that nobody asks from a page."""
    desk = app.extensions["deskapp"]
    given = desk.settings.model_copy(update={"drafter_url": "http://127.0.0.1:9/v1"})
    object.__setattr__(desk, "settings", given)


def test_without_a_model_there_is_no_draft_and_no_word_of_it(at_desk, box: int, db) -> None:
    ana = at_desk("ana")
    page = ana.get(f"/deliveries/{box}").text.partition("<main")[2]  # what stands before it is of drafts in the browser
    assert "draft" not in page.casefold().replace("data-draft", "")
    assert ana.get(URL).status_code == 404
    assert ana.post(URL, data={"form_key": "k" * 12}).status_code == 404
    with db.reading() as session:
        assert session.exec(select(CardDraft)).all() == []


@pytest.mark.parametrize("who", ["ana", "del"])
def test_it_is_asked_for_by_a_plain_form_and_the_page_does_not_wait(drafting_desk, at_desk, who: str) -> None:
    client = at_desk(who)
    assert URL in client.get("/deliveries/1").text
    page = client.get(URL)
    assert is_whole_page(page)
    answer = client.post(URL, data=form(page, URL))
    assert (answer.status_code, answer.headers["Location"]) == (303, URL)
    waiting = client.get(URL).text
    assert "It is being drafted" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert "Look again" in waiting


def test_the_panel_stops_asking_when_it_is_there_or_takes_too_long(drafting_desk, at_desk, clock) -> None:
    ana = at_desk("ana")
    ana.post(URL, data=form(ana.get(URL), URL))
    clock.moves(minutes=3)
    page = ana.get(URL).text
    assert "every 2s" not in page
    assert "Ask again" in page


def test_a_draft_is_put_into_the_text_without_being_saved(drafting_desk, at_desk, db, tmp_path, clock) -> None:
    ana = at_desk("ana")
    ana.post(URL, data=form(ana.get(URL), URL))
    with answering(says({"sentences": [{"text": "Thank you <b>once</b> more.", "from": ["p1"]}]})) as heard:
        means = Means(heard.drafter(), Shop("Corner & Co", ZoneInfo("UTC")))
        known = handlers(db, tmp_path, currency="USD", now=clock, drafts=means)
        assert worker.run_once(db, known, now=clock)
    page = ana.get(URL)
    assert "Thank you &lt;b&gt;once&lt;/b&gt; more." in page.text
    answer = ana.post("/deliveries/1/card/manner", data=form(page, "/deliveries/1/card/manner"))
    assert answer.status_code == 200
    assert "Thank you &lt;b&gt;once&lt;/b&gt; more.</textarea>" in answer.text
    with db.reading() as session:
        assert session.exec(select(Delivery.card_text)).one() == ""


def test_a_draft_of_no_delivery_is_not_found(drafting_desk, at_desk) -> None:
    ana = at_desk("ana")
    assert ana.get("/deliveries/99/draft").status_code == 404
    assert ana.post("/deliveries/99/draft", data={"form_key": "k" * 12}).status_code == 404
