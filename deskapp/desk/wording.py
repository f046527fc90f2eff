"""Figures and moments in a person's words and tongue."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, get_currency_symbol

from deskapp.rules.money import decimals, to_decimal
from deskapp.rules.people import Role
from deskapp.rules.words import Said, Tongue, psay, say, spoken

GIVEN_BY = {  # whoever is above may as well; of an item that says nothing everybody
    Role.AGENT: say("everybody"),
    Role.LEAD: say("leads and managers"),
    Role.MANAGER: say("managers"),
    Role.ADMIN: say("admins"),
}
ROLE_NAMES = {
    Role.AGENT: say("agent"),
    Role.LEAD: say("lead"),
    Role.DELIVERY: psay("role", "delivery"),
    Role.MANAGER: say("manager"),
    Role.ADMIN: say("admin"),
}
_NEAR = {-1: say("yesterday"), 0: say("today"), 1: say("tomorrow")}
_WEEK = 7
_STEPS = (*(timedelta(days=days) for days in (365, 30, 7, 1)), timedelta(hours=1), timedelta(minutes=1))
_DAY: Mapping[str, str] = MappingProxyType({"de": "d. MMMM"})  # elsewhere without a point

# Babel takes 5 to 8 µs each; a page has 20 of them, of a few ages, days and counts.
_decimal, _date, _timedelta = (
    lru_cache(maxsize=4096, typed=True)(one) for one in (format_decimal, format_date, format_timedelta)
)


# --- figures --------------------------------------------------------------------------------------------------------


@spoken
def money(tongue: Tongue, minor: int, currency: str) -> str:
    """450 USD is "$4.50". The number of decimals is ISO 4217's; Babel's own is what is customary (IQD: 0, not 3)."""
    return _money(tongue.code, minor, currency)


@lru_cache(maxsize=4096)
def _money(code: str, minor: int, currency: str) -> str:
    places = decimals(currency)
    digits = "#,##0" + ("." + "0" * places if places else "")
    space = "\xa0" if get_currency_symbol(currency, code)[-1].isalpha() else ""
    # the last mark keeps the sign of "US$" at its letters, which else goes to their other side
    pattern = {"de": f"{digits}\xa0¤", "ar": f"\u200f{digits}\xa0¤\u200e"}.get(code, f"¤{space}{digits}")
    return format_currency(to_decimal(minor, currency), currency, pattern, locale=code, currency_digits=False)


@spoken
def number(tongue: Tongue, count: float, pattern: str | None = None) -> str:
    """Its thousands apart: "1,234"; `pattern` as CLDR writes them, "0.0" being one digit after the point."""
    return _decimal(count or 0, pattern, locale=tongue.code)  # -0.0 and 0.0 are one key


@spoken
def decimal(tongue: Tongue, figure: float, places: int) -> str:
    """Exactly so many decimals: 0.5 and 2 are "0.50"."""
    return _decimal(f"{figure:.{places}f}", "#,##0." + "0" * places, locale=tongue.code)


# --- moments --------------------------------------------------------------------------------------------------------


@spoken
def day_words(tongue: Tongue, on: date, today: date) -> str:
    """The year is left out while it is this one: "14 March", "14 March 2025"."""
    pattern = _DAY.get(tongue.code, "d MMMM")
    return _date(on, pattern if on.year == today.year else f"{pattern} y", locale=tongue.code)


@spoken
def moment(tongue: Tongue, at: datetime) -> str:
    """As in "14 March 2026, 15:09", in the zone that `at` is in."""
    comma = tongue.catalogue.gettext(", ")
    return format_datetime(at, f"{_DAY.get(tongue.code, 'd MMMM')} y{comma}HH:mm", locale=tongue.code)


def age(at: datetime, now: datetime) -> Said:
    """Whole units that have passed, the largest one only: "3 weeks ago"; "in 2 hours" of what is to come."""
    passed = now - at
    for step in _STEPS:
        if (count := abs(passed) // step) >= 1:
            return _ago(count * step if passed > timedelta() else -count * step)
    return say("just now")


@spoken
def _ago(tongue: Tongue, passed: timedelta) -> str:
    return _timedelta(-passed, granularity="minute", threshold=1, add_direction=True, locale=tongue.code)


def due_words(on: date, today: date) -> Said:
    """Near days by name, since that is how people plan: "tomorrow", "Friday", else "14 March"."""
    days = (on - today).days
    if days in _NEAR:
        return _NEAR[days]
    return _weekday(on) if 0 < days < _WEEK else day_words(on, today)


@spoken
def _weekday(tongue: Tongue, on: date) -> str:
    return _date(on, "EEEE", locale=tongue.code)


# --- languages ------------------------------------------------------------------------------------------------------


@spoken
def language(tongue: Tongue, tag: str) -> str:
    """Spanish for "es"; a tag that nobody knows is shown as it is."""
    try:
        return Locale.parse(tag.replace("-", "_")).get_display_name(tongue.code) or tag
    except (UnknownLocaleError, ValueError):
        return tag
