"""Days in a person's words. Days, not moments: whoever calls has chosen the zone."""

from datetime import date, timedelta

_DAYS = 14
_WEEKS = 61
_YEAR = 365


def age_words(on: date, today: date) -> str:
    """As in "yesterday", "5 weeks ago", "in January", "in March 2024"; a day to come is "today"."""
    days = (today - on).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    if days < _DAYS:
        return f"{days} days ago"
    if days < _WEEKS:
        return f"{days // 7} weeks ago"
    return f"in {on:%B}" if days < _YEAR - 30 else f"in {on:%B %Y}"


def day_words(on: date, today: date) -> str:
    """As in "today", "tomorrow", "Friday 20 March"; the year only if it is not this one."""
    if timedelta() <= on - today < timedelta(days=2):
        return "today" if on == today else "tomorrow"
    return f"{on:%A} {on.day} {on:%B}" if on.year == today.year else f"{on:%A} {on.day} {on:%B %Y}"
