"""What a gift costs while others wait to write: how many statements, whatever machine counts the seconds."""

import pytest
from money.shop import Shop, give, open_shop, open_tight_shop
from sqlalchemy import event

from deskapp.store.db import Database

AT_MOST = 16  # between BEGIN and COMMIT, customer and item among them; it was 23 when a gift took six times as long


def statements(database: Database, shop: Shop, key: str) -> list[str]:
    asked: list[str] = []

    def note(_c, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    told = give(database, shop.givers[0], shop.customers[-1], shop.items[0], key)
    event.remove(database.engine, "before_cursor_execute", note)
    assert told.kind == "granted", told
    return [one for one in asked if not one.startswith("BEGIN")]


@pytest.mark.parametrize("open_one", [open_shop, open_tight_shop])
def test_a_gift_is_sixteen_statements_however_many_ceilings_there_are(database: Database, open_one) -> None:
    with database.writing() as session:
        shop = open_one(session, givers=2, customers=4)
    give(database, shop.givers[0], shop.customers[1], shop.items[0], "the first ever marks the clock")
    found = statements(database, shop, "counted")
    assert len(found) <= AT_MOST, "\n".join(found)
