"""Every page, narrow and wide, light and dark: nobody is shut out, nothing sticks out, nothing of ours is refused by our own CSP."""

from datetime import timedelta

import cast
import pytest
from browser_desk import BrowserOf, shut_out
from playwright.sync_api import Page

from deskapp.desk import connections
from deskapp.store.host_tables import AgentLink, Device

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
    "/nothing-here",
]
WIDTHS = [258, 320, 420, 768, 1180]


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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_shuts_anybody_out(browser_of: BrowserOf, lived_in: int, theme: str) -> None:
    page, found = browser_of("ada", color_scheme=theme, reduced_motion="reduce"), []
    for path in EVERY_PAGE:
        page.goto(path.format(carla=lived_in))
        open_everything(page)
        for width in (320, 1180):
            page.set_viewport_size({"width": width, "height": 800})
            found += [(path, width, *one) for one in shut_out(page)]
    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_door_shuts_nobody_out(chromium, address: str, theme: str) -> None:
    page = chromium.new_page(base_url=address, color_scheme=theme)
    page.goto("/sign-in")
    assert shut_out(page) == []
    page.close()


def test_no_page_is_wider_than_its_window(browser_of: BrowserOf, lived_in: int) -> None:
    page, found = browser_of("ada"), []
    for path in EVERY_PAGE:
        page.goto(path.format(carla=lived_in))
        open_everything(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                found.append((path, width, over))
    assert found == []


def test_nothing_of_ours_is_refused_by_our_own_policy(browser_of: BrowserOf, lived_in: int) -> None:
    page, said = browser_of("ada"), []
    page.on("console", lambda message: said.append(message.text) if "Content Security Policy" in message.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in EVERY_PAGE:
        page.goto(path.format(carla=lived_in))
    assert said == []


def open_everything(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
