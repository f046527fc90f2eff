import cast
import pytest
from pages import form, is_whole_page

from deskapp.desk import notes
from deskapp.store.db import Database
from deskapp.store.memory_tables import Note


@pytest.fixture
def faded(db: Database, staff, clock) -> int:
    """An opinion of Ana's on Carla whose time is over."""
    with db.writing() as session:
        form_ = notes.NewNote(text="Seems lonely", kind="opinion", channel="phone", form_key="opine-key")
        note = notes.record(session, staff["ana"], cast.customer_id(session), form_, now=cast.NOW)
    clock.moves(days=181)
    return note


def test_a_lead_finds_it_in_the_queue_and_an_agent_nowhere(at_desk, faded: int) -> None:
    assert "Seems lonely" in at_desk("bo").get("/opinions").text
    assert "Seems lonely" in at_desk("bo").get("/customers/1/notes").text
    assert at_desk("bo").get(f"/notes/{faded}").status_code == 200
    ana = at_desk("ana")
    assert ana.get("/opinions").status_code == 403
    assert ana.get(f"/notes/{faded}").status_code == 404
    for path in ("/customers/1", "/customers/1/notes?kind=opinion", "/customers/1/notes?page=1", "/customers/1/facts"):
        assert "Seems lonely" not in ana.get(path).text, path


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_it_is_confirmed_by_the_plain_form_and_by_htmx(at_desk, db: Database, faded: int, headers) -> None:
    bo, url = at_desk("bo"), f"/opinions/{faded}/confirm"
    answer = bo.post(url, data=form(bo.get("/opinions"), url), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert "Seems lonely" not in bo.get("/opinions").text
    assert "Seems lonely" in at_desk("ana").get("/customers/1/notes").text


def test_words_that_the_guard_asks_about_are_kept_beside_their_opinion(at_desk, faded: int) -> None:
    bo, url = at_desk("bo"), f"/opinions/{faded}/reword"
    fields = form(bo.get("/opinions"), url) | {"text": "Pays with 4111 1111 1111 1111"}
    answer = bo.post(url, data=fields)
    assert answer.status_code == 422
    assert form(answer, url)["text"].strip() == "Pays with 4111 1111 1111 1111"
    assert "card number" in answer.text
    assert bo.post(url, data=fields | {"text": "Stays for a chat after paying"}).status_code == 303
    assert "Stays for a chat after paying" in at_desk("ana").get("/customers/1/facts").text


def test_taken_back_it_leaves_the_queue(at_desk, db: Database, faded: int) -> None:
    bo, url = at_desk("bo"), f"/opinions/{faded}/retract"
    assert bo.post(url, data=form(bo.get("/opinions"), url)).status_code == 303
    assert "Nothing waits for you" in bo.get("/opinions").text
    with db.reading() as session:
        note = session.get(Note, faded)
        assert note is not None
        assert note.retracted_at is not None


def test_what_was_reworded_meanwhile_is_said_and_not_confirmed(at_desk, faded: int) -> None:
    bo, url = at_desk("bo"), f"/opinions/{faded}/confirm"
    early = form(bo.get("/opinions"), url)
    change = f"/notes/{faded}"
    assert bo.post(change, data=form(bo.get(change), change) | {"text": "Seems very lonely"}).status_code == 303
    answer = bo.post(url, data=early)
    assert answer.status_code == 409
    assert is_whole_page(answer)
    assert "Somebody changed this note" in answer.text
    assert "Seems very lonely" in answer.text
