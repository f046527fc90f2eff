"""What programs tell of parcels, on both engines."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cast
import pytest
from flask import Flask
from flask.testing import FlaskClient
from parcels import deliver
from sqlmodel import col, select
from werkzeug.test import TestResponse

from deskapp.app import create_app
from deskapp.config import Settings
from deskapp.desk import tokens
from deskapp.rules.people import Actor
from deskapp.store.card_tables import DeliveryEvent
from deskapp.store.db import Database

SECRET = "a secret of the tests, longer than thirty-two"
LEFT = {"event_id": "ups:1", "kind": "left", "happened_at": "2026-03-14T08:00:00+01:00"}

Program = Callable[[str], FlaskClient]


@pytest.fixture
def app(database: Database, people: dict[str, Actor], tmp_path: Path) -> Iterator[Flask]:
    with database.writing() as session:
        deliver(session)
    url = database.engine.url.render_as_string(hide_password=False)
    made = create_app(Settings(instance=tmp_path, secret_key=SECRET, database_url=url), now=lambda: cast.NOW)
    yield made
    made.extensions["deskapp"].database.close()


@pytest.fixture
def program(app: Flask, database: Database) -> Program:
    @cache
    def start(username: str) -> FlaskClient:
        client = app.test_client()
        with database.writing() as session:
            token = tokens.make(session, username, secret=f"{username}-" + "s" * 40, now=cast.NOW)
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    return start


def tell(client: FlaskClient, order: str = "O-2", **more: object) -> TestResponse:
    return client.post(f"/api/v1/deliveries/{order}/events", json=LEFT | more)


def told(answer: TestResponse, status: int) -> str:
    assert answer.status_code == status, answer.text
    return answer.json["error"]["message"]


def keys(database: Database) -> list[str | None]:
    with database.reading() as session:
        return list(session.exec(select(DeliveryEvent.source_key).order_by(col(DeliveryEvent.id))).all())


def test_an_event_is_kept_once_and_says_how_the_parcel_stands(program: Program, database: Database) -> None:
    first, again = tell(program("del")), tell(program("del"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == {
        "order": "O-2",
        "is_new": True,
        "estimated_on": None,
        "handed_at": "2026-03-14T07:00:00Z",
        "delivered_at": None,
        "returned_at": None,
    }
    assert again.json == first.json | {"is_new": False}
    assert len(keys(database)) == 1


def test_the_same_event_told_otherwise_is_a_conflict(program: Program, database: Database) -> None:
    tell(program("del"))
    assert "a correction is an event of its own" in told(tell(program("del"), kind="delivered"), 409)
    told(tell(program("del"), happened_at="2026-03-14T08:00:01+01:00"), 409)
    assert len(keys(database)) == 1


def test_two_tellers_may_number_their_events_alike(program: Program, database: Database) -> None:
    assert [tell(program(who)).status_code for who in ("del", "ana")] == [201, 201]
    assert len(set(keys(database))) == 2


def test_an_estimate_says_its_day(program: Program) -> None:
    answer = tell(program("ana"), kind="estimated", estimated_on="2026-03-18")
    assert (answer.status_code, answer.json["estimated_on"]) == (201, "2026-03-18")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"event_id": ""}, "event_id"),
        ({"event_id": "a b"}, "event_id"),
        ({"event_id": "x" * 121}, "event_id"),
        ({"kind": "lost"}, "kind"),
        ({"happened_at": "2026-03-14T08:00:00"}, "happened_at"),
        ({"happened_at": 1773475200}, "happened_at"),
        ({"happened_at": "1773475200"}, "happened_at"),
        ({"kind": "estimated", "estimated_on": "1773475200"}, "estimated_on"),
        ({"happened_at": "2026-03-15T08:00:00Z"}, "happened_at"),
        ({"happened_at": "2026-03-01T08:00:00Z"}, "happened_at"),
        ({"estimated_on": "2026-03-18"}, "estimated_on"),
        ({"kind": "estimated"}, "estimated_on"),
        ({"kind": "estimated", "estimated_on": 5}, "estimated_on"),
        ({"kind": "estimated", "estimated_on": "2126-03-18"}, "estimated_on"),
        ({"customer": "C-1"}, "customer"),
    ],
)
def test_what_cannot_be_taken_is_said_field_by_field(
    program: Program, database: Database, more: dict[str, object], field: str
) -> None:
    answer = tell(program("ana"), **more)
    told(answer, 422)
    assert list(answer.json["error"]["problems"]) == [field]
    assert keys(database) == []


def test_of_an_order_that_has_no_delivery_nothing_is_told(program: Program) -> None:
    assert "No delivery has this order number" in told(tell(program("ana"), "O-1"), 404)
    told(tell(program("ana"), "nobody"), 404)


def test_without_a_token_nothing_is_told(app: Flask, database: Database) -> None:
    told(tell(app.test_client()), 401)
    assert keys(database) == []


def test_the_description_says_what_it_takes_and_answers(program: Program) -> None:
    document = program("ana").get("/api/v1/openapi.json").json
    operation = document["paths"]["/deliveries/{order}/events"]["post"]
    assert set(operation["responses"]) == {"200", "201", "400", "401", "403", "404", "409", "413", "415", "422"}
    assert document["components"]["schemas"]["EventToTell"]["required"] == ["event_id", "kind", "happened_at"]
