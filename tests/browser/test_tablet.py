"""A shared tablet in a browser: it covers itself, leads to the names, and back only whoever was there; list beside detail, to be tapped."""

import pytest
from browser_desk import BrowserOf
from flask import Flask
from playwright.sync_api import Page, expect
from sqlmodel import select

from deskapp.desk import pins
from deskapp.store.db import Database
from deskapp.store.tables import Staff

PINS = {"ana": "739158", "bo": "284617"}

SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
  .map(one => [one.closest('label') ?? one, one])
  .filter(([, one]) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('p, .unseen, .skip, .foot, .meta, .words'))
  .map(([target, one]) => [one.textContent.trim() || one.name || one.outerHTML.slice(0, 80), target.getBoundingClientRect().height])
  .filter(([, height]) => height > 0 && height < 43.9)"""


@pytest.fixture
def tablet(app: Flask, db: Database, browser_of: BrowserOf, awaited: int) -> Page:
    """Carla's page on a tablet that Bo enrolled; Ana and Bo have PINs. The browser's clock goes when the test says so."""
    with db.writing() as session:
        for row in session.exec(select(Staff).where(Staff.username.in_(PINS))):
            row.pin_hash = pins.hash_pin(PINS[row.username], signing_key=app.extensions["deskapp"].signing_key)
    page = browser_of("bo", width=1024, height=768, has_touch=True, is_mobile=True)
    page.clock.install()
    page.goto("/tablets")
    page.get_by_label("What is it called?").fill("By the till")
    page.get_by_role("button", name="Share this browser").click()
    expect(page.locator("#tablets")).to_contain_text("this browser")
    page.goto(f"/customers/{awaited}")
    return page


def come(page: Page, who: str) -> None:
    page.get_by_role("radio", name=who.capitalize()).check()
    page.get_by_label("Your PIN").fill(PINS[who])
    page.get_by_role("button", name="Go on").click()


def test_left_alone_it_locks_and_only_the_same_person_comes_back_to_the_page(tablet: Page) -> None:
    heading = tablet.get_by_role("heading", level=1)
    tablet.get_by_label("What did you learn?").fill("Half a sentence")
    tablet.clock.fast_forward(140_000)
    expect(heading).to_have_text("Carla Núñez")
    tablet.clock.fast_forward(12_000)
    expect(heading).to_have_text("Who is here?")
    expect(tablet.locator("body")).not_to_contain_text("Carla")
    come(tablet, "bo")
    expect(heading).to_have_text("Carla Núñez")
    expect(tablet.get_by_label("What did you learn?")).to_have_value("Half a sentence")
    tablet.get_by_role("button", name="Lock").click()
    expect(heading).to_have_text("Who is here?")
    come(tablet, "ana")
    expect(heading).to_have_text("Customers")
    expect(tablet.locator(".who")).to_contain_text("Ana")
    tablet.goto("/customers/1")
    expect(tablet.get_by_label("What did you learn?")).to_have_value("")  # Bo's draft is Bo's


def test_the_list_stays_beside_the_page_and_everything_is_large_enough_for_a_finger(tablet: Page) -> None:
    for width in (768, 1024, 1180):
        tablet.set_viewport_size({"width": width, "height": 768})
        listed, shown = tablet.locator(".list").bounding_box(), tablet.locator("#detail").bounding_box()
        assert listed["x"] + listed["width"] <= shown["x"]
        assert listed["y"] < 120
        assert tablet.evaluate(SMALL) == [], width
    tablet.goto("/change")
    assert tablet.evaluate(SMALL) == []
