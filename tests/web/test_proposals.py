import cast
import pytest
from pages import Forms, is_whole_page
from sqlmodel import select

from deskapp.desk import notes
from deskapp.store.db import Database
from deskapp.store.memory_tables import NoteKind, ProposalDeclined


@pytest.fixture
def carla(db: Database) -> int:
    with db.reading() as session:
        return cast.customer_id(session)


def note(db: Database, staff, carla: int, text: str, kind: NoteKind = NoteKind.OBSERVATION, by: str = "bo") -> None:
    form = notes.NewNote(
        text=text, kind=kind, channel="phone", form_key=f"note-{abs(hash(text))}-{kind}", is_confirmed=True,
        guard_reason="safety",
    )  # fmt: skip
    with db.writing() as session:
        notes.record(session, staff[by], carla, form, now=cast.NOW)


def fields(page, n: int = 0) -> dict[str, str]:
    return [one["fields"] for one in Forms(page.text).forms if one["action"].endswith("/proposals")][n]


def test_a_note_is_saved_and_what_it_tells_is_proposed_with_its_words(at_desk, db, staff, carla) -> None:
    note(db, staff, carla, "Came in wet. She is allergic to nuts.")
    page = at_desk("ana").get(f"/customers/{carla}")
    assert "Read in a note. Keep it?" in page.text
    assert '<q dir="auto">She is allergic to nuts</q>' in page.text
    assert "Allergy" not in page.text.split('id="proposals"')[0].split('id="customer"')[1].split("</section>")[0]


@pytest.mark.parametrize(("said", "words"), [("stated", "said so"), ("inferred", "our guess")])
def test_it_is_kept_by_a_plain_form_with_its_source(at_desk, db, staff, carla, said: str, words: str) -> None:
    note(db, staff, carla, "She likes dark chocolate.")
    client = at_desk("ana")
    answer = client.post("/notes/1/proposals", data=fields(client.get(f"/customers/{carla}")) | {"said": said})
    assert (answer.status_code, answer.location) == (303, f"/customers/{carla}/preferences")
    page = client.get(answer.location).text
    row = page.split('id="preferences"')[1]
    assert "dark chocolate" in row
    assert words in row
    assert 'href="/notes/1"' in row
    assert "Keep as a guess" not in page


def test_a_guess_from_an_old_note_counts_from_the_day_it_is_kept(at_desk, db, staff, carla, clock) -> None:
    note(db, staff, carla, "She likes dark chocolate.")
    clock.moves(days=400)
    client = at_desk("ana")
    client.post("/notes/1/proposals", data=fields(client.get(f"/customers/{carla}")) | {"said": "inferred"})
    page = client.get(f"/customers/{carla}/preferences").text
    assert "dark chocolate" in page
    assert "ask whether it is still so" not in page


def test_what_was_read_in_a_note_that_was_taken_back_leads_nowhere(at_desk, db, staff, carla) -> None:
    note(db, staff, carla, "She likes dark chocolate.", by="ana")
    client = at_desk("ana")
    client.post("/notes/1/proposals", data=fields(client.get(f"/customers/{carla}")) | {"said": "stated"})
    client.post("/notes/1/retract", data={"form_key": "retract-key"})
    page = client.get(f"/customers/{carla}/preferences").text
    assert "dark chocolate" in page
    assert "/notes/1" not in page.split('id="preferences"')[1]


def test_what_was_declined_is_forgotten_with_the_words_it_was_read_in(at_desk, db, staff, carla) -> None:
    note(db, staff, carla, "She likes dark chocolate.")
    bo = at_desk("bo")
    bo.post("/notes/1/proposals", data=fields(bo.get(f"/customers/{carla}")) | {"said": "no"})
    bo.post("/notes/1/retract", data={"form_key": "retract-key"})
    with db.reading() as session:
        assert len(session.exec(select(ProposalDeclined)).all()) == 1
    bo.post("/notes/1/wipe", data={"form_key": "wipe-key-1"})
    with db.reading() as session:
        assert session.exec(select(ProposalDeclined)).all() == []


def test_no_is_no_for_good(at_desk, db, staff, carla, htmx) -> None:
    note(db, staff, carla, "She likes dark chocolate.")
    client = at_desk("ana")
    sent = fields(client.get(f"/customers/{carla}")) | {"said": "no"}
    answer = client.post("/notes/1/proposals", data=sent, headers=htmx)
    assert not is_whole_page(answer)
    assert "dark chocolate" not in answer.text
    assert "Keep as a guess" not in client.get(f"/customers/{carla}").text


def test_a_day_is_kept_among_the_days_and_declined_like_the_rest(at_desk, db, staff, carla) -> None:
    note(db, staff, carla, "Her birthday is on 20 March. Wedding anniversary on the 12th of June.")
    client = at_desk("ana")
    client.post("/notes/1/proposals", data=fields(client.get(f"/customers/{carla}")) | {"said": "stated"})
    page = client.get(f"/customers/{carla}/preferences")
    assert "20 March" in page.text
    assert "in 6 days" in page.text
    client.post("/notes/1/proposals", data=fields(page) | {"said": "no"})
    assert 'aria-labelledby="proposals-h" hidden' in client.get(f"/customers/{carla}").text


@pytest.mark.parametrize("undo", ["withdraw", "opinion", "retract"])
def test_what_was_removed_thought_or_taken_back_is_not_proposed(at_desk, db, staff, carla, undo: str) -> None:
    kind = NoteKind.OPINION if undo == "opinion" else NoteKind.OBSERVATION
    note(db, staff, carla, "She likes dark chocolate.", kind, by="ana")
    client = at_desk("ana")
    if undo == "withdraw":
        client.post("/notes/1/proposals", data=fields(client.get(f"/customers/{carla}")) | {"said": "stated"})
        client.post("/preferences/1/withdraw", data={"form_key": "withdraw-1"})
    if undo == "retract":
        client.post("/notes/1/retract", data={"form_key": "retract-1"})
    assert "Keep as a guess" not in client.get(f"/customers/{carla}").text


def test_nothing_is_kept_that_the_note_does_not_say(at_desk, db, staff, carla) -> None:
    note(db, staff, carla, "She likes dark chocolate.")
    client = at_desk("ana")
    sent = fields(client.get(f"/customers/{carla}")) | {"said": "stated", "key": "white chocolate"}
    answer = client.post("/notes/1/proposals", data=sent)
    assert answer.status_code == 409
    assert "says something else" in answer.text
    assert "white chocolate" not in client.get(f"/customers/{carla}/preferences").text


def test_a_double_tap_keeps_it_once(at_desk, db, staff, carla) -> None:
    note(db, staff, carla, "She likes dark chocolate.")
    client = at_desk("ana")
    sent = fields(client.get(f"/customers/{carla}")) | {"said": "stated"}
    for _ in range(2):
        assert client.post("/notes/1/proposals", data=sent).status_code == 303
    assert client.get(f"/customers/{carla}/preferences").text.count("/withdraw") == 2  # action and hx-post of one form


def test_delivery_sees_none_and_an_unknown_note_is_not_found(at_desk, carla) -> None:
    assert at_desk("del").get(f"/customers/{carla}/proposals").status_code == 403
    sent = {"form_key": "k" * 12, "kind": "like", "key": "tea", "said": "no"}
    assert at_desk("ana").post("/notes/999999/proposals", data=sent).status_code == 404
