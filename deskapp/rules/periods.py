"""Periods of the calendar in a rule's own zone: never the giver's or the browser's, or a flight would give two days."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_LONGEST_MONTH = timedelta(days=31)


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    WHOLE = "whole"  # never starts afresh


def day_of(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def day_starts_at(day: date, zone: str) -> datetime:
    """The first moment of `day`, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def period_key(day: date, period: Period) -> str:
    """2026-03-14, 2026-W11, 2026-03, 2026-Q1, 2026, whole."""
    match period:
        case Period.DAY:
            return day.isoformat()
        case Period.WEEK:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case Period.MONTH:
            return day.isoformat()[:7]
        case Period.QUARTER:
            return f"{day.year}-Q{(day.month + 2) // 3}"
        case Period.YEAR:
            return str(day.year)
        case Period.WHOLE:
            return "whole"


def next_starts_on(day: date, period: Period) -> date | None:
    """The first day of the period after the one that holds `day`."""
    match period:
        case Period.DAY:
            return day + timedelta(days=1)
        case Period.WEEK:
            return day + timedelta(days=7 - day.weekday())
        case Period.MONTH:
            return _next_month(day)
        case Period.QUARTER:
            return _next_month(day.replace(month=(day.month + 2) // 3 * 3, day=1))
        case Period.YEAR:
            return date(day.year + 1, 1, 1)
        case Period.WHOLE:
            return None


def _next_month(day: date) -> date:
    return (day.replace(day=1) + _LONGEST_MONTH).replace(day=1)
