"""A CRM opens the desk in its frame, or its server asks for a link: who gets in, as whom, and who may show it."""

import re
from html import unescape

import pytest
from knocks import key_of, pem_of, token
from launched import CRM, KEY, connect, intercom_call, link, rows, signed_path
from pages import form
from sqlmodel import select
from structlog.testing import capture_logs

from deskapp.desk import devices, launches, pairing, seats
from deskapp.desk import staff as hired
from deskapp.hosts.launch import LONGEST_BODY
from deskapp.store.host_tables import Connection, HostLaunch, LaunchReceipt
from deskapp.store.privacy_tables import View
from deskapp.store.tables import Customer, LaunchLink, Seat, Surface

HTTPS = "https://localhost"
IN_A_FRAME = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}
SENTENCE = "This could not be opened from here. Your administrator sees why on the page Connections, under number"


def policy(response) -> dict[str, str]:
    parts = response.headers["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


def seat_token(page) -> str:
    return re.search(r'name="deskapp-seat" content="([^"]+)"', page.text)[1]


def pair(app, known, who, secret):
    """Somebody said yes to the panel that has this secret."""
    desk = app.extensions["deskapp"]
    with desk.database.writing() as session:
        code = pairing.begin(session, known.id, "8", secret=secret, signing_key=desk.signing_key, now=desk.now())
        answer = pairing.Answer(form_key="key-of-a-test", code=code)
        pairing.approve(session, who, answer, "192.0.2.1", signing_key=desk.signing_key, now=desk.now())


def cookie(page) -> str:
    return page.headers["Set-Cookie"].partition("=")[2].partition(";")[0]


@pytest.fixture
def known(app, staff, db, clock):
    """A connection whose host signs, and there the agent 7 is Ana."""
    known = connect(app, "signed", staff["ada"])
    link(db, known, "7", staff["ana"], clock())
    return known


@pytest.fixture
def carla(db):
    """By the number that the host knows her by."""
    with db.writing() as session:
        row = session.get(Customer, 1)
        row.external_id = "C-17"
        return row.id


# --- who gets in ----------------------------------------------------------------------------------------------------


def test_a_signed_launch_opens_the_customer_on_the_screen_at_once_and_for_that_host_alone(
    visitor, known, carla, db, staff
):
    page = visitor.get(signed_path(), headers=IN_A_FRAME)
    assert page.status_code == 200
    assert 'class="on-embed"' in page.text
    assert "Carla Núñez" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert policy(page)["frame-ancestors"] == CRM
    assert policy(page)["script-src"] == "'self'"
    assert "X-Frame-Options" not in page.headers
    assert f'content="signed" data-connection="{KEY}" data-origins="{CRM}"' in page.text
    assert re.search(r'src="/assets/embed\.\w+\.js" defer></script>\s*<script src="/assets/plain\.', page.text)
    with db.reading() as session:
        (seat,) = rows(session, Seat)
        assert (seat.staff_id, seat.surface, seat.connection_id) == (staff["ana"].staff_id, Surface.EMBED, known.id)
        (noted,) = rows(session, HostLaunch)
        assert (noted.outcome, noted.staff_id, noted.seconds_off) == ("opened", staff["ana"].staff_id, 0)
        (view,) = rows(session, View)
        assert (view.customer_id, view.host) == (carla, "signed")


def test_what_the_seat_of_a_frame_asks_for_may_be_framed_by_its_host_alone_errors_too(visitor, known, htmx):
    framed = {"X-Deskapp-Seat": seat_token(visitor.get(signed_path()))}
    for path in ("/", "/customers/1", "/staff", "/no-such-page"):
        for headers in (framed, framed | htmx):
            page = visitor.get(path, headers=headers)
            assert policy(page)["frame-ancestors"] == CRM, path
            assert policy(page)["script-src"] == "'self'"
            assert "X-Frame-Options" not in page.headers
    assert policy(visitor.get("/sign-in"))["frame-ancestors"] == "'self'"


def test_only_the_answer_to_a_launch_may_run_the_hosts_own_script(visitor, app, staff, db, clock):
    zendesk = connect(app, "zendesk", staff["ada"], secret=pem_of(key_of("zendesk")))
    link(db, zendesk, "77", staff["ana"], clock())
    page = visitor.post(f"/connections/{KEY}/launch?origin=x&app_guid=y", data={"token": token()}, headers=IN_A_FRAME)
    script = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
    assert policy(page)["script-src"] == f"'self' {script}"
    assert policy(page)["frame-ancestors"] == "https://acme.zendesk.com"
    assert page.text.index(script) < page.text.index("/assets/embed.")
    framed = {"X-Deskapp-Seat": seat_token(page)}
    assert policy(visitor.get("/", headers=framed))["script-src"] == "'self'"


def test_the_same_launch_opens_once_but_for_the_browser_that_has_its_seat(visitor, app, known, db):
    path = signed_path()
    first = visitor.get(path, base_url=HTTPS)
    thief = app.test_client()
    again = thief.get(path, base_url=HTTPS)
    assert again.status_code == 403
    assert "Please reload it from" in again.text
    assert "deskapp-seat" not in again.text
    assert policy(again)["frame-ancestors"] == CRM
    reloaded = visitor.get(path, base_url=HTTPS)
    assert reloaded.status_code == 200
    old, new = seat_token(first), seat_token(reloaded)
    assert old != new
    assert visitor.get("/seat", headers={"X-Deskapp-Seat": new}).status_code == 204
    assert visitor.get("/seat", headers={"X-Deskapp-Seat": old}).status_code == 401
    with db.reading() as session:
        outcomes = session.exec(select(HostLaunch.outcome).order_by(HostLaunch.id)).all()
    assert outcomes == ["opened", "replayed", "opened"]


def test_another_live_seat_of_the_same_person_is_no_proof_that_a_launch_is_a_reload(visitor, app, known, seat):
    visitor.get(signed_path(), base_url=HTTPS)
    other = app.test_client()
    for other_token in (
        seat("ana", Surface.EMBED),
        cookie(app.test_client().get(signed_path(nonce="f" * 16), base_url=HTTPS)),
    ):
        other.set_cookie("__Host-deskapp-embed", other_token, secure=True, domain="localhost")
        assert other.get(signed_path(), base_url=HTTPS).status_code == 403


def test_a_reload_after_the_seat_was_ended_opens_nothing(visitor, known, db, staff, clock):
    visitor.get(signed_path(), base_url=HTTPS)
    with db.writing() as session:
        seats.leave_all(session, None, staff["bo"].staff_id, now=clock())
        session.exec(select(Seat)).one().revoked_at = clock()
    assert visitor.get(signed_path(), base_url=HTTPS).status_code == 403


def test_a_launch_never_joins_the_seat_that_a_browser_had(at_desk, known):
    bo = at_desk("bo")
    page = bo.get(signed_path())
    assert "deskapp-seat" in page.text
    assert "Set-Cookie" not in page.headers
    assert "Bo" in bo.get("/password").text


def test_what_cannot_be_verified_is_refused_with_a_number_and_not_a_word_of_why(visitor, known, db):
    spoiled = signed_path().replace("agent=7", "agent=8")
    with capture_logs() as logs:
        page = visitor.get(spoiled, headers=IN_A_FRAME)
    assert page.status_code == 403
    assert f"{SENTENCE} 1." in page.text
    assert "signature" not in page.text
    assert policy(page)["frame-ancestors"] == CRM
    (said,) = [one for one in logs if one["event"] == "launch-refused"]
    assert {**said} == {
        "event": "launch-refused",
        "log_level": "warning",
        "connection": known.id,
        "why": "signature",
        "number": 1,
    }
    with db.reading() as session:
        assert rows(session, HostLaunch)[0].outcome == "signature"
        assert rows(session, Seat) == rows(session, LaunchReceipt) == []


def test_too_much_is_refused_before_it_is_read(visitor, known, db):
    sent = visitor.post(f"/connections/{KEY}/launch", data=b"x" * (LONGEST_BODY + 1), content_type="application/json")
    assert sent.status_code == 403
    with db.reading() as session:
        assert rows(session, HostLaunch)[0].outcome == "too-large"


@pytest.mark.parametrize("way", ["launch", "call", "pairing"])
def test_an_unknown_or_retired_connection_is_nothing_and_nobody_may_frame_that(visitor, known, db, clock, way):
    with db.writing() as session:
        session.get(Connection, known.id).retired_at = clock()
    for key in (KEY, "no-such-key"):
        page = visitor.post(f"/connections/{key}/{way}", data={})
        assert page.status_code == 404
        assert policy(page)["frame-ancestors"] == "'none'"
        assert page.headers["X-Frame-Options"] == "DENY"


def test_what_only_looks_ahead_uses_no_launch_up(visitor, known):
    assert visitor.head(signed_path()).status_code == 403
    assert visitor.get(signed_path(), headers={"Sec-Purpose": "prefetch"}).status_code == 403
    assert visitor.get(signed_path()).status_code == 200


def test_behind_a_proxy_the_address_that_was_signed_is_the_public_one(open_desk, staff, db, clock):
    seen = []
    app = open_desk(public_url="https://desk.example.com")
    known = connect(app, "signed", staff["ada"])
    link(db, known, "7", staff["ana"], clock())
    import deskapp.web.launch as module

    original = module.launching.digest_of
    try:
        module.launching.digest_of = lambda received: (seen.append(received.url), original(received))[1]
        app.test_client().get(signed_path(name="A+B c"))
    finally:
        module.launching.digest_of = original
    assert seen == [f"https://desk.example.com{signed_path(name='A+B c')}"]


def test_nothing_of_a_launch_stands_in_the_log(visitor, known, carla):
    with capture_logs() as logs:
        page = visitor.get(signed_path())
    said = repr(logs)
    for secret in ("Carla", "carla@example.com", "C-17", seat_token(page), KEY, "signature="):
        assert secret not in said, secret


@pytest.mark.parametrize("how", ["signed", "once", "paired", "kept"])
def test_what_opens_on_a_shared_tablet_is_locked_as_the_tablet_is(app, known, at_desk, db, staff, clock, how):
    """In a tab of its own; a frame of another site is not sent the tablet's cookie."""
    tablet, path = at_desk("bo"), signed_path()
    tablet.post("/tablets", data=form(tablet.get("/tablets"), "/tablets") | {"name": "By the till"})
    if how == "once":
        with db.writing() as session:
            path = "/launch/" + launches.make(session, staff["ana"], 1, secret="s" * 40, now=clock())
    sent = {"signed": None, "once": None, "paired": {"deskapp-pairing": "p" * 40}, "kept": {"deskapp-device": ""}}[how]
    if how == "paired":
        pair(app, known, staff["ana"], "p" * 40)
    elif how == "kept":
        with db.writing() as session:
            _, sent["deskapp-device"] = devices.pair(session, staff["ana"], known.id, "", secret="d" * 40, now=clock())
    page = tablet.get(path) if sent is None else tablet.post(path, data=sent)
    framed = {"X-Deskapp-Seat": seat_token(page)}
    with db.reading() as session:
        assert session.exec(select(Seat.tablet_id).where(Seat.surface == Surface.EMBED)).one() == 1
    assert tablet.get("/seat", headers=framed).status_code == 204
    clock.moves(minutes=4)
    assert tablet.get("/seat", headers=framed).status_code == 401


IN_A_TAB = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
FROM_US = IN_A_TAB | {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}


def test_what_another_site_posts_into_a_tab_is_posted_again_from_here_so_that_a_tablet_is_known(
    visitor, app, at_desk, staff, db, clock
):
    zendesk, tablet = connect(app, "zendesk", staff["ada"], secret=pem_of(key_of("zendesk"))), at_desk("bo")
    link(db, zendesk, "77", staff["ana"], clock())
    tablet.post("/tablets", data=form(tablet.get("/tablets"), "/tablets") | {"name": "By the till"})
    path, sent = f"/connections/{KEY}/launch?origin=x&app_guid=y", {"token": token(), "submit": '"><b>'}
    page = visitor.post(path, data=sent, headers=IN_A_TAB)  # without the tablet's cookie, as a browser sends it
    assert page.headers["Cache-Control"] == "no-store"
    with db.reading() as session:
        assert rows(session, LaunchReceipt) == rows(session, HostLaunch) == []
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    again = {name: unescape(value) for name, value in fields}
    assert again == sent
    assert (
        '<form method="post" data-onward>' in page.text
    )  # to the very address, with what stands behind its question mark
    opened = tablet.post(path, data=again, headers=FROM_US)
    with db.reading() as session:
        assert session.exec(select(Seat.tablet_id).where(Seat.surface == Surface.EMBED)).one() == 1
    framed = {"X-Deskapp-Seat": seat_token(opened)}
    assert tablet.get("/seat", headers=framed).status_code == 204
    clock.moves(minutes=4)
    assert tablet.get("/seat", headers=framed).status_code == 401


def test_nothing_of_our_own_pages_is_posted_again_for_another_site(visitor, app, known, staff, db, clock):
    with db.writing() as session:
        _, token_of_device = devices.pair(session, staff["ana"], known.id, "", secret="d" * 40, now=clock())
    for sent in ({"deskapp-device": token_of_device}, {"deskapp-pairing": "p" * 40}):
        page = visitor.post(signed_path(), data=sent, headers=IN_A_TAB)
        assert page.status_code == 403
        assert "data-onward" not in page.text


def test_in_a_frame_and_by_a_link_a_launch_opens_at_once(visitor, app, staff, db, clock):
    link(db, connect(app, "zendesk", staff["ada"], secret=pem_of(key_of("zendesk"))), "77", staff["ana"], clock())
    assert (
        "deskapp-seat" in visitor.post(f"/connections/{KEY}/launch", data={"token": token()}, headers=IN_A_FRAME).text
    )
    link(db, connect(app, "signed", staff["ada"], key="another"), "7", staff["ana"], clock())
    assert "deskapp-seat" in visitor.get(signed_path("another"), headers=IN_A_TAB).text


# --- what ends a seat in a frame ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["connection", "staff", "seat"])
@pytest.mark.asvs(9)
def test_a_seat_is_dead_at_the_very_next_request_whatever_ended_it(visitor, known, db, staff, clock, by):
    framed = {"X-Deskapp-Seat": seat_token(visitor.get(signed_path()))}
    assert visitor.get("/customers/1", headers=framed).status_code == 200
    with db.writing() as session:
        if by == "connection":
            session.get(Connection, known.id).retired_at = clock()
        elif by == "staff":
            hired.disable(session, staff["ada"], staff["ana"].staff_id, now=clock())
        else:
            session.exec(select(Seat)).one().revoked_at = clock()
    for path in ("/customers/1", "/seat"):
        assert visitor.get(path, headers=framed).status_code == 401, path


def test_an_open_frame_in_use_lives_and_an_unused_one_dies(visitor, known, clock):
    used = {"X-Deskapp-Seat": seat_token(visitor.get(signed_path()))}
    idle = {"X-Deskapp-Seat": seat_token(visitor.get(signed_path(nonce="b" * 16)))}
    for _ in range(3):
        clock.moves(minutes=25)
        assert visitor.post("/seat", headers=used).status_code == 204
        alive = visitor.get("/seat", headers=idle).status_code
    assert alive == 401
    answer = visitor.get("/seat", headers=used)
    assert answer.status_code == 204
    assert int(answer.headers["X-Deskapp-Seat-Ends"]) == (12 * 60 - 75) * 60


# --- a host's server ------------------------------------------------------------------------------------------------


@pytest.fixture
def inbox(app, staff):
    return connect(app, "intercom", staff["ada"])


def links_of(answer) -> list[str]:
    return re.findall(r'"(https?://[^"]+)"', answer.text)


def test_a_call_is_answered_with_a_link_that_opens_the_customer_once(visitor, inbox, db, staff, clock, carla):
    link(db, inbox, "77", staff["ana"], clock())
    (first,), (second,) = (links_of(visitor.post(f"/connections/{KEY}/call", **intercom_call())) for _ in range(2))
    assert first == second  # sent again because the answer was lost
    page = visitor.get(first)
    assert "Carla Núñez" in page.text
    assert policy(page)["frame-ancestors"] == "'none'"  # this host frames nothing
    assert visitor.get(first).status_code == 404
    (third,) = links_of(visitor.post(f"/connections/{KEY}/call", **intercom_call()))
    assert third != first
    with db.reading() as session:
        assert {row.connection_id for row in rows(session, LaunchLink)} == {inbox.id}
        assert [row.connection_id for row in rows(session, Seat)] == [inbox.id]


def test_a_call_for_an_agent_who_is_nobodys_yet_is_answered_with_a_page_that_pairs(visitor, inbox, db, at_desk):
    (address,) = links_of(visitor.post(f"/connections/{KEY}/call", **intercom_call()))
    page = visitor.get(address)
    code = re.search(r'class="code">([^<]+)<', page.text)[1]
    assert visitor.get(address).text.count(code) > 1  # the same, however often it is looked at
    assert at_desk("ana").post("/pair/approve", data={"form_key": "key-of-a-test", "code": code}).status_code == 303
    fields = dict(re.findall(r'name="(deskapp-\w+)" value="([^"]*)"', page.text))
    opened = visitor.post(f"/connections/{KEY}/launch", data={"deskapp-pairing": fields["deskapp-pairing"]})
    assert "deskapp-seat" in opened.text
    (next_time,) = links_of(visitor.post(f"/connections/{KEY}/call", **intercom_call()))
    assert "/launch/" in next_time
    assert "deskapp-seat" in visitor.get(next_time).text
    over = visitor.get(address)
    assert "counts no more" in over.text
    assert "deskapp-pairing" not in over.text


def test_a_server_is_told_in_json_what_its_people_are_told(visitor, inbox):
    sent = intercom_call()
    sent["headers"]["X-Body-Signature"] = "0" * 64
    refused = visitor.post(f"/connections/{KEY}/call", **sent)
    assert refused.status_code == 403
    assert refused.json["error"]["message"] == f"{SENTENCE} 1."
    assert visitor.post("/connections/nobody/call", **sent).json["error"]["status"] == 404


def test_the_address_for_servers_opens_nothing_in_a_frame_and_the_other_way_round(visitor, inbox, app, staff):
    connect(app, "signed", staff["ada"], key="another-key")
    assert visitor.get(f"/connections/{KEY}/launch").status_code == 403
    assert visitor.post("/connections/another-key/call", data=b"{}").status_code == 403
