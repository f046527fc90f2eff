"""What the small script adds: drafts that survive, focus that stays, keys, neighbours that keep up."""

import cast
from browser_desk import BrowserOf, held_back, let_go
from playwright.sync_api import expect

from deskapp.desk import seats
from deskapp.rules.people import Actor
from deskapp.store.db import Database

TEXT = "#add-note-text"


def test_a_draft_survives_a_reload_and_goes_once_it_is_saved(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Asked for warm light")
    page.reload()
    expect(page.locator(TEXT)).to_have_value("Asked for warm light")
    page.check("#notes [value=observation]")
    page.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(page.locator("#notes .words").first).to_have_text("Asked for warm light")
    page.reload()
    expect(page.locator(TEXT)).to_have_value("")


def test_a_draft_is_its_writers_and_its_customers(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "For Carla alone")
    page.goto(f"/customers/{lived_in + 1}")
    expect(page.locator(TEXT)).to_have_value("")


def test_refused_words_are_kept_in_the_field_but_not_in_the_browser(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Pays with 4111 1111 1111 1111")
    page.check("#notes [value=observation]")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#notes .problem")).to_contain_text("A payment card number never stays in a note")
    expect(page.locator(TEXT)).to_have_value("Pays with 4111 1111 1111 1111")
    expect(page.locator(TEXT)).to_be_focused()
    assert page.evaluate("Object.keys(localStorage).filter(key => localStorage[key].includes('4111'))") == []


def test_control_and_enter_save(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Prefers the morning")
    page.check("#notes [value=opinion]")
    page.locator(TEXT).press("Control+Enter")
    expect(page.locator("#notes .rows > li").first).to_contain_text("Prefers the morning")


def test_neighbours_keep_up(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Her daughter turns nine")
    page.check("#notes [value=observation]")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#facts")).to_contain_text("Her daughter turns nine")
    page.get_by_role("link", name="Preferences").click()
    expect(page.locator(".tablist [aria-current]")).to_have_text("Preferences")
    page.locator("#preferences summary", has_text="Add one").click()
    page.select_option("#add-preference-kind", "allergy")
    page.fill("#add-preference-value", "sesame")
    page.check("#preferences details[open] > form [name=is_stated][value=true]")
    page.get_by_role("button", name="Save for Carla Núñez").click()
    expect(page.locator("#customer .stops")).to_contain_text("sesame")


def test_searching_while_typing_and_opening_keeps_the_list(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.locator("body").press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("dan")
    page.get_by_role("link", name="Dan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dan")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page).to_have_title("Dan · Corner & Co")
    expect(page.locator(".customer-row[aria-current]")).to_contain_text("Dan")
    assert page.url.endswith(f"/customers/{lived_in + 1}")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Carla Núñez")


def test_the_customer_before_is_blanked_while_the_next_one_is_on_the_way(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    held = held_back(page, f"**/customers/{lived_in + 1}")
    page.locator("#find").press_sequentially("dan")
    page.get_by_role("link", name="Dan").click()
    expect(page.locator("#detail")).to_have_class("detail htmx-request")
    expect(page.locator("#customer")).to_be_hidden()
    let_go(page, held)
    expect(page.get_by_role("heading", level=1)).to_have_text("Dan")


def test_single_keys_can_be_switched_off_and_never_act_in_a_field(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.locator(TEXT).press("/")
    expect(page.locator(TEXT)).to_have_value("/")
    page.uncheck("#single-keys")
    page.reload()
    page.locator("body").press("/")
    expect(page.locator("#find")).not_to_be_focused()


def test_a_lost_network_is_said_and_nothing_typed_is_lost(browser_of: BrowserOf, lived_in: int) -> None:
    """A change of a note, which is not kept for later as a new one is: see journeys/test_offline.py."""
    page = browser_of("ana")
    page.goto("/notes/1")
    words, save = page.get_by_label("What happened"), page.get_by_role("button", name="Save note")
    words.fill("Typed in a lift")
    page.context.set_offline(True)
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(words).to_have_value("Typed in a lift")
    page.context.set_offline(False)
    save.click()
    expect(page.locator("#notes .words").first).to_have_text("Typed in a lift")
    expect(page.get_by_role("alert")).to_be_empty()


def test_whoever_was_signed_out_comes_back_to_the_customer_and_to_the_words(
    browser_of: BrowserOf, lived_in: int, db: Database, staff: dict[str, Actor]
) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Typed before the seat was gone")
    page.check("#notes [value=observation]")
    with db.writing() as session:
        seats.leave_all(session, None, staff["ana"].staff_id, now=cast.NOW)
    page.get_by_role("button", name="Save note").click()
    page.get_by_role("alert").get_by_role("link", name="Sign in").click()
    page.get_by_label("Name you sign in with").fill("ana")
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    expect(page.locator(TEXT)).to_have_value("Typed before the seat was gone")


def test_write_a_note_leads_to_the_field(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana", width=320)
    page.goto(f"/customers/{lived_in}")
    page.get_by_role("link", name="Write a note").click()
    expect(page.locator(TEXT)).to_be_focused()
    page.get_by_role("link", name="Orders").click()
    expect(page.locator("#orders")).to_be_visible()
    page.get_by_role("link", name="Write a note").click()
    expect(page.locator(TEXT)).to_be_visible()


def test_what_lies_below_an_empty_note_can_be_tapped_at_the_first_try(browser_of: BrowserOf, lived_in: int) -> None:
    """The form folds up when it loses the focus, which pressing the button of the mouse takes from it."""
    page = browser_of("ana", width=420, height=2600)
    page.goto(f"/customers/{lived_in}")
    page.click(TEXT)
    expect(page.get_by_label("seen or said")).to_be_visible()
    page.wait_for_load_state("networkidle")  # what comes later moves what is below it
    place = page.get_by_role("link", name="Change this note").bounding_box()
    page.mouse.move(place["x"] + 5, place["y"] + 5)
    page.mouse.down()
    page.wait_for_timeout(800)  # a slow finger; the form would have folded up after 500
    page.mouse.up()
    expect(page.locator("#note")).to_be_visible()


def test_a_note_that_is_changed_is_still_under_notes(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.get_by_role("link", name="Change this note").click()
    expect(page.locator("#note")).to_be_visible()
    expect(page.locator(".tablist [aria-current]")).to_have_text("Notes")


def test_a_field_that_was_pulled_larger_is_drawn_again_without_complaint(
    browser_of: BrowserOf, lived_in: int, complaints: list[str]
) -> None:
    """Its size is an inline style, which our own policy refuses when it is copied."""
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "A long story")
    page.locator(TEXT).evaluate("area => { area.style.height = '300px' }")
    page.check("#notes [value=observation]")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#notes .words").first).to_have_text("A long story")
    assert complaints == []


def test_the_key_for_the_search_is_offered_only_where_there_is_one(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("del")
    page.goto("/deliveries")
    page.keyboard.press("/")
    expect(page.get_by_label("Scan or type an order number")).to_be_focused()
    expect(page.locator("#single-keys")).to_be_visible()
    page.goto("/deliveries/1")
    expect(page.locator("#single-keys")).to_be_hidden()
    assert lived_in


def test_what_came_of_a_gift_is_read_out_where_the_focus_is(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.get_by_role("button", name="Give it").first.click()
    expect(page.get_by_role("status")).to_contain_text("It is theirs.")
    expect(page.get_by_role("status")).to_be_focused()


def test_everything_works_without_javascript(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana", width=320, java_script_enabled=False)
    page.goto("/")
    page.fill("#find", "nunez")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Carla Núñez").click()
    page.fill(TEXT, "Written the plain way")
    page.check("#notes [value=observation]")
    page.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(page.locator("#notes .words").first).to_have_text("Written the plain way")
    page.get_by_role("button", name="Kept").click()
    expect(page.locator("#promises")).not_to_contain_text("Ring about the shelf")
    page.get_by_role("button", name="Give it").first.click()
    expect(page.get_by_role("status")).to_contain_text("It is theirs.")
    assert lived_in


def test_a_refresh_on_the_way_does_not_hide_what_came_of_a_gift(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    held = held_back(page, "**/plus-one")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('preference-saved'))")
    expect(page.locator("#plus_one.htmx-request")).to_have_count(1)
    page.get_by_role("button", name="Give it").first.click()
    expect(page.get_by_role("status")).to_contain_text("It is theirs.")
    assert len(held) == 1
