"""The main job at 320 px by somebody who never touches a mouse: Tab, Enter, Space, arrows, the key / and Ctrl with Enter."""

import cast
from browser_desk import BrowserOf
from playwright.sync_api import Locator, Page, expect

MOST_TABS = 60
CARD = "Dear Carla, the mug is on its way, and a little extra from all of us."

WHERE_THE_FOCUS_IS = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  return {
    shows: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    what: one.outerHTML.slice(0, 120),
  };
}"""


def test_the_main_job_without_a_mouse(browser_of: BrowserOf, awaited: int, complaints: list[str]) -> None:
    desk = browser_of(width=320)
    sign_in(desk, "ana")
    find(desk)
    write_note(desk)
    add_preference(desk)
    give_and_take_back(desk)

    door = browser_of(width=320)
    sign_in(door, "del")
    write_card(door)
    pack_and_print(door)
    assert complaints == []
    assert awaited


def test_the_first_tab_skips_to_the_page(browser_of: BrowserOf, awaited: int) -> None:
    page = browser_of("ana", width=320)
    page.goto(f"/customers/{awaited}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the page")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def tab_to(page: Page, place: Locator) -> None:
    """By Tab alone; on every stop the focus can be seen. Not while a panel is drawn anew, which would take the focus with it."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        stop = page.evaluate(WHERE_THE_FOCUS_IS)
        assert stop["shows"], stop["what"]
        assert stop["inView"], stop["what"]
        if place.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{MOST_TABS} tabs do not lead to {place}")


def press(page: Page, role: str, name: str, key: str = "Enter") -> None:
    tab_to(page, page.get_by_role(role, name=name).first)
    page.keyboard.press(key)


def sign_in(page: Page, username: str) -> None:
    page.goto("/")
    tab_to(page, page.get_by_label("Name you sign in with"))
    page.keyboard.type(username)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(cast.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def find(desk: Page) -> None:
    desk.keyboard.press("/")
    expect(desk.get_by_role("searchbox")).to_be_focused()
    desk.keyboard.type("carla")
    expect(desk.get_by_role("link", name="Dan")).to_have_count(0)
    press(desk, "link", "Carla Núñez")
    expect(desk.get_by_role("heading", level=1)).to_be_focused()


def write_note(desk: Page) -> None:
    tab_to(desk, desk.get_by_label("What did you learn?"))
    desk.keyboard.type("Asked for warm light")
    tab_to(desk, desk.get_by_label("seen or said"))
    desk.keyboard.press("Space")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#notes .words")).to_have_text(["Asked for warm light"])
    expect(desk.get_by_role("heading", name="Notes")).to_be_focused()


def add_preference(desk: Page) -> None:
    for _ in range(4):
        desk.keyboard.press("Shift+Tab")  # back over the tabs: Cards, Orders, Requests, then Preferences
    expect(desk.get_by_role("link", name="Preferences")).to_be_focused()
    desk.keyboard.press("Enter")
    form = desk.locator("#preferences")
    expect(form).to_be_visible()
    tab_to(desk, form.get_by_label("Kind"))
    desk.keyboard.type("Allergy")
    tab_to(desk, form.get_by_label("What", exact=True))
    desk.keyboard.type("hazelnuts")
    tab_to(desk, form.get_by_label("they said so"))
    desk.keyboard.press("Space")
    desk.keyboard.press("Control+Enter")
    expect(form).to_contain_text("said so")
    expect(desk.locator("#customer .stops")).to_contain_text("hazelnuts")
    expect(desk.locator("#plus_one")).not_to_contain_text("hazelnuts")


def give_and_take_back(desk: Page) -> None:
    desk.keyboard.press("/")  # from the end of the page, the search is the quick way up
    press(desk, "button", "Give it Plum jam to Carla Núñez")
    expect(desk.locator("#plus_one").get_by_role("status")).to_be_focused()
    press(desk, "button", "Undo the gift of Plum jam")
    expect(desk.locator("#plus_one")).to_contain_text("taken back")
    expect(desk.get_by_role("heading", name="Plus-one")).to_be_focused()


def write_card(door: Page) -> None:
    expect(
        door.get_by_label("Scan or type an order number")
    ).to_be_focused()  # a scanner types as soon as the page is there
    door.keyboard.type("O-2")
    door.keyboard.press("Enter")
    expect(door.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    tab_to(door, door.get_by_role("textbox", name="The card"))
    door.keyboard.type(CARD)
    door.keyboard.press("Control+Enter")
    expect(door.locator("#delivery")).to_contain_text("card written by Del")


def pack_and_print(door: Page) -> None:
    press(door, "button", "Packed order O-2")
    expect(door.locator("#delivery")).to_contain_text("packed by Del")
    expect(door.get_by_role("heading", level=1)).to_be_focused()
    press(door, "link", "Print")
    expect(door.locator(".cut")).to_contain_text(CARD)
