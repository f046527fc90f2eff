"""A day with the hosts that open the desk in ways of their own: HubSpot in a window over a record, by a link that its server asked for;
Dynamics in a frame that it loads anew for each record, and signs nothing; Odoo in a tab, by a link that our module signs there.

HubSpot's card and Odoo's module run as they are handed out.
"""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask import Flask
from handed_out import HubSpot, Odoo, hand_out, odoo_in
from inside import SETTINGS, Desk, is_over, is_worked_with, open_page, sealed, shows, write_a_note
from knocks import SECRET
from launched import connect, hubspot_call, link
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from sqlmodel import select

from deskapp.desk import connection_page
from deskapp.desk.connections import Known
from deskapp.hosts import hubspot
from deskapp.hosts.launch import Why
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.tables import Customer

EACH = pytest.mark.parametrize("cookies", SETTINGS)
GUID = "a1b2c3d4-0000-4000-8000-0000000000{}"  # as the fake form of Dynamics numbers its records


# --- what is handed out -----------------------------------------------------------------------


@pytest.fixture
def handed_out(db: Database) -> Callable[[Known, str], ZipFile]:
    """What the connection's page hands out to be installed."""

    def of(known: Known, address: str) -> ZipFile:
        with db.reading() as session:
            return ZipFile(BytesIO(connection_page.find_package(session, known.id, base=address).content))

    return of


# --- HubSpot --------------------------------------------------------------------------------------------------------


@pytest.fixture
def record_of(
    browser: BrowserContext, app: Flask, clock, crm: str, handed_out: Callable[[Known, str], ZipFile]
) -> Callable[[Known, str], tuple[Page, FrameLocator, HubSpot]]:
    """A record's page with our card on it, and the frame of the window that it opens."""

    def open_one(known: Known, address: str) -> tuple[Page, FrameLocator, HubSpot]:
        page, server = browser.new_page(), HubSpot(app, clock)
        hand_out(browser, "hubspot", handed_out(known, address))
        browser.route("**/hubspot-calls", server.call)
        return page, open_page(page, f"{crm}/hubspot.html", "about:blank"), server

    return open_one


@EACH
def test_hubspots_card_opens_a_window_for_whom_the_record_shows(
    cookies: str,
    app: Flask,
    known_of: Callable[..., Known],
    record_of: Callable[[Known, str], tuple[Page, FrameLocator, HubSpot]],
    crowded: None,
    say_yes: Callable[[Desk], None],
    lets_go: Callable[[], None],
    clock,
) -> None:
    with sealed(app) as address:
        page, desk, _ = record_of(known_of("hubspot", SECRET), address)
        card, close = page.get_by_role("button", name="Open the desk"), page.get_by_role("button", name="Close")
        card.click()
        say_yes(desk)
        expect(desk.get_by_role("searchbox")).to_be_visible()  # whom the card had said is gone by now
        close.click()

        card.click()
        is_worked_with(desk, "HubSpot")
        assert page.locator("iframe").evaluate("one => [one.clientWidth, one.clientHeight]") == [*hubspot.WINDOW_SIZE]
        close.click()
        page.get_by_role("button", name="Next customer").click()
        card.click()
        shows(desk, "Dan")
        expect(desk.locator(".matched")).to_have_text("Matched by e-mail from the page")
        page.reload()
        card.click()
        shows(desk, "Carla Núñez")
        expect(desk.locator("#notes .words")).to_have_text(["Wrote from HubSpot"])

        clock.moves(hours=13)
        is_over(desk)
        close.click()
        card.click()
        shows(desk, "Carla Núñez")
        lets_go()
        is_over(desk)
        close.click()
        card.click()
        shows(desk, "Connect it to yourself")


@pytest.mark.parametrize("cookies", ["partitioned"])
def test_a_card_that_is_refused_says_so_and_a_used_or_old_link_of_it_opens_for_nobody(
    app: Flask,
    known_of: Callable[..., Known],
    record_of: Callable[[Known, str], tuple[Page, FrameLocator, HubSpot]],
    mended: Callable[[Known, Why], bool],
    visitor,
    db: Database,
    staff: dict[str, Actor],
    clock,
) -> None:
    known = known_of("hubspot", SECRET)
    link(db, known, "77", staff["ana"], clock())
    with sealed(app) as address:
        page, desk, server = record_of(known, address)
        card = page.get_by_role("button", name="Open the desk")
        server.secret = "another secret"
        card.click()
        expect(page.get_by_text("The desk could not be opened from here.")).to_be_visible()
        assert mended(known, Why.SIGNATURE)
        server.secret = SECRET
        card.click()
        shows(desk, "Carla Núñez")
        used = page.locator("iframe").get_attribute("src")
        assert used.startswith(f"{address}/launch/")
    unused = visitor.post(**hubspot_call({"email": "carla@example.com"}, clock())).json["uri"]
    clock.moves(minutes=11)
    for one in (used, unused):
        tried = visitor.get(one)
        assert (tried.status_code, "used before or is older than ten minutes" in tried.text) == (404, True)
        assert "Carla" not in tried.text


# --- Dynamics 365 ---------------------------------------------------------------------------------------------------


@EACH
def test_dynamics_form_is_connected_once_and_shows_each_record_that_it_is_opened_for(
    cookies: str,
    browser: BrowserContext,
    known_of: Callable[..., Known],
    db: Database,
    say_yes: Callable[[Desk], None],
    lets_go: Callable[[], None],
    address: str,
    crm: str,
    clock,
) -> None:
    with db.writing() as session:  # the shop's own number, and one of somebody who was begun from there
        carla, dan = session.exec(select(Customer).order_by(Customer.id))
        carla.external_id, dan.external_id = GUID.format(77), f"dynamics:{GUID.format(78)}"
    to = f"{address.replace('127.0.0.1', 'desk.localhost')}/connections/{known_of('dynamics').key}/launch"
    page = browser.new_page()
    desk = open_page(page, f"{crm}/dynamics.html", to)
    say_yes(desk)
    is_worked_with(desk, "Dynamics")
    expect(desk.locator(".matched")).to_have_text("Matched by customer number from the page")

    page.get_by_role("button", name="Next customer").click()
    if cookies == "blocked":  # nothing is kept of the yes, and the frame says so
        shows(desk, "Connect it to yourself")
        expect(desk.locator("#pairing .hint:visible").last).to_contain_text("you will be asked each time")
        say_yes(desk)
    shows(desk, "Dan")
    expect(desk.locator(".matched")).to_have_text("Matched by customer number from the page")
    if cookies == "blocked":
        lets_go()
        is_over(desk)
        return
    page.reload()
    shows(desk, "Carla Núñez")
    expect(desk.locator("#notes .words")).to_have_text(["Wrote from Dynamics"])
    clock.moves(hours=13)
    is_over(desk)
    page.reload()
    shows(desk, "Carla Núñez")
    lets_go()
    is_over(desk)
    page.reload()
    shows(desk, "Connect it to yourself")
    expect(desk.locator("#pairing")).to_contain_text("not connected any more")


@pytest.mark.parametrize("cookies", ["partitioned"])
def test_a_form_of_another_organization_or_in_a_closed_box_opens_nothing_and_says_what_to_mend(
    browser: BrowserContext,
    known_of: Callable[..., Known],
    mended: Callable[[Known, Why], bool],
    address: str,
    crm: str,
) -> None:
    known, page = known_of("dynamics"), browser.new_page()
    to = f"{address.replace('127.0.0.1', 'desk.localhost')}/connections/{known.key}/launch"
    desk = open_page(page, f"{crm}/dynamics.html", to)
    shows(desk, "Connect it to yourself")
    form = page.url
    page.goto(f"{form}&orgname=another")
    shows(desk, "Not opened")
    assert mended(known, Why.OTHER_CONNECTION)
    page.goto(f"{form}&restricted")  # as Dynamics makes such frames unless somebody unticks it
    expect(desk.locator("#pairing .problem:visible")).to_contain_text("in a closed box (a sandbox)")


# --- Odoo -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def odoo_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock, handed_out: Callable[[Known, str], ZipFile]
) -> Callable[[Known, str], Odoo]:
    """An Odoo in which the connection's module is installed."""

    def install(known: Known, address: str) -> Odoo:
        handed_out(known, address).extractall(tmp_path / "addons")
        return odoo_in(tmp_path / "addons", monkeypatch, clock)

    return install


@EACH
def test_odoos_button_opens_a_tab_for_the_contact_whom_it_stands_beside(
    cookies: str,
    app: Flask,
    browser: BrowserContext,
    known_of: Callable[..., Known],
    handed_out: Callable[[Known, str], ZipFile],
    odoo_with: Callable[[Known, str], Odoo],
    say_yes: Callable[[Desk], None],
    lets_go: Callable[[], None],
    crm: str,
    clock,
) -> None:
    known, page = known_of("odoo", SECRET), browser.new_page()

    def pressed() -> Page:
        with browser.expect_page() as opened:
            page.get_by_role("button", name="Desk").click()
        return opened.value

    with sealed(app) as address:
        hand_out(browser, "odoo", handed_out(known, address))
        browser.route("**/web/dataset/call_button/**", odoo_with(known, address).answer)
        open_page(page, f"{crm}/odoo.html", "about:blank")
        first = pressed()
        say_yes(first)
        shows(first, "Carla Núñez")
        first.close()

        carlas = pressed()
        is_worked_with(carlas, "Odoo")
        expect(carlas.locator(".matched")).to_have_count(0)  # Odoo has signed whom it shows
        carlas.reload()
        if cookies == "blocked":
            shows(carlas, "Opened before")
            expect(carlas.locator("body")).not_to_contain_text("Carla")
            carlas = pressed()
        shows(carlas, "Carla Núñez")
        expect(carlas.locator("#notes .words")).to_have_text(["Wrote from Odoo"])
        page.get_by_role("button", name="Next customer").click()
        dans = pressed()
        shows(dans, "Dan")
        shows(carlas, "Carla Núñez")  # a tab is of whom it was opened for
        write_a_note(carlas, "And once more beside Dan")
        lets_go()
        is_over(carlas)
        is_over(dans)
        shows(pressed(), "Connect it to yourself")


def test_a_link_from_odoo_opens_once_and_for_five_minutes_and_for_colleagues_alone(
    odoo_with: Callable[[Known, str], Odoo],
    mended: Callable[[Known, Why], bool],
    app: Flask,
    db: Database,
    staff: dict[str, Actor],
    clock,
) -> None:
    known = connect(app, "odoo", staff["ada"])
    link(db, known, "7", staff["ana"], clock())
    odoo = odoo_with(known, "http://localhost")

    def opened(url: str) -> tuple[int, bool]:
        page = app.test_client().get(url)
        return page.status_code, "Carla" in page.text

    url = odoo.call(77, "action_open_desk")["url"]
    assert opened(url) == (200, True)
    assert opened(url) == (403, False)
    assert mended(known, Why.REPLAYED)
    old = odoo.call(77, "action_open_desk")["url"]
    clock.moves(minutes=6)
    assert opened(old) == (403, False)
    assert mended(known, Why.STALE)
    assert "customer=odoo%3A79&" in odoo.call(79, "action_open_desk")["url"]  # who has no number of the shop's
    odoo.parameters.clear()
    with pytest.raises(Exception, match="set the system parameter"):
        odoo.call(77, "action_open_desk")
    odoo.groups.clear()
    with pytest.raises(Exception, match="Only colleagues"):
        odoo.call(77, "action_open_desk")
