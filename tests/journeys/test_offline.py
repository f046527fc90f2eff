"""Notes that wait for the network, in a Chromium that keeps things as people's browsers do: saved once, and as whoever wrote them."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import SHUT_RDWR

import pytest
from browser_desk import WAITS_MS
from flask import Flask
from inside import started
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect
from sqlmodel import select

from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant
from deskapp.store.memory_tables import Note
from deskapp.store.tables import Seat

WAITING = "waiting on this device, not saved at the desk yet."
# As where no room is left: a row is taken, and its transaction fails at the end. Chromium's own switches for a small quota do not
# reach IndexedDB: 100 MB went in under an override of 0.
FILL_UP = """() => {
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (row) {
        const asked = add.call(this, row), { transaction } = this;
        Object.defineProperty(transaction, "error", { value: new DOMException("", "QuotaExceededError") });
        asked.addEventListener("success", () => transaction.abort());
        return asked;
    };
}"""
# How many tabs hold or wait for the right to send.
AT_THE_LOCK = "new Set(Object.values(await navigator.locks.query()).flat().map(({ clientId }) => clientId)).size"


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
    return looks_at(browser, f"{address}/customers/{awaited}")


def looks_at(browser: BrowserContext, where: str) -> Page:
    page = browser.new_page()
    page.goto(where)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    return page


@pytest.fixture
def posted(app: Flask) -> list[str]:
    """Paths to which anything was posted, each as often as it was."""
    answered, paths = app.wsgi_app, []

    def counts(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            paths.append(environ["PATH_INFO"])
        return answered(environ, start_response)

    app.wsgi_app = counts
    return paths


def write(page: Page, words: str) -> None:
    page.get_by_label("What did you learn?").fill(words)
    page.get_by_label("seen or said").check()
    page.get_by_role("button", name="Save note for Carla Núñez").click()


def waiting(page: Page) -> Locator:
    return page.locator("#unsent [aria-live]")


def comes_true(page: Page, asked: str) -> bool:
    """`asked` may await something; Playwright's own wait_for_function takes any promise for true."""
    turns = WAITS_MS // 20
    return page.evaluate(
        f"""async () => {{
            for (let turn = 0; turn < {turns}; turn++) {{
                if ({asked}) return true;
                await new Promise((done) => setTimeout(done, 20));
            }}
            return false;
        }}"""
    )


def saved(db: Database) -> list[tuple[int, str]]:
    with db.reading() as session:
        return [(one.author_id, one.text) for one in session.exec(select(Note).order_by(Note.id))]


def test_a_note_waits_while_the_network_is_gone_and_is_saved_once(
    browser: BrowserContext, page: Page, db: Database, staff: dict[str, Actor]
) -> None:
    browser.set_offline(True)
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


def test_where_no_room_is_left_the_words_stay_in_their_field_and_what_waits_already_is_still_sent(
    browser: BrowserContext, page: Page, db: Database
) -> None:
    browser.set_offline(True)
    write(page, "There was room for this")
    expect(waiting(page)).to_have_text(f"1 note {WAITING}")
    page.evaluate(FILL_UP)
    write(page, "And none for this")
    expect(page.get_by_role("alert")).to_contain_text("this device has no room left for a note")
    expect(page.get_by_label("What did you learn?")).to_have_value("And none for this")
    expect(waiting(page)).to_have_text(f"1 note {WAITING}")
    expect(page.locator("#notes form .verdict")).to_have_count(0)  # that says of the first one that it waits
    browser.set_offline(False)
    expect(waiting(page)).to_have_text("1 note sent.")
    expect(page.get_by_label("What did you learn?")).to_have_value("And none for this")
    page.get_by_role("button", name="Save note for Carla Núñez").click()
    expect(page.locator("#notes .words")).to_have_text(["And none for this", "There was room for this"])
    assert [text for _, text in saved(db)] == ["There was room for this", "And none for this"]


def test_a_note_outlives_a_browser_that_is_killed(
    playwright: Playwright,
    chromium_path: str,
    tmp_path: Path,
    seat: Callable[..., str],
    address: str,
    awaited: int,
    db: Database,
    staff: dict[str, Actor],
) -> None:
    profile, where = tmp_path / "profile", f"{address}/customers/{awaited}"
    hers = {"name": "deskapp", "value": seat("ana"), "url": address}
    with started(playwright, chromium_path, profile, "allowed") as one:
        one.contexts[0].add_cookies([hers])
        page = looks_at(one.contexts[0], where)
        one.contexts[0].set_offline(True)
        write(page, "Written before the battery died")
        expect(waiting(page)).to_have_text(f"1 note {WAITING}")
        running = one.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        os.kill(next(process["id"] for process in running if process["type"] == "browser"), signal.SIGKILL)
    with started(playwright, chromium_path, profile, "allowed") as one:
        page = looks_at(one.contexts[0], where)  # the seat ended with the browser
        expect(waiting(page)).to_contain_text(
            "1 note waiting on this device, to be sent when whoever wrote it is signed in"
        )
        assert saved(db) == []
        one.contexts[0].add_cookies([hers])
        page.goto(where)
        expect(waiting(page)).to_have_text("1 note sent.")
        page.reload()
        expect(page.locator("#notes .words")).to_have_text(["Written before the battery died"])
        expect(waiting(page)).to_be_empty()
    assert saved(db) == [(staff["ana"].staff_id, "Written before the battery died")]


def test_of_two_tabs_one_sends_what_waits(
    app: Flask, browser: BrowserContext, page: Page, address: str, posted: list[str], db: Database
) -> None:
    goes_on, answered = threading.Event(), app.wsgi_app

    def takes_its_time(environ, start_response):
        if environ["PATH_INFO"] == "/who":
            goes_on.wait(WAITS_MS / 1000)
        return answered(environ, start_response)

    app.wsgi_app = takes_its_time
    other = looks_at(browser, page.url)
    browser.set_offline(True)
    write(page, "Seen from two tabs")
    expect(waiting(page)).to_contain_text("1 note")
    browser.set_offline(False)  # both hear of it
    assert comes_true(page, f"{AT_THE_LOCK} === 2")
    goes_on.set()
    assert comes_true(page, f"{AT_THE_LOCK} === 0")
    assert Counter([waiting(page).inner_text(), waiting(other).inner_text()]) == {"1 note sent.": 1, "": 1}
    assert [path for path in posted if path.endswith("/notes")] == [f"/customers/{page.url.rpartition('/')[2]}/notes"]
    assert [text for _, text in saved(db)] == ["Seen from two tabs"]


def test_a_note_that_waits_outlives_a_new_edition_of_the_worker(
    app: Flask, browser: BrowserContext, page: Page, db: Database
) -> None:
    answered, is_changing = app.wsgi_app, [True]

    def moves_on(environ, start_response):
        """The desk gets a new edition: the worker is there already, what takes notes is not yet."""
        if environ["REQUEST_METHOD"] == "POST" and is_changing:
            start_response("503 Service Unavailable", [])
            return [b""]
        if environ["PATH_INFO"] == "/worker.js":
            start_response("200 OK", [("Content-Type", "text/javascript")])
            return [b'const EDITION = "next", FILES = [];\n', *old]
        return answered(environ, start_response)

    old = [app.test_client().get("/worker.js").data.partition(b"\n")[2]]
    browser.set_offline(True)
    write(page, "Older than this edition")
    expect(waiting(page)).to_contain_text("1 note")
    app.wsgi_app = moves_on
    browser.set_offline(False)
    page.reload()
    assert comes_true(page, "String(await caches.keys()) === 'deskapp-next'")
    expect(waiting(page)).to_have_text(f"1 note {WAITING}")
    assert saved(db) == []
    is_changing.clear()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(waiting(page)).to_have_text("1 note sent.")
    expect(page.locator("#notes .words")).to_have_text(["Older than this edition"])
    assert [text for _, text in saved(db)] == ["Older than this edition"]


def test_a_gift_is_never_kept_for_later(browser: BrowserContext, page: Page, posted: list[str], db: Database) -> None:
    give = page.get_by_role("button", name="Give it Plum jam")
    browser.set_offline(True)
    give.click()
    expect(page.get_by_role("alert")).to_contain_text("A gift is never kept for later")
    expect(waiting(page)).to_be_empty()
    write(page, "Would have liked the jam")
    expect(waiting(page)).to_have_text(f"1 note {WAITING}")
    browser.set_offline(False)
    expect(waiting(page)).to_have_text("1 note sent.")
    page.reload()
    assert [path.rpartition("/")[2] for path in posted] == ["notes"]
    with db.reading() as session:
        assert session.exec(select(Grant)).all() == []
    give.click()
    expect(page.get_by_role("status")).to_contain_text("It is theirs.")
    with db.reading() as session:
        assert len(session.exec(select(Grant)).all()) == 1


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
