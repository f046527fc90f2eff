"""Whoever brings parcels sees the board, the cards and their own seat; of a customer what is on a parcel, and no more."""

import re
from datetime import timedelta

import cast
import pytest
from filled import fill
from flask import Flask
from parcels import TODAY, gift, order_and_deliver
from sqlmodel import select

from deskapp.desk import tokens
from deskapp.rules.people import PERMISSIONS, Permission, Role
from deskapp.store.db import Database
from deskapp.store.tables import Delivery, Order, OrderLine
from deskapp.web.guard import declared

TICK = "<tick>"
MAY = {  # everything that Del's seat and Del's token open, beside what is open to everybody
    ("GET", "/"),
    ("GET", "/connected"),  # one's own browsers inside CRMs
    ("POST", "/connected/agents/<int:link_id>/revoke"),
    ("POST", "/connected/browsers/<int:device_id>/revoke"),
    ("POST", "/lock"),
    ("GET", "/pair"),
    ("POST", "/pair/approve"),
    ("POST", "/pair/refuse"),
    ("GET", "/seat"),
    ("POST", "/seat"),
    ("GET", "/still-here"),
    ("GET", "/who"),
    ("GET", "/password"),
    ("POST", "/look"),
    ("POST", "/password"),
    ("POST", "/pin"),
    ("POST", "/sign-out"),
    ("POST", "/sign-out/everywhere"),
    ("GET", "/deliveries"),
    ("GET", "/deliveries/find"),
    ("GET", "/deliveries/print"),
    ("POST", f"/deliveries/<int:delivery_id>/{TICK}"),
    ("GET", "/deliveries/<int:delivery_id>"),
    ("POST", "/deliveries/<int:delivery_id>/card"),
    ("POST", "/deliveries/<int:delivery_id>/card/manner"),
    ("POST", "/deliveries/<int:delivery_id>/card/sign"),
    ("POST", "/deliveries/<int:delivery_id>/card/unsign"),
    ("POST", f"/deliveries/<int:delivery_id>/card/{TICK}"),
    ("GET", "/deliveries/<int:delivery_id>/draft"),
    ("POST", "/deliveries/<int:delivery_id>/draft"),
    ("POST", "/api/v1/deliveries/<order>/events"),
}
WHO = "zebracorn"
MARKED = re.compile(rf"{WHO}\w*-[a-z_]+-[a-z_]+", re.IGNORECASE)
NEEDS = timedelta(days=2)


def closed_routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (method, re.sub(r"<any\([^>]*:tick>", TICK, rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if declared(app.view_functions[rule.endpoint]) != "everybody"
    }


@pytest.fixture
def marked(db: Database, staff) -> int:
    """The parcel of a customer of whom every text there can be is known, and has a marker; with a gift, to be written and packed."""
    with db.writing() as session:
        customer_id = fill(session, staff, WHO)
        order = session.exec(select(Order).where(Order.customer_id == customer_id)).one()
        row = session.exec(select(Delivery).where(Delivery.order_id == order.id)).one()
        for name in ("written_at", "signed_at", "packed_at", "handed_at", "delivered_at", "returned_at"):
            setattr(row, name, None)
        row.ship_on, row.need_by_on, row.card_text, row.card_format = TODAY, TODAY + NEEDS, "", ""
        session.add(
            OrderLine(
                order_id=order.id, line=77, item_id=cast.item_id(session, "mug"), quantity=2, unit_price_minor=987
            )
        )
        session.flush()
        gift(session, "jam", order=order.external_id)
        return row.id


def shown(html: str) -> str:
    """What is read on it: text, labels and addresses, without keys of forms, which are random."""
    html = re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL)
    return re.sub(r'name="(form_key|csrf|form|seen|shown)" value="[^"]*"', "", html)


def number_of(db: Database, delivery_id: int) -> str:
    with db.reading() as session:
        return session.get_one(Order, session.get_one(Delivery, delivery_id).order_id).external_id


# --- by route and by program ----------------------------------------------------------------------------------------


def test_whoever_brings_parcels_may_do_nothing_but_what_is_written_here(app: Flask) -> None:
    """A new route for Del is a decision: it is made here."""
    declared_for_del = {
        (method, re.sub(r"<any\([^>]*:tick>", TICK, rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if (who := declared(app.view_functions[rule.endpoint]) or "") == "every-seat"
        or (who != "everybody" and Permission(who) in PERMISSIONS[Role.DELIVERY])
    }
    assert declared_for_del == MAY
    assert PERMISSIONS[Role.DELIVERY] == {Permission.SEE_DELIVERIES}


@pytest.mark.parametrize("number", [1, 987654321])
def test_every_other_route_says_no_whatever_is_there(app: Flask, at_desk, db: Database, clock, number: int) -> None:
    seated, program = at_desk("del"), app.test_client()
    with db.writing() as session:
        token = tokens.make(session, "del", secret="d" * 40, now=clock())
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    refused = closed_routes(app) - MAY
    assert len(refused) > 100
    for method, rule in sorted(refused):
        path = re.sub(r"<any\(([a-z-]+)[^>]*>", r"\1", rule)
        path = re.sub(r"<[^>]+>", str(number), path)
        for headers in ({}, {"HX-Request": "true"}):
            answer = (program if path.startswith("/api/") else seated).open(path, method=method, headers=headers)
            assert answer.status_code == 403, (method, rule, headers)
            assert "Carla" not in answer.text


def test_what_is_written_here_can_be_opened(at_desk, marked: int) -> None:
    client = at_desk("del")
    for path in ("/deliveries", f"/deliveries/{marked}", "/password", f"/deliveries/print?delivery={marked}"):
        assert client.get(path).status_code == 200, path
    assert client.get("/").location == "/deliveries"


# --- on the page and on paper ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize("query", ["", "?day=today", "?day=late"])
def test_of_a_customer_the_board_has_a_name_an_order_number_and_a_gift(
    at_desk, db: Database, marked: int, headers: dict[str, str], query: str
) -> None:
    if query == "?day=late":
        with db.writing() as session:
            session.get_one(Delivery, marked).ship_on = TODAY - NEEDS
    page = shown(at_desk("del").get(f"/deliveries{query}", headers=headers).text)
    assert set(MARKED.findall(page)) == {f"{WHO}-customer-name"}
    assert number_of(db, marked) in page
    assert "gift: Plum jam" in page
    assert not re.search(r"\$|9[.,]87|7[.,]77|USD|@", page)


@pytest.mark.parametrize("what", ["slips", "both"])
def test_a_slip_has_initials_a_number_and_what_is_in_the_parcel(at_desk, db: Database, marked: int, what: str) -> None:
    page = shown(at_desk("del").get(f"/deliveries/print?delivery={marked}&what={what}").text)
    slip = page[page.index('class="slip"') :]
    assert MARKED.findall(slip) == []
    assert number_of(db, marked) in slip
    assert "<b>2 ×</b>" in slip
    assert "Plum jam" in slip
    assert not re.search(r"\$|9[.,]87|7[.,]77|USD|@", slip)


def test_a_number_that_is_not_found_tells_nothing_of_others(at_desk, db: Database, marked: int) -> None:
    with db.writing() as session:
        order_and_deliver(session, 1)
    assert marked
    page = shown(at_desk("del").get("/deliveries/find?order=zebracorn").text)
    assert set(MARKED.findall(page)) <= {f"{WHO}-customer-name"}


def test_the_card_page_has_no_address_no_price_and_no_opinion(at_desk, marked: int) -> None:
    page = shown(at_desk("del").get(f"/deliveries/{marked}").text)
    private = {f"{WHO}-customer-{field}" for field in ("email", "phone", "external_id", "tier")}
    assert not private & set(MARKED.findall(page))
    assert not re.search(r"9[.,]87|7[.,]77|USD", page)
    assert not [mark for mark in MARKED.findall(page) if "grant" in mark or "visit" in mark or "request" in mark]
