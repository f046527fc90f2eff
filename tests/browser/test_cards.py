"""The writing desk under the hands: the count while typing, what is tapped, other paper, and a signature."""

import random

import pytest
from browser_desk import BrowserOf, shut_out
from playwright.sync_api import Page, expect

from deskapp.desk.card_paper import Stationery
from deskapp.desk.tongues import tongue
from deskapp.rules.card_sizes import Hand
from deskapp.store import card_formats
from deskapp.store.db import Database

CARD = "/deliveries/1"
TEXT = "#write-card-text"
COUNT = "#write-card-text-count"
WIDTHS = (258, 420, 768, 1180)
TRICKY = [
    "",
    "  \n ",
    "Qué alegría 👩‍👩‍👧",
    "🇩🇪🇫🇷 ♥ ❤️ 👍🏽",
    "e\u0301a\u0308 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "親愛的陳太太，謝謝您的訂單。我們把茶包得好好的，希望您喜歡。" * 9,
    "カードを書く 안녕하세요 ｶﾅ",
    "السيدة ليلى العزيزة، شكرًا لطلبك. وضعنا لك شيئًا صغيرًا.",
    "\u200fשלום \u202bעולם\u202c!",
    "नमस्ते, आपके ऑर्डर के लिए धन्यवाद",
    "Donaudampfschifffahrtsgesellschaftskapitänswitwenrente" * 3,
    "one\n\n\ntwo\n" * 5,
    "a  b\tc   d\n   indented",
    "x" * 44 + " y",
    "word " * 110,
]
CLUSTERS = [
    "a",
    "é",
    "e\u0301",
    " ",
    "  ",
    "\n",
    "漢",
    "한",
    "あ",
    "👩‍👧",
    "🇩🇪",
    "ש",
    "\u200f",
    "ab ",
    "क्षि",
    "…",
    "👍🏽",
    "long-word",
]


def type_(page: Page, text: str) -> str:
    """What is said below the card once `text` was put on it as by hand."""
    page.locator(TEXT).evaluate(
        "(area, text) => { area.value = text; area.dispatchEvent(new Event('input', {bubbles: true})) }", text
    )
    return page.locator(COUNT).inner_text()


@pytest.fixture
def paper(db: Database) -> Stationery:
    with db.reading() as session:
        known = card_formats.list_formats(session)
    return Stationery(known, known[0], Hand.MEDIUM)


@pytest.fixture
def desk(browser_of: BrowserOf, lived_in: int) -> Page:
    assert lived_in
    page = browser_of("ana")
    page.goto(CARD)
    return page


# --- the count -------------------------------------------------------------------------------------------------------


def test_what_is_said_while_typing_is_what_is_said_once_it_is_saved(desk: Page, paper: Stationery) -> None:
    dice = random.Random(7)
    at_random = ["".join(dice.choices(CLUSTERS, k=dice.randint(1, 300))) for _ in range(40)]
    for text in (*TRICKY, *at_random):
        assert type_(desk, text) == paper.length_words(text), repr(text)


@pytest.mark.parametrize("code", ["de", "ar"])
def test_the_count_is_said_as_the_reader_reads_it(
    browser_of: BrowserOf, lived_in: int, paper: Stationery, code: str
) -> None:
    assert lived_in
    page = browser_of("ana", locale=code)
    page.goto(CARD)
    for text in ("", "x", "word " * 12, "one\n" * 9, "one\n" * 11, "one\n" * 14, "one\n" * 60):
        assert type_(page, text) == paper.length_words(text).inside(tongue(code)), repr(text)


def test_the_saved_count_is_the_one_that_was_seen(desk: Page) -> None:
    seen = type_(desk, TRICKY[4])
    desk.get_by_role("button", name="Save card for Carla Núñez").click()
    expect(desk.locator("#delivery")).to_contain_text("card written by Ana")
    expect(desk.locator(COUNT)).to_have_text(seen)


def test_an_old_browser_counts_what_is_common_all_the_same(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("del")
    page.add_init_script("delete Intl.Segmenter")
    page.goto(CARD)
    assert type_(page, "Qué alegría 👩‍👩‍👧 🇩🇪👍🏽 e\u0301\n漢") == "20 characters, 2 of 10 lines: room for more."
    assert lived_in


def test_who_hears_the_page_is_told_when_the_hands_rest(desk: Page) -> None:
    desk.locator(TEXT).press_sequentially("Dear Carla")
    expect(desk.locator(".card-writing [role=status]")).to_have_text("10 characters, 1 of 10 lines: room for more.")


def test_a_card_that_is_too_full_is_shown_to_be(desk: Page) -> None:
    assert "too long for A6" in type_(desk, "line\n" * 14)
    expect(desk.locator(".paper")).to_have_class("paper in-medium is-over")
    type_(desk, "line")
    expect(desk.locator(".paper")).to_have_class("paper in-medium")


# --- what is tapped --------------------------------------------------------------------------------------------------


def test_a_beginning_that_is_tapped_goes_to_where_the_writing_is(desk: Page) -> None:
    first, *_, last = desk.locator(".starters button").all()
    first.click()
    expect(desk.locator(TEXT)).to_have_value(first.inner_text())
    desk.keyboard.press("End")
    desk.keyboard.type(" The end.")
    desk.locator(TEXT).evaluate("area => area.setSelectionRange(0, 0)")
    desk.keyboard.press("ArrowUp")
    last.click()
    value = desk.locator(TEXT).input_value()
    assert value.startswith(last.inner_text().removesuffix("…"))
    assert value.endswith(" The end.")


def test_the_dots_of_a_beginning_are_written_over(desk: Page) -> None:
    desk.locator(".starters button", has_text="…").first.click()
    desk.keyboard.type("here it goes")
    assert "…" not in desk.locator(TEXT).input_value()
    assert "here it goes" in desk.locator(TEXT).input_value()


def test_a_tap_is_counted_kept_as_a_draft_and_taken_back_by_undo(desk: Page) -> None:
    desk.locator(TEXT).fill("Dear Carla,")
    desk.locator(".facts button").first.click()
    with_fact = desk.locator(TEXT).input_value()
    assert with_fact.startswith("Dear Carla, ")
    expect(desk.locator(COUNT)).to_contain_text(f"{len(with_fact)} characters")
    desk.reload()
    expect(desk.locator(TEXT)).to_have_value(with_fact)
    desk.locator(".facts button").last.click()
    desk.keyboard.press("Control+z")
    expect(desk.locator(TEXT)).to_have_value(with_fact)


# --- other paper -----------------------------------------------------------------------------------------------------


def test_other_paper_is_drawn_at_once_in_its_proportions_with_the_words_on_it(desk: Page) -> None:
    desk.locator(TEXT).fill("Dear Carla, not saved yet")
    for label, chosen in (("On", "a7"), ("Written", "large"), ("Tone", "formal")):
        desk.get_by_label(label, exact=True).focus()
        desk.get_by_label(label, exact=True).select_option(chosen)
        expect(desk.get_by_label(label, exact=True)).to_be_focused()
        expect(desk.locator(TEXT)).to_have_value("Dear Carla, not saved yet")
    expect(desk.locator(".paper")).to_have_class("paper in-large")
    expect(desk.locator(COUNT)).to_have_text("25 characters, 2 of 5 lines: room for more.")
    box = desk.locator(".paper svg").bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(105 / 74, abs=0.02)
    desk.goto("/deliveries")
    desk.goto(CARD)
    expect(desk.locator(TEXT)).to_have_value("Dear Carla, not saved yet")


def test_all_of_it_works_without_javascript(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("del", width=258, java_script_enabled=False)
    page.goto(CARD)
    assert page.locator(".starters button, .facts button").count() == 0
    page.fill(TEXT, "Dear Carla, written the plain way")
    page.get_by_label("On", exact=True).select_option("a7")
    page.get_by_role("button", name="Show it so").click()
    expect(page.locator(TEXT)).to_have_value("Dear Carla, written the plain way")
    expect(page.locator(COUNT)).to_have_text("33 characters, 2 of 7 lines: room for more.")
    page.get_by_label("Signed").fill("Del")
    page.get_by_role("button", name="Finish and sign the card for Carla Núñez").click()
    expect(page.locator(".on-paper")).to_contain_text("Dear Carla, written the plain way")
    page.get_by_role("button", name="Open it again").click()
    expect(page.locator(TEXT)).to_have_value("Dear Carla, written the plain way")
    assert lived_in


# --- signing ---------------------------------------------------------------------------------------------------------


def test_enter_beside_the_name_saves_and_does_not_sign(desk: Page) -> None:
    desk.locator(TEXT).fill("Dear Carla")
    desk.get_by_label("Signed").press("Enter")
    expect(desk.locator("#delivery")).to_contain_text("card written by Ana")
    expect(desk.locator(TEXT)).to_have_value("Dear Carla")


def test_who_writes_while_another_signs_keeps_their_words_before_their_eyes(
    browser_of: BrowserOf, lived_in: int
) -> None:
    del_, bo = browser_of("del"), browser_of("bo")
    for page in (del_, bo):
        page.goto(CARD)
    bo.locator(TEXT).fill("Dear Carla, enjoy the mug!")
    bo.get_by_role("button", name="Finish and sign").click()
    expect(bo.locator("#delivery")).to_contain_text("Signed by Bo")
    del_.locator(TEXT).fill("Dear Carla, enjoy your corner!")
    del_.get_by_role("button", name="Save card").click()
    expect(del_.locator("#delivery .problem")).to_contain_text("This card is signed")
    expect(del_.get_by_label("Your words, not saved")).to_have_value("Dear Carla, enjoy your corner!")
    expect(del_.locator(".on-paper")).to_contain_text("enjoy the mug!")
    assert lived_in


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_finished_card_shuts_nobody_out_and_fits_every_window(
    browser_of: BrowserOf, lived_in: int, theme: str
) -> None:
    page = browser_of("ana", color_scheme=theme, reduced_motion="reduce")
    page.goto(CARD)
    page.locator(TEXT).fill("Dear Carla,\n\nthe mug is on its way. " + "Enjoy it! " * 30)
    page.get_by_label("Signed").fill("")
    page.get_by_role("button", name="Finish and sign").click()
    expect(page.locator(".problem")).to_have_text("Please say who signs.")
    assert shut_out(page) == []
    page.get_by_label("Signed").fill("Ana and everybody at the corner")
    page.get_by_role("button", name="Finish and sign").click()
    expect(page.locator("#delivery")).to_contain_text("Signed by Ana")
    assert shut_out(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert lived_in
