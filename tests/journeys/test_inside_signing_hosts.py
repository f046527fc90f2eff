"""Hosts whose servers sign what opens the desk, each as our own fake of it plays it: from an agent's first launch until they are let go of."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, quote, urlsplit

import cast
import pytest
from browser_desk import WAITS_MS
from flask import Flask
from flask.testing import FlaskClient
from inside import SETTINGS, look_again, sealed, started, write_a_note
from knocks import ENVELOPE, INBOX, LEGACY, SECRET, canvas, of_help_scout, of_intercom, of_legacy
from launched import link, rows
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, Playwright, Route, expect

from deskapp.desk import devices, pairing
from deskapp.desk.connections import Known
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Received, Way, Why
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.host_tables import AgentLink, Device
from deskapp.store.tables import Customer

IN_FRAMES = ("salesforce", "help_scout")
BY_LINKS = ("help_scout_legacy", "intercom")
AGENTS = {"salesforce": "005x0000001SyyEAAS", "help_scout_legacy": "77", "intercom": "77"}  # as knocks has them

Desk = FrameLocator | Page
Asked = Mapping[str, str]  # what a fake page tells its server: who is on the screen


# --- the hosts' servers ---------------------------------------------------------------------------------------------


def salesforce(asked: Asked) -> str:
    """Another text at every load, for the sake of its token."""
    client = {"instanceId": asked["instance"], "targetOrigin": asked["origin"], "oauthToken": secrets.token_hex()}
    record = {"Id": f"003x0000000{asked['id']}", "Name": asked["name"], "Email": asked["email"]}
    context = {**ENVELOPE["context"], "environment": {"parameters": {}, "record": record}}
    return canvas({**ENVELOPE, "client": client, "context": context})


def help_scout(asked: Asked) -> str:
    """The query alone."""
    return urlsplit(of_help_scout({"conversation-id": asked["ticket"], "customer-id": asked["id"]}).received.url).query


def help_scout_legacy(asked: Asked) -> Received:
    customer = {"id": asked["id"], "fname": asked["name"], "lname": "", "email": asked["email"], "emails": []}
    return of_legacy(json.dumps({**LEGACY, "customer": customer}).encode()).received


def intercom(asked: Asked) -> Received:
    contact = {"id": asked["id"], "external_id": asked["number"], "email": asked["email"], "name": asked["name"]}
    return of_intercom(json.dumps({**INBOX, "contact": contact, "asked": dict(asked)}).encode()).received


SERVERS = {one.__name__: one for one in (salesforce, help_scout, help_scout_legacy, intercom)}


@dataclass
class Fake:
    """A host with its page, in one of whose frames or tabs the desk is, as Ana."""

    known: Known
    page: Page
    address: str
    app: Flask
    cookies: str
    spoil: Callable[[str], str] = str

    @property
    def code(self) -> str:
        return self.known.host.code

    def open(self, crm: str) -> Desk:
        self.page.route(f"{crm}/server?*", self.serve)
        self.page.goto(f"{crm}/{self.code}.html?to={quote(f'{self.address}/connections/{self.known.key}/launch')}")
        return self.desk()

    def serve(self, route: Route) -> None:
        signed = SERVERS[self.code](dict(parse_qsl(urlsplit(route.request.url).query, keep_blank_values=True)))
        if isinstance(signed, Received):
            signed = self.call(signed)
        route.fulfill(body=self.spoil(signed), content_type="text/plain; charset=utf-8")

    def call(self, sent: Received) -> str:
        """By the host's server, which is in no browser."""
        path = f"/connections/{self.known.key}/call"
        return self.app.test_client().post(path, base_url=self.address, data=sent.body, headers=sent.headers).text

    def desk(self) -> Desk:
        """Where this host shows it: beside the conversation, or in the tab that is opened from there."""
        if self.known.host.way is Way.FRAME:
            return self.page.frame_locator("iframe")
        with self.page.context.expect_page() as opened:
            self.page.get_by_text("Open the desk").click()
        return opened.value

    def next_customer(self) -> Desk:
        return self.moved(self.page.get_by_role("button", name="Next customer").click)

    def reloaded(self) -> Desk:
        return self.moved(self.page.reload)

    def moved(self, act: Callable[[], object]) -> Desk:
        """Tabs are closed; and what the card had to say is said anew before it is pressed."""
        for tab in self.page.context.pages:
            if tab != self.page:
                tab.close()
        if self.known.host.way is Way.FRAME:
            act()
        else:
            with self.page.expect_response("**/server?*"):
                act()
        return self.desk()


@pytest.fixture(scope="module")
def browsers(
    playwright: Playwright, chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], BrowserContext]]:
    """As `browser_with` has them, one of each for all tests of this file."""
    open_now: dict[str, BrowserContext] = {}
    with ExitStack() as opened:

        def find(cookies: str) -> BrowserContext:
            if cookies not in open_now:
                profile = tmp_path_factory.mktemp(cookies)
                browser = opened.enter_context(started(playwright, chromium_path, profile, cookies))
                open_now[cookies] = browser.contexts[0]
                open_now[cookies].set_default_timeout(WAITS_MS)
            return open_now[cookies]

        yield find


@pytest.fixture
def fake_of(
    browsers: Callable[[str], BrowserContext], app: Flask, known_of: Callable[..., Known], crowded: None
) -> Iterator[Callable[..., Fake]]:
    with ExitStack() as opened:

        def make(code: str, cookies: str = "partitioned") -> Fake:
            context = browsers(cookies)
            page = context.new_page()
            opened.callback(lambda: [tab.close() for tab in context.pages[1:]])
            opened.callback(context.clear_cookies)
            return Fake(known_of(code, SECRET), page, opened.enter_context(sealed(app)), app, cookies)

        yield make


# --- what their people do -------------------------------------------------------------------------------------------


def heading(desk: Desk) -> Locator:
    return desk.get_by_role("heading", level=1)


def body(desk: Desk) -> Locator:
    return desk.locator("body")


def connect_it(fake: Fake, desk: Desk, ana: Actor) -> None:
    """As most do it, in a window of the desk, or in another browser: where this one keeps no cookies at all, nobody stays signed in."""
    expect(heading(desk)).to_have_text("Connect it to yourself")
    expect(body(desk)).not_to_contain_text("Carla")
    code = desk.locator(".code").inner_text()
    if fake.cookies != "partitioned":
        known = fake.app.extensions["deskapp"]
        answer = pairing.Answer(form_key=secrets.token_hex(16), code=code)
        with known.database.writing() as session:
            assert pairing.approve(session, ana, answer, "", signing_key=known.signing_key, now=known.now())
        return
    with fake.page.context.expect_page() as opened:
        desk.get_by_role("link", name="Connect").click()
    window = opened.value
    if window.get_by_label("Password").count():
        window.get_by_label("Name").fill("ana")
        window.get_by_label("Password").fill(cast.PASSWORD)
        window.get_by_role("button", name="Sign in").click()
    expect(window.locator(".code")).to_have_text(code)
    window.get_by_role("button", name="Yes, connect it to me").click()
    expect(window.get_by_text("It is connected")).to_be_visible()
    window.close()


def let_go(db: Database, ana: Actor, now: object) -> None:
    with db.writing() as session:
        for one in rows(session, Device):
            if one.revoked_at is None:
                devices.revoke(session, ana, one.id, now=now)
        for one in rows(session, AgentLink):
            devices.unlink(session, ana, one.id, now=now)


# --- the tests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cookies", SETTINGS)
@pytest.mark.parametrize("code", [*IN_FRAMES, *BY_LINKS])
def test_a_host_is_worked_in_from_the_first_launch_until_its_agent_is_let_go_of(
    code: str, cookies: str, fake_of: Callable[..., Fake], crm: str, db: Database, staff: dict[str, Actor], clock
) -> None:
    fake, ana = fake_of(code, cookies), staff["ana"]

    def connected(desk: Desk) -> Desk:
        if code == "help_scout" and cookies == "blocked":  # it proves no agent, and the browser keeps nothing
            connect_it(fake, desk, ana)
        return desk

    desk = fake.open(crm)
    connect_it(fake, desk, ana)
    if code in BY_LINKS:  # the link was for that alone
        expect(desk.get_by_role("searchbox")).to_be_visible()
        desk = fake.reloaded()
    works(fake, desk)
    desk = connected(fake.next_customer())
    expect(heading(desk)).to_have_text("Dan")
    if code in IN_FRAMES:  # who bought nothing, and takes less room
        fake.page.wait_for_function("() => host.heights.some((one, at) => one < host.heights[at - 1])")
    clock.moves(hours=13)
    is_signed_out(desk)

    desk = connected(fake.reloaded())
    expect(heading(desk)).to_have_text("Carla Núñez")
    expect(desk.locator("#notes .words")).to_have_text([f"Wrote from inside {HOSTS[code].words}"])
    let_go(db, ana, clock())
    is_signed_out(desk)
    desk = fake.reloaded()
    expect(heading(desk)).to_have_text("Connect it to yourself")
    expect(body(desk)).not_to_contain_text("Carla")


def works(fake: Fake, desk: Desk) -> None:
    expect(heading(desk)).to_have_text("Carla Núñez")
    write_a_note(desk, f"Wrote from inside {fake.known.host.words}")
    desk.get_by_role("button", name="Give it Plum jam").click()
    expect(desk.get_by_role("status")).to_contain_text("It is theirs.")
    if fake.code in IN_FRAMES:
        fake.page.wait_for_function("() => host.heights.at(-1) > 900")


def is_signed_out(desk: Desk) -> None:
    look_again(desk)
    expect(heading(desk)).to_have_text("You are signed out here")
    expect(body(desk)).not_to_contain_text("Carla")


@pytest.mark.parametrize(("cookies", "shown"), [("partitioned", "Carla Núñez"), ("blocked", "Opened before")])
def test_what_salesforce_has_posted_opens_again_for_the_browser_that_has_its_seat_alone(
    cookies: str, shown: str, fake_of: Callable[..., Fake], crm: str, db: Database, staff: dict[str, Actor], clock
) -> None:
    fake = fake_of("salesforce", cookies)
    link(db, fake.known, AGENTS["salesforce"], staff["ana"], clock())
    desk = fake.open(crm)
    expect(heading(desk)).to_have_text("Carla Núñez")
    expect(desk.locator(".matched")).to_have_count(0)  # the record is signed, too
    fake.page.wait_for_function("() => host.heights.length")
    assert fake.page.evaluate("() => [host.token, host.sent.signed_request.length > 9]") == [None, True]
    with fake.page.expect_response("**/launch"):
        fake.page.evaluate("() => post(host.sent)")
    expect(heading(desk)).to_have_text(shown)
    if shown == "Opened before":
        expect(body(desk)).not_to_contain_text("Carla")


@pytest.mark.parametrize("code", IN_FRAMES)
def test_what_somebody_has_changed_opens_nothing_and_the_administrator_alone_reads_why(
    code: str, fake_of: Callable[..., Fake], crm: str, at_desk: Callable[[str], FlaskClient]
) -> None:
    fake = fake_of(code)
    fake.spoil = lambda signed: signed.replace("=77", "=78") if code == "help_scout" else signed[:-8] + "AAAAAAA="
    desk = fake.open(crm)
    expect(heading(desk)).to_have_text("Not opened")
    expect(body(desk)).to_contain_text("under number 1")
    expect(body(desk)).not_to_contain_text("secret")
    told = unescape(at_desk("ada").get(f"/connections/{fake.known.id}").text)
    assert HOSTS[code].mends[Why.SIGNATURE] in told


@pytest.mark.parametrize("code", BY_LINKS)
def test_a_link_opens_once_within_ten_minutes_and_another_is_had_from_the_host(
    code: str, fake_of: Callable[..., Fake], crm: str, db: Database, staff: dict[str, Actor], clock
) -> None:
    fake = fake_of(code)
    link(db, fake.known, AGENTS[code], staff["ana"], clock())
    tab = fake.open(crm)
    expect(heading(tab)).to_have_text("Carla Núñez")
    expect(tab.locator(".matched")).to_have_count(0)
    tab.reload()
    is_used_up(tab)
    is_used_up(fake.desk())
    if code == "intercom":
        with fake.page.expect_response("**/server?*"):
            fake.page.get_by_role("button", name="Get a new link").click()
        expect(heading(fake.desk())).to_have_text("Carla Núñez")
    tab = fake.reloaded()
    expect(heading(tab)).to_have_text("Carla Núñez")
    with fake.page.expect_response("**/server?*"):
        fake.page.reload()
    clock.moves(minutes=11)
    is_used_up(fake.desk())


def is_used_up(tab: Desk) -> None:
    expect(tab.locator("main")).to_contain_text("This link was used before or is older than ten minutes")
    expect(body(tab)).not_to_contain_text("Carla")


def test_whom_help_scout_has_signed_stays_until_its_page_says_that_somebody_else_is_there(
    fake_of: Callable[..., Fake], crm: str, db: Database, staff: dict[str, Actor], clock
) -> None:
    fake, asked = fake_of("help_scout"), list[str]()
    with db.writing() as session:
        session.get(Customer, 1).external_id = "help_scout:77"
    fake.page.on(
        "request", lambda one: asked.append(one.post_data or "") if one.url.endswith("/embed/customer") else None
    )
    desk = fake.open(crm)
    connect_it(fake, desk, staff["ana"])
    expect(heading(desk)).to_have_text("Carla Núñez")
    fake.page.wait_for_function("() => host.heights.length")
    fake.page.evaluate("() => tell(context())")
    fake.page.evaluate("() => { host.open = 1; tell(context()); }")
    expect(heading(desk)).to_have_text("Dan")
    expect(desk.locator(".matched")).to_have_text("Matched by e-mail from the page")
    fake.page.evaluate("() => { host.open = 0; tell(context()); }")
    expect(heading(desk)).to_have_text("Carla Núñez")
    expect(desk.locator(".matched")).to_have_text("Matched by customer number from the page")
    assert [dict(parse_qsl(one))["ticket"] for one in asked] == ["13", "12"]
