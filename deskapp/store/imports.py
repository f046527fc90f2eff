"""Bulk writing of what a feed brings: upserts by the shop's own keys, and order lines as fast as the engine takes them.

Core and the driver only: `session.add` takes 15,000 rows a second, these a multiple of 100,000.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from deskapp.rules.people import Receiver
from deskapp.store.tables import Customer, Delivery, ImportReceipt, Item, Order, OrderLine

Row = Mapping[str, Any]
Line = tuple[int, int, int, int]  # order id, item id, quantity, unit price in minor units
_LINE_COLUMNS = "order_id, line, item_id, quantity, unit_price_minor"


# --- receipts -------------------------------------------------------------------------------------------------------


def find_receipt(session: Session, digest: str) -> ImportReceipt | None:
    return session.get(ImportReceipt, digest)


def write_receipt(session: Session, digest: str, counts: dict[str, int], now: datetime) -> None:
    """The only one that stands: once other files have come in, the old ones mean a way back, not a repeat."""
    session.connection().execute(delete(ImportReceipt))
    session.connection().execute(insert(ImportReceipt).values(digest=digest, counts=counts, imported_at=now))


# --- customers, items, orders, deliveries ---------------------------------------------------------------------------


def put_customers(session: Session, rows: Sequence[Row], given: Collection[str]) -> None:
    """`given`: the columns that may overwrite what is known of a customer who is here already."""
    _upsert(session, Customer, "external_id", rows, given)


def receivers_among(session: Session, external_ids: Collection[str]) -> dict[str, tuple[int, Receiver]]:
    """External id -> (id, what the customer is) of those that are here."""
    query = select(Customer.external_id, Customer.id, Customer.receiver)
    found = session.connection().execute(query.where(col(Customer.external_id).in_(external_ids)))
    return {external_id: (key, Receiver(receiver)) for external_id, key, receiver in found}


def put_items(session: Session, rows: Sequence[Row], given: Collection[str]) -> None:
    _upsert(session, Item, "sku", rows, given)


def put_orders(session: Session, rows: Sequence[Row], given: Collection[str]) -> None:
    _upsert(session, Order, "external_id", rows, given)


def put_deliveries(session: Session, rows: Sequence[Row]) -> None:
    """Dates only: a card that is written stays written."""
    _upsert(session, Delivery, "order_id", rows, {"ship_on", "need_by_on", "estimated_on"})


def ids_of_customers(session: Session) -> dict[str, int]:
    return dict(session.exec(select(Customer.external_id, Customer.id)).all())


def ids_of_items(session: Session) -> dict[str, int]:
    return dict(session.exec(select(Item.sku, Item.id)).all())


def ids_of_orders(session: Session) -> dict[str, tuple[int, str]]:
    """External id -> (id, currency)."""
    query = select(Order.external_id, Order.id, Order.currency)
    return {external_id: (key, currency) for external_id, key, currency in session.connection().execute(query)}


def newest_order_id(session: Session) -> int:
    return session.exec(select(func.max(Order.id))).one() or 0


def _upsert(session: Session, table: type[SQLModel], key: str, rows: Sequence[Row], given: Collection[str]) -> None:
    if not rows:
        return
    statement = _insert(session, table)
    changed = {name: statement.excluded[name] for name in given if name != key}
    statement = (
        statement.on_conflict_do_update(index_elements=[key], set_=changed)
        if changed
        else statement.on_conflict_do_nothing(index_elements=[key])
    )
    session.connection().execute(statement, list(rows))


def _insert(session: Session, table: type[SQLModel]) -> Any:
    return (postgresql if _is_postgresql(session) else sqlite).insert(table)


def _is_postgresql(session: Session) -> bool:
    return session.connection().dialect.name == "postgresql"


# --- order lines ----------------------------------------------------------------------------------------------------


class LineWriter:
    """Replaces the lines of every order it meets. Orders with an id above `old_until` are new and have none to remove."""

    def __init__(self, session: Session, old_until: int) -> None:
        self._session = session
        self._old_until = old_until
        self._written: dict[int, int] = {}  # order id -> number of its last line

    def write(self, lines: Sequence[Line]) -> None:
        self.clear({line[0] for line in lines})
        _write_lines(self._session, self._numbered(lines))

    def clear(self, orders: Iterable[int]) -> None:
        """Removes the old lines of those that got no new ones."""
        old = [{"order": order} for order in orders if order <= self._old_until and order not in self._written]
        if old:
            statement = delete(OrderLine).where(col(OrderLine.order_id) == bindparam("order"))
            self._session.connection().execute(statement, old)

    def _numbered(self, lines: Iterable[Line]) -> Iterator[tuple[int, int, int, int, int]]:
        """1, 2, … within the order. Its lines usually come together, so the book is opened once an order, not once a line."""
        current, number = 0, 0
        for order, item, quantity, price in lines:
            if order != current:
                self._written[current] = number
                current, number = order, self._written.get(order, 0)
            number += 1
            yield order, number, item, quantity, price
        self._written[current] = number


def _write_lines(session: Session, rows: Iterable[tuple[int, int, int, int, int]]) -> None:
    """By the driver itself: executemany on SQLite, COPY on PostgreSQL; Core would need lists of dicts first."""
    driver = session.connection().connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection to the database is gone")
    if not _is_postgresql(session):
        driver.executemany(f"INSERT INTO order_line ({_LINE_COLUMNS}) VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY order_line ({_LINE_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
