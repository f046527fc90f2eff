"""The page of the guard, and what it leaves in the audit when it stops a text."""

from collections.abc import Iterator
from pathlib import Path

import cast
import pytest
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.desk import guarding
from deskapp.store.memory_tables import GuardPolicy
from deskapp.store.tables import Audit

NOTE = {"kind": "observation", "channel": "phone", "text": "She has diabetes"}


@pytest.fixture(autouse=True)
def _as_it_came() -> Iterator[None]:
    yield
    guarding.equip(Path("nowhere"))


def asked(db) -> list[tuple[str, str, dict[str, object]]]:
    with db.reading() as session:
        found = session.exec(select(Audit).where(Audit.subject.startswith("guard")).order_by(Audit.id))
        return [(line.action, line.subject, line.details) for line in found]


def test_a_manager_sees_every_kind_with_its_why_and_its_policy(at_desk) -> None:
    page = at_desk("mo").get("/guard")
    assert is_whole_page(page)
    assert "Faith is nobody&#x27;s business at a shop." in page.text
    assert "Never kept: the card schemes forbid it." in page.text
    assert page.text.count('name="policy"') == 13


@pytest.mark.parametrize("who", ["ana", "bo", "del"])
def test_others_may_not(at_desk, who) -> None:
    assert at_desk(who).get("/guard").status_code == 403


@pytest.mark.parametrize("is_htmx", [True, False])
def test_a_policy_is_set_by_the_form_of_the_page_and_counts_for_the_next_note(at_desk, db, htmx, is_htmx) -> None:
    mo, ana = at_desk("mo"), at_desk("ana")
    fields = form(mo.get("/guard"), "/guard/policy") | {"kind": "health", "policy": "refuse"}
    answer = mo.post("/guard/policy", data=fields, headers=htmx if is_htmx else {})
    assert answer.status_code == (200 if is_htmx else 303)
    assert "set by <bdi>Mo</bdi>" in mo.get("/guard").text
    with db.reading() as session:
        assert [(row.kind, row.policy) for row in session.exec(select(GuardPolicy))] == [("health", "refuse")]
        url = f"/customers/{cast.customer_id(session)}/notes"
    refused = ana.post(url, data=form(ana.get(url), url) | NOTE | {"is_confirmed": "true"})
    assert refused.status_code == 422
    assert 'name="is_confirmed"' not in refused.text
    assert asked(db)[-1] == ("guard.refused", "guard:note", {"kinds": {"health": 1}})


def test_a_stopped_note_is_counted_and_a_kept_one_too_and_neither_with_its_words(at_desk, db) -> None:
    ana = at_desk("ana")
    with db.reading() as session:
        url = f"/customers/{cast.customer_id(session)}/notes"
    fields = form(ana.get(url), url) | NOTE
    assert ana.post(url, data=fields).status_code == 422
    assert ana.post(url, data=fields | {"is_confirmed": "true"}).status_code == 303
    assert asked(db) == [
        ("guard.warned", "guard:note", {"kinds": {"health": 1}}),
        ("guard.allowed", "guard:note", {"kinds": {"health": 1}, "reason": "tick"}),
    ]


def test_words_changed_together_with_the_tick_are_asked_about_anew_with_the_box_empty(at_desk, db) -> None:
    ana = at_desk("ana")
    with db.reading() as session:
        url = f"/customers/{cast.customer_id(session)}/notes"
    back = ana.post(url, data=form(ana.get(url), url) | NOTE)
    ticked = form(back, url) | NOTE | {"is_confirmed": "true", "text": f"{NOTE['text']} and is so rude"}
    anew = ana.post(url, data=ticked)
    assert anew.status_code == 422
    assert "so rude" in anew.text
    assert "is_confirmed" not in form(anew, url), "the box is empty"
    assert ana.post(url, data=ticked | {"shown": form(anew, url)["shown"]}).status_code == 303


def test_a_reason_is_chosen_from_the_form_that_comes_back(at_desk, db) -> None:
    mo, ana = at_desk("mo"), at_desk("ana")
    fields = form(mo.get("/guard"), "/guard/policy") | {"kind": "health", "policy": "reason"}
    assert mo.post("/guard/policy", data=fields).status_code == 303
    with db.reading() as session:
        url = f"/customers/{cast.customer_id(session)}/notes"
    note = form(ana.get(url), url) | NOTE
    back = ana.post(url, data=note)
    assert back.status_code == 422
    for reason in guarding.Reason:
        assert f'name="guard_reason" value="{reason.value}"' in back.text
    assert "She has diabetes" in back.text
    assert ana.post(url, data=note | {"guard_reason": "safety"}).status_code == 303
    assert asked(db)[-1] == ("guard.allowed", "guard:note", {"kinds": {"health": 1}, "reason": "safety"})


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"policy": "shout"}, "Please choose one of the list."),
        ({"kind": "card-number", "policy": "warn"}, "the card schemes forbid it"),
    ],
)
def test_what_cannot_be_set_is_said(at_desk, db, wrong, sentence) -> None:
    mo = at_desk("mo")
    fields = form(mo.get("/guard"), "/guard/policy") | {"kind": "health", "policy": "warn"} | wrong
    fields["form"] = "guard-health"
    answer = mo.post("/guard/policy", data=fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert asked(db) == []


@pytest.mark.parametrize("is_htmx", [True, False])
def test_a_text_can_be_tried_and_only_comes_back_marked_and_escaped(at_desk, db, htmx, is_htmx) -> None:
    mo = at_desk("mo")
    fields = form(mo.get("/guard"), "/guard/try") | {"text": "<b>so rude</b>, card 4111 1111 1111 1111"}
    answer = mo.post("/guard/try", data=fields, headers=htmx if is_htmx else {})
    assert answer.status_code == 200
    assert is_whole_page(answer) is not is_htmx
    assert '&lt;b&gt;so <mark title="Judging words">rude</mark>&lt;/b&gt;' in answer.text
    assert '<mark title="Payment card numbers">4111 1111 1111 1111</mark>' in answer.text
    assert form(answer, "/guard/try")["text"].strip() == "<b>so rude</b>, card 4111 1111 1111 1111"
    assert asked(db) == []


def test_a_harmless_text_gets_a_plain_answer(at_desk) -> None:
    mo = at_desk("mo")
    fields = form(mo.get("/guard"), "/guard/try") | {"text": "loaded fries"}
    assert "Nothing to ask about." in mo.post("/guard/try", data=fields).text


def test_an_empty_text_is_asked_for(at_desk) -> None:
    mo = at_desk("mo")
    answer = mo.post("/guard/try", data=form(mo.get("/guard"), "/guard/try") | {"text": " "})
    assert answer.status_code == 422
    assert "Please fill this in." in answer.text


def test_a_file_that_could_not_be_taken_is_named_on_the_page(at_desk, tmp_path) -> None:
    mo = at_desk("mo")
    (tmp_path / "en.toml").write_text("[health")
    guarding.equip(tmp_path)
    assert "en.toml: It is no TOML" in mo.get("/guard").text
