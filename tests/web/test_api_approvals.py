"""A second yes by program: the same answers as on the pages, on both engines."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cast
import pytest
from approving import REASON, let_approve
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from deskapp.app import create_app
from deskapp.config import Settings
from deskapp.desk import tokens
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant
from deskapp.store.tables import Item

SECRET = "a secret of the tests, longer than thirty-two"
WANTED = {"customer": "C-1", "sku": "lamp", "reason": REASON}

Program = Callable[[str], FlaskClient]


@pytest.fixture
def app(database: Database, people: dict[str, Actor], tmp_path: Path) -> Iterator[Flask]:
    with database.writing() as session:
        let_approve(session, people)
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


def ask(client: FlaskClient, key: str = "ask-key-1", **more: object) -> TestResponse:
    return client.post("/api/v1/approvals", json=WANTED | more, headers={"Idempotency-Key": key})


def decide(client: FlaskClient, key: str = "decide-key-1", **more: object) -> TestResponse:
    said = {"is_approved": True, "answer": "Gladly."} | more
    return client.post("/api/v1/approvals/1/decision", json=said, headers={"Idempotency-Key": key})


def told(answer: TestResponse, status: int) -> str:
    assert answer.status_code == status, answer.text
    return answer.json["error"]["message"]


def test_asked_looked_at_and_approved_by_program(program: Program, database: Database) -> None:
    ana, bo = program("ana"), program("bo")
    asked = ask(ana, order="O-2")
    assert asked.status_code == 201
    assert (asked.json["state"], asked.json["value_minor"], asked.json["asked_by"]) == ("waiting", 4900, "Ana")
    assert (asked.json["customer"], asked.json["sku"], asked.json["decided_at"]) == ("C-1", "lamp", None)
    assert bo.get("/api/v1/approvals/1").json == asked.json
    decided = decide(bo)
    assert decided.status_code == 200
    assert (decided.json["state"], decided.json["decided_by"], decided.json["answer"]) == ("approved", "Bo", "Gladly.")
    assert ana.get("/api/v1/approvals/1").json == decided.json
    with database.reading() as session:
        assert session.exec(select(Grant.value_minor)).all() == [4900]


def test_the_same_key_is_the_same_answer_and_another_body_a_conflict(program: Program, database: Database) -> None:
    ana, bo = program("ana"), program("bo")
    assert ask(ana).json == ask(ana).json
    told(ask(ana, reason="Something else."), 409)
    assert decide(bo).json == decide(bo).json
    told(decide(bo, is_approved=False), 409)
    with database.reading() as session:
        assert len(session.exec(select(Grant)).all()) == 1


def test_who_may_not_decide_is_told_so_and_others_see_nothing(program: Program) -> None:
    ana = program("ana")
    ask(ana)
    assert "You asked for this yourself" in told(decide(ana), 403)
    told(program("del").get("/api/v1/approvals/1"), 403)
    told(ana.get("/api/v1/approvals/2"), 404)
    told(decide(program("del")), 403)


def test_what_keeps_it_from_being_decided_is_a_conflict_in_words(program: Program, database: Database) -> None:
    ana, bo = program("ana"), program("bo")
    assert "yourself now" in told(ask(ana, sku="tea"), 409)
    ask(ana)
    with database.writing() as session:
        session.exec(select(Item).where(Item.sku == "lamp")).one().stock = 0
    assert told(decide(bo), 409) == "Nothing is decided yet. Reading lamp is out of stock."
    with database.writing() as session:
        session.exec(select(Item).where(Item.sku == "lamp")).one().price_minor = 4800
    assert "is $48.00 now" in told(decide(bo), 409)
    assert bo.get("/api/v1/approvals/1").json["obstacle"].endswith("is $48.00 now.")
    assert decide(bo, is_approved=False).json["state"] == "declined"
    assert "Bo declined Reading lamp" in told(decide(program("mo")), 409)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reason": "ok"}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"reason": "Card 4111 1111 1111 1111"}, "reason"),
        ({"sku": ""}, "sku"),
        ({"is_confirmed": "yes"}, "is_confirmed"),
        ({"price_minor": 1}, "price_minor"),
    ],
)
def test_what_cannot_be_taken_is_said_field_by_field(program: Program, more: dict[str, object], field: str) -> None:
    answer = ask(program("ana"), **more)
    told(answer, 422)
    assert field in answer.json["error"]["problems"]


def test_without_a_key_nothing_is_asked_or_decided(program: Program) -> None:
    ana, bo = program("ana"), program("bo")
    assert "Idempotency-Key" in told(ana.post("/api/v1/approvals", json=WANTED), 400)
    ask(ana)
    told(bo.post("/api/v1/approvals/1/decision", json={"is_approved": True}), 400)
