"""Bulk writing of what a feed brings: upserts by the shop's own keys, and order lines as fast as the engine takes them.

Core and the driver only: `session.add` takes 15,000 rows a second, these a multiple of 100,000.
"""

import fcntl
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import bindparam, case, delete, func, insert, literal_column, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, select

from deskapp.rules.people import Receiver
from deskapp.store.card_tables import DeliveryEvent, Happened
from deskapp.store.db import Database
from deskapp.store.tables import Customer, Delivery, ImportReceipt, Item, Order, OrderLine

Row = Mapping[str, Any]
Line = tuple[int, int, int, int, int]  # order id, number from 1, item id, quantity, unit price in minor units
_LINE_COLUMNS = "order_id, line, item_id, quantity, unit_price_minor"
_ADVISORY = 0x6465736B696D70  # any number, as long as nobody else takes it


# --- one after the other --------------------------------------------------------------------------------------------


@contextmanager
def one_at_a_time(database: Database) -> Iterator[None]:
    """Waits for another import, in whatever process. The kernel or the server lets go for one that is killed."""
    if database.is_sqlite:
        with Path(f"{database.engine.url.database}-import").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    else:
        with database.engine.begin() as connection:  # which holds nothing else, so that it hinders nobody
            connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY)))
            yield


# --- receipts -------------------------------------------------------------------------------------------------------


def find_receipt(session: Session, digest: str) -> ImportReceipt | None:
    return session.get(ImportReceipt, digest)


def has_receipt(session: Session) -> bool:
    """Whether the import that began last came to its end."""
    return session.exec(select(ImportReceipt.digest).limit(1)).first() is not None


def forget_receipts(session: Session) -> None:
    """Once other files come in, the old ones mean a way back, not a repeat."""
    session.connection().execute(delete(ImportReceipt))


def write_receipt(session: Session, digest: str, counts: dict[str, int], now: datetime) -> None:
    """The only one that stands."""
    forget_receipts(session)
    session.connection().execute(insert(ImportReceipt).values(digest=digest, counts=counts, imported_at=now))


# --- customers, items, orders, deliveries ---------------------------------------------------------------------------


def put_customers(session: Session, rows: Sequence[Row], given: Collection[str]) -> None:
    """`given`: the columns that may overwrite what is known of a customer who is here already."""
    _upsert(session, Customer, "external_id", rows, given)


def receivers_among(session: Session, external_ids: Collection[str]) -> dict[str, tuple[int, Receiver]]:
    """External id -> (id, what the customer is) of those that are here."""
    person = aliased(Customer)
    query = select(Customer.external_id, person.id, person.receiver).join(
        person, col(person.id) == func.coalesce(Customer.merged_into, Customer.id)
    )
    found = session.connection().execute(query.where(col(Customer.external_id).in_(external_ids)))
    return {external_id: (key, Receiver(receiver)) for external_id, key, receiver in found}


def set_receiver(session: Session, customer_id: int, receiver: Receiver) -> None:
    session.connection().execute(update(Customer).where(col(Customer.id) == customer_id).values(receiver=receiver))


def put_items(session: Session, rows: Sequence[Row], given: Collection[str]) -> None:
    _upsert(session, Item, "sku", rows, given)


def put_orders(session: Session, rows: Sequence[Row], given: Collection[str]) -> None:
    _upsert(session, Order, "external_id", rows, given)


def put_deliveries(session: Session, rows: Sequence[Row]) -> None:
    """Dates only: a card that is written stays written, and once a carrier told a day, the shop's guess is none any more."""
    if not rows:
        return
    statement = _insert(session, Delivery)
    told = select(DeliveryEvent.id).where(
        DeliveryEvent.delivery_id == literal_column("delivery.id"), DeliveryEvent.kind == Happened.ESTIMATED
    )
    changed = {name: statement.excluded[name] for name in ("ship_on", "need_by_on")}
    changed["estimated_on"] = case(
        (told.exists(), literal_column("delivery.estimated_on")), else_=statement.excluded.estimated_on
    )
    statement = statement.on_conflict_do_update(index_elements=["order_id"], set_=changed)
    session.connection().execute(statement, list(rows))


def ids_of_customers(session: Session, among: Collection[str] | None = None) -> dict[str, int]:
    return _ids(session, Customer.external_id, func.coalesce(Customer.merged_into, Customer.id), among)


def ids_of_items(session: Session) -> dict[str, int]:
    return _ids(session, Item.sku, Item.id, None)


def ids_of_orders(session: Session, among: Collection[str]) -> dict[str, int]:
    return _ids(session, Order.external_id, Order.id, among)


def _ids(session: Session, name: Any, key: Any, among: Collection[str] | None) -> dict[str, int]:
    """`among` at most 30,000, which is what SQLite takes in one question; None: all there are."""
    query = select(name, key)
    if among is not None:
        query = query.where(name.in_(among))
    return dict(session.exec(query).all())


def currencies_of_orders(session: Session) -> dict[str, str]:
    query = select(Order.external_id, Order.currency)
    return dict(session.exec(query).all())


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


def clear_lines(session: Session, orders: Iterable[int]) -> None:
    """Removes all lines of these."""
    if old := [{"order": order} for order in orders]:
        statement = delete(OrderLine).where(col(OrderLine.order_id) == bindparam("order"))
        session.connection().execute(statement, old)


def write_lines(session: Session, rows: Iterable[Line]) -> None:
    """By the driver itself: executemany on SQLite, COPY on PostgreSQL; Core would need lists of dicts first."""
    driver = session.connection().connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection to the database is gone")
    try:
        (_copy if _is_postgresql(session) else _insert_many)(driver, rows)
    except (sqlite3.OperationalError, psycopg.OperationalError) as error:  # so that a full disk is known as one
        raise OperationalError("order lines", None, error) from error


def _insert_many(driver: Any, rows: Iterable[Line]) -> None:
    driver.executemany(f"INSERT INTO order_line ({_LINE_COLUMNS}) VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608 - our columns


def _copy(driver: Any, rows: Iterable[Line]) -> None:
    with driver.cursor() as cursor, cursor.copy(f"COPY order_line ({_LINE_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
