"""When a promise or a needed order wants somebody's eye."""

from datetime import date, timedelta

import pytest

from deskapp.rules.promises import DANGERS, NeedBy, Urgency, judge_need, next_working_day, urgency

FRIDAY = date(2026, 3, 13)


def after(days: int, day: date = FRIDAY) -> date:
    return day + timedelta(days=days)


@pytest.mark.parametrize(("days", "until"), [(0, 3), (1, 3), (2, 3), (3, 4), (-1, 0)])
def test_after_a_friday_comes_monday(days: int, until: int) -> None:
    assert next_working_day(after(days)) == after(until)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-400, Urgency.LATE),
        (-1, Urgency.LATE),
        (0, Urgency.TODAY),
        (1, Urgency.SOON),
        (3, Urgency.SOON),  # Monday, and nobody is in before
        (4, Urgency.WEEK),
        (6, Urgency.WEEK),
        (7, Urgency.LATER),
    ],
)
def test_a_promise_is_the_more_urgent_the_nearer_its_day(days: int, expected: Urgency) -> None:
    assert urgency(after(days), FRIDAY) is expected


def test_in_the_middle_of_the_week_only_tomorrow_is_soon() -> None:
    tuesday = after(4)
    assert urgency(after(1, tuesday), tuesday) is Urgency.SOON
    assert urgency(after(2, tuesday), tuesday) is Urgency.WEEK


@pytest.mark.parametrize(
    ("need_by", "estimate", "expected"),
    [
        (-1, None, NeedBy.PASSED),
        (-1, -3, NeedBy.PASSED),
        (5, 6, NeedBy.TOO_LATE),
        (5, 5, NeedBy.TIGHT),
        (5, 4, NeedBy.TIGHT),
        (5, 3, NeedBy.FINE),
        (0, 0, NeedBy.TIGHT),
        (1, -4, NeedBy.TIGHT),  # the estimate has passed and it is not there: today at best
        (2, -4, NeedBy.FINE),
        (3, None, NeedBy.UNKNOWN),
        (0, None, NeedBy.UNKNOWN),
        (4, None, NeedBy.OPEN),
    ],
)
def test_a_needed_order_is_in_danger_while_something_can_still_be_done(
    need_by: int, estimate: int | None, expected: NeedBy
) -> None:
    assert judge_need(after(need_by), None if estimate is None else after(estimate), FRIDAY) is expected
    assert (expected in DANGERS) is (expected not in {NeedBy.FINE, NeedBy.OPEN})
