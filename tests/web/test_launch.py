"""The one-time link: it opens once, in a frame, as one member of staff, and nothing that only looks ahead uses it up."""

import pytest
from sqlmodel import select

from deskapp.desk import launches
from deskapp.store.tables import Audit, LaunchLink, Seat, Surface


@pytest.fixture
def link(db, staff, clock):
    """`link("ana", 1)` is the path of a fresh link."""

    def make(username="ana", customer_id=None, secret="s" * 40):
        with db.writing() as session:
            return "/launch/" + launches.make(session, staff[username], customer_id, secret=secret, now=clock())

    return make


def seat_token(page) -> str:
    return page.text.split('name="deskapp-seat" content="')[1].split('"')[0]


def test_it_opens_the_customer_in_the_embedded_shell_at_once_and_without_a_redirect(visitor, link):
    page = visitor.get(link("ana", 1))
    assert page.status_code == 200
    assert 'class="on-embed"' in page.text
    assert "Carla Núñez" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_without_a_customer_it_opens_the_search_and_for_deliveries_the_board(visitor, link):
    assert "Find a customer" in visitor.get(link("ana")).text
    board = visitor.get(link("del", 1, secret="t" * 40))
    assert board.status_code == 200
    assert 'id="deliveries"' in board.text
    assert "Find a customer" not in board.text


def test_the_seat_it_hands_over_works_as_a_header_and_only_as_that_person(visitor, link):
    framed = {"X-Deskapp-Seat": seat_token(visitor.get(link("ana", 1)))}
    assert visitor.get("/customers/1", headers=framed).status_code == 200
    assert visitor.get("/staff", headers=framed).status_code == 403


def test_the_forms_of_the_launched_page_carry_the_token_of_the_launched_seat(visitor, link):
    page = visitor.get(link("ana", 1), base_url="https://localhost")
    token = page.text.split('name="csrf" value="')[1].split('"')[0]
    response = visitor.post("/sign-out", data={"csrf": token}, base_url="https://localhost")
    assert response.status_code == 303


def test_the_cookie_beside_it_is_for_frames_alone_and_for_https_alone(visitor, link):
    plain = visitor.get(link("ana", 1))
    assert "Set-Cookie" not in plain.headers
    sealed = visitor.get(link("ana", 1, secret="t" * 40), base_url="https://localhost")
    (line,) = sealed.headers.getlist("Set-Cookie")
    name, *attributes = line.split("; ")
    assert name.startswith("__Host-deskapp-embed=seat_")
    assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"}


def test_a_second_use_is_refused_with_words_that_say_what_to_do(visitor, link, db):
    path = link("ana", 1)
    assert visitor.get(path).status_code == 200
    again = visitor.get(path)
    assert again.status_code == 404
    assert "ask for a new one" in again.text
    assert "Carla" not in again.text
    with db.reading() as session:
        assert len(session.exec(select(Seat)).all()) == 1


def test_after_ten_minutes_it_opens_nothing(visitor, link, clock):
    early, late = link(), link(secret="t" * 40)
    clock.moves(minutes=9, seconds=59)
    assert visitor.get(early).status_code == 200
    clock.moves(seconds=1)
    assert visitor.get(late).status_code == 404


@pytest.mark.parametrize("code", ["x", "s" * 39, "s" * 41, "S" * 40, "%00", "..%2f", "\u00fc", "a" * 5000])
def test_a_code_that_was_never_made_opens_nothing(visitor, link, code):
    link()
    assert visitor.get(f"/launch/{code}").status_code in {400, 404}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-Purpose": "prefetch; anonymous-client-ip"},
        {"Purpose": "prefetch"},
        {"X-Purpose": "preview"},
        {"X-Moz": "Prefetch"},
    ],
    ids=str,
)
def test_what_only_looks_ahead_does_not_use_it_up(visitor, link, headers):
    path = link()
    assert visitor.get(path, headers=headers).status_code == 403
    assert visitor.get(path).status_code == 200


def test_asking_for_the_headers_alone_does_not_use_it_up(visitor, link):
    path = link()
    assert visitor.head(path).status_code == 403
    assert visitor.options(path).status_code == 200
    assert visitor.post(path).status_code == 405
    assert visitor.get(path).status_code == 200


def test_it_opens_from_another_sites_frame(visitor, link):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}
    assert visitor.get(link(), headers=headers).status_code == 200


@pytest.mark.parametrize("act", ["disable", "password", "sign-out", "role"])
def test_an_unused_link_dies_with_its_owners_seats(visitor, link, at_desk, staff, act):
    path = link()
    data = {"form_key": "key-of-a-test"} | {
        "password": {"password": "plum jam on toast"},
        "role": {"role": "lead"},
    }.get(act, {})
    assert at_desk("ada").post(f"/staff/{staff['ana'].staff_id}/{act}", data=data).status_code == 303
    assert visitor.get(path).status_code == 404


def test_a_code_that_could_be_guessed_is_not_made(link, db):
    with pytest.raises(ValueError, match="can be guessed"):
        link(secret="short")
    with db.reading() as session:
        assert session.exec(select(LaunchLink)).all() == []


def test_only_a_hash_of_the_code_is_stored_and_the_making_and_taking_are_written_down(visitor, link, db, staff):
    path = link("ana", 1)
    visitor.get(path)
    with db.reading() as session:
        stored = session.exec(select(LaunchLink)).one()
        assert stored.code_hash not in path
        assert len(stored.code_hash) == 64
        assert session.exec(select(Seat)).one().surface is Surface.EMBED
        actions = {(row.action, row.staff_id) for row in session.exec(select(Audit))}
    assert {("launch.made", staff["ana"].staff_id), ("seat.taken", staff["ana"].staff_id)} <= actions
