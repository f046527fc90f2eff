"""The demo's quarter of gifts: the reports have something to say, and the books are right."""

from datetime import timedelta

import pytest
from cast import NOW
from sqlmodel import func, select

from deskapp.desk import demo, demo_gifts, exceptions, register, verifying
from deskapp.rules.exceptions import Kind
from deskapp.store.gift_tables import Grant, GrantState
from deskapp.store.tables import Customer, Item, Order, Seal

PRICES = (249, 299, 399, 500, 599, 699, 799, 899, 1199)


@pytest.fixture
def shop(database):
    """Three dozen and more households that bought once, one of the story, and a shelf of small things."""
    with database.writing() as session:
        for price in PRICES:
            kind = {"category": "Tea", "department": "Shop", "brand": "", "currency": "USD"}
            session.add(
                Item(
                    sku=str(price),
                    name=f"Tea at {price}",
                    price_minor=price,
                    cost_minor=100,
                    stock=99,
                    is_giftable=True,
                    **kind,
                )
            )
        for number in range(42):
            mail = "carla.nunez@example.com" if number == 0 else f"{number}@example.com"
            customer = Customer(
                external_id=f"{number}", name=f"N {number}", name_folded=f"n {number}", email_folded=mail
            )
            session.add(customer)
            session.flush()
            status = "open" if number == 0 else "delivered"
            bought = {"placed_at": NOW - timedelta(days=200), "store": "", "currency": "USD", "status": status}
            session.add(Order(external_id=f"O-{number}", customer_id=customer.id, **bought))
    return database


def fill(database):
    demo.fill(database, currency="USD", zone="UTC", now=NOW)


def gifts(database):
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(Grant)).one()


def test_the_reports_have_something_to_say(shop):
    fill(shop)
    assert gifts(shop) == len(demo_gifts.STORY)
    with shop.reading() as session:
        panel = exceptions.panel(session, 90, zone="UTC", now=NOW)
        noted = register.panel(session, NOW.year, zone="UTC", now=NOW)
    assert {finding.kind for finding in panel.findings} == {
        Kind.SAME_RECEIVER, Kind.JUST_UNDER, Kind.WAITING, Kind.ROUND,
    }  # fmt: skip
    assert len(noted.entries) == 2


def test_whoever_has_a_story_is_left_to_be_surprised_by_hand(shop):
    fill(shop)
    with shop.reading() as session:
        given = set(session.exec(select(Grant.customer_id)))
        assert session.exec(select(Customer.id).where(Customer.external_id == "0")).one() not in given


def test_every_gift_of_it_stands_up_to_the_audit(shop):
    fill(shop)
    with shop.reading() as session:
        assert [check for check in verifying.verify(session) if check.faults] == []
        assert session.exec(select(Grant).where(Grant.state == GrantState.RESERVED)).first() is not None


def test_filling_again_gives_nothing_again(shop):
    fill(shop)
    fill(shop)
    assert gifts(shop) == len(demo_gifts.STORY)


def test_a_desk_that_gave_before_gets_no_past_that_never_was(shop):
    fill(shop)
    with shop.writing() as session:
        assert demo_gifts.give(session, demo._cast(session), currency="USD", zone="UTC", now=NOW) == 0


def test_what_is_sealed_already_gets_no_older_lines(shop):
    with shop.writing() as session:
        session.add(Seal(sealed_until=NOW, lines=0, digest="0" * 64, sealed_at=NOW))
    fill(shop)
    assert gifts(shop) == 0
