"""The words in which a customer is asked how it was, by language."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from deskapp.rules import feedback_words

LANGUAGES = ("en", "de", "ar")
ANSWERS = ("yes", "mostly", "no")
UNHAPPY = ("mostly", "no")

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}
_DAYS = {"en": "{day} {month} {year}", "de": "{day}. {month} {year}", "ar": "{day} {month} {year}"}


@dataclass(frozen=True, slots=True)
class Said:
    """`direction` "ltr" or "rtl"; `words` by "page.title" and the like, the shop's name in its places already."""

    language: str
    direction: str
    words: dict[str, str]

    def __getitem__(self, key: str) -> str:
        return self.words[key]


def language_of(known: str | None, asked: Iterable[str] = ()) -> str:
    """The first that we speak of what is known of somebody ("de-AT"), then of what their browser asks for; else English."""
    codes = (one.strip().casefold().replace("_", "-").partition("-")[0] for one in (known or "", *asked))
    return next((one for one in codes if one in LANGUAGES), LANGUAGES[0])


def said(language: str, shop: str) -> Said:
    direction, words = _read(language)
    return Said(language, direction, {key: text.replace("{shop}", shop) for key, text in words.items()})


def letter(language: str, *, shop: str, link: str, until: date) -> tuple[str, str]:
    """Subject, of one line, and text."""
    told = said(language, " ".join(shop.split()))
    text = told["mail.text"].strip().replace("{link}", link).replace("{until}", day_words(language, until))
    return told["mail.subject"], f"{text}\n"


def day_words(language: str, day: date) -> str:
    return _DAYS[language].format(day=day.day, month=_MONTHS[language].split()[day.month - 1], year=day.year)


@cache
def _read(language: str) -> tuple[str, dict[str, str]]:
    text = resources.files(feedback_words).joinpath(f"{language}.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    direction = str(tables.pop("direction"))
    return direction, {f"{table}.{key}": str(words) for table, found in tables.items() for key, words in found.items()}
