"""What the guard finds with the help of libraries: phone numbers, and with the extra `presidio` what its recognisers know.

A recogniser is a callable: text -> findings.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

from phonenumbers import NumberParseException, PhoneNumber, is_possible_number, is_valid_number, parse

from deskapp.rules.guard import Finding, Kind
from deskapp.rules.guard_text import numbers_of

Recogniser = Callable[[str], Iterable[Finding]]

REGIONS = ("US", "GB", "DE", "FR")
_LEAST_DIGITS = 7  # below that no number is looked for: the library costs some 0.3 ms a region
_MOST_DIGITS = 17  # fifteen, and 00 in front
_BEFORE = 40  # characters in which a word is looked for that says what the number is
_RUN = re.compile(r"(?<![\w.,+\-/#])[+(]{0,2}[0-9](?:[ \-./()]{0,3}[0-9]){6,24}(?![0-9]*[A-Za-z])")
_GROUP = re.compile(r"[0-9]+")
_DIALLED = re.compile(r"\+|\(?0|\(?[2-9][0-9]{2}[)\-. ]{1,2}[0-9]{3}[\-. ][0-9]{4}\b")
_CALLED = re.compile(  # beside these a number without any sign of its own is one to call
    r"(?:phone|tel|telefon|call|ring|text|mobile|cell|sms|whats ?app|signal|fax|handy|mobil|rufnummer|anrufen|erreichbar"
    r"|number is|reach (?:her|him|me|them))\b\W*(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_ANOTHER = re.compile(
    r"(?:order|ticket|invoice|parcel|tracking|voucher|isbn|ean|gtin|sku|po|serial|ref|lot|customer number|bestellung|rechnung"
    r"|paket|auftrag|kundennummer|sendung)\W*(?:no|number|nr|nummer)?\W*$",
    re.IGNORECASE,
)
_ASKED_OF_PRESIDIO = {
    "CREDIT_CARD": Kind.CARD_NUMBER,
    "IBAN_CODE": Kind.BANK_ACCOUNT,
    "US_BANK_NUMBER": Kind.BANK_ACCOUNT,
    "US_SSN": Kind.NATIONAL_ID,
    "US_PASSPORT": Kind.NATIONAL_ID,
    "US_DRIVER_LICENSE": Kind.NATIONAL_ID,
    "US_ITIN": Kind.NATIONAL_ID,
    "UK_NINO": Kind.NATIONAL_ID,
    "UK_NHS": Kind.NATIONAL_ID,
    "ES_NIF": Kind.NATIONAL_ID,
    "ES_NIE": Kind.NATIONAL_ID,
    "IT_FISCAL_CODE": Kind.NATIONAL_ID,
    "PL_PESEL": Kind.NATIONAL_ID,
    "IN_AADHAAR": Kind.NATIONAL_ID,
    "IN_PAN": Kind.NATIONAL_ID,
    "PHONE_NUMBER": Kind.PHONE,
    "EMAIL_ADDRESS": Kind.EMAIL,
    "NRP": Kind.ETHNICITY,  # "nationality, religious or political group": the most harmless of the three is asked about
}
_LEAST_SURE = (
    0.5  # presidio's score; below lie patterns without a check digit and without a word that says what they are
)


def phone_numbers(regions: Sequence[str] = REGIONS) -> Recogniser:
    """As they are written in one of these countries (ISO 3166), or with a + in front from everywhere."""
    return lambda text: _phones_in(text, regions)


def _phones_in(text: str, regions: Sequence[str]) -> Iterator[Finding]:
    if sum(character.isdecimal() for character in text) < _LEAST_DIGITS:
        return
    plain = numbers_of(text)
    for run in _RUN.finditer(plain.text):
        before = plain.text[max(0, run.start() - _BEFORE) : run.start()]
        if _ANOTHER.search(before) or not (_DIALLED.match(run[0]) or _CALLED.search(before)):
            continue
        if number := next((part for part in _parts(run[0]) if _is_phone(part, regions)), ""):
            digits = "".join(character for character in number if character.isdecimal())
            yield Finding(Kind.PHONE, f"…{digits[-4:]}", *plain.span(run.start(), run.start() + len(number)))


def _parts(run: str) -> Iterator[str]:
    """The run, then without its last group, and so on: "020 7946 0018 14" ends with something else."""
    ends = [group.end() for group in _GROUP.finditer(run)]
    return (run[:end] for end in reversed(ends))


def _is_phone(number: str, regions: Sequence[str]) -> bool:
    if not _LEAST_DIGITS <= sum(character.isdigit() for character in number) <= _MOST_DIGITS:
        return False
    if number.startswith("+"):  # the country is said, and new blocks of numbers open daily
        return _is_number(number, None, is_possible_number)
    return any(_is_number(number, region, is_valid_number) for region in regions)


def _is_number(number: str, region: str | None, is_right: Callable[[PhoneNumber], bool]) -> bool:
    try:
        return is_right(parse(number, region))
    except NumberParseException:
        return False


def presidio(languages: Sequence[str] = ("en",)) -> Recogniser:
    """Raises ImportError where the extra is not installed. Loads its language model: seconds, and hundreds of megabytes."""
    engine: Any = import_module("presidio_analyzer").AnalyzerEngine()

    def find(text: str) -> Iterator[Finding]:
        for language in languages:
            for one in engine.analyze(text=text, language=language, entities=[*_ASKED_OF_PRESIDIO]):
                if one.score >= _LEAST_SURE:
                    yield _of_presidio(_ASKED_OF_PRESIDIO[one.entity_type], text, one.start, one.end)

    return find


def _of_presidio(kind: Kind, text: str, start: int, end: int) -> Finding:
    words = text[start:end] if kind is Kind.ETHNICITY else f"…{text[max(start, end - 4) : end]}"
    return Finding(kind, words, start, end)
