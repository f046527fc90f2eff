"""Each host's page as our own fake of it plays it: the right customer, the next one, the height, and nobody believed but that page."""

import json
import re
import secrets
from collections.abc import Callable
from urllib.parse import quote

import pytest
from browser_desk import shut_out
from inside import SETTINGS, open_page
from playwright.sync_api import BrowserContext, Frame, FrameLocator, Page, Route, expect
from sqlmodel import select

from deskapp.desk.seats import hash_token
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.host_tables import Connection
from deskapp.store.privacy_tables import View
from deskapp.store.tables import LaunchLink

GLUES = {"signed": "plain", "zendesk": "zendesk", "chatwoot": "chatwoot", "front": "front", "zoho": "zoho"}
FLEXIBLE = ("signed", "zendesk", "zoho")  # the others' frames have a height of their own
THEMED = ("zendesk", "chatwoot")


@pytest.fixture
def desk_of(
    db: Database, staff: dict[str, Actor], clock, crowded: None, address: str, crm: str
) -> Callable[[str], str]:
    """`desk_of("zendesk")` opens the desk once as Ana, in a frame of a new connection with Zendesk."""

    def make(code: str) -> str:
        link = secrets.token_urlsafe(32)
        with db.writing() as session:
            row = Connection(
                key=f"key-of-{code}",
                host=code,
                name=code,
                fields={},
                frame_origins=crm,
                created_by=staff["ada"].staff_id,
                created_at=clock(),
            )
            session.add(row)
            session.flush()
            ends_at = clock().replace(year=clock().year + 1)
            session.add(
                LaunchLink(
                    code_hash=hash_token(link), staff_id=staff["ana"].staff_id, connection_id=row.id, expires_at=ends_at
                )
            )
        said = (
            f"?origin={quote(crm)}&app_guid=1" if code == "zendesk" else ""
        )  # which Zendesk's own script wants to find
        return f"{address.replace('127.0.0.1', 'desk.localhost')}/launch/{link}{said}"

    return make


def open_host(context: BrowserContext, crm: str, code: str, link: str) -> tuple[Page, FrameLocator]:
    page = context.new_page()
    return page, open_page(page, f"{crm}/{GLUES[code]}.html", link)


def frame_of(page: Page) -> Frame:
    return next(one for one in page.frames if one.parent_frame is not None)


@pytest.mark.parametrize("cookies", SETTINGS)
def test_the_desk_follows_whom_each_host_s_page_shows_and_is_as_high_as_what_it_holds(
    cookies: str,
    browser_with: Callable[[str], BrowserContext],
    crm: str,
    desk_of: Callable[[str], str],
    db: Database,
    clock,
    complaints: list[str],
) -> None:
    browser = browser_with(cookies)
    for code in GLUES:
        page, frame = open_host(browser, crm, code, desk_of(code))
        follows(page, frame, code)
        page.close()
        clock.moves(hours=1)  # whoever looks again soon is noted once
    assert [said for said in complaints if "fonts" not in said] == []
    with db.reading() as session:
        views = session.exec(select(View).order_by(View.id)).all()
    assert [(one.customer_id, one.host) for one in views] == [(who, code) for code in GLUES for who in (1, 2)]


def follows(page: Page, frame: FrameLocator, code: str) -> None:
    heading = frame.get_by_role("heading", level=1)
    expect(heading, code).to_have_text("Carla Núñez")
    expect(frame.locator(".matched"), code).to_contain_text("from the page")
    if code in THEMED:
        expect(frame.locator("html")).to_have_attribute("data-host-theme", "dark")
    if code in FLEXIBLE:
        page.wait_for_function("() => host.heights.at(-1) > 900")
        carlas = page.evaluate("() => host.heights.at(-1)")
    page.get_by_role("button", name="Next customer").click()
    expect(heading, code).to_have_text("Dan")
    expect(page.get_by_role("button", name="Next customer")).to_be_focused()  # whoever works there goes on there
    if code in FLEXIBLE:  # Dan, who bought nothing, takes less room, and says so
        page.wait_for_function("before => host.heights.at(-1) < before", arg=carlas)
        assert page.evaluate("() => host.heights.length") < 12


@pytest.mark.asvs(39)
def test_nobody_but_the_page_around_it_is_believed_and_that_page_no_more_than_it_may_say(
    people_s_browser: BrowserContext, crm: str, desk_of: Callable[[str], str], complaints: list[str]
) -> None:
    page, frame = open_host(people_s_browser, crm, "signed", desk_of("signed"))
    heading = frame.get_by_role("heading", level=1)
    expect(heading).to_have_text("Carla Núñez")
    asked: list[str] = []
    page.on(
        "request",
        lambda request: asked.append(request.post_data or "") if request.url.endswith("/embed/customer") else None,
    )
    dan = {"deskapp": 1, "type": "customer", "customer": {"external_id": "C-2"}}
    frame_of(page).evaluate("said => window.postMessage(said, '*')", dan)  # the right words, from the desk's own frame
    other = page.evaluate_handle("() => document.body.appendChild(document.createElement('iframe')).contentWindow")
    page.evaluate(  # from the right origin, by another frame of it
        "([other, said]) => other.eval(`parent.frames.desk.postMessage(${JSON.stringify(said)}, '*')`)", [other, dan]
    )
    for nonsense in (
        "hello",
        7,
        None,
        [1],
        {"deskapp": 2, **{key: dan[key] for key in ("type", "customer")}},
        dan | {"customer": "C-2"},
        dan | {"customer": None},
        dan | {"type": "constructor"},
        json.dumps(dan),
        "x" * 300_000,
    ):
        page.evaluate("said => tell(said)", nonsense)
    named = {
        "external_id": {"$gt": ""},
        "email": ["carla@example.com"],
        "name": "N" * 5_000_000,
        "__proto__": {"phone": "1"},
    }
    page.evaluate("said => tell(said)", dan | {"customer": named})
    expect(heading).to_have_text(
        "Nobody here goes by that"
    )  # drawn by the last message, so all before it was heard and let be
    assert len(asked) == 1
    assert len(asked[0]) < 600
    assert "external_id=&email=&" in asked[0]
    assert shut_out(frame_of(page)) == []
    assert complaints == []


@pytest.mark.asvs(39)
def test_a_page_of_another_site_is_neither_framed_nor_told_anything(
    people_s_browser: BrowserContext, crm: str, desk_of: Callable[[str], str], complaints: list[str]
) -> None:
    page, _ = open_host(people_s_browser, crm.replace("crm.", "other."), "signed", desk_of("signed"))
    frame_of(page).wait_for_url(re.compile("^chrome-error:"), wait_until="commit")
    assert page.evaluate("() => host.heights") == []
    assert any("frame-ancestors" in said for said in complaints)


def test_of_two_customers_the_last_is_drawn_whichever_answer_comes_first_and_what_was_typed_waits(
    people_s_browser: BrowserContext, crm: str, desk_of: Callable[[str], str]
) -> None:
    page, frame = open_host(people_s_browser, crm, "signed", desk_of("signed"))
    heading = frame.get_by_role("heading", level=1)
    expect(heading).to_have_text("Carla Núñez")
    frame.get_by_label("What did you learn?").fill("Half a sentence")
    held: list[Route] = []
    people_s_browser.route("**/embed/customer", lambda route: held.append(route))  # noqa: PLW0108 - playwright marks the handler
    following = page.get_by_role("button", name="Next customer")
    following.click()
    expect(frame.locator("#detail")).to_be_empty()  # nobody is seen meanwhile
    following.click()
    page.wait_for_function("() => true")
    for _ in range(200):
        if len(held) == 2:
            break
        page.wait_for_timeout(20)
    held[1].continue_()
    expect(heading).to_have_text("Carla Núñez")
    expect(frame.get_by_label("What did you learn?")).to_have_value("Half a sentence")
    held[0].abort()
    expect(heading).to_have_text("Carla Núñez")
