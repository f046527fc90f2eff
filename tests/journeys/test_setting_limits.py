"""A manager says who may give what, tries it out, switches it on; and at the next customer every word of it counts."""

import re

import cast
import pytest
from browser_desk import BrowserOf
from playwright.sync_api import Locator, Page, expect

from deskapp.rules.people import Actor
from deskapp.store import limits
from deskapp.store.db import Database

RULE = "last order late or customer for 2 years"
SENTENCE = (
    "An agent may give up to $8.00 a gift and $40.00 a week, one gift per customer in 60 days, to customers whose last"
    " order arrived late, or who have been with us for two years or longer."
)
SURFACES = {
    "tablet": {"width": 1024, "height": 768, "has_touch": True},
    "sidebar-without-javascript": {"width": 258, "height": 900, "java_script_enabled": False},
}


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_manager_sets_the_sentence_in_the_browser(
    browser_of: BrowserOf,
    db: Database,
    staff: dict[str, Actor],
    awaited: int,
    complaints: list[str],
    surface: dict[str, object],
) -> None:
    page = browser_of("mo", **surface)
    page.goto("/")
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Limits", exact=True).click()
    let_agents_give(page)
    let_leads_approve(page)
    with db.reading() as session:
        agents, leads = (limits.find_limit(session, staff[who], cast.NOW) for who in ("ana", "bo"))
    assert agents is not None
    assert leads is not None
    assert (agents.per_gift_minor, agents.per_giver_per_week_minor) == (800, 4000)
    assert (agents.per_customer_gifts, agents.per_customer_days, agents.eligibility) == (1, 60, RULE)
    assert leads.approves_up_to_minor == 5000
    one_gift_for_carla(browser_of("ana", **surface), awaited)
    assert [one for one in complaints if "422" not in one] == []  # the browser reports the refusal, as it should


def let_agents_give(page: Page) -> None:
    """A rule that nobody tried is not taken, and nothing that was typed is lost by that."""
    line(page, "Agents").get_by_role("link", name="Change").click()
    fill(page, {"A gift, USD": "8", "Each giver a week, USD": "40", "Gifts per customer": "1", "in so many days": "60"})
    fill(page, {"Each giver a day, USD": "", "A customer a month, USD": "", "To whom": RULE})
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator("#limit")).to_contain_text("Please try this rule first")
    expect(page.get_by_label("To whom")).to_have_value(RULE)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="What it would do")).to_be_visible()
    expect(page.locator("#limit")).to_contain_text(SENTENCE)
    expect(page.locator("#limit .trial")).to_contain_text(re.compile(r"\d+ of \d+ customers|Everybody|Nobody"))
    page.get_by_role("button", name="Switch this on").click()
    expect(line(page, "Agents")).to_contain_text(SENTENCE)
    expect(line(page, "Agents")).to_contain_text("since 14 March; set by Mo.")


def let_leads_approve(page: Page) -> None:
    line(page, "Leads").get_by_role("link", name="Change").click()
    fill(page, {"Approves a colleague's gift up to, USD": "50"})
    page.get_by_role("button", name="Switch it on").click()
    expect(line(page, "Leads")).to_contain_text("May approve a colleague's gift of up to $50.00.")


def one_gift_for_carla(desk: Page, carla: int) -> None:
    """She has been with the shop for almost three years."""
    desk.goto(f"/customers/{carla}")
    gift = desk.locator("#plus_one .gift").filter(has=desk.get_by_role("heading", name="Plum jam"))
    gift.get_by_role("button", name="Give it").click()
    expect(desk.locator("#plus_one")).to_contain_text("$35.80 of $40.00 left")
    expect(desk.locator("#plus_one")).to_contain_text("0 of 1 gift left")


def line(page: Page, title: str) -> Locator:
    return page.locator(".limit-lines > li").filter(has=page.get_by_role("heading", name=title, exact=True))


def fill(page: Page, words: dict[str, str]) -> None:
    for label, typed in words.items():
        page.get_by_label(label, exact=True).fill(typed)


def test_a_second_manager_agrees_on_the_page(browser_of: BrowserOf, awaited: int, complaints: list[str]) -> None:
    mo, ada = browser_of("mo"), browser_of("ada")
    mo.goto("/limits/new?giver=role:manager")
    fill(mo, {"A gift, USD": "120"})
    mo.get_by_role("button", name="Try it").click()
    expect(mo.locator("#limit")).to_contain_text("It counts once Ada agreed.")
    mo.get_by_role("button", name="Switch this on").click()
    expect(mo.locator("#limits")).to_contain_text("You set it, so somebody else has to agree.")
    ada.goto("/limits")
    expect(line(ada, "Managers")).to_contain_text("up to $50.00 a gift")
    ada.get_by_role("button", name="Agree").click()
    expect(line(ada, "Managers")).to_contain_text("up to $120.00 a gift")
    expect(line(ada, "Managers")).to_contain_text("set by Mo, agreed by Ada.")
    expect(ada.get_by_role("heading", name="Waiting for a second person")).to_have_count(0)
    assert complaints == []
