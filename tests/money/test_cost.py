"""What a gift costs while others wait to write: how many statements and who runs them, whatever machine counts the seconds."""

import pytest
from cast import NOW
from money.shop import Shop, open_shop, open_tight_shop
from sqlalchemy import Connection, event
from sqlmodel import Session

from deskapp.desk import grants
from deskapp.store.db import Database
from deskapp.store.gift_tables import Offer
from deskapp.store.items import get_item

AT_MOST = {
    True: 14,
    False: 4,
}  # between BEGIN and COMMIT, on SQLite or not: there what needs nothing of each other goes together


@pytest.fixture(params=[open_shop, open_tight_shop])
def shop(request: pytest.FixtureRequest, database: Database) -> Shop:
    """Somebody has given before, since the first gift ever marks the clock."""
    with database.writing() as session:
        shop = request.param(session, givers=2, customers=4)
    tap(database, shop, show(database, shop, shop.customers[1]))
    return shop


def show(database: Database, shop: Shop, customer: int) -> int:
    with database.writing() as session:
        offer = shown(session, customer, shop.items[0])
        session.add(offer)
        session.flush()
        return offer.id


def shown(session: Session, customer: int, item_id: int) -> Offer:
    item = get_item(session, item_id)
    alike = {name: getattr(item, name) for name in ("price_minor", "cost_minor", "currency")}
    when = {"shown_on": NOW.date(), "shown_at": NOW}
    return Offer(
        customer_id=customer, order_key=0, item_id=item_id, source="test", because=[], together=0, **alike, **when
    )


def tap(database: Database, shop: Shop, offer: int) -> None:
    """As somebody gives what was shown to them."""
    with database.writing() as session:
        _, told = grants.grant_offer(session, shop.givers[0], offer, form_key=f"tap-{offer}", now=NOW)
    assert told.kind == "granted", told


def test_a_gift_is_fourteen_statements_or_four_ways_to_a_server_however_many_ceilings_there_are(
    database: Database, shop: Shop
) -> None:
    asked: list[str] = []

    def note(_c, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    offer = show(database, shop, shop.customers[-1])
    event.listen(database.engine, "before_cursor_execute", note)
    tap(database, shop, offer)
    event.remove(database.engine, "before_cursor_execute", note)
    found = [one for one in asked if not one.startswith("BEGIN")]
    assert len(found) <= AT_MOST[database.is_sqlite], "\n".join(found)


def test_every_statement_of_a_gift_is_run_by_the_driver_itself(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, slowly = Connection.execute, []

    def note(self: Connection, statement, *args, **kwargs):
        slowly.append(str(statement))
        return run(self, statement, *args, **kwargs)

    offer = show(database, shop, shop.customers[-1])
    monkeypatch.setattr(Connection, "execute", note)
    tap(database, shop, offer)
    assert slowly == []
