"""The page behind a customer's link as people meet it: without JavaScript, on a narrow phone, from the right to the left."""

from collections.abc import Iterator

import cast
import pytest
from browser_desk import BrowserOf, shut_out
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from deskapp.desk.seats import hash_token
from deskapp.store.card_tables import AskState, FeedbackAsk, FeedbackPolicy
from deskapp.store.db import Database
from deskapp.store.memory_tables import Note, Preference
from deskapp.store.tables import Customer, Delivery

pytestmark = pytest.mark.browser
URL = "/how-was-it/a-secret-of-the-tests"


@pytest.fixture
def asked(awaited: int, db: Database, staff) -> int:
    """Carla's id; she was asked today."""
    today = cast.NOW.date()
    with db.writing() as session:
        terms = {"is_on": True, "days_after": 3, "cool_down_days": 90, "lapses_days": 21}
        session.add(FeedbackPolicy(**terms, set_by=staff["mo"].staff_id, set_at=cast.NOW))
        row = FeedbackAsk(
            delivery_id=session.exec(select(Delivery.id)).one(),
            customer_id=awaited,
            state=AskState.ASKED,
            due_on=today,
            decided_at=cast.NOW,
            token_hash=hash_token("a-secret-of-the-tests"),
            lapses_on=today,
        )
        session.add(row)
    return awaited


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Page]:
    """Narrow, without JavaScript, of somebody who never was here."""
    context = chromium.new_context(base_url=address, viewport={"width": 258, "height": 700}, java_script_enabled=False)
    yield context.new_page()
    assert context.cookies() == []
    context.close()


def speak(db: Database, customer_id: int, language: str) -> None:
    with db.writing() as session:
        session.get(Customer, customer_id).language = language


def test_without_javascript_by_keyboard_on_a_narrow_phone(phone: Page, db: Database, asked: int) -> None:
    phone.goto(URL)
    phone.keyboard.press("Tab")
    phone.keyboard.press("Space")
    phone.keyboard.press("ArrowDown")
    phone.keyboard.press("Tab")
    phone.keyboard.type("The lid was loose.")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    assert "secret" not in phone.url
    with db.reading() as session:
        assert session.exec(select(FeedbackAsk)).one().answer == "mostly"
        assert session.exec(select(Note)).one().text == "The lid was loose."


def test_in_arabic_it_runs_from_the_right_and_what_is_too_long_is_kept(phone: Page, db: Database, asked: int) -> None:
    speak(db, asked, "ar")
    phone.goto(URL)
    expect(phone.locator("html")).to_have_attribute("dir", "rtl")
    answers = phone.get_by_role("radio")
    title = phone.get_by_role("heading", level=1).bounding_box()
    assert answers.first.bounding_box()["x"] > title["width"] / 2
    phone.get_by_role("button", name="إرسال").click()
    expect(phone.get_by_text("نرجو اختيار إحدى الإجابات.")).to_be_visible()
    answers.nth(2).check()
    phone.get_by_role("textbox").fill("وصل الطرد مكسورًا 📦")
    phone.get_by_role("button", name="إرسال").click()
    expect(phone.get_by_role("heading", name="شكرًا لكم")).to_be_visible()
    with db.reading() as session:
        assert session.exec(select(Note)).one().text == "وصل الطرد مكسورًا 📦"


def test_one_click_is_enough_never_to_be_asked_again(phone: Page, db: Database, asked: int) -> None:
    phone.goto(URL)
    phone.get_by_role("button", name="Please do not ask me again").click()
    expect(phone.get_by_role("heading", name="We will not ask again")).to_be_visible()
    with db.reading() as session:
        assert session.exec(select(Preference.kind)).one() == "no-questions"


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_a_customer_shuts_anybody_out_or_is_wider_than_a_phone(
    chromium: Browser, address: str, db: Database, asked: int, complaints, language: str, theme: str
) -> None:
    speak(db, asked, language)
    page, found = chromium.new_page(base_url=address, color_scheme=theme, locale=language), []
    page.on(
        "console", lambda message: complaints.append(message.text) if "Failed to load" not in message.text else None
    )
    for path in (URL, "/how-was-it/nothing", f"/how-was-it/done?about=asked_not&language={language}"):
        page.goto(path)
        for width in (258, 1024):
            page.set_viewport_size({"width": width, "height": 800})
            found += [(path, width, *one) for one in shut_out(page)]
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.goto(URL)
    page.locator("button.primary").click()
    found += shut_out(page)
    page.close()
    assert found == complaints == []


def test_a_manager_tries_a_policy_and_lets_it_count(browser_of: BrowserOf, asked: int, db: Database) -> None:
    page = browser_of("mo")
    page.goto("/feedback")
    page.get_by_label("Days after the parcel arrived").fill("5")
    page.get_by_role("button", name="See whom it would ask").click()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    expect(page.get_by_label("Days after the parcel arrived")).to_have_value("5")
    page.get_by_role("button", name="Let it count").click()
    expect(page.get_by_text("A customer is asked 5 days after a parcel arrived")).to_have_count(2)
