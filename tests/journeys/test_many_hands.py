"""Two people at the same customer at the same moment, each in a browser of their own."""

import cast
import pytest
from browser_desk import BrowserOf
from playwright.sync_api import Page, expect
from sqlmodel import select

from deskapp.desk import limits
from deskapp.desk import staff as people
from deskapp.desk.limit_forms import NewLimit
from deskapp.rules.people import Actor, Role
from deskapp.store.db import Database
from deskapp.store.gift_tables import Bucket, Grant
from deskapp.store.memory_tables import NoteRevision

MINE, THEIRS = "Reads in the evening, wants warm light", "Reads on the balcony"


def test_two_who_change_the_same_note_both_keep_their_words(browser_of: BrowserOf, db: Database, lived_in: int) -> None:
    ana, bo = browser_of("ana", width=320), browser_of("bo", width=320)
    for page in (ana, bo):
        page.goto(f"/customers/{lived_in}")
        page.get_by_role("link", name="Change this note").click()
    save_words(bo, THEIRS)
    expect(bo.locator("#notes .words")).to_have_text([THEIRS])

    save_words(ana, MINE)
    expect(ana.locator("#note .problem")).to_contain_text("Somebody changed this note while you were writing.")
    expect(ana.locator("#note .theirs").first).to_contain_text(THEIRS)
    expect(ana.get_by_label("What happened")).to_have_value(MINE)
    ana.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(ana.locator("#notes .words")).to_have_text([MINE])
    with db.reading() as session:
        words = session.exec(select(NoteRevision.text).order_by(NoteRevision.number)).all()
    assert words == ["Is setting up a reading corner.", THEIRS, MINE]


def save_words(page: Page, words: str) -> None:
    page.get_by_label("What happened").fill(words)
    page.get_by_role("button", name="Save note for Carla Núñez").click()


def test_two_who_write_the_same_card_both_keep_their_words(browser_of: BrowserOf, lived_in: int) -> None:
    del_, bo = browser_of("del"), browser_of("bo")
    for page in (del_, bo):
        page.goto("/deliveries/1")
    save_card(bo, "Dear Carla, enjoy the mug!")
    expect(bo.locator("#delivery")).to_contain_text("card written by Bo")
    save_card(del_, "Dear Carla, enjoy your reading corner!")
    expect(del_.locator("#delivery .problem")).to_contain_text("Somebody wrote this card while you were writing.")
    expect(del_.locator("#delivery .theirs")).to_contain_text("enjoy the mug!")
    expect(del_.get_by_role("textbox", name="The card")).to_have_value("Dear Carla, enjoy your reading corner!")


def save_card(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="The card").fill(words)
    page.get_by_role("button", name="Save card for Carla Núñez").click()


@pytest.fixture
def eva(db: Database, staff: dict[str, Actor]) -> Actor:
    """A second agent; and from now on agents may give one customer no more than six dollars a month."""
    with db.writing() as session:
        tight = NewLimit(
            form_key="a-tight-month",
            giver="role:agent",
            per_gift="5",
            per_giver_per_day="12",
            per_customer_per_month="6",
        )
        limits.set_limit(session, staff["mo"], tight, terms=cast.TERMS, now=cast.NOW)
        staff["eva"] = people.hire(
            session, None, "eva", "Eva", Role.AGENT, password_hash=cast.password_hash(), now=cast.NOW
        )
    return staff["eva"]


def test_the_second_gift_of_a_month_that_is_spent_is_refused_and_the_ceiling_named(
    browser_of: BrowserOf, db: Database, awaited: int, eva: Actor
) -> None:
    """Both saw both gifts; the money was there once."""
    ana, eve = browser_of("ana"), browser_of(eva.username)
    for page in (ana, eve):
        page.goto(f"/customers/{awaited}")
        expect(page.get_by_role("button", name="Give it")).to_have_count(2)
    ana.get_by_role("button", name="Give it Plum jam").click()
    expect(ana.get_by_role("status")).to_contain_text("You may still give $1.80 for this customer this month.")
    eve.get_by_role("button", name="Give it Roasted hazelnuts").click()
    expect(eve.get_by_role("status")).to_contain_text("Not this time.")
    expect(eve.get_by_role("status")).to_contain_text(
        "Roasted hazelnuts costs $3.90; what is left for this customer this month is $1.80."
    )
    expect(eve.locator("#plus_one")).to_contain_text("$12.00 of $12.00 left")
    assert_spent_once(db)


def assert_spent_once(db: Database) -> None:
    with db.reading() as session:
        assert session.exec(select(Grant.value_minor)).all() == [420]
        assert {bucket.spent_minor for bucket in session.exec(select(Bucket))} == {420, 210}  # at price and at cost
