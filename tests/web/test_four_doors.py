"""One gift, asked for on a page, on a page without htmx, inside a CRM's frame and by a program: one verdict."""

import html
import json
from collections.abc import Callable

import cast
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from deskapp.desk import preferences, tokens
from deskapp.desk.preferences import NewPreference
from deskapp.desk.verdicts import Outcome
from deskapp.rules.people import Actor, Role
from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant, LimitVersion
from deskapp.store.tables import Idempotency, Surface


@pytest.fixture
def offer(db: Database) -> Callable[[str], int]:
    def show(sku: str) -> int:
        with db.writing() as session:
            return cast.offer(session, sku).id

    return show


@pytest.fixture
def doors(
    app: Flask, db: Database, at_desk: Callable[[str], FlaskClient], seat: Callable[..., str]
) -> dict[str, Callable[[int, str], str]]:
    """Each gives the offer or its item as Ana and returns what was said."""
    page, program = at_desk("ana"), app.test_client()
    framed = {"X-Deskapp-Seat": seat("ana", Surface.EMBED), "HX-Request": "true"}
    with db.writing() as session:
        token = tokens.make(session, "ana", secret="a" * 43, now=cast.NOW)

    def tap(client: FlaskClient, headers: dict[str, str], key: str) -> Callable[[int, str], str]:
        def give(offer_id: int, _sku: str) -> str:
            data = {"form": "grant", "form_key": key}
            return client.post(f"/offers/{offer_id}/grant", data=data, headers=headers, follow_redirects=True).text

        return give

    def ask(_offer_id: int, sku: str) -> str:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "by-a-program"}
        return program.post("/api/v1/grants", json={"customer": "C-1", "sku": sku}, headers=headers).text

    return {
        "page": tap(page, {"HX-Request": "true"}, "by-a-page-1"),
        "plain page": tap(page, {}, "without-htmx"),
        "frame": tap(app.test_client(), framed, "in-a-frame-1"),
        "program": ask,
    }


SAID: list[tuple[str, dict[str, object], int, str]] = [
    ("tea", {"per_gift_minor": 200}, 350, "needs-approval"),
    ("tea", {"per_gift_minor": 900, "per_giver_per_week_minor": 100}, 350, "needs-approval"),
    ("tea", {"per_gift_minor": 900, "gap_days": 7, "per_customer_per_year_gifts": 0}, 350, "refused"),
    ("tea", {"per_gift_minor": 900, "per_customer_days": 30, "per_customer_minor": 349}, 350, "refused"),
    ("wine", {"per_gift_minor": 900}, 0, "refused"),
]


@pytest.mark.parametrize(("sku", "said", "value", "kind"), SAID)
def test_every_door_gives_the_same_verdict_in_the_same_words(
    db: Database,
    doors: dict[str, Callable[[int, str], str]],
    offer: Callable[[str], int],
    sku: str,
    said: dict[str, object],
    value: int,
    kind: str,
) -> None:
    with db.writing() as session:
        new = {"role": Role.AGENT, "currency": "USD", "basis": "price", "zone": "UTC"} | said
        session.add(LimitVersion(**new, set_by=1, set_at=cast.NOW))
    offer_id = offer(sku)
    answers = {door: html.unescape(give(offer_id, sku)) for door, give in doors.items()}
    with db.reading() as session:
        kept = [json.dumps(row.answer, sort_keys=True) for row in session.exec(select(Idempotency)).all()]
        assert session.exec(select(Grant)).all() == []
    assert len(kept) == len(doors)
    assert len(set(kept)) == 1
    told = Outcome(**json.loads(kept[0]))
    assert (told.kind, told.value_minor) == (kind, value)
    for door, answer in answers.items():
        sentence = json.loads(answer)["message"] if door == "program" else answer
        assert told.sentence in sentence, door


# --- what was said of a category ------------------------------------------------------------------------------------


def say(db: Database, staff: dict[str, Actor], kind: str, category: str, value: str = "") -> None:
    form = NewPreference(kind=kind, value=value, category=category, is_stated=True, form_key=f"of-{kind}-{category}")
    with db.writing() as session:
        preferences.record(session, staff["bo"], cast.customer_id(session), form, now=cast.NOW)


@pytest.mark.parametrize("kind", ["dislike", "allergy"])
def test_nothing_of_a_category_that_is_not_for_them_is_given_at_any_door(
    db: Database,
    staff: dict[str, Actor],
    doors: dict[str, Callable[[int, str], str]],
    offer: Callable[[str], int],
    kind: str,
) -> None:
    offered = offer("jam"), offer("tea")
    say(db, staff, kind, "preserves", "anything sweet")
    for door, give in doors.items():
        assert "against" in give(offered[0], "jam") or "refused" in give(offered[0], "jam"), door
    with db.reading() as session:
        kept = [row.answer for row in session.exec(select(Idempotency)).all() if row.answer and "kind" in row.answer]
        assert session.exec(select(Grant)).all() == []
    assert {answer["kind"] for answer in kept} == {"refused"}
    assert len(kept) == len(doors)


@pytest.mark.parametrize("kind", ["dislike", "allergy"])
def test_nothing_of_a_category_that_is_not_for_them_is_suggested_at_any_door(
    app: Flask,
    db: Database,
    staff: dict[str, Actor],
    seat: Callable[..., str],
    at_desk: Callable[[str], FlaskClient],
    awaited: int,
    kind: str,
) -> None:
    with db.writing() as session:
        token = tokens.make(session, "ana", secret="a" * 43, now=cast.NOW)
    url, page = f"/customers/{awaited}/plus-one", at_desk("ana")
    framed = {"X-Deskapp-Seat": seat("ana", Surface.EMBED), "HX-Request": "true"}
    program = {"Authorization": f"Bearer {token}"}
    looks: dict[str, Callable[[], str]] = {
        "page": lambda: page.get(url).text.split('id="plus_one"')[1],
        "frame": lambda: app.test_client().get(url, headers=framed).text,
        "tablet": lambda: page.get(f"/customers/{awaited}", headers={"HX-Request": "true"}).text,
        "program": lambda: (
            app.test_client().post("/api/v1/customers/C-1/suggestions", json={"k": 10}, headers=program).text
        ),
    }
    for door, look in looks.items():
        assert "Plum jam" in look(), door
    say(db, staff, kind, "Preserves", "anything sweet")
    for door, look in looks.items():
        assert "Plum jam" not in look(), door
