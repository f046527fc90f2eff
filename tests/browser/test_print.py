"""What comes out of the printer: on A4 and Letter, four cards a page, nothing cut off, no colour."""

import re
from datetime import timedelta
from pathlib import Path

import cast
import pytest
from browser_desk import BrowserOf
from parcels import TODAY, order_and_deliver, order_id
from playwright.sync_api import Page
from sqlmodel import Session

from deskapp.store.card_tables import CardFormat
from deskapp.store.db import Database
from deskapp.store.tables import Delivery, OrderLine

PAGES = {"A4": (842, 595), "Letter": (792, 612)}  # points, turned
INSIDE_MARGINS = {"A4": (1077, 748), "Letter": (1010, 770)}  # CSS pixels
TEXTS = (
    "Dear Person,\n\nthank you so much. The mug is from all of us.",
    "word " * 130,
    "Vielen Dank für die Bestellung und alles Gute im neuen Zuhause. " * 9,
    "W" * 330,
    "شكرا جزيلا على طلبك يا كارلا. " * 8,
    "漢字" * 120,
    "x\n" * 18,
    "A long story that goes on. " * 70,
)


@pytest.fixture
def eleven(db: Database, awaited: int) -> list[int]:
    """Deliveries: eight written with the texts above, three to be written; one of them in a parcel of fifteen kinds of things."""
    assert awaited
    with db.writing() as session:
        ids = [order_and_deliver(session, number) for number in range(11)]
        for delivery_id, text in zip(ids, TEXTS, strict=False):
            write(session, delivery_id, text)
        session.get_one(Delivery, ids[9]).need_by_on = TODAY + timedelta(days=1)
        fill_up(session, "P-10")
    return ids


def write(session: Session, delivery_id: int, text: str) -> None:
    delivery = session.get_one(Delivery, delivery_id)
    delivery.card_text, delivery.signed_as = text.strip(), "Del from the corner"
    delivery.written_at = delivery.signed_at = cast.NOW


def fill_up(session: Session, order: str) -> None:
    session.add_all(
        OrderLine(
            order_id=order_id(session, order),
            line=line,
            item_id=cast.item_id(session, sku),
            quantity=2,
            unit_price_minor=1,
        )
        for line, sku in enumerate(cast.ITEMS, 2)
    )


def sheet_of(ids: list[int], what: str = "both") -> str:
    return f"/deliveries/print?what={what}&" + "&".join(f"delivery={one}" for one in ids)


def printed(page: Page, paper: str, folder: Path) -> list[tuple[int, int]]:
    """The size of every page, in points."""
    page.pdf(path=folder / "sheet.pdf", format=paper)
    made = (folder / "sheet.pdf").read_bytes()
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", made)
    return [(int(float(width)), int(float(height))) for width, height in boxes]


@pytest.mark.parametrize("paper", list(PAGES))
def test_cards_are_printed_four_to_a_page_that_is_turned(
    browser_of: BrowserOf, eleven: list[int], tmp_path: Path, paper: str
) -> None:
    page = browser_of("del")
    for count, pages in ((1, 1), (4, 1), (5, 2)):
        page.goto(sheet_of(eleven[:count], "cards"))
        sizes = printed(page, paper, tmp_path)
        assert len(sizes) == pages
        assert {(width // 2, height // 2) for width, height in sizes} == {tuple(side // 2 for side in PAGES[paper])}


def test_cards_that_are_higher_than_wide_are_printed_upright(
    browser_of: BrowserOf, db: Database, eleven: list[int], tmp_path: Path
) -> None:
    with db.writing() as session:
        session.add(
            CardFormat(code="tall", words="Tall", width_mm=105, height_mm=148, margin_mm=6, is_folded=False, position=9)
        )
        session.flush()
        for one in eleven[:5]:
            session.get_one(Delivery, one).card_format = "tall"
    page = browser_of("del")
    page.goto(sheet_of(eleven[:5], "cards"))
    sizes = printed(page, "A4", tmp_path)
    assert len(sizes) == 2
    assert all(width < height for width, height in sizes)


NOT_ON_ITS_CARD = """() => [...document.querySelectorAll(".cut")].flatMap(cut => {
  const face = cut.querySelector(".face").getBoundingClientRect();
  const words = document.createTreeWalker(cut.querySelector(".on-card"), NodeFilter.SHOW_TEXT), found = [];
  while (words.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(words.currentNode);
    for (const one of range.getClientRects())
      if (one.width && (one.left < face.left || one.right > face.right || one.top < face.top || one.bottom > face.bottom))
        found.push([cut.ariaLabel, words.currentNode.data.slice(0, 20)]);
  }
  const room = cut.querySelector(".room").getBoundingClientRect();
  if (room.width && (Math.abs(room.width - face.width) > 1 || Math.abs(room.height - face.height) > 1))
    found.push([cut.ariaLabel, `is ${face.width} by ${face.height}`]);
  const page = cut.parentElement.getBoundingClientRect();
  if (face.left < page.left || face.right > page.right || face.top < page.top || face.bottom > page.bottom)
    found.push([cut.ariaLabel, "sticks out of its page"]);
  return found;
})"""
ONE_UPON_ANOTHER = """() => [...document.querySelectorAll(".four")].flatMap(page => {
  const all = [...page.querySelectorAll(".face")].map(one => one.getBoundingClientRect());
  return all.flatMap((a, i) => all.slice(i + 1).filter(b => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom));
})"""


@pytest.mark.parametrize("paper", list(PAGES))
def test_nothing_on_a_card_is_cut_off_whatever_was_written(
    browser_of: BrowserOf, eleven: list[int], paper: str
) -> None:
    width, height = INSIDE_MARGINS[paper]
    page = browser_of("del", width=width, height=height)
    page.goto(sheet_of(eleven))
    page.emulate_media(media="print")
    assert page.locator(".four .cut").count() + page.locator(".a-letter .cut").count() == 11
    assert page.locator(".a-letter .cut").count() == 1
    assert page.evaluate(NOT_ON_ITS_CARD) == []
    assert page.evaluate(ONE_UPON_ANOTHER) == []
    pages = page.locator(".four").all()
    assert all((box := one.bounding_box()) and box["height"] <= height for one in pages)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


COLOURED = """() => [...document.querySelectorAll("main *")].flatMap(one =>
  ["", "::before", "::after"].flatMap(part => ["color", "backgroundColor", "borderTopColor", "borderBottomColor", "outlineColor"]
    .map(name => getComputedStyle(one, part || null)[name].match(/[\\d.]+/g).map(Number))
    .filter(([r, g, b, a = 1]) => a > 0 && (r !== g || g !== b)).map(() => one.className)))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_sheet_is_black_on_white_in_whatever_colours_the_desk_is(
    browser_of: BrowserOf, eleven: list[int], theme: str
) -> None:
    page = browser_of("del", color_scheme=theme)
    page.goto(sheet_of(eleven))
    page.emulate_media(media="print")
    page.evaluate("document.querySelector('.not-printed').remove()")
    assert page.evaluate(COLOURED) == []
    assert page.locator(".slip").first.evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"


def test_cut_marks_and_boxes_stay_where_colours_are_forced(browser_of: BrowserOf, eleven: list[int]) -> None:
    page = browser_of("del", forced_colors="active")
    page.goto(sheet_of(eleven))
    page.emulate_media(media="print")
    for selector, part, side in (
        (".cut", "::before", "Bottom"),
        (".face", "::after", "Top"),
        (".boxes li", "::before", "Top"),
    ):
        width = page.locator(selector).first.evaluate(f"one => getComputedStyle(one, '{part}').border{side}Width")
        assert float(width.removesuffix("px")) > 0, selector


def test_a_slip_is_never_torn_over_two_pages(browser_of: BrowserOf, eleven: list[int], tmp_path: Path) -> None:
    page = browser_of("del", width=1077, height=748)
    page.goto(sheet_of(eleven, "slips"))
    page.emulate_media(media="print")
    broken = page.locator(".slip").evaluate_all(
        "all => all.filter(one => getComputedStyle(one).breakInside !== 'avoid').length"
    )
    assert broken == 0
    assert len(printed(page, "A4", tmp_path)) <= 3
