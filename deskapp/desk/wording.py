"""Figures and moments in a person's words."""

from datetime import date
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_symbol

from deskapp.rules.money import decimals, to_decimal
from deskapp.rules.people import Role

_LOCALE = "en"

GIVEN_BY = {  # whoever is above may as well; of an item that says nothing everybody
    Role.AGENT: "everybody",
    Role.LEAD: "leads and managers",
    Role.MANAGER: "managers",
    Role.ADMIN: "admins",
}


@lru_cache(maxsize=4096)
def money(minor: int, currency: str) -> str:
    """450 USD is "$4.50". The number of decimals is ISO 4217's; Babel's own is what is customary (IQD: 0, not 3)."""
    places = decimals(currency)
    space = "\xa0" if get_currency_symbol(currency, _LOCALE)[-1].isalpha() else ""
    pattern = f"¤{space}#,##0" + ("." + "0" * places if places else "")
    return format_currency(to_decimal(minor, currency), currency, pattern, locale=_LOCALE, currency_digits=False)


def day_words(on: date, today: date) -> str:
    """The year is left out while it is this one: "14 March", "14 March 2025"."""
    return format_date(on, "d MMMM" if on.year == today.year else "d MMMM y", locale=_LOCALE)
