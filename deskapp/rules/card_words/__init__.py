"""What cards begin and end with, one file a language: families of phrases by part, situation and tone.

A further language is a file beside `en.toml` and a review by somebody who writes it; tests hold every file to the same rules.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from string import Formatter
from typing import Any, Literal

Tone = Literal["warm", "plain", "formal"]
Part = Literal["opening", "detail", "plus_one", "close"]

TONES: tuple[Tone, ...] = ("warm", "plain", "formal")
SITUATIONS: Mapping[Part, tuple[str, ...]] = {
    "opening": (
        "quiet", "too-late", "late", "first", "needed", "solved", "birthday", "name-day", "anniversary", "occasion",
        "returning", "many", "business",
    ),
    "detail": (
        "phone", "in-person", "chat", "e-mail", "delivery", "elsewhere", "like", "interest", "promise", "item", "nothing",
        "occasion",
    ),
    "plus_one": ("one", "many", "quiet"),
    "close": ("any", "quiet"),
}  # fmt: skip
PLACEHOLDERS = frozenset({"name", "item", "gift", "gifts", "thing", "shop", "day", "occasion"})

_FALLBACK = "en"
_MOST_LISTED = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """`key` with its language before it, "en:opening-first-1"; `needs`: the placeholders of `text`."""

    key: str
    text: str
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class CardWords:
    """`direction`: "ltr" or "rtl". Of forms of address, each folded: `titles` stand before a name, `around` beside one ("please call her"),
    `never` begins what they do not wish; `first_name` asks for that, `no_names` look like names and are none.
    """

    language: str
    direction: str
    name: str
    families: Mapping[tuple[Part, str, Tone], tuple[Phrase, ...]]
    titles: frozenset[str]
    around: frozenset[str]
    never: frozenset[str]
    first_name: frozenset[str]
    no_names: frozenset[str]
    words: Mapping[str, Any]

    def family(self, part: Part, situation: str, tone: Tone) -> tuple[Phrase, ...]:
        return self.families.get((part, situation, tone), ())

    def listed(self, names: Sequence[str]) -> str:
        """As in "Blue mug, Plum jam and 3 more"."""
        if len(names) > _MOST_LISTED:
            left = str(self.words["more"]).format(count=len(names) - _MOST_LISTED + 1)
            names = [*names[: _MOST_LISTED - 1], left]
        first = str(self.words["comma"]).join(names[:-1])
        return str(self.words["and"]).join(filter(None, [first, *names[-1:]]))

    def day(self, on: date) -> str:
        """As in "Friday 20 March"; never the year."""
        weekday, month = self.words["days"][on.weekday()], self.words["months"][on.month - 1]
        return str(self.words["day"]).format(weekday=weekday, number=on.day, month=month)


def words_for(language: str) -> CardWords:
    """Of "de", "DE" or "de-AT" those of "de"; English where there is no file."""
    code = language.strip().lower().replace("_", "-").partition("-")[0]
    return _read(code if code in languages() else _FALLBACK)


@lru_cache
def languages() -> tuple[str, ...]:
    """Codes of the files that there are, in their order."""
    names = (file.name for file in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@lru_cache
def _read(language: str) -> CardWords:
    """Some 3 ms, so once for a process."""
    tables = tomllib.loads(resources.files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return CardWords(
        language=tables["language"],
        direction=tables["direction"],
        name=tables["name"],
        families=_families(tables),
        titles=frozenset(tables["titles"]["before"]),
        around=frozenset(tables["address"]["around"]),
        never=frozenset(tables["address"]["never"]),
        first_name=frozenset(tables["address"]["first_name"]),
        no_names=frozenset(tables["address"]["no_names"]),
        words=tables["words"],
    )


def _families(tables: Mapping[str, Any]) -> dict[tuple[Part, str, Tone], tuple[Phrase, ...]]:
    found: dict[tuple[Part, str, Tone], tuple[Phrase, ...]] = {}
    for part in SITUATIONS:
        for table in tables[part]:
            phrase = Phrase(f"{tables['language']}:{table['key']}", table["text"], placeholders(table["text"]))
            for situation in table["when"]:
                for tone in table["tone"]:
                    found[part, situation, tone] = (*found.get((part, situation, tone), ()), phrase)
    return found


def placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
