"""The main job as the people do it: Ana at the customer, then Del at the door, in a real browser."""

import re

import cast
import pytest
from browser_desk import BrowserOf
from playwright.sync_api import Locator, Page, expect
from sqlmodel import select

from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant
from deskapp.store.memory_tables import Note, NoteKind, Preference
from deskapp.store.tables import Delivery

LEARNT = "Is setting up a reading corner with her aunt Lía"
CARD = "Dear Carla, the mug is on its way, and a little extra from all of us."
PRICE = re.compile(r"[$€£]|\d[.,]\d\d\b")
SURFACES = {
    "sidebar": {"width": 320, "height": 900},
    "tablet": {"width": 1024, "height": 768, "has_touch": True},
    "sidebar-without-javascript": {"width": 320, "height": 900, "java_script_enabled": False},
    "tablet-without-javascript": {"width": 1024, "height": 768, "has_touch": True, "java_script_enabled": False},
}


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_from_finding_carla_to_printing_her_card(
    browser_of: BrowserOf, db: Database, awaited: int, complaints: list[str], surface: dict[str, object]
) -> None:
    desk = browser_of(**surface)
    sign_in(desk, "ana")
    find(desk)
    write_note(desk)
    read_because(desk)
    say_allergy(desk)
    give(desk)
    take_back_and_give_again(desk)

    door = browser_of(**surface)
    sign_in(door, "del")
    open_by_number(door)
    write_card(door)
    pack(door)
    print_card(door)

    assert complaints == []
    what_is_kept(db, awaited)


def sign_in(page: Page, username: str) -> None:
    page.goto("/")
    page.get_by_label("Name you sign in with").fill(username)
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def find(desk: Page) -> None:
    desk.get_by_role("searchbox").fill("nuñ")
    desk.get_by_role("button", name="Find").click()
    desk.get_by_role("link", name="Carla Núñez").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    expect(desk.locator("#promises")).to_contain_text("Order O-2 is needed Tuesday")
    expect(desk.locator("#last_order")).to_contain_text("Blue mug")


def write_note(desk: Page) -> None:
    """The kind is asked: without it nothing is saved."""
    save = desk.get_by_role("button", name="Save note for Carla Núñez")
    desk.get_by_label("What did you learn?").fill(LEARNT)
    save.click()
    expect(desk.locator("#notes")).to_contain_text("No notes yet")
    desk.get_by_label("seen or said").check()
    desk.get_by_role("radio", name="on the phone", exact=True).check()
    save.click()
    expect(desk.locator("#notes .words")).to_have_text([LEARNT])
    expect(desk.locator("#facts")).to_contain_text(LEARNT)


def read_because(desk: Page) -> None:
    expect(gift(desk, "Plum jam")).to_contain_text("Often bought with “Blue mug” in this order.")
    expect(gift(desk, "Roasted hazelnuts")).to_be_visible()


def say_allergy(desk: Page) -> None:
    """What she must not have is gone from the suggestions at once, and stands on top of her page."""
    desk.get_by_role("link", name="Preferences").click()
    form = desk.locator("#preferences")
    form.get_by_label("Kind").select_option(label="Allergy")
    form.get_by_label("What", exact=True).fill("hazelnut")
    form.get_by_label("they said so").check()
    form.get_by_role("button", name="Save for Carla Núñez").click()
    expect(form).to_contain_text("hazelnut")
    expect(desk.get_by_role("list", name="Please mind")).to_contain_text("Allergy: hazelnut")
    expect(gift(desk, "Roasted hazelnuts")).to_have_count(0)
    expect(gift(desk, "Plum jam")).to_be_visible()


def give(desk: Page) -> None:
    gift(desk, "Plum jam").get_by_role("button", name="Give it Plum jam to Carla Núñez").click()
    expect(desk.get_by_role("status")).to_contain_text("It is theirs.")
    expect(desk.locator("#plus_one")).to_contain_text("$7.80 of $12.00 left")
    expect(desk.locator("#plus_one")).to_contain_text("$5.80 of $10.00 left")


def take_back_and_give_again(desk: Page) -> None:
    desk.get_by_role("button", name="Undo the gift of Plum jam").click()
    expect(desk.locator("#plus_one")).to_contain_text("taken back")
    expect(desk.locator("#plus_one")).to_contain_text("$12.00 of $12.00 left")
    give(desk)


def gift(desk: Page, name: str) -> Locator:
    return desk.locator("#plus_one .gift").filter(has=desk.get_by_role("heading", name=name))


def open_by_number(door: Page) -> None:
    expect(door.locator("#deliveries")).to_contain_text("gift: Plum jam")
    shows_no_price(door)
    door.get_by_label("Scan or type an order number").fill("O-2")
    door.get_by_label("Scan or type an order number").press("Enter")
    expect(door.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    shows_no_price(door)


def write_card(door: Page) -> None:
    """What is told for the card may be cited, the gift is explained, and what stops a gift is not for the card."""
    prompt = door.get_by_role("region", name="For the card")
    expect(prompt).to_contain_text(LEARNT)
    expect(prompt).to_contain_text("Plum jam")
    door.get_by_role("textbox", name="The card").fill(CARD)
    door.get_by_role("button", name="Save card for Carla Núñez").click()
    expect(door.locator("#delivery")).to_contain_text("card written by Del")


def pack(door: Page) -> None:
    """Ticks are taken back as easily as they are set, on the card and on the board."""
    door.get_by_role("button", name="Undo card written for order O-2").click()
    door.get_by_role("button", name="Card is written for order O-2").click()
    expect(door.locator("#delivery")).to_contain_text("card written by Del")
    door.get_by_role("link", name="All deliveries").click()
    door.get_by_role("button", name="Packed order O-2").click()
    expect(door.locator("#deliveries")).to_contain_text("packed by Del")
    expect(door.locator("#deliveries")).to_contain_text("0 cards to write, 0 parcels to pack")


def print_card(door: Page) -> None:
    door.get_by_role("checkbox", name="Print order O-2").check()
    door.get_by_role("button", name="Print ticked").click()
    expect(door.locator(".cut")).to_contain_text(CARD)
    expect(door.locator(".cut-name")).to_contain_text("CN · O-2")
    expect(door.locator(".slip")).to_contain_text("CN")
    expect(door.locator(".slip")).to_contain_text("O-2")
    expect(door.locator(".slip")).to_contain_text("Gift: Plum jam")
    expect(door.locator(".slip")).not_to_contain_text("Núñez")
    shows_no_price(door)


def shows_no_price(door: Page) -> None:
    assert not PRICE.search(door.locator("main").inner_text())


def what_is_kept(db: Database, carla: int) -> None:
    with db.reading() as session:
        notes = session.exec(select(Note.text, Note.kind).where(Note.customer_id == carla)).all()
        assert notes == [(LEARNT, NoteKind.OBSERVATION)]
        assert session.exec(select(Preference.value, Preference.is_stated)).all() == [("hazelnut", True)]
        states = [grant.state.value for grant in session.exec(select(Grant).order_by(Grant.id))]
        assert states == ["undone", "reserved"]
        delivery = session.exec(select(Delivery)).one()
        assert delivery.card_text == CARD
        assert None not in (delivery.written_at, delivery.packed_at)
