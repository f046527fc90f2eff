"""The door: a board of 500 parcels, a sheet of 200 cards, and one prompt, in a shop of its own with notes and gifts.

Time is that of the whole page, database and drawing, the median of five; DESKAPP_BENCH_DATABASE=postgresql+psycopg://… takes
another engine, an empty database of it.
"""

import logging
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cast
from flask.testing import FlaskClient
from parcels import TODAY, order_and_deliver, queries
from sqlmodel import Session, select

from deskapp.app import create_app
from deskapp.config import Settings
from deskapp.desk import deliveries, delivery_rows, seats
from deskapp.desk.card_known import known_of
from deskapp.desk.delivery_rows import Shop
from deskapp.rules import prompts
from deskapp.rules.people import Actor
from deskapp.store import deliveries as store
from deskapp.store.db import Database
from deskapp.store.migrating import migrate
from deskapp.store.tables import Delivery, Staff, Surface
from deskapp.web import logs

PARCELS, PRINTED, TIMES = 500, 200, 5


@contextmanager
def shop() -> Iterator[tuple[Database, FlaskClient]]:
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("DESKAPP_BENCH_DATABASE", "")
        database = Database(url or f"sqlite:///{folder}/desk.sqlite")
        migrate(database)
        with database.writing() as session:
            fill(session)
        database.close()
        more = {"database_url": url} if url else {}
        app = create_app(
            Settings(instance=Path(folder), secret_key=secrets.token_urlsafe(40), **more), now=lambda: cast.NOW
        )
        database = app.extensions["deskapp"].database
        client = app.test_client()
        client.set_cookie("deskapp", token(database))
        yield database, client
        database.close()


def fill(session: Session) -> None:
    """Each parcel has a customer with a note, a like and a gift; every third card is written."""
    cast.settle_in(session)
    for number in range(PARCELS):
        delivery_id = order_and_deliver(session, number, ship_on=TODAY + timedelta(days=number % 9 - 1))
        if number % 3 == 0:
            delivery = session.get_one(Delivery, delivery_id)
            delivery.card_text, delivery.written_at = "Thank you for the order, and enjoy the mug. " * 4, cast.NOW


def token(database: Database) -> str:
    lifetimes = seats.Lifetimes(timedelta(hours=1), timedelta(hours=12))
    with database.writing() as session:
        driver = session.exec(select(Staff).where(Staff.username == "del")).one()
        actor = Actor(driver.id, driver.username, driver.name, driver.role)
        return seats.take(
            session, actor, Surface.PAGE, secret=secrets.token_urlsafe(32), lifetimes=lifetimes, now=cast.NOW
        )


def milliseconds(act: Callable[[], object], times: int = TIMES) -> tuple[float, float]:
    """The first time, and the median of those after it."""
    taken = []
    for _ in range(times + 1):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    return taken[0], statistics.median(taken[1:])


def page(client: FlaskClient, path: str) -> Callable[[], object]:
    def get() -> object:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer

    return get


def say(what: str, took: tuple[float, float], goal: str = "") -> None:
    print(f"{what:46s} first {took[0]:8.1f} ms   then {took[1]:8.2f} ms{goal}")


def main() -> None:
    logs.configure(is_production=True, level=logging.ERROR)
    with shop() as (database, client):
        with database.reading() as session, queries(session) as asked:
            deliveries.board(session, today=TODAY)
        print(f"queries of a board of {PARCELS} parcels: {len(asked)} (goal: at most 8)")
        say("a page of the board (100 rows)", milliseconds(page(client, "/deliveries")))
        deliveries._ROWS = PARCELS
        say(f"the board drawn whole ({PARCELS} rows)", milliseconds(page(client, "/deliveries")))
        with database.reading() as session:
            ids = list(session.exec(select(Delivery.id).order_by(Delivery.id).limit(PRINTED)))
        for what in ("cards", "slips", "both"):
            path = f"/deliveries/print?what={what}&" + "&".join(f"delivery={one}" for one in ids)
            say(f"a sheet of {PRINTED}: {what}", milliseconds(page(client, path)), " (goal: at most 3000 ms)")
        with database.reading() as session:
            sent, shopkeeper = store.list_sent(session, ids), Shop("Corner", ZoneInfo("UTC"))
            known = known_of(session, sent, delivery_rows.rows(session, sent, TODAY), shopkeeper, cast.NOW)
        took = milliseconds(lambda: [prompts.prompt(each) for each in known.values()])
        say("a prompt, from loaded facts", (took[0] / len(known), took[1] / len(known)), " (goal: at most 5 ms)")


if __name__ == "__main__":
    main()
