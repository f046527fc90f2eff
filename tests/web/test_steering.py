"""The page on which a manager puts items forward, hides them, and withdraws it."""

import cast
import pytest
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.store.tables import Steering

FILLED = {
    "form": "put-steering",
    "item": "jam",
    "steer": "pin",
    "reason": "From next door",
    "starts_on": "2026-03-14",
    "ends_on": "2026-03-31",
    "form_key": "steering-key-1",
}


def rows(db) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(row.steer.value, row.reason) for row in session.exec(select(Steering))]


def test_putting_forward_without_htmx_comes_back_to_the_page_that_lists_it(at_desk, db) -> None:
    mo = at_desk("mo")
    filled = form(mo.get("/steering"), "/steering") | {key: FILLED[key] for key in FILLED if key != "form_key"}
    assert filled["starts_on"] == cast.NOW.date().isoformat()
    sent = mo.post("/steering", data=filled)
    assert (sent.status_code, sent.location) == (303, "/steering")
    page = mo.get("/steering")
    assert is_whole_page(page)
    assert "comes first" in page.text
    assert "until <time" in page.text
    assert rows(db) == [("pin", "From next door")]


def test_by_htmx_the_panel_comes_back_and_a_double_tap_counts_once(at_desk, db, htmx) -> None:
    mo = at_desk("mo")
    for _ in range(2):
        answer = mo.post("/steering", data=FILLED, headers=htmx)
        assert answer.status_code == 200
        assert "Plum jam" in answer.text
    assert len(rows(db)) == 1


def test_where_several_items_are_meant_it_asks_which_and_keeps_what_was_typed(at_desk, db) -> None:
    mo = at_desk("mo")
    answer = mo.post("/steering", data=FILLED | {"item": "re"})
    assert answer.status_code == 422
    assert "Several items are called like that" in answer.text
    assert 'name="sku" value="tea"' in answer.text
    assert "From next door" in answer.text
    assert mo.post("/steering", data=FILLED | {"item": "re", "sku": "tea"}).status_code == 303
    assert len(rows(db)) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"item": "nothing like it"}, "Nothing in the catalogue has this SKU"),
        ({"ends_on": ""}, "Please write a date"),
        ({"ends_on": "2026-03-13"}, "a last day that is still to come"),
        ({"reason": ""}, "Please fill this in."),
        ({"steer": "bury"}, "Please choose one of the list."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(at_desk, db, wrong, sentence: str) -> None:
    answer = at_desk("mo").post("/steering", data=FILLED | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert rows(db) == []


def test_it_is_withdrawn_in_one_tap(at_desk, db) -> None:
    mo = at_desk("mo")
    mo.post("/steering", data=FILLED)
    data = form(mo.get("/steering"), "/steering/1/withdraw")
    assert mo.post("/steering/1/withdraw", data=data).status_code == 303
    page = mo.get("/steering").text
    assert "/steering/1/withdraw" not in page
    assert "withdrawn by <bdi>Mo</bdi>" in page


@pytest.mark.parametrize("who", ["ana", "bo", "del"])
def test_only_managers_and_admins_steer(at_desk, db, who: str) -> None:
    client = at_desk(who)
    assert client.get("/steering").status_code == 403
    assert client.post("/steering", data=FILLED).status_code == 403
    assert 'href="/steering"' not in client.get("/deliveries").text
    assert rows(db) == []


def test_from_another_site_nothing_is_put_forward(at_desk, db) -> None:
    assert at_desk("mo").post("/steering", data=FILLED, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert rows(db) == []
