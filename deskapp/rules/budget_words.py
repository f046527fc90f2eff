"""A budget as people say it, in one sentence."""

from collections.abc import Callable
from datetime import date, timedelta

from deskapp.rules.periods import Period, period_key

Day = Callable[[date], str]

LIFTED = "Lifted: it holds nobody back any more."


def is_lift(ends: date | None, set_on: date) -> bool:
    """An edition that was over before it was set takes back what the ones before it said."""
    return ends is not None and ends < set_on


def sentence(
    most: str, *, team: str, period: Period, day: Day, begins: date | None = None, ends: date | None = None
) -> str:
    """`most`: the amount in words, "" for nothing at all. `begins`, `ends`: first and last day, where they are worth saying."""
    who = f"The team {team}" if team else "Everybody together"
    often = "" if period is Period.WHOLE or not most else f" a {period.value}"
    since = f" from {day(begins)}" if begins else ""
    until = f" until {day(ends)}" if ends else ""
    return f"{who} may give {most or 'nothing'}{often}{since}{until}."


def counts_from(begun_on: date, period: Period, today: date) -> date | None:
    """`begun_on`, in its first period only and where that had begun before it: what was given earlier is not counted."""
    is_first = begun_on <= today and period_key(begun_on, period) == period_key(today, period)
    eve = begun_on - timedelta(days=1)
    return begun_on if is_first and period_key(eve, period) == period_key(begun_on, period) else None
