"""What a card may cite of a person, each with its source and age.

A fact may be cited only if the customer told us or gave it to us by buying, so that nobody wonders how we know. Opinions
and inferred facts are dropped before anything else is read; guarded words, trouble, grief, secrets and money keep a
sentence off the card, and leave at most a warning without its words.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from deskapp.rules import guard
from deskapp.rules.card_phrases import (
    AGE,
    CARD_ONLY,
    CONTACT,
    DISCREET,
    HUSHED,
    LOSERS,
    MONEY_SIGNS,
    ONLY_SAID,
    OTHERS,
    OTHERS_MATTERS,
    PRIVATE,
    SAID,
    SOURCE_ANSWERED,
    SOURCE_BY_CHANNEL,
    TITLED,
    Hush,
)
from deskapp.rules.card_words import Tone
from deskapp.rules.guard import Look
from deskapp.rules.notes import sentences
from deskapp.rules.phrases import plain_words
from deskapp.rules.stops import fold, words
from deskapp.rules.timing import age_words, month_words, weekday_words
from deskapp.rules.words import Said, and_list, capital, nsay, say
from deskapp.rules.words import listed as in_a_row

_CITED_DAYS = 730
_WARNED_DAYS = 180
_PROMISE_DAYS = 60
_LONGEST_FACT = 160
_LONGEST_NAME = 60
_SHORTEST_FACT = 4  # words; where words are not parted, twice as many letters
_MOST_ITEMS = 3
_CHOSEN = 10.0  # before anything that nobody chose: no other weight reaches it
_NEAR = 2.5  # a day that comes soon: before tastes and notes, behind a promise of these days
_TOLD_ONCE = 0.75  # less for what an earlier card told; what the last one told is left out
_KEPT_BY_PEOPLE = {"birthday", "name-day"}  # a company has neither
_DAY_WORDS = {"birthday": say("Birthday"), "name-day": say("Name day"), "anniversary": say("Anniversary")}
_LITTLE_WORDS = {"and", "for", "the", "with"}
_PRONOUNS = {"er", "he", "she", "sie", "they", "we", "wir"}
_LIKED: Mapping[str, Callable[[str], Said]] = {
    "like": lambda what: say("Likes {what}", what=what),
    "interest": lambda what: say("Interested in {what}", what=what),
}
_SAID_TWICE = re.compile(r"^(?:likes?|loves?|interested in)\s+", re.IGNORECASE)  # "Likes" stands before it already
# Beside these the harmless sentences of a note tell the tale as well: "Would like a soft scarf."
_SPOILS_THE_NOTE = {Hush.GRIEF, Hush.GUARDED, Hush.HOME, Hush.SURPRISE, Hush.TROUBLE}


@dataclass(frozen=True, slots=True)
class Heard:
    """A note as it stands; `channel` by its code and as the shop says it. `mentionable`: a sentence of it that somebody chose.
    `is_answer`: the customer's own words, in answer to our question.
    """

    text: str
    channel: str
    author: str
    on: date
    is_opinion: bool = False
    channel_words: str = ""
    mentionable: str = ""
    id: int = 0
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class Taste:
    """A preference in force; `kind` by its value."""

    kind: str
    value: str
    heard_by: str
    on: date
    is_stated: bool = True
    id: int = 0


@dataclass(frozen=True, slots=True)
class KeptPromise:
    text: str
    owner: str
    on: date
    id: int = 0


@dataclass(frozen=True, slots=True)
class NearDay:
    """A day of every year near the day the parcel arrives; `kind` by its value, `words` as somebody typed them."""

    kind: str
    words: str
    on: date
    heard_by: str
    heard_on: date
    id: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """Everything a prompt may look at. `items` and `gifts` are names; `earlier_orders` were placed before this one; `look` finds
    what the guard stops. `id` is the delivery's: it decides which of a family of phrases comes first.

    `occasions` come soon after it arrives. `told`: keys of facts on the last card; `told_before`: on those of a year before it;
    `phrases_used`: keys of that year's phrases. `was_solved`: something went wrong, was put right, and they ordered again;
    `has_trouble`: something is not put right yet.
    """

    customer: str
    shop: str
    today: date
    ship_on: date
    placed_on: date
    items: tuple[str, ...] = ()
    gifts: tuple[str, ...] = ()
    earlier_orders: int = 0
    since: date | None = None
    language: str = ""
    need_by_on: date | None = None
    estimated_on: date | None = None
    notes: tuple[Heard, ...] = ()
    tastes: tuple[Taste, ...] = ()
    promises: tuple[KeptPromise, ...] = ()
    look: Look = guard.check
    id: int = 0
    tone: Tone = "warm"
    is_business: bool = False
    occasions: tuple[NearDay, ...] = ()
    told: frozenset[str] = frozenset()
    told_before: frozenset[str] = frozenset()
    phrases_used: frozenset[str] = frozenset()
    was_solved: bool = False
    has_trouble: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """`source` and `age` say how we know, so that the writer can judge whether they may. `key` is ours and holds no words."""

    text: str
    source: str
    age: str
    key: str


@dataclass(frozen=True, slots=True)
class Citable:
    """A fact, how much it matters for this parcel, and what its starter is about: a situation of the detail, with the `thing`
    that is liked, or the day.
    """

    fact: Fact
    weight: float
    situation: str
    thing: str = ""
    day: NearDay | None = None


def hush(sentence: str, look: Look = guard.check) -> Hush | None:
    """Why this sentence must stay off a card; None if it may be cited."""
    if found := {kind for kind, _ in HUSHED.find(plain_words(sentence))}:
        return min(found, key=list(Hush).index)
    folded = fold(sentence)
    if MONEY_SIGNS.search(folded):
        return Hush.MONEY
    if CONTACT.search(folded):
        return Hush.CONTACT
    return Hush.GUARDED if look(sentence) else None


def kept_off(sentence: str, look: Look = guard.check) -> Hush | None:
    """Why a sentence of a note must stay off a card: what is hushed, and what staff may read but nobody at the door."""
    if (hushed := hush(sentence, look)) is not None:
        return hushed
    if found := {kind for kind, _ in CARD_ONLY.find(plain_words(sentence))}:
        return min(found, key=list(Hush).index)
    return Hush.GUARDED if AGE.search(fold(sentence)) else None


def is_others(sentence: str, *, is_chosen: bool = False) -> bool:
    """Whether it tells of somebody else, which is theirs to tell; of a sentence that somebody chose, only if it is private."""
    folded = fold(sentence)
    if OTHERS.search(folded) is None:
        return False
    return PRIVATE.search(folded) is not None or (not is_chosen and OTHERS_MATTERS.search(folded) is not None)


def sayable(items: Sequence[str], look: Look = guard.check) -> list[str]:
    """Names one would say at a door; the others are left out without a trace."""
    return [n for n in dict.fromkeys(items) if not any(DISCREET.find(plain_words(n))) and not look(n)]


@dataclass(frozen=True, slots=True)
class Read:
    """A note taken apart: each sentence with why it is hushed."""

    note: Heard
    sentences: list[tuple[str, Hush | None]]

    @property
    def hushes(self) -> set[Hush]:
        return {kind for _, kind in self.sentences if kind is not None}


def read(note: Heard, look: Look = guard.check, why: Callable[[str, Look], Hush | None] = hush) -> Read:
    return Read(note, [(sentence, why(sentence, look)) for sentence in sentences(note.text)])


def personal(known: Known, heard: Sequence[Read], tastes: Sequence[Taste]) -> list[Citable]:
    """Strongest first: a promise kept, then a day that is near, then what touches this order, then the newest. Never the same
    words twice, and nothing that the last card told.
    """
    parcel = _words_of_parcel(known)
    found = [
        *_from_promises(known),
        *_from_days(known),
        *_from_tastes(known, tastes, parcel),
        *_from_notes(known, heard, parcel),
    ]
    unique: dict[str, Citable] = {}
    for citable in sorted(found, key=lambda citable: _less_if_told(known, citable)):
        if citable.fact.key not in known.told:
            unique.setdefault(fold(citable.fact.text), citable)
    return list(unique.values())


def citable(known: Known) -> list[Fact]:
    """All that a card may tell of the person, whether the last one told it or not: more than a prompt has room for."""
    heard = [read(note, known.look, kept_off) for note in known.notes if not note.is_opinion]
    tastes = [taste for taste in known.tastes if taste.is_stated]
    return [one.fact for one in personal(replace(known, told=frozenset()), heard, tastes)]


def _words_of_parcel(known: Known) -> frozenset[str]:
    named = {word for name in (*known.items, *known.gifts) for word in words(name) if len(word) > 2}
    return frozenset(named - _LITTLE_WORDS)


def _less_if_told(known: Known, citable: Citable) -> float:
    return (_TOLD_ONCE if citable.fact.key in known.told_before else 0) - citable.weight


def _from_promises(known: Known) -> Iterator[Citable]:
    for promise in known.promises:
        days = (known.today - promise.on).days
        if days <= _PROMISE_DAYS and kept_off(promise.text, known.look) is None and not is_others(promise.text):
            age, key = age_words(promise.on, known.today), f"promise:{promise.id}"
            text, source = (
                say("We promised: {what}", what=_shortened(promise.text)),
                say("kept by {name}", name=promise.owner),
            )
            fact = Fact(text, source, age, key)
            yield Citable(fact, 3 - days / _PROMISE_DAYS, "promise")


def _from_days(known: Known) -> Iterator[Citable]:
    """A wish comes once: a day that a card of this year told is left out."""
    for day in known.occasions:
        key = f"occasion:{day.id}:{day.on.year}"
        is_theirs = not (known.is_business and day.kind in _KEPT_BY_PEOPLE)
        if is_theirs and key not in known.told_before and is_sayable_day(day, known.look):
            what = day.words.strip() or _DAY_WORDS.get(day.kind, say("A day they told us of"))
            text = say("{what} on {day}", what=capital(what), day=weekday_words(day.on))
            fact = Fact(text, say("told {name}", name=day.heard_by), age_words(day.heard_on, known.today), key)
            yield Citable(fact, _NEAR, "occasion", day=day)


def is_sayable_day(day: NearDay, look: Look = guard.check) -> bool:
    return not day.words or (kept_off(day.words, look) is None and not is_others(day.words))


def _from_tastes(known: Known, tastes: Iterable[Taste], parcel: frozenset[str]) -> Iterator[Citable]:
    for taste in tastes:
        value = _SAID_TWICE.sub("", taste.value.strip()).rstrip(" .!")
        if taste.kind in _LIKED and value and kept_off(value, known.look) is None and not is_others(value):
            age = age_words(taste.on, known.today)
            source = say("told {name}", name=taste.heard_by)
            fact = Fact(_LIKED[taste.kind](value), source, age, f"taste:{taste.id}")
            yield Citable(fact, _weight(known, parcel, value, taste.on), taste.kind, thing=value)


def _from_notes(known: Known, heard: Iterable[Read], parcel: frozenset[str]) -> Iterator[Citable]:
    for one in heard:
        note = one.note
        if (known.today - note.on).days > _CITED_DAYS:
            continue
        age, situation = age_words(note.on, known.today), _situation(note)
        for sentence in _citable_sentences(one, known):
            fact = Fact(_shortened(sentence), _source(note), age, f"note:{note.id}:{mark(sentence)}")
            chosen = _CHOSEN if sentence == note.mentionable else 0
            yield Citable(fact, _weight(known, parcel, sentence, note.on) + chosen, situation)


def _citable_sentences(one: Read, known: Known) -> Iterator[str]:
    is_spoilt = bool(one.hushes & _SPOILS_THE_NOTE)
    for sentence, hushed in one.sentences:
        is_chosen = sentence == one.note.mentionable
        is_open = is_chosen or (not is_spoilt and _is_citable(sentence) and _was_said(one.note, sentence))
        names_others = not is_chosen and _names_others(sentence, known)
        if hushed is None and is_open and not names_others and not is_others(sentence, is_chosen=is_chosen):
            yield sentence


def _names_others(sentence: str, known: Known) -> bool:
    """Somebody with a title or with a loss who is not the customer; in a company they are whom one writes to."""
    named = {*TITLED.findall(fold(sentence)), *(fold("".join(one)) for one in LOSERS.findall(sentence))}
    return not known.is_business and bool(named - set(words(known.customer)) - _PRONOUNS)


def mark(sentence: str) -> str:
    """Names a sentence of a note without its words."""
    return hashlib.sha256(sentence.encode()).hexdigest()[:8]


def _situation(note: Heard) -> str:
    return note.channel if note.channel in SOURCE_BY_CHANNEL and not note.is_answer else "elsewhere"


def _source(note: Heard) -> Said:
    """A channel of the shop's own says nothing about whether it was spoken or written."""
    if note.is_answer:
        return SOURCE_ANSWERED
    if (known := SOURCE_BY_CHANNEL.get(note.channel)) is not None:
        return known(note.author)
    return say("noted by {name}, {channel}", name=note.author, channel=note.channel_words or note.channel)


def _is_citable(sentence: str) -> bool:
    is_telling = len(sentence.split()) >= _SHORTEST_FACT or (
        not sentence.isascii() and len(sentence) >= 2 * _SHORTEST_FACT
    )
    return is_telling and len(sentence) <= 2 * _LONGEST_FACT


def _was_said(note: Heard, sentence: str) -> bool:
    """Of an answer only what somebody chose: most complaints hold no word by which to know them ("a crack in it")."""
    return not note.is_answer and (note.channel in ONLY_SAID or SAID.search(fold(sentence)) is not None)


def _weight(known: Known, parcel: frozenset[str], text: str, on: date) -> float:
    """1 if it touches what is in this parcel, plus up to 1 for being fresh."""
    days = max(0, (known.today - on).days)
    return (0 if parcel.isdisjoint(words(text)) else 1) + 1 / (1 + days / 90)


def from_the_order(known: Known) -> tuple[Fact, Fact]:
    """What buying itself told us; how long they have been with us is not told on two cards in a row."""
    placed = age_words(known.placed_on, known.today)
    named = listed([_shortened(name, _LONGEST_NAME) for name in sayable(known.items, known.look)])
    ordered = Fact(_ordered(known, named), say("this order"), placed, "order")
    if known.earlier_orders == 0:
        return ordered, Fact(say("First order with us"), say("this order"), placed, "first")
    before = say("earlier orders")
    if "since" in known.told:
        number = known.earlier_orders + 1
        return ordered, Fact(say("Order number {number} with us", number=number), before, "", "count")
    if known.since is None:
        return ordered, Fact(say("Has ordered from us before"), before, "", "since")
    return ordered, Fact(say("With us since {month}", month=month_words(known.since)), before, "", "since")


def _ordered(known: Known, named: Said) -> Said:
    if named:
        return say("Ordered {what}", what=named)
    return say("Ordered something better not named on a card") if known.items else say("Placed an order")


def _shortened(text: str, longest: int = _LONGEST_FACT) -> str:
    if len(text) <= longest:
        return text.rstrip(" .")
    return f"{text[:longest].rsplit(' ', 1)[0].rstrip(' ,;:')} …"


def hushed_lately(heard: Iterable[Read], today: date) -> frozenset[Hush]:
    recent = (one for one in heard if (today - one.note.on).days <= _WARNED_DAYS)
    return frozenset(kind for one in recent for kind in one.hushes)


def listed(names: Sequence[str]) -> Said:
    """As in "Blue mug, Plum jam and 3 more"."""
    if len(names) > _MOST_ITEMS:
        more, first = len(names) - _MOST_ITEMS + 1, in_a_row(names[: _MOST_ITEMS - 1])
        return nsay("{names} and {n} more", "{names} and {n} more", more, names=first)
    return and_list(names)
