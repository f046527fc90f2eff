"""The desk inside a CRM's frame, in a Chromium that treats frames as people's browsers do, see inside.py."""

import re
import secrets
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from deskapp.desk import launches, seats
from deskapp.rules.people import Actor
from deskapp.store.db import Database


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
    page = people_s_browser.new_page()
    page.route("**/seat", lambda route: route.abort())  # or its own question would come first
    frame = frame_of(page, crm, link())
    frame.get_by_label("What did you learn?").fill("Typed before the door closed")
    frame.get_by_label("seen or said").check()
    with db.writing() as session:
        seats.leave_all(session, None, staff["ana"].staff_id, now=clock())
    frame.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("You are signed out here")
    expect(frame.get_by_label("What you typed and did not save")).to_have_value("Typed before the door closed")
    expect(frame.locator("body")).not_to_contain_text("Carla")


def test_a_site_that_is_not_named_in_the_settings_cannot_frame_the_desk(
    people_s_browser: BrowserContext, crm: str, link: Callable[[], str], complaints: list[str]
) -> None:
    page = people_s_browser.new_page()
    page.goto(f"{crm.replace('crm.', 'other.')}/?show={link()}")
    expect(page.frame_locator("iframe").locator("body")).not_to_contain_text("Carla")
    page.frames[1].wait_for_url(re.compile("^chrome-error:"), wait_until="commit")
    assert any("frame-ancestors" in said for said in complaints)
