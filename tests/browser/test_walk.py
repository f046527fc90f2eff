"""The main job from end to end: find a customer, note, preference, suggestion, grant, delivery board, print."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from deskapp.store.db import Database
from deskapp.store.tables import Delivery, Grant, Note, Preference

LEARNT = "Her daughter Lía turns nine in April"
CARD = "Dear Carla, a little extra from all of us."


@pytest.mark.parametrize("width", [320, 768], ids=["sidebar", "tablet"])
def test_from_finding_carla_to_printing_her_card(
    browser_of: Callable[..., Page], db: Database, lived_in: int, width: int
) -> None:
    desk = browser_of("ana", width=width)
    find(desk)
    write_note(desk)
    add_preference(desk)
    gift = give(desk)
    door = browser_of("del", width=width)
    write_card(door, gift)
    print_card(door, gift)

    with db.reading() as session:
        assert LEARNT in session.exec(select(Note.text).where(Note.customer_id == lived_in)).all()
        assert "dark chocolate" in session.exec(select(Preference.value)).all()
        assert len(session.exec(select(Grant)).all()) == 1
        assert session.exec(select(Delivery)).one().packed_at is not None


def find(desk: Page) -> None:
    desk.goto("/")
    desk.get_by_role("searchbox").press_sequentially("núñ")
    desk.get_by_role("link", name="Carla Núñez").click()
    expect(desk.get_by_role("list", name="Please mind")).to_contain_text("hazelnuts")


def write_note(desk: Page) -> None:
    desk.get_by_label("What did you learn?").fill(LEARNT)
    desk.get_by_label("seen or said").check()
    desk.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(desk.locator("#notes .words").first).to_have_text(LEARNT)


def add_preference(desk: Page) -> None:
    desk.get_by_role("link", name="Preferences").click()
    desk.locator("#preferences summary").click()
    desk.get_by_label("Kind").select_option(label="Likes")
    desk.locator("#preferences").get_by_label("What", exact=True).fill("dark chocolate")
    desk.get_by_label("they said so").check()
    desk.get_by_role("button", name="Save for Carla Núñez").click()
    expect(desk.locator("#preferences")).to_contain_text("dark chocolate")


def give(desk: Page) -> str:
    """The name of the gift."""
    first = desk.locator("#plus_one .gift").first
    name = first.get_by_role("heading").inner_text()
    expect(desk.locator("#plus_one")).not_to_contain_text("hazelnuts")
    first.get_by_role("button", name=f"Give it {name} to Carla Núñez").click()
    expect(desk.get_by_role("status")).to_contain_text("It is theirs.")
    expect(desk.get_by_role("status")).to_be_focused()
    return name


def write_card(door: Page, gift: str) -> None:
    door.goto("/deliveries")
    expect(door.locator("#deliveries")).to_contain_text(f"gift: {gift}")
    door.get_by_role("link", name="Carla Núñez").click()
    expect(door.locator("#delivery")).not_to_contain_text("$")
    door.get_by_role("textbox", name="The card").fill(CARD)
    expect(door.get_by_text(f"{len(CARD)} characters", exact=True)).to_be_visible()
    door.get_by_role("button", name="Save card for Carla Núñez").click()
    expect(door.locator("#delivery")).to_contain_text("card written by Del")
    door.get_by_role("button", name=re.compile("^Packed")).click()
    expect(door.locator("#delivery")).to_contain_text("packed by Del")


def print_card(door: Page, gift: str) -> None:
    door.get_by_role("link", name="Print").click()
    expect(door.locator(".card")).to_contain_text(CARD)
    expect(door.locator(".slip")).to_contain_text(gift)
    expect(door.locator("body")).not_to_contain_text("$")
