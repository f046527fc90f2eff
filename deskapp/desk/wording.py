"""Figures and moments in a person's words."""

from babel.numbers import format_currency

from deskapp.rules.money import decimals, to_decimal

_LOCALE = "en"


def money(minor: int, currency: str) -> str:
    """450 USD is "$4.50"."""
    return format_currency(
        to_decimal(minor, currency), currency, locale=_LOCALE, decimal_quantization=decimals(currency) > 0
    )
