"""One field of a file, from text to value. Every function raises ValueError with a plain sentence when the text will not do."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import TypeVar
from zoneinfo import available_timezones

from deskapp.rules import money
from deskapp.rules.people import Receiver
from deskapp.rules.words import say

MAX_QUANTITY = 1_000_000
MAX_STOCK = 1_000_000_000
MAX_CAPACITY = 1_000_000
_YEARS = range(1900, 2200)
_REGIONS = 500  # characters; with a blank after each semicolon they still fit the table

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[0-9 ()./x-]*[0-9][0-9 ()./x-]*", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_KINDS = frozenset({"goods", "service", "gift_card"})
_GIVEN_BY = {"agent": None, "lead": "lead", "manager": "manager", "admin": "admin"}
_NO_PLACES = frozenset({"localtime", "Factory"})  # of whichever machine this is, and of none
_YES = frozenset({"1", "true", "yes", "y"})
_NO = frozenset({"0", "false", "no", "n"})

Value = TypeVar("Value")


def label(limit: int) -> Callable[[str], str]:
    """Text of at most `limit` characters, maybe none."""

    def parse(text: str) -> str:
        text = text.strip()
        if len(text) > limit:
            raise ValueError(say("This is {n} characters long; at most {limit} fit.", n=len(text), limit=limit))
        if not text.isprintable() and _UNSEEN.search(text):
            raise ValueError(say("There is a control character in this text, which nobody can see; remove it."))
        return text

    return parse


def needed(limit: int) -> Callable[[str], str]:
    parse_label = label(limit)

    def parse(text: str) -> str:
        if text := parse_label(text):
            return text
        raise ValueError(say("This is empty; every row needs one."))

    return parse


def maybe(parse: Callable[[str], Value]) -> Callable[[str], Value | None]:
    """Nothing but blanks is None."""
    return lambda text: parse(text) if text and not text.isspace() else None


def _shaped(shape: re.Pattern[str], limit: int, sentence: str) -> Callable[[str], str]:
    parse_label = label(limit)

    def parse(text: str) -> str:
        text = parse_label(text)
        if shape.fullmatch(text):
            return text
        raise ValueError(sentence)

    return parse


email = _shaped(_EMAIL, 254, say("This is no e-mail address; write it like {example}.", example="name@example.com"))
phone = _shaped(_PHONE, 40, say("This is no phone number; use digits, spaces and + ( ) . / - only."))
language = _shaped(_LANGUAGE, 20, "This is no language code; write it like en or pt-BR.")


def currency(text: str) -> str:
    code = text.strip().upper()
    if money.is_currency(code):
        return code
    raise ValueError("This is no ISO 4217 currency; write it like EUR.")


def zone(text: str) -> str:
    """A name of the IANA data base, however it is capitalised."""
    if name := _zones().get(text.strip().replace(" ", "_").casefold()):
        return name
    raise ValueError("This is no time zone that we know; write its city like Europe/Madrid, or leave it blank.")


@cache
def _zones() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones() - _NO_PLACES}


def quantity(text: str) -> int:
    number = _whole(text, "This is no whole number; a quantity is written like 2, a return like -2.")
    if number == 0 or abs(number) > MAX_QUANTITY:
        raise ValueError(f"A quantity is from 1 to {MAX_QUANTITY:,}, or below zero for a return.")
    return number


def stock(text: str) -> int:
    number = _whole(text, "This is no whole number; stock is written like 12.")
    if not 0 <= number <= MAX_STOCK:
        raise ValueError(f"Stock is from 0 to {MAX_STOCK:,}.")
    return number


def capacity(text: str) -> int:
    number = _whole(
        text, say("This is no whole number; how many can be given a day is written like {example}.", example=5)
    )
    if not 0 <= number <= MAX_CAPACITY:
        raise ValueError(say("A day's capacity is from 0 to {most}.", most=f"{MAX_CAPACITY:,}"))
    return number


def given_by(text: str) -> str | None:
    """The least role that may give it; None: everybody who gives at all."""
    word = text.strip().lower()
    if word in _GIVEN_BY:
        return _GIVEN_BY[word]
    raise ValueError("Write agent, lead, manager or admin here.")


def _whole(text: str, sentence: str) -> int:
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    raise ValueError(sentence)


def yes(text: str) -> bool:
    word = text.strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError("Write 1 or 0 here.")


def kind(text: str) -> str:
    word = text.strip().lower().replace(" ", "_").replace("-", "_")
    if word in _KINDS:
        return word
    raise ValueError("Write goods, service or gift_card here.")


def receiver(text: str) -> Receiver:
    word = text.strip().lower().replace(" ", "-").replace("_", "-")
    if word in list(Receiver):
        return Receiver(word)
    raise ValueError("Write person, business or public-sector here.")


def regions(text: str) -> str:
    """Names of stores with "; " between, each once."""
    return "; ".join(dict.fromkeys(name.strip() for name in label(_REGIONS)(text).split(";") if name.strip()))


def moment(text: str) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        at = datetime.fromisoformat(_ascii(text))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("This is no ISO 8601 time; write it like 2017-03-01T14:30:00Z.") from None
    if at.year not in _YEARS:
        raise ValueError(f"The year must be from {_YEARS[0]} to {_YEARS[-1]}.")
    return at


def day(text: str) -> date:
    """A date, or the UTC date of a time."""
    try:
        on = date.fromisoformat(_ascii(text))
    except ValueError:
        return _day_of_moment(text)
    if on.year not in _YEARS:
        raise ValueError(f"The year must be from {_YEARS[0]} to {_YEARS[-1]}.")
    return on


def _day_of_moment(text: str) -> date:
    try:
        return moment(text).date()
    except ValueError:
        raise ValueError("This is no date; write it like 2017-03-01.") from None


def _ascii(text: str) -> str:
    text = text.strip()
    if text.isascii():
        return text
    raise ValueError("Digits of another script cannot be read here.")
