import cast
import pytest
from pages import form, is_whole_page

from deskapp.store.db import Database


@pytest.fixture
def carla(db: Database) -> int:
    with db.reading() as session:
        return cast.customer_id(session)


@pytest.fixture
def hear(at_desk, carla: int):
    def hear(by: str, words: str, customer: int = 0, **more: str):
        client, url = at_desk(by), f"/customers/{customer or carla}/requests"
        sent = form(client.get(url), url) | {"words": words, "topic": words[:120]} | more
        return client.post(url, data=sent)

    return hear


def decide(client, topic: int, **said: str):
    url = f"/requests/{topic}/decide"
    return client.post(url, data=form(client.get(f"/requests/{topic}"), url) | said)


def test_a_request_takes_the_tab_the_words_and_one_tap(hear, at_desk, carla: int) -> None:
    answer = hear("ana", "Gift wrap at the door", would_let="Hand it over at once")
    assert (answer.status_code, answer.location) == (303, f"/customers/{carla}/requests")
    page = at_desk("bo").get(answer.location).text
    assert "Gift wrap at the door" in page
    assert "So that: <bdi>Hand it over at once" in page


def test_something_alike_is_offered_with_the_words_kept(hear, carla: int) -> None:
    hear("ana", "Gift wrap at the door")
    answer = hear("ana", "Could you wrap gifts?", carla + 1, topic="")
    assert answer.status_code == 422
    assert "Is it one of these?" in answer.text
    assert "Something new" in answer.text
    assert form(answer, f"/customers/{carla + 1}/requests")["words"].strip() == "Could you wrap gifts?"
    assert hear("ana", "Could you wrap gifts?", carla + 1, topic="", choice="1").status_code == 303


def test_a_new_one_without_a_name_is_asked_for_it_with_the_words_and_the_choice_kept(hear, carla: int) -> None:
    hear("ana", "Gift wrap at the door")
    answer = hear("ana", "Could you wrap gifts?", carla + 1, topic="", choice="new")
    assert answer.status_code == 422
    assert "Please say in a few words what they ask for." in answer.text
    kept = form(answer, f"/customers/{carla + 1}/requests")
    assert (kept["words"].strip(), kept["topic"], kept["choice"]) == ("Could you wrap gifts?", "", "new")


def test_agents_read_the_board_but_not_who_asked_others(hear, at_desk, carla: int) -> None:
    hear("bo", "Gift wrap at the door")
    board = at_desk("ana").get("/requests")
    assert "1 customer asked for 1 thing" in board.text
    topic = at_desk("ana").get("/requests/1").text
    assert "1 customer told it to colleagues" in topic
    assert "Carla" not in board.text + topic
    assert "Decide" not in topic
    assert "Carla" in at_desk("mo").get("/requests/1").text


def test_a_no_needs_a_reason_and_reaches_the_hearer(hear, at_desk, carla: int) -> None:
    hear("ana", "Gift wrap at the door")
    mo, ana = at_desk("mo"), at_desk("ana")
    assert decide(mo, 1, state="declined").status_code == 422
    assert decide(mo, 1, state="declined", because="Too much waste").status_code == 303
    board = ana.get("/requests")
    assert "You owe an answer" in board.text
    tab = ana.get(f"/customers/{carla}/requests")
    assert "Why: <bdi>Too much waste" in tab.text
    url = "/requests/voices/1/answer"
    answer = ana.post(url, data=form(board, url))
    assert (answer.status_code, answer.location) == (303, "/requests")
    assert "You owe an answer" not in ana.get("/requests").text
    assert "<span>told <time" in ana.get(f"/customers/{carla}/requests").text


def test_a_remembered_page_learns_what_was_decided(hear, at_desk, carla: int) -> None:
    hear("ana", "Gift wrap at the door")
    ana = at_desk("ana")
    assert "planned" not in ana.get(f"/customers/{carla}/requests").text
    decide(at_desk("mo"), 1, state="planned")
    assert "planned" in ana.get(f"/customers/{carla}/requests").text


def test_a_month_after_it_is_here_the_use_is_asked_and_counted(hear, at_desk, carla: int, clock) -> None:
    hear("ana", "Gift wrap at the door")
    decide(at_desk("mo"), 1, state="released")
    clock.moves(days=31)
    ana, url = at_desk("ana"), "/requests/voices/1/use"
    ana.post("/requests/voices/1/answer", data={"form_key": "told-key-1"})
    page = ana.get(f"/customers/{carla}/requests")
    assert "Do they use it?" in page.text
    answer = ana.post(url, data=form(page, url) | {"used": "no"})
    assert answer.status_code == 303
    assert "they do not use it" in ana.get(answer.location).text
    assert "0 of 1 asked" in ana.get("/requests").text


def test_topics_are_merged_and_parted_by_plain_forms(hear, at_desk, carla: int) -> None:
    hear("ana", "Gift wrap at the door")
    hear("ana", "Longer hours", carla + 1)
    mo = at_desk("mo")
    url = "/requests/2/merge"
    answer = mo.post(url, data=form(mo.get("/requests/2"), url) | {"into": "1"})
    assert (answer.status_code, answer.location) == (303, "/requests/1")
    page = mo.get("/requests/1")
    assert "Counted here as well" in page.text
    assert "2 customers asked for 1 thing" in mo.get("/requests").text
    mo.post("/requests/2/part", data=form(page, "/requests/2/part"))
    assert "2 customers asked for 2 things" in mo.get("/requests").text


@pytest.mark.parametrize("act", ["decide", "merge", "part"])
def test_only_managers_run_the_board(at_desk, act: str) -> None:
    for who in ("ana", "bo", "del"):
        assert at_desk(who).post(f"/requests/1/{act}", data={}).status_code == 403
    assert at_desk("del").get("/requests").status_code == 403


NASTY = "<script>alert(1)</script> {{ 7 * 7 }} \u202eabc <b hx-get=/x hx-trigger=load>👩‍👩‍👧 z̸̢a̵l̶g̸o̸"


def test_whatever_is_typed_comes_out_as_it_went_in_and_does_nothing(hear, at_desk, carla: int, htmx) -> None:
    answer = hear("ana", NASTY, would_let=NASTY, topic=NASTY[:120])
    assert answer.status_code == 303
    mo = at_desk("mo")
    for path in (f"/customers/{carla}/requests", "/requests", "/requests/1"):
        for headers in ({}, htmx):
            page = mo.get(path, headers=headers).text
            assert "<script>alert" not in page
            assert "hx-get=/x" not in page.replace("&lt;b hx-get=/x hx-trigger=load&gt;", "")
            assert "{{ 7 * 7 }}" in page
    assert hear("ana", "x" * 20_000).status_code == 422
    assert hear("ana", "a\0b").status_code == 400


def test_htmx_gets_the_panel_alone(at_desk, hear, carla: int, htmx) -> None:
    hear("ana", "Gift wrap at the door")
    for path in (f"/customers/{carla}/requests", "/requests", "/requests/1"):
        assert not is_whole_page(at_desk("mo").get(path, headers=htmx))


def test_two_who_look_one_after_the_other_each_read_their_own_tongue(hear, at_desk) -> None:
    hear("ana", "Gift wrap at the door")
    ana = at_desk("ana")
    pages = [ana.get("/requests", headers={"Accept-Language": tongue}).text for tongue in ("en", "de", "ar")]
    for page, words in zip(pages, (">new<", ">neu<", ">جديد<"), strict=True):
        assert words in page
