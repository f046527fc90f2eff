"""What is found by its shape alone: payment cards by Luhn, bank accounts by mod 97, e-mail addresses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

_JOINED = r"[ \-./_]{0,3}"  # how people break numbers into groups
_LONGEST = 19  # digits of a card number
_DIGITS = re.compile(rf"(?<![0-9])[0-9](?:{_JOINED}[0-9]){{11,}}")
_GROUP = re.compile(r"[0-9]+")
_ISSUERS = (  # first digits and lengths, ISO/IEC 7812 as published by the schemes
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"3(?:0[0-5]|[689])"), {14, 16, 17, 18, 19}),
    (re.compile(r"6011|64[4-9]|65"), {16, 17, 18, 19}),
    (re.compile(r"35(?:2[89]|[3-8])"), {16, 17, 18, 19}),
    (re.compile(r"62|81"), {16, 17, 18, 19}),
    (re.compile(r"50|5[6-9]|6[0-9]"), {16, 17, 18, 19}),  # shorter ones were allowed and are no longer given out
)
_AT = r"(?:@|[ ]?[(\[{]at[)\]}][ ]?|[ ]at[ ](?=[\w\-]{1,63}[ ](?:dot|punkt)[ ]))"
_DOT = r"(?:\.|[ ]?[(\[{](?:dot|punkt)[)\]}][ ]?|[ ](?:dot|punkt)[ ])"
_ADDRESS = re.compile(  # the lengths are those of RFC 5321, and keep a text of dots from being looked at over and over
    rf"(?<![\w.+\-])[\w.+\-']{{1,64}}{_AT}[\w\-]{{1,63}}(?:{_DOT}[\w\-]{{1,63}}){{1,5}}", re.IGNORECASE
)
UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")  # upper() may lengthen, as of "ß"
_NOT_ALPHANUMERIC = re.compile(r"[^A-Z0-9]")
_IBAN = re.compile(rf"(?<![A-Z0-9])(?=([A-Z]{{2}}[0-9]{{2}}(?:{_JOINED}[A-Z0-9]){{11,64}}))")
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in (
        ("15", "NO"),
        ("16", "BE"),
        ("18", "DK FI FK FO GL NL SD"),
        ("19", "MK SI"),
        ("20", "AT BA EE KZ LT LU MN XK"),
        ("21", "CH HR LI LV"),
        ("22", "BG BH CR DE GB GE IE ME RS VA"),
        ("23", "AE GI IL IQ OM SO TL"),
        ("24", "AD CZ ES MD PK RO SA SE SK TN VG"),
        ("25", "LY PT ST"),
        ("26", "IS TR"),
        ("27", "BI DJ FR GR IT MC MR SM"),
        ("28", "AL AZ BY CY DO GT HU LB NI PL SV"),
        ("29", "BR EG PS QA UA"),
        ("30", "JO KW MU YE"),
        ("31", "MT SC"),
        ("32", "LC"),
        ("33", "RU"),
    )
    for country in countries.split()
}


@dataclass(frozen=True, slots=True)
class Number:
    """`digits`: without what parted them, letters too; `start` and `end` in the text that was searched."""

    digits: str
    start: int
    end: int


def card_numbers(text: str) -> Iterator[Number]:
    """Of every payment card in `text`, whole groups of digits at a time, so that "4111 … 1111 03/27" is seen."""
    for run in _DIGITS.finditer(text):
        groups = [(group[0], *group.span()) for group in _GROUP.finditer(run[0])]
        ends = list(accumulate(len(digits) for digits, _, _ in groups))
        digits = "".join(group[0] for group in groups)
        for first, start in enumerate([0, *ends[:-1]]):
            for last in range(first, min(first + _LONGEST, len(ends))):
                window = digits[start : ends[last]]
                if len(window) <= _LONGEST and is_card_number(window):
                    yield Number(window, run.start() + groups[first][1], run.start() + groups[last][2])


def is_card_number(digits: str) -> bool:
    return any(first.match(digits) and len(digits) in lengths for first, lengths in _ISSUERS) and luhn(digits)


def bank_accounts(text: str) -> Iterator[Number]:
    """Every IBAN in `text`; what follows it in the same breath is not taken along."""
    for run in _IBAN.finditer(text.translate(UPPER)):
        joined = _NOT_ALPHANUMERIC.sub("", run[1])
        iban = joined[: _IBAN_LENGTHS.get(joined[:2], len(joined) + 1)]
        if len(iban) == _IBAN_LENGTHS.get(joined[:2]) and _mod_97(iban):
            yield Number(iban, run.start(), run.start() + _end_of(len(iban), run[1]))


def _end_of(count: int, text: str) -> int:
    """Behind the `count`th letter or digit."""
    places = [at for at, character in enumerate(text) if not _NOT_ALPHANUMERIC.match(character)]
    return places[count - 1] + 1


def email_addresses(text: str) -> Iterator[Number]:
    """`digits` are how it ends; "(at)" and "dot" count as well."""
    if "at" in text.lower() or "@" in text:
        yield from (Number(found[0], *found.span()) for found in _ADDRESS.finditer(text))


def luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(d), 10)) if at % 2 else int(d) for at, d in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0


def _mod_97(iban: str) -> bool:
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1
