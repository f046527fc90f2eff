"""Every page, narrow and wide, light and dark: nobody is shut out, nothing sticks out, nothing of ours is refused by our own CSP."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import cast
import pytest
from browser_desk import BrowserOf, shut_out
from playwright.sync_api import Page

from deskapp.desk import audit, connections, launches
from deskapp.store.host_tables import AgentLink, Device
from deskapp.store.memory_tables import Note
from deskapp.store.tables import Customer

EVERY_PAGE = [
    "/",
    "/customers/{carla}",
    "/customers/{carla}/preferences",
    "/customers/{carla}/requests",
    "/requests",
    "/requests/1",
    "/customers/{carla}/orders",
    "/customers/{carla}/cards",
    "/customers/{carla}/brief",
    "/today",
    "/today/briefs",
    "/customers/{carla}/merge",
    "/customers/{carla}/privacy",
    "/privacy",
    "/views",
    "/notes/1",
    "/customers/{carla}/notes?kind=observation",
    "/channels",
    "/opinions",
    "/deliveries",
    "/deliveries/1",
    "/deliveries/1/parcel",
    "/deliveries/print?delivery=1",
    "/cards/formats",
    "/limits",
    "/receivers",
    "/gifts",
    "/gifts/exceptions",
    "/gifts/register",
    "/limits/new",
    "/limits/1/change",
    "/budgets",
    "/gifts/catalogue",
    "/gifts/catalogue/1",
    "/steering",
    "/feedback",
    "/outbox",
    "/search",
    "/search?customer={carla}",
    "/guard",
    "/preview",
    "/staff",
    "/tablets",
    "/connections?host=zendesk",
    "/connections/1/checks",
    "/work",
    "/model",
    "/approvals",
    "/password",
    "/pair",
    "/pair?code=BCDF-2345",
    "/connected",
    "/nothing-here",
]
WIDTHS = [258, 320, 420, 768, 1180]
LOOKED_AT = [("light", 320, "en-US"), ("dark", 1180, "ar")]
OTHERWISE = [one for one in product(("light", "dark"), (320, 1180), ("en-US", "de-DE", "ar")) if one not in LOOKED_AT]


@pytest.fixture
def lived_in(lived_in: int, app, db, staff) -> int:
    """Carla's id, beside a CRM from which the desk was opened and refused, by people who are paired and linked."""
    at, ana = cast.NOW, staff["ana"].staff_id
    typed = {"host": "hubspot", "name": "Help desk", "fields": {"account": "1", "place": "app.hubspot.com"}}
    form = connections.NewConnection(**typed, secret="a-secret-of-the-look", form_key="lived-in-crm")
    known = {"connection_id": 1, "staff_id": ana}
    with db.writing() as session:
        key = app.extensions["deskapp"].signing_key
        assert connections.make(session, staff["ada"], form, key="k3y", signing_key=key, now=at) == 1
        connections.note_launch(session, 1, "opened", ana, 2, now=at)
        connections.note_launch(session, 1, "stale", None, -400, now=at)
        days = {"made_at": at, "last_seen_at": at, "expires_at": at + timedelta(days=9)}
        session.add(Device(**known, token_hash="t", label="Firefox on Windows", **days))
        session.add(AgentLink(**known, agent_ref="51234567", linked_at=at))
    return lived_in


@pytest.mark.parametrize(
    ("theme", "width", "locale"),
    [  # what axe finds is seldom of one width, one theme and one language alone
        *LOOKED_AT,
        *(pytest.param(*others, marks=pytest.mark.slow) for others in OTHERWISE),
    ],
)
def test_no_page_shuts_anybody_out(browser_of: BrowserOf, lived_in: int, theme: str, width: int, locale: str) -> None:
    page = browser_of("ada", width=width, height=800, color_scheme=theme, locale=locale, reduced_motion="reduce")
    found = []
    for path in EVERY_PAGE:
        page.goto(path.format(carla=lived_in))
        open_everything(page)
        found += [(path, *one) for one in shut_out(page)]
    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_door_shuts_nobody_out(chromium, address: str, theme: str) -> None:
    page = chromium.new_page(base_url=address, color_scheme=theme)
    page.goto("/sign-in")
    assert shut_out(page) == []
    page.close()


@pytest.mark.parametrize("locale", ["de-DE", "ar", pytest.param("en-US", marks=pytest.mark.slow)])  # the shortest words
def test_no_page_is_wider_than_its_window(browser_of: BrowserOf, lived_in: int, locale: str) -> None:
    page, found = browser_of("ada", locale=locale), []
    for path in EVERY_PAGE:
        page.goto(path.format(carla=lived_in))
        open_everything(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                found.append((path, width, over))
    assert found == []


@pytest.mark.asvs(4)
def test_nothing_of_ours_is_refused_by_our_own_policy(browser_of: BrowserOf, lived_in: int) -> None:
    page, said = browser_of("ada"), []
    page.on("console", lambda message: said.append(message.text) if "Content Security Policy" in message.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in EVERY_PAGE:
        page.goto(path.format(carla=lived_in))
    assert said == []


def open_everything(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


# --- every shell, by whatever means somebody looks -----------------------------------------------------------------------

EVERY_SHELL = [
    "/customers/{carla}",
    "/deliveries/1",
    "/password",
    "/launch/{code}",  # as in a CRM's frame
    "/connections/k3y/pairing/over",
    "/deliveries/print?delivery=1",
    "/how-was-it/done?language=ar",
    "/sign-in",
]
NAME, WORDS = "ليلى حدّاد 3rd", "تحب القهوة (mocha), 2 × يوميًا"
# What may be pressed or typed into, and what warns, each told from the paper by more than a background, which is taken away.
UNTOLD = """() => [...document.querySelectorAll(`button, input:not([type=hidden]), textarea, select, .stops li, .verdict, .tag`)]
  .filter((one) => one.checkVisibility() && !one.closest(".unseen") && !["checkbox", "radio"].includes(one.type))
  .filter((one) => {
    const { borderTopWidth, borderTopColor, textDecorationLine, outlineStyle } = getComputedStyle(one.closest(".paper") ?? one);
    const paper = getComputedStyle(document.documentElement).backgroundColor;
    return !(parseFloat(borderTopWidth) && borderTopColor !== paper) && textDecorationLine === "none" && outlineStyle === "none";
  }).map((one) => one.outerHTML.slice(0, 90))"""
MOVING = """() => [...document.querySelectorAll("*")].filter((one) => {
    const { animationName, transitionDuration, transitionProperty } = getComputedStyle(one);
    if (transitionProperty === "display") return false; // there or not there, some time later
    return animationName !== "none" || transitionDuration.split(",").some((each) => parseFloat(each));
  }).map((one) => one.tagName)"""
# What stays where it is while the page goes by under it, as a share of the window.
COVERED = """() => {
  scrollTo(0, document.documentElement.scrollHeight);
  return [...document.querySelectorAll("body *")].filter((one) => ["sticky", "fixed"].includes(getComputedStyle(one).position))
    .map((one) => one.getBoundingClientRect())
    .filter(({ top, bottom }) => bottom > 0 && top < innerHeight)
    .reduce((sum, { top, bottom }) => sum + Math.min(bottom, innerHeight) - Math.max(top, 0), 0) / innerHeight;
}"""
# Of somebody's words each runs its own way, so that it turns nothing around that stands beside it.
ASTRAY = """(words) => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const said = words.find((one) => node.data.includes(one));
    if (!said || node.parentElement.closest(".unseen, .begun")) continue; // what is heard only, and what is written by hand
    let one = node.parentElement;
    const runsOn = ({ unicodeBidi, display }) => !/isolate|plaintext/.test(unicodeBidi) && ["inline", "contents"].includes(display);
    while (runsOn(getComputedStyle(one))) one = one.parentElement;
    if (!one.dir && one.tagName !== "BDI" && one.textContent.trim() !== said) found.push(node.parentElement.outerHTML.slice(0, 60) + " in " + one.outerHTML.slice(0, 60));
  }
  return found;
}"""


def every_shell(page: Page, carla: int, app, db, staff) -> Iterator[str]:
    """Each opened in turn, the longest names and words of a customer running from the right."""
    with db.writing() as session:
        session.get(Customer, carla).name = NAME
        session.get(Note, 1).text = WORDS
        audit.write(session, None, "customer.renamed", f"customer:{carla}", now=cast.NOW)
        code = launches.make(session, staff["ada"], carla, secret="s" * 40, now=cast.NOW)
    for path in EVERY_SHELL:
        page.goto(path.format(carla=carla, code=code))
        open_everything(page)
        yield path


def test_in_forced_colours_and_without_motion_every_shell_can_be_told_apart(
    browser_of: BrowserOf, lived_in: int, app, db, staff
) -> None:
    page = browser_of("ada", forced_colors="active", reduced_motion="reduce")
    found = [
        (path, page.evaluate(UNTOLD), page.evaluate(MOVING)) for path in every_shell(page, lived_in, app, db, staff)
    ]
    assert [one for one in found if one[1] or one[2]] == []


@pytest.mark.asvs(28)
def test_at_four_times_the_size_every_shell_flows_anew_and_words_from_the_right_stay_within(
    browser_of: BrowserOf, lived_in: int, app, db, staff
) -> None:
    """400 % of a window of 1280 by 1024."""
    page, found = browser_of("ada", width=320, height=256), []
    for path in every_shell(page, lived_in, app, db, staff):
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found.append((path, over, page.evaluate(COVERED) > 0.5, page.evaluate(ASTRAY, [NAME, WORDS])))
    assert [one for one in found if one[1] > 0 or one[2] or one[3]] == []
