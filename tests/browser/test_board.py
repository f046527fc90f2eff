"""The board in the hands of whoever packs: a scanner types into the one field, and ticks leave it ready for the next number."""

import pytest
from browser_desk import BrowserOf
from parcels import order_and_deliver
from playwright.sync_api import Page, expect

from deskapp.store.db import Database

FIELD = "Scan or type an order number"


@pytest.fixture
def thirty(db: Database, awaited: int) -> int:
    assert awaited
    with db.writing() as session:
        for number in range(30):
            order_and_deliver(session, number)
    return 30


def scan(page: Page, number: str) -> None:
    """As a keyboard wedge does: into whatever has the focus."""
    page.keyboard.type(number)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_scanner_opens_a_card_and_after_a_tick_the_field_waits_for_the_next(
    browser_of: BrowserOf, thirty: int, has_script: bool
) -> None:
    page = browser_of("del", java_script_enabled=has_script)
    page.goto("/deliveries")
    page.get_by_role("button", name="Packed order P-3", exact=True).click()
    expect(page.get_by_text("packed by Del")).to_be_visible()
    expect(page.get_by_label(FIELD)).to_be_focused()
    scan(page, "]C1p3")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Person 3")
    assert thirty


@pytest.mark.parametrize("has_script", [True, False])
def test_a_number_that_nobody_knows_says_so_and_keeps_the_focus(
    browser_of: BrowserOf, thirty: int, has_script: bool
) -> None:
    page = browser_of("del", java_script_enabled=has_script)
    page.goto("/deliveries")
    expect(page.get_by_label(FIELD)).to_be_focused()
    scan(page, "X-404")
    expect(page.get_by_text("No delivery has the order number X-404")).to_be_visible()
    expect(page.get_by_label(FIELD)).to_be_focused()
    assert thirty


@pytest.mark.parametrize("width", [420, 1180])
def test_a_tick_far_down_does_not_move_the_page(browser_of: BrowserOf, thirty: int, width: int) -> None:
    page = browser_of("del", width=width)
    page.goto("/deliveries")
    button = page.get_by_role("button", name="Packed order P-25", exact=True)
    button.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 500
    button.click()
    expect(page.get_by_text("packed by Del")).to_be_visible()
    expect(page.get_by_label(FIELD)).to_be_focused()
    assert abs(page.evaluate("scrollY") - before) < 100
    assert thirty


def test_rows_are_chosen_for_the_printer_without_a_script(browser_of: BrowserOf, thirty: int) -> None:
    page = browser_of("del", java_script_enabled=False)
    page.goto("/deliveries")
    page.get_by_label("Print order P-7", exact=True).check()
    page.get_by_label("Print order P-9", exact=True).check()
    page.get_by_role("button", name="Slips only").click()
    expect(page.locator(".slip")).to_have_count(2)
    expect(page.locator(".cut")).to_have_count(0)
    assert thirty
