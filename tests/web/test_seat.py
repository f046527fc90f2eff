"""Who sits where, for how long, and that a revoked seat is dead at the very next request."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlmodel import select

from deskapp.desk import seats, tokens
from deskapp.rules.people import Permission, Role
from deskapp.store.tables import Seat, Surface

PASSWORD = "correct horse 42"


def sign_in(client, username="ana", **kwargs):
    return client.post("/sign-in", data={"username": username, "password": PASSWORD}, **kwargs)


def all_seats(db):
    with db.reading() as session:
        return list(session.exec(select(Seat)).all())


def cookie(response) -> tuple[str, str, set[str]]:
    """Name, value and attributes of the one cookie that was set."""
    (line,) = response.headers.getlist("Set-Cookie")
    pair, *attributes = line.split("; ")
    name, _, value = pair.partition("=")
    return name, value, set(attributes)


# --- the cookie -----------------------------------------------------------------------------------------------------


@pytest.mark.asvs(7)
def test_the_cookie_on_https_is_bound_to_this_host_and_out_of_reach_of_scripts(visitor):
    name, value, attributes = cookie(sign_in(visitor, base_url="https://localhost"))
    assert name == "__Host-deskapp"
    assert attributes == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert re.fullmatch(r"seat_[A-Za-z0-9_-]{43}", value)


def test_in_production_the_cookie_never_goes_over_plain_http(open_desk):
    name, _, attributes = cookie(sign_in(open_desk(production=True).test_client()))
    assert name == "__Host-deskapp"
    assert "Secure" in attributes


def test_on_plain_http_the_cookie_does_without_what_browsers_would_refuse(visitor):
    name, _, attributes = cookie(sign_in(visitor))
    assert name == "deskapp"
    assert attributes == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_a_plain_cookie_is_nobody_where_the_sealed_one_is_due(open_desk, seat, app):
    """A neighbour on a subdomain can plant a cookie, but not one with the prefix."""
    client = open_desk(production=True).test_client()
    client.set_cookie("deskapp", seat("ana"))
    assert client.get("/").status_code == 303


def test_only_a_hash_of_the_token_is_stored(visitor, db):
    _, value, _ = cookie(sign_in(visitor))
    (stored,) = all_seats(db)
    assert stored.token_hash == seats.hash_token(value)
    assert value not in repr(stored)


def test_the_hash_itself_opens_nothing(visitor, seat, db):
    seat("ana")
    visitor.set_cookie("deskapp", all_seats(db)[0].token_hash)
    assert visitor.get("/").status_code == 303


# --- rotation and fixation ------------------------------------------------------------------------------------------


@pytest.mark.asvs(8)
def test_a_token_planted_before_signing_in_is_not_the_one_after(visitor):
    visitor.set_cookie("deskapp", "seat_planted_by_somebody_else_0000000000000000000")
    _, value, _ = cookie(sign_in(visitor))
    assert "planted" not in value


def test_signing_in_again_ends_the_seat_before(visitor, app):
    _, first, _ = cookie(sign_in(visitor))
    _, second, _ = cookie(sign_in(visitor))
    assert first != second
    old = app.test_client()
    old.set_cookie("deskapp", first)
    assert old.get("/").status_code == 303
    assert visitor.get("/").status_code == 200


def test_a_wrong_password_leaves_the_seat_that_was_there(visitor):
    sign_in(visitor)
    visitor.post("/sign-in", data={"username": "ana", "password": "wrong"})
    assert visitor.get("/").status_code == 200


def test_two_browsers_of_one_person_are_two_seats(app):
    first, second = app.test_client(), app.test_client()
    assert cookie(sign_in(first))[1] != cookie(sign_in(second))[1]
    assert first.get("/").status_code == second.get("/").status_code == 200


# --- revocation -----------------------------------------------------------------------------------------------------


@pytest.mark.asvs(9)
def test_after_signing_out_the_token_is_dead_even_if_it_was_copied(visitor, app):
    _, value, _ = cookie(sign_in(visitor))
    token = visitor.get("/").text.split('name="csrf" value="')[1].split('"')[0]
    response = visitor.post("/sign-out", data={"csrf": token})
    assert response.status_code == 303
    assert all("Expires=Thu, 01 Jan 1970" in line for line in response.headers.getlist("Set-Cookie"))
    thief = app.test_client()
    thief.set_cookie("deskapp", value)
    assert thief.get("/").status_code == 303


def test_signing_out_needs_the_token_of_the_page(at_desk):
    ana = at_desk("ana")
    ana.environ_base.pop("HTTP_X_CSRF")
    assert ana.post("/sign-out").status_code == 400
    assert ana.get("/").status_code == 200


def test_signing_out_everywhere_ends_ones_own_seats_and_nobody_elses(at_desk):
    here, there, bo = at_desk("ana"), at_desk("ana"), at_desk("bo")
    assert here.post("/sign-out/everywhere").status_code == 303
    assert here.get("/").status_code == there.get("/").status_code == 303
    assert bo.get("/").status_code == 200


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("role", {"role": "lead"}),
        ("password", {"password": "plum jam on toast"}),
        ("disable", {}),
        ("sign-out", {}),
    ],
)
def test_what_changes_a_persons_standing_ends_their_seats_on_every_surface_at_once(
    at_desk, seat, staff, app, act, data
):
    ana, ada = at_desk("ana"), at_desk("ada")
    framed = app.test_client()
    framed.environ_base["HTTP_X_DESKAPP_SEAT"] = seat("ana", Surface.EMBED)
    assert ana.get("/").status_code == framed.get("/").status_code == 200
    response = ada.post(f"/staff/{staff['ana'].staff_id}/{act}", data={"form_key": "key-of-a-test", **data})
    assert response.status_code == 303
    assert (ana.get("/").status_code, framed.get("/").status_code) == (303, 401)
    assert ada.get("/staff").status_code == 200


# --- time -----------------------------------------------------------------------------------------------------------


@pytest.mark.asvs(10)
def test_a_seat_that_is_not_used_is_signed_out(at_desk, clock):
    ana = at_desk("ana")
    clock.moves(minutes=59)
    assert ana.get("/").status_code == 200
    clock.moves(minutes=61)
    assert ana.get("/").status_code == 303


@pytest.mark.asvs(10)
def test_a_seat_in_use_stays_until_its_longest_time_is_over(at_desk, clock):
    ana = at_desk("ana")
    for _ in range(15):
        clock.moves(minutes=45)
        assert ana.get("/").status_code == 200
    clock.moves(minutes=46)  # twelve hours and a minute since signing in
    assert ana.get("/").status_code == 303


def test_with_a_minute_of_idle_time_a_seat_in_use_is_not_lost(open_desk, at_desk, app, clock):
    ana = at_desk("ana")
    strict = open_desk(seat_idle_minutes=1).test_client()
    strict.set_cookie("deskapp", ana.get_cookie("deskapp").value)
    for _ in range(10):
        clock.moves(seconds=40)
        assert strict.get("/").status_code == 200


def test_its_use_is_written_down_at_most_once_a_minute(at_desk, db, clock):
    ana = at_desk("ana")
    ana.get("/")
    began = all_seats(db)[0].last_seen_at
    for _ in range(3):
        clock.moves(seconds=19)
        ana.get("/")
        assert all_seats(db)[0].last_seen_at == began
    clock.moves(seconds=19)
    ana.get("/")
    assert all_seats(db)[0].last_seen_at == clock()


def test_somebody_elses_long_write_does_not_hold_up_a_page(at_desk, db, clock):
    ana = at_desk("ana")
    clock.moves(minutes=2)
    with db.writing():  # an import, say; without a way around it the page would wait for ever here
        assert ana.get("/").status_code == 200
    assert all_seats(db)[0].last_seen_at != clock()


def test_a_page_asks_once_who_is_there_and_an_asset_not_at_all(at_desk, db, visitor):
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]) if "seat" in a[2] else None)
    ana = at_desk("ana")
    asked.clear()
    ana.get("/")
    assert len(asked) == 1
    asset = visitor.get("/sign-in").text.split('rel="stylesheet" href="')[1].split('"')[0]
    ana.get(asset)
    assert len(asked) == 1


# --- what an open frame asks ----------------------------------------------------------------------------------------

KNOWN = "X-Deskapp-Seat-Known"


def tick(app, clock):
    """What a process read of the ends counts as long as the test's clock says; nobody else's time passes."""
    desk = app.extensions["deskapp"]
    app.extensions["deskapp"] = replace(desk, ended=seats.Ended(lambda: clock().timestamp()))


@pytest.fixture
def frame(app, visitor, seat, clock):
    """Ana's open frame: `frame()` asks as its script does, and keeps what it is told."""
    tick(app, clock)
    return asking(visitor, seat("ana", Surface.EMBED))


def asking(client, token):
    headers = {"X-Deskapp-Seat": token, KNOWN: ""}

    def ask(**more):
        response = client.get("/seat", headers=headers | more)
        headers[KNOWN] = response.headers.get(KNOWN, headers[KNOWN])
        return response

    return ask


@pytest.fixture
def questions(db):
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    return asked


def sign_out(db, staff, clock, username="ana"):
    with db.writing() as session:
        seats.leave_all(session, None, staff[username].staff_id, now=clock())


def test_where_nothing_has_ended_an_open_frame_costs_the_database_nothing(frame, questions, clock):
    assert frame().headers["X-Deskapp-Seat-Ends"]
    questions.clear()
    clock.moves(seconds=0.09)
    response = frame()
    assert (response.status_code, questions) == (204, [])
    assert dict(response.headers) == {"Cache-Control": "no-store"}


def test_a_frame_hears_within_a_tenth_of_a_second_that_its_seat_is_over(frame, db, staff, clock):
    frame()
    sign_out(db, staff, clock)
    clock.moves(seconds=0.11)
    assert frame().status_code == 401


def test_a_frame_hears_of_what_another_process_ended(open_desk, frame, visitor, seat, db, staff, clock):
    other = open_desk()
    tick(other, clock)
    mine, theirs = frame, asking(other.test_client(), seat("ana", Surface.EMBED))
    assert (mine().status_code, theirs().status_code) == (204, 204)
    sign_out(db, staff, clock)
    clock.moves(seconds=0.11)
    assert (theirs().status_code, mine().status_code) == (401, 401)


def test_what_one_process_told_another_knows(open_desk, app, seat, questions, clock):
    other, token = open_desk(), seat("ana", Surface.EMBED)
    tick(app, clock)
    tick(other, clock)
    asking(other.test_client(), seat("bo", Surface.EMBED))()  # which has read what it answers from
    first = app.test_client().get("/seat", headers={"X-Deskapp-Seat": token})
    second = other.test_client().get("/seat", headers={"X-Deskapp-Seat": token, KNOWN: first.headers[KNOWN]})
    assert (second.status_code, KNOWN in second.headers) == (204, False)


def test_somebody_elses_end_is_no_end_of_mine(frame, seat, db, staff, clock):
    seat("bo", Surface.EMBED)
    frame()
    sign_out(db, staff, clock, "bo")
    clock.moves(seconds=0.11)
    response = frame()
    assert response.status_code == 204
    assert response.headers[KNOWN]


@pytest.mark.asvs(10)
def test_a_frame_is_over_in_time_though_nobody_ends_a_seat(frame, clock):
    for _ in range(120):
        assert frame().status_code == 204
        assert frame().status_code == 204
        clock.moves(seconds=30)
    assert frame().status_code == 401


@pytest.mark.asvs(10)
def test_the_last_half_minute_of_a_seat_is_not_longer_than_it_is(frame, clock):
    clock.moves(minutes=59, seconds=59.95)
    assert frame().status_code == 204
    clock.moves(seconds=0.05)  # what was read a moment ago still counts, but time does not wait for it
    assert frame().status_code == 401


@pytest.mark.parametrize(
    "told",
    [
        "",
        ".",
        "x",
        "9999999999.",
        "99999999999999999999.x",
        "\u00fc.\u00fc",
        "-1.x",
        "1" * 5000 + ".x",
        "9999999999." + "0" * 64,
    ],
)
def test_what_the_desk_did_not_tell_it_does_not_believe(frame, visitor, told):
    frame()
    assert frame(**{"X-Deskapp-Seat": "seat_made_up", KNOWN: told}).status_code == 401


def test_what_one_seat_was_told_is_no_use_to_another(frame, seat, db, staff, clock):
    known = frame().headers[KNOWN]
    assert frame(**{"X-Deskapp-Seat": "seat_made_up", KNOWN: known}).status_code == 401
    assert frame(**{"X-Deskapp-Seat": "", KNOWN: known}).status_code == 303


def test_only_a_seat_in_a_frame_is_told_anything_since_the_end_of_another_is_not_counted(visitor, seat, at_desk):
    by_header = visitor.get("/seat", headers={"X-Deskapp-Seat": seat("ana")})
    by_cookie = at_desk("ana").get("/seat")
    assert (by_header.status_code, by_cookie.status_code) == (204, 204)
    assert not {KNOWN} & {*by_header.headers.keys(), *by_cookie.headers.keys()}


# --- surfaces -------------------------------------------------------------------------------------------------------


def test_a_seat_by_header_needs_no_token_and_no_cookie(visitor, seat, staff):
    framed = {"X-Deskapp-Seat": seat("ada", Surface.EMBED)}
    data = {"form_key": "key-of-a-test", "role": "lead"}
    assert visitor.post(f"/staff/{staff['ana'].staff_id}/role", data=data, headers=framed).status_code == 303


def test_the_header_counts_before_a_cookie_beside_it(at_desk, seat):
    response = at_desk("ana").get("/deliveries", headers={"X-Deskapp-Seat": seat("del", Surface.EMBED)})
    assert response.status_code == 200
    assert at_desk("ada").get("/staff", headers={"X-Deskapp-Seat": seat("del", Surface.EMBED)}).status_code == 403


def test_in_a_frame_the_frames_own_cookie_counts_first(open_desk, seat, app):
    client = app.test_client()
    client.set_cookie("deskapp", seat("ada"))
    client.set_cookie("deskapp-embed", seat("del", Surface.EMBED))
    assert client.get("/staff").status_code == 200
    assert client.get("/staff", headers={"Sec-Fetch-Dest": "iframe"}).status_code == 403


def test_a_dead_cookie_in_front_does_not_hide_the_live_one_behind(app, seat):
    client = app.test_client()
    client.set_cookie("deskapp", "seat_dead")
    client.set_cookie("deskapp-embed", seat("ana", Surface.EMBED))
    assert client.get("/").status_code == 200


def test_an_embedded_seat_is_drawn_in_the_embedded_shell(visitor, seat):
    page = visitor.get("/", headers={"X-Deskapp-Seat": seat("ana", Surface.EMBED)})
    assert 'class="on-embed"' in page.text
    assert "deskapp-seat" not in page.text  # the token is handed over once, by the launch


# --- the door -------------------------------------------------------------------------------------------------------


def test_a_page_sends_a_stranger_to_the_door_and_remembers_where_they_were_going(visitor):
    response = visitor.get("/customers/1?tab=notes")
    assert response.status_code == 303
    assert response.headers["Location"] == "/sign-in?next=/customers/1?tab%3Dnotes"
    assert 'value="/customers/1?tab=notes"' in visitor.get(response.headers["Location"]).text


def test_a_panel_tells_a_stranger_to_sign_in(visitor, htmx):
    response = visitor.get("/customers/1", headers=htmx)
    assert response.status_code == 401
    assert "Please sign in" in response.text
    assert "<html" not in response.text


def test_a_frame_whose_seat_is_over_says_where_to_get_a_new_one(visitor, htmx):
    for headers in ({}, htmx, htmx | {"HX-Boosted": "true"}):
        response = visitor.get("/customers/1", headers={**headers, "X-Deskapp-Seat": "seat_dead"})
        assert response.status_code == 401
        assert "from where you opened it" in response.text


def test_a_form_of_a_stranger_is_not_taken(visitor):
    assert visitor.post("/customers/1/notes", data={"text": "x"}).status_code == 401


def test_the_api_knows_no_cookies_and_pages_know_no_api_tokens(at_desk, visitor, db, clock):
    with db.writing() as session:
        token = tokens.make(session, "ada", secret="s" * 40, now=clock())
    bearer = {"Authorization": f"Bearer {token}"}
    assert visitor.get("/staff", headers=bearer).status_code == 303
    refused = at_desk("ada").get("/api/v1/budget")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert visitor.get("/api/v1/budget", headers=bearer).status_code == 200


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer dk_wrong", "Bearer seat_x", "bearer \u00fc"]
)
def test_the_api_turns_away_whoever_has_no_token_of_its_own(visitor, authorization):
    assert visitor.get("/api/v1/budget", headers={"Authorization": authorization}).status_code == 401


def test_a_seat_is_no_api_token(visitor, seat):
    response = visitor.get("/api/v1/budget", headers={"Authorization": f"Bearer {seat('ada')}"})
    assert response.status_code == 401


# --- what a role may ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "path", "status"),
    [
        ("ana", "/staff", 403),
        ("bo", "/staff", 403),
        ("mo", "/staff", 403),
        ("del", "/staff", 403),
        ("ada", "/staff", 200),
        ("ana", "/limits", 403),
        ("mo", "/limits", 200),
        ("del", "/", 303),
        ("del", "/customers/1", 403),
        ("del", "/customers/1/notes", 403),
        ("del", "/deliveries", 200),
    ],
)
def test_a_role_sees_what_it_may_and_nothing_else(at_desk, username, path, status):
    assert at_desk(username).get(path).status_code == status


def test_every_permission_is_somebodys():
    from deskapp.rules.people import PERMISSIONS

    assert set(Permission) == set().union(*PERMISSIONS.values())
    assert set(PERMISSIONS) == set(Role)


@pytest.mark.parametrize("path", ["/work", "/staff"])
def test_what_a_role_does_not_include_is_said_with_who_can(at_desk, path) -> None:
    answer = at_desk("mo").get(path)
    assert answer.status_code == 403
    assert "Your role does not include this. Only an admin can." in answer.text
