"""The browser's own side panel beside a help desk, in a real Chromium that has the extension as we build it.

Its icon is clicked through the browser's protocol, which grants what a person's click grants and opens the panel. That panel Playwright
does not see, so the same page of the extension is driven in a tab of its own, behind the help desk's tab.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser_desk import WAITS_MS, listen, served, shut_out
from playwright.sync_api import BrowserContext, CDPSession, Locator, Page, Playwright, expect
from servers import CHROMIUM_FLAGS

from deskapp.desk import extension

SOURCE = Path(__file__).parents[2] / "static/extension"
IDENTITY = extension.Identity(b"any key: it names the extension, and signs nothing here")
KEY = "connection-key"

TICKETS = {
    "/1": "<main><p>Where is <b id=marked>O-2</b>?</p><a href='mailto:carla@example.com?subject=Hello'>answer</a></main>",
    "/2": "<main><a hidden href='mailto:bait@example.com'>no</a><p>From: Dan &lt;dan@example.com&gt;.</p></main>",
    "/3": "<main><p>When are we open?</p></main>",
    "/letter": "<p>Or was it <b id=marked>+34 600 100 200</b>?</p>",
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

    def mark(self, where: str = "document") -> None:
        self.page.evaluate(f"((d) => d.getSelection().selectAllChildren(d.getElementById('marked')))({where})")

    def press(self, name: str) -> None:
        """Not by the mouse: a tab in the background draws so seldom that each click would wait for it for two seconds."""
        self.panel.get_by_role("button", name=name).dispatch_event("click")

    @property
    def said(self) -> Locator:
        return self.panel.get_by_role("status")

    @property
    def told(self) -> Locator:
        return self.panel.frame_locator("iframe").locator("output")


@pytest.fixture
def beside(
    playwright: Playwright, chromium_path: str, tmp_path: Path, complaints: list[str]
) -> Iterator[Callable[..., Beside]]:
    """`beside(*patterns)`: with the extension in it, to which the person has agreed that it follows sites of these patterns."""
    with served(site) as port:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium_path,
            args=[*CHROMIUM_FLAGS, "--enable-unsafe-extension-debugging"],  # or the protocol loads none and clicks none
            ignore_default_args=["--disable-extensions"],
        )
        context.set_default_timeout(WAITS_MS)
        listen(context, complaints)
        yield lambda *patterns: open_beside(context, port, write_extension(tmp_path, port, patterns))
        context.close()


def write_extension(folder: Path, port: int, patterns: tuple[str, ...]) -> Path:
    place = extension.read_place(f"http://desk.localhost:{port}", KEY)
    extension.write(extension.build(SOURCE, place, IDENTITY, "1.0"), folder)
    manifest = folder / "deskapp-chrome/manifest.json"
    if patterns:  # nobody can press Allow in a browser without a window
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"host_permissions": patterns}))
    return manifest.parent


def open_beside(context: BrowserContext, port: int, folder: Path) -> Beside:
    assert context.browser
    protocol = context.browser.new_browser_cdp_session()
    assert protocol.send("Extensions.loadUnpacked", {"path": str(folder)}) == {"id": IDENTITY.chrome_id}
    page, panel = context.pages[0], context.new_page()
    panel.set_viewport_size({"width": 258, "height": 700})
    panel.goto(f"{IDENTITY.chrome_origin}/panel.html")
    page.bring_to_front()
    return Beside(page, panel, protocol, port)


def test_a_page_is_read_once_its_person_clicks_and_the_desk_is_told_what_it_said(beside, complaints) -> None:
    one = beside()
    one.open("/1")
    one.press("Use this page")
    expect(one.said).to_contain_text("please click the desk’s icon")
    expect(one.told).to_have_text("{}")
    one.click_icon()
    expect(one.said).to_have_text("Read from this page: carla@example.com")  # what was asked for before
    expect(one.told).to_have_text('{"email":"carla@example.com"}')
    assert sum(target["url"] == one.panel.url for target in one.targets("page")) == 2  # ours, and the browser's panel
    one.mark()
    one.press("Use selection")
    expect(one.said).to_have_text("Read from your selection: O-2")
    expect(one.told).to_have_text('{"external_id":"O-2"}')
    one.open("/3")
    one.press("Use this page")
    expect(one.said).to_have_text("Read from this page: ana@shop.example")
    one.press("Use selection")
    expect(one.said).to_contain_text("Please select an e-mail address")
    expect(one.told).to_have_text('{"email":"ana@shop.example"}')
    one.panel.get_by_text("Following sites, and help").dispatch_event("click")
    expect(one.panel.locator("#id")).to_have_text(IDENTITY.chrome_id)
    assert shut_out(one.panel) == []
    assert one.panel.evaluate("document.documentElement.scrollWidth") <= 258
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
    one.panel.get_by_text("Following sites, and help").dispatch_event("click")
    expect(one.panel.get_by_role("button", name="Stop following crm.localhost")).to_be_visible()
    assert complaints == []
