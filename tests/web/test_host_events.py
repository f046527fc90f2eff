"""What a shop system's server tells of parcels, from the wire to the board."""

import json
from datetime import timedelta

import cast
import pytest
from parcels import deliver
from sqlmodel import select
from werkzeug.test import TestResponse

from deskapp.desk import connections
from deskapp.desk.connections import NewConnection
from deskapp.hosts.events import sign
from deskapp.store.card_tables import DeliveryEvent, Teller
from deskapp.store.host_tables import Connection
from deskapp.store.tables import Audit, Delivery

SECRET, NEXT = "a secret of at least sixteen signs", "the secret that comes after the first"
LEFT = {"id": "ship-1", "order": "O-2", "kind": "left", "at": "2026-03-14T08:00:00+01:00"}
THERE = {"id": "ship-2", "order": "O-2", "kind": "delivered", "at": "2026-03-14T14:00:00Z"}
URL = "/connections/the-key-nobody-guesses/events"


@pytest.fixture
def shop(app, db, staff, clock) -> None:
    signing_key = app.extensions["deskapp"].signing_key
    form = NewConnection(host="signed", name="The shop system", secret=SECRET, form_key="connection-key-1")
    with db.writing() as session:
        deliver(session)
        connections.make(
            session, staff["ada"], form, key="the-key-nobody-guesses", signing_key=signing_key, now=clock()
        )


@pytest.fixture
def tell(visitor, shop, clock):
    def post(*sent: object, secret: str = SECRET, url: str = URL, **more: str) -> TestResponse:
        body = json.dumps({"events": sent} if len(sent) > 1 else sent[0]).encode()
        stamp = str(int(clock().timestamp()))
        signature = sign(f"{stamp}.".encode() + body, secret.encode())
        headers = {"X-Deskapp-Timestamp": stamp, "X-Deskapp-Signature": signature} | more
        return visitor.post(url, data=body, headers=headers, content_type="application/json")

    return post


def results(answer: TestResponse, status: int = 200) -> list[str]:
    assert answer.status_code == status, answer.text
    return [one["result"] for one in answer.json["events"]]


def parcel(db) -> Delivery:
    with db.reading() as session:
        return session.exec(select(Delivery)).one()


def test_each_event_counts_once_ever_and_moves_the_parcel(tell, db) -> None:
    assert results(tell(THERE, LEFT)) == ["new", "new"]
    assert results(tell(LEFT, THERE)) == ["known", "known"]
    there = parcel(db)
    assert (there.handed_at.hour, there.delivered_at.hour, there.delivered_by) == (7, 14, None)
    with db.reading() as session:
        assert {one.told_by for one in session.exec(select(DeliveryEvent)).all()} == {Teller.HOST}
        told = session.exec(select(Audit).where(Audit.action == "delivery.told")).all()
    assert [(one.staff_id, one.subject) for one in told] == [(None, f"customer:{cast.customer_id(session)}")] * 2


def test_what_is_wrong_with_one_is_said_of_it_and_stops_none_of_the_others(tell, db) -> None:
    wrong = [
        LEFT | {"id": "a", "order": "O-404"},
        LEFT | {"id": "b", "kind": "lost"},
        LEFT | {"id": "c", "at": "yesterday"},
        LEFT | {"id": "d", "at": "2027-01-01T00:00:00Z"},
        LEFT | {"id": "e", "at": 1773500966},
        LEFT | {"id": "f", "estimated_on": "2026-03-20"},
        LEFT | {"id": "g", "note": "left with the neighbour"},
        LEFT | {"id": "h" * 121},
        {},
    ]
    answer = tell(*wrong, LEFT)
    assert results(answer) == ["refused"] * 9 + ["new"]
    problems = [one["problems"] for one in answer.json["events"]]
    named = ["order", "kind", "at", "at", "at", "estimated_on", "note", "id"]
    assert [next(iter(one)) for one in problems[:8]] == named
    assert set(problems[8]) == {"id", "order", "kind", "at"}
    assert all(sentence.endswith(".") for one in problems for sentence in one.values())
    assert answer.json["events"][0]["id"] == "a"
    assert results(tell(LEFT | {"at": "2026-03-14T09:00:00Z"}), 422) == ["refused"], "the same number, told otherwise"
    assert parcel(db).handed_at.hour == 7


def test_a_secret_is_replaced_without_a_gap_and_nobody_else_tells_anything(tell, app, db, clock) -> None:
    with db.writing() as session:
        row = session.exec(select(Connection)).one()
        connections.put_away(session, row, NEXT, signing_key=app.extensions["deskapp"].signing_key, now=clock())
    assert results(tell(LEFT)) == results(tell(THERE, secret=NEXT)) == ["new"]
    for refused, status, word in (
        (tell(LEFT, secret="guessed"), 401, "signature"),
        (tell(LEFT, **{"X-Deskapp-Timestamp": "1"}), 401, "five minutes"),
        (tell(LEFT, url="/connections/another-key/events"), 404, "opens nothing"),
        (tell("left"), 400, "JSON"),
        (tell(*[LEFT] * 101), 413, "more than"),
        (tell(LEFT | {"order": "x" * 300_000}), 413, "more than"),
    ):
        assert refused.status_code == status, refused.text
        assert word in refused.json["error"]["message"]
    with db.writing() as session:
        session.exec(select(Connection)).one().retired_at = clock() - timedelta(days=1)
    assert tell(LEFT).status_code == 404
