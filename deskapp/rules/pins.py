"""Which PINs are refused: six digits, and none of those that people try first."""

from datetime import date
from itertools import pairwise

from deskapp.rules.words import say

LENGTH = 6

_LOOKS_RANDOM = frozenset(
    "102030 112358 123321 124578 131313 142536 147258 147852 159357 159753 258369 258456 271828 314159 456123 741852 789456"
    " 951753 963852".split()
)
_FEWEST = 3  # digits that differ
_YEARS = (1900, 2100)


def problem_with(pin: str) -> str:
    """One sentence, "" if it may be used."""
    if len(pin) != LENGTH or not (pin.isascii() and pin.isdigit()):
        return say("Please choose {n} digits.", n=LENGTH)
    if _reads_as_date(pin):
        return say("This reads as a date, and dates are what people try first. Please choose other digits.")
    if _is_plain(pin):
        return say("This is one of the first PINs that people try. Please choose other digits.")
    return ""


def _is_plain(pin: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    half, thirds = pin[:3], {pin[:2], pin[2:4], pin[4:]}
    is_repeated = pin == half * 2 or pin == half + half[::-1] or len(thirds) == 1
    return len(steps) == 1 or is_repeated or _is_paired(pin) or len(set(pin)) < _FEWEST or pin in _LOOKS_RANDOM


def _is_paired(pin: str) -> bool:
    """112233, 773355."""
    return all(pin[n] == pin[n + 1] for n in (0, 2, 4))


def _reads_as_date(pin: str) -> bool:
    """Day, month and year in any order that is written somewhere, the year with two digits or, without a day, with four."""
    a, b, c = (int(pin[n : n + 2]) for n in (0, 2, 4))
    in_days = ((a, b, c), (b, a, c), (c, b, a))
    in_months = ((int(pin[:4]), c), (int(pin[2:]), a))
    return any(_is_day(*one) for one in in_days) or any(_is_month(*one) for one in in_months)


def _is_day(day: int, month: int, year: int) -> bool:
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True


def _is_month(year: int, month: int) -> bool:
    return _YEARS[0] <= year < _YEARS[1] and 1 <= month <= 12
