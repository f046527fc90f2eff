"""The customer on the host's screen: shown with how they were found, asked about, or begun; only in a frame's seat."""

import gzip
import re

import pages
import pytest
from launched import KEY, connect, hubspot_call, intercom_call, link, signed_path
from sqlmodel import select

from deskapp.store.privacy_tables import View
from deskapp.store.tables import Customer, Surface


@pytest.fixture
def framed(app, seat, htmx):
    """`framed("ana")(path, …)` posts as the glue in Ana's frame does."""

    def sit(username):
        client, headers = app.test_client(), htmx | {"X-Deskapp-Seat": seat(username, Surface.EMBED)}
        return lambda path="/embed/customer", **said: client.post(path, data=said, headers=headers)

    return sit


def test_the_customer_of_the_page_is_shown_and_said_to_be_matched_by_it(framed, db):
    shown = framed("ana")(email="carla@example.com", ticket="T-9")
    assert shown.status_code == 200
    assert shown.text.lstrip().startswith('<div id="detail" class="detail" data-path="/customers/1"')
    assert "Matched by e-mail from the page" in shown.text
    with db.reading() as session:
        (view,) = session.exec(select(View)).all()
    assert (view.customer_id, view.surface, view.ticket) == (1, Surface.EMBED, "T-9")


@pytest.mark.parametrize(("host", "said"), [("hubspot", True), ("intercom", False)])
def test_a_link_that_a_server_asked_for_says_of_an_unproven_customer_how_they_were_matched(
    app, visitor, staff, db, clock, host, said
):
    known = connect(app, host, staff["ada"], **({"account": "123", "place": "app.hubspot.com"} if said else {}))
    link(db, known, "77", staff["ana"], clock())
    call = hubspot_call({"email": "carla@example.com"}, clock()) if said else intercom_call()
    with db.writing() as session:
        session.get_one(Customer, 1).email_folded = "carla@example.com"
    told = visitor.post(**{"path": f"/connections/{KEY}/call"} | call)
    (address,) = re.findall(r"http://localhost(/launch/[^\"]+)", told.text)
    page = visitor.get(address)
    assert "Carla" in page.text
    assert ("Matched by e-mail from the page" in page.text) is said


def test_a_link_that_a_server_asked_for_asks_where_several_may_be_meant(app, visitor, staff, db, clock):
    link(db, connect(app, "hubspot", staff["ada"], account="123", place="app.hubspot.com"), "77", staff["ana"], clock())
    with db.writing() as session:
        for number in (1, 2):
            session.get_one(Customer, number).email_folded = "carla@example.com"
    address = visitor.post(**hubspot_call({"email": "carla@example.com"}, clock())).json["uri"]
    assert "carla" not in address
    page = visitor.get(address + f"&of=x&of=-1&of={2**63}")
    assert "Who is it?" in page.text
    assert 'href="/customers/1"' in page.text
    assert 'href="/customers/2"' in page.text


def test_a_link_that_a_server_asked_for_offers_to_begin_whom_nobody_knows_and_tells_that_to_its_own_reader_alone(
    app, visitor, staff, db, clock, htmx
):
    link(db, connect(app, "hubspot", staff["ada"]), "77", staff["ana"], clock())
    eve = {"objectTypeId": "0-1", "objectId": "501", "name": "Eve Ó", "email": "eve@x.example", "phone": None}
    addresses = [visitor.post(**hubspot_call(eve | {"n": n}, clock())).json["uri"] for n in range(3)]
    assert "eve" not in addresses[0].lower()
    page = visitor.get(addresses[0])
    fields = pages.form(page, "/embed/customer/new")
    assert {name: fields[name] for name in ("name", "email", "phone", "external_id")} == {
        "name": "Eve Ó",
        "email": "eve@x.example",
        "phone": "",
        "external_id": "501",
    }
    of_another_link = addresses[1].partition("?")[0] + "?" + addresses[0].partition("?")[2]
    assert "Eve" not in visitor.get(of_another_link).text
    framed = htmx | {"X-Deskapp-Seat": re.search(r'name="deskapp-seat" content="([^"]+)"', page.text)[1]}
    assert "Eve Ó" in visitor.post("/embed/customer/new", data=fields, headers=framed).text
    with db.reading() as session:
        assert (
            session.exec(select(Customer.external_id).where(Customer.email == "eve@x.example")).one() == "hubspot:501"
        )
    assert "Matched by customer number from the page" in visitor.get(addresses[2]).text  # who was begun meanwhile


def test_nobody_there_is_said_with_a_search_filled_in_and_can_be_begun(framed, db):
    ana = framed("ana")
    said = {"email": "ann@x.example", "name": "Ann <b>", "phone": "+49 171 2345678", "external_id": "77"}
    asked = ana(**said)
    assert asked.text.lstrip().startswith('<div id="detail"')
    assert pages.form(asked, "/customers/find")["q"] == "Ann <b>"
    assert 'hx-post="/customers/find" hx-target="#customers"' in asked.text  # what is below stays
    fields = pages.form(asked, "/embed/customer/new")
    assert {name: fields[name] for name in said} == said
    refused = ana("/embed/customer/new", **(fields | {"email": "ann@"}))
    assert refused.status_code == 422
    assert "This is no e-mail address" in refused.text
    assert pages.form(refused, "/embed/customer/new") == fields | {"email": "ann@"}
    for _ in range(2):
        begun = ana("/embed/customer/new", **fields)
        assert begun.status_code == 200
        assert "Ann &lt;b&gt;" in begun.text
        assert "Matched" not in begun.text  # somebody has said who it is
    with db.reading() as session:
        assert session.exec(select(Customer.name).where(Customer.email_folded == "ann@x.example")).all() == ["Ann <b>"]


def test_several_are_listed_to_choose_from_and_nobody_on_the_screen_is_said_plainly(framed):
    several = framed("ana")(external_id="C-2", email="carla@example.com")
    assert 'href="/customers/1"' in several.text
    assert 'href="/customers/2"' in several.text
    assert "Nobody on the screen" in framed("ana")().text


def test_what_the_page_says_at_too_great_length_is_refused_in_a_sentence(framed):
    ana = framed("ana")
    refused = ana(name="x" * 201)
    assert refused.status_code == 422
    assert "could not read" in refused.text
    assert refused.text.lstrip().startswith('<div id="detail"')
    assert ana(color="blue").status_code == 422
    assert ana(email="a\0b").status_code == 400


def test_only_a_seat_in_a_frame_is_answered_and_only_whoever_may_see_customers(framed, at_desk):
    assert at_desk("ana").post("/embed/customer", data={"email": "carla@example.com"}).status_code == 403
    for path in ("/embed/customer", "/embed/customer/new"):
        refused = framed("del")(path, email="carla@example.com")
        assert refused.status_code == 403
        assert "Carla" not in refused.text


def test_a_launched_panel_waits_for_two_requests_and_is_light_with_all_that_comes_after(app, visitor, staff, db, clock):
    link(db, connect(app, "signed", staff["ada"]), "7", staff["ana"], clock())
    page = visitor.get(signed_path(customer="C-1"))
    assert "Carla" in page.text
    tags = re.findall(r"<script[^>]*>|<link[^>]* rel=.stylesheet[^>]*>|<link rel=.stylesheet[^>]*>", page.text)
    assert len([tag for tag in tags if " defer" not in tag]) == 1  # the style sheet; the other is the page itself
    addresses = [re.search(r'(?:src|href)="([^"]+)"', tag)[1] for tag in tags]
    sizes = [len(visitor.get(one, headers={"Accept-Encoding": "gzip"}).data) for one in addresses]
    assert len(addresses) > 5
    assert len(gzip.compress(page.data)) + sum(sizes) < 60_000  # bytes
