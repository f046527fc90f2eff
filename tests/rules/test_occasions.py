"""Days of every year, the 29th of February among them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.occasions import in_words, is_day, next_on


@pytest.mark.parametrize(
    ("month", "day", "today", "on"),
    [
        (5, 3, date(2026, 3, 14), date(2026, 5, 3)),
        (5, 3, date(2026, 5, 3), date(2026, 5, 3)),
        (5, 3, date(2026, 5, 4), date(2027, 5, 3)),
        (1, 1, date(2026, 12, 31), date(2027, 1, 1)),
        (2, 29, date(2026, 2, 1), date(2026, 2, 28)),
        (2, 29, date(2028, 2, 1), date(2028, 2, 29)),
        (2, 29, date(2026, 3, 1), date(2027, 2, 28)),
        (2, 29, date(2027, 3, 1), date(2028, 2, 29)),
        (2, 29, date(2028, 2, 29), date(2028, 2, 29)),
    ],
)
def test_a_day_comes_next_this_year_or_the_one_after(month: int, day: int, today: date, on: date) -> None:
    assert next_on(month, day, today) == on


@given(st.dates(date(1970, 1, 1), date(2200, 1, 1)), st.dates(date(2024, 1, 1), date(2024, 12, 31)))
def test_the_next_one_is_within_a_year_and_never_over(today: date, any_day: date) -> None:
    on = next_on(any_day.month, any_day.day, today)
    assert today <= on <= today + timedelta(days=366)


@pytest.mark.parametrize(
    ("month", "day", "is_one"),
    [(2, 29, True), (2, 30, False), (4, 31, False), (12, 31, True), (0, 1, False), (13, 1, False), (1, 0, False)],
)
def test_what_no_calendar_has_is_no_day(month: int, day: int, is_one: bool) -> None:
    assert is_day(month, day) is is_one


def test_near_days_are_told_as_people_count_them() -> None:
    today = date(2026, 3, 14)
    told = [in_words(today + timedelta(days=n), today) for n in (0, 1, 6)]
    assert told == ["today", "tomorrow", "in 6 days"]
