from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.surprise import comes_with_every_order, is_clockwork, is_offer

TODAY = date(2026, 3, 14)


def ago(*days: int) -> list[date]:
    return [TODAY - timedelta(days=day) for day in days]


@pytest.mark.parametrize(
    ("given_on", "is_regular"),
    [
        (ago(30, 60, 90), True),
        (ago(30, 61, 91), True),  # a month is not always as long
        (ago(30, 75, 90), False),
        (ago(30, 60), False),  # three in a row are no rhythm yet
        (ago(), False),
        (ago(7, 14, 21, 300), True),
        (ago(5, 14, 21, 28), False),  # it was one, and this gift breaks it
        (ago(0, 0, 0), False),  # several gifts of one day are one
    ],
)
def test_the_fourth_gift_at_one_distance_is_clockwork(given_on: list[date], is_regular: bool) -> None:
    assert is_clockwork(given_on, TODAY) is is_regular


@given(st.integers(2, 200))
def test_any_rhythm_is_found_and_waiting_breaks_it(gap: int) -> None:
    given_on = ago(gap, 2 * gap, 3 * gap)
    assert is_clockwork(given_on, TODAY)
    assert not is_clockwork(given_on, TODAY + timedelta(days=2))


@pytest.mark.parametrize(
    ("had_gifts", "is_every"),
    [([], False), ([True, True], False), ([True, True, True], True), ([True, False, True, True], False)],
)
def test_a_gift_with_each_of_the_last_three_orders_is_expected(had_gifts: list[bool], is_every: bool) -> None:
    assert comes_with_every_order(had_gifts) is is_every


@pytest.mark.parametrize(("status", "is_one"), [("quote", True), (" Draft ", True), ("open", False), ("", False)])
def test_an_order_that_is_only_offered_is_known_by_its_status(status: str, is_one: bool) -> None:
    assert is_offer(status) is is_one
