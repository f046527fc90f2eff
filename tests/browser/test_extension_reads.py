"""What the browser extension takes from a page, and what of it counts: pages are written by strangers."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

READ = (Path(__file__).parents[2] / "static/extension/read.js").read_bytes()
MODULE = f'import("data:text/javascript;base64,{b64encode(READ).decode()}")'


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    one = chromium.new_page()
    yield one
    one.close()


MEANT = {
    "carla@example.com": {"email": "carla@example.com"},
    "  Carla Núñez <carla@example.com>, hello ": {"email": "carla@example.com"},
    "mailto:carla%40example.com?subject=x@evil.example": {"email": "carla@example.com"},
    "o'brien@example.com": {"email": "o'brien@example.com"},
    "'carla@example.com'": {"email": "carla@example.com"},
    "niña@correo.es": {"email": "niña@correo.es"},
    "carla\u202e@example.com": None,  # what turns text around parts it, rather than hide
    "tel:+34-600-100-200": {"phone": "+34-600-100-200"},
    "(030) 123 4567": {"phone": "(030) 123 4567"},
    "111-2233445": {"phone": "111-2233445", "external_id": "111-2233445"},
    "5551234567": {"phone": "5551234567", "external_id": "5551234567"},
    "# 10045": {"external_id": "10045"},
    "O-2": {"external_id": "O-2"},
    "ORD_2024/000123": {"external_id": "ORD_2024/000123"},
    "Carla": None,
    "order O-2 please": None,
    "<img src=x onerror=alert(1)>": None,
    "carla@example": None,
    f"{'x' * 190}@example.com": None,
    f"{'x ' * 100}carla@example.com": None,  # longer than a piece may be
    "mailto:%E0%A4%A": None,
    "": None,
}

NEVER_TEXT = [None, 7, {}, ["carla@example.com"], {"length": 3, "toString": "carla@example.com"}]


def test_only_an_address_a_phone_or_a_number_counts(page: Page) -> None:
    understood = page.evaluate(f"texts => {MODULE}.then(({{ understand }}) => texts.map(understand))", list(MEANT))
    assert dict(zip(MEANT, understood, strict=True)) == MEANT
    assert page.evaluate(f"all => {MODULE}.then(({{ understand }}) => all.map(understand))", NEVER_TEXT) == [None] * 5


def test_whatever_a_tab_gives_back_the_first_good_piece_is_chosen(page: Page) -> None:
    results = [{"result": None}, {}, {"result": "bait@example.com"}, {"result": [None, "no", "O-2", "O-3"]}]
    assert page.evaluate(f"all => {MODULE}.then(({{ choose }}) => choose(all))", results) == {"external_id": "O-2"}


PAGE = f"""
<a style="display:none" href="mailto:hidden@example.com">x</a><a href="mailto:{"y" * 300}@example.com">long</a>
<header><a href="mailto:ana@shop.example">signed in</a></header>
<main><script>"script@example.com"</script><p>From: dan@example.com</p><a href="tel:+34600100200">call</a></main>
<input type=password value="secret@example.com"><textarea>Ask eve@example.com, please</textarea>
"""


def gathered(page: Page, what: str) -> list[str]:
    return page.evaluate(f"what => {MODULE}.then(({{ gather, asked }}) => gather(...asked(what)))", what)


def test_a_page_is_read_from_its_middle_outwards_and_what_nobody_sees_is_not(page: Page) -> None:
    page.set_content(PAGE)
    middle = ["tel:+34600100200", "dan@example.com"]
    assert gathered(page, "page") == [*middle, "mailto:ana@shop.example", "tel:+34600100200", "dan@example.com"]


def test_a_page_without_end_gives_a_few_short_pieces(page: Page) -> None:
    page.set_content("<p>" + " ".join(f"n{number}@example.com" for number in range(20_000)))
    assert gathered(page, "page") == [f"n{number}@example.com" for number in range(20)]
    page.set_content(f"<p>{'a' * 99_990} carla@example.com")  # cut in its midst, it would be somebody else's
    assert gathered(page, "page") == []


def test_of_a_selection_its_addresses_come_first_and_a_password_never(page: Page) -> None:
    page.set_content(PAGE)
    page.locator("textarea").select_text()
    assert gathered(page, "selection") == ["eve@example.com", "Ask eve@example.com, please"]
    page.locator("[type=password]").select_text()
    assert not [piece for piece in gathered(page, "selection") if "secret" in piece]
    page.locator("[href^=tel]").select_text()
    page.locator("[type=password]").blur()
    assert gathered(page, "selection") == ["call"]
