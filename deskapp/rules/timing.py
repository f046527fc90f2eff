"""Days in a person's words. Days, not moments: whoever calls has chosen the zone."""

from datetime import date, timedelta

from deskapp.rules.words import Said, nsay, psay, say

_DAYS = 14
_WEEKS = 61
_YEAR = 365
_WEEKDAYS = (
    psay("day", "Monday"),
    psay("day", "Tuesday"),
    psay("day", "Wednesday"),
    psay("day", "Thursday"),
    psay("day", "Friday"),
    psay("day", "Saturday"),
    psay("day", "Sunday"),
)
MONTHS = (
    psay("month", "January"),
    psay("month", "February"),
    psay("month", "March"),
    psay("month", "April"),
    psay("month", "May"),
    psay("month", "June"),
    psay("month", "July"),
    psay("month", "August"),
    psay("month", "September"),
    psay("month", "October"),
    psay("month", "November"),
    psay("month", "December"),
)


def age_words(on: date, today: date) -> Said:
    """As in "yesterday", "5 weeks ago", "in January", "in March 2024"; a day to come is "today"."""
    days = (today - on).days
    if days <= 0:
        return say("today")
    if days == 1:
        return say("yesterday")
    if days < _DAYS:
        return nsay("{n} day ago", "{n} days ago", days)
    if days < _WEEKS:
        return nsay("{n} week ago", "{n} weeks ago", days // 7)
    month = MONTHS[on.month - 1]
    return say("in {month}", month=month) if days < _YEAR - 30 else say("in {month}", month=month_words(on))


def day_words(on: date, today: date) -> Said:
    """As in "today", "tomorrow", "Friday 20 March"; the year only if it is not this one."""
    if timedelta() <= on - today < timedelta(days=2):
        return say("today") if on == today else say("tomorrow")
    if on.year == today.year:
        return weekday_words(on)
    return say("{day} {year}", day=weekday_words(on), year=on.year)


def weekday(on: date) -> Said:
    return _WEEKDAYS[on.weekday()]


def day_of_year(month: int, day: int) -> Said:
    """As in "20 March"."""
    return say("{day} {month}", day=day, month=MONTHS[month - 1])


def weekday_words(on: date) -> Said:
    """As in "Friday 20 March"."""
    return say("{weekday} {day} {month}", weekday=weekday(on), day=on.day, month=MONTHS[on.month - 1])


def month_words(on: date) -> Said:
    """As in "March 2024"."""
    return say("{month} {year}", month=MONTHS[on.month - 1], year=on.year)
