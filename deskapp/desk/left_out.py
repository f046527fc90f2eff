"""Why an item is not among those that are shown, in words; one sentence for each rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deskapp.desk.ceilings import worth_of
from deskapp.desk.suggestions import Suggestion, Taste, Wanted, text_of
from deskapp.desk.wording import GIVEN_BY, day_words, money
from deskapp.rules.reranking import Drop
from deskapp.rules.steering import FACTORS, Steer, Steered
from deskapp.rules.stops import Stop, StopKind, first_stop


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
    return f"boosted until {day_words(counts.ends_on, case.wanted.today)}"


def why_words(case: Case, one: Suggestion, why: Drop) -> str:
    told = _TOLD[why]
    return told if isinstance(told, str) else told(case, one)


def _stopped(case: Case, one: Suggestion) -> str:
    text = text_of(one.item)
    stop = first_stop(
        (s for s in case.taste.stops if s.kind is not StopKind.NO_GIFTS), one.item.id, text, one.item.category
    )
    if stop is None:
        return "A wish of theirs is against it."
    if stop.item_id is not None:
        return "Not for them, as somebody noted."
    wish = "Allergy" if stop.kind is StopKind.ALLERGY else "Dislike"
    return f"{wish}: {stop.words}. {_hit(stop, text, one.item.category)}"


def _hit(stop: Stop, text: str, category: str) -> str:
    """The category or the word that was found; no word where it takes more than one."""
    if stop.is_of(category):
        return f"All of the category “{category}” is meant."
    if stop.stops(0, "", ""):
        return "Nobody can say what that does not mean."
    word = next((word.strip(",;.()") for word in text.split() if stop.stops(0, word, "")), "")
    return f"Found in “{word}”." if word else "Found in its name or category."


def _hidden(case: Case, one: Suggestion) -> str:
    by = max((s for s in case.steered[one.item.id] if s.steer is Steer.HIDE), key=lambda s: s.ends_on)
    return f"Hidden by {by.by} until {day_words(by.ends_on, case.wanted.today)}: {by.reason}"


def _too_dear(case: Case, one: Suggestion) -> str:
    takes = money(worth_of(one.item, case.wanted.basis).value_minor, one.item.currency)
    return f"Too dear: it takes {takes}, and at most {money(case.wanted.most_minor or 0, one.item.currency)} may be given now."


def _not_yet(case: Case, one: Suggestion) -> str:
    first = one.item.available_from
    return f"To be had from {day_words(first, case.wanted.today)} on." if first else ""


def _no_longer(case: Case, one: Suggestion) -> str:
    last = one.item.available_until
    return f"Was to be had until {day_words(last, case.wanted.today)}." if last else ""


def _elsewhere(case: Case, one: Suggestion) -> str:
    return f"Not to be had in {case.taste.store}, only in {one.item.regions.replace('; ', ' and ')}."


def _other_currency(case: Case, one: Suggestion) -> str:
    return f"Priced in {one.item.currency}; the limit is in {case.wanted.currency}."


def _used_up(_case: Case, one: Suggestion) -> str:
    many = one.item.capacity_per_day
    return f"Can be given {many} times a day, and that is used up for today." if many else "Not to be given for now."


def _not_yours(_case: Case, one: Suggestion) -> str:
    least = one.item.least_role
    return f"For {GIVEN_BY[least]} to give." if least else ""


def _alike(case: Case, one: Suggestion) -> str:
    better = next((s for s in case.shown if one.item.category and s.item.category == one.item.category), None)
    return (
        f"Of the same category as {better.item.name}, which comes before it."
        if better
        else "Called as a better one is."
    )


def _given(case: Case, one: Suggestion) -> str:
    return "Given before." if one.item.id in case.taste.given else "Shown as a gift already."


_TOLD: dict[Drop, str | Callable[[Case, Suggestion], str]] = {
    Drop.ALLERGY: _stopped,
    Drop.DISLIKE: _stopped,
    Drop.NO_GIFTS: "They asked for no gifts.",
    Drop.IN_BASKET: "In the basket already.",
    Drop.ALIKE_IN_BASKET: "Called as something in the basket is.",
    Drop.GIVEN_BEFORE: _given,
    Drop.OWNED: "Bought before.",
    Drop.HIDDEN: _hidden,
    Drop.GIFT_CARD: "A gift card is never suggested.",
    Drop.NOT_GIFTABLE: "Not something the shop gives away.",
    Drop.NOT_YET: _not_yet,
    Drop.NO_LONGER: _no_longer,
    Drop.ELSEWHERE: _elsewhere,
    Drop.OUT_OF_STOCK: "Out of stock.",
    Drop.USED_UP: _used_up,
    Drop.NOT_YOURS: _not_yours,
    Drop.OTHER_CURRENCY: _other_currency,
    Drop.TOO_DEAR: _too_dear,
    Drop.ALIKE: _alike,
    Drop.ENOUGH: "Others come before it.",
}
