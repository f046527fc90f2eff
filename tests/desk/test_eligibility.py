from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cast import NOW, agents_limit, customer_id, item_id
from customers_at_random import populate
from sqlalchemy import event
from sqlmodel import select

from deskapp.desk import eligibility, grants
from deskapp.rules.eligibility_facts import Facts, Field
from deskapp.rules.people import Role
from deskapp.store.eligibility import When, facts_of, who
from deskapp.store.gift_tables import Grant, GrantState, LimitVersion
from deskapp.store.memory_tables import Promise
from deskapp.store.tables import Customer, Delivery, Item, Order, OrderLine, Problem, ProblemKind

LIMIT = agents_limit()
WHEN = When(NOW, "UTC", "USD")
EVERYTHING = frozenset(Field)


def carla(session) -> Customer:
    return session.get_one(Customer, customer_id(session))


def known(session, when: When = WHEN) -> Facts:
    session.flush()
    one = who(carla(session))
    return facts_of(session, [one], EVERYTHING, when)[one.id]


def last_order(session) -> Order:
    return session.exec(select(Order).where(Order.external_id == "O-2")).one()


def send(session, **more: object) -> Delivery:
    delivery = Delivery(order_id=last_order(session).id, ship_on=date(2026, 3, 12), **more)
    session.add(delivery)
    return delivery


def complain(session, people, **more: object) -> None:
    session.add(
        Problem(customer_id=customer_id(session), noted_by=people["ana"].staff_id, noted_at=NOW, **more)  # type: ignore[arg-type]
    )


def order(session, at: datetime, *prices: int, status: str = "delivered", currency: str = "USD", **more: int) -> None:
    row = Order(
        external_id=f"N-{at.isoformat()}",
        customer_id=customer_id(session),
        placed_at=at,
        store="Harbour",
        currency=currency,
        status=status,
    )
    session.add(row)
    session.flush()
    for line, price in enumerate(prices):
        session.add(
            OrderLine(
                order_id=row.id,
                line=line + 1,
                item_id=item_id(session, "tea"),
                quantity=-1 if price < 0 else 1,
                unit_price_minor=abs(price),
            )
        )


class TestOneAndMany:
    @pytest.mark.parametrize("seed", range(2))
    def test_for_one_and_for_many_the_answer_is_the_same(self, session, people, seed):
        ids = populate(session, people, seed)
        everybody = [who(session.get_one(Customer, one)) for one in ids]
        for zone in ("UTC", "Asia/Tokyo"):
            when = When(NOW, zone, "USD")
            together = facts_of(session, everybody, EVERYTHING, when)
            assert together == {one.id: facts_of(session, [one], EVERYTHING, when)[one.id] for one in everybody}

    @pytest.mark.parametrize(
        ("rule", "queries"),
        [("", 0), ("tier is gold", 3), ("last order late or customer for 2 years", 3), ("days since gift > 9", 1)],
    )
    def test_only_what_the_rule_asks_for_is_read(self, session, people, rule, queries):
        customer = carla(session)
        session.flush()
        asked: list[str] = []
        engine = session.get_bind()
        listener = lambda *args: asked.append(args[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        eligibility.why_not(session, replace(LIMIT, eligibility=rule), customer, now=NOW)
        event.remove(engine, "before_cursor_execute", listener)
        assert len(asked) <= queries


class TestFacts:
    @pytest.fixture
    def database(self, sqlite):
        """What the words mean is the same on both engines; the shops at random above are read on both."""
        return sqlite

    def test_a_shop_at_random_has_some_of_everything(self, session, people):
        ids = populate(session, people, 0, customers=60)
        found = facts_of(session, [who(session.get_one(Customer, one)) for one in ids], EVERYTHING, WHEN).values()
        for field in fields_of(Facts):
            if field.name not in {"today", "currency"}:
                assert len({getattr(one, field.name) for one in found}) > 1, field.name

    def test_what_is_known_of_carla(self, session, people):
        assert known(session) == Facts(
            NOW.date(),
            "USD",
            customer_since=date(2023, 5, 1),
            orders=2,
            last_order_minor=480,
            days_since_order=1,
            tier="",
            store="Main St",
            spent_minor=480 + 350,
        )

    @pytest.mark.parametrize("status", ["cancelled", " Canceled ", "quote", "CART"])
    def test_an_order_that_was_cancelled_or_only_offered_is_none(self, session, people, status):
        order(session, NOW - timedelta(hours=1), 9900, status=status)
        assert (known(session).orders, known(session).store, known(session).spent_minor) == (2, "Main St", 830)

    def test_what_was_sent_back_is_taken_off(self, session, people):
        order(session, NOW - timedelta(hours=1), 900, 500, -500)
        assert (known(session).last_order_minor, known(session).spent_minor) == (900, 830 + 900)
        order(session, NOW, -500)
        assert (known(session).last_order_minor, known(session).spent_minor) == (0, 830 + 400)

    def test_an_order_of_tomorrow_is_none_yet_and_another_currency_is_no_money(self, session, people):
        order(session, NOW + timedelta(days=1), 900)
        order(session, NOW - timedelta(hours=1), 900, currency="EUR")
        assert (known(session).orders, known(session).last_order_minor, known(session).spent_minor) == (3, 0, 830)

    def test_whoever_ordered_before_they_joined_counts_from_the_order(self, session, people):
        order(session, datetime(2020, 1, 1, 23, 30, tzinfo=UTC), 1)
        assert known(session).customer_since == date(2020, 1, 1)
        assert known(session, When(NOW, "Asia/Tokyo", "USD")).customer_since == date(2020, 1, 2)

    @pytest.mark.parametrize(
        ("more", "is_late"),
        [
            ({}, False),
            ({"need_by_on": date(2026, 3, 14)}, False),
            ({"need_by_on": date(2026, 3, 13)}, True),
            ({"estimated_on": date(2026, 3, 13)}, True),
            ({"estimated_on": date(2026, 3, 13), "returned_at": NOW}, False),
            ({"estimated_on": date(2026, 3, 13), "delivered_at": datetime(2026, 3, 13, 23, 59, tzinfo=UTC)}, False),
            ({"estimated_on": date(2026, 3, 13), "delivered_at": datetime(2026, 3, 14, tzinfo=UTC)}, True),
            ({"need_by_on": date(2026, 3, 20), "estimated_on": date(2026, 3, 13), "delivered_at": NOW}, True),
        ],
    )
    def test_late_is_after_the_day_it_was_needed_or_named(self, session, people, more, is_late):
        send(session, **more)
        assert known(session).is_last_order_late is is_late

    def test_the_day_of_delivery_is_the_shops_day(self, session, people):
        send(session, estimated_on=date(2026, 3, 13), delivered_at=datetime(2026, 3, 13, 16, tzinfo=UTC))
        assert not known(session).is_last_order_late
        assert known(session, When(NOW, "Asia/Tokyo", "USD")).is_last_order_late

    def test_an_order_that_a_shop_calls_delivered_is_not_waited_for(self, session, people):
        last_order(session).status = "delivered"
        send(session, estimated_on=date(2026, 3, 1))
        assert not known(session).is_last_order_late

    def test_a_problem_of_the_last_order_counts_though_it_is_solved(self, session, people):
        complain(session, people, order_id=last_order(session).id, kind=ProblemKind.LATE, solved_at=NOW)
        found = known(session)
        assert (found.has_last_order_problem, found.is_last_order_late, found.has_open_problem) == (True, True, False)

    def test_a_problem_of_an_older_order_counts_while_it_is_open(self, session, people):
        older = session.exec(select(Order.id).where(Order.external_id == "O-1")).one()
        complain(session, people, order_id=older, kind=ProblemKind.LATE)
        found = known(session)
        assert (found.has_last_order_problem, found.is_last_order_late, found.has_open_problem) == (False, False, True)

    @pytest.mark.parametrize(
        ("due_on", "kept_at", "is_late"),
        [
            (date(2026, 3, 13), None, True),
            (date(2026, 3, 14), None, False),
            (date(2020, 1, 1), None, True),
            (date(2026, 3, 1), datetime(2026, 3, 1, 20, tzinfo=UTC), False),
            (date(2026, 3, 1), datetime(2026, 3, 2, tzinfo=UTC), True),
            (date(2025, 11, 1), datetime(2025, 12, 14, 12, tzinfo=UTC), False),
            (date(2025, 11, 1), datetime(2025, 12, 15, 12, tzinfo=UTC), True),
        ],
    )
    def test_a_promise_that_we_kept_late_or_still_owe(self, session, people, due_on, kept_at, is_late):
        session.add(
            Promise(
                customer_id=customer_id(session),
                text="call",
                owner_id=people["ana"].staff_id,
                due_on=due_on,
                made_at=NOW,
                kept_at=kept_at,
            )
        )
        assert known(session).has_late_promise is is_late

    def test_gifts_that_were_not_kept_do_not_count(self, session, people):
        version = session.exec(select(LimitVersion.id)).first()
        for days, state in (
            (1, GrantState.UNDONE),
            (20, GrantState.COMMITTED),
            (40, GrantState.RESERVED),
            (400, "committed"),
        ):
            session.add(
                Grant(
                    staff_id=people["ana"].staff_id,
                    customer_id=customer_id(session),
                    item_id=item_id(session, "tea"),
                    price_minor=1,
                    cost_minor=1,
                    value_minor=1,
                    currency="USD",
                    limit_version_id=version,
                    state=GrantState(state),
                    granted_at=NOW - timedelta(days=days),
                )
            )
        assert (known(session).days_since_gift, known(session).gifts) == (20, 2)


class TestWhyNot:
    def test_nobody_is_asked_anything_without_a_rule(self, session, people):
        assert eligibility.why_not(session, LIMIT, carla(session), now=NOW) == ""
        assert eligibility.why_not(session, replace(LIMIT, eligibility="  "), carla(session), now=NOW) == ""

    def test_the_rule_is_told_in_words(self, session, people):
        strict = replace(LIMIT, eligibility="last order late or customer for 5 years")
        assert eligibility.why_not(session, strict, carla(session), now=NOW) == (
            "gifts are for customers whose last order arrived late, or who have been with us for five years or longer."
        )

    def test_a_rule_that_cannot_be_read_any_more_lets_nobody_in(self, session, people):
        assert eligibility.why_not(session, replace(LIMIT, eligibility="shoe size > 3"), carla(session), now=NOW) == (
            eligibility.UNREADABLE
        )

    def test_a_gift_is_refused_with_the_rule_and_granted_once_the_order_is_late(self, session, people):
        rule = session.exec(select(LimitVersion).where(LimitVersion.role == Role.AGENT)).one()
        session.add(
            LimitVersion(
                **(rule.model_dump(exclude={"id", "eligibility"})),
                eligibility="last order late or customer for 5 years",
            )
        )
        session.flush()
        tea = session.get_one(Item, item_id(session, "tea"))
        refused = grants.give(session, people["ana"], carla(session), tea, None, key="a", now=NOW)
        assert (refused.kind, refused.why) == ("refused", "not-eligible")
        assert "whose last order arrived late" in refused.sentence
        send(session, estimated_on=date(2026, 3, 13))
        session.flush()
        assert grants.give(session, people["ana"], carla(session), tea, None, key="b", now=NOW).kind == "granted"
