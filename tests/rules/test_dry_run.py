from datetime import UTC, date, datetime, time, timedelta

import pytest
from cast import agents_limit
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.rules.authority import (
    AuthorityLimit,
    Ceiling,
    Given,
    Room,
    Worth,
    customer_bucket,
    customer_rooms,
    filled,
    most_left,
    order_room,
)
from deskapp.rules.dry_run import (
    History,
    PastOrder,
    Share,
    a_month,
    find_uneven,
    most_for,
    quartiles,
    replay,
    shares,
)

DAY = date(2026, 3, 14)
CARLA, DAN = 7, 8


def limit(**more: int | None) -> AuthorityLimit:
    return agents_limit(**more)


def orders(*days: int, customer: int = CARLA, worth: int = 10_000) -> list[PastOrder]:
    return [PastOrder(customer, DAY + timedelta(days=day), worth) for day in days]


def everybody(*_: object) -> bool:
    return True


class TestReplay:
    def test_every_order_gets_the_dearest_gift_where_nothing_stands_against_it(self):
        done = replay(limit(), orders(0, 1, 2), everybody)
        assert (done.gifts, done.cost_minor) == (3, 1500)

    def test_between_two_gifts_lies_the_gap(self):
        assert replay(limit(gap_days=60), orders(0, 59, 60, 119, 120), everybody).gifts == 3

    def test_of_one_customer_only_what_they_may_have(self):
        done = replay(limit(per_customer_days=30, per_customer_minor=800), orders(0, 1, 2, 30), everybody)
        assert done.cost_minor == 500 + 300 + 500

    def test_a_share_of_a_small_order_is_small(self):
        assert replay(limit(order_share_percent=10), orders(0, worth=1_009), everybody).cost_minor == 100

    def test_nothing_for_who_is_not_eligible(self):
        mixed = orders(0, 1) + orders(2, customer=DAN)
        assert replay(limit(), mixed, lambda customer, *_: customer == DAN).gifts == 1

    def test_the_rule_sees_the_gifts_of_the_replay(self):
        def waits(_customer: int, day: date, history: History) -> bool:
            return history.days_since(day) is None

        assert replay(limit(), orders(0, 1, 2), waits).gifts == 1

    @settings(max_examples=100)
    @given(
        st.builds(
            limit,
            per_gift_minor=st.integers(0, 900),
            order_share_percent=st.none() | st.integers(0, 100),
            per_customer_per_month_minor=st.none() | st.integers(0, 2000),
            per_customer_days=st.none() | st.integers(1, 120),
            per_customer_minor=st.none() | st.integers(0, 2000),
            per_customer_gifts=st.none() | st.integers(0, 3),
            gap_days=st.none() | st.integers(1, 120),
            per_customer_per_year_gifts=st.none() | st.integers(0, 4),
        ),
        st.lists(st.tuples(st.integers(0, 91), st.integers(1, 900)), max_size=5),
        st.integers(-100, 9_000),
    )
    def test_it_allows_what_the_desk_would_have_allowed(self, rule, gifts, worth):
        before = sorted((DAY - timedelta(days=days), value) for days, value in gifts)
        now = datetime.combine(DAY, time(12), UTC)
        month = sum(value for on, value in before if (on.year, on.month) == (DAY.year, DAY.month))
        rooms = [
            Room(Ceiling.PER_GIFT, rule.per_gift_minor, rule.per_gift_minor, fills=False),
            *customer_rooms(rule, CARLA, [Given(on, Worth(value, value)) for on, value in before], now),
        ]
        if rule.order_share_percent is not None:
            rooms.append(order_room(rule.order_share_percent, worth))
        spent = {customer_bucket(CARLA, DAY, "USD", rule.basis): month}
        expected = most_left(filled(room, spent) for room in rooms)
        assert most_for(rule, History(before), PastOrder(CARLA, DAY, worth)) == expected

    def test_a_month_is_a_twelfth_of_a_year_rounded_up(self):
        assert a_month(91_00, 91) == 30_42
        assert a_month(0, 91) == 0
        assert a_month(1, 91) == 1


class TestGroups:
    def test_who_spends_alike_is_in_one_quarter(self):
        assert quartiles({1: 0, 2: 0, 3: 0, 4: 10}) == {1: 0, 2: 0, 3: 0, 4: 3}
        assert quartiles({number: number for number in range(8)}) == {n: n // 2 for n in range(8)}
        assert quartiles({}) == {}
        assert quartiles({1: 5}) == {1: 0}

    def test_shares_are_counted_before_and_now(self):
        found = shares({1: "a", 2: "a", 3: "b"}, ("a", "b", "c"), {1, 3}, {1, 2})
        assert found == (Share("a", 2, 1, 2), Share("b", 1, 1, 0))
        assert shares({1: "a"}, ("a",), {1}, None) == (Share("a", 1, 1, None),)

    @pytest.mark.parametrize(("now", "is_uneven"), [(80, False), (79, True)])
    def test_less_than_four_fifths_of_the_best_is_told(self, now, is_uneven):
        found = find_uneven([Share("new", 100, now, None), Share("old", 100, 100, None)])
        assert (found is not None) is is_uneven

    def test_of_fewer_than_ten_nothing_is_told(self):
        assert find_uneven([Share("few", 9, 0, None), Share("many", 100, 100, None)]) is None
        assert find_uneven([]) is None
        assert find_uneven([Share("many", 100, 0, None), Share("others", 10, 0, None)]) is None

    @pytest.mark.parametrize(("of", "is_chance"), [(10, True), (1_000, False)])
    def test_a_difference_of_few_may_be_chance(self, of, is_chance):
        found = find_uneven([Share("new", of, of * 3 // 10, None), Share("old", of, of // 2, None)])
        assert found is not None
        assert found.may_be_chance is is_chance

    def test_among_many_groups_some_difference_is_to_be_expected(self):
        pair = [Share("new", 50, 20, None), Share("old", 50, 32, None)]
        among = [*pair, *(Share(f"store {n}", 50, 26, None) for n in range(8))]
        alone, one_of_many = find_uneven(pair), find_uneven(among)
        assert alone is not None
        assert one_of_many is not None
        assert not alone.may_be_chance
        assert one_of_many.may_be_chance

    def test_all_against_none_is_not_chance(self):
        found = find_uneven([Share("new", 10, 0, None), Share("old", 10, 10, None)])
        assert found is not None
        assert not found.may_be_chance
