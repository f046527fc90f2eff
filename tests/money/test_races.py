"""T3: no order of locks that could deadlock. T4: of all who would end a gift at once, one does, and the money moves once."""

import random
import threading
from collections import Counter
from collections.abc import Callable

import pytest
from cast import NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from money.crowd import url_of
from money.oracle import problems
from money.shop import Shop, give, open_shop, open_tight_shop
from rivals import at_once
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from deskapp.desk import settling
from deskapp.rules.authority import Ceiling, Room, Worth
from deskapp.store import grants, limits
from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant, GrantState, Ledger, LedgerKind

ROOMS = [Room(Ceiling.BUDGET, 10**6, 10**6, bucket=f"bucket-{n}") for n in range(6)]
ONE = Worth(1, 1)


def locked_in(database: Database, rooms: list[Room]) -> list[str]:
    """The buckets in the order in which one gift takes them."""
    locked: list[str] = []

    def watch(_c, _cursor, statement, parameters, *_rest) -> None:
        if statement.startswith("INSERT INTO bucket"):
            locked.extend(one for one in parameters if isinstance(one, str))

    event.listen(database.engine, "before_cursor_execute", watch)
    with database.writing() as session:
        limits.fill(session, rooms, ONE)
    event.remove(database.engine, "before_cursor_execute", watch)
    return locked


@given(rooms=st.permutations(ROOMS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_buckets_are_locked_in_one_order_whatever_order_they_come_in(sqlite: Database, rooms: list[Room]) -> None:
    assert locked_in(sqlite, rooms) == sorted(room.bucket for room in ROOMS)


def test_rivals_who_name_the_buckets_in_opposite_orders_never_deadlock(database: Database) -> None:
    desks = [Database(url_of(database)) for _ in range(4)]

    def fill_in_disorder(n: int) -> None:
        shuffled = random.Random(n)
        for _ in range(12):
            with desks[n].writing() as session:
                limits.fill(session, shuffled.sample(ROOMS, len(ROOMS)), ONE)

    assert at_once(4, fill_in_disorder) == [None] * 4
    for one in desks:
        one.close()
    with database.reading() as session:
        assert set(limits.spent(session, [room.bucket for room in ROOMS]).values()) == {48}


ENDINGS: dict[str, Callable[[Session, Grant], bool]] = {
    "undo": lambda session, grant: settling.release(session, None, grant, GrantState.UNDONE, now=NOW),
    "cancel": lambda session, grant: settling.release(session, None, grant, GrantState.CANCELLED, now=NOW),
    "expire": lambda session, grant: settling.release(session, None, grant, GrantState.EXPIRED, now=NOW),
    "deliver": lambda session, grant: settling.commit(session, None, grant, now=NOW),
    "return": lambda session, grant: settling.release(session, None, grant, GrantState.RETURNED, now=NOW),
}


def race(database: Database, rounds: int) -> tuple[Shop, Counter[str]]:
    """Five ends of each gift, all at once, each from a Database of its own; how often each came through."""
    with database.writing() as session:
        shop = open_shop(session, givers=2, customers=rounds)
    came_through: Counter[str] = Counter()
    desks = {name: Database(url_of(database)) for name in ENDINGS}
    for n in range(rounds):
        told = give(database, shop.givers[n % 2], shop.customers[n], shop.items[n % 4], f"key-{n}")

        def end(which: int, grant_id: int = told.grant_id or 0) -> bool:
            name = list(ENDINGS)[which]
            with desks[name].writing() as session:
                return ENDINGS[name](session, grants.get_grant(session, grant_id))

        ended = at_once(len(ENDINGS), end)
        assert all(isinstance(one, bool) for one in ended), ended
        came_through.update(name for name, was in zip(ENDINGS, ended, strict=True) if was)
    for one in desks.values():
        one.close()
    return shop, came_through


def released_at_most_once(database: Database) -> bool:
    with database.reading() as session:
        lines = session.exec(select(Ledger).where(Ledger.kind == LedgerKind.RELEASE)).all()
        return len({(line.grant_id, line.bucket_key) for line in lines}) == len(lines)


def judged(database: Database, rounds: int) -> None:
    shop, came_through = race(database, rounds)
    assert released_at_most_once(database)
    assert problems(database, stock=dict.fromkeys(shop.items, 10**6)) == []
    assert sum(came_through.values()) - came_through["deliver"] == rounds, "every gift was released, and once"


def test_of_all_who_end_a_gift_at_once_the_money_moves_once(database: Database) -> None:
    judged(database, 6)


@pytest.mark.slow
def test_of_all_who_end_a_gift_at_once_the_money_moves_once_three_hundred_times(database: Database) -> None:
    judged(database, 300)


def test_the_last_piece_and_the_last_cent_go_to_one_of_many(database: Database) -> None:
    with database.writing() as session:
        shop = open_tight_shop(session, stock=1)
    desks = [Database(url_of(database)) for _ in range(6)]
    told = at_once(6, lambda n: give(desks[n], shop.givers[2 * (n % 3)], shop.customers[n], shop.items[0], f"k-{n}"))
    for one in desks:
        one.close()
    assert Counter(one.kind for one in told)["granted"] == 1
    assert {one.why for one in told if one.kind != "granted"} == {"out-of-stock"}
    assert problems(database, stock=dict.fromkeys(shop.items, 1)) == []


@pytest.mark.postgres
def test_unsorted_rivals_would_deadlock_so_the_order_is_what_keeps_them_apart(postgres_copy: str) -> None:
    """The guard is worth having: the same two rivals without it."""
    desks = [Database(postgres_copy) for _ in range(2)]
    with desks[0].writing() as session:
        limits.fill(session, ROOMS[:2], ONE)
    met = threading.Barrier(2)

    def fill_backwards(n: int) -> None:
        with desks[n].writing() as session:
            for at, room in enumerate(ROOMS[:2] if n else ROOMS[1::-1]):
                limits.fill(session, [room], ONE)
                if at == 0:
                    met.wait()

    ended = at_once(2, fill_backwards)
    for one in desks:
        one.close()
    assert [isinstance(one, OperationalError) for one in ended].count(True) == 1
