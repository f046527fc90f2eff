"""Nobody can spend the last ten twice: many at once, both engines, an oracle afterwards."""

import threading
from concurrent.futures import ThreadPoolExecutor

import cast
import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from deskapp.desk import grants
from deskapp.rules.authority import Ceiling, Room, Worth
from deskapp.rules.people import Actor
from deskapp.store import items
from deskapp.store import limits as limit_rows
from deskapp.store.customers import get_customer
from deskapp.store.db import Database
from deskapp.store.gift_tables import Bucket, Grant, Ledger
from deskapp.store.tables import Item

People = dict[str, Actor]


def buckets(session: Session) -> dict[str, tuple[int, int]]:
    return {bucket.key: (bucket.spent_minor, bucket.limit_minor) for bucket in session.exec(select(Bucket)).all()}


def fill(session: Session, most: int, value: int) -> bool:
    room = Room(Ceiling.BUDGET, most, most, bucket="a")
    return limit_rows.fill(session, [room], Worth(value, value)) is not None


def test_a_bucket_fills_to_the_last_cent_and_no_further(database: Database) -> None:
    with database.writing() as session:
        assert fill(session, 100, 100)
    with database.writing() as session:
        assert not fill(session, 100, 1)
    with database.reading() as session:
        assert buckets(session) == {"a": (100, 100)}


def test_a_ceiling_lowered_below_what_is_spent_refuses_and_keeps_the_books(database: Database) -> None:
    with database.writing() as session:
        fill(session, 100, 80)
    with database.writing() as session:
        assert not fill(session, 50, 1)
        assert fill(session, 200, 100)
    with database.reading() as session:
        assert buckets(session) == {"a": (180, 200)}


@pytest.mark.parametrize("spent", [-1, 101])
def test_the_database_itself_refuses_a_bucket_that_runs_over(database: Database, spent: int) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Bucket(key="a", limit_minor=100, spent_minor=spent))


def test_many_givers_at_once_never_pass_a_ceiling_and_the_books_balance(database: Database, people: People) -> None:
    """40 gifts of $3.50 are asked for by Ana and Bo at once, each key twice; $10, $60 and $30 are the ceilings."""
    with database.writing() as session:
        customers = [cast.customer_id(session), cast.customer_id(session, "C-2")]
    barrier = threading.Barrier(8)

    def give(n: int) -> str:
        if n < 8:
            barrier.wait(timeout=30)
        giver = people["ana" if n % 2 else "bo"]
        with database.writing() as session:
            customer = get_customer(session, customers[n % 4 // 2])
            tea = items.get_by_sku(session, "tea")
            outcome = grants.give(session, giver, customer, tea, None, key=f"key-{n // 4}-{n % 4}", now=cast.NOW)
        return outcome.kind

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(give, [*range(40), *range(40)]))
    assert answers[:40] == answers[40:]
    with database.reading() as session:
        given = session.exec(select(Grant)).all()
        spent = buckets(session)
        assert len(given) == answers[:40].count("granted")
        assert all(0 <= held <= ceiling for held, ceiling in spent.values())
        sums = dict.fromkeys(spent, 0)
        for row in session.exec(select(Ledger)).all():
            sums[row.bucket_key] += row.amount_minor
        assert sums == {key: held for key, (held, _) in spent.items()}
        assert session.exec(select(Item.stock).where(Item.sku == "tea")).one() == 40 - len(given)
        months = [ceiling for key, (_, ceiling) in spent.items() if key.startswith("customer-month|")]
        assert max(months) <= cast.LIMITS[people["bo"].role][2]
