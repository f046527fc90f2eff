"""A gift above Ana's limit: Bo says yes on her tablet by PIN, or from his own desk while she waits, in a real browser."""

import pytest
from approving import let_approve
from browser_desk import BrowserOf, shut_out
from flask import Flask
from playwright.sync_api import Page, expect
from sqlmodel import select

from deskapp.desk import pins
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.gift_tables import Approval, Grant
from deskapp.store.tables import Seat, Staff

PIN = "739158"
REASON = "Her lamp arrived broken on her birthday."
TABLETS = {
    "tablet": {"width": 1024, "height": 768, "has_touch": True},
    "sidebar-without-javascript": {"width": 258, "height": 900, "java_script_enabled": False},
}


@pytest.fixture
def carla(awaited: int, app: Flask, db: Database, staff: dict[str, Actor]) -> int:
    """Her lamp costs more than Ana may give; Bo, who may approve it, has a PIN."""
    hashed = pins.hash_pin(PIN, signing_key=app.extensions["deskapp"].signing_key)
    with db.writing() as session:
        let_approve(session, staff)
        session.get_one(Staff, staff["bo"].staff_id).pin_hash = hashed
    return awaited


@pytest.mark.parametrize("surface", TABLETS.values(), ids=TABLETS)
def test_bo_says_yes_on_anas_tablet(
    browser_of: BrowserOf, db: Database, staff: dict[str, Actor], carla: int, surface: dict[str, object]
) -> None:
    tablet = browser_of("ana", **surface)
    ask(tablet, carla)

    tablet.get_by_text("Decide here with a PIN").click()
    tablet.get_by_label("Who decides").select_option(label="Bo")
    tablet.get_by_label("PIN", exact=True).fill("508264")
    tablet.get_by_role("button", name="Approve Reading lamp").click()
    expect(tablet.locator("#plus_one")).to_contain_text("This PIN does not belong to that person.")
    expect(tablet.get_by_label("PIN", exact=True)).to_have_value("")

    tablet.get_by_label("Who decides").select_option(label="Bo")
    tablet.get_by_label("PIN", exact=True).fill(PIN)
    tablet.get_by_role("button", name="Approve Reading lamp").click()
    given = tablet.locator("#plus_one li").filter(
        has=tablet.get_by_role("button", name="Undo the gift of Reading lamp")
    )
    expect(given).to_contain_text("Bo approved")
    expect(tablet.locator(".who b")).to_have_text("Ana")

    with db.reading() as session:
        assert session.exec(select(Grant.staff_id)).all() == [staff["ana"].staff_id]
        assert session.exec(select(Approval.decided_by)).all() == [staff["bo"].staff_id]
        assert session.exec(select(Seat).where(Seat.staff_id == staff["bo"].staff_id)).all() == []


def test_the_answer_reaches_ana_while_she_types_and_takes_nothing_from_her(
    browser_of: BrowserOf, carla: int, complaints: list[str]
) -> None:
    tablet, desk = browser_of("ana"), browser_of("bo")
    desk.goto("/")
    ask(tablet, carla)
    note = tablet.get_by_label("What did you learn?")
    note.fill("Reads in the evening")

    desk.goto("/")
    desk.get_by_role("link", name="Approvals").click()
    expect(desk.locator("#approvals")).to_contain_text(REASON)
    desk.get_by_label("A word with it").fill("Gladly.")
    desk.get_by_role("button", name="Approve Reading lamp for Carla Núñez").click()
    expect(desk.get_by_role("status")).to_contain_text("Reading lamp is given.")
    expect(desk.locator(".badge")).to_have_count(0)

    expect(tablet.locator("#plus_one [role=status]")).to_contain_text("Bo approved it: Reading lamp is theirs.")
    expect(tablet.locator("#plus_one")).to_contain_text("Bo: “Gladly.”")
    expect(tablet.get_by_role("button", name="Undo the gift of Reading lamp")).to_be_visible()
    expect(note).to_have_value("Reads in the evening")
    expect(note).to_be_focused()
    assert complaints == []


def test_the_badge_comes_by_itself(browser_of: BrowserOf, carla: int) -> None:
    desk = browser_of("bo")
    desk.goto("/")
    expect(desk.locator(".badge")).to_have_count(0)
    ask(browser_of("ana"), carla)
    desk.evaluate("htmx.trigger(document.body, 'plus-one-decided')")  # what the clock of the page does every 15 s
    expect(desk.locator(".badge")).to_have_text("1")


def test_what_waits_clears_no_message_away_and_says_nothing_when_it_fails(browser_of: BrowserOf, carla: int) -> None:
    tablet = browser_of("ana")
    ask(tablet, carla)
    tablet.route("**/orders", lambda route: route.abort())
    tablet.get_by_role("link", name="Orders").click()
    expect(tablet.locator("#alerts")).to_contain_text("The desk cannot be reached.")
    for _ in range(2):
        with tablet.expect_response("**/state"):
            pass
    expect(tablet.locator("#alerts")).to_contain_text("The desk cannot be reached.")
    tablet.evaluate("document.getElementById('alerts').replaceChildren()")
    tablet.route("**/state", lambda route: route.fulfill(status=503, body="Busy"))
    with tablet.expect_response("**/state"):
        pass
    tablet.unroute("**/state")
    with tablet.expect_response("**/state"):
        pass
    expect(tablet.locator("#alerts")).to_be_empty()


def test_the_panel_is_not_drawn_anew_under_whoever_types_in_it(browser_of: BrowserOf, carla: int) -> None:
    tablet, desk = browser_of("ana"), browser_of("bo")
    ask(tablet, carla)
    tablet.get_by_text("Something else?").click()
    tablet.get_by_label("Item", exact=True).fill("green te")
    desk.goto("/approvals")
    desk.get_by_role("button", name="Decline").click()
    expect(tablet.locator("#plus_one [role=status]")).to_contain_text("Bo declined it.")
    tablet.evaluate("new Promise(done => document.addEventListener('htmx:beforeRequest', done, { once: true }))")
    expect(tablet.get_by_label("Item", exact=True)).to_have_value("green te")
    expect(tablet.locator("#plus_one [role=status]")).to_contain_text("Bo declined it.")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_asking_waiting_and_deciding_shut_nobody_out(browser_of: BrowserOf, carla: int, theme: str) -> None:
    seen = {"color_scheme": theme, "reduced_motion": "reduce"}  # colours are looked at when nothing moves
    tablet, desk = browser_of("ana", **seen), browser_of("bo", **seen)
    look_up(tablet, carla)
    found = looked_at(tablet)
    say_why(tablet)
    found += looked_at(tablet)
    desk.goto("/approvals")
    found += looked_at(desk)
    desk.get_by_role("button", name="Approve").click()
    expect(desk.get_by_role("status")).to_contain_text("given")
    found += looked_at(desk)
    expect(tablet.locator("#plus_one")).to_contain_text("Bo approved")
    assert found + looked_at(tablet) == []


def looked_at(page: Page) -> list[object]:
    """What shuts somebody out, at the widths of a phone's sidebar and a desk, and what is wider than its window."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found: list[object] = []
    for width in (258, 1180):
        page.set_viewport_size({"width": width, "height": 800})
        found += shut_out(page)
        if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            found.append((page.url, width, over))
    return found


def ask(page: Page, carla: int) -> None:
    look_up(page, carla)
    say_why(page)


def look_up(page: Page, carla: int) -> None:
    page.goto(f"/customers/{carla}")
    page.get_by_text("Something else?").click()
    page.get_by_label("Item", exact=True).fill("reading lamp")
    page.get_by_role("button", name="Look it up").click()
    expect(page.locator(".chosen")).to_contain_text("$44.00 more than what is left for one gift")


def say_why(page: Page) -> None:
    page.get_by_label("Why should Carla Núñez have it?").fill(REASON)
    page.get_by_role("button", name="Ask Ada, Bo or Mo for Reading lamp").click()
    expect(page.locator(".asked")).to_contain_text("Waiting for Ada, Bo or Mo.")
    expect(page.locator(".asked")).to_contain_text(REASON)
