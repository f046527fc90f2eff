"""The JSON API as a till or a CRM would use it, on both engines."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import cast
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from deskapp.app import create_app
from deskapp.config import Settings
from deskapp.desk import tokens
from deskapp.reco.artefacts import save
from deskapp.reco.matrix import Purchases
from deskapp.reco.model import train
from deskapp.rules.people import Actor, Role
from deskapp.store import models
from deskapp.store.db import Database
from deskapp.store.gift_tables import Bucket, Grant, Ledger
from deskapp.store.memory_tables import Interaction, Note, NoteKind, Preference, PreferenceKind, Promise
from deskapp.store.tables import Audit, Item, Staff

SECRET = "a secret of the tests, longer than thirty-two"

Program = Callable[[str], FlaskClient]
Body = dict[str, Any]

TOGETHER = [["mug", "jam"]] * 9 + [["mug", "nuts"]] * 6 + [["tea", "wine"]] * 9 + [["lamp", "mug"]] * 2


@pytest.fixture
def app(database: Database, people: dict[str, Actor], tmp_path: Path) -> Iterator[Flask]:
    """The whole application with the cast in place, on SQLite and on PostgreSQL."""
    url = database.engine.url.render_as_string(hide_password=False)
    made = create_app(Settings(instance=tmp_path, secret_key=SECRET, database_url=url), now=lambda: cast.NOW)
    yield made
    made.extensions["deskapp"].database.close()


@pytest.fixture
def program(app: Flask, database: Database) -> Program:
    """`program("ana")` acts with a token of Ana's."""

    @cache
    def start(username: str) -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token_of(database, username)}"
        return client

    return start


@pytest.fixture
def with_model(app: Flask, database: Database) -> None:
    """A model in which jam and nuts go with mugs, wine with tea, and a lamp seldom with anything."""
    with database.writing() as session:
        ids = {sku: cast.item_id(session, sku) for sku in cast.ITEMS}
        lines = [(ids[sku], order, order % 7) for order, basket in enumerate(TOGETHER) for sku in basket]
        item, order, customer = (np.array(column, np.int64) for column in zip(*lines, strict=True))
        day, store = np.full(len(lines), 20_000, np.int32), np.zeros(len(lines), np.int32)
        bought = Purchases(item, order, customer, day, store, np.full(len(lines), 100))
        model = train(bought, seed=1, progress=lambda *_: None)
        digest = save(model, app.extensions["deskapp"].settings.models_folder / "first")
        models.add_version(session, "first", digest, {}, cast.NOW)


def token_of(database: Database, username: str) -> str:
    with database.writing() as session:
        return tokens.make(session, username, secret=f"{username}-" + "s" * 40, now=cast.NOW)


def give(client: FlaskClient, sku: str, key: str, customer: str = "C-1", **more: object) -> TestResponse:
    body = {"customer": customer, "sku": sku, **more}
    return client.post("/api/v1/grants", json=body, headers={"Idempotency-Key": f"the-key-{key}"})


def suggest(client: FlaskClient, customer: str = "C-1", **wanted: object) -> list[Body]:
    answer = client.post(f"/api/v1/customers/{customer}/suggestions", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json["items"]


def add_note(client: FlaskClient, text: str, key: str | None = None, **more: object) -> TestResponse:
    headers = {"Idempotency-Key": f"the-key-{key}"} if key else {}
    body = {"text": text, "kind": "observation", "channel": "phone", **more}
    return client.post("/api/v1/customers/C-1/notes", json=body, headers=headers)


def left(client: FlaskClient, customer: str | None = "C-1") -> dict[str, int]:
    answer = client.get("/api/v1/budget", query_string={"customer": customer} if customer else {})
    assert answer.status_code == 200, answer.text
    return {one["ceiling"]: one["left_minor"] for one in answer.json["ceilings"]}


def ceiling(which: str, limit: int, left: int, until: str | None = None) -> Body:
    """As it is told, of money."""
    return {
        "ceiling": which,
        "unit": "money",
        "limit_minor": limit,
        "left_minor": left,
        "limit_gifts": None,
        "left_gifts": None,
        "currency": "USD",
        "until": until,
        "name": "",
        "days": None,
    }


def error(answer: TestResponse, status: int) -> Body:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"error"}
    assert set(answer.json["error"]) == {"status", "message", "problems"}
    assert answer.json["error"]["status"] == status
    assert answer.json["error"]["message"].endswith((".", "?", "…"))
    return answer.json["error"]


def stock(database: Database, sku: str) -> int:
    with database.reading() as session:
        return session.exec(select(Item.stock).where(Item.sku == sku)).one()


def count(session: Session, table: type) -> int:
    return len(session.exec(select(table)).all())


# --- a customer -----------------------------------------------------------------------------------------------------


def test_a_customer_is_told_in_words_and_without_contact_data(program: Program, database: Database) -> None:
    with database.writing() as session:
        carla, ana = cast.customer_id(session), session.exec(select(Staff.id).where(Staff.username == "ana")).one()
        wish = {"customer_id": carla, "heard_by": ana, "heard_at": cast.NOW, "is_stated": True}
        session.add(Preference(kind=PreferenceKind.ALLERGY, value="nuts", **wish))
        session.add(Preference(kind=PreferenceKind.PRONUNCIATION, value="NOON-yez", **wish))
        session.add(Preference(kind=PreferenceKind.ADDRESS, value="Ms Núñez", **wish))
        session.add(
            Promise(customer_id=carla, text="Call back", owner_id=ana, due_on=date(2026, 3, 1), made_at=cast.NOW)
        )
        talk = Interaction(customer_id=carla, channel="phone", happened_at=cast.NOW)
        session.add(talk)
        session.flush()
        session.add(
            Note(
                customer_id=carla,
                interaction_id=talk.id,
                kind=NoteKind.OBSERVATION,
                text="Bakes on Sundays.",
                revision=1,
                author_id=ana,
                written_at=cast.NOW,
            )
        )
    answer = program("ana").get("/api/v1/customers/C-1")
    assert answer.status_code == 200
    assert answer.json == {
        "external_id": "C-1",
        "name": "Carla Núñez",
        "said_as": "NOON-yez",
        "address_as": "Ms Núñez",
        "language": "en",
        "tier": "",
        "since": "2023-05-01",
        "stops": [{"kind": "allergy", "words": "nuts"}],
        "alerts": [],
        "facts": [{"text": "Bakes on Sundays.", "source": "Ana, on the phone", "at": "2026-03-14T15:09:26Z"}],
        "promises": [{"text": "Call back", "due_on": "2026-03-01", "owner": "Ana", "is_late": True}],
    }


def test_nobody_is_known_by_our_own_number_or_by_half_a_name(program: Program, database: Database) -> None:
    with database.reading() as session:
        ours = cast.customer_id(session)
    ana = program("ana")
    told = [error(ana.get(f"/api/v1/customers/{who}"), 404) for who in (ours, "C-", "c-1", "C-1%20", "%", "_-1", "é")]
    assert len({one["message"] for one in told}) == 1


# --- notes ----------------------------------------------------------------------------------------------------------


def test_a_note_is_kept_with_its_author_and_order(program: Program, database: Database) -> None:
    answer = add_note(program("ana"), "Her sister visits in May.", order="O-2")
    assert answer.status_code == 201
    with database.reading() as session:
        note = session.exec(select(Note)).one()
        assert answer.json == {"note_id": note.id, "customer": "C-1"}
        assert note.text == "Her sister visits in May."
        assert session.get_one(Interaction, note.interaction_id).order_id is not None
        assert "sister" not in json.dumps([row.model_dump(mode="json") for row in session.exec(select(Audit)).all()])


def test_a_note_sent_twice_with_one_key_is_kept_once(program: Program, database: Database) -> None:
    ana = program("ana")
    first, again = (add_note(ana, "Likes the window seat.", key="a") for _ in range(2))
    assert (first.status_code, first.json) == (again.status_code, again.json) == (201, first.json)
    error(add_note(ana, "Likes the corner seat.", key="a"), 409)
    add_note(ana, "Likes the window seat.")
    with database.reading() as session:
        assert count(session, Note) == 2


def test_the_guard_refuses_a_card_number_and_asks_about_health(program: Program) -> None:
    ana = program("ana")
    refused = error(add_note(ana, "Her card is 4111 1111 1111 1111."), 422)
    assert "card" in refused["problems"]["text"]
    error(add_note(ana, "Her card is 4111 1111 1111 1111.", is_confirmed=True), 422)
    asked = error(add_note(ana, "She has diabetes."), 422)
    assert set(asked["problems"]) == {"text", "is_confirmed"}
    assert add_note(ana, "She has diabetes.", is_confirmed=True).status_code == 201


def test_a_refused_note_leaves_its_key_free_for_better_words(program: Program) -> None:
    ana = program("ana")
    error(add_note(ana, "Her card is 4111 1111 1111 1111.", key="a"), 422)
    assert add_note(ana, "She pays by card.", key="a").status_code == 201


def test_a_note_on_an_order_of_somebody_else_is_not_taken(program: Program, database: Database) -> None:
    ana = program("ana")
    unknown = error(add_note(ana, "Hello.", order="O-9"), 404)
    answer = ana.post(
        "/api/v1/customers/C-2/notes", json={"text": "Hi.", "kind": "observation", "channel": "chat", "order": "O-1"}
    )
    assert error(answer, 404) == unknown
    with database.reading() as session:
        assert count(session, Note) == count(session, Interaction) == 0


# --- suggestions ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("with_model")
def test_what_goes_with_the_basket_is_suggested_with_its_reason(program: Program) -> None:
    first = suggest(program("ana"), "C-2", basket=["mug"], k=1)[0]
    assert first["sku"] in {"jam", "nuts"}
    assert first["because"] == ["mug"]
    assert first["source"] == "basket"
    assert first["sentence"].startswith("Often bought with “Blue mug” in this order.")
    assert (first["price_minor"], first["currency"]) == (cast.ITEMS[first["sku"]][2], "USD")


@pytest.mark.usefixtures("with_model")
def test_without_a_basket_the_open_order_stands_for_it(program: Program) -> None:
    ana = program("ana")
    assert suggest(ana, "C-1") == suggest(ana, "C-1", basket=None) == suggest(ana, "C-1", basket=["mug"])
    assert suggest(ana, "C-1", basket=[])[0]["source"] != "basket"


@pytest.mark.usefixtures("with_model")
def test_a_till_may_know_more_than_the_desk(program: Program) -> None:
    ana = program("ana")
    assert suggest(ana, "C-2", basket=["new-in-shop", "mug", "mug"]) == suggest(ana, "C-2", basket=["mug"])


@pytest.mark.usefixtures("with_model")
@pytest.mark.parametrize("who", ["ana", "bo", "mo"])
def test_nothing_is_dearer_than_what_may_still_be_given(program: Program, who: str) -> None:
    client = program(who)
    for most in (None, 0, 1, 389, 390, 4899, 4900, 10**12):
        at_most = min(*left(client).values(), 10**12 if most is None else most)
        prices = [one["price_minor"] for one in suggest(client, "C-1", max_value_minor=most, k=50)]
        assert max(prices, default=0) <= at_most
        assert bool(prices) == (at_most >= 390)  # nuts are the cheapest that she never had


@pytest.mark.usefixtures("with_model")
def test_each_gift_makes_the_next_suggestions_cheaper_until_none_is_left(program: Program) -> None:
    ana = program("ana")
    assert suggest(ana, "C-1", k=50)
    assert give(ana, "mug", "a").status_code == give(ana, "mug", "b").status_code == 201
    assert left(ana)["per_customer_per_month"] == 40
    assert suggest(ana, "C-1", k=50) == []
    assert suggest(ana, "C-1", k=50, max_value_minor=5000) == []


@pytest.mark.usefixtures("with_model")
def test_hard_stops_hold_for_programs_too(program: Program, database: Database) -> None:
    ana = program("ana")
    assert "nuts" in {one["sku"] for one in suggest(ana, "C-1", k=50)}
    with database.writing() as session:
        carla, by = cast.customer_id(session), session.exec(select(Staff.id).where(Staff.username == "ana")).one()
        wish = {"customer_id": carla, "heard_by": by, "heard_at": cast.NOW, "is_stated": True}
        session.add(Preference(kind=PreferenceKind.ALLERGY, value="hazelnuts", **wish))
    assert "nuts" not in {one["sku"] for one in suggest(ana, "C-1", k=50)}
    refused = give(ana, "nuts", "a")
    assert (refused.status_code, refused.json["why"]) == (422, "hard-stop")
    with database.writing() as session:
        session.add(Preference(kind=PreferenceKind.NO_GIFTS, value="", **wish))
    assert suggest(ana, "C-1", k=50) == []


@pytest.fixture
def only_agents_have_a_limit(unsettled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cast, "LIMITS", {Role.AGENT: cast.LIMITS[Role.AGENT]})


@pytest.mark.usefixtures("only_agents_have_a_limit", "with_model")
def test_where_nobody_set_a_limit_nothing_is_suggested_and_nothing_given(program: Program) -> None:
    bo = program("bo")
    assert suggest(program("ana"), "C-1") != []
    assert suggest(bo, "C-1") == []
    assert left(bo) == left(bo, None) == {}
    refused = give(bo, "tea", "a")
    assert (refused.status_code, refused.json["why"], refused.json["ceilings"]) == (422, "no-limit", [])


def test_without_a_model_the_answer_is_an_empty_list(program: Program) -> None:
    assert suggest(program("ana")) == []


# --- giving ---------------------------------------------------------------------------------------------------------


def test_a_gift_within_the_limit_is_given_with_all_that_is_left(program: Program, database: Database) -> None:
    answer = give(program("ana"), "tea", "a", order="O-2")
    day, month = "2026-03-15T00:00:00Z", "2026-04-01T00:00:00Z"
    assert answer.status_code == 201
    assert answer.json == {
        "outcome": "granted",
        "grant_id": answer.json["grant_id"],
        "customer": "C-1",
        "sku": "tea",
        "value_minor": 350,
        "currency": "USD",
        "ceiling": "per_customer_per_month",
        "limit_minor": 1000,
        "left_minor": 650,
        "over_by_minor": None,
        "nearest_minor": None,
        "approvers": [],
        "why": None,
        "message": "Green tea, 20 bags is given. You may still give $6.50 for this customer this month.",
        "ceilings": [
            ceiling("per_gift", 500, 500),
            ceiling("per_giver_per_day", 1200, 850, day),
            ceiling("per_customer_per_month", 1000, 650, month),
        ],
    }
    with database.reading() as session:
        kept = session.get_one(Grant, answer.json["grant_id"])
        assert (kept.value_minor, kept.granted_at, kept.order_id is None) == (350, cast.NOW, False)
    assert stock(database, "tea") == cast.ITEMS["tea"][5] - 1


def test_more_than_one_day_may_hold_needs_somebody_elses_approval(program: Program, database: Database) -> None:
    ana = program("ana")
    give(ana, "mug", "a")
    give(ana, "mug", "b", "C-2")
    answer = give(ana, "jam", "c", "C-2")
    assert answer.status_code == 202
    told = {name: answer.json[name] for name in ("outcome", "grant_id", "ceiling", "left_minor", "over_by_minor")}
    assert told == {
        "outcome": "needs-approval",
        "grant_id": None,
        "ceiling": "per_giver_per_day",
        "left_minor": 240,
        "over_by_minor": 180,
    }
    with database.reading() as session:
        assert count(session, Grant) == 2


def test_a_gift_that_the_customers_month_forbids_is_refused_for_the_agent_and_given_by_the_manager(
    program: Program,
) -> None:
    for who in ("ana", "bo"):
        answer = give(program(who), "lamp", "a")
        assert (answer.status_code, answer.json["outcome"], answer.json["why"]) == (
            422,
            "refused",
            "over-customer-month",
        )
        assert answer.json["ceiling"] == "per_customer_per_month"
        assert answer.json["limit_minor"] == answer.json["left_minor"] == (1000 if who == "ana" else 3000)
        assert answer.json["nearest_minor"] == (500 if who == "ana" else 1500)
    assert give(program("mo"), "lamp", "a").status_code == 201


def test_a_gift_over_one_gifts_ceiling_names_who_could_approve_it(program: Program, database: Database) -> None:
    with database.writing() as session:
        session.exec(select(Item).where(Item.sku == "tea")).one().price_minor = 620
    answer = give(program("ana"), "tea", "a")
    assert (answer.status_code, answer.json["ceiling"], answer.json["over_by_minor"]) == (202, "per_gift", 120)
    assert answer.json["approvers"] == ["Ada", "Bo", "Mo"]


@pytest.mark.parametrize(("sku", "why"), [("wine", "not-giftable"), ("soap", "out-of-stock")])
def test_what_cannot_be_given_is_refused_without_a_ceiling(program: Program, sku: str, why: str) -> None:
    answer = give(program("ana"), sku, "a")
    assert (answer.status_code, answer.json["why"], answer.json["ceiling"]) == (422, why, None)


@pytest.mark.asvs(20)
def test_without_a_good_key_nothing_is_given(program: Program, database: Database) -> None:
    for key in (None, "", "short", "two words", "x" * 201, "naïve-key-1", "with\ttabs", "1234567"):
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = program("ana").post("/api/v1/grants", json={"customer": "C-1", "sku": "tea"}, headers=headers)
        assert "Idempotency-Key" in error(answer, 400)["message"]
    with database.reading() as session:
        assert count(session, Grant) == 0


@pytest.mark.parametrize(("sku", "status"), [("tea", 201), ("lamp", 422), ("wine", 422)])
def test_a_repeat_of_a_key_gets_the_same_answer(program: Program, database: Database, sku: str, status: int) -> None:
    ana = program("ana")
    first = give(ana, sku, "a")
    give(ana, "nuts", "b")
    with database.writing() as session:  # whatever changes meanwhile
        session.exec(select(Item).where(Item.sku == sku)).one().price_minor = 1
    ana.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    again = give(ana, sku, "a")
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert first.status_code == status


@pytest.mark.parametrize("changed", [{"sku": "jam"}, {"customer": "C-2"}, {"order": "O-2"}])
def test_a_key_with_another_body_is_a_conflict(program: Program, database: Database, changed: Body) -> None:
    ana = program("ana")
    give(ana, "tea", "a")
    body = {"customer": "C-1", "sku": "tea", **changed}
    error(ana.post("/api/v1/grants", json=body, headers={"Idempotency-Key": "the-key-a"}), 409)
    with database.reading() as session:
        assert count(session, Grant) == 1


def test_two_people_may_use_the_same_key(program: Program) -> None:
    first, second = give(program("ana"), "tea", "a"), give(program("bo"), "tea", "a")
    assert first.status_code == second.status_code == 201
    assert first.json["grant_id"] != second.json["grant_id"]


def test_what_is_not_there_cannot_be_given_and_leaves_the_key_free(program: Program) -> None:
    ana = program("ana")
    for missing in ({"customer": "C-9"}, {"sku": "moon"}, {"order": "O-9"}, {"customer": "C-2", "order": "O-2"}):
        body = {"customer": "C-1", "sku": "tea", **missing}
        error(ana.post("/api/v1/grants", json=body, headers={"Idempotency-Key": "the-key-a"}), 404)
    assert give(ana, "tea", "a").status_code == 201


def test_one_key_sent_by_many_at_once_gives_once(program: Program, database: Database) -> None:
    bo = program("bo")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: give(bo, "tea", "a"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    with database.reading() as session:
        assert count(session, Grant) == 1
    assert stock(database, "tea") == cast.ITEMS["tea"][5] - 1


def test_many_gifts_at_once_never_pass_the_ceiling(program: Program, database: Database) -> None:
    bo = program("bo")  # 30.00 for one customer in a month: eight teas of 3.50
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: give(bo, "tea", f"{n}"), range(16)))
    assert sorted(answer.status_code for answer in answers) == [201] * 8 + [422] * 8
    assert left(bo)["per_customer_per_month"] == 200
    with database.reading() as session:
        spent = {bucket.key: bucket.spent_minor for bucket in session.exec(select(Bucket)).all()}
        entered = dict.fromkeys(spent, 0)
        for row in session.exec(select(Ledger)).all():
            entered[row.bucket_key] += row.amount_minor
    assert spent == entered
    assert set(spent.values()) == {2800, 1600}  # at price and at cost


# --- taking back ----------------------------------------------------------------------------------------------------


def test_a_gift_taken_back_gives_money_and_goods_back_once(program: Program, database: Database) -> None:
    ana = program("ana")
    before = left(ana)
    grant_id = give(ana, "tea", "a").json["grant_id"]
    assert left(ana) != before
    first, again = (ana.post(f"/api/v1/grants/{grant_id}/undo") for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json == {"grant_id": grant_id, "state": "undone", "value_minor": 350, "currency": "USD"}
    assert again.json == first.json
    assert left(ana) == before
    assert stock(database, "tea") == cast.ITEMS["tea"][5]


def test_taken_back_by_many_at_once_the_money_returns_once(program: Program, database: Database) -> None:
    bo = program("bo")
    give(bo, "mug", "keep")
    before = left(bo)
    grant_id = give(bo, "tea", "a").json["grant_id"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: bo.post(f"/api/v1/grants/{grant_id}/undo"), range(8)))
    assert {(answer.status_code, answer.json["state"]) for answer in answers} == {(200, "undone")}
    assert left(bo) == before
    assert stock(database, "tea") == cast.ITEMS["tea"][5]


def test_the_answer_under_the_key_stays_when_the_gift_was_taken_back(program: Program) -> None:
    ana = program("ana")
    first = give(ana, "tea", "a")
    ana.post(f"/api/v1/grants/{first.json['grant_id']}/undo")
    assert give(ana, "tea", "a").data == first.data
    assert left(ana)["per_giver_per_day"] == 1200


def test_only_the_giver_or_a_lead_takes_a_gift_back(program: Program) -> None:
    of_bo, of_ana = (give(program(who), "tea", "a").json["grant_id"] for who in ("bo", "ana"))
    error(program("ana").post(f"/api/v1/grants/{of_bo}/undo"), 403)
    assert program("bo").post(f"/api/v1/grants/{of_ana}/undo").json["state"] == "undone"


def test_an_unknown_gift_cannot_be_taken_back(program: Program) -> None:
    for grant_id in ("0", "999", "-1", "1.0", "x", "9" * 18, "9" * 40, "1e3"):
        error(program("ana").post(f"/api/v1/grants/{grant_id}/undo"), 404)


# --- what is left ---------------------------------------------------------------------------------------------------


def test_the_budget_is_the_callers_own(program: Program) -> None:
    ana, bo = program("ana"), program("bo")
    give(ana, "tea", "a")
    assert left(ana, None) == {"per_gift": 500, "per_giver_per_day": 850}
    assert left(ana, "C-1") == {"per_gift": 500, "per_giver_per_day": 850, "per_customer_per_month": 650}
    assert left(ana, "C-2") == {"per_gift": 500, "per_giver_per_day": 850, "per_customer_per_month": 1000}
    assert left(bo, "C-1") == {"per_gift": 1500, "per_giver_per_day": 6000, "per_customer_per_month": 2650}


def test_a_budget_says_its_currency_and_when_it_starts_afresh(program: Program) -> None:
    assert program("ana").get("/api/v1/budget").json == {
        "ceilings": [
            ceiling("per_gift", 500, 500),
            ceiling("per_giver_per_day", 1200, 1200, "2026-03-15T00:00:00Z"),
        ]
    }


def test_a_budget_for_nobody_we_know_is_not_told(program: Program) -> None:
    ana = program("ana")
    error(ana.get("/api/v1/budget?customer=C-9"), 404)
    assert list(error(ana.get("/api/v1/budget?customer="), 422)["problems"]) == ["customer"]
    assert list(error(ana.get("/api/v1/budget?costumer=C-1"), 422)["problems"]) == ["costumer"]


@pytest.mark.parametrize(
    "wrong", [{"channel": "x" * 41}, {"review_on": "9999-12-31"}, {"review_on": "0001-01-01", "kind": "opinion"}]
)
def test_a_note_with_a_channel_or_a_day_that_nobody_means_is_refused(program: Program, wrong: Body) -> None:
    note = {"text": "Likes figs", "kind": "observation", "channel": "phone"} | wrong
    answer = program("ana").post("/api/v1/customers/C-1/notes", json=note, headers={"Idempotency-Key": "a-note-key"})
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.json["error"]["problems"]
