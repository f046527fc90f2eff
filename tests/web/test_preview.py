"""The preview console, as a browser sees it."""

import pytest
from pages import form, is_whole_page
from sqlmodel import func, select

from deskapp.store.gift_tables import Offer
from deskapp.store.tables import Audit, Customer

ASKED = {"form": "preview", "form_key": "preview-key-1", "customer": "carla"}


def test_asking_without_htmx_answers_with_a_whole_page_that_keeps_the_question(at_desk, lived_in) -> None:
    mo = at_desk("mo")
    filled = form(mo.get("/preview"), "/preview") | {"customer": "carla", "about": "lamp", "numbers": "true"}
    page = mo.post("/preview", data=filled)
    assert page.status_code == 200
    assert is_whole_page(page)
    assert "<bdi>Mo</bdi> with <bdi>Carla Núñez</bdi>" in page.text
    assert 'value="carla"' in page.text
    assert "score 0." in page.text
    assert "As a gift: It is shown." in page.text


def test_by_htmx_the_panel_comes_back(at_desk, lived_in, htmx) -> None:
    answer = at_desk("mo").post("/preview", data=ASKED, headers=htmx)
    assert answer.status_code == 200
    assert not is_whole_page(answer)
    assert 'id="preview"' in answer.text
    assert "Left out" in answer.text


def test_no_number_of_the_model_is_shown_unless_asked_for(at_desk, lived_in) -> None:
    assert "score" not in at_desk("mo").post("/preview", data=ASKED).text.split("preview-whom-h")[1]


def test_it_writes_nothing(at_desk, lived_in, db) -> None:
    def written() -> list[int]:
        with db.reading() as session:
            return [session.exec(select(func.count()).select_from(table)).one() for table in (Offer, Audit)]

    ada = at_desk("ada")
    before = written()
    ada.post("/preview", data=ASKED)
    assert written() == before


def test_where_several_are_meant_it_asks_who_and_keeps_what_was_typed(at_desk, db, lived_in) -> None:
    with db.writing() as session:
        session.add(Customer(external_id="C-3", name="Carl", name_folded="carl"))
    mo = at_desk("mo")
    answer = mo.post("/preview", data=ASKED | {"customer": "carl", "basket": "tea"})
    assert answer.status_code == 422
    assert "Several customers are called like that" in answer.text
    assert f'name="customer_id" value="{lived_in}"' in answer.text
    assert "tea</textarea>" in answer.text
    assert mo.post("/preview", data=ASKED | {"customer": "carl", "customer_id": str(lived_in)}).status_code == 200


def test_nobodys_name_is_taken_from_an_address(at_desk, lived_in) -> None:
    assert "Carla" not in at_desk("mo").get("/preview?customer=carla&q=carla").text


@pytest.mark.parametrize("who", ["ana", "bo", "del"])
def test_only_managers_and_admins_look(at_desk, lived_in, who: str) -> None:
    client = at_desk(who)
    assert client.get("/preview").status_code == 403
    assert client.post("/preview", data=ASKED).status_code == 403


def test_from_another_site_nobody_looks(at_desk, lived_in) -> None:
    answer = at_desk("mo").post("/preview", data=ASKED, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "Carla" not in answer.text


def test_without_a_model_it_says_so(at_desk) -> None:
    assert "There is no model yet" in at_desk("mo").post("/preview", data=ASKED).text
