"""What was written to somebody before, and what they said to it: never the same twice in a row."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.rules.card_facts import mark
from deskapp.rules.notes import sentences
from deskapp.rules.words import say
from deskapp.store import card_history as rows
from deskapp.store import staff
from deskapp.store.card_history import Told
from deskapp.store.tables import Delivery

_MOST = 200
_GONE = say("something that is no longer known")
_BY_ITSELF = {
    "count": say("how often they have ordered"),
    "first": say("that it was their first order"),
    "occasion": say("a day of theirs that was near"),
    "order": say("what they had ordered"),
    "since": say("how long they have been with us"),
}


@dataclass(frozen=True, slots=True)
class PastCard:
    """`signed_as`, `by` are "" for a card from before cards were signed; `told` is in words; `answer`, `answer_words`: "" for none."""

    delivery_id: int
    order: str
    text: str
    signed_as: str
    by: str
    at: datetime | None
    told: list[str]
    answer: str
    answer_words: str


@dataclass(frozen=True, slots=True)
class CardsPanel:
    rows: list[PastCard]
    has_more: bool


def panel(session: Session, customer_id: int) -> CardsPanel:
    """At most eight queries."""
    found = list_history(session, customer_id, _MOST + 1)
    return CardsPanel(found[:_MOST], len(found) > _MOST)


def list_history(session: Session, customer_id: int, limit: int, *, but: int = 0) -> list[PastCard]:
    """Newest first; `but`: the delivery whose card is being written. At most seven queries, one if there is none."""
    cards = rows.list_cards(session, customer_id, limit, but)
    if not cards:
        return []
    ids = [delivery.id for delivery, _ in cards]
    names, keys, answers = staff.names(session), rows.facts_of(session, ids), rows.answers_of(session, ids)
    stands = _what_stands(session, {key for told in keys.values() for key in told})

    def past(delivery: Delivery, order: str) -> PastCard:
        ask, words = answers.get(delivery.id, (None, ""))
        return PastCard(
            delivery_id=delivery.id,
            order=order,
            text=delivery.card_text,
            signed_as=delivery.signed_as,
            by=names.get(delivery.signed_by or delivery.card_by or 0, ""),
            at=delivery.signed_at or delivery.written_at or delivery.packed_at or delivery.delivered_at,
            told=list(dict.fromkeys(_words(key, stands) for key in keys.get(delivery.id, ()))),
            answer=ask.answer if ask else "",
            answer_words=words,
        )

    return [past(delivery, order) for delivery, order in cards]


def _what_stands(session: Session, keys: Iterable[str]) -> Told:
    ids: dict[str, set[int]] = defaultdict(set)
    for key in keys:
        kind, _, rest = key.partition(":")
        number = rest.partition(":")[0]
        if number.isdigit():
            ids[kind].add(int(number))
    return rows.told(session, notes=ids["note"], tastes=ids["taste"], promises=ids["promise"])


def _words(key: str, stands: Told) -> str:
    """What a fact said, as it is told today; never what was taken back since."""
    kind, number, which = [*key.split(":", 2), "", ""][:3]
    row_id = int(number) if number.isdigit() else 0
    match kind:
        case "note" if row_id in stands.notes:
            said = sentences(stands.notes[row_id].text)
            return next((one.rstrip(" .") for one in said if mark(one) == which), _GONE)
        case "taste" if row_id in stands.tastes:
            return say("that they like {what}", what=stands.tastes[row_id].value)
        case "promise" if row_id in stands.promises:
            return say("that we kept our word: {what}", what=stands.promises[row_id].text)
    return _BY_ITSELF.get(kind, _GONE)
