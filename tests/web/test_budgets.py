"""The page of budgets: set, changed and stopped by managers, looked at by those who answer for them."""

import pytest
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.store.gift_tables import Budget, BudgetVersion

FILLED = {"name": "Spring thank-yous", "most": "40", "team": "", "period": "month"}


def versions(db) -> list[int]:
    with db.reading() as session:
        return list(session.exec(select(BudgetVersion.most_minor).order_by(BudgetVersion.id)))


def add(client, owner: int = 2, **changes: str):
    filled = form(client.get("/budgets"), "/budgets") | FILLED | {"owner_id": str(owner)} | changes
    return client.post("/budgets", data=filled)


def test_a_budget_is_set_without_htmx_and_its_sentence_stands_on_the_page(at_desk, db) -> None:
    mo = at_desk("mo")
    sent = add(mo)
    assert (sent.status_code, sent.location) == (303, "/budgets")
    page = mo.get("/budgets")
    assert is_whole_page(page)
    assert "Everybody together may give $40.00 a month. Counts gifts from 14 March on. Owner: Bo." in page.text
    assert "Set in the middle of a period, it counts gifts from that day on" in page.text
    assert "$40.00 of $40.00 left" in page.text
    assert versions(db) == [4000]


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("week", "this week, all together"), ("month", "this month, all together"),
        ("quarter", "this quarter, all together"), ("year", "this year, all together"), ("whole", "all together"),
    ],
)  # fmt: skip
def test_beside_a_givers_own_room_a_budget_says_its_period_and_that_it_is_shared(at_desk, period, words) -> None:
    sent = add(at_desk("mo"), period=period, valid_from="2026-03-14", valid_until="2026-04-30")
    assert sent.status_code == 303
    assert f"<bdi>Spring thank-yous</bdi>, {words}</span>" in at_desk("ana").get("/customers/1/plus-one").text


def test_it_is_changed_by_htmx_and_typed_text_stays_on_an_error(at_desk, db, htmx) -> None:
    mo = at_desk("mo")
    add(mo)
    filled = form(mo.get("/budgets"), "/budgets/1") | {"owner_id": "2"}
    wrong = mo.post("/budgets/1", data=filled | {"most": "lots"}, headers=htmx)
    assert wrong.status_code == 422
    assert "Write the amount as plain digits" in wrong.text
    assert 'value="lots"' in wrong.text
    right = mo.post("/budgets/1", data=filled | {"most": "30"}, headers=htmx)
    assert right.status_code == 200
    assert not is_whole_page(right)
    assert "may give $30.00 a month" in right.text
    assert versions(db) == [4000, 3000]


def test_what_somebody_changed_meanwhile_is_a_conflict(at_desk, db) -> None:
    mo, ada = at_desk("mo"), at_desk("ada")
    add(mo)
    old = form(mo.get("/budgets"), "/budgets/1") | {"owner_id": "2", "most": "50"}
    ada.post("/budgets/1", data=form(ada.get("/budgets"), "/budgets/1") | {"owner_id": "2", "most": "20"})
    refused = mo.post("/budgets/1", data=old)
    assert refused.status_code == 409
    assert "Somebody has changed this budget meanwhile" in refused.text
    again = form(refused, "/budgets/1") | {"owner_id": "2"}
    assert again["most"] == "50"
    assert mo.post("/budgets/1", data=again).status_code == 303
    assert versions(db) == [4000, 2000, 5000]


def test_it_is_stopped_in_one_tap(at_desk, db) -> None:
    mo = at_desk("mo")
    add(mo)
    assert mo.post("/budgets/1/stop", data=form(mo.get("/budgets"), "/budgets/1/stop")).status_code == 303
    page = mo.get("/budgets").text
    assert "What is over (1)" in page
    assert "/budgets/1/stop" not in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"period": "whole"}, "A campaign needs a last day."),
        ({"period": "fortnight"}, "Please choose one of the list."),
        ({"valid_until": "soon"}, "Please write a date as year-month-day"),
        ({"owner_id": "x" * 90}, "This is too long"),
        ({"owner_id": "x"}, "Please choose somebody who works here"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(at_desk, db, wrong: dict[str, str], sentence: str) -> None:
    answer = add(at_desk("mo"), **wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert versions(db) == []


def test_an_owner_looks_and_cannot_change(at_desk, db) -> None:
    add(at_desk("mo"))
    bo = at_desk("bo")
    page = bo.get("/budgets").text
    assert "Spring thank-yous" in page
    assert 'action="/budgets' not in page
    assert "Spring thank-yous" not in at_desk("ana").get("/budgets").text
    assert at_desk("del").get("/budgets").status_code == 403
    for path in ("/budgets", "/budgets/1", "/budgets/1/stop"):
        assert bo.post(path, data=FILLED | {"form_key": "key-of-a-test"}).status_code == 403


def test_from_another_site_nothing_is_set(at_desk, db) -> None:
    mo = at_desk("mo")
    filled = form(mo.get("/budgets"), "/budgets") | FILLED | {"owner_id": "2"}
    assert mo.post("/budgets", data=filled, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    with db.reading() as session:
        assert session.exec(select(Budget)).all() == []
