from datetime import date

import pytest

from deskapp.rules.steering import Steer, Steered, factors, hidden, in_force, in_turn, pins

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def steered(item_id: int, steer: Steer, ends_on: date = LAST) -> Steered:
    return Steered(item_id, steer, "new", "Mo", FIRST, ends_on)


@pytest.mark.parametrize(
    ("day", "counts"),
    [(date(2026, 2, 28), False), (FIRST, True), (date(2026, 3, 14), True), (LAST, True), (date(2026, 4, 1), False)],
)
def test_both_the_first_and_the_last_day_count(day: date, counts: bool) -> None:
    assert bool(in_force([steered(1, Steer.PIN)], day)) is counts


def test_of_two_boosts_the_stronger_counts_once() -> None:
    found = factors([steered(1, Steer.STRONG_BOOST), steered(1, Steer.BOOST), steered(2, Steer.BOOST)])
    assert found == {1: 3.0, 2: 1.5}


def test_hiding_and_pinning_do_not_multiply_anything() -> None:
    assert factors([steered(1, Steer.HIDE), steered(2, Steer.PIN)]) == {}


def test_what_lasts_longest_is_told() -> None:
    early = date(2026, 3, 20)
    assert hidden([steered(1, Steer.HIDE), steered(1, Steer.HIDE, early)])[1].ends_on == LAST
    assert pins([steered(1, Steer.PIN, early), steered(1, Steer.PIN)]) == (steered(1, Steer.PIN),)


def test_every_pinned_item_comes_first_for_somebody_and_for_everybody_some_day() -> None:
    pinned = [1, 2, 3]
    assert {in_turn(pinned, customer, FIRST)[0] for customer in range(3)} == {1, 2, 3}
    assert {in_turn(pinned, 7, date(2026, 3, day))[0] for day in (1, 2, 3)} == {1, 2, 3}
    assert sorted(in_turn(pinned, 7, FIRST)) == pinned
    assert in_turn([], 7, FIRST) == []
