"""The page a day is started with, the briefs, and handing over on the staff page, as a browser asks for them."""

import cast
import pytest
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.desk import promises
from deskapp.desk.promises import NewPromise
from deskapp.store.memory_tables import Promise, RequestTopic, RequestVoice, TopicState, Visit
from deskapp.store.tables import Delivery, Order, Staff

TODAY = cast.NOW.date()


@pytest.fixture
def carla(db) -> int:
    with db.reading() as session:
        return cast.customer_id(session)


@pytest.fixture
def url(carla: int) -> str:
    return f"/customers/{carla}/visits"


@pytest.fixture
def promised(db, staff, carla: int) -> None:
    """Ana owes Carla a call today."""
    with db.writing() as session:
        due_today = NewPromise(text="Call about the lamp", due_on=TODAY, form_key="promise-key-1")
        promises.make(session, staff["ana"], carla, due_today, now=cast.NOW)


def expect(client, url: str, **more: str) -> None:
    fields = form(client.get(url), url) | {"kind": "visit", "with_id": "0"} | more
    assert client.post(url, data=fields).status_code == 303


# --- today ----------------------------------------------------------------------------------------------------------


def test_a_quiet_day_is_told_in_friendly_words(at_desk) -> None:
    page = at_desk("ana").get("/today")
    assert is_whole_page(page)
    assert "Saturday, 14 March" in page.text
    assert "Nobody is expected today." in page.text
    assert "You owe nobody anything this week." in page.text
    assert "The team" not in page.text
    assert "Nothing of the team" in at_desk("bo").get("/today").text


def test_a_promise_is_kept_from_here_by_a_plain_form_and_by_htmx(at_desk, promised, db, htmx) -> None:
    ana = at_desk("ana")
    fields = form(ana.get("/today"), "/today/promises/1/kept")
    sent = ana.post("/today/promises/1/kept", data=fields)
    assert (sent.status_code, sent.location) == (303, "/today")
    answer = ana.post("/today/promises/1/kept", data=fields, headers=htmx)
    assert answer.text.lstrip().startswith('<div id="today"')
    assert "Call about the lamp" not in answer.text
    with db.reading() as session:
        assert session.exec(select(Promise)).one().kept_at == cast.NOW


@pytest.mark.parametrize(("act", "settled"), [("came", "came_at"), ("missed", "cancelled_at")])
def test_who_is_expected_is_ticked_off_from_here(at_desk, url: str, db, act: str, settled: str) -> None:
    ana = at_desk("ana")
    expect(ana, url, at="14:30", words="To try the lamp")
    page = ana.get("/today")
    assert "14:30" in page.text
    assert "To try the lamp" in page.text
    sent = ana.post(f"/today/visits/1/{act}", data=form(page, f"/today/visits/1/{act}"))
    assert (sent.status_code, sent.location) == (303, "/today")
    assert "To try the lamp" not in ana.get("/today").text
    with db.reading() as session:
        assert getattr(session.exec(select(Visit)).one(), settled) == cast.NOW


def test_what_was_taken_over_says_whose_promise_it_was(at_desk, promised, staff) -> None:
    data = {"form_key": "k" * 12, "to": str(staff["bo"].staff_id)}
    assert at_desk("ana").post("/promises/1/hand", data=data).status_code == 303
    page = at_desk("bo").get("/today").text
    assert "promised by <bdi>Ana</bdi>, now with <bdi>Bo</bdi>" in page
    assert "handed over by <bdi>Ana</bdi>" in page
    assert "Call about the lamp" not in at_desk("ana").get("/today").text


def test_an_order_in_danger_is_told_in_words(at_desk, db) -> None:
    with db.writing() as session:
        order = session.exec(select(Order).where(Order.external_id == "O-2")).one()
        session.add(Delivery(order_id=order.id, ship_on=TODAY, need_by_on=TODAY))
    page = at_desk("bo").get("/today").text
    assert "Orders that may come too late" in page
    assert "nobody knows yet when it comes" in page


def test_an_owed_answer_is_given_from_here_and_leads_back(at_desk, db, staff, carla: int) -> None:
    ana = staff["ana"].staff_id
    with db.writing() as session:
        decided = {"state": TopicState.DECLINED, "because": "No room", "decided_at": cast.NOW}
        topic = RequestTopic(title="Oat milk", opened_by=ana, opened_at=cast.NOW, **decided)
        session.add(topic)
        session.flush()
        heard = {"heard_by": ana, "heard_at": cast.NOW}
        session.add(RequestVoice(topic_id=topic.id, customer_id=carla, words="Oat milk?", **heard))
    client = at_desk("ana")
    page = client.get("/today")
    assert "Oat milk" in page.text
    sent = client.post("/requests/voices/1/answer", data=form(page, "/requests/voices/1/answer"))
    assert (sent.status_code, sent.location) == (303, "/today")
    assert "Oat milk" not in client.get("/today").text


def test_delivery_has_no_today_and_no_brief(at_desk, carla: int) -> None:
    for path in ("/today", "/today/briefs", f"/customers/{carla}/brief", f"/customers/{carla}/visits"):
        assert at_desk("del").get(path).status_code == 403, path


# --- visits on the customer's page ----------------------------------------------------------------------------------


def test_two_taps_expect_a_visit_today(at_desk, url: str, db, staff) -> None:
    ana = at_desk("ana")
    assert ana.post(url, data=form(ana.get(url), url) | {"kind": "visit"}).status_code == 303
    with db.reading() as session:
        assert session.exec(select(Visit)).one().expected_on == TODAY
    assert "A visit" in ana.get(url).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"expected_on": ""}, "Please write a date"),
        ({"expected_on": "2026-03-13"}, "today or a later day"),
        ({"at": "99:99"}, "Please write the time as 14:30"),
        ({"words": "x" * 20_000}, "too long: at most 200"),
        ({"kind": "party"}, "Please choose one of the list."),
        ({"with_id": "-1"}, "Please choose one of the list."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_the_rest_is_kept(at_desk, url: str, wrong, words: str) -> None:
    ana = at_desk("ana")
    answer = ana.post(url, data=form(ana.get(url), url) | {"kind": "visit", "words": "To try the lamp"} | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert "words" in wrong or form(answer, url)["words"] == "To try the lamp"


def test_a_visit_is_moved_by_a_plain_form(at_desk, url: str) -> None:
    ana = at_desk("ana")
    expect(ana, url)
    fields = form(ana.get(url), "/visits/1/moved") | {"expected_on": "2026-03-20", "at": "10:15"}
    assert ana.post("/visits/1/moved", data=fields).status_code == 303
    assert "at 10:15" in ana.get(url).text
    assert "Nobody is expected today." in ana.get("/today").text


# --- briefs ---------------------------------------------------------------------------------------------------------


def test_a_brief_is_a_page_and_those_of_today_are_one_print(at_desk, url: str, carla: int, promised) -> None:
    ana = at_desk("ana")
    page = ana.get(f"/customers/{carla}/brief")
    assert is_whole_page(page)
    assert "Call about the lamp" in page.text
    assert "$" not in page.text
    expect(ana, url, at="14:30")
    expect(ana, url, at="16:00")
    sheet = ana.get("/today/briefs").text
    assert sheet.count("brief-sheet") == 1  # one person, one sheet
    assert "Call about the lamp" in sheet


def test_nobody_expected_is_nothing_to_print(at_desk) -> None:
    assert "Nobody is expected today" in at_desk("ana").get("/today/briefs").text


# --- leaving --------------------------------------------------------------------------------------------------------


def test_closing_an_account_asks_to_whom_what_they_owe_goes(at_desk, promised, db, staff) -> None:
    ada, ana = at_desk("ada"), staff["ana"].staff_id
    page = ada.get("/staff")
    assert "They leave: who takes over 1 promise?" in page.text
    bare = ada.post(f"/staff/{ana}/disable", data={"form": f"disable-{ana}", "form_key": "k" * 12})
    assert bare.status_code == 422
    assert "Ana still has 1 promise. Please choose who takes them over." in bare.text
    fields = form(page, f"/staff/{ana}/disable") | {"to": str(staff["bo"].staff_id)}
    assert ada.post(f"/staff/{ana}/disable", data=fields).status_code == 303
    with db.reading() as session:
        assert not session.exec(select(Staff.is_active).where(Staff.username == "ana")).one()
    assert "1 promise of <bdi>Ana</bdi>" in at_desk("bo").get("/today").text


def test_work_is_handed_over_without_leaving(at_desk, promised, staff) -> None:
    ada, ana = at_desk("ada"), staff["ana"].staff_id
    fields = form(ada.get("/staff"), f"/staff/{ana}/hand-over") | {"to": "leads"}
    assert ada.post(f"/staff/{ana}/hand-over", data=fields).status_code == 303
    assert at_desk("ana").get("/today").status_code == 200
    assert "Call about the lamp" in at_desk("bo").get("/today").text
