"""Days of every year. Without a year, since nobody's age is our business."""

import calendar
from datetime import date

from deskapp.rules.words import Said, nsay, say

_LEAP_YEAR = 2024  # every day there can be
_NEAR = {0: say("today"), 1: say("tomorrow")}


def is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(_LEAP_YEAR, month)[1]


def next_on(month: int, day: int, today: date) -> date:
    """Today or later. The 29th of February is kept on the 28th in other years: a wish may come a day early, whoever waits for
    the 1st of March is late, and the 28th is in the month that they name.
    """
    this_year = _in_year(month, day, today.year)
    return this_year if this_year >= today else _in_year(month, day, today.year + 1)


def _in_year(month: int, day: int, year: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def in_words(on: date, today: date) -> Said:
    """As in "today", "tomorrow", "in 6 days"."""
    days = (on - today).days
    return _NEAR[days] if days in _NEAR else nsay("in {n} day", "in {n} days", days)
