"""A working day inside another system's page: one that signs its launches, and one that signs nothing, so that each browser is paired."""

from collections.abc import Callable
from urllib.parse import quote

import cast
import pytest
from flask import Flask
from inside import SETTINGS, look_again, open_page, sealed, write_a_note
from knocks import key_of, pem_of, token
from launched import link, rows
from playwright.sync_api import BrowserContext, expect
from sqlmodel import select

from deskapp.desk import devices, tablets
from deskapp.desk.connections import Known
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.host_tables import Device
from deskapp.store.tables import Seat

POSTED_INTO_THE_TAB = """([action, token]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action });
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "token", value: token }));
    document.body.append(form);
    form.submit();
}"""


@pytest.mark.parametrize("cookies", SETTINGS)
def test_a_signed_launch_is_worked_with_reloaded_and_over_in_time(
    cookies: str,
    browser_with: Callable[[str], BrowserContext],
    app: Flask,
    known_of: Callable[..., Known],
    crm: str,
    db: Database,
    staff: dict[str, Actor],
    clock,
) -> None:
    known = known_of("zendesk", pem_of(key_of("zendesk")))
    link(db, known, "77", staff["ana"], clock())
    page = browser_with(cookies).new_page()
    with sealed(app) as address:
        to = f"{address}/connections/{known.key}/launch?origin={quote(crm)}&app_guid=1"
        frame = open_page(page, f"{crm}/zendesk.html", to, token=token())
        heading = frame.get_by_role("heading", level=1)
        expect(heading).to_have_text("Carla Núñez")
        write_a_note(frame, "Wrote from inside Zendesk")
        frame.get_by_role("button", name="Give it Plum jam").click()
        expect(frame.get_by_role("status")).to_contain_text("It is theirs.")
        page.get_by_role("button", name="Next customer").click()
        expect(heading).to_have_text("Dan")
        page.reload()
        if cookies == "blocked":  # nothing tells this browser from whoever has read the launch along the way
            expect(heading).to_have_text("Opened before")
            expect(frame.locator("body")).not_to_contain_text("Carla")
            return
        expect(heading).to_have_text("Carla Núñez")
        expect(frame.locator("#notes .words")).to_have_text(["Wrote from inside Zendesk"])
        clock.moves(hours=13)
        look_again(frame)
        expect(heading).to_have_text("You are signed out here")
        page.get_by_role("button", name="Next customer").click()
        expect(frame.locator("body")).not_to_contain_text("Dan")


def test_where_nothing_is_signed_a_browser_is_paired_once_in_a_window_and_until_it_is_let_go(
    people_s_browser: BrowserContext,
    known_of: Callable[..., Known],
    address: str,
    crm: str,
    db: Database,
    staff: dict[str, Actor],
    clock,
) -> None:
    known, page = known_of("chatwoot"), people_s_browser.new_page()
    to = f"{address.replace('127.0.0.1', 'desk.localhost')}/connections/{known.key}/launch"
    frame = open_page(page, f"{crm}/chatwoot.html", to)
    heading = frame.get_by_role("heading", level=1)
    expect(heading).to_have_text("Connect it to yourself")
    with people_s_browser.expect_page() as opened:
        frame.get_by_role("link", name="Connect").click()
    window = opened.value
    window.get_by_label("Name").fill("ana")
    window.get_by_label("Password").fill(cast.PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    window.get_by_role("button", name="Yes, connect it to me").click()
    expect(window.get_by_role("heading", level=1)).to_be_visible()
    window.close()
    expect(heading).to_have_text("Carla Núñez")
    expect(frame.locator(".matched")).to_have_text("Matched by customer number from the page")
    write_a_note(frame, "Wrote from inside Chatwoot")
    page.reload()
    expect(frame.locator("#notes .words")).to_have_text(["Wrote from inside Chatwoot"])
    with db.writing() as session:
        (device,) = rows(session, Device)
        devices.revoke(session, staff["ana"], device.id, now=clock())
    look_again(frame)
    expect(heading).to_have_text("You are signed out here")
    page.reload()
    expect(heading).to_have_text("Connect it to yourself")
    expect(frame.locator("#pairing")).to_contain_text("not connected any more")


def test_a_launch_posted_into_a_tab_of_a_shared_tablet_is_under_the_lock_of_that(
    people_s_browser: BrowserContext,
    app: Flask,
    known_of: Callable[..., Known],
    crm: str,
    db: Database,
    staff: dict[str, Actor],
    clock,
) -> None:
    known, page = known_of("zendesk", pem_of(key_of("zendesk"))), people_s_browser.new_page()
    link(db, known, "77", staff["ana"], clock())
    tablet = tablets.NewTablet(form_key="key-of-a-tablet", name="By the till")
    with db.writing() as session:
        kept = tablets.enrol(session, staff["bo"], tablet, secret="s" * 40, seat_hash="", here="", now=clock())
    with sealed(app) as address:
        cookie = {"name": "__Host-deskapp-tablet", "value": kept, "url": address, "secure": True, "sameSite": "Lax"}
        people_s_browser.add_cookies([cookie])
        page.goto(f"{crm}/?show=about:blank")
        page.evaluate(POSTED_INTO_THE_TAB, [f"{address}/connections/{known.key}/launch?origin=x&app_guid=1", token()])
        expect(page.get_by_role("searchbox")).to_be_visible()
    with db.reading() as session:
        assert session.exec(select(Seat.tablet_id)).all() == [1]
