"""What was told of a parcel, beside its card; and the delay that its customer is to know of."""

from datetime import timedelta

import cast
import pytest
from pages import form, is_whole_page
from parcels import deliver
from sqlmodel import select

from deskapp.desk import delivery_events
from deskapp.desk.delivery_events import NewEvent
from deskapp.store.card_tables import Happened, Teller
from deskapp.store.tables import Delivery

TODAY = cast.NOW.date()


@pytest.fixture
def box(db) -> int:
    with db.writing() as session:
        box = deliver(session, need_by=TODAY + timedelta(days=3), estimated=TODAY + timedelta(days=5))
        new = NewEvent(Happened.LEFT, cast.NOW - timedelta(days=1))
        delivery_events.record(session, None, box, new, teller=Teller.FILE, source_key="1", now=cast.NOW)
    return box


def told(db) -> bool:
    with db.reading() as session:
        return session.exec(select(Delivery.delay_told_at)).one() is not None


def test_the_timeline_is_a_page_and_a_panel_of_the_card(at_desk, box: int) -> None:
    ana = at_desk("ana")
    page = ana.get(f"/deliveries/{box}/parcel")
    assert is_whole_page(page)
    assert "It left the house" in page.text
    assert "told by <bdi>a file</bdi>" in page.text
    alone = ana.get(f"/deliveries/{box}/parcel", headers={"HX-Request": "true"})
    assert alone.text.lstrip().startswith('<section id="parcel"')
    assert f"/deliveries/{box}/parcel" in ana.get(f"/deliveries/{box}").text


def test_the_door_sees_nothing_of_it(at_desk, box: int) -> None:
    door = at_desk("del")
    assert door.get(f"/deliveries/{box}/parcel").status_code == 403
    assert "/parcel" not in door.get(f"/deliveries/{box}").text


def test_of_no_delivery_there_is_no_timeline(at_desk) -> None:
    assert at_desk("ana").get("/deliveries/99/parcel").status_code == 404


@pytest.mark.parametrize("page", ["/today", "/customers/1/promises"])
def test_a_delay_is_told_and_taken_back_by_plain_forms(at_desk, box: int, db, page: str) -> None:
    bo, base = at_desk("bo"), "/today" if page == "/today" else ""
    shown = bo.get(page)
    assert "O-2" in shown.text
    for step, is_told in (("told", True), ("untold", False)):
        url = f"{base}/delays/{box}/{step}"
        answer = bo.post(url, data=form(bo.get(page), url))
        assert (answer.status_code, answer.headers["Location"]) == (303, page)
        assert told(db) is is_told


@pytest.mark.parametrize("url", ["/today/delays/1/told", "/delays/1/told"])
def test_what_is_in_time_again_is_a_sentence_on_the_panel(at_desk, box: int, db, url: str) -> None:
    with db.writing() as session:
        session.get_one(Delivery, box).estimated_on = TODAY
    answer = at_desk("bo").post(url, data={"form": "tell-delay", "form_key": "k" * 12})
    assert answer.status_code == 409
    assert "expected in time again" in answer.text


@pytest.mark.parametrize("url", ["/today/delays/1/told", "/delays/1/told", "/delays/1/untold"])
def test_the_door_tells_nobody(at_desk, box: int, db, url: str) -> None:
    assert at_desk("del").post(url, data={"form_key": "k" * 12}).status_code == 403
    assert not told(db)
