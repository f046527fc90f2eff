from datetime import timedelta

import cast
import pytest
from markupsafe import escape
from pages import is_whole_page
from sqlmodel import Session

from deskapp.store.db import Database
from deskapp.store.memory_tables import Interaction, Note, NoteKind


@pytest.fixture
def carla(db: Database) -> int:
    with db.reading() as session:
        return cast.customer_id(session)


@pytest.fixture
def notes(db: Database, carla: int) -> int:
    """Three on Carla, one on Dan; returns the id of the first."""
    with db.writing() as session:
        first = _note(session, carla, "Likes plum jam <b hx-get=/x>on toast</b>")
        _note(session, carla, "Seems sad about plums", kind=NoteKind.OPINION, review_on=cast.NOW.date())
        _note(session, carla, "Plum cake in winter", channel="phone", written_at=cast.NOW - timedelta(days=40))
        _note(session, cast.customer_id(session, "C-2"), "Dan hates plums")
        return first


def _note(session: Session, customer_id: int, words: str, *, channel: str = "in-person", **said: object) -> int:
    talk = Interaction(customer_id=customer_id, channel=channel, happened_at=cast.NOW)
    session.add(talk)
    session.flush()
    plain = {"kind": NoteKind.OBSERVATION, "revision": 1, "author_id": 1, "written_at": cast.NOW}
    note = Note(customer_id=customer_id, interaction_id=talk.id, text=words, **plain | said)
    session.add(note)
    session.flush()
    return note.id


def test_a_search_is_a_page_with_the_words_marked_and_a_way_to_the_customer(at_desk, notes: int, carla: int) -> None:
    page = at_desk("ana").post("/search", data={"q": "plum ja"})
    assert page.status_code == 200
    assert is_whole_page(page)
    assert "Likes <mark>plum</mark> <mark>ja</mark>m &lt;b hx-get=/x&gt;" in page.text
    assert f'href="/customers/{carla}"' in page.text
    assert f'href="/notes/{notes}"' in page.text
    assert "One note" in page.text


def test_htmx_gets_the_panel_alone(at_desk, notes: int, htmx) -> None:
    page = at_desk("ana").post("/search", data={"q": "plum"}, headers=htmx)
    assert not is_whole_page(page)
    assert 'id="search"' in page.text


def test_nothing_is_shown_before_anything_was_asked(at_desk, notes: int) -> None:
    page = at_desk("ana").get("/search")
    assert page.status_code == 200
    assert "plum" not in page.text


def test_customers_who_are_called_like_that_stand_above_the_notes(at_desk, notes: int, carla: int) -> None:
    page = at_desk("ana").post("/search", data={"q": "núnez"})
    assert f'<a href="/customers/{carla}"><bdi>Carla Núñez</bdi></a>' in page.text
    assert "No note like that" in page.text


def test_the_search_of_one_customer_says_so_and_leaves_out_the_others(at_desk, notes: int, carla: int) -> None:
    assert "In the notes on <bdi>Carla Núñez</bdi>" in at_desk("ana").get(f"/search?customer={carla}").text
    page = at_desk("ana").post("/search", data={"q": "plum", "customer": carla})
    assert "toast" in page.text
    assert "Dan hates" not in page.text


@pytest.mark.parametrize(
    ("filters", "seen"),
    [
        ({"channel": "phone"}, "cake"),
        ({"kind": "observation", "since": "2026-03-14", "q": "plums"}, "hates"),
        ({"until": "2026-02-10"}, "cake"),
        ({"author": "1", "channel": "phone", "order": "best"}, "cake"),
    ],
)
def test_notes_are_sifted(at_desk, notes: int, filters: dict[str, str], seen: str) -> None:
    page = at_desk("ana").post("/search", data={"q": "plum"} | filters)
    assert "One note" in page.text
    assert seen in page.text


def test_a_faded_opinion_is_for_leads(at_desk, notes: int) -> None:
    assert "Seems sad" not in at_desk("ana").post("/search", data={"q": "plums sad"}).text
    page = at_desk("bo").post("/search", data={"q": "sad"})
    assert "Seems <mark>sad</mark>" in page.text
    assert "faded" in page.text


def test_delivery_finds_nothing(at_desk, notes: int) -> None:
    assert at_desk("del").get("/search").status_code == 403
    page = at_desk("del").post("/search", data={"q": "plum"})
    assert page.status_code == 403
    assert "toast" not in page.text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"q": "x" * 201}, "at most 200 characters"),
        ({"since": "yesterday"}, "year-month-day"),
        ({"until": "0001-01-01"}, "a year that somebody lived in"),
        ({"kind": "rumour"}, "one of the list"),
        ({"author": "nobody"}, "whole number"),
        ({"plum": "1"}, "no such field"),
    ],
)
def test_what_cannot_be_read_is_said_and_what_was_typed_is_kept(at_desk, typed: dict[str, str], says: str) -> None:
    page = at_desk("ana").post("/search", data={"form": "search-notes", "q": "plum"} | typed)
    assert page.status_code == 422
    if set(typed) & {"q", "since", "until"}:
        assert says in page.text
    assert typed.get("q", "plum") in page.text


@pytest.mark.parametrize("customer", ["999999", "x", "9" * 30, "-1", "\u0661"])
def test_a_customer_who_is_not_there_breaks_nothing(at_desk, customer: str) -> None:
    assert at_desk("ana").get(f"/search?customer={customer}").status_code in {200, 404}
    assert at_desk("ana").post("/search", data={"q": "a", "customer": customer}).status_code in {200, 404, 422}


@pytest.mark.parametrize(
    "typed", ['" OR *', "<script>alert(1)</script>", "{{7*7}}", "\u202ertl", "%", "山", "🎂", "\ud7ff"]
)
def test_what_is_typed_comes_back_as_words(at_desk, notes: int, typed: str) -> None:
    page = at_desk("ana").post("/search", data={"q": typed})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert f'name="q" value="{escape(typed)}"' in page.text


@pytest.mark.asvs(34)
def test_what_is_searched_for_stands_in_no_address_and_no_log(at_desk, notes: int, capsys) -> None:
    at_desk("ana").post("/search", data={"q": "zanzibar"})
    assert "zanzibar" not in capsys.readouterr().out
