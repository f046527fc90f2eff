"""How money, dates and ages read on the screen. English for now; every locale question ends up here."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from flask import Flask

from deskapp.desk.wording import day_words, money
from deskapp.rules.money import to_text
from deskapp.rules.occasions import in_words
from deskapp.web.forms import form_for
from deskapp.web.here import clock, desk

LOCALE = "en"
_STEPS = (
    ("year", 365 * 86400),
    ("month", 30 * 86400),
    ("week", 7 * 86400),
    ("day", 86400),
    ("hour", 3600),
    ("minute", 60),
)
_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_WEEK = 7


def install_filters(app: Flask) -> None:
    app.jinja_env.globals["form_for"] = form_for
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "money": money,
        "ago": _ago,
        "day": _day,
        "due": _due,
        "when": _when,
        "past": _past,
        "near": _near_words,
        "language": language,
        "plain": to_text,
    }


def language(tag: str) -> str:
    """Spanish for "es"; a tag that nobody knows is shown as it is."""
    try:
        return Locale.parse(tag.replace("-", "_")).get_display_name(LOCALE) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def age(at: datetime, now: datetime) -> str:
    """Whole units that have passed, the largest one only: "3 weeks ago"."""
    seconds = int((now - at) / timedelta(seconds=1))
    for unit, length in _STEPS:
        if (count := abs(seconds) // length) >= 1:
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"


def due_words(on: date, today: date) -> str:
    """Near days by name, since that is how people plan: "tomorrow", "Friday", else "14 March"."""
    days = (on - today).days
    if days in _NEAR:
        return _NEAR[days]
    return format_date(on, "EEEE", locale=LOCALE) if 0 < days < _WEEK else day_words(on, today)


def _zone() -> ZoneInfo:
    return ZoneInfo(desk().settings.zone)


def _today() -> date:
    return clock().astimezone(_zone()).date()


def _ago(at: datetime) -> str:
    return age(at, clock())


def _day(on: date) -> str:
    """A date, or the shop's day of a time."""
    return day_words(on.astimezone(_zone()).date() if isinstance(on, datetime) else on, _today())


def _due(on: date) -> str:
    return due_words(on, _today())


def _past(at: datetime) -> bool:
    return at <= clock()


def _near_words(on: date) -> str:
    return in_words(on, _today())


def _when(at: datetime) -> str:
    """In the shop's time: "14 March 2026, 15:09"."""
    return format_datetime(at.astimezone(_zone()), "d MMMM y, HH:mm", locale=LOCALE)
