"""The note prompt: what a person needs in order to write a card by hand, and nothing they should not know."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta

from deskapp.rules.brief_phrases import QUESTIONS
from deskapp.rules.card_facts import (
    Citable,
    Fact,
    Known,
    Read,
    Taste,
    from_the_order,
    hush,
    hushed_lately,
    kept_off,
    listed,
    personal,
    read,
)
from deskapp.rules.card_phrases import LANGUAGES, MONEY_SIGNS, NOT_TO_MENTION, Hush
from deskapp.rules.card_starters import Starter, Starters, choose, first_item, is_too_late, wears_title
from deskapp.rules.card_words import Tone, words_for
from deskapp.rules.stops import fold
from deskapp.rules.timing import day_words, weekday_words
from deskapp.rules.words import Said, say, together
from deskapp.rules.words import listed as in_a_row

__all__ = [
    "A6",
    "MOST_FACTS",
    "Fact",
    "Prompt",
    "Starter",
    "Starters",
    "is_too_late",
    "prompt",
    "shows_money",
    "tone_of",
    "used_by",
]

A6 = range(160, 241)  # characters that fit by hand: four sentences
MOST_FACTS = 4

_PERSONAL = 3  # facts beside the order itself
_MOST_DISLIKES = 3


@dataclass(frozen=True, slots=True)
class Prompt:
    """Two to four facts, the strongest first; everything but the starters is for staff.

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
    """Pure and deterministic; some 4 ms with twenty notes of four sentences, if `look` remembers what it looked through."""
    heard = [read(note, known.look, kept_off) for note in known.notes if not note.is_opinion]
    tastes = [taste for taste in known.tastes if taste.is_stated]
    hushed = hushed_lately(heard, known.today)
    citable = _cited(known, heard, tastes, hushed)
    chosen = choose(known, citable, wish(known, tastes, "form-of-address"), is_quiet=Hush.GRIEF in hushed)
    words = words_for(known.language)
    return Prompt(
        who=_who(known, tastes),
        why_now=_why_now(known),
        facts=(*(one.fact for one in citable), *from_the_order(known))[:MOST_FACTS],
        starters=chosen.starters,
        not_to_mention=_not_to_mention(known, hushed, tastes),
        better_next_time="" if citable else _better_next_time(known, hushed, tastes),
        language=words.language,
        direction=words.direction,
        used_up=chosen.used_up,
    )


def _cited(known: Known, heard: Sequence[Read], tastes: Sequence[Taste], hushed: frozenset[Hush]) -> Sequence[Citable]:
    """In a hard time no day to be merry about."""
    found = personal(known, heard, tastes)
    return [one for one in found if one.day is None or Hush.GRIEF not in hushed][:_PERSONAL]


def used_by(one: Prompt) -> tuple[frozenset[str], frozenset[str]]:
    """Keys of the facts and of the phrases that this card, not written yet, will most likely use."""
    days = {fact.key for fact in one.facts if fact.key.startswith("occasion:")}
    return frozenset({one.facts[0].key, *days}), frozenset(starter.key for starter in one.starters.given)


def tone_of(wished: str, address: str, *, is_business: bool) -> Tone:
    """What somebody chose for this card, else formal for companies and for whoever keeps a title, else warm."""
    if wished in {"warm", "plain", "formal"}:
        return wished  # type: ignore[return-value]
    return "formal" if is_business or wears_title(address) else "warm"


def shows_money(text: str) -> bool:
    """Prices, per cents and currencies, which a card never carries."""
    return MONEY_SIGNS.search(fold(text)) is not None


def _who(known: Known, tastes: Sequence[Taste]) -> Said:
    said_as, address = wish(known, tastes, "pronunciation"), wish(known, tastes, "form-of-address")
    name = say("{name}.", name=known.customer)
    if said_as:
        name = say("{name} (say “{said_as}”).", name=known.customer, said_as=said_as)
    addressed = say("Wishes to be addressed: {address}.", address=address) if address else ""
    return together([name, addressed, _reads(known), *_refused(known, {taste.kind for taste in tastes})])


def _refused(known: Known, kinds: AbstractSet[str]) -> list[str]:
    no_card = [say("Asked for no cards: do not write one.")] if "no-cards" in kinds else []
    no_gift = [say("Asked for no gifts: ask before one goes along.")] if known.gifts and "no-gifts" in kinds else []
    return [*no_card, *no_gift]


def _reads(known: Known) -> str:
    code = known.language.lower()[:2]
    if code == "en" or code not in LANGUAGES:
        return ""
    if words_for(known.language).language == code:
        return say("Reads {language}, and so the ways to begin are.", language=LANGUAGES[code])
    return say("Reads {language}: write it so if you can.", language=LANGUAGES[code])


def wish(known: Known, tastes: Iterable[Taste], kind: str) -> str:
    said = (taste.value for taste in tastes if taste.kind == kind and hush(taste.value, known.look) is None)
    return next((value.rstrip(" .") for value in said), "")


def _why_now(known: Known) -> Said:
    said = [_leaves(known)]
    if known.need_by_on is not None:
        said.append(say("They need it by {day}.", day=day_words(known.need_by_on, known.today)))
    if known.estimated_on is not None and is_too_late(known.need_by_on, known.estimated_on):
        said.append(say("It is expected on {day}: too late.", day=weekday_words(known.estimated_on)))
    if known.earlier_orders == 0:
        said.append(say("It is their first order with us."))
    if known.was_solved:
        said.append(say("Something had gone wrong, and it was put right."))
    if known.gifts:
        said.append(say("A little extra goes along: {what}.", what=listed(known.gifts)))
    return together(said)


def _leaves(known: Known) -> Said:
    day = day_words(known.ship_on, known.today)
    if known.ship_on < known.today:
        return say("The parcel should have left on {day}.", day=day)
    is_near = known.ship_on <= known.today + timedelta(days=1)
    return say("The parcel leaves {day}.", day=day) if is_near else say("The parcel leaves on {day}.", day=day)


def _not_to_mention(known: Known, hushed: frozenset[Hush], tastes: Iterable[Taste]) -> tuple[str, ...]:
    kept = hushed | {Hush.TROUBLE} if known.has_trouble else hushed
    warnings = [sentence for kind, sentence in NOT_TO_MENTION.items() if kind in kept]
    dislikes = [taste.value for taste in tastes if taste.kind == "dislike" and hush(taste.value, known.look) is None]
    disliked = [say("Not to their taste: {what}.", what=in_a_row(dislikes[:_MOST_DISLIKES]))] if dislikes else []
    gift = [say("What the little extra cost.")] if known.gifts else []
    return (*warnings, *disliked, *gift)


def _better_next_time(known: Known, hushed: frozenset[Hush], tastes: Sequence[Taste]) -> Said:
    item = first_item(known)
    if hushed:
        thanks = say("Thank them for their order, and leave it at that.")
        if item:
            thanks = say("Thank them for choosing the {item}, and leave it at that.", item=item)
        return together([say("Nothing to cite this time."), thanks])
    nothing = say("Nothing personal is known yet.")
    if known.told - {"since", "count"}:
        nothing = say("What we know was on their last card.")
    question = _question(known, tastes)
    thanks = say("Thank them for their order, and ask next time: “{question}”", question=question)
    if item:
        thanks = say(
            "Thank them for choosing the {item}, and ask next time: “{question}”", item=item, question=question
        )
    return together([nothing, thanks])


def _question(known: Known, tastes: Sequence[Taste]) -> str:
    """What would help most: how a gift pleased, then what they like, then a day to think of."""
    what_for = say("What is it for?")
    if known.earlier_orders == 0 and not known.is_business:
        return what_for
    if not any(taste.kind in {"like", "interest"} for taste in tastes):
        return QUESTIONS["taste"]
    return what_for if known.is_business else QUESTIONS["day"]
