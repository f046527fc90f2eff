"""When a promise, or an order that is needed for a day, wants somebody's eye while there is still time."""

from datetime import date, timedelta
from enum import StrEnum

_A_DAY = timedelta(days=1)
_WEEKEND = (5, 6)  # Saturday and Sunday: whoever is in on Friday is warned of Monday's as well
_SPARE_DAYS = 2  # fewer between the estimate and the need is too close
_UNKNOWN_DAYS = 3  # so long before the need somebody should have asked when it comes


class Urgency(StrEnum):
    """Values in the order of urgency."""

    LATE = "late"
    TODAY = "today"
    SOON = "soon"
    WEEK = "this week"
    LATER = "later"


class NeedBy(StrEnum):
    """How an order stands that is needed for a day."""

    PASSED = "passed"
    TOO_LATE = "too-late"
    TIGHT = "tight"
    UNKNOWN = "unknown"
    FINE = "fine"
    OPEN = "open"  # no estimate yet, and time enough to get one


DANGERS = (NeedBy.PASSED, NeedBy.TOO_LATE, NeedBy.TIGHT, NeedBy.UNKNOWN)


def next_working_day(today: date) -> date:
    """The next of Monday to Friday: a shop that opens on Saturdays is warned a day or two sooner, never later."""
    following = today + _A_DAY
    while following.weekday() in _WEEKEND:
        following += _A_DAY
    return following


def urgency(due_on: date, today: date) -> Urgency:
    """Soon: tomorrow, or until the next working day, so that Friday still knows of Monday."""
    if due_on < today:
        return Urgency.LATE
    if due_on == today:
        return Urgency.TODAY
    if due_on <= next_working_day(today):
        return Urgency.SOON
    return Urgency.WEEK if due_on - today < timedelta(days=7) else Urgency.LATER


def is_delayed(
    need_by_on: date | None, estimated_on: date | None, ship_on: date, today: date, *, is_packed: bool
) -> bool:
    """Of a parcel that is not there yet: it comes after the day it is needed; without an estimate, if it leaves too late for it."""
    leaves_on = ship_on if is_packed else max(ship_on, today)
    return need_by_on is not None and (estimated_on or leaves_on) > need_by_on


def judge_need(need_by_on: date, estimated_on: date | None, today: date) -> NeedBy:
    """Of an order that is not there yet, so an estimate that has passed means today at best."""
    if need_by_on < today:
        return NeedBy.PASSED
    if estimated_on is None:
        return NeedBy.UNKNOWN if (need_by_on - today).days <= _UNKNOWN_DAYS else NeedBy.OPEN
    spare = (need_by_on - max(estimated_on, today)).days
    if spare < 0:
        return NeedBy.TOO_LATE
    return NeedBy.TIGHT if spare < _SPARE_DAYS else NeedBy.FINE
