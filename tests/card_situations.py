"""Invented situations in tests/golden/card_situations, and what the prompt of each reads like.

`python tests/card_situations.py` writes tests/golden/cards anew: read each changed one aloud before you keep it.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

from deskapp.rules.card_facts import Heard, KeptPromise, Known, NearDay, Taste
from deskapp.rules.card_words import SITUATIONS as FAMILIES
from deskapp.rules.card_words import TONES, words_for
from deskapp.rules.prompts import Prompt, prompt

Told = TypeVar("Told")

GOLDEN = Path(__file__).parent / "golden"
CARDS = GOLDEN / "cards"
TODAY = date(2026, 3, 14)  # a Saturday

_USUAL: Mapping[str, Any] = {
    "customer": "Carla Núñez",
    "shop": "Corner & Co",
    "today": TODAY,
    "ship_on": TODAY,
    "placed_on": TODAY - timedelta(days=1),
    "items": ["Blue mug"],
    "earlier_orders": 9,
    "since": date(2023, 5, 1),
    "language": "en",
}
_ABOUT_THE_PROMPT = {"tells", "hides", "used_up_but"}


@dataclass(frozen=True, slots=True)
class Situation:
    """`tells`: words that a fact has; `hides`: words that are nowhere in the prompt."""

    name: str
    known: Known
    tells: tuple[str, ...]
    hides: tuple[str, ...]


def situations() -> list[Situation]:
    files = sorted((GOLDEN / "card_situations").glob("*.toml"))
    tables = [table for file in files for table in tomllib.loads(file.read_text(encoding="utf-8")).items()]
    return [
        Situation(name, _known(name, table), tuple(table.get("tells", ())), tuple(table.get("hides", ())))
        for name, table in tables
    ]


def _known(name: str, table: Mapping[str, Any]) -> Known:
    """The name decides which phrase of a family comes first, so that a new situation changes no other."""
    told = {**_USUAL, "id": crc32(name.encode()) % 10_000, **table}
    left = table.get("used_up_but")
    used = () if left is None else _all_but(left, told["language"])
    return Known(
        **_without(told, _ABOUT_THE_PROMPT)
        | {
            "items": tuple(told["items"]),
            "gifts": tuple(told.get("gifts", ())),
            "since": told["since"] or None,
            "notes": _each(Heard, told.get("notes", ())),
            "tastes": _each(Taste, told.get("tastes", ())),
            "promises": _each(KeptPromise, told.get("promises", ())),
            "occasions": _each(NearDay, told.get("occasions", ()), "heard_on"),
            "told": frozenset(told.get("told", ())),
            "told_before": frozenset(told.get("told_before", ())),
            "phrases_used": frozenset(used),
        }
    )


def _each(kind: Callable[..., Told], tables: Iterable[Mapping[str, Any]], day: str = "on") -> tuple[Told, ...]:
    """`days_ago` stands for the day on which it was heard."""
    return tuple(
        kind(**{"id": number, day: TODAY - timedelta(days=table["days_ago"])} | _without(table, {"days_ago"}))
        for number, table in enumerate(tables, 1)
    )


def _without(table: Mapping[str, Any], left_out: AbstractSet[str]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name not in left_out}


def _all_but(left: int, language: str) -> list[str]:
    """Keys of all phrases of a language but the last few of each family."""
    words = words_for(language)
    families = [
        words.family(part, situation, tone) for part in FAMILIES for situation in FAMILIES[part] for tone in TONES
    ]
    kept = {phrase.key for family in families for phrase in family[len(family) - left :]}
    return [phrase.key for family in families for phrase in family if phrase.key not in kept]


def as_text(card: Prompt) -> str:
    facts = [f"- {fact.text}  ({', '.join(filter(None, [fact.source, fact.age]))})" for fact in card.facts]
    parts = [
        ["WHO", card.who],
        ["WHY NOW", card.why_now],
        ["FACTS", *facts],
        ["STARTERS", *(f"> {starter.text}" for starter in card.starters.given)],
        ["USED UP", *(f"- {words}" for words in card.used_up)],
        ["LEAVE OUT", *(f"- {warning}" for warning in card.not_to_mention)],
        ["NEXT TIME", card.better_next_time],
    ]
    return "\n\n".join("\n".join(part) for part in parts if len(part) > 1 and part[1]) + "\n"


def write() -> None:
    found = {situation.name: as_text(prompt(situation.known)) for situation in situations()}
    for name, text in found.items():
        (CARDS / f"{name}.txt").write_text(text, encoding="utf-8")
    for path in CARDS.glob("*.txt"):
        if path.stem not in found:
            path.unlink()


if __name__ == "__main__":
    write()
