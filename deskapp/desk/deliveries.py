"""The delivery board, the card, and the print sheet: what goes along, by when, and what somebody writes by hand.

Everybody sees the same here, and no more than the door needs: no prices, no history, no notes but what a card may cite.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlmodel import Session

from deskapp.desk import cards, delivery_rows, ticks
from deskapp.desk.cards import CardPanel
from deskapp.desk.delivery_rows import DeliveryRow, Shop, log
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store import deliveries as store

_PAST_DAYS = 30
_COMING_DAYS = 14
_ROWS = 500
_ON_THE_WAY = 200
_MOST_PRINTED = 200


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    is_late: bool
    rows: list[DeliveryRow]


@dataclass(frozen=True, slots=True)
class DeliveriesPanel:
    """Late days first. `to_write` and `to_pack` count what is left to do; `on_the_way` left before today."""

    days: list[Day]
    on_the_way: list[DeliveryRow]
    to_write: int
    to_pack: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed, in the order it leaves."""

    shop_name: str
    cards: list[CardPanel]


# --- looking ---------------------------------------------------------------------------------------------------------


def board(session: Session, *, today: date) -> DeliveriesPanel:
    """The last 30 days' leftovers, today and the next 14 days. Five queries for any number of deliveries."""
    since, until = today - timedelta(days=_PAST_DAYS), today + timedelta(days=_COMING_DAYS)
    found = store.list_board(session, since=since, today=today, until=until, limit=_ROWS + 1)
    left = store.list_on_the_way(session, since=since, today=today, limit=_ON_THE_WAY)
    rows = delivery_rows.rows(session, [*left, *found[:_ROWS]], today)
    on_the_way, leaving = rows[: len(left)], rows[len(left) :]
    days = [
        Day(on, on < today, [row for _, row in group])
        for on, group in groupby(zip(found, leaving, strict=False), key=lambda pair: pair[0].delivery.ship_on)
    ]
    here = [row for row in leaving if not row.is_there]
    to_write = sum(row.wants_card and not row.written_at for row in here)
    to_pack = sum(not row.packed_at for row in here)
    return DeliveriesPanel(days, on_the_way, to_write, to_pack, len(found) > _ROWS)


def sheet(session: Session, delivery_ids: Sequence[int], *, shop: Shop, now: datetime) -> Sheet:
    """Cards to print; a card that is not written yet prints its prompt. Unknown ids are left out."""
    if len(delivery_ids) > _MOST_PRINTED:
        raise Invalid({"": f"That is too much for one print: at most {_MOST_PRINTED} cards at a time."})
    if not (sent := store.list_sent(session, delivery_ids)):
        raise NotFound("There is nothing to print. Tick the deliveries you want, or choose another day.")
    return Sheet(shop.name, cards.panels(session, sent, shop, now))


def sheet_of_day(session: Session, on: date, *, shop: Shop, now: datetime) -> Sheet:
    sent = store.list_board(session, since=on, today=shop.day(now), until=on, limit=_MOST_PRINTED + 1)
    return sheet(session, [one.delivery.id for one in sent], shop=shop, now=now)


def find(session: Session, order: str) -> int:
    """The delivery of a typed or scanned order number."""
    typed = order.strip()
    if not typed:
        raise Invalid({"order": "Type or scan an order number."})
    if (found := store.find_id(session, typed)) is None:
        raise NotFound(f"No delivery has the order number {typed}. Check the number on the parcel.")
    return found


# --- doing -----------------------------------------------------------------------------------------------------------


def tick(session: Session, actor: Actor, delivery_id: int, tick: Tick, *, now: datetime) -> None:
    """Raises Conflict where a tick cannot be taken back, see `ticks`."""
    sent = store.get_sent_to_change(session, delivery_id)
    if ticks.put(session, actor, sent.delivery, tick, now=now):
        log(session, actor, f"delivery.{tick}", sent, now)
