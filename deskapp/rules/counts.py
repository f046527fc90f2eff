"""Counts as people say them, small ones in words, and what comes anew in each period."""

from deskapp.rules.periods import Period
from deskapp.rules.words import Said, Tongue, npsay, psay, say, spoken

_SMALL = (
    psay("a count", "no"),
    psay("a count", "one"),
    psay("a count", "two"),
    psay("a count", "three"),
    psay("a count", "four"),
    psay("a count", "five"),
    psay("a count", "six"),
    psay("a count", "seven"),
    psay("a count", "eight"),
    psay("a count", "nine"),
    psay("a count", "ten"),
    psay("a count", "eleven"),
    psay("a count", "twelve"),
)


def in_words(count: int) -> Said:
    """Up to twelve, larger ones in figures: "three", "1,234"."""
    return _SMALL[count] if count < len(_SMALL) else figure(count)


@spoken
def figure(tongue: Tongue, count: int) -> str:
    """Its thousands apart: "1,234"."""
    return f"{count:,}".replace(",", psay("between thousands", ",").inside(tongue))


def gifts(count: int) -> Said:
    return npsay("were given", "{n} gift", "{n} gifts", count, n=in_words(count))


def days(count: int) -> Said:
    """In figures, to follow "in", "for" or "within"."""
    return npsay("since, ago, within", "{n} day", "{n} days", count, n=figure(count))


def each(period: Period, amount: str) -> Said:
    """An amount of every period anew: "$5.00 a week"."""
    match period:
        case Period.DAY:
            return say("{amount} a day", amount=amount)
        case Period.WEEK:
            return say("{amount} a week", amount=amount)
        case Period.MONTH:
            return say("{amount} a month", amount=amount)
        case Period.QUARTER:
            return say("{amount} a quarter", amount=amount)
        case Period.YEAR:
            return say("{amount} a year", amount=amount)
        case Period.WHOLE:
            return say("{amount} in all", amount=amount)
