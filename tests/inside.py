"""The desk inside another system's page: fake hosts on another site, and a Chromium that treats frames as people's browsers do. A plugin.

Playwright switches storage partitioning off in what it starts, so this one is started by hand and driven over its own protocol.
crm.localhost and desk.localhost are different sites, and both count as secure.
"""

import json
import mimetypes
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from html import escape, unescape
from pathlib import Path
from urllib.parse import parse_qs, quote

import cast
import pytest
from browser_desk import WAITS_MS, listen, served
from flask import Flask
from launched import connect, rows
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Playwright, Route, expect
from servers import CHROMIUM_FLAGS
from sqlmodel import select
from werkzeug.serving import make_server

from deskapp.desk import devices, pairing
from deskapp.desk.connections import Known
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Why
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.host_tables import AgentLink, Connection, Device, HostLaunch
from deskapp.store.tables import Customer

Desk = FrameLocator | Page  # in a frame, or in a tab of its own
FAKES = Path(__file__).parent / "fakes"
SETTINGS = {  # of Chromium's: what becomes of the cookies of a page in another site's frame
    "allowed": {"profile": {"cookie_controls_mode": 0}},
    "partitioned": {"profile": {"cookie_controls_mode": 1}},
    "blocked": {"profile": {"default_content_setting_values": {"cookies": 2}}},
}


def fake_hosts(environ, start_response):
    """Any CRM: `/` shows what its address names in a frame; every other page lies in tests/fakes."""
    path = FAKES / environ["PATH_INFO"].lstrip("/")
    if path.is_file() and path.parent == FAKES:
        start_response("200 OK", [("Content-Type", f"{mimetypes.guess_type(path.name)[0]}; charset=utf-8")])
        return [path.read_bytes()]
    if environ["PATH_INFO"] != "/":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b""]
    link = parse_qs(environ["QUERY_STRING"])["show"][0]
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    frame = f'<iframe title="Desk" width=420 height=900 src="{escape(link)}"></iframe>'
    return [f'<!doctype html><title>CRM</title><link rel="icon" href="data:,">{frame}'.encode()]


@pytest.fixture
def crm() -> Iterator[str]:
    with served(fake_hosts) as port:
        yield f"http://crm.localhost:{port}"


@contextmanager
def sealed(app: Flask) -> Iterator[str]:
    """The desk by https, without which no cookie is kept in a frame."""
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context="adhoc")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://desk.localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def started(playwright: Playwright, chromium_path: str, profile: Path, cookies: str) -> Iterator[Browser]:
    (profile / "Default").mkdir(parents=True, exist_ok=True)
    (profile / "Default" / "Preferences").write_text(json.dumps(SETTINGS[cookies]))
    flags = (*CHROMIUM_FLAGS, "--ignore-certificate-errors", "--remote-debugging-port=0")
    command = [chromium_path, *flags, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = (re.search(r"DevTools listening on (ws://\S+)", line) for line in process.stderr)
            browser = playwright.chromium.connect_over_cdp(next(found[1] for found in said if found))
            yield browser
            browser.close()
        finally:
            process.terminate()


@pytest.fixture
def browser_with(
    playwright: Playwright, chromium_path: str, tmp_path: Path, complaints: list[str]
) -> Iterator[Callable[[str], BrowserContext]]:
    """`browser_with("blocked")`: see SETTINGS."""
    with ExitStack() as opened:

        def open_one(cookies: str) -> BrowserContext:
            profile = tmp_path / f"profile-{cookies}"
            context = opened.enter_context(started(playwright, chromium_path, profile, cookies)).contexts[0]
            context.set_default_timeout(WAITS_MS)
            listen(context, complaints)
            return context

        yield open_one


@pytest.fixture
def people_s_browser(browser_with: Callable[[str], BrowserContext]) -> BrowserContext:
    """As most have it: what a frame keeps is kept apart by the site around it."""
    return browser_with("partitioned")


@pytest.fixture(scope="module")
def one_of_each(
    playwright: Playwright, chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], BrowserContext]]:
    with ExitStack() as opened:

        @cache
        def open_one(cookies: str) -> BrowserContext:
            profile = tmp_path_factory.mktemp(cookies)
            return opened.enter_context(started(playwright, chromium_path, profile, cookies)).contexts[0]

        yield open_one


@pytest.fixture
def browser(cookies: str, one_of_each: Callable[[str], BrowserContext]) -> Iterator[BrowserContext]:
    """Shared by the tests of these cookies; each desk is at a port of its own, so that none finds what another has kept."""
    context = one_of_each(cookies)
    context.set_default_timeout(WAITS_MS)
    yield context
    for page in context.pages[1:]:
        page.close()
    context.clear_cookies()
    context.unroute_all()


@pytest.fixture
def known_of(app: Flask, db: Database, staff: dict[str, Actor], awaited: int, crm: str) -> Callable[..., Known]:
    """A connection with a host whose pages are on crm.localhost."""

    def make(code: str, secret: str = "") -> Known:
        known = connect(app, code, staff["ada"], secret=secret)
        with db.writing() as session:
            session.get(Connection, known.id).frame_origins = crm
        return known

    return make


@pytest.fixture
def crowded(awaited: int, db: Database) -> None:
    """Dan has an e-mail, too."""
    with db.writing() as session:
        dan = session.exec(select(Customer).where(Customer.external_id == "C-2")).one()
        dan.email = dan.email_folded = "dan@example.com"


@pytest.fixture
def say_yes(
    app: Flask, db: Database, staff: dict[str, Actor], clock, browser: BrowserContext, cookies: str
) -> Callable[[Desk], None]:
    """Ana connects what shows a code: in a window of the desk as most browsers open it, or by a yes from elsewhere, which is quicker and
    the only way where a browser keeps nobody signed in.
    """

    def answer(desk: Desk) -> None:
        shows(desk, "Connect it to yourself")
        expect(desk.locator("body")).not_to_contain_text("Carla")
        if cookies != "partitioned":
            key, code = app.extensions["deskapp"].signing_key, desk.locator(".code").inner_text()
            given = pairing.Answer(form_key=f"key-of-{code}", code=code)
            with db.writing() as session:
                assert pairing.approve(session, staff["ana"], given, "", signing_key=key, now=clock())
            return
        with browser.expect_page() as opened:
            desk.get_by_role("link", name="Connect").click()
        window = opened.value
        window.get_by_label("Name").fill("ana")
        window.get_by_label("Password").fill(cast.PASSWORD)
        window.get_by_role("button", name="Sign in").click()
        window.get_by_role("button", name="Yes, connect it to me").click()
        expect(window.get_by_text("It is connected")).to_be_visible()
        window.close()

    return answer


@pytest.fixture
def lets_go(db: Database, staff: dict[str, Actor], clock) -> Callable[[], None]:
    """Ana's connections are over, as if she had pressed the buttons for it."""

    def act() -> None:
        with db.writing() as session:
            for one in rows(session, Device):
                devices.revoke(session, staff["ana"], one.id, now=clock())
            for one in rows(session, AgentLink):
                devices.unlink(session, staff["ana"], one.id, now=clock())

    return act


@pytest.fixture
def mended(at_desk, db: Database) -> Callable[[Known, Why], bool]:
    """Whether the last launch was refused for this, and the administrator reads what to do about it."""

    def is_said(known: Known, why: Why) -> bool:
        page = unescape(at_desk("ada").get(f"/connections/{known.id}").text)
        with db.reading() as session:
            last = rows(session, HostLaunch)[-1]
        return last.outcome == why.value and known.host.mends[why] in page

    return is_said


# --- what a test does -----------------------------------------------------------------------------------------------


def serve_scripts(context: BrowserContext) -> None:
    """What the hosts' own scripts do, from where these lie."""

    def answer(route: Route) -> None:
        route.fulfill(body=(FAKES / "sdk.js").read_bytes(), content_type="text/javascript")

    for host in HOSTS.values():
        if host.script_origin:
            context.route(f"{host.script_origin}{host.script_path}", answer)


def open_page(page: Page, fake: str, to: str, **form: str) -> FrameLocator:
    """The frame with the desk in a fake host's page; with `form` the page opens it by sending that."""
    serve_scripts(page.context)
    sent = f"&form={quote(json.dumps(form))}" if form else ""
    page.goto(f"{fake}?to={quote(to, safe='')}{sent}")
    return page.frame_locator("iframe[name=desk]")


def shows(desk: Desk, words: str) -> None:
    expect(desk.get_by_role("heading", level=1)).to_have_text(words)


def is_worked_with(desk: Desk, where: str) -> None:
    shows(desk, "Carla Núñez")
    write_a_note(desk, f"Wrote from {where}")
    desk.get_by_role("button", name="Give it Plum jam").click()
    expect(desk.get_by_role("status")).to_contain_text("It is theirs.")


def is_over(desk: Desk) -> None:
    """As soon as it is looked at again."""
    if isinstance(desk, Page):
        desk.bring_to_front()
    look_again(desk)
    shows(desk, "You are signed out here")
    expect(desk.locator("body")).not_to_contain_text("Carla")


def look_again(frame: Desk) -> None:
    """It asks then whether its seat is still good, which by itself it does every few seconds."""
    frame.locator("html").evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")


def write_a_note(frame: Desk, text: str) -> None:
    frame.get_by_label("What did you learn?").fill(text)
    frame.get_by_label("seen or said").check()
    frame.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(frame.locator("#notes .words").first).to_have_text(text)
