"""From what somebody said on the phone to the card that arrives with the parcel, and the question that comes only afterwards."""

import re
from zoneinfo import ZoneInfo

from browser_desk import BrowserOf
from flask import Flask
from playwright.sync_api import Page, expect
from whole_desk import Clock

from deskapp.desk import feedback, outbox
from deskapp.desk.feedback import Means
from deskapp.desk.postman import CHECKS
from deskapp.outgoing.wire import Delivered
from deskapp.store.card_tables import Carrier
from deskapp.store.db import Database
from deskapp.store.tables import Customer

SAID = "Is setting up a reading corner for her aunt."
UNSAID = "We think it is for a move."
TOKEN = "a-link-of-the-journey"
SHOP = Means("Corner & Co", ZoneInfo("UTC"), public_url="https://desk.example.com", has_mail=True)


def test_what_was_said_arrives_by_hand_and_only_then_somebody_asks(
    browser_of: BrowserOf, app: Flask, db: Database, clock: Clock, awaited: int, complaints: list[str]
) -> None:
    let_customers_be_asked(browser_of("mo", width=820), db, awaited)
    hear_on_the_phone(browser_of("ana", width=320), awaited)
    at_the_bench(browser_of("del", width=1024, height=768, has_touch=True))
    assert letters(db, clock) == []
    clock.moves(days=2)
    assert letters(db, clock) == []
    clock.moves(days=1, hours=3)
    (letter,) = letters(db, clock)
    assert letter["to"] == "carla@example.com"
    assert letters(db, clock) == []
    answer(browser_of(width=320, java_script_enabled=False), letter["text"])
    hear_back(browser_of("ana", width=320), awaited)
    assert complaints == []


def let_customers_be_asked(page: Page, db: Database, carla: int) -> None:
    with db.writing() as session:
        customer = session.get_one(Customer, carla)
        customer.email = customer.email_folded = "carla@example.com"
    page.goto("/feedback")
    page.get_by_role("radio", name="Yes").check()
    page.get_by_label("Days after the parcel arrived").fill("3")
    page.get_by_role("button", name="Let it count").click()
    expect(page.locator("#feedback")).to_contain_text("3 days")
    page.close()


def hear_on_the_phone(page: Page, carla: int) -> None:
    page.goto(f"/customers/{carla}")
    for words, kind in ((f"{SAID} Her aunt likes yellow.", "seen or said"), (UNSAID, "what I think")):
        page.get_by_label("What did you learn?").fill(words)
        page.get_by_label(kind).check()
        page.get_by_role("radio", name="on the phone", exact=True).check()
        page.get_by_role("button", name="Save note for Carla Núñez").click()
        expect(page.locator("#notes .words").first).to_have_text(words)
    page.locator("#plus_one").get_by_role("button", name="Give it Plum jam to Carla Núñez").click()
    expect(page.get_by_role("status")).to_contain_text("It is theirs.")
    page.locator("#notes .rows > li").last.locator("a[href^='/notes/']").first.click()
    page.get_by_text("Is a sentence safe to mention?").click()
    page.get_by_role("radio", name=SAID).check()
    page.get_by_role("button", name="Remember it").click()
    expect(page.locator("#note")).to_contain_text("Safe to mention: one sentence")
    page.close()  # days go by


def at_the_bench(page: Page) -> None:
    page.goto("/deliveries")
    page.get_by_label("Scan or type an order number").press_sequentially("O-2\n")
    prompt = page.get_by_role("region", name="For the card")
    expect(prompt).to_contain_text(SAID.removesuffix("."))
    expect(prompt).to_contain_text("Plum jam")
    expect(page.locator("main")).not_to_contain_text(UNSAID)
    page.get_by_role("textbox", name="The card").fill("Dear Carla, may the corner be read in for many years.")
    page.get_by_role("button", name="Finish and sign the card for Carla Núñez").click()
    expect(page.locator("#delivery")).to_contain_text("Signed")
    page.get_by_role("button", name="Handed over order O-2").click()
    page.get_by_role("link", name="Print").click()
    look_at_the_sheet(page)
    page.goto("/deliveries")
    page.get_by_role("button", name="Delivered order O-2").click()
    expect(page.locator("#deliveries")).to_contain_text("delivered by Del")
    page.close()


def look_at_the_sheet(page: Page) -> None:
    """Black on white, whole, inside its cut marks."""
    expect(page.locator(".cut")).to_contain_text("may the corner be read in")
    expect(page.locator(".slip")).to_contain_text("Gift: Plum jam")
    page.emulate_media(media="print")
    words, card = page.locator(".cut .words").first.bounding_box(), page.locator(".cut").bounding_box()
    assert words is not None
    assert card is not None
    assert card["x"] <= words["x"]
    assert words["x"] + words["width"] <= card["x"] + card["width"]
    assert words["y"] + words["height"] <= card["y"] + card["height"]
    assert len(page.locator(".cut").screenshot()) > 1_000
    page.emulate_media(media="screen")


def letters(db: Database, clock: Clock) -> list[dict[str, str]]:
    """What goes out now, by the hourly job and the postman."""
    sent: list[dict[str, str]] = []

    def carry(_key: str, payload: dict[str, str], _now: object) -> Delivered:
        sent.append(payload)
        return Delivered()

    feedback.run(db, SHOP, 1, secret=lambda: TOKEN, now=clock)
    outbox.send_due(db, {Carrier.MAIL: carry}, CHECKS, now=clock, limit=9)
    return sent


def answer(page: Page, letter: str) -> None:
    link = re.search(r"https://desk\.example\.com(/how-was-it/\S+)", letter)
    assert link is not None
    page.goto(link[1])
    page.get_by_role("radio").first.check()
    page.get_by_role("textbox").fill("The lamp is just right.")
    page.get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def hear_back(page: Page, carla: int) -> None:
    page.goto(f"/customers/{carla}")
    newest = page.locator("#notes .rows > li").first
    expect(newest).to_contain_text("The lamp is just right.")
    expect(newest).to_contain_text("the customer")
