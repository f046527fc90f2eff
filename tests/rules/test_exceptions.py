"""What is worth asking about: each finding on a small desk where the answer can be counted by hand."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given as each
from hypothesis import strategies as st

from deskapp.rules import exceptions
from deskapp.rules.exceptions import Given, Known

NOW = datetime(2026, 3, 14, 15, tzinfo=UTC)
ANA, BO, MO, EVE = 1, 2, 3, 4
CARLA = 100
_others = count(1000)


def gift(giver=ANA, customer=None, *, days_ago=1.0, price=350, ceiling=500, currency="USD", **claims):
    """A small gift that was handed over to somebody whom nobody else gives anything."""
    return Given(
        giver=giver,
        customer=next(_others) if customer is None else customer,
        at=int((NOW - timedelta(days=days_ago)).timestamp()),
        price_minor=price,
        value_minor=claims.pop("value", price),
        ceiling_minor=ceiling,
        currency=currency,
        **{"is_approved": False, "is_kept": True, "is_waiting": False, "is_taken_back": False} | claims,
    )


def gifts(n, giver=ANA, **same):
    return [gift(giver, **same) for _ in range(n)]


COLLEAGUES = [*gifts(20, BO), *gifts(20, MO), *gifts(20, EVE)]


def notable(shares):
    return [(one.giver, one.count, one.of) for one in shares if one.is_notable]


# --- the same receiver ----------------------------------------------------------------------------------------------


def test_a_quarter_of_somebodys_gifts_to_one_customer_is_worth_a_question():
    found = exceptions.same_receiver([*gifts(3, customer=CARLA), *gifts(9), *COLLEAGUES])
    assert [(one.giver, one.customers, one.count, one.of) for one in found if one.is_notable] == [
        (ANA, (CARLA,), 3, 12)
    ]
    assert found[0].usual == pytest.approx(1 / 70)


def test_a_customer_whom_everybody_gives_much_is_nobodys_friend():
    all_to_carla = [one for who in (ANA, BO, MO) for one in [*gifts(4, who, customer=CARLA), *gifts(8, who)]]
    assert notable(exceptions.same_receiver(all_to_carla)) == []


def test_twice_may_always_happen():
    assert exceptions.same_receiver([*gifts(2, customer=CARLA), *gifts(4), *COLLEAGUES]) == []


def test_fewer_than_five_gifts_say_nothing():
    assert exceptions.same_receiver([*gifts(4, customer=CARLA), *COLLEAGUES]) == []


def test_who_gives_much_is_asked_about_five_to_one_even_where_it_is_a_small_share():
    much = [*gifts(5, customer=CARLA), *gifts(195), *gifts(800, BO)]
    assert notable(exceptions.same_receiver(much)) == [(ANA, 5, 200)]
    assert notable(exceptions.same_receiver([*gifts(4, customer=CARLA), *gifts(196), *gifts(800, BO)])) == []


def test_what_was_taken_back_went_to_nobody():
    assert exceptions.same_receiver([*gifts(3, customer=CARLA, is_kept=False), *gifts(9), *COLLEAGUES]) == []


def test_on_a_desk_of_one_giver_an_even_hand_is_what_is_compared_with():
    found = exceptions.same_receiver([*gifts(5, customer=CARLA), *gifts(7)])
    assert (found[0].usual, found[0].is_notable) == (pytest.approx(1 / 8), True)


# --- just under a limit ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "is_near"), [(449, False), (450, True), (500, True), (501, False)])
def test_within_a_tenth_below_the_ceiling_is_just_under_it(value, is_near):
    assert exceptions.is_just_under(gift(price=value)) is is_near


@pytest.mark.parametrize(("value", "is_near"), [(8, False), (9, True), (10, True)])
def test_a_tenth_of_a_small_ceiling_is_not_rounded(value, is_near):
    assert exceptions.is_just_under(gift(price=value, ceiling=10)) is is_near


def test_gifts_that_cluster_just_under_the_limit_are_worth_a_question():
    near = [*gifts(5, price=495), *gifts(7), *COLLEAGUES]
    assert notable(exceptions.just_under(near)) == [(ANA, 5, 12)]


def test_where_all_cluster_there_it_is_the_shops_prices_and_nobodys_habit():
    assert notable(exceptions.just_under([one for who in (ANA, BO, MO) for one in gifts(12, who, price=495)])) == []


def test_who_asked_for_approval_kept_under_nothing():
    assert exceptions.just_under([*gifts(9, price=495, is_approved=True), *gifts(3)]) == []


def test_it_is_the_worth_to_the_limit_that_counts_not_the_price():
    assert notable(exceptions.just_under([*gifts(6, price=495, value=200), *COLLEAGUES])) == []


# --- several gifts instead of one -----------------------------------------------------------------------------------


def test_two_gifts_in_a_day_that_are_together_more_than_one_may_be_are_worth_a_question():
    found = exceptions.split([*gifts(2, customer=CARLA, price=300), *gifts(3)])
    assert [(one.giver, one.count, one.of, one.customers) for one in found if one.is_notable] == [(ANA, 1, 5, (CARLA,))]


def test_midnight_makes_no_two_days_of_it_but_a_day_does():
    apart = [gift(customer=CARLA, days_ago=days, price=300) for days in (5, 4.01, 3)]
    assert notable(exceptions.split([*apart[:2], *gifts(3)])) == [(ANA, 1, 5)]
    assert notable(exceptions.split([apart[0], apart[2], *gifts(3)])) == []


@pytest.mark.parametrize(
    "same",
    [{"price": 250}, {"price": 300, "is_approved": True}, {"price": 300, "is_kept": False}],
    ids=["together no more than one may be", "approved", "taken back"],
)
def test_two_gifts_in_a_day_may_well_be_right(same):
    assert notable(exceptions.split([*gifts(2, customer=CARLA, **same), *gifts(5)])) == []


def test_two_givers_split_nothing():
    assert notable(exceptions.split([*gifts(4), *gifts(4, BO), gift(ANA, CARLA), gift(BO, CARLA)])) == []


def test_nobody_adds_up_two_currencies():
    two = [gift(customer=CARLA, price=300), gift(customer=CARLA, price=300, currency="EUR")]
    assert notable(exceptions.split([*two, *gifts(4)])) == []


def test_each_day_counts_once_however_many_gifts_it_holds():
    days = [gift(customer=CARLA, days_ago=day, price=300) for day in (9, 9, 9, 4, 4)]
    assert notable(exceptions.split(days)) == [(ANA, 2, 5)]


# --- promised, and not handed over ----------------------------------------------------------------------------------


def test_what_nobody_handed_over_in_two_weeks_is_worth_a_question():
    old = [*gifts(4, days_ago=20, is_waiting=True), *gifts(4, days_ago=20)]
    others = [*gifts(10, BO, days_ago=20), *gifts(10, MO, days_ago=20)]
    assert notable(exceptions.waiting([*old, *others], NOW)) == [(ANA, 4, 8)]


def test_what_was_promised_lately_is_on_its_way():
    assert exceptions.waiting([*gifts(9, days_ago=13.9, is_waiting=True)], NOW) == []


# --- round numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minor", "currency", "is_round"),
    [
        (500, "USD", True), (1500, "EUR", True), (499, "USD", False), (100, "USD", False), (0, "USD", False),
        (500, "JPY", True), (5, "JPY", False), (5000, "KWD", True), (500, "KWD", False),
    ],
)  # fmt: skip
def test_round_is_a_multiple_of_five_or_of_five_hundred_where_coins_are_whole(minor, currency, is_round):
    assert exceptions.is_round(minor, currency) is is_round


def test_round_prices_count_beside_what_the_shop_has_of_them():
    found = [*gifts(6, price=500), *gifts(4)]
    assert notable(exceptions.round_numbers(found, 0.1)) == [(ANA, 6, 10)]
    assert notable(exceptions.round_numbers(found, 0.6)) == []


# --- by hour --------------------------------------------------------------------------------------------------------


def at_hour(hour, n, giver=ANA):
    return [one._replace(at=int(NOW.replace(hour=hour).timestamp())) for one in gifts(n, giver)]


def test_gifts_in_hours_in_which_hardly_anybody_gives_are_worth_a_question():
    usual = [one for who in (BO, MO, EVE) for hour in range(9, 17) for one in at_hour(hour, 10, who)]
    found = exceptions.by_hour([*usual, *at_hour(2, 4), *at_hour(10, 8)], "UTC")
    assert notable(found.shares) == [(ANA, 4, 12)]
    assert 2 in found.rare
    assert 10 not in found.rare
    assert (found.counts[2], found.counts[10], sum(found.counts)) == (4, 38, 252)


def test_hours_are_the_desks_own_whatever_half_hour_it_lies_apart():
    found = exceptions.by_hour(at_hour(18, 60), "Asia/Kolkata")
    assert found.counts[23] == 60


def test_of_few_gifts_no_hour_is_unusual():
    assert exceptions.by_hour([*at_hour(9, 44), *at_hour(2, 5)], "UTC").shares == []


# --- taken back -----------------------------------------------------------------------------------------------------


def test_who_takes_back_often_is_asked_why():
    undone = gifts(4, is_kept=False, is_taken_back=True)
    assert notable(exceptions.taken_back([*undone, *gifts(6), *COLLEAGUES])) == [(ANA, 4, 10)]


# --- staff among the customers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customer", "is_found"),
    [
        (Known(CARLA, "bo lind", ""), True),
        (Known(CARLA, "somebody", "bo@example.com"), True),
        (Known(CARLA, "somebody", "bo"), True),
        (Known(CARLA, "bo", "bob@example.com"), False),
        (Known(CARLA, "", ""), False),
    ],
)
def test_a_name_or_an_account_may_give_somebody_away(customer, is_found):
    found = exceptions.staff_among([customer], [Known(BO, "bo lind", "bo"), Known(MO, "mo", "mo@desk.example")])
    assert found == ({CARLA: BO} if is_found else {})


def test_already_one_gift_to_somebody_called_like_staff_is_worth_a_question():
    found = exceptions.to_staff([gift(ANA, CARLA), *gifts(2), gift(BO, CARLA, is_kept=False)], {CARLA: BO})
    assert notable(found) == [(ANA, 1, 3)]


# --- how much is luck -----------------------------------------------------------------------------------------------


@each(st.integers(1, 60), st.floats(0, 1), st.data())
def test_the_tail_is_that_of_the_binomial(of, rate, data):
    from math import comb

    count = data.draw(st.integers(0, of))
    exact = sum(comb(of, n) * rate**n * (1 - rate) ** (of - n) for n in range(count, of + 1))
    found = exceptions.at_least(count, of, rate)
    assert found == (1.0 if count <= of * rate else pytest.approx(exact, rel=1e-6, abs=1e-12))


def test_the_middle_of_two_givers_is_nobodys_business():
    """With two, the middle and one's own figure would show the other's."""
    found = exceptions.taken_back([*gifts(6), *gifts(6, BO, is_kept=False, is_taken_back=True)])
    assert [one.usual for one in found] == [None, None]


def test_the_more_givers_are_looked_at_the_less_likely_one_must_be():
    def others(until):
        return [one for who in range(BO, until) for one in [*gifts(2, who, price=495), *gifts(10, who)]]

    own = [*gifts(6, price=495), *gifts(6)]
    assert notable(exceptions.just_under([*own, *others(EVE)])) == [(ANA, 6, 12)]
    assert notable(exceptions.just_under([*own, *others(60)])) == []


def test_on_a_desk_where_all_is_luck_hardly_anything_stands_out():
    from random import Random

    rng, stood_out = Random(7), 0
    for _ in range(20):
        desk = [
            gift(rng.randrange(20), rng.randrange(300), days_ago=90 * rng.random(), price=rng.choice((150, 350, 480)))
            for _ in range(600)
        ]
        stood_out += len(notable(exceptions.same_receiver(desk)) + notable(exceptions.just_under(desk)))
    assert stood_out <= 4
