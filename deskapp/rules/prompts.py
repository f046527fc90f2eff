"""The note prompt: what a person needs in order to write a card by hand, and nothing they should not know."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from deskapp.rules.card_facts import (
    Citable,
    Fact,
    Known,
    Taste,
    from_the_order,
    hush,
    hushed_lately,
    listed,
    personal,
    read,
    sayable,
)
from deskapp.rules.card_phrases import LANGUAGES, MONEY_SIGNS, NOT_TO_MENTION, TITLES, Hush
from deskapp.rules.stops import fold
from deskapp.rules.timing import day_words

A6 = range(160, 241)  # characters that fit by hand: four sentences
MOST_FACTS = 4

_PERSONAL = 3  # facts beside the order itself
_LONGEST_ADDRESS = 4  # words
_MOST_DISLIKES = 3


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
class Prompt:
    """Two to four facts, the strongest first; everything but the starters is for staff, in English.

    `language` and `direction` ("ltr", "rtl") are those of the starters. `better_next_time` is "" if something personal is
    known; `used_up` says of which part no phrase is left.
    """

    who: str
    why_now: str
    facts: tuple[Fact, ...]
    starters: Starters
    not_to_mention: tuple[str, ...]
    better_next_time: str
    language: str = "en"
    direction: str = "ltr"
    used_up: tuple[str, ...] = ()


def prompt(known: Known) -> Prompt:
    """Pure and deterministic; about 3 ms with twenty notes of four sentences."""
    heard = [read(note, known.look) for note in known.notes if not note.is_opinion]
    tastes = [taste for taste in known.tastes if taste.is_stated]
    hushed = hushed_lately(heard, known.today)
    citable = personal(known, heard, tastes)[:_PERSONAL]
    is_quiet = Hush.GRIEF in hushed
    return Prompt(
        who=_who(known, tastes),
        why_now=_why_now(known),
        facts=(*(one.fact for one in citable), *from_the_order(known))[:MOST_FACTS],
        starters=Starters(
            opening=Starter(_opening(known, tastes, is_quiet=is_quiet), "en:opening"),
            detail=Starter(_detail(known, citable), "en:detail"),
            plus_one=Starter(line, "en:plus-one") if (line := _plus_one(known, is_quiet=is_quiet)) else None,
            close=Starter(f"From all of us at {known.shop}, …", "en:close"),
        ),
        not_to_mention=_not_to_mention(known, hushed, tastes),
        better_next_time="" if citable else _better_next_time(known, hushed),
    )


def is_too_late(need_by_on: date | None, estimated_on: date | None) -> bool:
    return need_by_on is not None and estimated_on is not None and estimated_on > need_by_on


def shows_money(text: str) -> bool:
    """Prices, per cents and currencies, which a card never carries."""
    return MONEY_SIGNS.search(fold(text)) is not None


def _who(known: Known, tastes: Sequence[Taste]) -> str:
    said_as, address = _wish(known, tastes, "pronunciation"), _wish(known, tastes, "form-of-address")
    language = LANGUAGES.get(known.language.lower()[:2], "")
    name = f"{known.customer} (say “{said_as}”)." if said_as else f"{known.customer}."
    addressed = f"Wishes to be addressed: {address}." if address else ""
    return " ".join(filter(None, [name, addressed, f"Reads {language}: write it so if you can." if language else ""]))


def _wish(known: Known, tastes: Iterable[Taste], kind: str) -> str:
    said = (taste.value for taste in tastes if taste.kind == kind and hush(taste.value, known.look) is None)
    return next((value.rstrip(" .") for value in said), "")


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
    address = _address(known.customer, _wish(known, tastes, "form-of-address"))
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


def _detail(known: Known, citable: Sequence[Citable]) -> str:
    if citable:
        return citable[0].starter
    named = _first(known)
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
    dislikes = [taste.value for taste in tastes if taste.kind == "dislike" and hush(taste.value, known.look) is None]
    disliked = [f"Not to their taste: {', '.join(dislikes[:_MOST_DISLIKES])}."] if dislikes else []
    gift = ["What the little extra cost."] if known.gifts else []
    return (*warnings, *disliked, *gift)


def _better_next_time(known: Known, hushed: frozenset[Hush]) -> str:
    named = _first(known)
    thanks = f"Thank them for choosing the {named}" if named else "Thank them for their order"
    if hushed:
        return f"Nothing to cite this time. {thanks}, and leave it at that."
    return f"Nothing personal is known yet. {thanks}, and ask next time what it is for."


def _first(known: Known) -> str:
    return listed([_short(name) for name in sayable(known.items, known.look)[:1]])


def _short(name: str) -> str:
    """What comes before the first comma: "Green tea" of "Green tea, 20 bags"."""
    return name.partition(",")[0].strip() or name


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)
