import threading

import cast
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError
from sqlmodel import select

from deskapp.rules.people import Actor
from deskapp.store import db
from deskapp.store.db import Database
from deskapp.store.gift_tables import Bucket
from deskapp.store.insert import insert_once
from deskapp.store.tables import Customer, Edition, Item, LaunchLink

People = dict[str, Actor]


def test_a_reading_session_sees_one_snapshot(database: Database) -> None:
    with database.reading() as reader:
        assert reader.exec(select(Customer)).all() == []
        with database.writing() as writer:
            writer.add(Customer(external_id="C-9", name="Eve", name_folded="eve"))
        assert reader.exec(select(Customer)).all() == []
    with database.reading() as reader:
        assert len(reader.exec(select(Customer)).all()) == 1


def test_a_reading_session_that_would_write_is_our_mistake(database: Database) -> None:
    with database.reading() as session:
        session.add(Customer(external_id="C-9", name="Eve", name_folded="eve"))
        with pytest.raises(RuntimeError, match="reading session"):
            session.flush()


def test_what_raises_is_not_kept(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            session.add(Customer(external_id="C-9", name="Eve", name_folded="eve"))
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.reading() as session:
        assert session.exec(select(Customer)).all() == []


def test_writers_take_turns_and_none_is_lost(database: Database) -> None:
    with database.writing() as session:
        session.add(Edition(name="count", number=0))

    def add_one() -> None:
        for _ in range(10):
            with database.writing() as session:
                row = session.get_one(Edition, "count", with_for_update=True)
                row.number += 1

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(Edition, "count").number == 40


def test_the_same_row_is_inserted_once(database: Database) -> None:
    with database.writing() as session:
        assert insert_once(session, Bucket, key="a", limit_minor=1, spent_minor=0)
        assert not insert_once(session, Bucket, key="a", limit_minor=1, spent_minor=0)


def test_an_error_never_repeats_the_customers_words(database: Database) -> None:
    with pytest.raises(IntegrityError) as broken, database.writing() as session:
        session.add_all(Customer(external_id="C-9", name="canary", name_folded="canary") for _ in range(2))
    assert "canary" not in str(broken.value)


@pytest.mark.parametrize(("price", "cost", "stock"), [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_money_and_stock_below_nothing_are_refused_by_the_database(
    database: Database, price: int, cost: int, stock: int
) -> None:
    item = {"sku": "x", "name": "x", "category": "", "department": "", "brand": "", "currency": "USD"}
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Item(**item, price_minor=price, cost_minor=cost, stock=stock, is_giftable=True))


def test_money_is_never_text_or_a_fraction_even_on_sqlite(sqlite: Database) -> None:
    statement = "INSERT INTO bucket (key, limit_minor, spent_minor) VALUES ('a', ?, 0)"
    for bad in ("abc", 1.5):
        with pytest.raises(DBAPIError), sqlite.writing() as session:
            session.connection().exec_driver_sql(statement, (bad,))


def test_foreign_keys_hold(database: Database, people: People) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(LaunchLink(code_hash="x", staff_id=10**9, expires_at=cast.NOW))


def test_sqlite_is_durable_and_lets_readers_read_while_somebody_writes(sqlite: Database) -> None:
    with sqlite.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.postgres
def test_a_connection_that_the_server_ended_while_it_rested_is_replaced_unnoticed(postgres_copy: str) -> None:
    desk, other = Database(postgres_copy), Database(postgres_copy)
    with desk.writing() as session:
        first = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with other.writing() as session:
        session.connection().exec_driver_sql(f"SELECT pg_terminate_backend({first}, 5000)")
    with desk.writing() as session:
        assert session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != first
    desk.close()
    other.close()


@pytest.mark.postgres
@pytest.mark.parametrize(("rest_s", "asked"), [(3600, 0), (-1, 1)])
def test_only_a_connection_that_rested_for_long_is_asked_whether_it_is_there(
    postgres_copy: str, monkeypatch: pytest.MonkeyPatch, rest_s: float, asked: int
) -> None:
    desk, pings = Database(postgres_copy), []
    with desk.writing():
        pass
    monkeypatch.setattr(db, "_SHORT_REST_S", rest_s)
    monkeypatch.setattr(desk.engine.dialect, "do_ping", pings.append)
    with desk.writing():
        pass
    assert len(pings) == asked
    desk.close()


def test_whoever_took_everything_back_writes_nothing_more(database: Database) -> None:
    with database.writing() as session:
        session.rollback()
        with pytest.raises(InvalidRequestError):
            session.connection()
