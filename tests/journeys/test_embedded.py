"""The desk inside a CRM's frame, in a Chromium that treats frames as people's browsers do.

Playwright switches storage partitioning off in what it starts, so this one is started by hand, with third-party cookies
blocked, and driven over its own protocol. crm.localhost and desk.localhost are different sites and both count as secure.
"""

import json
import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from browser_desk import WAITS_MS, listen, served
from flask import Flask
from playwright.sync_api import BrowserContext, FrameLocator, Page, Playwright, expect
from servers import CHROMIUM_FLAGS

from deskapp.desk import launches, seats
from deskapp.rules.people import Actor
from deskapp.store.db import Database

BLOCKS_THIRD_PARTY_COOKIES = {"profile": {"cookie_controls_mode": 1}}


def a_page_with_a_frame(environ, start_response):
    """Any CRM: it shows what its address names in a frame."""
    link = parse_qs(environ["QUERY_STRING"])["show"][0]
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    frame = f'<iframe title="Desk" width=420 height=900 src="{escape(link)}"></iframe>'
    return [f'<!doctype html><title>CRM</title><link rel="icon" href="data:,">{frame}'.encode()]


@pytest.fixture
def crm() -> Iterator[str]:
    with served(a_page_with_a_frame) as port:
        yield f"http://crm.localhost:{port}"


@pytest.fixture
def app(open_desk: Callable[..., Flask], crm: str) -> Flask:
    return open_desk(frame_ancestors=crm)


@pytest.fixture
def link(db: Database, staff: dict[str, Actor], clock, awaited: int, address: str) -> Callable[[], str]:
    """`link()` is a new one-time link that opens Carla in a frame as Ana."""

    def make() -> str:
        with db.writing() as session:
            code = launches.make(session, staff["ana"], awaited, secret=secrets.token_urlsafe(32), now=clock())
        return f"{address.replace('127.0.0.1', 'desk.localhost')}/launch/{code}"

    return make


@pytest.fixture
def people_s_browser(
    playwright: Playwright, chromium_path: str, tmp_path: Path, complaints: list[str]
) -> Iterator[BrowserContext]:
    profile = tmp_path / "profile"
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text(json.dumps(BLOCKS_THIRD_PARTY_COOKIES))
    command = [chromium_path, *CHROMIUM_FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = (re.search(r"DevTools listening on (ws://\S+)", line) for line in process.stderr)
            browser = playwright.chromium.connect_over_cdp(next(found[1] for found in said if found))
            context = browser.contexts[0]
            context.set_default_timeout(WAITS_MS)
            listen(context, complaints)
            yield context
            browser.close()
        finally:
            process.terminate()


def frame_of(page: Page, host: str, link: str) -> FrameLocator:
    page.goto(f"{host}/?show={link}")
    return page.frame_locator("iframe")


def test_a_note_is_saved_and_a_gift_given_inside_a_crm(
    people_s_browser: BrowserContext, crm: str, link: Callable[[], str], complaints: list[str]
) -> None:
    frame = frame_of(people_s_browser.new_page(), crm, link())
    expect(frame.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    frame.get_by_label("What did you learn?").fill("Wrote from inside the CRM")
    frame.get_by_label("seen or said").check()
    frame.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(frame.locator("#notes .words")).to_have_text(["Wrote from inside the CRM"])
    frame.get_by_role("button", name="Give it Plum jam").click()
    expect(frame.get_by_role("status")).to_contain_text("It is theirs.")
    expect(frame.get_by_role("status")).to_be_focused()  # by htmx; Chromium says that it would not have done it itself
    assert [said for said in complaints if "Blocked autofocusing" not in said] == []
    assert people_s_browser.cookies() == []  # the seat travelled in a header alone


def test_the_whole_desk_can_be_walked_inside_a_crm(
    people_s_browser: BrowserContext, crm: str, link: Callable[[], str], complaints: list[str]
) -> None:
    frame = frame_of(people_s_browser.new_page(), crm, link())
    frame.get_by_role("searchbox").fill("dan")
    frame.get_by_role("link", name="Dan").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Dan")
    frame.get_by_role("link", name="Deliveries").click()
    frame.get_by_label("Scan or type an order number").fill("O-2")
    frame.get_by_role("button", name="Open its card").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    frame.get_by_role("link", name="Customers").click()
    expect(frame.locator("#customer-rows")).to_contain_text("Carla Núñez")
    assert complaints == []


def test_what_the_frame_keeps_is_kept_apart_from_the_desk_s_own_pages(
    people_s_browser: BrowserContext, crm: str, link: Callable[[], str], address: str
) -> None:
    """Fails where the browser does not part storage by site: then nothing in this file would show real life."""
    page = people_s_browser.new_page()
    frame = frame_of(page, crm, link())
    frame.get_by_label("What did you learn?").fill("Half a sentence")
    tab = people_s_browser.new_page()
    tab.goto(f"{address.replace('127.0.0.1', 'desk.localhost')}/sign-in")
    assert tab.evaluate("localStorage.length") == 0
    frame = frame_of(page, crm, link())
    expect(frame.get_by_label("What did you learn?")).to_have_value("Half a sentence")


def test_a_link_opens_once_and_then_says_what_to_do(
    people_s_browser: BrowserContext, crm: str, link: Callable[[], str]
) -> None:
    page, used = people_s_browser.new_page(), link()
    expect(frame_of(page, crm, used).get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    frame = frame_of(page, crm, used)
    expect(frame.locator("main")).to_contain_text("This link was used before or is older than ten minutes")
    expect(frame.locator("main")).not_to_contain_text("Carla")
    frame.get_by_role("link", name="Sign in").click()
    expect(frame.locator("main")).to_contain_text("your browser may not keep you signed in")
    expect(frame.get_by_role("link", name="Open the desk in a tab of its own")).to_have_attribute("target", "_blank")


def test_a_seat_that_is_taken_away_stops_at_the_next_request_and_keeps_what_was_typed(
    people_s_browser: BrowserContext, crm: str, link: Callable[[], str], db: Database, staff: dict[str, Actor], clock
) -> None:
    frame = frame_of(people_s_browser.new_page(), crm, link())
    frame.get_by_label("What did you learn?").fill("Typed before the door closed")
    frame.get_by_label("seen or said").check()
    with db.writing() as session:
        seats.leave_all(session, None, staff["ana"].staff_id, now=clock())
    frame.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(frame.get_by_role("alert")).to_contain_text("You are signed out here. Please open the desk again")
    expect(frame.get_by_label("What did you learn?")).to_have_value("Typed before the door closed")


def test_a_site_that_is_not_named_in_the_settings_cannot_frame_the_desk(
    people_s_browser: BrowserContext, crm: str, link: Callable[[], str], complaints: list[str]
) -> None:
    page = people_s_browser.new_page()
    page.goto(f"{crm.replace('crm.', 'other.')}/?show={link()}")
    expect(page.frame_locator("iframe").locator("body")).not_to_contain_text("Carla")
    assert page.frames[1].url.startswith("chrome-error:")
    assert any("frame-ancestors" in said for said in complaints)
