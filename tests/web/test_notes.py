import cast
import pytest
from pages import form, is_whole_page

from deskapp.store import notes
from deskapp.store.db import Database


@pytest.fixture
def carla(db: Database) -> int:
    with db.reading() as session:
        return cast.customer_id(session)


@pytest.fixture
def url(carla: int) -> str:
    return f"/customers/{carla}/notes"


def texts(db: Database, carla: int) -> list[str]:
    with db.reading() as session:
        return [note.text for note, *_ in notes.list_notes(session, carla, today=cast.NOW.date())]


def test_a_note_is_written_by_the_plain_form_of_the_page(at_desk, db: Database, carla: int, url: str) -> None:
    client = at_desk("ana")
    fields = form(client.get(f"/customers/{carla}"), url) | {"kind": "observation", "text": "Moves in <b>May</b>"}
    answer = client.post(url, data=fields | {"channel": "phone"})
    assert (answer.status_code, answer.location) == (303, url)
    page = client.get(url)
    assert is_whole_page(page)
    assert "Moves in &lt;b&gt;May&lt;/b&gt;" in page.text


def test_htmx_gets_the_fresh_panel_and_the_neighbours_hear_of_it(at_desk, carla: int, url: str, htmx) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "observation", "channel": "phone", "text": "Moves in May"}
    answer = client.post(url, data=fields, headers=htmx)
    assert answer.status_code == 200
    assert not is_whole_page(answer)
    assert "Moves in May" in answer.text
    assert "note-saved" in answer.headers["HX-Trigger"]
    assert form(answer, url)["form_key"] != fields["form_key"]


def test_the_same_form_sent_twice_is_one_note(at_desk, db: Database, carla: int, url: str) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "observation", "channel": "phone", "text": "once"}
    for _ in range(2):
        assert client.post(url, data=fields).status_code == 303
    assert texts(db, carla) == ["once"]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"kind": "gossip"},
        {"channel": "pigeon"},
        {"order": "nobody's"},
        {"surprise": "1"},
        {"form_key": ""},
    ],
)
def test_what_was_typed_is_kept_when_something_is_wrong(
    at_desk, db: Database, carla: int, url: str, headers, wrong
) -> None:
    client = at_desk("ana")
    good = {"kind": "observation", "channel": "phone", "text": "my careful words"}
    answer = client.post(url, data=form(client.get(url), url) | good | wrong, headers=headers)
    assert answer.status_code in {404, 422}
    if answer.status_code == 422:
        assert form(answer, url)["text"].strip() == "my careful words"
        assert is_whole_page(answer) is not bool(headers)
    assert texts(db, carla) == []


def test_an_empty_note_is_asked_for_its_words(at_desk, url: str) -> None:
    client = at_desk("ana")
    answer = client.post(
        url, data=form(client.get(url), url) | {"kind": "observation", "channel": "phone", "text": "  "}
    )
    assert answer.status_code == 422
    assert "Please fill this in." in answer.text


def test_the_guard_says_why_and_lets_the_writer_insist(at_desk, db: Database, carla: int, url: str) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "observation", "channel": "phone", "text": "He was rude today"}
    answer = client.post(url, data=fields)
    assert answer.status_code == 422
    assert "judges the person" in answer.text
    assert client.post(url, data=fields | {"is_confirmed": "true"}).status_code == 303
    assert texts(db, carla) == ["He was rude today"]


def test_an_edit_is_a_revision_and_an_old_one_is_a_conflict_with_both_texts_in_sight(
    at_desk, db: Database, carla: int, url: str
) -> None:
    client = at_desk("ana")
    client.post(url, data=form(client.get(url), url) | {"kind": "observation", "channel": "phone", "text": "first"})
    early, late = (form(client.get("/notes/1"), "/notes/1") for _ in range(2))
    assert client.post("/notes/1", data=early | {"text": "second"}).status_code == 303
    answer = client.post("/notes/1", data=late | {"text": "mine"})
    assert answer.status_code == 409
    assert "Somebody changed this note" in answer.text
    assert "second" in answer.text
    assert form(answer, "/notes/1")["text"].strip() == "mine"
    assert texts(db, carla) == ["second"]


def test_every_save_button_names_the_customer(at_desk, carla: int) -> None:
    page = at_desk("ana").get(f"/customers/{carla}").text
    assert "Save note for <bdi>Carla Núñez</bdi></span></button>" in page


def test_delivery_neither_reads_nor_writes_notes(at_desk, url: str) -> None:
    client = at_desk("del")
    assert client.get(url).status_code == 403
    assert client.post(url, data={"text": "x"}).status_code == 403


def test_a_note_from_another_site_is_refused(at_desk, db: Database, carla: int, url: str) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "observation", "channel": "phone", "text": "x"}
    assert client.post(url, data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert texts(db, carla) == []


@pytest.mark.parametrize("before", ["99999999999999999999999", "9" * 5000, "-1", "x", ""])
def test_a_revision_that_no_note_can_have_is_not_asked_for(at_desk, url: str, before: str) -> None:
    client = at_desk("ana")
    write(client, url)
    answer = client.get(f"/notes/1?before={before}")
    assert answer.status_code == 200
    assert "cello" in answer.text


def test_an_unknown_note_is_not_found(at_desk) -> None:
    client = at_desk("ana")
    assert client.get("/notes/999999").status_code == 404
    assert client.post("/notes/999999", data={"form_key": "k" * 12, "text": "x", "revision": "1"}).status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7*7 }}",
        "<script>alert(1)</script>",
        '<div hx-swap-oob="true" id="main">',
        "\u202eevil",
        "👩‍👩‍👧 zoë",
        "x" * 20_000,
    ],
)
def test_whatever_is_typed_comes_back_unchanged_and_inert(
    at_desk, db: Database, carla: int, url: str, text: str
) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "observation", "channel": "phone", "text": text}
    assert client.post(url, data=fields).status_code == 303
    assert texts(db, carla) == [text]
    page = client.get(url).text
    assert "<script>alert" not in page
    assert "<div hx-swap-oob" not in page


@pytest.mark.parametrize("text", ["a\x00b", "x" * 20_001])
def test_what_cannot_be_kept_is_refused_in_a_sentence(at_desk, url: str, text: str) -> None:
    client = at_desk("ana")
    fields = form(client.get(url), url) | {"kind": "observation", "channel": "phone", "text": text}
    assert client.post(url, data=fields).status_code in {400, 422}


# --- marks, and only some of them -----------------------------------------------------------------------------------


def write(client, url: str, text: str = "Plays the cello. Wants light.", **more: str) -> None:
    fields = form(client.get(url), url) | {"kind": "observation", "channel": "phone", "text": text} | more
    assert client.post(url, data=fields).status_code == 303


def send(client, action: str, page: str = "/notes/1", **fields: str):
    return client.post(action, data=form(client.get(page), action) | fields)


def test_an_alert_stands_on_top_of_the_page_and_the_neighbours_hear_of_it(at_desk, carla: int, url: str, htmx) -> None:
    client = at_desk("ana")
    write(client, url)
    fields = form(client.get("/notes/1"), "/notes/1/alert")
    answer = client.post("/notes/1/alert", data=fields, headers=htmx)
    assert answer.status_code == 200
    assert "note-saved" in answer.headers["HX-Trigger"]
    page = client.get(f"/customers/{carla}").text
    assert page.index("Know this first") < page.index("Plays the cello")
    assert send(client, "/notes/1/calm").location == "/notes/1"
    assert "Know this first" not in client.get(f"/customers/{carla}").text


def test_a_pin_without_a_reason_or_a_day_is_asked_for_them(at_desk, url: str) -> None:
    client = at_desk("ana")
    write(client, url)
    for wrong in (
        {"reason": "", "until": "2026-04-01"},
        {"reason": "May", "until": ""},
        {"reason": "May", "until": "2001-01-01"},
    ):
        answer = send(client, "/notes/1/pin", **wrong)
        assert answer.status_code == 422
        assert form(answer, "/notes/1/pin")["reason"] == wrong["reason"]
    assert send(client, "/notes/1/pin", reason="May", until="2026-04-01").status_code == 303
    assert '<time datetime="2026-04-01">1 April</time>' in client.get(url).text


def test_a_sentence_of_it_is_chosen_by_its_place(at_desk, url: str) -> None:
    client = at_desk("ana")
    write(client, url)
    for wrong in ("3", "-1", "x", "9" * 30):
        assert send(client, "/notes/1/sentence", sentence=wrong).status_code == 422
    assert send(client, "/notes/1/sentence", sentence="2").status_code == 303
    assert form(client.get("/notes/1"), "/notes/1/sentence")["sentence"] == "2"


def test_taken_back_it_is_nowhere_and_an_undo_brings_it_back(at_desk, db: Database, carla: int, url: str) -> None:
    client = at_desk("ana")
    write(client, url)
    assert send(client, "/notes/1/retract").location == url
    assert client.get("/notes/1").status_code == 404
    for path in (f"/customers/{carla}", url, f"{url}?page=1", "/customers/1/facts"):
        assert "cello" not in at_desk("bo").get(path).text
    assert send(client, "/notes/1/restore", url).location == url
    assert "cello" in client.get(url).text


def test_only_who_wrote_it_or_a_lead_takes_it_back(at_desk, url: str) -> None:
    write(at_desk("bo"), url)
    ana = at_desk("ana")
    assert "Take the note back" not in ana.get("/notes/1").text
    answer = ana.post("/notes/1/retract", data={"form_key": "retract-key"})
    assert answer.status_code == 403
    assert "Only who wrote a note, or a lead" in answer.text
    assert ana.post("/notes/1/wipe", data={"form_key": "wipe-key-1"}).status_code == 403
    mo = at_desk("mo")
    assert send(mo, "/notes/1/retract").status_code == 303
    assert send(mo, "/notes/1/wipe", url).status_code == 303
    assert "Taken back" not in mo.get(url).text


@pytest.mark.parametrize(
    "asked",
    ["kind=gossip", "since=yesterday", "until=0001-01-01", "since=9999-12-31", "author=ana", "page=x", "page=-1", "author=-5",
     "channel=" + "x" * 41],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_question_that_makes_no_sense_is_answered_in_a_sentence(at_desk, url: str, asked: str, headers) -> None:
    client = at_desk("ana")
    write(client, url)
    answer = client.get(f"{url}?{asked}", headers=headers)
    assert answer.status_code == 422
    assert "cello" in answer.text
    assert 'class="problem' in answer.text
    assert client.get(url).status_code == 200  # and is not remembered


def test_a_question_about_notes_changes_nothing_that_is_remembered(at_desk, carla: int, url: str) -> None:
    client = at_desk("ana")
    write(client, url)
    write(client, url, "Seems shy", kind="opinion")
    client.get(f"/customers/{carla}")
    page = client.get(f"{url}?kind=opinion").text
    assert "Seems shy" in page
    notes_panel = page[page.index('id="notes"') :]
    assert "cello" not in notes_panel
    assert "cello" in client.get(f"/customers/{carla}").text
