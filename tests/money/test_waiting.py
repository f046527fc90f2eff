"""What befalls a customer while somebody waits to give to them: on PostgreSQL the first statement of a gift saw what was so before."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from cast import NOW
from money.oracle import problems
from money.shop import Shop, open_shop
from money.test_cost import show
from sqlalchemy import text
from sqlmodel import Session

from deskapp.desk import grants, preferences
from deskapp.desk.verdicts import Outcome
from deskapp.rules.errors import Conflict, NotFound
from deskapp.store import clock
from deskapp.store import grants as grant_rows
from deskapp.store.db import Database
from deskapp.store.eligibility import get_who
from deskapp.store.items import get_item
from deskapp.store.tables import Customer, Item

pytestmark = pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"
Befall = Callable[[Session, Shop], object]


@pytest.fixture
def shop(database: Database) -> Shop:
    with database.writing() as session:
        clock.keep(session, NOW, None)  # the very first gift makes others wait
        return open_shop(session, givers=2, customers=3)


def tap(database: Database, shop: Shop, key: str) -> Outcome:
    """On the only offer that there is."""
    with database.writing() as session:
        return grants.grant_offer(session, shop.givers[0], 1, form_key=key, now=NOW)[1]


def give_after(database: Database, shop: Shop, befalls: Befall) -> Outcome:
    """Somebody taps while another holds the customer, whom something befalls before that other lets go."""
    show(database, shop, shop.customers[0])
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            grant_rows.hold_customer(session, shop.customers[0])
            tapped = pool.submit(tap, database, shop, "tap-key-1")
            while not session.connection().execute(text(BLOCKED)).scalar_one():
                assert not tapped.done()
            befalls(session, shop)
        return tapped.result(30)


def another_gives(session: Session, shop: Shop) -> None:
    receiver, item = get_who(session, shop.customers[0]), get_item(session, shop.items[1])
    assert grants.give(session, shop.givers[1], receiver, item, None, key="other-key", now=NOW).kind == "granted"


def they_want_none(session: Session, shop: Shop) -> None:
    wish = preferences.NewPreference(kind="no-gifts", value="", is_stated=True, form_key="wish-key")
    preferences.record(session, shop.givers[1], shop.customers[0], wish, now=NOW)


def they_are_joined(session: Session, shop: Shop) -> None:
    session.get_one(Customer, shop.customers[0]).merged_into = shop.customers[1]


def they_are_erased(session: Session, shop: Shop) -> None:
    session.get_one(Customer, shop.customers[0]).erased_at = NOW


def the_price_moves(session: Session, shop: Shop) -> None:
    session.get_one(Item, shop.items[0]).price_minor += 1


@pytest.mark.parametrize(("befalls", "why"), [(another_gives, "too-soon"), (they_want_none, "hard-stop")])
def test_what_they_got_and_wished_while_somebody_waited_counts(
    database: Database, shop: Shop, befalls: Befall, why: str
) -> None:
    assert give_after(database, shop, befalls).why == why
    assert problems(database, stock=dict.fromkeys(shop.items, 10**6)) == []


@pytest.mark.parametrize("befalls", [they_are_joined, they_are_erased])
def test_whoever_is_nobody_any_more_when_the_waiting_ends_gets_nothing(
    database: Database, shop: Shop, befalls: Befall
) -> None:
    with pytest.raises(Conflict, match="another number since a moment ago"):
        give_after(database, shop, befalls)
    with pytest.raises(NotFound, match="suggestion is no longer there"):
        tap(database, shop, "tap-key-2")
    assert problems(database, stock=dict.fromkeys(shop.items, 10**6)) == []


def test_a_price_that_moves_while_somebody_waits_is_still_the_one_that_was_shown(
    database: Database, shop: Shop
) -> None:
    assert give_after(database, shop, the_price_moves).value_minor == 300
    with pytest.raises(Conflict, match="price of Thing 0"):
        tap(database, shop, "tap-key-2")
