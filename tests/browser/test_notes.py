"""Writing notes in a browser: few taps, nothing lost, and never the wrong customer on the screen."""

from datetime import timedelta

import cast
import pytest
from browser_desk import BrowserOf, held_back, let_go, shut_out
from playwright.sync_api import Page, expect

from deskapp.desk import merging, notes
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.memory_tables import NoteKind

TEXT = "#add-note-text"


def open_dan(page: Page) -> None:
    page.locator("#find").fill("dan")
    page.get_by_role("link", name="Dan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dan")


def test_a_note_takes_two_taps_and_the_words(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana", width=820, has_touch=True)
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Asked for warm light")
    page.get_by_label("seen or said").tap()
    page.get_by_role("button", name="Save note for Carla Núñez").tap()
    expect(page.locator("#notes .words").first).to_have_text("Asked for warm light")
    expect(page.locator("#notes .rows > li").first).to_contain_text("Ana, in person")


def test_the_channel_used_last_is_remembered_in_this_browser_alone(browser_of: BrowserOf, lived_in: int) -> None:
    page, other = browser_of("ana"), browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Rang about the shelf")
    page.get_by_label("seen or said").check()
    page.locator("#notes").get_by_label("on the phone").check()
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#notes .words").first).to_have_text("Rang about the shelf")
    page.goto(f"/customers/{lived_in + 1}")
    page.click(TEXT)
    expect(page.locator("#notes").get_by_label("on the phone")).to_be_checked()
    other.goto(f"/customers/{lived_in + 1}")
    other.click(TEXT)
    expect(other.locator("#notes").get_by_label("in person")).to_be_checked()


@pytest.mark.parametrize("width", [320, 820])
def test_a_note_is_written_marked_compared_and_taken_back_without_javascript(
    browser_of: BrowserOf, lived_in: int, width: int
) -> None:
    page = browser_of("ana", width=width, java_script_enabled=False)
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Plays the cello. Wants warm light.")
    page.get_by_label("seen or said").check()
    page.get_by_role("button", name="Save note for Carla Núñez").click()
    walk_through_the_marks(page)


@pytest.mark.parametrize("width", [320, 820])
def test_a_note_is_written_marked_compared_and_taken_back(browser_of: BrowserOf, lived_in: int, width: int) -> None:
    page = browser_of("ana", width=width)
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Plays the cello. Wants warm light.")
    page.get_by_label("seen or said").check()
    page.locator(TEXT).press("Control+Enter")
    expect(page.locator("#notes .words").first).to_have_text("Plays the cello. Wants warm light.")
    walk_through_the_marks(page)


def walk_through_the_marks(page: Page) -> None:
    page.get_by_role("link", name="Change this note").first.click()
    page.get_by_role("button", name="Show it on top").click()
    page.get_by_text("Is a sentence safe to mention?").click()
    page.get_by_label("Plays the cello.").check()
    page.get_by_role("button", name="Remember it").click()
    page.get_by_text("Pin it above the others").click()
    page.get_by_label("Why").fill("The concert is in May")
    page.get_by_label("Last day").fill((cast.NOW.date() + timedelta(days=30)).isoformat())
    page.get_by_role("button", name="Pin it").click()
    expect(page.locator("#note .pinned")).to_contain_text("The concert is in May")
    page.get_by_label("What happened").fill("Plays the cello. Wants very warm light.")
    page.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(page.locator("#notes .pinned")).to_contain_text("The concert is in May")
    expect(page.locator("#customer .alerts")).to_contain_text("Plays the cello. Wants very warm light.")
    page.get_by_role("link", name="Change this note").first.click()
    expect(page.locator("#note ins")).to_have_text("[new: very ]")
    page.get_by_role("button", name="Take the note back").click()
    expect(page.locator("#notes")).not_to_contain_text("cello")
    expect(page.locator("body")).not_to_contain_text("cello")
    page.get_by_text("Taken back (1)").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#notes .words").first).to_have_text("Plays the cello. Wants very warm light.")


def test_of_two_who_change_one_note_the_second_sees_theirs_hers_and_the_difference(
    browser_of: BrowserOf, lived_in: int
) -> None:
    ana, bo = browser_of("ana", width=820), browser_of("bo", width=820)
    for page in (ana, bo):
        page.goto(f"/customers/{lived_in}")
        page.get_by_role("link", name="Change this note").click()
    for page, words in ((bo, "Is setting up a music corner."), (ana, "Is setting up a quiet corner.")):
        page.get_by_label("What happened").fill(words)
        page.get_by_role("button", name="Save note").click()
    expect(ana.locator("#note .theirs").first).to_contain_text("Is setting up a music corner.")
    expect(ana.locator("#note .theirs ins")).to_have_text("[new: quiet ]")
    expect(ana.locator("#note .theirs del")).to_have_text("[taken out: music ]")
    expect(ana.get_by_label("What happened")).to_have_value("Is setting up a quiet corner.")
    assert shut_out(ana) == []


def test_words_that_came_back_unsaved_are_still_there_after_a_reload(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "Careful words without a kind")
    page.locator("#notes form.compose").evaluate("form => { form.noValidate = true; form.requestSubmit() }")
    expect(page.locator("#notes .problem")).to_have_text("Please fill this in.")
    page.reload()
    expect(page.locator(TEXT)).to_have_value("Careful words without a kind")


# --- never the wrong customer ---------------------------------------------------------------------------------------


def test_an_answer_that_comes_late_for_the_customer_before_is_never_drawn(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto("/")
    late = held_back(page, f"**/customers/{lived_in}")
    page.get_by_role("link", name="Carla Núñez").click()
    expect(page.locator("#detail")).to_have_class("detail htmx-request")
    open_dan(page)
    let_go(page, late)
    page.get_by_role("link", name="Preferences").click()
    expect(page.locator("#preferences")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("reading corner")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dan")
    assert page.url.endswith(f"/customers/{lived_in + 1}")


def test_a_note_that_is_saved_late_is_saved_but_not_drawn_at_the_next_customers(
    browser_of: BrowserOf, db: Database, lived_in: int, complaints: list[str]
) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "A word for Carla alone")
    page.get_by_label("seen or said").check()
    late = held_back(page, f"**/customers/{lived_in}/notes")
    page.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(page.locator("#notes form.htmx-request")).to_have_count(1)
    open_dan(page)
    with page.expect_response(f"**/customers/{lived_in}/notes"):
        let_go(page, late)
    page.get_by_role("link", name="Orders").click()
    expect(page.locator("#orders")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("A word for Carla alone")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dan")
    page.goto(f"/customers/{lived_in}")
    expect(page.locator("#notes .words").first).to_have_text("A word for Carla alone")
    expect(page.locator(TEXT)).to_have_value("")
    assert complaints == []


def test_words_whose_refusal_came_too_late_to_be_drawn_wait_where_they_were_written(
    browser_of: BrowserOf, lived_in: int
) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    page.fill(TEXT, "She is pregnant and asked for a chair")
    page.get_by_label("seen or said").check()
    late = held_back(page, f"**/customers/{lived_in}/notes")
    page.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(page.locator("#notes form.htmx-request")).to_have_count(1)
    open_dan(page)
    with page.expect_response(f"**/customers/{lived_in}/notes"):
        let_go(page, late)
    expect(page.locator("#alerts")).to_contain_text("was not saved")
    page.goto(f"/customers/{lived_in}")
    expect(page.locator(TEXT)).to_have_value("She is pregnant and asked for a chair")


def test_words_for_somebody_who_was_joined_with_another_meanwhile_stay_in_their_field(
    browser_of: BrowserOf, db: Database, staff: dict[str, Actor], lived_in: int
) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in + 1}")
    page.fill(TEXT, "Careful words about Dan")
    page.get_by_label("seen or said").check()
    with db.writing() as session:
        form = merging.NewMerge(form_key="join-dan", other_id=lived_in + 1)
        merging.merge(session, staff["bo"], lived_in, form, now=cast.NOW)
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#alerts")).to_contain_text("the same person")
    expect(page.locator(TEXT)).to_have_value("Careful words about Dan")


def test_going_back_shows_nobody_until_the_page_before_is_there(browser_of: BrowserOf, lived_in: int) -> None:
    page = browser_of("ana")
    page.goto(f"/customers/{lived_in}")
    open_dan(page)
    late = held_back(page, f"**/customers/{lived_in}")
    page.evaluate("history.back()")
    expect(page.locator("#customer")).to_be_hidden()
    let_go(page, late)
    expect(page.get_by_role("heading", level=1)).to_have_text("Carla Núñez")


# --- looking through them -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_script", [True, False])
def test_the_latest_five_are_shown_then_more_and_only_some(
    browser_of: BrowserOf, db: Database, staff: dict[str, Actor], lived_in: int, *, has_script: bool
) -> None:
    with db.writing() as session:
        for n in range(8):
            note = notes.NewNote(
                form_key=f"many-notes-{n}",
                text=f"Observed {n}",
                kind=NoteKind.OPINION if n == 0 else NoteKind.OBSERVATION,
                channel="chat",
            )
            notes.record(session, staff["bo"], lived_in, note, now=cast.NOW - timedelta(days=8 - n))
    page = browser_of("ana", width=320, java_script_enabled=has_script)
    page.goto(f"/customers/{lived_in}")
    expect(page.locator("#notes .words")).to_have_text([f"Observed {n}" for n in (7, 6, 5, 4, 3)])
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#notes .words")).to_have_count(9)
    page.get_by_text("Only some of them").click()
    page.locator("#notes").get_by_label("Kind").select_option("opinion")
    page.get_by_role("button", name="Show these").click()
    expect(page.locator("#notes .words")).to_have_text(["Observed 0"])
    page.get_by_role("link", name="Back to the newest").click()
    expect(page.locator("#notes .words")).to_have_count(5)
