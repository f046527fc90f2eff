"""Notes that wait for the network, in a Chromium that keeps things as people's browsers do: saved once, and as whoever wrote them."""

from collections.abc import Callable, Iterator
from socket import SHUT_RDWR

import pytest
from browser_desk import WAITS_MS
from flask import Flask
from inside import started
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect
from sqlmodel import select

from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.memory_tables import Note
from deskapp.store.tables import Seat

WAITING = "waiting on this device, not saved at the desk yet."


@pytest.fixture(scope="module")
def started_by_hand(
    playwright: Playwright, chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    with started(playwright, chromium_path, tmp_path_factory.mktemp("offline") / "profile", "allowed") as one:
        yield one


@pytest.fixture
def browser(started_by_hand: Browser) -> Iterator[BrowserContext]:
    one = started_by_hand.new_context()
    one.set_default_timeout(WAITS_MS)
    yield one
    one.close()


@pytest.fixture
def sits(browser: BrowserContext, seat: Callable[..., str], address: str) -> Callable[[str], None]:
    """`sits("ana")`: from now on this browser is hers."""
    return lambda who: browser.add_cookies([{"name": "deskapp", "value": seat(who), "url": address}])


@pytest.fixture
def page(browser: BrowserContext, sits: Callable[[str], None], address: str, awaited: int) -> Page:
    """Carla's, open at Ana's, with the worker in place."""
    sits("ana")
    page = browser.new_page()
    page.goto(f"{address}/customers/{awaited}")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    return page


def write(page: Page, words: str) -> None:
    page.get_by_label("What did you learn?").fill(words)
    page.get_by_label("seen or said").check()
    page.get_by_role("button", name="Save note for Carla Núñez").click()


def waiting(page: Page) -> Locator:
    return page.locator("#unsent [aria-live]")


def saved(db: Database) -> list[tuple[int, str]]:
    with db.reading() as session:
        return [(one.author_id, one.text) for one in session.exec(select(Note).order_by(Note.id))]


def test_a_note_waits_while_the_network_is_gone_and_is_saved_once(
    browser: BrowserContext, page: Page, db: Database, staff: dict[str, Actor]
) -> None:
    browser.set_offline(True)
    page.get_by_role("button", name="Give it Plum jam").click()
    expect(page.get_by_role("alert")).to_contain_text("A gift is never kept for later")
    write(page, "Wrote in the cellar")
    expect(waiting(page)).to_have_text(f"1 note {WAITING}")
    expect(page.get_by_label("What did you learn?")).to_have_value("")
    expect(page.locator("#notes form .verdict")).to_have_text(
        "It waits on this device and is sent when the network is back."
    )
    write(page, "And on the stairs")
    expect(waiting(page)).to_have_text(f"2 notes {WAITING}")
    expect(page.locator("#notes .words")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("The desk cannot be reached")
    expect(waiting(page)).to_contain_text("2 notes waiting on this device")
    expect(page.locator("body")).not_to_contain_text("Carla")
    expect(page.locator("body")).not_to_contain_text("cellar")
    browser.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    expect(waiting(page)).to_have_text("2 notes sent.")
    expect(page.locator("#notes .words")).to_have_text(["And on the stairs", "Wrote in the cellar"])
    ana = staff["ana"].staff_id
    assert saved(db) == [(ana, "Wrote in the cellar"), (ana, "And on the stairs")]


def test_a_note_whose_answer_was_lost_is_saved_once(app: Flask, page: Page, db: Database) -> None:
    answered, lost, is_down = app.wsgi_app, [], [True]

    def breaks_off(environ, start_response):
        """A browser asks a second time by itself where a connection that it had kept open ends so."""
        answer = answered(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST" and is_down:
            lost.append(len(saved(db)))
            environ["werkzeug.socket"].shutdown(SHUT_RDWR)
            raise ConnectionResetError
        return answer

    app.wsgi_app = breaks_off
    write(page, "Said twice, meant once")
    expect(waiting(page)).to_contain_text("1 note")
    is_down.clear()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(waiting(page)).to_have_text("1 note sent.")
    expect(page.locator("#notes .words")).to_have_text(["Said twice, meant once"])
    assert set(lost) == {1}
    assert len(saved(db)) == 1


def test_what_one_wrote_is_never_sent_as_or_shown_to_another(
    browser: BrowserContext, page: Page, sits, address: str, db: Database, staff: dict[str, Actor]
) -> None:
    browser.set_offline(True)
    write(page, "Only Ana knows")
    expect(waiting(page)).to_contain_text("1 note")
    sits("bo")
    browser.set_offline(False)
    expect(waiting(page)).to_contain_text("Please sign in again, and it is sent.")
    page.goto(f"{address}/today")
    expect(waiting(page)).to_have_text("1 note of colleagues waiting here until they sign in.")
    expect(page.locator("#unsent")).not_to_contain_text("Only Ana knows")
    assert saved(db) == []
    sits("ana")
    page.reload()
    expect(waiting(page)).to_have_text("1 note sent.")
    assert saved(db) == [(staff["ana"].staff_id, "Only Ana knows")]


def test_a_note_that_the_desk_does_not_take_stays_with_its_reason_and_goes_back_into_its_field(
    browser: BrowserContext, page: Page, db: Database
) -> None:
    browser.set_offline(True)
    write(page, "Her card is 4111 1111 1111 1111")
    expect(waiting(page)).to_contain_text("1 note")
    browser.set_offline(False)
    expect(waiting(page)).to_contain_text("One was not taken: please look.")
    expect(page.locator("#unsent .problem")).to_contain_text("card")
    page.locator("#unsent").get_by_role("button", name="Mend it").click()
    expect(page.get_by_label("What did you learn?")).to_have_value("Her card is 4111 1111 1111 1111")
    expect(waiting(page)).to_be_empty()
    assert saved(db) == []


def test_where_the_browser_keeps_nothing_the_words_stay_in_their_field(browser: BrowserContext, page: Page) -> None:
    page.evaluate("() => { IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); }; }")
    browser.set_offline(True)
    write(page, "Kept by hand")
    expect(page.get_by_role("alert")).to_contain_text("this browser keeps nothing for later")
    expect(page.get_by_label("What did you learn?")).to_have_value("Kept by hand")
    expect(waiting(page)).to_be_empty()


def test_a_tablet_that_is_locked_without_a_network_is_locked_once_there_is_one(
    browser: BrowserContext, page: Page, sits: Callable[[str], None], address: str, awaited: int, db: Database
) -> None:
    sits("bo")
    page.goto(f"{address}/tablets")
    page.get_by_label("What is it called?").fill("By the till")
    page.get_by_role("button", name="Share this browser").click()
    expect(page.locator("#tablets")).to_contain_text("this browser")
    page.goto(f"{address}/customers/{awaited}")
    browser.set_offline(True)
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The desk cannot be reached")
    browser.set_offline(False)  # the page goes on by itself
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is here?")
    page.wait_for_function("() => !localStorage.getItem('desk-still-to-lock')")
    with db.reading() as session:
        assert session.exec(select(Seat).where(Seat.tablet_id.is_not(None), Seat.revoked_at.is_(None))).all() == []
