"""Whatever opens a customer is in the log of views, once in ten minutes, and the page never fails or waits for it."""

import cast
from parcels import deliver
from sqlmodel import select

from deskapp.desk import requests, tokens, views
from deskapp.desk.requests import NewVoice
from deskapp.store.privacy_tables import View


def seen(db) -> list[tuple[int, str, str]]:
    with db.reading() as session:
        return [(v.customer_id, v.what.value, v.surface.value) for v in session.exec(select(View).order_by(View.id))]


def test_opening_a_page_is_logged_once_and_so_are_its_panels(at_desk, db, clock, htmx) -> None:
    ana = at_desk("ana")
    for path in ("/customers/1", "/customers/1/notes", "/customers/1/orders", "/customers/1"):
        assert ana.get(path).status_code == 200
    assert ana.get("/customers/1/facts", headers=htmx).status_code == 200
    assert seen(db) == [(1, "page", "page")]
    clock.moves(minutes=11)
    ana.get("/customers/1/facts", headers=htmx)
    assert seen(db) == [(1, "page", "page")] * 2


def test_a_customer_who_is_not_there_is_not_logged(at_desk, db) -> None:
    assert at_desk("ana").get("/customers/99").status_code == 404
    assert seen(db) == []


def test_a_programs_reading_is_logged(app, db, clock) -> None:
    with db.writing() as session:
        token = tokens.make(session, "ana", secret="x" * 40, now=clock())
    program = app.test_client()
    answer = program.get("/api/v1/customers/C-1", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert seen(db) == [(1, "api", "page")]


def test_a_page_is_drawn_while_somebody_writes_and_its_view_comes_later(at_desk, db) -> None:
    ana = at_desk("ana")
    ana.get("/customers/2")  # what is shown for the first time is remembered; that writes, and would wait
    ana.get("/customers/1/orders")
    before = len(seen(db))
    bo = at_desk("bo")
    with db.writing():
        assert bo.get("/customers/1/orders", headers={"HX-Request": "true"}).status_code == 200
    assert len(seen(db)) == before
    bo.get("/customers/2")
    assert len(seen(db)) == before + 2


def test_the_history_of_a_note_is_an_opening_of_its_own(at_desk, db) -> None:
    ana = at_desk("ana")
    note = {"text": "Likes plum jam", "kind": "observation", "channel": "phone", "form_key": "note-key-1"}
    ana.post("/customers/1/notes", data=note)
    assert ana.get("/notes/1").status_code == 200
    assert seen(db)[-1] == (1, "note", "page")


def test_a_card_and_a_print_of_cards_are_openings_at_the_door_too(at_desk, db) -> None:
    with db.writing() as session:
        parcel = deliver(session)
    at_desk("del").get(f"/deliveries/{parcel}")
    at_desk("ana").get(f"/deliveries/print?delivery={parcel}")
    assert seen(db) == [(1, "brief", "page")] * 2


def test_opinions_are_openings_of_everybody_they_are_about(at_desk, db, clock) -> None:
    for customer in (1, 2):
        note = {"text": "Seems shy", "kind": "opinion", "channel": "phone", "form_key": f"note-key-{customer}"}
        at_desk("ana").post(f"/customers/{customer}/notes", data=note)
    clock.moves(days=181)
    before = len(seen(db))
    assert "Seems shy" in at_desk("bo").get("/opinions").text
    assert seen(db)[before:] == [(1, "note", "page"), (2, "note", "page")]


def test_customers_whose_words_stand_with_a_request_were_opened_and_others_were_not(at_desk, db, staff) -> None:
    with db.writing() as session:
        for customer, by in ((1, "ana"), (2, "bo")):
            asked = NewVoice(form_key=f"voice-key-{customer}", words="Refill the soap bottles", topic="Refills")
            requests.hear(session, staff[by], customer, asked, now=cast.NOW)
    at_desk("ana").get("/requests/1")
    assert seen(db) == [(1, "page", "page")]


def test_many_openings_wait_together_while_somebody_writes(app, db, clock, staff) -> None:
    with db.writing():
        app.extensions["deskapp"].views.note_all(staff["bo"], [1, 2, 1], "brief", "page", now=clock())
    assert seen(db) == []
    assert views.take_in(db) == 2


def test_the_doors_board_is_not_an_opening(at_desk, db) -> None:
    at_desk("del").get("/deliveries")
    assert seen(db) == []


def test_whoever_reads_a_note_in_the_search_has_opened_that_customer(at_desk, db) -> None:
    ana = at_desk("ana")
    note = {"form_key": "a-note-key", "form": "add-note", "text": "Plays the cello", "kind": "observation"}
    assert ana.post("/customers/1/notes", data=note | {"channel": "phone"}).status_code == 303
    assert "cello" in ana.post("/search", data={"form": "search", "q": "cello"}).text
    assert (1, "note", "page") in seen(db)
    before = seen(db)
    ana.post("/search", data={"form": "search", "q": "nothing-like-it"})
    assert seen(db) == before
