"""Bulk writing, on both engines."""

import threading
from datetime import UTC, date, datetime

import pytest
from cast import NOW, customer_id, item_id
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from deskapp.store import imports
from deskapp.store.card_tables import DeliveryEvent, Happened, Teller
from deskapp.store.tables import Customer, Delivery, ImportReceipt, Order, OrderLine

ALL = {"name", "name_folded", "email", "email_folded", "phone", "language", "tier", "joined_on"}


def customer(external_id, name, **more):
    row = dict.fromkeys(sorted(ALL)) | {"external_id": external_id, "name": name, "name_folded": name.casefold()}
    return row | more


def lines_of(session, external_id):
    query = (
        select(OrderLine.line, OrderLine.item_id, OrderLine.quantity, OrderLine.unit_price_minor)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.external_id == external_id)
        .order_by(OrderLine.line)
    )
    return [tuple(row) for row in session.exec(query).all()]


def test_a_new_customer_is_added_and_a_known_one_changed_in_place(session):
    before = customer_id(session)
    imports.put_customers(session, [customer("C-1", "Carla N."), customer("C-9", "Nina")], ALL)
    assert customer_id(session) == before
    assert session.get_one(Customer, before, populate_existing=True).name == "Carla N."
    assert set(imports.ids_of_customers(session)) == {"C-1", "C-2", "C-9"}


def test_only_given_columns_overwrite(session):
    imports.put_customers(session, [customer("C-1", "Carla N.", phone=None)], {"name", "name_folded"})
    carla = session.get_one(Customer, customer_id(session), populate_existing=True)
    assert (carla.name, carla.phone, carla.joined_on) == ("Carla N.", "+1 555 0100", date(2023, 5, 1))


def test_the_key_alone_overwrites_nothing(session):
    imports.put_customers(session, [customer("C-1", "Somebody else")], {"external_id"})
    assert session.get_one(Customer, customer_id(session), populate_existing=True).name == "Carla Núñez"


def test_no_rows_are_no_trouble(session):
    imports.put_customers(session, [], ALL)


def test_lines_of_an_order_can_be_replaced(session):
    orders = imports.ids_of_orders(session, ["O-1", "O-2", "O-77"])
    assert set(orders) == {"O-1", "O-2"}
    tea, jam = item_id(session, "tea"), item_id(session, "jam")
    imports.clear_lines(session, [orders["O-1"]])
    assert lines_of(session, "O-1") == []
    imports.write_lines(session, [(orders["O-1"], 1, jam, 2, 400), (orders["O-1"], 2, tea, -1, 300)])
    assert lines_of(session, "O-1") == [(1, jam, 2, 400), (2, tea, -1, 300)]


def test_a_line_of_no_order_is_refused_by_the_database(session):
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        imports.write_lines(session, [(999_999, 1, item_id(session, "jam"), 1, 1)])


def test_a_line_of_nothing_is_refused_by_the_database(session):
    order = imports.ids_of_orders(session, ["O-1"])["O-1"]
    imports.clear_lines(session, [order])
    with pytest.raises(Exception, match=r"(?i)ck_order_line_quantity|check constraint"):
        imports.write_lines(session, [(order, 1, item_id(session, "jam"), 0, 1)])


def test_a_written_card_survives_new_dates(session):
    order = imports.ids_of_orders(session, ["O-2"])["O-2"]
    dates = {"order_id": order, "ship_on": date(2026, 3, 15), "need_by_on": None, "estimated_on": None}
    imports.put_deliveries(session, [dates])
    delivery = session.exec(select(Delivery)).one()
    delivery.card_text, delivery.packed_at = "Enjoy!", NOW
    session.flush()
    imports.put_deliveries(session, [dates | {"ship_on": date(2026, 3, 16), "need_by_on": date(2026, 3, 17)}])
    session.refresh(delivery)
    assert (delivery.ship_on, delivery.need_by_on) == (date(2026, 3, 16), date(2026, 3, 17))
    assert (delivery.card_text, delivery.packed_at) == ("Enjoy!", NOW)


def test_a_day_that_a_carrier_told_outlasts_the_shops_own_guess(session):
    orders = imports.ids_of_orders(session, ["O-1", "O-2"])
    first, later, told = date(2026, 3, 15), date(2026, 3, 16), date(2026, 3, 22)
    rows = [
        {"order_id": orders[number], "ship_on": first, "need_by_on": None, "estimated_on": first}
        for number in ("O-1", "O-2")
    ]
    imports.put_deliveries(session, rows)
    delivery = session.exec(select(Delivery).where(Delivery.order_id == orders["O-2"])).one()
    delivery.estimated_on = told
    session.add(
        DeliveryEvent(
            delivery_id=delivery.id,
            kind=Happened.ESTIMATED,
            happened_at=NOW,
            estimated_on=told,
            told_by=Teller.FILE,
            recorded_at=NOW,
        )
    )
    session.flush()
    imports.put_deliveries(session, [row | {"ship_on": later, "estimated_on": later} for row in rows])
    session.expire_all()
    found = {one.order_id: (one.ship_on, one.estimated_on) for one in session.exec(select(Delivery)).all()}
    assert found == {orders["O-1"]: (later, later), orders["O-2"]: (later, told)}


def test_only_the_newest_receipt_counts(session):
    imports.write_receipt(session, "a" * 64, {"items": 1}, NOW)
    imports.write_receipt(session, "b" * 64, {"items": 2}, datetime(2026, 3, 15, tzinfo=UTC))
    assert imports.find_receipt(session, "a" * 64) is None
    assert imports.find_receipt(session, "b" * 64).counts == {"items": 2}
    assert len(session.exec(select(ImportReceipt)).all()) == 1


def test_a_receipt_stands_until_the_next_import_begins(session):
    assert not imports.has_receipt(session)
    imports.write_receipt(session, "a" * 64, {"items": 1}, NOW)
    assert imports.has_receipt(session)
    imports.forget_receipts(session)
    assert not imports.has_receipt(session)


def test_one_import_waits_for_another_and_one_that_has_died_keeps_nobody_waiting(database):
    entered = []

    def enter() -> None:
        with imports.one_at_a_time(database):
            entered.append("second")

    def enter_and_die() -> None:
        with imports.one_at_a_time(database):
            waiting.start()
            waiting.join(0.05)
            entered.append("first")
            raise KeyboardInterrupt

    waiting = threading.Thread(target=enter)
    with pytest.raises(KeyboardInterrupt):
        enter_and_die()
    waiting.join()
    assert entered == ["first", "second"]


def test_an_order_of_no_customer_is_refused_by_the_database(session):
    order = {
        "external_id": "O-9",
        "customer_id": 999_999,
        "placed_at": NOW,
        "store": "",
        "currency": "USD",
        "status": "",
    }
    with pytest.raises(IntegrityError):
        imports.put_orders(session, [order], set())
