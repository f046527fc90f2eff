"""Discretion on the screen: who looked, holds, everything in a file, forgetting, and how long things are kept."""

import json

import cast
import pytest
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.desk import audit, jobs, worker
from deskapp.desk.handlers import handlers
from deskapp.store.privacy_tables import Erasure, Hold, PersonalExport, RetentionRule, View
from deskapp.store.tables import Customer, Delivery, Job

PRIVACY = "/customers/1/privacy"
ODD = "</p><b hx-get=/x>\u202e Zo͑͑e {{ 7*7 }} 😀 ' OR 1=1"


@pytest.fixture
def work(db, clock, tmp_path):
    """Runs the jobs that wait."""

    def run() -> None:
        known = handlers(db, tmp_path, currency="USD", now=clock, shop_name="The shop", key=b"key")
        while worker.run_once(db, known, now=clock):
            pass

    return run


def rows(db, table) -> list:
    with db.reading() as session:
        return list(session.exec(select(table).order_by(table.id)).all())


# --- the tab --------------------------------------------------------------------------------------------------------


def test_leads_see_the_tab_and_who_looked_and_agents_see_neither(at_desk) -> None:
    ana = at_desk("ana")
    assert PRIVACY not in ana.get("/customers/1").text
    assert ana.get(PRIVACY).status_code == 403
    bo = at_desk("bo")
    assert PRIVACY in bo.get("/customers/1").text
    page = bo.get(PRIVACY)
    assert is_whole_page(page)
    assert "<bdi>Ana</bdi>" in page.text
    assert "Export everything" not in page.text
    assert "Erase" not in page.text


def test_the_log_is_fresh_at_every_look_and_can_be_paged(at_desk, clock) -> None:
    ana, bo = at_desk("ana"), at_desk("bo")
    bo.get(PRIVACY)
    assert "<bdi>Ana</bdi>" not in bo.get(PRIVACY).text
    for _ in range(52):
        clock.moves(minutes=10)
        ana.get("/customers/1/orders", headers={"HX-Request": "true"})
    bo = at_desk("bo")
    assert "<bdi>Ana</bdi>" in bo.get(PRIVACY).text
    assert f"{PRIVACY}?page=2" in bo.get(PRIVACY).text
    for odd in ("2", "0", "-1", "x", "٣", "9" * 30):
        assert bo.get(f"{PRIVACY}?page={odd}").status_code == 200


def test_everybody_sees_what_they_opened_themselves(at_desk) -> None:
    ana = at_desk("ana")
    ana.get("/customers/1")
    page = ana.get("/views")
    assert is_whole_page(page)
    assert "Carla" in page.text
    assert "Carla" not in at_desk("bo").get("/views").text
    assert at_desk("del").get("/views").status_code == 403


# --- holds ----------------------------------------------------------------------------------------------------------


def test_a_lead_holds_and_lifts_and_the_words_come_back_as_text(at_desk, db, htmx) -> None:
    bo = at_desk("bo")
    filled = form(bo.get(PRIVACY), f"{PRIVACY}/hold") | {"reason": ODD, "review_on": "2026-04-01"}
    assert bo.post(f"{PRIVACY}/hold", data=filled).location == PRIVACY
    bo.post(f"{PRIVACY}/hold", data=filled)
    assert [(hold.reason, hold.lifted_at) for hold in rows(db, Hold)] == [(ODD, None)]
    page = bo.get(PRIVACY).text
    assert "&lt;b hx-get=/x&gt;" in page
    assert "<b hx-get" not in page
    lifted = bo.post("/privacy/holds/1/lift", data={"form_key": "lift-key-1"}, headers=htmx)
    assert 'id="privacy"' in lifted.text
    assert rows(db, Hold)[0].lifted_at == cast.NOW


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"reason": ""}, "Please fill this in."), ({"review_on": "2020-01-01"}, "within a year from today"),
     ({"review_on": "soon"}, "year-month-day"), ({"reason": "x" * 20_000}, "at most 200")],
)  # fmt: skip
def test_a_hold_that_cannot_be_taken_says_why_and_keeps_what_was_typed(at_desk, db, wrong, sentence) -> None:
    data = {"form": "place-hold", "form_key": "hold-key-1", "reason": "A broken lamp", "review_on": ""} | wrong
    answer = at_desk("bo").post(f"{PRIVACY}/hold", data=data)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert rows(db, Hold) == []


def test_an_agent_holds_nobody(at_desk) -> None:
    assert at_desk("ana").post(f"{PRIVACY}/hold", data={"reason": "x", "form_key": "hold-key-1"}).status_code == 403


# --- export ---------------------------------------------------------------------------------------------------------


def test_one_click_makes_a_file_to_read_in_the_customers_language_and_one_of_data(at_desk, db, work) -> None:
    mo = at_desk("mo")
    with db.writing() as session:
        session.get(Customer, 1).language = "de-AT"
    mo.post("/customers/1/notes", data={"text": ODD, "kind": "opinion", "channel": "phone", "form_key": "note-key-1"})
    page = mo.get(PRIVACY)
    assert mo.post(f"{PRIVACY}/export", data=form(page, f"{PRIVACY}/export")).location == PRIVACY
    assert "being made" in mo.get(PRIVACY).text
    work()
    assert f"{PRIVACY}/exports/1.json" in mo.get(PRIVACY).text
    data = mo.get(f"{PRIVACY}/exports/1.json")
    assert data.headers["Content-Disposition"] == 'attachment; filename="customer-1-export-1.json"'
    told = json.loads(data.data)["data"]
    assert told["customer"][0]["name"] == "Carla Núñez"
    assert ODD in [note["text"] for note in told["notes"]]
    assert {"Mo"} <= {view["staff"] for view in told["views"]}
    read = mo.get(f"{PRIVACY}/exports/1.html")
    assert read.mimetype == "text/html"
    assert "attachment" in read.headers["Content-Disposition"]
    assert "Carla Núñez" in read.text
    assert "<b hx-get" not in read.text
    assert "default-src &#39;none&#39;" in read.text or "default-src 'none'" in read.text
    assert "<script" not in read.text
    german = mo.get(f"{PRIVACY}/exports/1.html", headers={"Accept-Language": "ar"}).text
    assert "<h2>Vorlieben</h2>" in german
    assert "Was zu einem Gespräch notiert wurde" in german
    assert "Preferences" not in german
    assert mo.get(f"{PRIVACY}/exports/1.json").data == data.data, "the data are the same for everybody"
    assert [view.what.value for view in rows(db, View) if view.what == "export"] == ["export"]


def test_a_lead_exports_nothing_and_a_week_later_nobody_fetches_it(at_desk, work, clock) -> None:
    assert at_desk("bo").post(f"{PRIVACY}/export", data={"form_key": "export-key-1"}).status_code == 403
    at_desk("mo").post(f"{PRIVACY}/export", data={"form_key": "export-key-1"})
    work()
    clock.moves(days=7)
    mo = at_desk("mo")
    assert mo.get(f"{PRIVACY}/exports/1.json").status_code == 404
    assert mo.get("/customers/2/privacy/exports/1.html").status_code == 404
    assert "its week is over" in mo.get(PRIVACY).text


# --- erase ----------------------------------------------------------------------------------------------------------


def test_erasing_asks_for_the_number_and_ends_in_a_receipt(at_desk, db, work) -> None:
    mo = at_desk("mo")
    data = form(mo.get(PRIVACY), f"{PRIVACY}/erase") | {"typed": "c-1"}
    refused = mo.post(f"{PRIVACY}/erase", data=data)
    assert refused.status_code == 422
    assert "Please type the number of this customer exactly" in refused.text
    sent = mo.post(f"{PRIVACY}/erase", data=data | {"typed": "C-1"})
    assert sent.location == "/privacy/erasures/1"
    assert "under way" in mo.get(sent.location).text
    work()
    receipt = mo.get(sent.location).text
    assert "E-2026-1" in receipt
    assert "done" in receipt
    assert "Carla" not in receipt
    assert "E-2026-1" in mo.get("/privacy").text
    assert rows(db, Customer)[0].name == "A former customer"


def test_the_page_of_whoever_was_erased_says_so_and_takes_nothing(at_desk, db, work, htmx) -> None:
    ana, mo = at_desk("ana"), at_desk("mo")
    ana.get("/customers/1")  # remembered, and must not be shown any more
    mo.post(f"{PRIVACY}/erase", data={"typed": "C-1", "form_key": "erase-key-1"})
    for path in ("/customers/1", "/customers/1/notes", "/customers/1/orders"):
        page = ana.get(path)
        assert page.status_code == 410, path
        assert "erased" in page.text
        assert "Carla" not in page.text
    assert mo.get(PRIVACY).status_code == 410
    note = {"text": "Still here?", "kind": "observation", "channel": "phone", "form_key": "note-key-1"}
    assert ana.post("/customers/1/notes", data=note, headers=htmx).status_code == 410
    assert (
        ana.post(
            "/customers/1/promises", data={"text": "x", "due_on": "2026-04-01", "form_key": "promise-1"}
        ).status_code
        == 410
    )
    before = len(rows(db, View))
    ana.get("/customers/1")
    assert len(rows(db, View)) == before


def test_who_is_held_is_not_erased_and_the_page_says_who_held_them(at_desk, db) -> None:
    at_desk("bo").post(f"{PRIVACY}/hold", data={"reason": "A broken lamp", "form_key": "hold-key-1"})
    answer = at_desk("mo").post(
        f"{PRIVACY}/erase", data={"form": "erase-customer", "typed": "C-1", "form_key": "erase-key-1"}
    )
    assert answer.status_code == 409
    assert "Bo placed a hold" in answer.text
    assert rows(db, Erasure) == []


def test_only_a_manager_erases(at_desk) -> None:
    for name in ("ana", "bo"):
        assert (
            at_desk(name).post(f"{PRIVACY}/erase", data={"typed": "C-1", "form_key": "erase-key-1"}).status_code == 403
        )


def test_an_erasure_cannot_be_cancelled(at_desk, db, staff) -> None:
    at_desk("mo").post(f"{PRIVACY}/erase", data={"typed": "C-1", "form_key": "erase-key-1"})
    job = next(one for one in rows(db, Job) if one.kind == "erase")
    assert at_desk("ada").post(f"/work/jobs/{job.id}/cancel", data={"form_key": "cancel-key"}).status_code == 409
    with db.reading() as session:
        assert not any(one.can_be_cancelled for one in jobs.overview(session).latest)


def test_no_log_of_views_is_a_change_of_the_customers_page(at_desk, db) -> None:
    """Or nothing would ever be remembered."""
    at_desk("bo").get("/customers/1")
    with db.reading() as session:
        told = session.exec(select(audit.Audit.action).where(audit.Audit.subject == "customer:1")).all()
    assert list(told) == []


# --- terms ----------------------------------------------------------------------------------------------------------


def test_terms_are_previewed_first_and_then_count(at_desk, db, clock, htmx) -> None:
    mo = at_desk("mo")
    note = {"text": "Likes plum jam", "kind": "observation", "channel": "phone", "form_key": "note-key-1"}
    mo.post("/customers/2/notes", data=note)
    clock.moves(days=400)
    mo = at_desk("mo")
    filled = form(mo.get("/privacy"), "/privacy/terms")
    assert filled["notes"] == "1095"
    assert filled["customers"] == ""
    shown = mo.post("/privacy/terms", data=filled | {"notes": "365", "step": "preview"}, headers=htmx)
    assert shown.status_code == 200
    assert "tonight these go" in shown.text
    assert 'value="365"' in shown.text
    assert rows(db, RetentionRule) == []
    assert mo.post("/privacy/terms", data=filled | {"notes": "365", "step": "save"}).location == "/privacy"
    assert {rule.kind: rule.days for rule in rows(db, RetentionRule)}["notes"] == 365
    assert "Set by Mo" in mo.get("/privacy").text


@pytest.mark.parametrize("wrong", ["0", "-5", "many", "1e3", "99999999999999999999", "0.5"])
def test_days_that_are_none_are_refused_with_a_sentence(at_desk, db, wrong) -> None:
    answer = at_desk("mo").post("/privacy/terms", data={"form": "set-terms", "notes": wrong, "form_key": "terms-key-1"})
    assert answer.status_code == 422
    assert rows(db, RetentionRule) == []
    assert 'class="problem"' in answer.text


def test_only_managers_set_terms_and_read_receipts(at_desk) -> None:
    for name in ("ana", "bo", "del"):
        assert at_desk(name).get("/privacy").status_code == 403
        assert at_desk(name).get("/privacy/erasures/1").status_code == 403
    assert at_desk("mo").get("/privacy/erasures/1").status_code == 404


def test_what_was_never_asked_for_is_not_there(db) -> None:
    assert rows(db, PersonalExport) == []


def test_no_card_is_written_to_whoever_was_erased(at_desk, db) -> None:
    with db.writing() as session:
        session.add(Delivery(order_id=2, ship_on=cast.NOW.date()))
    at_desk("mo").post(f"{PRIVACY}/erase", data={"typed": "C-1", "form_key": "erase-key-1"})
    delivery = at_desk("del")
    card = form(delivery.get("/deliveries/1"), "/deliveries/1/card") | {"text": "Dear Carla"}
    answer = delivery.post("/deliveries/1/card", data=card)
    assert answer.status_code == 422
    assert "This person was erased" in answer.text
    assert rows(db, Delivery)[0].card_text == ""
