"""The pages on gifts with something on them: findings, pictures, what was struck through, what waits."""

import cast
import pytest
from browser_desk import BrowserOf, shut_out
from given import customers, put
from playwright.sync_api import expect

from deskapp.desk import receivers
from deskapp.store.gift_tables import GrantState
from deskapp.store.tables import Customer

PAGES = ("/gifts/exceptions", "/gifts/register", "/receivers", "/customers/{carla}")
WIDTHS = (258, 320, 768, 1180)
LONG = "Wilhelmina-Charlotte von Hohenberg-Schwarzenfels zu Oberniederstein"


@pytest.fixture
def asked_about(awaited: int, db, staff) -> int:
    """Carla's id: a business with a long name, whom Ana gave more than chance would; something waits for a second person."""
    with db.writing() as session:
        amounts = {"receiver": "business", "per_gift": "25", "per_year": "50", "register_from": "1"}
        for key, year in (("first-key", "50"), ("second-key", "5000")):
            form = receivers.NewThreshold(form_key=key, **amounts | {"per_year": year})
            receivers.set_threshold(
                session, staff["mo"], form, currency="USD", zone="UTC", agree_above_minor=10_000, now=cast.NOW
            )
        form = receivers.NewKind(form_key="kind-key", receiver="business")
        receivers.set_kind(session, staff["mo"], awaited, form, now=cast.NOW.replace(year=2025))
        others = iter(customers(session, 60))
        for who in ("bo", "mo"):
            for day in range(12):
                put(session, staff[who], next(others), days_ago=day, sku="lamp", price=300)
        for day in range(8):
            put(session, staff["ana"], next(others), days_ago=day, price=500, state=GrantState.RESERVED)
        for day in (20, 40, 60, 70):
            put(session, staff["ana"], awaited, days_ago=day, state=GrantState.RESERVED)
        put(session, staff["ana"], awaited, sku="lamp", approver=staff["mo"], state=GrantState.UNDONE)
        session.get_one(Customer, awaited).name = LONG
    return awaited


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_full_page_shuts_nobody_out_and_is_never_wider_than_its_window(
    browser_of: BrowserOf, asked_about: int, theme: str
) -> None:
    found = []
    for who, paths in (("mo", PAGES), ("ana", ("/gifts",))):
        page = browser_of(who, color_scheme=theme, reduced_motion="reduce")
        for path in paths:
            page.goto(path.format(carla=asked_about))
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                    found.append((path, width, over))
            found += [(path, *one) for one in shut_out(page)]
    assert found == []


def test_the_manager_reads_a_finding_and_follows_it_to_the_customer_by_keyboard(
    browser_of: BrowserOf, asked_about: int
) -> None:
    page = browser_of("mo")
    page.goto("/gifts/exceptions")
    expect(page.locator("#exceptions")).to_contain_text(f"4 of Ana’s 12 gifts went to {LONG}")
    page.get_by_text("The figures: often to the same customer").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/{asked_about}")


def test_saying_what_a_customer_is_redraws_what_may_be_given(browser_of: BrowserOf, awaited: int) -> None:
    page = browser_of("bo")
    page.goto(f"/customers/{awaited}")
    page.get_by_text("Person, business or public office?").click()
    page.get_by_label("a public office").check()
    page.locator("#customer").get_by_role("button", name="Save").click()
    expect(page.locator("#customer")).to_contain_text("A public office: gifts have limits of their own")
    expect(page.locator("#plus_one")).to_contain_text(
        "Nobody has set yet what a business or a public office may be given."
    )


def test_on_a_phone_the_days_of_a_delegation_stay_on_their_card(browser_of: BrowserOf, staff) -> None:
    page = browser_of("bo")
    page.goto("/approvals")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    days = page.locator("form[action='/delegations'] input[type=date]")
    expect(days).to_have_count(2)
    for width in (258, 280, 300, 320):
        page.set_viewport_size({"width": width, "height": 800})
        card = page.locator("form[action='/delegations']").bounding_box()
        boxes = [one.bounding_box() for one in days.all()]
        assert all(box["x"] + box["width"] <= card["x"] + card["width"] + 0.5 for box in boxes), width
        assert boxes[1]["y"] > boxes[0]["y"], width
        wants = days.first.evaluate("one => [one.scrollWidth, one.clientWidth]")
        assert wants[0] <= wants[1], width
