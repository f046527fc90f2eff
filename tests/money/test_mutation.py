"""T8: each guard is taken away by itself, and something must notice: a test that would pass without its guard shows nothing.

Rivals meet between deciding and taking, so that what is rare elsewhere happens every time.
"""

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cast import NOW
from money import test_kill, test_races
from money.crowd import url_of
from money.oracle import problems
from money.shop import Shop, give, open_shop
from rivals import at_once
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from deskapp.desk import grants, idempotency, settling
from deskapp.rules.errors import ClockWentBack
from deskapp.store import clock, db, items, limits
from deskapp.store import grants as grant_rows
from deskapp.store.db import Database
from deskapp.store.gift_tables import GrantState
from deskapp.store.ready import Ready
from deskapp.store.tables import Customer, Item

MEET_WITHIN_S = 20.0
KEPT_APART_S = 0.5  # long enough for a rival to come, where a guard lets none


@pytest.fixture
def shop(database: Database) -> Shop:
    """One gift fills the giver's day; a customer gets one in 60 days."""
    with database.writing() as session:
        clock.keep(session, NOW, None)  # the very first gift makes others wait
        return open_shop(
            session, givers=2, customers=4, stock=1, limits={"per_giver_per_day_minor": 400, "gap_days": 60}
        )


def meet_before(monkeypatch: pytest.MonkeyPatch, module: object, name: str, within_s: float = MEET_WITHIN_S) -> None:
    """Two rivals both come as far as `name`, unless something keeps one of them waiting before."""
    met, act, come = threading.Barrier(2), getattr(module, name), threading.local()

    def wait_first(*args, **kwargs):
        if not getattr(come, "before", False):
            come.before = True
            with suppress(threading.BrokenBarrierError):
                met.wait(timeout=within_s)
        return act(*args, **kwargs)

    monkeypatch.setattr(module, name, wait_first)


def two_at_once(database: Database, act: Callable[[Database, int], object]) -> list[object]:
    desks = [Database(url_of(database)) for _ in range(2)]
    for one in desks:
        one._queue = None  # manners, and no guard
    try:
        return at_once(2, lambda n: getattr(act(desks[n], n), "kind", None))
    finally:
        for one in desks:
            one.close()


def one_giver_two_customers(database: Database, shop: Shop) -> list[object]:
    return two_at_once(
        database, lambda desk, n: give(desk, shop.givers[0], shop.customers[n], shop.items[n], f"key-{n}")
    )


def two_givers_one_customer(database: Database, shop: Shop) -> list[object]:
    return two_at_once(
        database, lambda desk, n: give(desk, shop.givers[n], shop.customers[0], shop.items[n], f"key-{n}")
    )


def drop_check(database: Database, table: str, constraint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not database.is_sqlite:
        with database.writing() as session:
            session.connection().exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        return
    prepare = db._prepare

    def unguarded(dbapi, record) -> None:
        prepare(dbapi, record)
        dbapi.execute("PRAGMA ignore_check_constraints=ON")

    monkeypatch.setattr(db, "_prepare", unguarded)


def filling_without_a_condition(buckets: int):
    whole = str(limits_filling(buckets).statement)
    return Ready(text(whole[: whole.index(" WHERE ")] + " RETURNING key"))


limits_filling = limits._filling


# --- the whole desk, in the same meeting -----------------------------------------------------------------------------


@pytest.mark.parametrize("meeting", [one_giver_two_customers, two_givers_one_customer])
def test_with_every_guard_in_place_one_of_two_gives(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch, meeting: Callable
) -> None:
    meet_before(monkeypatch, grants, "_take", KEPT_APART_S)
    assert meeting(database, shop).count("granted") == 1
    assert problems(database) == []


# --- one guard less --------------------------------------------------------------------------------------------------


def test_without_the_condition_the_check_stands_behind_it(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_filling", filling_without_a_condition)
    monkeypatch.setattr(limits, "spent", lambda *_: {})  # as a rival's snapshot would be
    assert one_giver_two_customers(database, shop).count("granted") == 1
    told = one_giver_two_customers(database, shop)
    assert any(isinstance(one, IntegrityError) for one in told) or told.count("granted") == 1
    assert problems(database) == []


def test_without_condition_and_check_the_oracle_sees_it(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_filling", filling_without_a_condition)
    monkeypatch.setattr(limits, "spent", lambda *_: {})
    drop_check(database, "bucket", "ck_bucket_never_over", monkeypatch)
    assert one_giver_two_customers(database, shop).count("granted") == 2
    found = problems(database)
    assert any("holds 670 of 400" in one for one in found), found
    assert any("gave 670 of 400" in one for one in found), found


def test_without_the_check_a_bucket_can_be_made_to_run_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = "INSERT INTO bucket (key, limit_minor, spent_minor) VALUES ('a', 100, 101)"
    with pytest.raises(IntegrityError), database.writing() as session:
        session.connection().exec_driver_sql(over)
    drop_check(database, "bucket", "ck_bucket_never_over", monkeypatch)
    other = Database(url_of(database))
    with other.writing() as session:
        session.connection().exec_driver_sql(over)
    other.close()
    assert problems(database) == ["a holds 101 of 100", "a holds 101, the ledger says 0"]


def test_without_the_sort_the_order_of_locks_is_anybodys(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    disorder = test_races.ROOMS[::-1]
    in_order = [room.bucket for room in test_races.ROOMS]
    assert test_races.locked_in(sqlite, disorder) == in_order
    monkeypatch.setattr(limits, "sorted", list, raising=False)
    assert test_races.locked_in(sqlite, disorder) == in_order[::-1]


def test_without_begin_immediate_one_of_two_fails_on_sqlite(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite.writing() as session:
        shop = open_shop(session, givers=2, customers=4)
    monkeypatch.setattr(db, "_BEGIN_WRITING", "BEGIN")
    meet_before(monkeypatch, idempotency, "claiming")
    meet_before(monkeypatch, grants, "give")
    told = two_at_once(sqlite, lambda desk, n: read_then_give(desk, shop, n))
    assert [isinstance(one, OperationalError) for one in told].count(True) == 1, told


def read_then_give(desk: Database, shop: Shop, n: int) -> object:
    with desk.writing() as session:
        item = session.get_one(Item, shop.items[n])
        customer = session.get_one(Customer, shop.customers[n])
        return grants.give(session, shop.givers[n], customer, item, None, key=f"key-{n}", now=NOW)


@pytest.mark.postgres
def test_without_the_hold_on_a_customer_two_givers_both_think_they_are_the_first(
    postgres_copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgres_copy)
    with database.writing() as session:
        clock.keep(session, NOW, None)
        shop = open_shop(session, givers=2, customers=2)
    asked = select(clock.LATEST, grant_rows.func.nextval("grants_id_seq"))
    mine = asked.where(Customer.id == grant_rows.bindparam("customer"))
    monkeypatch.setitem(grant_rows._HOLD, "postgresql", Ready(mine.select_from(Customer)))  # it waits for nobody
    meet_before(monkeypatch, grants, "_take")
    assert two_givers_one_customer(database, shop) == ["granted", "granted"]
    assert any("(gap)" in one for one in problems(database))
    database.close()


def test_without_the_claim_a_key_gives_twice(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.writing() as session:
        shop = open_shop(session, givers=1, customers=2, limits={"per_giver_per_day_minor": 10**6})
    claiming = idempotency.claiming
    keys = itertools.count()  # as if no key had been sent before
    monkeypatch.setattr(
        idempotency, "claiming", lambda *said, **kept: claiming(*said[:3], f"{said[3]}-{next(keys)}", *said[4:], **kept)
    )
    told = [give(database, shop.givers[0], shop.customers[0], shop.items[0], "one-key") for _ in range(2)]
    assert told[0].grant_id != told[1].grant_id
    assert any("given and not promised" in one for one in problems(database))


def test_without_the_clocks_mark_a_day_is_counted_twice(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = NOW + timedelta(days=1)
    assert give(database, shop.givers[0], shop.customers[0], shop.items[0], "a", now=tomorrow).kind == "granted"
    with pytest.raises(ClockWentBack):
        give(database, shop.givers[0], shop.customers[1], shop.items[1], "b", now=NOW)
    monkeypatch.setattr(clock, "_FORGIVEN", timedelta(days=2))
    assert give(database, shop.givers[0], shop.customers[1], shop.items[1], "b", now=NOW).kind == "granted"


def test_without_the_condition_on_stock_the_database_refuses_the_piece_that_is_not_there(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = Ready(
        update(Item).where(Item.id == items.bindparam("item")).values(stock=Item.stock - 1).returning(Item.id)
    )
    monkeypatch.setattr(items, "_TAKEN", unguarded)
    with database.writing() as session:
        assert items.take_one(session, shop.items[0])
    with pytest.raises(IntegrityError), database.writing() as session:
        items.take_one(session, shop.items[0])


def test_without_the_condition_on_its_state_a_gift_would_be_released_twice(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = give(database, shop.givers[0], shop.customers[0], shop.items[0], "a")

    def release() -> bool:
        with database.writing() as session:
            grant = grant_rows.get_grant(session, told.grant_id or 0)
            return settling.release(session, None, grant, GrantState.UNDONE, now=NOW)

    assert [release(), release()] == [True, False]
    monkeypatch.setattr(grant_rows, "move", lambda *_, **__: True)
    with pytest.raises(IntegrityError):
        release()
    assert problems(database, stock=dict.fromkeys(shop.items, 1)) == []


def test_a_desk_that_does_not_wait_for_the_disk_is_noticed(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "_wait_for_disk", lambda _: None)
    with pytest.raises(AssertionError):
        test_kill.test_nobody_is_told_of_what_a_power_cut_could_still_take(sqlite, tmp_path, monkeypatch)
