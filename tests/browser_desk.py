"""A served desk with a small model and a lived-in customer, and Chromium in front of it. A plugin, named in conftest."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import cast
import numpy as np
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Playwright, Route, expect, sync_playwright
from servers import CHROMIUM_FLAGS
from sqlmodel import Session, select
from werkzeug.serving import make_server

from deskapp.desk import notes, occasions, preferences, promises, requests
from deskapp.reco.artefacts import save
from deskapp.reco.fitted import Model
from deskapp.reco.matrix import Purchases
from deskapp.rules.people import Actor
from deskapp.store import models
from deskapp.store.db import Database
from deskapp.store.memory_tables import NoteKind, OccasionKind, PreferenceKind
from deskapp.store.tables import Delivery, Order

BASKETS = [("mug", "jam"), ("mug", "jam", "tea"), ("tea", "jam"), ("mug", "nuts"), ("lamp",)] * 12
WAITS_MS = 15_000  # for a machine that does much else; nothing here takes a tenth of it

AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

BrowserOf = Callable[..., Page]


# --- the shop -------------------------------------------------------------------------------------------------------


@pytest.fixture
def awaited(app: Flask, db: Database, staff: dict[str, Actor]) -> int:
    """Carla's id: nobody noted anything yet; her order leaves today, and a model knows what goes with the mug in it."""
    with db.writing() as session:
        order = session.exec(select(Order).where(Order.external_id == "O-2")).one()
        today = cast.NOW.date()
        session.add(Delivery(order_id=order.id, ship_on=today, need_by_on=today + timedelta(days=3)))
        models.add_version(session, "first", fit(app, session), {}, cast.NOW)
        return cast.customer_id(session)


@pytest.fixture
def lived_in(awaited: int, db: Database, staff: dict[str, Actor]) -> int:
    """Carla's id: with a note, an allergy and a promise beside her delivery."""
    with db.writing() as session:
        remember(session, staff["bo"], awaited)
    return awaited


def remember(session: Session, bo: Actor, carla: int) -> None:
    note = notes.NewNote(
        form_key="lived-in-note",
        text="Is setting up a reading corner.",
        kind=NoteKind.OBSERVATION,
        channel="phone",
    )
    notes.record(session, bo, carla, note, now=cast.NOW - timedelta(days=9))
    allergy = preferences.NewPreference(
        form_key="lived-in-allergy", kind=PreferenceKind.ALLERGY, value="hazelnuts", is_stated=True
    )
    preferences.record(session, bo, carla, allergy, now=cast.NOW - timedelta(days=9))
    promise = promises.NewPromise(form_key="lived-in-promise", text="Ring about the shelf", due_on=cast.NOW.date())
    promises.make(session, bo, carla, promise, now=cast.NOW - timedelta(days=2))
    asked = requests.NewVoice(
        form_key="lived-in-request", words="Could you refill the soap bottles?", topic="Soap refills"
    )
    requests.hear(session, bo, carla, asked, now=cast.NOW - timedelta(days=2))
    birthday = occasions.NewOccasion(form_key="lived-in-birthday", kind=OccasionKind.BIRTHDAY, month=5, day=3)
    occasions.record(session, bo, carla, birthday, now=cast.NOW - timedelta(days=2))


def fit(app: Flask, session: Session) -> str:
    model = _fitted(tuple((sku, cast.item_id(session, sku)) for sku in cast.ITEMS))
    return save(model, app.extensions["deskapp"].settings.models_folder / "first")


@cache
def _fitted(items: tuple[tuple[str, int], ...]) -> Model:
    """Once for all tests, whose items have the same ids."""
    from deskapp.reco.model import train  # a second of imports that most tests can do without

    ids = dict(items)
    lines = [(ids[sku], order, order % 7) for order, basket in enumerate(BASKETS) for sku in basket]
    item, order, customer = (np.array(column, np.int64) for column in zip(*lines, strict=True))
    day, store = np.full(len(lines), 20_000, np.int32), np.zeros(len(lines), np.int32)
    bought = Purchases(item, order, customer, day, store, np.full(len(lines), 100))
    return train(bought, seed=1, progress=lambda *_: None)


# --- serving it -----------------------------------------------------------------------------------------------------


@contextmanager
def served(app: Any) -> Iterator[int]:
    """The port of this machine on which `app` answers."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def address(app: Flask, awaited: int) -> Iterator[str]:
    """The desk, served on a free port of this machine."""
    with served(app) as port:
        yield f"http://127.0.0.1:{port}"


# --- looking at it --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def playwright(chromium_path: str) -> Iterator[Playwright]:
    expect.set_options(timeout=WAITS_MS)
    with sync_playwright() as one:
        yield one


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said of the pages of this test: errors, warnings, refusals by our own policy."""
    return []


def listen(context: BrowserContext, complaints: list[str]) -> None:
    context.on(
        "console",
        lambda said: (
            complaints.append(f"{said.page.url if said.page else ''}: {said.text}")
            if said.type in {"error", "warning"}
            else None
        ),
    )
    context.on("weberror", lambda thrown: complaints.append(str(thrown.error)))


@pytest.fixture
def browser_of(chromium: Browser, address: str, seat: Callable[..., str], complaints: list[str]) -> Iterator[BrowserOf]:
    """`browser_of("ana", width=320)` is a page of a browser in which Ana is signed in; `browser_of()` one with nobody."""
    opened: list[BrowserContext] = []

    def open_page(username: str = "", width: int = 1180, height: int = 800, **context: object) -> Page:
        one = chromium.new_context(base_url=address, viewport={"width": width, "height": height}, **context)
        one.set_default_timeout(WAITS_MS)
        one.add_init_script("delete Navigator.prototype.serviceWorker")  # route() does not see what a worker fetches
        listen(one, complaints)
        if username:
            one.add_cookies([{"name": "deskapp", "value": seat(username), "url": address}])
        opened.append(one)
        return one.new_page()

    yield open_page
    for one in opened:
        one.close()


def shut_out(page: Page | Frame) -> list[tuple[str, str]]:
    """The rule and the element of everything that axe finds to shut somebody out."""
    from axe_playwright_python.sync_playwright import Axe

    asked = {"runOnly": {"type": "tag", "values": AXE_RULES}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=asked).response["violations"]
    return [(one["id"], node["html"]) for one in found for node in one["nodes"]]


def held_back(page: Page, path: str) -> list[Route]:
    """Requests for `path`, which get no answer until the test lets them go on. What the page asks by itself was answered before."""
    page.wait_for_load_state("networkidle")
    held: list[Route] = []
    page.route(path, lambda route: held.append(route))  # noqa: PLW0108 - playwright marks the handler
    return held


def let_go(page: Page, held: list[Route]) -> None:
    """The page may already show that it asks while the request is still on its way to Playwright."""
    for _ in range(WAITS_MS // 20):
        if held:
            held.pop(0).continue_()
            return
        page.wait_for_timeout(20)
    raise AssertionError("Nothing was asked for.")
