"""Where a card is written: the card on its paper beside its prompt, and what was written to the same person before."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import card_history, cards
from deskapp.desk.card_history import PastCard
from deskapp.desk.card_paper import Stationery, stationery
from deskapp.desk.cards import CardPanel
from deskapp.desk.delivery_rows import Shop
from deskapp.rules.card_sizes import Hand
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import Said, kept, psay
from deskapp.store import deliveries as store

_HANDS = [
    (Hand.SMALL, psay("hand", "small")),
    (Hand.MEDIUM, psay("hand", "medium")),
    (Hand.LARGE, psay("hand", "large")),
]
_TONES = [("warm", psay("tone", "warm")), ("plain", psay("tone", "plain")), ("formal", psay("tone", "formal"))]
_BEFORE = 3  # cards


@dataclass(frozen=True, slots=True)
class WritingDesk:
    """`length_words` count what is on the card as it is shown; `past` is empty for whom it does not concern.

    `has_left`: nothing can be changed any more; `may_open_again`: a signed card, by this actor.
    """

    card: CardPanel
    stationery: Stationery
    tone: str
    length_words: Said
    past: list[PastCard]
    has_left: bool
    may_open_again: bool

    @property
    def formats(self) -> list[tuple[str, Said]]:
        """To choose from; one that was retired meanwhile stays chosen where it was."""
        known = [(one.code, kept(one.words)) for one in self.stationery.formats]
        chosen = (self.stationery.chosen.code, kept(self.stationery.chosen.words))
        return known if chosen in known else [*known, chosen]

    @property
    def hands(self) -> list[tuple[str, Said]]:
        return [(hand.value, words) for hand, words in _HANDS]

    @property
    def tones(self) -> list[tuple[str, Said]]:
        return _TONES


def panel(
    session: Session, actor: Actor, delivery_id: int, *, typed: str | None = None, shop: Shop, now: datetime
) -> WritingDesk:
    """`typed`: words that are on the screen and not saved. About 17 queries."""
    sent = store.get_sent(session, delivery_id)
    card, delivery = cards.panels(session, [sent], shop, now)[0], sent.delivery
    paper = stationery(session, delivery.card_format, delivery.card_hand)
    return WritingDesk(
        card=card,
        stationery=paper,
        tone=delivery.card_tone or _TONES[0][0],
        length_words=paper.length_words(card.text if typed is None or card.signed else typed),
        past=_before(session, actor, card),
        has_left=cards.has_left(delivery),
        may_open_again=cards.may_open_again(actor, delivery),
    )


def _before(session: Session, actor: Actor, card: CardPanel) -> list[PastCard]:
    if not actor.may(Permission.SEE_CUSTOMERS):
        return []
    return card_history.list_history(session, card.row.customer_id, _BEFORE, but=card.row.id)
