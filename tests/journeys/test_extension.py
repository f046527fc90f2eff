"""The browser's own side panel beside a help desk, in a real Chromium that has the extension as we build it.

Its icon is clicked through the browser's protocol, which grants what a person's click grants and opens the panel. That panel Playwright
does not see, so the same page of the extension is driven in a tab of its own, behind the help desk's tab.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser_desk import WAITS_MS, listen, served, shut_out
from flask import Flask
from launched import connect
from playwright.sync_api import BrowserContext, CDPSession, FrameLocator, Locator, Page, Playwright, expect
from servers import CHROMIUM_FLAGS

from deskapp.desk import extension, pairing
from deskapp.rules.people import Actor
from deskapp.store.db import Database

SOURCE = Path(__file__).parents[2] / "static/extension"
IDENTITY = extension.Identity(b"any key: it names the extension, and signs nothing here")
KEY = "connection-key"

TICKETS = {
    "/1": "<main><p>Is <b id=marked>C-2</b> at home?</p><a href='mailto:carla@example.com?subject=Hello'>answer</a></main>",
    "/2": "<main><a hidden href='mailto:bait@example.com'>no</a><p>From: Dan &lt;dan@example.com&gt;.</p></main>",
    "/3": "<main><p>When are we open?</p></main>",
}
HELP_DESK = "<!doctype html><title>Help desk</title><link rel=icon href='data:,'><header>ana@shop.example</header>"
# Stands for the desk: says hello as the real one does, and shows what it is told.
DESK = """<!doctype html><title>Desk</title><link rel=icon href='data:,'><output></output><script>
addEventListener("message", ({ data }) => { document.querySelector("output").textContent = JSON.stringify(data.customer); });
parent.postMessage({ deskapp: 1, type: "hello" }, "*");
</script>"""


def site(environ, start_response):
    """All names of this machine: the desk where the extension opens it, else a page of the help desk."""
    path = environ["PATH_INFO"]
    is_desk = path == f"/connections/{KEY}/launch"
    policy = f"frame-ancestors {IDENTITY.chrome_origin}" if is_desk else "frame-ancestors *"
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy)])
    return [(DESK if is_desk else HELP_DESK + TICKETS[path]).encode()]


@dataclass(frozen=True, slots=True)
class Beside:
    """`page`: the help desk's; `panel`: the extension's; `protocol`: of the browser as a whole."""

    page: Page
    panel: Page
    protocol: CDPSession
    port: int

    def open(self, path: str) -> None:
        self.page.goto(f"http://crm.localhost:{self.port}{path}")

    def click_icon(self) -> None:
        target = next(one for one in self.targets("tab") if one["url"] == self.page.url)
        self.protocol.send("Extensions.triggerAction", {"id": IDENTITY.chrome_id, "targetId": target["targetId"]})

    def targets(self, kind: str) -> list[dict]:
        return self.protocol.send("Target.getTargets", {"filter": [{"type": kind}]})["targetInfos"]

    def mark(self) -> None:
        self.page.evaluate("getSelection().selectAllChildren(document.getElementById('marked'))")

    @property
    def desk(self) -> FrameLocator:
        return self.panel.frame_locator("iframe")

    def press(self, name: str) -> None:
        """Not by the mouse: a tab in the background draws so seldom that each click would wait for it for two seconds."""
        self.panel.get_by_role("button", name=name).dispatch_event("click")

    @property
    def said(self) -> Locator:
        return self.panel.get_by_role("status")

    @property
    def told(self) -> Locator:
        """By the stand-in."""
        return self.desk.locator("output")


@pytest.fixture
def beside(
    playwright: Playwright, chromium_path: str, tmp_path: Path, complaints: list[str]
) -> Iterator[Callable[..., Beside]]:
    """`beside(*patterns, desk=…)`: the extension for that desk, or a stand-in; its person has agreed that it follows these sites."""
    with served(site) as port:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium_path,
            args=[*CHROMIUM_FLAGS, "--enable-unsafe-extension-debugging"],  # or the protocol loads none and clicks none
            ignore_default_args=["--disable-extensions"],
        )
        context.set_default_timeout(WAITS_MS)
        listen(context, complaints)

        def make(*patterns: str, desk: str = f"http://desk.localhost:{port}") -> Beside:
            return open_beside(context, port, desk, tmp_path, list(patterns))

        yield make
        context.close()


def open_beside(context: BrowserContext, port: int, desk: str, folder: Path, patterns: list[str]) -> Beside:
    assert context.browser
    protocol = context.browser.new_browser_cdp_session()
    extension.write(extension.build(SOURCE, extension.read_place(desk, KEY), IDENTITY, "1.0"), folder)
    if (
        patterns
    ):  # nobody can press Allow in a browser without a window, but what an older version had it goes on having
        load(protocol, folder, host_permissions=patterns)
        load(protocol, folder, host_permissions=[], optional_host_permissions=patterns)
    else:
        load(protocol, folder)
    page, panel = context.pages[0], context.new_page()
    panel.set_viewport_size({"width": 258, "height": 700})
    panel.goto(f"{IDENTITY.chrome_origin}/panel.html")
    page.bring_to_front()
    return Beside(page, panel, protocol, port)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A background that opens the panel and tells nobody of the click."""
    source = shutil.copytree(SOURCE, tmp_path / "source")
    script = (source / "background.js").read_text()
    assert "api.runtime.sendMessage(" in script
    (source / "background.js").write_text(script.replace("api.runtime.sendMessage(", "Promise.reject("))
    monkeypatch.setitem(globals(), "SOURCE", source)


def load(protocol: CDPSession, folder: Path, **changes: list[str]) -> None:
    manifest = folder / "deskapp-chrome/manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))
    assert protocol.send("Extensions.loadUnpacked", {"path": str(manifest.parent)}) == {"id": IDENTITY.chrome_id}


@pytest.fixture
def real_desk(app: Flask, staff: dict[str, Actor], address: str) -> str:
    """Served, with a connection that this extension may open."""
    connect(app, "extension", staff["ada"], key=KEY, secret="", chrome=IDENTITY.chrome_id)
    return address.replace("127.0.0.1", "desk.localhost")


def pair(one: Beside, app: Flask, db: Database, ana: Actor) -> None:
    """Ana says yes to the code; the page would see so in a few seconds by itself."""
    code = one.desk.locator(".code").text_content()
    desk = app.extensions["deskapp"]
    with db.writing() as session:
        form = pairing.Answer(form_key="ana-says-yes", code=code)
        assert pairing.approve(session, ana, form, "127.0.0.1", signing_key=desk.signing_key, now=desk.now())
    one.panel.frames[1].evaluate("document.querySelector('#pairing form')?.submit()")


def test_the_desk_shows_whom_a_page_is_about_once_its_person_clicks(
    beside, real_desk, app, db, staff, complaints
) -> None:
    one = beside(desk=real_desk)
    one.open("/1")
    pair(one, app, db, staff["ana"])
    heading = one.desk.get_by_role("heading", level=1)
    expect(heading).to_have_text("Customers")
    one.press("Use this page")
    expect(one.said).to_contain_text("please click the desk’s icon")
    one.click_icon()
    expect(one.said).to_have_text("Read from this page: carla@example.com")  # what was asked for before
    expect(heading).to_have_text("Carla Núñez")
    expect(one.desk.locator(".matched")).to_contain_text("from the page")
    assert sum(target["url"] == one.panel.url for target in one.targets("page")) == 2  # ours, and the browser's panel
    one.mark()
    one.press("Use selection")
    expect(one.said).to_have_text("Read from your selection: C-2")
    expect(heading).to_have_text("Dan")
    one.desk.get_by_role("link", name="Customers").dispatch_event("click")
    expect(heading).to_have_text("Customers")
    one.press("Use selection")
    expect(heading).to_have_text("Dan")
    one.open("/3")
    one.press("Use selection")
    expect(one.said).to_contain_text("Please select an e-mail address")
    expect(heading).to_have_text("Dan")
    one.panel.get_by_text("Following sites, and help").dispatch_event("click")
    expect(one.panel.locator("#id")).to_have_text(IDENTITY.chrome_id)
    assert shut_out(one.panel) == []
    assert one.panel.evaluate("document.documentElement.scrollWidth") <= 258
    assert complaints == []


def test_a_click_whose_word_gets_lost_is_noticed_all_the_same(beside, forgetful, complaints) -> None:
    one = beside()
    one.open("/1")
    one.press("Use this page")
    expect(one.said).to_contain_text("please click the desk’s icon")
    one.click_icon()
    expect(one.said).to_have_text("Read from this page: carla@example.com")
    assert complaints == []


def test_a_site_that_its_person_agreed_to_is_followed_and_no_other(beside, complaints) -> None:
    one = beside("http://crm.localhost/*")
    one.open("/1")
    expect(one.told).to_have_text('{"email":"carla@example.com"}')
    one.page.evaluate(
        "document.querySelector('main').innerHTML = 'No reload: eve@example.com'; history.pushState(0, '', '/2')"
    )
    expect(one.said).to_have_text("Followed to: eve@example.com")
    expect(one.told).to_have_text('{"email":"eve@example.com"}')
    one.open("/2")
    expect(one.told).to_have_text('{"email":"dan@example.com"}')
    one.page.goto(f"http://other.localhost:{one.port}/1")
    one.press("Use this page")
    expect(one.said).to_contain_text("please click the desk’s icon")
    expect(one.told).to_have_text('{"email":"dan@example.com"}')
    one.open("/1")
    expect(one.told).to_have_text('{"email":"carla@example.com"}')
    one.panel.get_by_text("Following sites, and help").dispatch_event("click")
    one.press("Stop following crm.localhost")
    expect(one.panel.get_by_role("listitem")).to_have_count(0)
    one.open("/2")
    one.press("Use this page")
    expect(one.said).to_contain_text("please click the desk’s icon")
    expect(one.told).to_have_text('{"email":"carla@example.com"}')
    assert complaints == []
