from dataclasses import replace
from datetime import timedelta

import pytest
from cast import NOW, agents_limit, item_id
from customers_at_random import populate
from sqlmodel import select

from deskapp.desk import dry_run, receiving
from deskapp.desk.ceilings import rooms_of_gift
from deskapp.desk.dry_run import DryRun
from deskapp.desk.preferences import stops_of
from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind, most_left
from deskapp.rules.dry_run import a_month
from deskapp.rules.eligibility import NotARule
from deskapp.rules.people import Actor, Receiver, Role
from deskapp.rules.stops import StopKind
from deskapp.store import preferences
from deskapp.store.gift_tables import Bucket, Grant, GrantState, LimitVersion, ReceiverVersion
from deskapp.store.tables import Customer, Order, OrderLine, Problem, ProblemKind

FREE = agents_limit()
LATE = "last order late or customer for 2 years"


def settle(session, count: int, *, store: str = "Main St", years: int = 3, days_ago: int = 10) -> list[int]:
    """So many customers, each with one order of $20 that was delivered; their ids."""
    first = len(session.exec(select(Customer.id)).all())
    rows = [
        Customer(
            external_id=f"S-{first + number}",
            name=f"Person {first + number}",
            name_folded=f"person {first + number}",
            joined_on=(NOW - timedelta(days=365 * years + 10)).date(),
        )
        for number in range(count)
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        order(session, row.id, days_ago, store)
    session.flush()
    return [row.id for row in rows]


def order(session, customer: int, days_ago: int, store: str = "Main St") -> int:
    row = Order(
        external_id=f"S-{customer}-{days_ago}",
        customer_id=customer,
        placed_at=NOW - timedelta(days=days_ago),
        store=store,
        currency="USD",
        status="delivered",
    )
    session.add(row)
    session.flush()
    line = OrderLine(order_id=row.id, line=1, item_id=item_id(session, "tea"), quantity=1, unit_price_minor=2000)
    session.add(line)
    return row.id


def give(session, actor: Actor, customer: int, value: int, days_ago: int, order_id: int | None = None) -> None:
    version = session.exec(select(LimitVersion.id).where(LimitVersion.role == Role.AGENT)).one()
    session.add(
        Grant(
            staff_id=actor.staff_id,
            customer_id=customer,
            order_id=order_id,
            item_id=item_id(session, "tea"),
            price_minor=value,
            cost_minor=value // 2,
            value_minor=value,
            currency="USD",
            limit_version_id=version,
            state=GrantState.COMMITTED,
            granted_at=NOW - timedelta(days=days_ago),
        )
    )
    session.flush()


def tried(session, rule: str = "", before: AuthorityLimit | None = FREE, **more: object) -> DryRun:
    session.flush()
    return dry_run.run(session, replace(FREE, eligibility=rule, **more), before, now=NOW)


@pytest.fixture
def empty(session, people):
    """The cast's own customers never bought anything."""
    for row in session.exec(select(OrderLine)).all():
        session.delete(row)
    session.flush()
    for row in session.exec(select(Order)).all():
        session.delete(row)
    session.flush()
    return session


STRICT = {
    "gap": replace(FREE, gap_days=60, is_never_bait=True),
    "counts": replace(FREE, per_customer_days=90, per_customer_gifts=2, per_customer_per_year_gifts=3),
    "money": replace(FREE, per_customer_days=30, per_customer_minor=500, per_customer_per_month_minor=400),
    "rule": replace(FREE, eligibility=f"{LATE} or orders >= 2", is_never_regular=True),
    "share": replace(FREE, order_share_percent=10, zone="Asia/Tokyo"),
    "gifts": replace(FREE, eligibility="days since gift > 60 and not promise late", basis=Basis.COST),
}


class TestTheSameAnswer:
    @pytest.mark.parametrize("name", STRICT)
    def test_as_the_desk_gives_for_each_customer(self, session, people, name):
        """Customers of every kind, receivers with and without thresholds, months with money spent."""
        limit, ana = STRICT[name], people["ana"]
        ids = populate(session, people, 7, customers=30)
        thresholds = ReceiverVersion(
            receiver=Receiver.BUSINESS,
            currency="USD",
            zone="UTC",
            per_gift_minor=2000,
            per_year_minor=900,
            register_from_minor=100,
            set_by=ana.staff_id,
            set_at=NOW,
        )
        session.add(thresholds)
        session.add_all(
            Bucket(key=f"customer-month|{one}|2026-03|USD", limit_minor=1000, spent_minor=400) for one in ids[::3]
        )
        for one in ids[::3]:
            give(session, ana, one, 400, days_ago=3)
        session.flush()
        trial = dry_run.try_on(session, [limit], now=NOW)
        may = trial.reaches[limit].may
        assert may == {one.id for one in trial.people if _may(session, ana, limit, one.id)}
        assert 0 < len(may) < len(trial.people)


def _may(session, giver: Actor, limit: AuthorityLimit, customer_id: int) -> bool:
    customer = session.get_one(Customer, customer_id)
    stops = stops_of(p for p, _ in preferences.list_preferences(session, customer_id))
    if any(stop.kind is StopKind.NO_GIFTS for stop in stops):
        return False
    if receiving.why_not(session, limit, customer, None, now=NOW):
        return False
    rooms = rooms_of_gift(session, giver, limit, customer, order_id=None, now=NOW)
    return most_left(rooms) > 0


class TestWhoGainsAndLoses:
    @pytest.fixture
    def database(self, sqlite):
        return sqlite

    def test_it_is_said_in_a_sentence_with_names(self, empty):
        settle(empty, 12)
        new = settle(empty, 3, years=0)
        view = tried(empty, LATE)
        assert view.sentence == (
            "12 of 15 customers may be given something now. Before it was 15: nobody would gain, 3 would lose."
        )
        assert (view.gains.count, view.losses.count) == (0, 3)
        assert [one for one, _ in view.losses.examples] == new
        assert view.rule.startswith("Customers whose last order arrived late")

    def test_at_most_five_are_named(self, empty):
        settle(empty, 12, years=0)
        assert [len(tried(empty, LATE).losses.examples), tried(empty, LATE).losses.count] == [5, 12]

    def test_where_nothing_was_before_nobody_gains(self, empty):
        settle(empty, 2)
        view = tried(empty, before=None)
        assert view.sentence == "2 of 2 customers may be given something now. Nothing was in force before."
        assert (view.may_before, view.gains, view.losses) == (None, None, None)

    def test_a_shop_without_orders_has_nobody_to_try_it_on(self, empty):
        view = tried(empty, LATE)
        assert view.sentence == "Nobody bought anything in the last two years, so there is nobody to try this on."
        assert (view.of, view.cost.at_most_minor, view.groupings) == (0, 0, ())

    def test_who_bought_longer_ago_is_left_out(self, empty):
        settle(empty, 2, days_ago=729)
        settle(empty, 2, days_ago=732)
        assert tried(empty).of == 2

    def test_a_rule_that_nobody_meets_is_told(self, empty):
        settle(empty, 12)
        assert "Nobody meets this rule." in tried(empty, "orders >= 3 and orders < 2").warnings[0]

    def test_a_rule_that_everybody_meets_is_told(self, empty):
        settle(empty, 12)
        assert "Everybody meets this rule" in tried(empty, "orders >= 1").warnings[0]
        assert tried(empty).warnings == ()

    def test_ceilings_that_leave_nobody_anything_are_told(self, empty):
        settle(empty, 12)
        assert "nobody may be given anything today" in tried(empty, per_gift_minor=0).warnings[0]

    def test_who_waits_for_the_next_gift_is_told(self, empty, people):
        first, *_ = settle(empty, 3)
        give(empty, people["ana"], first, 300, days_ago=5)
        view = tried(empty, gap_days=30)
        assert (view.meets, view.may) == (3, 2)
        assert any(note.startswith("1 more meets the rule but may be given nothing today") for note in view.notes)

    def test_whose_gifts_come_like_clockwork_waits(self, empty, people):
        """One by the days between them, another by having had one with every order."""
        by_day, by_order, neither = settle(empty, 3)
        for days in (30, 60, 90):
            give(empty, people["ana"], by_day, 300, days_ago=days)
        for days in (1, 5, 8):
            placed = order(empty, by_order, days)
            give(empty, people["ana"], by_order, 300, days_ago=days, order_id=placed)
        give(empty, people["ana"], neither, 300, days_ago=30)
        assert tried(empty).may == 3
        assert tried(empty, is_never_regular=True).may == 1

    def test_a_rule_that_is_none_is_told_by_the_rule_language(self, empty):
        with pytest.raises(NotARule, match="for their age"):
            tried(empty, "age > 60")

    def test_an_old_rule_that_cannot_be_read_any_more_let_nobody_in(self, empty):
        settle(empty, 2)
        assert tried(empty, before=replace(FREE, eligibility="shoe size > 3")).may_before == 0

    def test_of_a_large_desk_a_sample_is_tried_always_the_same(self, empty, monkeypatch):
        settle(empty, 12)
        monkeypatch.setattr(dry_run, "MOST_CUSTOMERS", 5)
        first, second = tried(empty, per_customer_per_year_gifts=1), tried(empty, per_customer_per_year_gifts=1)
        assert first == second
        assert first.of == 5
        assert first.notes[0].startswith("Tried on 5 of the 12 customers")
        assert first.cost.at_most_minor == a_month(12 * 500, 91)


class TestCost:
    @pytest.fixture
    def database(self, sqlite):
        return sqlite

    def test_every_order_of_the_last_quarter_could_have_had_the_dearest_gift(self, empty):
        one, two = settle(empty, 2)
        for days in (20, 50, 90):
            order(empty, one, days)
        order(empty, two, 92)
        view = tried(empty)
        assert view.cost.at_most_minor == a_month(5 * 500, 91)
        assert view.cost.sentences[0] == (
            "At most $8.36 a month: 5 orders of the last 91 days could have had a gift, each the dearest one allowed."
        )
        assert tried(empty, gap_days=60).cost.at_most_minor == a_month(3 * 500, 91)

    def test_a_share_of_the_order_keeps_it_lower(self, empty):
        settle(empty, 2)
        assert tried(empty, order_share_percent=10).cost.at_most_minor == a_month(2 * 200, 91)

    def test_what_each_giver_may_give_keeps_it_lower(self, empty):
        settle(empty, 40)
        view = tried(empty, per_giver_per_month_minor=700)
        assert view.cost.at_most_minor == 700
        assert view.cost.sentences[0] == (
            "At most $7.00 a month: 1 giver, $7.00 a month each."
            " Without that ceiling the 40 orders of the last 91 days could have come to $66.85 a month."
        )

    def test_the_ceiling_that_allows_least_in_a_month_is_the_one_that_is_told(self, empty):
        settle(empty, 40)
        told = tried(empty, per_giver_per_week_minor=500, per_giver_per_day_minor=400).cost
        assert told.at_most_minor == a_month(500, 7)
        assert told.sentences[0].startswith("At most $21.73 a month: 1 giver, $5.00 a week each.")

    def test_where_nobody_gives_under_it_it_costs_nothing(self, empty):
        settle(empty, 40)
        told = tried(empty, per_giver_per_month_minor=700, giver_kind=GiverKind.TEAM, role=None, team="Nobody").cost
        assert told.sentences[0].startswith("At most $0.00 a month: nobody who gives is meant by it now.")

    def test_only_orders_of_the_eligible_count(self, empty):
        settle(empty, 3, years=0)
        settle(empty, 1)
        assert tried(empty, LATE).cost.at_most_minor == a_month(500, 91)

    def test_without_gifts_nobody_can_tell_what_would_be_used(self, empty):
        settle(empty, 3)
        assert tried(empty).cost.about_minor is None
        assert "nothing was given in that time" in tried(empty).cost.sentences[1]

    def test_at_the_rate_and_the_mean_of_the_last_quarter(self, empty, people):
        ids = settle(empty, 10)
        for one in ids[:2]:
            give(empty, people["ana"], one, 300, days_ago=40)
        give(empty, people["ana"], ids[2], 300, days_ago=100)
        view = tried(empty)
        assert view.cost.about_minor == a_month(2 * 300, 91)
        assert view.cost.sentences[1] == (
            "About $2.01 a month if it is used as until now: 20 % of the orders that could have had a gift had one,"
            " worth $3.00 on average."
        )
        assert tried(empty, basis=Basis.COST).cost.about_minor == a_month(2 * 150, 91)

    def test_a_rule_about_gifts_counts_those_of_the_replay(self, empty):
        one, *_ = settle(empty, 1)
        for days in (20, 50, 80):
            order(empty, one, days)
        assert tried(empty, "days since gift > 29").cost.at_most_minor == a_month(3 * 500, 91)


class TestGroups:
    @pytest.fixture
    def database(self, sqlite):
        return sqlite

    def test_new_customers_who_get_less_are_told(self, empty):
        settle(empty, 60)
        settle(empty, 40, years=0)
        by_age = tried(empty, LATE).groupings[0]
        assert [(one.group, one.of, one.now, one.before) for one in by_age.rows] == [
            ("under a year", 40, 0, 40),
            ("a year or longer", 60, 60, 60),
        ]
        assert by_age.warning == (
            "“under a year” gets 0 % where “a year or longer” gets 100 %: less than four fifths."
            " Please look whether that is meant."
        )

    def test_a_group_of_nine_is_not_told(self, empty):
        settle(empty, 60)
        settle(empty, 9, years=0)
        by_age = tried(empty, LATE).groupings[0]
        assert [one.is_told for one in by_age.rows] == [False, True]
        assert by_age.warning == ""

    def test_of_many_stores_the_largest_are_named_and_the_rest_is_one(self, empty):
        for number in range(10):
            settle(empty, 12 - number, store=f"Store {number}")
        by_store = tried(empty).groupings[-1]
        assert [one.group for one in by_store.rows] == [*(f"Store {n}" for n in range(8)), "the other 2 stores"]
        assert by_store.rows[-1].of == 4 + 3

    def test_whoever_has_a_problem_gets_the_floor_in_the_dry_run_too(self, empty, people):
        first, *_ = settle(empty, 2)
        empty.add(Problem(customer_id=first, kind=ProblemKind.WRONG, noted_by=people["ana"].staff_id, noted_at=NOW))
        assert tried(empty, "spent over 1000").may == 1
