"""The delivery board: what leaves and by when, how far each parcel is, and which one a typed or scanned number means.

Everybody sees the same here, and no more than the door needs: no prices, no history, no words of anybody's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from sqlmodel import Session

from deskapp.desk import cards, delivery_events, delivery_rows, ticks
from deskapp.desk.delivery_rows import DeliveryRow, Shop, log
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.order_numbers import bare, scanned
from deskapp.rules.people import Actor
from deskapp.rules.words import listed, say
from deskapp.store import deliveries as store
from deskapp.store import delivery_board
from deskapp.store.deliveries import Sent
from deskapp.store.delivery_board import Which, Window

_PAST_DAYS = 30
_COMING_DAYS = 14
_ROWS = 100
_MOST_ALIKE = 4
_GOES_ALONG = frozenset({Tick.WRITTEN, Tick.HANDED, Tick.DELIVERED})  # of a card, signed or not


@dataclass(frozen=True, slots=True)
class Ask:
    """What of the board: `page` counts from 1."""

    which: Which = Which.ALL
    page: int = 1

    @property
    def query(self) -> str:
        """As the end of an address; "" for the first page of all."""
        parts = [f"day={self.which}"] if self.which is not Which.ALL else []
        parts += [f"page={self.page}"] if self.page > 1 else []
        return "?" + "&".join(parts) if parts else ""


_ALL = Ask()


class Kind(StrEnum):
    LATE = "late"
    TOO_LATE = "too-late"
    LEAVES = "leaves"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; `on` is the day they leave or left, None where they differ."""

    kind: Kind
    on: date | None
    rows: list[DeliveryRow]


@dataclass(frozen=True, slots=True)
class DeliveriesPanel:
    """One page. `left_to_do` counts what waits of each kind; `to_write`, `to_pack`, `to_hand` that of the kind shown."""

    ask: Ask
    groups: list[Group]
    left_to_do: dict[Which, int]
    to_write: int
    to_pack: int
    to_hand: int
    pages: int

    def page(self, number: int) -> str:
        return Ask(self.ask.which, number).query


def ask_for(which: str, page: int) -> Ask:
    """What nobody knows shows all."""
    return Ask(Which(which) if which in set(Which) else Which.ALL, page)


def board(session: Session, ask: Ask = _ALL, *, today: date) -> DeliveriesPanel:
    """Parcels of the last 30 days that are still to do, of today and of the next 14 days. Five queries for any number."""
    window = Window(today - timedelta(days=_PAST_DAYS), today, today + timedelta(days=_COMING_DAYS))
    counts = delivery_board.count(session, window, ask.which)
    pages = max(1, -(-counts.shown // _ROWS))
    ask = Ask(ask.which, min(max(1, ask.page), pages))
    sent = delivery_board.list_board(session, window, ask.which, limit=_ROWS, offset=(ask.page - 1) * _ROWS)
    return DeliveriesPanel(
        ask=ask,
        groups=list(_groups(sent, delivery_rows.rows(session, sent, today), ask.which, today)),
        left_to_do=counts.left_to_do,
        to_write=counts.to_write,
        to_pack=counts.to_pack,
        to_hand=counts.to_hand,
        pages=pages,
    )


def _groups(sent: Sequence[Sent], rows: Sequence[DeliveryRow], which: Which, today: date) -> Iterator[Group]:
    def heading(pair: tuple[Sent, DeliveryRow]) -> tuple[Kind, date | None]:
        delivery = pair[0].delivery
        if which is Which.AWAY:
            return Kind.LEFT, delivery.ship_on
        if delivery_board.is_late(delivery, today):
            return Kind.LATE, delivery.ship_on
        if delivery_board.will_be_too_late(delivery, today):
            return Kind.TOO_LATE, None
        return Kind.LEAVES, delivery.ship_on

    for (kind, on), group in groupby(zip(sent, rows, strict=True), key=heading):
        yield Group(kind, on, [row for _, row in group])


def find(session: Session, order: str) -> int:
    """The delivery of a typed or scanned order number, whatever a scanner or a hurried hand made of it."""
    if not (typed := scanned(order)):
        raise Invalid({"order": say("Type or scan an order number.")})
    for number in dict.fromkeys((order.strip(), typed)):
        if (found := store.find_id(session, number)) is not None:
            return found
    alike = store.list_alike(session, typed, _MOST_ALIKE) if bare(typed) else []
    of_this_case = [one for one in alike if one[1].lower() == typed.lower()] or alike
    if not of_this_case:
        raise NotFound(say("No delivery has the order number {number}. Check the number on the parcel.", number=typed))
    if len(of_this_case) > 1:
        raise Conflict(
            say(
                "More than one order looks like {typed}: {numbers}. Type it just as it stands on the parcel.",
                typed=typed,
                numbers=listed([number for _, number in of_this_case]),
            )
        )
    return of_this_case[0][0]


def tick(session: Session, actor: Actor, delivery_id: int, tick: Tick, *, shop: Shop, now: datetime) -> None:
    """Raises Conflict where a tick cannot be taken back, see `ticks`. About 25 queries where a card is used up by it, else ten."""
    sent = store.get_sent_to_change(session, delivery_id)
    if ticks.put(session, actor, sent.delivery, tick, now=now):
        log(session, actor, f"delivery.{tick}", sent, now)
        delivery_events.keep_tick(session, actor, delivery_id, tick, now=now)
        if tick in _GOES_ALONG:
            cards.use_up(session, sent, shop=shop, now=now)
        else:
            cards.give_back(session, sent.delivery)
