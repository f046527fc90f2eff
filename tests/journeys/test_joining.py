"""Bo finds that Dan is Carla, joins them, sees that it was a mistake, and parts them."""

import cast
import pytest
from browser_desk import BrowserOf
from playwright.sync_api import expect

from deskapp.store.db import Database

SURFACES = {
    "tablet": {"width": 820, "height": 1180, "has_touch": True},
    "sidebar-without-javascript": {"width": 320, "height": 800, "java_script_enabled": False},
}


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_lead_joins_two_customers_and_parts_them_again(
    browser_of: BrowserOf, db: Database, lived_in: int, surface: dict[str, object]
) -> None:
    page = browser_of("bo", **surface)
    with db.reading() as session:
        dan = cast.customer_id(session, "C-2")
    page.goto(f"/customers/{dan}")
    page.get_by_role("link", name="The same person twice?").click()
    page.get_by_label("Name, e-mail or number of the other").fill("carla")
    page.get_by_role("button", name="Look").click()
    page.get_by_role("button", name="Join into Dan (C-2)").click()
    expect(page.locator("#merging")).to_contain_text("by Bo")

    page.goto(f"/customers/{lived_in}")
    expect(page.get_by_role("heading", name="Dan", level=1)).to_be_visible()
    page.get_by_role("link", name="The same person twice?").click()
    page.get_by_role("button", name="Undo Carla Núñez").click()
    expect(page.locator("#merging")).not_to_contain_text("by Bo")
    page.goto(f"/customers/{lived_in}")
    expect(page.get_by_role("heading", name="Carla Núñez", level=1)).to_be_visible()
    expect(page.locator("#notes")).to_contain_text("reading corner")


def test_an_agent_finds_no_way_to_join_anybody(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    expect(page.get_by_role("heading", name="Carla Núñez", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="The same person twice?")).to_have_count(0)
    answer = page.goto(f"/customers/{lived_in}/merge")
    assert answer is not None
    assert answer.status == 403
