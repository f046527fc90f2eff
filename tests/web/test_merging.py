"""What becomes of the old number of somebody who was two customers."""

import cast
import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from deskapp.desk import merging
from deskapp.rules.people import Actor
from deskapp.store.customers import get_by_external_id
from deskapp.store.db import Database
from deskapp.store.memory_tables import Note
from deskapp.store.tables import Customer


@pytest.fixture
def carla(db: Database, staff: dict[str, Actor]) -> int:
    """Carla's id, into whom Dan was joined."""
    with db.writing() as session:
        carla, dan = cast.customer_id(session), cast.customer_id(session, "C-2")
        merging.merge(session, staff["bo"], carla, merging.NewMerge(form_key="join-dan", other_id=dan), now=cast.NOW)
    return carla


@pytest.fixture
def dan(db: Database, carla: int) -> int:
    with db.reading() as session:
        return cast.customer_id(session, "C-2")


@pytest.mark.parametrize("page", ["", "/notes", "/preferences", "/orders", "/summary"])
def test_whoever_opens_the_old_page_is_led_to_the_person(at_desk, carla: int, dan: int, page: str) -> None:
    answer = at_desk("ana").get(f"/customers/{dan}{page}")
    assert (answer.status_code, answer.location) == (303, f"/customers/{carla}")


def test_whoever_writes_on_an_old_page_is_told_and_nothing_is_written(at_desk, db: Database, dan: int) -> None:
    form = {
        "form_key": "an-old-tab",
        "form": "add-note",
        "text": "Likes figs",
        "kind": "observation",
        "channel": "phone",
    }
    answer = at_desk("ana").post(f"/customers/{dan}/notes", data=form)
    assert answer.status_code == 410
    assert "the same person" in answer.text
    with db.reading() as session:
        assert session.exec(select(Note)).all() == []


def test_an_erased_person_has_no_page_any_more(at_desk, db: Database, carla: int) -> None:
    with db.writing() as session:
        session.get_one(Customer, carla).erased_at = cast.NOW
    answer = at_desk("mo").get(f"/customers/{carla}")
    assert answer.status_code == 410
    assert "Carla" not in answer.text


def test_other_systems_may_go_on_saying_the_old_number(db: Database, carla: int) -> None:
    with db.reading() as session:
        assert get_by_external_id(session, "C-2").id == carla


def test_the_search_finds_one_of_them(at_desk, carla: int, dan: int) -> None:
    def rows(page: FlaskClient, query: str) -> str:
        return page.post("/customers/find", data={"q": query}, headers={"HX-Request": "true"}).text

    assert f"/customers/{dan}" not in rows(at_desk("ana"), "dan")
    assert f"/customers/{carla}" in rows(at_desk("ana"), "carla")


def test_a_lead_who_joins_the_same_person_reads_why_not(at_desk, carla: int) -> None:
    form = {"form_key": "join-myself", "form": "merge-customers", "other_id": str(carla)}
    answer = at_desk("bo").post(f"/customers/{carla}/merge", data=form)
    assert answer.status_code == 422
    assert "the same customer" in answer.text
