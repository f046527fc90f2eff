"""Money is an integer of minor units and a currency; text becomes money here and nowhere else."""

import re
from decimal import Decimal

from deskapp.rules.words import Said, say

_TWO_DECIMALS = 2
# ISO 4217 currencies whose number of decimals is not two (amendment 177).
_DECIMALS = (
    dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0)
    | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)
    | dict.fromkeys("CLF UYW".split(), 4)
)
_PLAIN = re.compile(r"(\d{1,12})(?:\.(\d{1,4}))?", re.ASCII)
_NEGATIVE = re.compile(r"[-\u2212]\s*\d.*", re.ASCII | re.DOTALL)
_COMMA = re.compile(r"\d{1,12},\d{1,2}", re.ASCII)  # three digits after it could be thousands
_TOO_LONG = re.compile(r"\d{13,}(?:\.\d*)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def decimals(currency: str) -> int:
    return _DECIMALS.get(currency, _TWO_DECIMALS)


def is_currency(code: str) -> bool:
    return _CURRENCY.fullmatch(code) is not None


def parse_minor(text: str, currency: str) -> int:
    """`"4.50"` in USD is 450. Raises ValueError with a plain sentence; no sign, exponent, grouping or other scripts' digits."""
    match = _PLAIN.fullmatch(text.strip())
    if match is None:
        raise ValueError(_slip(text.strip()))
    whole, fraction = match[1], match[2] or ""
    places = decimals(currency)
    if len(fraction.rstrip("0")) > places:
        raise ValueError(
            say("{currency} has {places} decimals; this amount has more.", currency=currency, places=places)
        )
    scale: int = 10**places
    return int(whole) * scale + int(fraction[:places].ljust(places, "0") or 0)


def _slip(text: str) -> Said:
    if _NEGATIVE.fullmatch(text):
        return say("An amount cannot be negative.")
    if _COMMA.fullmatch(text):
        return say("Write a point, not a comma: {amount}.", amount=text.replace(",", "."))
    if _TOO_LONG.fullmatch(text):
        return say("This amount is too large: write at most 12 digits.")
    return say("Write the amount as plain digits, such as {example}.", example="4.50")


def to_decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-decimals(currency))


def to_text(minor: int, currency: str) -> str:
    """Plain digits as `parse_minor` reads them: 450 USD is "4.50"."""
    return f"{to_decimal(minor, currency):.{decimals(currency)}f}"
