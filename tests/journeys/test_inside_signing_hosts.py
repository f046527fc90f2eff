"""Hosts whose servers sign what opens the desk, each as our own fake of it plays it: from an agent's first launch until they are let go of."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from flask import Flask
from inside import SETTINGS, Desk, is_over, is_worked_with, sealed, shows
from knocks import ENVELOPE, INBOX, LEGACY, SECRET, canvas, of_help_scout, of_intercom, of_legacy
from launched import link
from playwright.sync_api import BrowserContext, Page, Route, expect

from deskapp.desk.connections import Known
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Received, Way, Why
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.tables import Customer

IN_FRAMES = ("salesforce", "help_scout")
BY_LINKS = ("help_scout_legacy", "intercom")
AGENTS = {"salesforce": "005x0000001SyyEAAS", "help_scout_legacy": "77", "intercom": "77"}  # as knocks has them

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


@pytest.fixture
def cookies() -> str:
    """Where a test does not say."""
    return "partitioned"


@pytest.fixture
def fake_of(
    browser: BrowserContext, app: Flask, known_of: Callable[..., Known], crowded: None
) -> Iterator[Callable[[str], Fake]]:
    with ExitStack() as opened:

        def make(code: str) -> Fake:
            return Fake(known_of(code, SECRET), browser.new_page(), opened.enter_context(sealed(app)), app)

        yield make


# --- the tests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cookies", SETTINGS)
@pytest.mark.parametrize("code", [*IN_FRAMES, *BY_LINKS])
def test_a_host_is_worked_in_from_the_first_launch_until_its_agent_is_let_go_of(
    code: str,
    cookies: str,
    fake_of: Callable[[str], Fake],
    crm: str,
    say_yes: Callable[[Desk], None],
    lets_go: Callable[[], None],
    clock,
) -> None:
    fake = fake_of(code)

    def connected(desk: Desk) -> Desk:
        if code == "help_scout" and cookies == "blocked":  # it proves no agent, and the browser keeps nothing
            say_yes(desk)
        return desk

    desk = fake.open(crm)
    say_yes(desk)
    if code in BY_LINKS:  # the link was for that alone
        expect(desk.get_by_role("searchbox")).to_be_visible()
        desk = fake.reloaded()
    is_worked_with(desk, f"inside {HOSTS[code].words}")
    if code in IN_FRAMES:
        fake.page.wait_for_function("() => host.heights.at(-1) > 900")
    desk = connected(fake.next_customer())
    shows(desk, "Dan")
    if code in IN_FRAMES:  # who bought nothing, and takes less room
        fake.page.wait_for_function("() => host.heights.some((one, at) => one < host.heights[at - 1])")
    clock.moves(hours=13)
    is_over(desk)

    desk = connected(fake.reloaded())
    shows(desk, "Carla Núñez")
    expect(desk.locator("#notes .words")).to_have_text([f"Wrote from inside {HOSTS[code].words}"])
    lets_go()
    is_over(desk)
    desk = fake.reloaded()
    shows(desk, "Connect it to yourself")
    expect(desk.locator("body")).not_to_contain_text("Carla")


@pytest.mark.parametrize(("cookies", "shown"), [("partitioned", "Carla Núñez"), ("blocked", "Opened before")])
def test_what_salesforce_has_posted_opens_again_for_the_browser_that_has_its_seat_alone(
    cookies: str, shown: str, fake_of: Callable[[str], Fake], crm: str, db: Database, staff: dict[str, Actor], clock
) -> None:
    fake = fake_of("salesforce")
    link(db, fake.known, AGENTS["salesforce"], staff["ana"], clock())
    desk = fake.open(crm)
    shows(desk, "Carla Núñez")
    expect(desk.locator(".matched")).to_have_count(0)  # the record is signed, too
    fake.page.wait_for_function("() => host.heights.length")
    assert fake.page.evaluate("() => [host.token, host.sent.signed_request.length > 9]") == [None, True]
    with fake.page.expect_response("**/launch"):
        fake.page.evaluate("() => post(host.sent)")
    shows(desk, shown)
    if shown == "Opened before":
        expect(desk.locator("body")).not_to_contain_text("Carla")


@pytest.mark.parametrize("code", IN_FRAMES)
def test_what_somebody_has_changed_opens_nothing_and_the_administrator_alone_reads_why(
    code: str, fake_of: Callable[[str], Fake], crm: str, mended: Callable[[Known, Why], bool]
) -> None:
    fake = fake_of(code)
    fake.spoil = lambda signed: signed.replace("=77", "=78") if code == "help_scout" else signed[:-8] + "AAAAAAA="
    desk = fake.open(crm)
    shows(desk, "Not opened")
    expect(desk.locator("body")).to_contain_text("under number 1")
    expect(desk.locator("body")).not_to_contain_text("secret")
    assert mended(fake.known, Why.SIGNATURE)


@pytest.mark.parametrize("code", BY_LINKS)
def test_a_link_opens_once_within_ten_minutes_and_another_is_had_from_the_host(
    code: str, fake_of: Callable[[str], Fake], crm: str, db: Database, staff: dict[str, Actor], clock
) -> None:
    fake = fake_of(code)
    link(db, fake.known, AGENTS[code], staff["ana"], clock())
    tab = fake.open(crm)
    shows(tab, "Carla Núñez")
    expect(tab.locator(".matched")).to_have_count(0)
    tab.reload()
    is_used_up(tab)
    is_used_up(fake.desk())
    if code == "intercom":
        with fake.page.expect_response("**/server?*"):
            fake.page.get_by_role("button", name="Get a new link").click()
        shows(fake.desk(), "Carla Núñez")
    tab = fake.reloaded()
    shows(tab, "Carla Núñez")
    with fake.page.expect_response("**/server?*"):
        fake.page.reload()
    clock.moves(minutes=11)
    is_used_up(fake.desk())


def is_used_up(tab: Desk) -> None:
    expect(tab.locator("main")).to_contain_text("This link was used before or is older than ten minutes")
    expect(tab.locator("body")).not_to_contain_text("Carla")


def test_whom_help_scout_has_signed_stays_until_its_page_says_that_somebody_else_is_there(
    fake_of: Callable[[str], Fake], crm: str, db: Database, say_yes: Callable[[Desk], None]
) -> None:
    fake, asked = fake_of("help_scout"), list[str]()
    with db.writing() as session:
        session.get(Customer, 1).external_id = "help_scout:77"
    fake.page.on(
        "request", lambda one: asked.append(one.post_data or "") if one.url.endswith("/embed/customer") else None
    )
    desk = fake.open(crm)
    say_yes(desk)
    shows(desk, "Carla Núñez")
    fake.page.wait_for_function("() => host.heights.length")
    fake.page.evaluate("() => tell(context())")
    fake.page.evaluate("() => { host.open = 1; tell(context()); }")
    shows(desk, "Dan")
    expect(desk.locator(".matched")).to_have_text("Matched by e-mail from the page")
    fake.page.evaluate("() => { host.open = 0; tell(context()); }")
    shows(desk, "Carla Núñez")
    expect(desk.locator(".matched")).to_have_text("Matched by customer number from the page")
    assert [dict(parse_qsl(one))["ticket"] for one in asked] == ["13", "12"]
