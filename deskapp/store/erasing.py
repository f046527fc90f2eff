"""Taking a person out of the tables: what goes, what is blanked, and that nothing of it stays between the rows."""

import sqlite3
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, String, Table, cast, delete, func, update
from sqlmodel import Session, SQLModel, col, select

from deskapp.store.db import Database
from deskapp.store.gift_tables import Approval, ApprovalState
from deskapp.store.memory_tables import RequestVoice
from deskapp.store.personal import FORMER, PERSONAL, Delete, Keep, Personal
from deskapp.store.privacy_tables import Erasure
from deskapp.store.requests import forget_titles
from deskapp.store.tables import Customer, Idempotency, Staff

ERASED = "erased-"  # so begins what stands for a number

_REFUSED = "This was refused."
_SMALL = 256 * 2**20  # bytes; a database that is written anew within seconds
_MERGED_PAGES = 500  # of the search index in one short transaction


def entries() -> Iterable[Personal]:
    """All but the customer, what refers to something before what is referred to."""
    return (one for one in reversed(PERSONAL) if one.table is not Customer)


def take_out(session: Session, one: Personal, customer_ids: Collection[int]) -> int:
    """How many rows of this table went, or were blanked."""
    match one.erase:
        case Delete():
            _let_go(session, one, customer_ids)
            return _count(session, delete(one.table).where(one.of(customer_ids)))
        case Keep(blank=blank) if blank:
            if one.table is RequestVoice:
                forget_titles(session, one.of(customer_ids))
            return _count(session, update(one.table).where(one.of(customer_ids)).values(**blank))
        case Keep():
            return 0


def _let_go(session: Session, one: Personal, customer_ids: Collection[int]) -> None:
    """Others' rows that lead to these: after a merge that was undone, what was written in between stays with the other."""
    table = SQLModel.metadata.tables[one.name]
    for column in _leading_to(one):
        mine = column.in_(select(table.c.id).where(one.of(customer_ids)))
        if column.nullable:
            session.connection().execute(update(column.table).where(mine).values({column: None}))
        else:
            _hand_on(session, table, column, mine)


def _hand_on(session: Session, table: Table, column: Column[int], mine: ColumnElement[bool]) -> None:
    """What cannot be without its row, as a note without its talk, takes that along to its own customer."""
    takers = select(column, func.min(column.table.c.customer_id)).where(mine).group_by(column)
    for row_id, taker in session.connection().execute(takers).all():
        session.connection().execute(update(table).where(table.c.id == row_id).values(customer_id=taker))


def _leading_to(one: Personal) -> list[Column[int]]:
    """In rows that have a customer of their own; what is somebody's by way of these went before them."""
    tables = [SQLModel.metadata.tables[other.name] for other in PERSONAL if other.through is not one.table]
    columns = [column for table in tables for column in table.columns]
    return [column for column in columns if any(key.column.table.name == one.name for key in column.foreign_keys)]


def deleted_entries() -> list[Personal]:
    """Those whose rows all go."""
    return [one for one in entries() if isinstance(one.erase, Delete)]


def blank_customer(session: Session, customer: Customer, external_id: str, now: datetime) -> None:
    """`external_id`: what stands for the number from now on."""
    customer.external_id, customer.name, customer.name_folded = external_id, FORMER, FORMER.casefold()
    customer.email = customer.email_folded = customer.phone = customer.language = None
    customer.tier = customer.zone = customer.joined_on = None
    customer.erased_at = now
    session.flush()


def list_erased_numbers(session: Session) -> list[tuple[str, int]]:
    """What stands for the numbers of those who were erased, and their ids. By reading all customers: what lies between two words
    in the index of the numbers is another thing in each language of a database.
    """
    query = select(Customer.external_id, Customer.id).where(
        col(Customer.external_id).like(f"{ERASED}%"), col(Customer.erased_at).is_not(None)
    )
    return [(external_id, key) for external_id, key in session.exec(query)]


def count_erasures(session: Session) -> int:
    """One more with every erasure, since none is ever removed."""
    return session.exec(select(func.count(col(Erasure.id)))).one()


def blank_refusals(session: Session, limit: int) -> int:
    """First answers to gifts that say what a customer must not get, and nobody knows of whom. How many; none of them is newer
    than the words that `Outcome.to_keep` keeps.
    """
    stands = cast(col(Idempotency.answer), String)
    query = select(Idempotency).where(
        col(Idempotency.scope).like("grant:%") | col(Idempotency.scope).like("approval:%"),
        stands.like('%"hard-stop"%'),
        stands.not_like(f"%{_REFUSED}%"),
        stands.not_like("%must not be given to this customer.%"),
    )
    rows = session.exec(query.limit(limit)).all()
    for row in rows:
        row.answer = _without_words(row.answer or {})
    session.flush()
    return len(rows)


def _without_words(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_words(value) if isinstance(value, dict) else _REFUSED if name == "sentence" else value
        for name, value in answer.items()
    }


def end_approvals(session: Session, customer_ids: Collection[int], now: datetime) -> None:
    """What still waits for a second yes has run out; the hourly upkeep says so in the audit."""
    waiting = (col(Approval.customer_id).in_(customer_ids), col(Approval.state) == ApprovalState.WAITING)
    session.connection().execute(
        update(Approval).where(*waiting, col(Approval.expires_at) > now).values(expires_at=now)
    )


def _count(session: Session, statement: Any) -> int:
    return int(session.connection().execute(statement).rowcount)


# --- receipts -------------------------------------------------------------------------------------------------------


def find_erasure(session: Session, customer_id: int) -> Erasure | None:
    return session.exec(select(Erasure).where(Erasure.customer_id == customer_id)).first()


def list_erasures(session: Session, limit: int) -> list[tuple[Erasure, str]]:
    """Newest first, with the name of who asked."""
    query = (
        select(Erasure, Staff.name)
        .join(Staff, col(Staff.id) == Erasure.asked_by)
        .order_by(col(Erasure.id).desc())
        .limit(limit)
    )
    return [(erasure, name) for erasure, name in session.exec(query)]


def list_unfinished(session: Session) -> list[int]:
    """Ids of erasures that did not come to their end."""
    return list(session.exec(select(col(Erasure.id)).where(col(Erasure.done_at).is_(None))))


def list_finished(session: Session, *, asked_after: datetime) -> list[int]:
    query = select(col(Erasure.id)).where(col(Erasure.done_at).is_not(None), col(Erasure.asked_at) >= asked_after)
    return list(session.exec(query))


# --- between the rows -----------------------------------------------------------------------------------------------


def overwrite(session: Session) -> None:
    """From here on what this connection deletes is overwritten with zeros. PostgreSQL reuses the space instead."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA secure_delete=ON")


def scrub(database: Database) -> None:
    """SQLite: deleted words leave the search index, the journal and, of a database that is not large, all unused space.

    What somebody reads at this very moment is not cut off under them; the next time does it.
    """
    if database.is_sqlite:
        while _merge_index(database):
            pass
        with suppress(sqlite3.OperationalError), database.in_turn_without_transaction() as raw:
            if _bytes(raw) <= _SMALL:
                raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _merge_index(database: Database) -> bool:
    """Whether there was more to merge: an index keeps the words of what was deleted until its parts are written anew."""
    with database.writing() as session:
        overwrite(session)
        connection = session.connection()
        if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'search_note'").scalar():
            return False
        before = _changes(connection)
        for pages in (-_MERGED_PAGES, _MERGED_PAGES):  # below zero: all parts into one, and no matter how few there are
            connection.exec_driver_sql("INSERT INTO search_note (search_note, rank) VALUES ('merge', ?)", (pages,))
        return _changes(connection) - before > len((-_MERGED_PAGES, _MERGED_PAGES))


def _changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())


def _bytes(raw: sqlite3.Connection) -> int:
    return int(raw.execute("PRAGMA page_count").fetchone()[0]) * int(raw.execute("PRAGMA page_size").fetchone()[0])
