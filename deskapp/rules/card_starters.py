"""The sentences that a human finishes: chosen from the families of a language, none of them twice to one person in a year."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal

from deskapp.rules.card_facts import Citable, Known, sayable
from deskapp.rules.card_words import CardWords, Part, Phrase, languages, words_for
from deskapp.rules.stops import fold
from deskapp.rules.words import say

USED_UP: Mapping[Part, str] = {
    "opening": say("To open: everything we have for this was used this year. Begin in your own words."),
    "detail": say("For the detail: everything we have for this was used this year. Begin in your own words."),
    "plus_one": say(
        "For the little extra: everything we have for this was used this year. Say in your own words that it costs nothing."
    ),
    "close": say("To close: everything we have for this was used this year. End in your own words."),
}

_MANY = 9  # orders before this one
_LONGEST_ADDRESS = 4  # words
_LONGEST_SAID = 40  # characters of a name within a sentence
_PARTED = re.compile(r"[,;()،؛–—]|\s-\s|\b(?:but|aber|sondern)\b", re.IGNORECASE)
_QUOTES = "\"'“”„«»:!"
# Typed about them, as in "her daughter's birthday", and so not to be said to them.
_OF_THEM = re.compile(r"\b(?:he|hers?|him|his|ihre?[mnrs]?|seine?[mnrs]?|she|theirs?|them|they)\b")
# What is as true, where a family has nothing left. Nothing stands in for an apology.
_INSTEAD: Mapping[tuple[Part, str], str] = {
    **dict.fromkeys(
        (("opening", kind) for kind in ("needed", "solved", "birthday", "name-day", "anniversary", "occasion", "many")),
        "returning",
    ),
    ("opening", "business"): "returning",
    **dict.fromkeys((("detail", kind) for kind in ("phone", "in-person", "chat", "e-mail", "delivery")), "elsewhere"),
    ("detail", "item"): "nothing",
}


@dataclass(frozen=True, slots=True)
class Starter:
    """A sentence that a human finishes; `key` names its phrase ("en:opening-first-1") and holds no words of a person."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Starters:
    """None where nothing goes along, or where every phrase was used within a year: see `Prompt.used_up`."""

    opening: Starter | None
    detail: Starter | None
    plus_one: Starter | None
    close: Starter | None

    @property
    def given(self) -> tuple[Starter, ...]:
        return tuple(filter(None, (self.opening, self.detail, self.plus_one, self.close)))


@dataclass(frozen=True, slots=True)
class Chosen:
    """`used_up`: of which parts nothing is left, in words."""

    starters: Starters
    used_up: tuple[str, ...]


def choose(known: Known, citable: Sequence[Citable], wish: str, *, is_quiet: bool) -> Chosen:
    """`wish`: how they wish to be addressed. Some 0.1 ms."""
    is_quiet = is_quiet and not known.is_business  # one person's grief is not the whole house's
    words = words_for(known.language)
    choice = _Choice(known, words, _fillings(known, words, _address(known.customer, wish)))
    opening_about, about = _occasions(known, citable, is_quiet=is_quiet)
    gifts = "quiet" if is_quiet else "many" if len(known.gifts) > 1 else "one"
    starters = Starters(
        opening=choice.of("opening", _opening(known, opening_about, is_quiet=is_quiet), opening_about),
        detail=choice.of("detail", *_detail(known, about, is_quiet=is_quiet)),
        plus_one=choice.of("plus_one", gifts) if known.gifts else None,
        close=choice.of("close", "quiet" if is_quiet else "any"),
    )
    return Chosen(starters, tuple(USED_UP[part] for part in choice.missed))


@dataclass(slots=True)
class _Choice:
    known: Known
    words: CardWords
    fillings: dict[str, str]
    missed: list[Part] = field(default_factory=list)

    def of(self, part: Part, situation: str, about: Citable | None = None) -> Starter | None:
        fillings = {**self.fillings, **_of_day(self.words, about), "thing": about.thing if about else ""}
        if part == "opening" and situation in {"needed", "too-late"} and self.known.need_by_on is not None:
            fillings["day"] = self.words.day(self.known.need_by_on)
        kind: str | None = situation
        while kind is not None:
            if (phrase := self._unused(part, kind, fillings)) is not None:
                return Starter(phrase.text.format_map(fillings), phrase.key)
            kind = _INSTEAD.get((part, kind))
        self.missed.append(part)
        return None

    def _unused(self, part: Part, situation: str, fillings: Mapping[str, str]) -> Phrase | None:
        """From a place of the delivery's own on, so that not everybody gets the first, and it stays while others sign theirs."""
        family = self.words.family(part, situation, self.known.tone)
        start = _place(f"{self.known.id}:{part}", len(family))
        in_turn = [*family[start:], *family[:start]]
        if part == "plus_one":
            in_turn.sort(key=lambda phrase: not phrase.needs)  # without its name only where it cannot be named
        return next(
            (
                phrase
                for phrase in in_turn
                if phrase.key not in self.known.phrases_used and all(fillings.get(name) for name in phrase.needs)
            ),
            None,
        )


def _place(seed: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") % max(1, count)


def _fillings(known: Known, words: CardWords, address: str) -> dict[str, str]:
    """What cannot be said at a door is "", and phrases that need it are passed over."""
    gifts = [name for gift in sayable(known.gifts, known.look) if (name := short(gift))]
    all_named = gifts if len(gifts) == len(dict.fromkeys(known.gifts)) else []
    if words.direction == "rtl":
        all_named = [f"\u2068{name}\u2069" for name in all_named]  # each runs its own way within the list
    return {
        "name": address.strip() or "…",
        "shop": known.shop.strip() or "…",
        "item": first_item(known),
        "gift": words.listed(all_named),
        "gifts": words.listed(all_named),
    }


def _of_day(words: CardWords, about: Citable | None) -> dict[str, str]:
    if about is None or about.day is None:
        return {}
    typed = about.day.words.strip()
    return {"day": words.day(about.day.on), "occasion": "" if _OF_THEM.search(fold(typed)) else typed}


def _occasions(known: Known, citable: Sequence[Citable], *, is_quiet: bool) -> tuple[Citable | None, Citable | None]:
    """What the opening is about if a day is near, and what the detail then is about: never the same day twice on a card."""
    near = next((one for one in citable if one.situation == "occasion"), None)
    if is_quiet or is_too_late(known.need_by_on, known.estimated_on) or known.ship_on < known.today:
        return None, next((one for one in citable if one is not near), None)
    if near is None or known.earlier_orders == 0 or known.was_solved:
        return None, citable[0] if citable else None
    return near, next((one for one in citable if one is not near), None)


def _opening(known: Known, near: Citable | None, *, is_quiet: bool) -> str:
    if is_quiet:
        return "quiet"
    if is_too_late(known.need_by_on, known.estimated_on):
        return "too-late"
    if known.ship_on < known.today:
        return "late"
    if known.earlier_orders == 0:
        return "first"
    if known.was_solved:
        return "solved"
    if near is not None and near.day is not None:
        is_their_own = not near.day.words.strip() and near.day.kind in {"birthday", "name-day", "anniversary"}
        return near.day.kind if is_their_own else "occasion"
    if known.need_by_on is not None:
        return "needed"
    if known.is_business:
        return "business"
    return "many" if known.earlier_orders >= _MANY else "returning"


def _detail(known: Known, about: Citable | None, *, is_quiet: bool) -> tuple[str, Citable | None]:
    if about is not None:
        is_ours_to_say = len(about.thing) <= _LONGEST_SAID and not _OF_THEM.search(fold(about.thing))
        return (about.situation if is_ours_to_say else "elsewhere"), about
    return ("item" if first_item(known) and not is_quiet else "nothing"), None


def _address(customer: str, wish: str) -> str:
    """What can stand in a greeting of the wish, else the whole name: to guess which part is the first name is to get it wrong."""
    said = _wished(wish)
    if not said or _is_whole_name(said, customer):
        return customer
    if any(asked in fold(one) for one in said for asked in _told("first_name")):
        return next(iter(customer.split()), customer)
    known = {fold(word): word for word in customer.split()}
    for one in said:
        if is_title(one):
            return f"{one} {customer}"
        if all(fold(word) in known or is_title(word) for word in one.split()):
            return " ".join(known.get(fold(word), word[:1].upper() + word[1:]) for word in one.split())
    alone = said[0]
    is_name = alone.istitle() and not any(fold(word) in _told("no_names") for word in alone.split())
    return alone if is_name and len(said) == 1 and len(alone.split()) <= _LONGEST_ADDRESS else customer


def _wished(wish: str) -> list[str]:
    """Of "Please call her Carla, never Mrs." Carla: the parts that name somebody, without what is not wished."""
    parts = (_bare(part) for part in _PARTED.split(wish))
    return [part for part in parts if part]


def _bare(part: str) -> str:
    words = part.split()
    until = next((at for at, word in enumerate(words) if fold(word) in _told("never")), len(words))
    kept = words[:until]
    while kept and fold(kept[0]) in _told("around"):
        kept = kept[1:]
    while kept and fold(kept[-1]) in _told("around"):
        kept = kept[:-1]
    said = " ".join(kept).strip(_QUOTES)
    return said if is_title(said) else said.rstrip(".")


def _is_whole_name(said: Sequence[str], customer: str) -> bool:
    """As in "Núñez, Carla", which asks for nothing."""
    return len(said) > 1 and fold(" ".join(reversed(said))) == fold(customer)


def is_title(wish: str) -> bool:
    """In whatever language: people keep their titles."""
    return fold(wish).rstrip(".") in _told("titles")


@cache
def _told(what: Literal["titles", "around", "never", "first_name", "no_names"]) -> frozenset[str]:
    """Of every language: staff write in theirs about customers of another."""
    return frozenset[str]().union(*(getattr(words_for(language), what) for language in languages()))


def wears_title(wish: str) -> bool:
    """Whether a title is part of it, as in "Frau Dr. Meier"; one that they do not wish is none."""
    return any(is_title(word) for part in _wished(wish)[:1] for word in part.split()[:2])


def first_item(known: Known) -> str:
    return next((name for item in sayable(known.items, known.look) if (name := short(item))), "")


def short(name: str) -> str:
    """What comes before the first comma: "Green tea" of "Green tea, 20 bags"; "" if that is too long for a sentence."""
    said = name.partition(",")[0].strip() or name.strip()
    return said if len(said) <= _LONGEST_SAID else ""


def is_too_late(need_by_on: date | None, estimated_on: date | None) -> bool:
    return need_by_on is not None and estimated_on is not None and estimated_on > need_by_on
