"""Why an item is not among those that are shown, in words; one sentence for each rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deskapp.desk.ceilings import worth_of
from deskapp.desk.suggestions import Suggestion, Taste, Wanted, text_of
from deskapp.desk.wording import GIVEN_BY, day_words, money
from deskapp.rules.reranking import Drop
from deskapp.rules.steering import FACTORS, Steer, Steered
from deskapp.rules.stops import Stop, StopKind, first_stop
from deskapp.rules.words import Said, and_list, nsay, say, together


@dataclass(frozen=True, slots=True)
class Case:
    """What the words about one list stand on."""

    taste: Taste
    wanted: Wanted
    steered: dict[int, list[Steered]]
    shown: Sequence[Suggestion]


def boosted_words(case: Case, one: Suggestion) -> str:
    boosts = [s for s in case.steered.get(one.item.id, []) if s.steer in FACTORS]
    if not boosts:
        return ""
    counts = max(boosts, key=lambda one: (FACTORS[one.steer], one.ends_on))
    return say("boosted until {day}", day=day_words(counts.ends_on, case.wanted.today))


def why_words(case: Case, one: Suggestion, why: Drop) -> str:
    told = _TOLD[why]
    return told if isinstance(told, str) else told(case, one)


def _stopped(case: Case, one: Suggestion) -> str:
    text = text_of(one.item)
    stop = first_stop(
        (s for s in case.taste.stops if s.kind is not StopKind.NO_GIFTS), one.item.id, text, one.item.category
    )
    if stop is None:
        return say("A wish of theirs is against it.")
    if stop.item_id is not None:
        return say("Not for them, as somebody noted.")
    is_allergy = stop.kind is StopKind.ALLERGY
    wish = say("Allergy: {what}.", what=stop.words) if is_allergy else say("Dislike: {what}.", what=stop.words)
    return together([wish, _hit(stop, text, one.item.category)])


def _hit(stop: Stop, text: str, category: str) -> Said:
    """The category or the word that was found; no word where it takes more than one."""
    if stop.is_of(category):
        return say("All of the category “{category}” is meant.", category=category)
    if stop.stops(0, "", ""):
        return say("Nobody can say what that does not mean.")
    word = next((word.strip(",;.()") for word in text.split() if stop.stops(0, word, "")), "")
    return say("Found in “{word}”.", word=word) if word else say("Found in its name or category.")


def _hidden(case: Case, one: Suggestion) -> str:
    by = max((s for s in case.steered[one.item.id] if s.steer is Steer.HIDE), key=lambda s: s.ends_on)
    return say(
        "Hidden by {name} until {day}: {reason}",
        name=by.by,
        day=day_words(by.ends_on, case.wanted.today),
        reason=by.reason,
    )


def _too_dear(case: Case, one: Suggestion) -> str:
    takes = money(worth_of(one.item, case.wanted.basis).value_minor, one.item.currency)
    most = money(case.wanted.most_minor or 0, one.item.currency)
    return say("Too dear: it takes {takes}, and at most {most} may be given now.", takes=takes, most=most)


def _not_yet(case: Case, one: Suggestion) -> str:
    first = one.item.available_from
    return say("To be had from {day} on.", day=day_words(first, case.wanted.today)) if first else ""


def _no_longer(case: Case, one: Suggestion) -> str:
    last = one.item.available_until
    return say("Was to be had until {day}.", day=day_words(last, case.wanted.today)) if last else ""


def _elsewhere(case: Case, one: Suggestion) -> str:
    stores = and_list(one.item.regions.split("; "))
    return say("Not to be had in {store}, only in {stores}.", store=case.taste.store, stores=stores)


def _other_currency(case: Case, one: Suggestion) -> str:
    return say("Priced in {currency}; the limit is in {other}.", currency=one.item.currency, other=case.wanted.currency)


def _used_up(_case: Case, one: Suggestion) -> str:
    many = one.item.capacity_per_day
    if not many:
        return say("Not to be given for now.")
    return nsay(
        "Can be given {n} time a day, and that is used up for today.",
        "Can be given {n} times a day, and that is used up for today.",
        many,
    )


def _not_yours(_case: Case, one: Suggestion) -> str:
    least = one.item.least_role
    return say("For {who} to give.", who=GIVEN_BY[least]) if least else ""


def _alike(case: Case, one: Suggestion) -> str:
    better = next((s for s in case.shown if one.item.category and s.item.category == one.item.category), None)
    if better is None:
        return say("Called as a better one is.")
    return say("Of the same category as {item}, which comes before it.", item=better.item.name)


def _given(case: Case, one: Suggestion) -> str:
    return say("Given before.") if one.item.id in case.taste.given else say("Shown as a gift already.")


_TOLD: dict[Drop, str | Callable[[Case, Suggestion], str]] = {
    Drop.ALLERGY: _stopped,
    Drop.DISLIKE: _stopped,
    Drop.NO_GIFTS: say("They asked for no gifts."),
    Drop.IN_BASKET: say("In the basket already."),
    Drop.ALIKE_IN_BASKET: say("Called as something in the basket is."),
    Drop.GIVEN_BEFORE: _given,
    Drop.OWNED: say("Bought before."),
    Drop.HIDDEN: _hidden,
    Drop.GIFT_CARD: say("A gift card is never suggested."),
    Drop.NOT_GIFTABLE: say("Not something the shop gives away."),
    Drop.NOT_YET: _not_yet,
    Drop.NO_LONGER: _no_longer,
    Drop.ELSEWHERE: _elsewhere,
    Drop.OUT_OF_STOCK: say("Out of stock."),
    Drop.USED_UP: _used_up,
    Drop.NOT_YOURS: _not_yours,
    Drop.OTHER_CURRENCY: _other_currency,
    Drop.TOO_DEAR: _too_dear,
    Drop.ALIKE: _alike,
    Drop.ENOUGH: say("Others come before it."),
}
