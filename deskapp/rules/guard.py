"""What a text must not carry before it is kept: numbers that open accounts, and what is nobody's business at a shop.

Account numbers are refused. The rest is a warning that a person may wave away, so false alarms stay cheap. Findings name
the words found and a neutral wording; nothing here logs or keeps the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from deskapp.rules import guard_phrases
from deskapp.rules.phrases import Phrases, plain_words


class Kind(StrEnum):
    CARD_NUMBER = "card-number"
    BANK_ACCOUNT = "bank-account"
    HEALTH = "health"
    FAITH = "faith"
    POLITICS = "politics"
    UNION = "union"
    SEX_LIFE = "sex-life"
    ETHNICITY = "ethnicity"
    LOOKS = "looks"
    WEALTH = "wealth"
    JUDGING = "judging"


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` as found, folded (of an account number only its last digits); `why` and `instead` are plain sentences."""

    kind: Kind
    words: str
    why: str
    instead: str

    @property
    def is_refused(self) -> bool:
        return self.kind in REFUSED


REFUSED = frozenset({Kind.CARD_NUMBER, Kind.BANK_ACCOUNT})

_LISTS = {
    Kind.HEALTH: guard_phrases.HEALTH,
    Kind.FAITH: guard_phrases.FAITH,
    Kind.POLITICS: guard_phrases.POLITICS,
    Kind.UNION: guard_phrases.UNION,
    Kind.SEX_LIFE: guard_phrases.SEX_LIFE,
    Kind.ETHNICITY: guard_phrases.ETHNICITY,
    Kind.LOOKS: guard_phrases.LOOKS,
    Kind.WEALTH: guard_phrases.WEALTH,
    Kind.JUDGING: guard_phrases.JUDGING,
}
_PHRASES = Phrases(_LISTS)
_WHY = {
    Kind.CARD_NUMBER: "A payment card number never stays in a note.",
    Kind.BANK_ACCOUNT: "A bank account number never stays in a note.",
    Kind.HEALTH: "Health is theirs to speak of, not ours to keep.",
    Kind.FAITH: "Faith is nobody's business at a shop.",
    Kind.POLITICS: "Politics is nobody's business at a shop.",
    Kind.UNION: "Union membership is nobody's business at a shop.",
    Kind.SEX_LIFE: "Their private life is nobody's business at a shop.",
    Kind.ETHNICITY: "Origin and colour say nothing about what to do for this person.",
    Kind.LOOKS: "Looks and dress say nothing about what to do for this person.",
    Kind.WEALTH: "A guess at somebody's money is only a guess.",
    Kind.JUDGING: "This judges the person; the next reader needs to know what happened.",
}
_INSTEAD = {
    Kind.CARD_NUMBER: "Take the number out; the till keeps it where it is safe.",
    Kind.BANK_ACCOUNT: "Take the number out; refunds go through the till.",
    Kind.HEALTH: "Write what to do: “offer a seat while waiting”, “call before noon”.",
    Kind.FAITH: "Write the wish itself: “nothing with pork”, “no deliveries on Saturday”.",
    Kind.POLITICS: "Leave it out.",
    Kind.UNION: "Leave it out.",
    Kind.SEX_LIFE: "Write whom the gift is for, by name: “a present for Sam”.",
    Kind.ETHNICITY: "Write what helps: “prefers to speak Spanish”.",
    Kind.LOOKS: "Write the wish itself: “wears size 44”, “likes linen”.",
    Kind.WEALTH: "Write what was said: “wants to stay under 50”.",
    Kind.JUDGING: "Write what was said and done: “asked three times for the manager”.",
}


def check(text: str) -> tuple[Finding, ...]:
    """Everything found, account numbers first, each word once. About 0.1 ms for a note of 500 characters."""
    found = [*_numbers_in(text), *_PHRASES.find(plain_words(text))]
    return tuple(Finding(kind, words, _WHY[kind], _INSTEAD[kind]) for kind, words in dict.fromkeys(found))


def in_the_way(text: str, *, is_confirmed: bool) -> tuple[Finding, ...]:
    """What keeps the text from being saved: account numbers always, the rest until a person has confirmed it."""
    return tuple(finding for finding in check(text) if finding.is_refused or not is_confirmed)


def sentence(findings: tuple[Finding, ...]) -> str:
    """For the field where the text was typed; "" if there is nothing to say."""
    said = (f"“{f.words}”: {f.why} {f.instead}" for f in findings)
    waved = findings and not any(finding.is_refused for finding in findings)
    return " ".join([*said, "Or tick “Keep it as it is”."] if waved else said)


# --- numbers that open accounts --------------------------------------------------------------------------------------

_JOINED = r"[ \-./_]{0,2}"  # how people break numbers into groups
_LONGEST = 19  # digits of a card number
_DIGITS = re.compile(rf"(?<![0-9])[0-9](?:{_JOINED}[0-9]){{11,}}")
_ISSUERS = (  # first digits and lengths, ISO/IEC 7812 as published by the schemes
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"3(?:0[0-5]|[689])"), {14, 16, 17, 18, 19}),
    (re.compile(r"6011|64[4-9]|65"), {16, 17, 18, 19}),
    (re.compile(r"35(?:2[89]|[3-8])"), {16, 17, 18, 19}),
    (re.compile(r"62|81"), {16, 17, 18, 19}),
    (re.compile(r"50|5[6-9]|6[0-9]"), {12, 13, 14, 15, 16, 17, 18, 19}),
)
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


def _numbers_in(text: str) -> Iterator[tuple[Kind, str]]:
    if not any(character.isdecimal() for character in text):
        return
    plain = _plain(text)
    yield from ((Kind.CARD_NUMBER, f"…{number[-4:]}") for number in card_numbers(plain))
    yield from ((Kind.BANK_ACCOUNT, f"…{number[-4:]}") for number in bank_accounts(plain))


def card_numbers(text: str) -> Iterator[str]:
    """Digits of every payment card number in `text`, whole groups of digits at a time, so that "4111 … 1111 03/27" is seen."""
    for run in _DIGITS.finditer(text):
        groups = re.findall(r"[0-9]+", run[0])
        ends = list(accumulate(map(len, groups)))
        digits = "".join(groups)
        windows = (
            digits[s:e] for at, s in enumerate([0, *ends]) for e in ends[at : at + _LONGEST] if e - s <= _LONGEST
        )
        yield from (window for window in windows if is_card_number(window))


def is_card_number(digits: str) -> bool:
    return any(first.match(digits) and len(digits) in lengths for first, lengths in _ISSUERS) and _luhn(digits)


def bank_accounts(text: str) -> Iterator[str]:
    """Every IBAN in `text`, without blanks; what follows it in the same breath is not taken along."""
    for run in _IBAN.finditer(text.upper()):
        joined = re.sub(r"[^A-Z0-9]", "", run[1])
        iban = joined[: _IBAN_LENGTHS.get(joined[:2], len(joined) + 1)]
        if len(iban) == _IBAN_LENGTHS.get(joined[:2]) and _mod_97(iban):
            yield iban


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(d), 10)) if at % 2 else int(d) for at, d in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0


def _mod_97(iban: str) -> bool:
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def _plain(text: str) -> str:
    """Digits of every script as 0-9, every dash as "-", every blank as " ", nothing invisible."""
    shaped = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in {"Cf", "Mn"})
    return "".join(_plain_character(c) for c in shaped)


def _plain_character(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) == "Pd":
        return "-"
    return " " if character.isspace() else character
