"""T10: any story of limits, gifts, endings, days and repeats, told to the desk and to a model that does sums in dictionaries."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from cast import NOW
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from money.oracle import problems
from money.shop import give, open_shop, set_limit
from sqlalchemy import delete, text
from sqlmodel import SQLModel

from deskapp.desk import settling
from deskapp.rules.errors import ClockWentBack
from deskapp.store import grants
from deskapp.store.db import Database
from deskapp.store.gift_tables import GrantState

PRICES = (300, 370, 440, 510)
STOCK = 6
ENDS = {
    "undo": ({"reserved"}, GrantState.UNDONE),
    "deliver": ({"reserved"}, GrantState.COMMITTED),
    "return": ({"reserved", "committed"}, GrantState.RETURNED),
}


class Model:
    """What the desk should say: every ceiling is reckoned anew from the list of gifts."""

    def __init__(self) -> None:
        self.now, self.limit = (
            NOW,
            (10**6, 10**6, 10**6, 1),
        )  # per gift, giver and day, customer and month, days between
        self.gifts: list[list] = []  # giver, customer, item, value, day, state
        self.told: dict[tuple[int, str], tuple] = {}

    def kept(self) -> list[list]:
        return [one for one in self.gifts if one[5] in {"reserved", "committed"}]

    def would_say(self, giver: int, customer: int, item: int) -> str:
        per_gift, per_day, per_month, gap = self.limit
        value, day = PRICES[item], self.now.date()
        if sum(one[2] == item for one in self.kept()) >= STOCK:
            return "refused"
        today = sum(one[3] for one in self.kept() if one[0] == giver and one[4] == day)
        month = sum(one[3] for one in self.kept() if one[1] == customer and one[4].replace(day=1) == day.replace(day=1))
        if month + value > per_month:
            return "refused"
        if any(one[1] == customer and one[4] > day - timedelta(days=gap) for one in self.kept()):
            return "refused"
        return "refused" if value > per_gift or today + value > per_day else "granted"

    def give(self, giver: int, customer: int, item: int, key: str) -> str:
        if (giver, key) not in self.told:
            said = self.would_say(giver, customer, item)
            self.told[giver, key] = (said, customer, item)
            if said == "granted":
                self.gifts.append([giver, customer, item, PRICES[item], self.now.date(), "reserved"])
        return self.told[giver, key][0]

    def end(self, n: int, how: str) -> bool:
        came_from, to = ENDS[how]
        if self.gifts[n][5] not in came_from:
            return False
        self.gifts[n][5] = to.value
        return True


class Story(RuleBasedStateMachine):
    database: Database

    @initialize()
    def open(self) -> None:
        empty(self.database)
        with self.database.writing() as session:
            self.shop = open_shop(
                session, givers=2, customers=3, stock=STOCK, limits={"per_gift_minor": 10**6, "gap_days": 1}
            )
        self.model, self.ids = Model(), []
        self.set_limit(10**6, 10**6, 10**6, 1)

    @rule(
        per_gift=st.sampled_from([350, 450, 10**6]),
        per_day=st.sampled_from([0, 700, 1500, 10**6]),
        per_month=st.sampled_from([600, 1200, 10**6]),
        gap=st.sampled_from([1, 2, 30]),
    )
    def set_limit(self, per_gift: int, per_day: int, per_month: int, gap: int) -> None:
        self.model.limit = (per_gift, per_day, per_month, gap)
        with self.database.writing() as session:
            set_limit(
                session,
                self.shop.givers[0],
                per_gift_minor=per_gift,
                per_giver_per_day_minor=per_day,
                per_customer_per_month_minor=per_month,
                gap_days=gap,
            )

    @rule(giver=st.integers(0, 1), customer=st.integers(0, 2), item=st.integers(0, 3))
    def grant(self, giver: int, customer: int, item: int) -> None:
        key = f"key-{len(self.model.told)}"
        self.compare(giver, customer, item, key, self.model.give(giver, customer, item, key))

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        if self.model.told:
            giver, key = data.draw(st.sampled_from(sorted(self.model.told)))
            said, customer, item = self.model.told[giver, key]
            self.compare(giver, customer, item, key, said)

    @rule(data=st.data(), how=st.sampled_from(sorted(ENDS)))
    def end(self, data: st.DataObject, how: str) -> None:
        if not self.ids:
            return
        n = data.draw(st.integers(0, len(self.ids) - 1))
        with self.database.writing() as session:
            grant, to = grants.get_grant(session, self.ids[n]), ENDS[how][1]
            if to is GrantState.COMMITTED:
                ended = settling.commit(session, None, grant, now=self.model.now)
            else:
                ended = settling.release(session, None, grant, to, now=self.model.now)
        assert ended == self.model.end(n, how)

    @rule(days=st.integers(1, 20))
    def close_day(self, days: int) -> None:
        self.model.now += timedelta(days=days)

    @rule(hours=st.integers(1, 60))
    def turn_the_clock_back(self, hours: int) -> None:
        if self.ids:
            with pytest.raises(ClockWentBack):
                self.ask(0, 0, 0, "from the past", self.clock_of_gifts() - timedelta(hours=hours))

    def clock_of_gifts(self) -> datetime:
        with self.database.reading() as session:
            seconds = session.connection().scalar(text("SELECT number FROM edition WHERE name = 'clock'"))
        return datetime.fromtimestamp(seconds, NOW.tzinfo)

    def ask(self, giver: int, customer: int, item: int, key: str, now: datetime):
        shop = self.shop
        return give(self.database, shop.givers[giver], shop.customers[customer], shop.items[item], key, now=now)

    def compare(self, giver: int, customer: int, item: int, key: str, expected: str) -> None:
        told = self.ask(giver, customer, item, key, self.model.now)
        assert told.kind == expected, told
        if told.grant_id and told.grant_id not in self.ids:
            self.ids.append(told.grant_id)

    @invariant()
    def the_books_balance(self) -> None:
        if hasattr(self, "ids"):
            assert len(self.ids) == len(self.model.gifts)
            kept = Counter(one[2] for one in self.model.kept())
            found = [said for said in problems(self.database) if not said.startswith("giver")]  # limits may be lowered
            assert found == []
            with self.database.reading() as session:
                left = session.connection().execute(text("SELECT stock FROM item ORDER BY id")).scalars().all()
            assert left == [STOCK - kept[n] for n in range(4)]


def empty(database: Database) -> None:
    """As migrated, whatever an earlier story left; what is append-only has to be forced."""
    with database.writing() as session:
        connection = session.connection()
        if database.is_sqlite:
            named = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            triggers = connection.execute(text(named)).all()
            for one in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {one.name}")
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(delete(table))
            for one in triggers:
                connection.exec_driver_sql(one.sql)
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(delete(table))


def tell(database: Database, stories: int, steps: int) -> None:
    run_state_machine_as_test(
        type("StoryHere", (Story,), {"database": database}),
        settings=settings(
            max_examples=stories,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def test_whatever_the_story_desk_and_model_say_the_same(database: Database) -> None:
    tell(database, stories=4, steps=15)


@pytest.mark.slow
def test_whatever_the_long_story_desk_and_model_say_the_same(database: Database) -> None:
    tell(database, stories=60, steps=50)
