"""A frame that nobody touches, when its seat ends. The browser's clock goes when the test says so; see inside.py for the browser."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Frame, Page, Request, Response, expect

from deskapp.desk import launches, seats
from deskapp.rules.people import Actor
from deskapp.store.db import Database

OLD_NEWS_S = 0.15  # by then a process looks anew; it counts by a clock of its own
COUNTS = """() => {
    const real = window.fetch;
    window.answered = 0;
    window.fetch = (...asked) => real(...asked).finally(() => { window.answered += 1; });
}"""


@dataclass(frozen=True, slots=True)
class Open:
    """A frame that shows Carla to Ana, and everything that it asks about its seat."""

    page: Page
    asked: list[Request]

    @property
    def frame(self) -> Frame:
        return self.page.frames[1]

    def goes_on(self, ms: int) -> Response:
        """The answer to what it asks meanwhile; fails where it asks nothing."""
        with self.page.expect_response("**/seat") as answer:
            self.page.clock.run_for(ms)
        self.has_heard()
        return answer.value

    def has_heard(self) -> None:
        """Of all that it asked; from then on its clock runs towards the next question."""
        self.frame.wait_for_function("count => window.answered >= count", arg=len(self.asked))

    def is_seen(self, whether: bool) -> None:
        self.frame.evaluate(
            """isSeen => {
                Object.defineProperty(document, "hidden", { get: () => !isSeen, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            whether,
        )

    def shows_carla(self) -> None:
        expect(self.frame.get_by_role("heading", level=1)).to_have_text("Carla Núñez")

    def shows_nobody(self) -> None:
        expect(self.frame.get_by_role("heading", level=1)).to_have_text("You are signed out here")
        expect(self.frame.locator("body")).not_to_contain_text("Carla")


@pytest.fixture
def app(open_desk: Callable[..., Flask], crm: str) -> Flask:
    return open_desk(frame_ancestors=crm)


@pytest.fixture
def open_frame(
    people_s_browser: BrowserContext, crm: str, address: str, awaited: int, db: Database, staff: dict[str, Actor], clock
) -> Open:
    with db.writing() as session:
        code = launches.make(session, staff["ana"], awaited, secret=secrets.token_urlsafe(32), now=clock())
    page = people_s_browser.new_page()
    page.clock.install(time=clock())
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.url.endswith("/seat") else None)
    page.add_init_script(f"({COUNTS})()")
    page.goto(f"{crm}/?show={address.replace('127.0.0.1', 'desk.localhost')}/launch/{code}")
    page.clock.pause_at(clock().replace(hour=clock().hour + 1))
    one = Open(page, asked)
    one.shows_carla()
    page.wait_for_load_state("networkidle")
    one.has_heard()
    one.frame.evaluate("() => { window.answered = 0; }")
    asked.clear()
    return one


def sign_out(db: Database, staff: dict[str, Actor], clock) -> None:
    with db.writing() as session:
        seats.leave_all(session, None, staff["ana"].staff_id, now=clock())
    time.sleep(OLD_NEWS_S)


def test_a_frame_that_nobody_touches_is_blank_within_a_second_of_its_end(
    open_frame: Open, db: Database, staff: dict[str, Actor], clock
) -> None:
    for _ in range(3):
        assert open_frame.goes_on(700).status == 204
    open_frame.shows_carla()
    sign_out(db, staff, clock)
    assert open_frame.goes_on(800).status == 401
    open_frame.shows_nobody()
    assert [one.method for one in open_frame.asked] == ["GET"] * 4


def test_a_frame_that_nobody_sees_asks_nothing_and_is_blank_as_soon_as_somebody_looks(
    open_frame: Open, db: Database, staff: dict[str, Actor], clock
) -> None:
    open_frame.goes_on(700)
    open_frame.is_seen(False)
    sign_out(db, staff, clock)
    open_frame.page.clock.run_for(60_000)
    assert len(open_frame.asked) == 1
    open_frame.is_seen(True)
    open_frame.shows_nobody()


def test_a_desk_that_is_down_clears_nothing_and_is_asked_less_and_less(
    open_frame: Open, app: Flask, db: Database, staff: dict[str, Actor], clock
) -> None:
    answered = app.wsgi_app

    def down(environ, start_response):
        if environ["PATH_INFO"] != "/seat":
            return answered(environ, start_response)
        start_response("503 Service Unavailable", [])
        return []

    app.wsgi_app = down
    for asks, pause in enumerate((700, 1400, 2800, 5600, 11_200, 20_000, 20_000), 1):
        open_frame.page.clock.run_for(pause - 100)
        assert open_frame.goes_on(100).status == 503
        assert len(open_frame.asked) == asks
    open_frame.shows_carla()
    sign_out(db, staff, clock)
    app.wsgi_app = answered
    assert open_frame.goes_on(20_000).status == 401
    open_frame.shows_nobody()


def test_whoever_types_is_told_to_the_desk_and_no_more_often_than_every_five_seconds(open_frame: Open) -> None:
    for _ in range(10):
        open_frame.frame.get_by_label("What did you learn?").press("a")
        open_frame.goes_on(700)
    methods = [one.method for one in open_frame.asked]
    assert methods.count("POST") == 2
    assert methods[0] == "POST"
    open_frame.shows_carla()


def test_a_page_that_only_the_frame_s_cookie_opened_is_blank_within_a_second_too(
    people_s_browser: BrowserContext,
    app: Flask,
    address: str,
    awaited: int,
    db: Database,
    staff: dict[str, Actor],
    clock,
) -> None:
    with db.writing() as session:
        code = launches.make(session, staff["ana"], awaited, secret=secrets.token_urlsafe(32), now=clock())
    client = app.test_client()
    client.get(f"/launch/{code}", base_url="https://localhost")
    (cookie,) = client._cookies.values()
    name = cookie.key.removeprefix("__Host-")  # which takes https
    people_s_browser.add_cookies([{"name": name, "value": cookie.value, "url": address}])
    page = people_s_browser.new_page()
    page.clock.install(time=clock())
    page.goto(f"{address}/customers/{awaited}")
    page.clock.pause_at(clock().replace(hour=clock().hour + 1))
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Carla Núñez")
    for status, shown in ((204, "Carla Núñez"), (401, "You are signed out here")):
        with page.expect_response("**/seat") as answer:
            page.clock.run_for(800)
        assert answer.value.status == status
        expect(heading).to_have_text(shown)
        sign_out(db, staff, clock)
