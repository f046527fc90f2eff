"""What strangers send to the JSON API: always a sentence, never a fault of ours."""

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cast
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from sqlmodel import select
from werkzeug.test import TestResponse

from deskapp.app import create_app
from deskapp.config import Settings
from deskapp.desk import tokens
from deskapp.store.tables import Staff

SECRET = "a secret of the tests, longer than thirty-two"
POSTS = ["/api/v1/grants", "/api/v1/customers/C-1/notes", "/api/v1/customers/C-1/suggestions"]
NOTES = POSTS[1]
NOTE = {"text": "She has diabetes.", "kind": "observation", "channel": "phone"}
APPROVALS = ["/api/v1/approvals", "/api/v1/approvals/1/decision"]
CALLS = [("POST", path) for path in [*POSTS, *APPROVALS, "/api/v1/grants/1/undo"]] + [
    ("GET", "/api/v1/approvals/1"),
    ("GET", "/api/v1/customers/C-1"),
    ("GET", "/api/v1/budget"),
]


@pytest.fixture(scope="module")
def app(settled_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One for all of these tests: what strangers send leaves nothing that another could trip over."""
    folder = tmp_path_factory.mktemp("api")
    shutil.copy(settled_template, folder / "desk.sqlite")
    made = create_app(Settings(instance=folder, secret_key=SECRET), now=lambda: cast.NOW)
    yield made
    made.extensions["deskapp"].database.close()


def token_of(app: Flask, username: str) -> str:
    with app.extensions["deskapp"].database.writing() as session:
        return tokens.make(session, username, secret=secrets.token_urlsafe(32), now=cast.NOW)


@pytest.fixture(scope="module")
def ana(app: Flask) -> FlaskClient:
    """A program with a token of Ana's and a good key."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token_of(app, 'ana')}"
    client.environ_base["HTTP_IDEMPOTENCY_KEY"] = "a-key-of-ana"
    return client


def error(answer: TestResponse, status: int) -> dict[str, Any]:
    """The one shape of errors."""
    assert (answer.status_code, answer.mimetype) == (status, "application/json"), answer.text
    told: dict[str, Any] = answer.json["error"]
    assert set(answer.json) == {"error"}
    assert set(told) == {"status", "message", "problems"}
    assert told["status"] == status
    assert told["message"].endswith((".", "?", "…"))
    return told


# --- who may ask ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_a_good_token_nobody_is_answered(app: Flask, method: str, path: str) -> None:
    for header in (None, "Bearer dk_nobody", "Bearer ", "dk_nobody", "Basic YW5hOng=", "Bearer \xff", "Bearer dk_\xe9"):
        headers = {"Authorization": header} if header else {}
        answer = app.test_client().open(path, method=method, headers=headers)
        assert "token" in error(answer, 401)["message"]
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_is_refused_at_the_next_request(app: Flask) -> None:
    token = token_of(app, "ana")
    client, headers = app.test_client(), {"Authorization": f"bearer {token}"}
    assert client.get("/api/v1/budget", headers=headers).status_code == 200
    with app.extensions["deskapp"].database.writing() as session:
        tokens.revoke(session, token, now=cast.NOW)
    error(client.get("/api/v1/budget", headers=headers), 401)


def test_the_token_of_somebody_who_left_is_refused(app: Flask) -> None:
    headers = {"Authorization": f"Bearer {token_of(app, 'mo')}"}
    assert app.test_client().get("/api/v1/budget", headers=headers).status_code == 200
    with app.extensions["deskapp"].database.writing() as session:
        session.exec(select(Staff).where(Staff.username == "mo")).one().is_active = False
    error(app.test_client().get("/api/v1/budget", headers=headers), 401)


def test_a_cookie_opens_no_door_of_the_api(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("deskapp", token_of(app, "ana"))
    error(client.get("/api/v1/budget"), 401)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_the_delivery_desk_has_no_business_here(app: Flask, method: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {token_of(app, 'del')}"}
    error(app.test_client().open(path, method=method, headers=headers), 403)


def test_another_site_cannot_make_a_browser_ask(ana: FlaskClient) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    assert "Access-Control-Allow-Origin" not in ana.get("/api/v1/budget", headers=elsewhere).headers
    error(ana.post("/api/v1/grants", json={}, headers=elsewhere), 403)


# --- the description ------------------------------------------------------------------------------------------------


def test_the_description_is_open_to_all_and_names_every_route(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json["openapi"] == "3.1.0"
    described = {(method.upper(), path) for path, item in answer.json["paths"].items() for method in item}
    assert described == {
        ("GET", "/customers/{external_id}"),
        ("POST", "/customers/{external_id}/notes"),
        ("POST", "/customers/{external_id}/suggestions"),
        ("POST", "/approvals"),
        ("GET", "/approvals/{approval_id}"),
        ("POST", "/approvals/{approval_id}/decision"),
        ("POST", "/deliveries/{order}/events"),
        ("POST", "/grants"),
        ("POST", "/grants/{grant_id}/undo"),
        ("GET", "/budget"),
    }
    routes = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    assert len(routes) == len(described) + 1  # but for the description itself


def test_money_in_the_description_is_a_whole_number(app: Flask) -> None:
    schemas = app.test_client().get("/api/v1/openapi.json").json["components"]["schemas"]
    money = {
        (name, field): {one.get("type") for one in schema.get("anyOf", [schema])}
        for name, model in schemas.items()
        for field, schema in model.get("properties", {}).items()
        if field.endswith("_minor")
    }
    assert ("GrantDecided", "value_minor") in money
    assert all(types <= {"integer", "null"} for types in money.values())


def test_what_is_not_there_is_said_in_json(ana: FlaskClient) -> None:
    error(ana.get("/api/v1/nothing"), 404)
    error(ana.get("/api/v1/grants/x/undo"), 404)
    refused = ana.delete("/api/v1/grants")
    error(refused, 405)
    assert set(refused.allow) == {"POST", "OPTIONS"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("k", 0),
        ("k", 51),
        ("k", True),
        ("k", "3"),
        ("k", 3.0),
        ("k", None),
        ("k", 10**400),
        ("max_value_minor", -1),
        ("max_value_minor", "500"),
        ("max_value_minor", 500.0),
        ("max_value_minor", True),
        ("max_value_minor", 10**12 + 1),
        ("max_value_minor", [500]),
        ("basket", "mug"),
        ("basket", {"mug": 1}),
        ("basket.0", [1]),
        ("basket.0", [""]),
        ("basket.0", ["a\x00b"]),
        ("basket.0", ["\ud800"]),
        ("basket.0", ["x" * 121]),
        ("basket", ["mug"] * 501),
        ("max_value", 500),
    ],
)
def test_a_wish_that_cannot_be_read_has_a_sentence_at_its_field(ana: FlaskClient, field: str, value: object) -> None:
    body = {field.partition(".")[0]: value}
    answer = ana.post("/api/v1/customers/C-1/suggestions", json=body)
    assert list(error(answer, 422)["problems"]) == [field]


# --- bad bodies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"tea"',
        b"1",
        b"{} {}",
        b'{"k": NaN}',
        b'{"k": -Infinity}',
        b'{"k": 1, "k": 2}',
        b'{"basket": [{"a": 1, "a": 2}]}',
        b'{"k": ' + b"9" * 5000 + b"}",
        b"{'k': 1}",
        b'{"k": 1,}',
        b'{"text": "\xff\xfe"}',
        '{"k": 1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"k": "\x00"}',
        b'{"basket": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b"customer=C-1&sku=tea",
        json.dumps({f"field{n}": n for n in range(1000)}).encode(),
    ],
    ids=lambda sent: repr(sent[:24]),
)
def test_what_is_no_plain_json_object_is_not_taken(ana: FlaskClient, path: str, sent: bytes) -> None:
    answer = ana.post(path, data=sent, content_type="application/json")
    assert error(answer, 400)["problems"] == {}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"]
)
def test_a_body_that_does_not_say_it_is_json_is_not_taken(ana: FlaskClient, path: str, kind: str | None) -> None:
    body = json.dumps({"customer": "C-1", "sku": "tea"})
    answer = ana.post(path, data=body, content_type=kind)
    assert "Content-Type: application/json" in error(answer, 415)["message"]


@pytest.mark.parametrize("path", POSTS)
def test_a_body_of_megabytes_is_not_taken(ana: FlaskClient, path: str) -> None:
    body = json.dumps({"text": "x" * 1_100_000})
    error(ana.post(path, data=body, content_type="application/json"), 413)


@pytest.mark.parametrize("path", POSTS)
def test_fields_that_nobody_knows_are_named_and_refused(ana: FlaskClient, path: str) -> None:
    whole = {"text": "Hi.", "kind": "observation", "channel": "chat"} if "notes" in path else {}
    whole |= {"customer": "C-1", "sku": "tea"} if "grants" in path else {}
    body = whole | {"price_minor": 1, "grant_id": 7}
    answer = ana.post(path, json=body)
    assert set(error(answer, 422)["problems"]) == {"price_minor", "grant_id"}


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "\ud800", "x" * 20_001, 7, None, ["Hi."], {"a": "b"}])
def test_a_note_without_words_we_can_keep_has_a_sentence_at_its_text(ana: FlaskClient, text: Any) -> None:
    assert list(error(ana.post(NOTES, json=NOTE | {"text": text}), 422)["problems"]) == ["text"]


@pytest.mark.parametrize("is_confirmed", ["yes", 1, "true", None])
def test_only_a_plain_true_confirms_a_note(ana: FlaskClient, is_confirmed: object) -> None:
    answer = ana.post(NOTES, json=NOTE | {"is_confirmed": is_confirmed})
    assert list(error(answer, 422)["problems"]) == ["is_confirmed"]


def test_a_nul_anywhere_in_the_address_is_refused(ana: FlaskClient) -> None:
    for path in ("/customers/%00", "/budget?customer=%00", "/customers/C-1%00/suggestions", "/budget?%00=1"):
        error(ana.get(f"/api/v1{path}"), 400)


# --- whatever else --------------------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["text", "kind", "channel", "order", "is_confirmed", "basket", "max_value_minor", "k", "sku", "customer"]
)
NEARLY = st.sampled_from(["C-1", "C-2", "tea", "O-1", "observation", "phone", ["mug"], 1, True, None]) | ANYTHING


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(POSTS), sent=st.dictionaries(FIELDS | st.text(), NEARLY, max_size=6) | ANYTHING)
def test_any_json_gets_an_answer_or_a_sentence(ana: FlaskClient, path: str, sent: object) -> None:
    answer = ana.post(path, data=json.dumps(sent), content_type="application/json")
    assert answer.status_code in {200, 201, 202} or ("message" in answer.json.get("error", answer.json))
    assert answer.status_code < 500


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(POSTS), sent=st.binary(max_size=60))
def test_any_bytes_get_a_sentence(ana: FlaskClient, path: str, sent: bytes) -> None:
    error(ana.post(path, data=sent, content_type="application/json"), 400)


def test_the_api_does_what_its_description_says(app: Flask) -> None:
    """Schemathesis: every operation with what the description allows and with what it does not."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "generation": {"max-examples": 5, "deterministic": True, "database": "none"},
            "headers": {"Authorization": f"Bearer {token_of(app, 'bo')}"},
            "parameters": {"path.external_id": "C-1"},  # others are tried above; here the bodies are to be read
            "continue-on-failure": True,
            "phases": {"stateful": {"enabled": False}},  # no answer of one call is the address of another
            "checks": {
                "positive_data_acceptance": {
                    "enabled": False
                },  # JSON Schema counts 50.0 as an integer, the desk does not
                "ignored_auth": {"enabled": False},  # stumbles over WSGI in 4.32; tried above for every call
            },
        }
    )
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config)
    calls, wrong = 0, {}
    for event in from_schema(schema).execute():
        assert not isinstance(event, events.NonFatalError | events.FatalError), event
        if isinstance(event, events.ScenarioFinished):
            for checked in (check for checks in event.recorder.checks.values() for check in checks):
                calls += 1
                if (found := checked.failure_info) is not None:
                    wrong[event.label, found.failure.title] = f"{found.failure.message}\n{found.code_sample}"
    assert calls > 100
    assert wrong == {}
