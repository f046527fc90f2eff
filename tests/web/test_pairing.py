"""A panel that nobody vouches for shows a code; its person says yes on the desk's own page, and may take that back."""

import re
from urllib.parse import unquote

import pytest
from knocks import ENVELOPE, canvas
from launched import CRM, KEY, connect, rows, signed_path
from pages import form
from structlog.testing import capture_logs

from deskapp.desk import devices, pairing
from deskapp.desk import staff as hired
from deskapp.store.host_tables import AgentLink, Device, Pairing
from deskapp.store.tables import Seat, Surface

PATH = f"/connections/{KEY}/launch"


@pytest.fixture
def chatwoot(app, staff):
    return connect(app, "chatwoot", staff["ada"], secret="")


@pytest.fixture
def vouching(app, staff):
    return connect(app, "signed", staff["ada"])


class Panel:
    """What stands in the frame: its code, its secret, and what it may do with them."""

    def __init__(self, browser, path=PATH, answer=None):
        self.browser, self.path = browser, path
        self.page = answer(browser) if answer else browser.get(path)
        self.code = re.search(r'class="code">([^<]+)<', self.page.text)[1]
        self.fields = fields_of(self.page)
        self.secret = self.fields["deskapp-pairing"]

    def state(self, key=KEY):
        return self.browser.post(f"/connections/{key}/pairing", data={"deskapp-pairing": self.secret}).json["state"]

    def opens(self, path=None, **fields):
        return self.browser.post(path or self.path, data=fields or self.fields)


def fields_of(page):
    """As its form sends them before the page has put in what the browser keeps."""
    return dict(re.findall(r'name="(deskapp-(?:pairing|posted))" value="([^"]+)"', page.text))


def says(person, word, code, key="key-of-a-test"):
    return person.post(f"/pair/{word}", data={"form_key": key, "code": code})


def token_in(page, name="device") -> str:
    return re.search(rf'name="deskapp-{name}" content="([^"]+)"', page.text)[1]


def framers(page) -> str:
    return page.headers["Content-Security-Policy"].partition("frame-ancestors ")[2]


# --- yes ------------------------------------------------------------------------------------------------------------


def test_a_browser_that_is_confirmed_opens_and_from_then_on_by_itself(visitor, chatwoot, at_desk, db, staff):
    panel = Panel(visitor)
    assert framers(panel.page) == CRM
    assert "Carla" not in panel.page.text
    assert panel.state() == "waiting"
    ana = at_desk("ana")
    asked = ana.get(f"/pair?code={panel.code}")
    assert "The CRM k3y-of-the-tests</bdi> to you, <bdi>Ana</bdi>?" in asked.text
    assert panel.state() == "waiting"  # looking is no yes
    assert says(ana, "approve", panel.code).status_code == 303
    assert panel.state() == "approved"
    opened = panel.opens()
    assert opened.status_code == 200
    framed = {"X-Deskapp-Seat": token_in(opened, "seat")}
    assert visitor.get("/customers/1", headers=framed).status_code == 200
    assert framers(opened) == CRM
    kept = token_in(opened)
    again = panel.opens(**{"deskapp-device": kept})
    assert 'name="deskapp-seat"' in again.text
    assert 'name="deskapp-device"' not in again.text
    with db.reading() as session:
        (device,) = rows(session, Device)
        assert {seat.device_id for seat in rows(session, Seat) if seat.connection_id} == {device.id}
        assert rows(session, AgentLink) == []
        for secret in (kept, panel.secret, panel.code, panel.code.replace("-", "")):
            assert secret not in repr([rows(session, Pairing), device])


def test_an_agent_whom_the_host_vouches_for_is_asked_once_and_keeps_nothing_in_the_browser(
    visitor, vouching, at_desk, db, staff
):
    panel = Panel(visitor, signed_path())
    assert "data-keeps" not in panel.page.text
    assert says(at_desk("ana"), "approve", panel.code.lower().replace("-", " ")).status_code == 303
    opened = panel.opens()
    assert 'name="deskapp-seat"' in opened.text
    assert 'name="deskapp-device"' not in opened.text
    assert 'name="deskapp-seat"' in visitor.get(signed_path(nonce="c" * 16)).text
    assert 'id="pairing"' in visitor.get(signed_path(nonce="d" * 16, agent="8")).text
    with db.reading() as session:
        (one,) = rows(session, AgentLink)
        assert (one.agent_ref, one.staff_id) == ("7", staff["ana"].staff_id)


@pytest.fixture
def posting(app, staff):
    return connect(app, "salesforce", staff["ada"])


def posted_by_salesforce(browser):
    client = {**ENVELOPE["client"], "instanceId": "_:Desk:1"}
    return browser.post(PATH, data={"signed_request": canvas({**ENVELOPE, "client": client})})


def test_what_a_host_has_posted_once_is_shown_as_soon_as_somebody_says_yes(visitor, posting, at_desk):
    panel = Panel(visitor, answer=posted_by_salesforce)
    assert "never-to-be-seen" not in panel.page.text
    assert "carla@example.com" not in panel.page.text
    early = panel.opens()
    assert "Nobody has said yes yet" in early.text
    panel.fields = fields_of(early)
    says(at_desk("ana"), "approve", panel.code)
    opened = panel.opens()
    assert "Carla Núñez" in opened.text
    assert "Matched by" not in opened.text
    assert "_:Desk:1" in opened.text
    over = panel.opens()
    assert "counts no more" in over.text
    assert "deskapp-pairing" not in over.text  # it does not ask for a yes to a browser that nobody vouches for


@pytest.mark.parametrize("posted", ["", "gAAAAA", "é\0", "another panel's"])
def test_a_panel_shows_nobody_but_whom_the_host_has_posted_to_it(visitor, posting, at_desk, posted):
    panel, other = (Panel(visitor, answer=posted_by_salesforce) for _ in range(2))
    panel.fields["deskapp-posted"] = other.fields["deskapp-posted"] if posted == "another panel's" else posted
    says(at_desk("ana"), "approve", panel.code)
    opened = panel.opens()
    assert 'name="deskapp-seat"' in opened.text
    assert 'id="detail" class="detail" data-path' not in opened.text
    assert "_:Desk:1" not in opened.text


def test_a_code_counts_once_ten_minutes_and_for_its_own_connection(visitor, chatwoot, app, staff, at_desk, clock):
    other = connect(app, "chatwoot", staff["ada"], key="another-key", secret="", origin="https://other.example.com")
    assert other.origins == ("https://other.example.com",)
    ana, panel = at_desk("ana"), Panel(visitor)
    says(ana, "approve", panel.code)
    assert panel.state("another-key") == "over"
    assert 'name="deskapp-seat"' not in panel.opens("/connections/another-key/launch").text
    assert 'name="deskapp-seat"' in panel.opens().text
    second = panel.opens()
    assert 'name="deskapp-seat"' not in second.text
    assert 'id="pairing"' in second.text
    late = Panel(visitor)
    clock.moves(minutes=10)
    assert late.state() == "over"
    assert says(ana, "approve", late.code, "another-key-of-a-test").status_code == 422


def test_the_button_without_a_script_says_when_it_was_pressed_too_early(visitor, chatwoot, at_desk):
    panel = Panel(visitor)
    early = panel.opens()
    assert "Nobody has said yes yet" in early.text
    assert panel.code in early.text
    says(at_desk("ana"), "approve", panel.code)
    assert 'name="deskapp-seat"' in panel.opens().text


# --- no -------------------------------------------------------------------------------------------------------------


def test_what_was_refused_cannot_be_confirmed(visitor, chatwoot, at_desk):
    panel, ana = Panel(visitor), at_desk("ana")
    assert says(ana, "refuse", panel.code).status_code == 303
    assert panel.state() == "over"
    assert says(ana, "approve", panel.code).status_code == 422


def test_a_yes_is_never_a_link_nor_said_inside_another_site(visitor, chatwoot, at_desk, app):
    panel, ana = Panel(visitor), at_desk("ana")
    assert ana.get(f"/pair/approve?code={panel.code}").status_code == 405
    assert says(at_desk("ana"), "approve", panel.code, key="").status_code == 422
    page = ana.get(f"/pair?code={panel.code}")
    assert framers(page) == "'none'"
    assert page.headers["X-Frame-Options"] == "DENY"
    says(ana, "approve", panel.code)
    framed = app.test_client()
    framed.environ_base["HTTP_X_DESKAPP_SEAT"] = token_in(panel.opens(), "seat")
    fresh = Panel(visitor)
    assert framed.get(f"/pair?code={fresh.code}").status_code == 403
    assert says(framed, "approve", fresh.code).status_code == 403
    assert fresh.state() == "waiting"


def test_a_form_that_said_yes_to_one_code_is_not_taken_for_another(visitor, chatwoot, at_desk):
    ana, first, second = at_desk("ana"), Panel(visitor), Panel(visitor)
    assert [says(ana, "approve", one).status_code for one in (first.code, first.code, second.code)] == [303, 303, 409]
    assert second.state() == "waiting"


def test_nobody_says_yes_on_a_shared_tablet(visitor, chatwoot, at_desk):
    """A few minutes at the till would become ninety days elsewhere."""
    panel, bo = Panel(visitor), at_desk("bo")
    bo.post("/tablets", data=form(bo.get("/tablets"), "/tablets") | {"name": "By the till"})
    for refused in (bo.get(f"/pair?code={panel.code}"), says(bo, "approve", panel.code)):
        assert refused.status_code == 403
        assert "on a browser of your own" in refused.text
    assert panel.state() == "waiting"


def test_whoever_has_but_the_seat_of_a_frame_signs_in_for_a_tab_of_its_own(visitor, app, chatwoot, seat):
    framed = app.test_client()
    framed.set_cookie("__Host-deskapp-embed", seat("ana", Surface.EMBED), secure=True)
    in_a_tab = {"base_url": "https://localhost", "headers": {"Sec-Fetch-Dest": "document"}}
    sent = framed.get("/pair?code=BCDF-2345", **in_a_tab)
    assert unquote(sent.location) == "/sign-in?next=/pair?code=BCDF-2345"
    assert framed.get(sent.location, **in_a_tab).status_code == 200
    in_a_frame = {"Sec-Fetch-Dest": "iframe"}
    assert framed.get("/pair", base_url="https://localhost", headers=in_a_frame).status_code == 403


def test_whoever_is_not_signed_in_signs_in_first_and_is_brought_back_to_the_code(visitor, chatwoot):
    sent = visitor.get("/pair?code=BCDF-2345")
    assert unquote(sent.location) == "/sign-in?next=/pair?code=BCDF-2345"


def test_codes_are_not_guessed(visitor, chatwoot, at_desk):
    panel, ana = Panel(visitor), at_desk("ana")
    for n in range(5):
        assert ana.get(f"/pair?code=BCDF-234{n + 2}").status_code == 422
    assert ana.get(f"/pair?code={panel.code}").status_code == 429
    assert says(ana, "approve", panel.code).status_code == 429
    assert panel.state() == "waiting"


def test_codes_have_no_letters_that_are_read_as_others_and_differ():
    codes = {pairing.code_of(f"secret {n}", b"key") for n in range(2000)}
    assert len(codes) == 2000
    assert all(re.fullmatch(r"[B-DF-HJKMNP-TV-XZ2-9]{4}-[B-DF-HJKMNP-TV-XZ2-9]{4}", code) for code in codes)
    assert pairing.code_of("secret 1", b"another key") not in codes


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}], ids=str
)
def test_another_site_signs_nobody_in_as_somebody_else(visitor, chatwoot, at_desk, headers):
    panel = Panel(visitor)
    says(at_desk("bo"), "approve", panel.code)
    for data in ({"deskapp-pairing": panel.secret}, {"deskapp-device": "device_" + "x" * 40}):
        assert visitor.post(PATH, data=data, headers=headers).status_code == 403
    assert (
        visitor.post(f"/connections/{KEY}/pairing", data={"deskapp-pairing": panel.secret}, headers=headers).status_code
        == 403
    )


def test_neither_code_nor_secret_stands_in_the_log(visitor, chatwoot, at_desk):
    with capture_logs() as logs:
        panel = Panel(visitor)
        says(at_desk("ana"), "approve", panel.code)
        kept = token_in(panel.opens())
        panel.opens(**{"deskapp-device": kept})
    for secret in (panel.code, panel.secret, kept, KEY):
        assert secret not in repr(logs)


# --- taken back -----------------------------------------------------------------------------------------------------


@pytest.fixture
def paired(visitor, chatwoot, at_desk):
    """The panel, the token of its browser, the header of its seat."""
    panel = Panel(visitor)
    says(at_desk("ana"), "approve", panel.code, "key-of-the-pairing")
    opened = panel.opens()
    return panel, token_in(opened), {"X-Deskapp-Seat": token_in(opened, "seat")}


@pytest.mark.parametrize(
    "by", ["its owner", "who turns them away", "signing out everywhere", "signing out in the frame"]
)
def test_a_browser_that_is_let_go_of_is_out_at_once_and_does_not_come_back(
    visitor, paired, at_desk, db, staff, clock, by
):
    panel, kept, framed = paired
    ana = at_desk("ana")
    if by == "its owner":
        action = re.search(r'action="(/connected/browsers/\d+/revoke)"', ana.get("/connected").text)[1]
        assert at_desk("bo").post(action, data={"form_key": "key-of-a-test"}).status_code == 404
        assert visitor.get("/seat", headers=framed).status_code == 204
        assert ana.post(action, data={"form_key": "key-of-a-test"}).status_code == 303
        assert "Nowhere" in ana.get("/connected").text
    elif by == "who turns them away":
        with db.writing() as session:
            hired.disable(session, staff["ada"], staff["ana"].staff_id, now=clock())
            hired.enable(session, staff["ada"], staff["ana"].staff_id, now=clock())
    elif by == "signing out everywhere":
        ana.post("/sign-out/everywhere")
    else:
        visitor.post("/sign-out", headers=framed)
    assert visitor.get("/seat", headers=framed).status_code == 401
    refused = panel.opens(**{"deskapp-device": kept})
    assert 'name="deskapp-seat"' not in refused.text
    assert "data-forgotten" in refused.text


def test_an_agent_who_is_let_go_of_is_asked_again_and_their_seats_end(visitor, vouching, at_desk, db):
    panel, ana = Panel(visitor, signed_path()), at_desk("ana")
    says(ana, "approve", panel.code)
    framed = {"X-Deskapp-Seat": token_in(panel.opens(), "seat")}
    action = re.search(r'action="(/connected/agents/\d+/revoke)"', ana.get("/connected").text)[1]
    assert ana.post(action, data={"form_key": "key-of-a-test"}).status_code == 303
    assert visitor.get("/seat", headers=framed).status_code == 401
    assert 'id="pairing"' in visitor.get(signed_path(nonce="e" * 16)).text


def test_a_yes_that_nobody_took_up_dies_with_its_persons_seats(visitor, chatwoot, at_desk, staff, db, clock):
    panel = Panel(visitor)
    says(at_desk("ana"), "approve", panel.code)
    with db.writing() as session:
        hired.sign_out_everywhere(session, staff["ada"], staff["ana"].staff_id, now=clock())
    assert panel.state() == "over"
    assert 'name="deskapp-seat"' not in panel.opens().text


def test_a_browser_asks_anew_after_ninety_days(visitor, paired, clock):
    panel, kept, _ = paired
    clock.moves(days=90)
    assert 'name="deskapp-seat"' not in panel.opens(**{"deskapp-device": kept}).text


def test_a_browser_of_one_connection_opens_no_other(visitor, paired, app, staff):
    _, kept, _ = paired
    connect(app, "chatwoot", staff["ada"], key="another-key", secret="")
    assert (
        'name="deskapp-seat"' not in visitor.post("/connections/another-key/launch", data={"deskapp-device": kept}).text
    )


def test_a_paired_browser_still_needs_what_the_host_proves(visitor, app, staff, at_desk):
    """Front's address carries a secret of the company, which proves nobody: without it a token of the browser is not enough."""
    connect(app, "front", staff["ada"], key="front-key", secret="correct horse battery staple")
    good = "/connections/front-key/launch?auth_secret=correct+horse+battery+staple"
    panel = Panel(visitor, good)
    says(at_desk("ana"), "approve", panel.code)
    kept = token_in(panel.opens())
    assert 'name="deskapp-seat"' in panel.opens(**{"deskapp-device": kept}).text
    assert panel.opens("/connections/front-key/launch", **{"deskapp-device": kept}).status_code == 403


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18 Safari/605.1", "Safari on a Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox on Linux"),
        ("", "A browser"),
        ("\u202e<script>" * 100, "A browser"),
    ],
)
def test_a_browser_is_called_what_its_owner_would_call_it(sent, said):
    assert devices.label_of(sent) == said
