"""The note prompt: what a person needs in order to write a card by hand, and nothing they should not know.

A fact may be cited only if the customer told us or gave it to us by buying, so that nobody wonders how we know. Opinions
and inferred facts are dropped before anything else is read; guarded words, trouble, grief, secrets and money keep a
sentence off the card, and leave at most a warning without its words.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from deskapp.rules import guard
from deskapp.rules.card_phrases import (
    CONTACT,
    DETAIL_BY_CHANNEL,
    DISCREET,
    HUSHED,
    LANGUAGES,
    MONEY_SIGNS,
    NOT_TO_MENTION,
    ONLY_SAID,
    SAID,
    SOURCE_BY_CHANNEL,
    TITLES,
    Hush,
)
from deskapp.rules.stops import fold, words
from deskapp.rules.timing import age_words, day_words

A6 = range(160, 241)  # characters that fit by hand: four sentences
MOST_FACTS = 4

_PERSONAL = 3  # facts beside the order itself
_CITED_DAYS = 730
_WARNED_DAYS = 180
_PROMISE_DAYS = 60
_LONGEST_FACT = 160
_SHORTEST_FACT = 3  # words
_MOST_ITEMS = 3
_LONGEST_ADDRESS = 4  # words
_LITTLE_WORDS = {"and", "for", "the", "with"}
_CITABLE_TASTES = {"like": "Likes", "interest": "Interested in"}
# Beside these the harmless sentences of a note tell the tale as well: "Would like a soft scarf."
_SPOILS_THE_NOTE = {Hush.GRIEF, Hush.GUARDED, Hush.SURPRISE, Hush.TROUBLE}
_SENTENCE_ENDS = re.compile(r"(?<=[.!?…\u3002])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Heard:
    """A note as it stands; `channel` by its value."""

    text: str
    channel: str
    author: str
    on: date
    is_opinion: bool = False


@dataclass(frozen=True, slots=True)
class Taste:
    """A preference in force; `kind` by its value."""

    kind: str
    value: str
    heard_by: str
    on: date
    is_stated: bool = True


@dataclass(frozen=True, slots=True)
class KeptPromise:
    text: str
    owner: str
    on: date


@dataclass(frozen=True, slots=True)
class Known:
    """Everything a prompt may look at. `items` and `gifts` are names; `earlier_orders` were placed before this one."""

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


@dataclass(frozen=True, slots=True)
class Fact:
    """`source` and `age` say how we know, so that the writer can judge whether they may."""

    text: str
    source: str
    age: str


@dataclass(frozen=True, slots=True)
class Starters:
    """Sentences that a human finishes; `plus_one` is "" if nothing goes along."""

    opening: str
    detail: str
    plus_one: str
    close: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Two to four facts, the strongest first. `better_next_time` is "" if something personal is known."""

    who: str
    why_now: str
    facts: tuple[Fact, ...]
    starters: Starters
    not_to_mention: tuple[str, ...]
    better_next_time: str


def prompt(known: Known) -> Prompt:
    """Pure and deterministic; about 1 ms with twenty notes."""
    heard = [note for note in known.notes if not note.is_opinion]
    tastes = [taste for taste in known.tastes if taste.is_stated]
    hushed = _hushed(heard, known.today)
    personal = _personal(known, heard, tastes)[:_PERSONAL]
    facts = (*(p.fact for p in personal), *_from_the_order(known))[:MOST_FACTS]
    is_quiet = Hush.GRIEF in hushed
    return Prompt(
        who=_who(known, tastes),
        why_now=_why_now(known),
        facts=facts,
        starters=Starters(
            _opening(known, tastes, is_quiet=is_quiet),
            _detail(known, personal),
            _plus_one(known, is_quiet=is_quiet),
            f"From all of us at {known.shop}, …",
        ),
        not_to_mention=_not_to_mention(known, hushed, tastes),
        better_next_time="" if personal else _better_next_time(known, hushed),
    )


def is_too_late(need_by_on: date | None, estimated_on: date | None) -> bool:
    return need_by_on is not None and estimated_on is not None and estimated_on > need_by_on


def hush(sentence: str) -> Hush | None:
    """Why this sentence must stay off a card; None if it may be cited."""
    folded = fold(sentence)
    for kind, pattern in HUSHED.items():
        if pattern.search(folded):
            return kind
    if MONEY_SIGNS.search(folded):
        return Hush.MONEY
    if CONTACT.search(folded):
        return Hush.CONTACT
    return Hush.GUARDED if guard.check(sentence) else None


def shows_money(text: str) -> bool:
    """Prices, per cents and currencies, which a card never carries."""
    return MONEY_SIGNS.search(fold(text)) is not None


# --- what may be cited -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Personal:
    fact: Fact
    detail: str  # the sentence starter it lends itself to
    weight: float


def _personal(known: Known, heard: Sequence[Heard], tastes: Sequence[Taste]) -> list[_Personal]:
    """Strongest first: a promise kept, then what touches this order, then the newest. Never the same words twice."""
    found = [*_from_promises(known), *_from_tastes(known, tastes), *_from_notes(known, heard)]
    unique: dict[str, _Personal] = {}
    for personal in sorted(found, key=lambda personal: -personal.weight):
        unique.setdefault(fold(personal.fact.text), personal)
    return list(unique.values())


def _from_promises(known: Known) -> Iterator[_Personal]:
    for promise in known.promises:
        days = (known.today - promise.on).days
        if days <= _PROMISE_DAYS and hush(promise.text) is None:
            fact = Fact(
                f"We promised: {_shortened(promise.text)}",
                f"kept by {promise.owner}",
                age_words(promise.on, known.today),
            )
            yield _Personal(fact, "As we promised, …", 3 - days / _PROMISE_DAYS)


def _from_tastes(known: Known, tastes: Iterable[Taste]) -> Iterator[_Personal]:
    for taste in tastes:
        verb = _CITABLE_TASTES.get(taste.kind)
        value = re.sub(r"^(?:likes?|loves?|interested in)\s+", "", taste.value.strip(), flags=re.IGNORECASE).rstrip(
            " .!"
        )
        if verb and value and hush(value) is None:
            fact = Fact(f"{verb} {value}", f"told {taste.heard_by}", age_words(taste.on, known.today))
            starter = (
                f"You told us that you like {value}, so …"
                if taste.kind == "like"
                else f"Thinking of you and {value}, …"
            )
            yield _Personal(fact, starter, _weight(known, value, taste.on))


def _from_notes(known: Known, heard: Iterable[Heard]) -> Iterator[_Personal]:
    for note in heard:
        if (known.today - note.on).days > _CITED_DAYS or _hushes(note.text) & _SPOILS_THE_NOTE:
            continue
        for sentence in _sentences(note.text):
            if _was_said(note, sentence) and hush(sentence) is None:
                source = SOURCE_BY_CHANNEL[note.channel].format(note.author)
                fact = Fact(_shortened(sentence), source, age_words(note.on, known.today))
                yield _Personal(fact, DETAIL_BY_CHANNEL[note.channel], _weight(known, sentence, note.on))


def _was_said(note: Heard, sentence: str) -> bool:
    return note.channel in ONLY_SAID or SAID.search(fold(sentence)) is not None


def _weight(known: Known, text: str, on: date) -> float:
    """1 if it touches what is in this parcel, plus up to 1 for being fresh."""
    parcel = {word for name in (*known.items, *known.gifts) for word in words(name) if len(word) > 2}
    days = max(0, (known.today - on).days)
    return (1 if (parcel - _LITTLE_WORDS) & set(words(text)) else 0) + 1 / (1 + days / 90)


def _from_the_order(known: Known) -> tuple[Fact, Fact]:
    """What buying itself told us."""
    placed = age_words(known.placed_on, known.today)
    named = _named(known.items)
    ordered = Fact(
        f"Ordered {named}" if named else "Ordered something better not named on a card", "this order", placed
    )
    if known.earlier_orders == 0:
        return ordered, Fact("First order with us", "this order", placed)
    if known.since is None:
        return ordered, Fact("Has ordered from us before", "earlier orders", "")
    return ordered, Fact(f"With us since {known.since:%B %Y}", "earlier orders", "")


def _named(items: Sequence[str]) -> str:
    """As in "Blue mug, Plum jam and 3 more"; what one would not say at a door is left out, without a trace."""
    names = [name for name in dict.fromkeys(items) if not DISCREET.search(fold(name)) and not guard.check(name)]
    if len(names) > _MOST_ITEMS:
        return f"{', '.join(names[: _MOST_ITEMS - 1])} and {len(names) - _MOST_ITEMS + 1} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE_ENDS.split(text):
        if len(bare := sentence.strip()) <= 2 * _LONGEST_FACT and len(bare.split()) >= _SHORTEST_FACT:
            yield bare


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_FACT:
        return text.rstrip(" .")
    return f"{text[:_LONGEST_FACT].rsplit(' ', 1)[0].rstrip(' ,;:')} …"


def _hushed(heard: Iterable[Heard], today: date) -> frozenset[Hush]:
    recent = (note for note in heard if (today - note.on).days <= _WARNED_DAYS)
    return frozenset(kind for note in recent for kind in _hushes(note.text))


def _hushes(text: str) -> set[Hush]:
    return {kind for sentence in _SENTENCE_ENDS.split(text) if (kind := hush(sentence)) is not None}


# --- what is said ----------------------------------------------------------------------------------------------------


def _who(known: Known, tastes: Sequence[Taste]) -> str:
    said_as, address = _wish(tastes, "pronunciation"), _wish(tastes, "form-of-address")
    language = LANGUAGES.get(known.language.lower()[:2], "")
    name = f"{known.customer} (say “{said_as}”)." if said_as else f"{known.customer}."
    addressed = f"Wishes to be addressed: {address}." if address else ""
    return " ".join(filter(None, [name, addressed, f"Reads {language}: write it so if you can." if language else ""]))


def _wish(tastes: Iterable[Taste], kind: str) -> str:
    return next((taste.value.rstrip(" .") for taste in tastes if taste.kind == kind and hush(taste.value) is None), "")


def _why_now(known: Known) -> str:
    said = [_leaves(known)]
    if known.need_by_on is not None:
        said.append(f"They need it by {day_words(known.need_by_on, known.today)}.")
    if known.estimated_on is not None and is_too_late(known.need_by_on, known.estimated_on):
        said.append(
            f"It is expected on {known.estimated_on:%A} {known.estimated_on.day} {known.estimated_on:%B}: too late."
        )
    if known.earlier_orders == 0:
        said.append("It is their first order with us.")
    if known.gifts:
        said.append(f"A little extra goes along: {_and(known.gifts)}.")
    return " ".join(said)


def _leaves(known: Known) -> str:
    day = day_words(known.ship_on, known.today)
    if known.ship_on < known.today:
        return f"The parcel should have left on {day}."
    return f"The parcel leaves {day}." if day in {"today", "tomorrow"} else f"The parcel leaves on {day}."


def _opening(known: Known, tastes: Iterable[Taste], *, is_quiet: bool) -> str:
    address = _address(known.customer, _wish(tastes, "form-of-address"))
    return f"Dear {address}, {_greeting(known, is_quiet=is_quiet)}"


def _address(customer: str, wish: str) -> str:
    """The wish if it can stand after "Dear", else the whole name: to guess which part is the first name is to get it wrong."""
    folded = fold(wish)
    if folded.rstrip(".") in TITLES:
        return f"{wish} {customer}"
    if "first name" in folded:
        return next(iter(customer.split()), customer)
    return wish if wish.istitle() and len(wish.split()) <= _LONGEST_ADDRESS else customer


def _greeting(known: Known, *, is_quiet: bool) -> str:
    if is_quiet:
        return "here is what you ordered."
    if is_too_late(known.need_by_on, known.estimated_on):
        return "we are sorry that this comes later than you needed it."
    if known.ship_on < known.today:
        return "thank you for waiting; here it is."
    if known.earlier_orders == 0:
        return "thank you for your first order with us."
    if known.need_by_on is not None:
        return f"we wanted this to be with you by {known.need_by_on:%A}."
    return "thank you for ordering from us again."


def _detail(known: Known, personal: Sequence[_Personal]) -> str:
    if personal:
        return personal[0].detail
    named = _in_prose(known.items[:1])
    return f"We packed your {named} with care, and …" if named else "We packed it with care, and …"


def _plus_one(known: Known, *, is_quiet: bool) -> str:
    gifts = _and([_short(gift) for gift in known.gifts])
    if not gifts:
        return ""
    if is_quiet:
        return f"The {gifts} we put in ourselves, …"
    if len(known.gifts) > 1:
        return f"The {gifts} are a little extra from us; they cost you nothing. We chose them because …"
    return f"The {gifts} is a little extra from us; it costs you nothing. We chose it because …"


def _not_to_mention(known: Known, hushed: frozenset[Hush], tastes: Iterable[Taste]) -> tuple[str, ...]:
    warnings = [sentence for kind, sentence in NOT_TO_MENTION.items() if kind in hushed]
    dislikes = [taste.value for taste in tastes if taste.kind == "dislike" and hush(taste.value) is None]
    disliked = [f"Not to their taste: {', '.join(dislikes[:_MOST_ITEMS])}."] if dislikes else []
    gift = ["What the little extra cost."] if known.gifts else []
    return (*warnings, *disliked, *gift)


def _better_next_time(known: Known, hushed: frozenset[Hush]) -> str:
    named = _in_prose(known.items[:1])
    thanks = f"Thank them for choosing the {named}" if named else "Thank them for their order"
    if hushed:
        return f"Nothing to cite this time. {thanks}, and leave it at that."
    return f"Nothing personal is known yet. {thanks}, and ask next time what it is for."


def _in_prose(items: Sequence[str]) -> str:
    return _named([_short(item) for item in items])


def _short(name: str) -> str:
    """What comes before the first comma: "Green tea" of "Green tea, 20 bags"."""
    return name.partition(",")[0].strip() or name


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)
