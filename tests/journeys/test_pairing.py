"""A frame of a host that signs nothing becomes somebody's, in a Chromium that treats frames as people's browsers do, see inside.py."""

from collections.abc import Callable

import cast
import pytest
from flask import Flask
from launched import KEY, connect
from playwright.sync_api import BrowserContext, expect

from deskapp.desk import pairing
from deskapp.rules.people import Actor
from deskapp.store.db import Database


@pytest.fixture
def frame_address(app: Flask, staff: dict[str, Actor], address: str, crm: str) -> str:
    connect(app, "chatwoot", staff["ada"], secret="", origin=crm)
    return f"{address.replace('127.0.0.1', 'desk.localhost')}/connections/{KEY}/launch"


def test_a_frame_is_connected_opens_by_itself_from_then_on_and_goes_blank_when_it_is_let_go_of(
    people_s_browser: BrowserContext, crm: str, frame_address: str, complaints: list[str]
) -> None:
    page = people_s_browser.new_page()
    page.goto(f"{crm}/?show={frame_address}")
    frame = page.frame_locator("iframe")
    code = frame.locator(".code").inner_text()
    with people_s_browser.expect_page() as opened:
        frame.get_by_role("link", name="Connect").click()
    own = opened.value
    own.get_by_label("Name you sign in with").fill("ana")
    own.get_by_label("Password").fill(cast.PASSWORD)
    own.get_by_role("button", name="Sign in").click()
    expect(own.locator(".code")).to_have_text(code)
    own.get_by_role("button", name="Yes, connect it to me").click()
    expect(own.get_by_text("It is connected")).to_be_visible()

    frame.get_by_role("searchbox").fill("Carla")
    frame.get_by_role("link", name="Carla").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    page.reload()
    expect(frame.get_by_role("searchbox")).to_be_visible()
    frame.get_by_role("searchbox").fill("Carla")
    frame.get_by_role("link", name="Carla").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    frame.get_by_label("What did you learn?").fill("Half a sentence")

    own.reload()  # it was not there yet when the page was drawn
    own.get_by_role("button", name="Disconnect").click()
    expect(own.locator("#connected")).to_contain_text("Nowhere")
    page.frames[1].evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as if it were looked at again
    expect(frame.get_by_role("heading", level=1)).to_have_text("You are signed out here")
    expect(frame.get_by_label("What you typed and did not save")).to_have_value("Half a sentence")
    expect(frame.locator("body")).not_to_contain_text("Carla")
    assert page.frames[1].title() == "You are signed out here"
    page.reload()
    expect(frame.locator("#pairing")).to_contain_text("This browser is not connected any more")
    assert [said for said in complaints if "401" not in said and "Blocked autofocusing" not in said] == []


def test_where_a_browser_keeps_nothing_a_frame_says_so_and_opens_all_the_same(
    browser_with: Callable[[str], BrowserContext], crm: str, frame_address: str, app: Flask, db: Database, staff, clock
) -> None:
    page = browser_with("blocked").new_page()
    page.goto(f"{crm}/?show={frame_address}")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#pairing .hint:visible").last).to_contain_text("Your browser keeps nothing for frames like")
    answer = pairing.Answer(form_key="key-of-a-test", code=frame.locator(".code").inner_text())
    key = app.extensions["deskapp"].signing_key
    with db.writing() as session:
        assert pairing.approve(session, staff["ana"], answer, "", signing_key=key, now=clock())
    expect(frame.get_by_role("alert")).to_contain_text("you will be asked to connect each time")
    frame.get_by_role("searchbox").fill("Carla")
    frame.get_by_role("link", name="Carla").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Carla Núñez")


def test_a_frame_in_a_closed_box_says_what_the_box_has_to_allow(
    people_s_browser: BrowserContext, crm: str, frame_address: str
) -> None:
    page = people_s_browser.new_page()
    page.goto(f"{crm}/?show=about:blank")
    page.evaluate(
        "address => { const one = document.querySelector('iframe'); one.sandbox = 'allow-scripts allow-forms'; one.src = address; }",
        frame_address,
    )
    said = page.frame_locator("iframe").locator("#pairing .problem:visible")
    expect(said).to_contain_text("in a closed box (a sandbox)")
