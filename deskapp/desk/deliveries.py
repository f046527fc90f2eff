"""The delivery board, the card, and the print sheet: what goes along, by when, and what somebody writes by hand.

Everybody sees the same here, and no more than the door needs: no prices, no history, no notes but what a card may cite.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated
from zoneinfo import ZoneInfo

import regex
from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency, ticks
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import no_nul, plain_breaks
from deskapp.desk.ticks import Tick
from deskapp.rules import prompts
from deskapp.rules.card_facts import Heard, KeptPromise, Known, Taste
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.prompts import A6, Prompt
from deskapp.store import deliveries as store
from deskapp.store.deliveries import Sent
from deskapp.store.tables import Delivery

_PAST_DAYS = 30
_COMING_DAYS = 14
_ROWS = 500
_ON_THE_WAY = 200
_MOST_PRINTED = 200
_HEARD_DAYS = 730
_INITIALS = 3

CardText = Annotated[str, StringConstraints(min_length=1, max_length=2_000), AfterValidator(no_nul), plain_breaks]


@dataclass(frozen=True, slots=True)
class Shop:
    """How the shop signs, and the zone whose days it lives by."""

    name: str
    zone: ZoneInfo

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()


class NewCard(Guarded):
    """`seen` is the mark of the text the writer had before them."""

    text: CardText
    seen: Annotated[str, StringConstraints(max_length=64)] = ""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """`expected_on` is the estimate, or without one the first day it can be there."""

    id: int
    order: str
    customer_id: int
    customer_name: str
    initials: str
    gifts: list[str]
    ship_on: date
    is_late: bool
    need_by_on: date | None
    expected_on: date
    is_too_late: bool
    wants_card: bool
    written_at: datetime | None
    written_by: str
    packed_at: datetime | None
    packed_by: str
    delivered_at: datetime | None
    delivered_by: str
    returned_at: datetime | None
    returned_by: str

    @property
    def is_there(self) -> bool:
        return self.delivered_at is not None and self.returned_at is None


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
class DeliveryPanel:
    """One card. `prompt` is None where no card is wished; `seen` marks the text shown, see `write`."""

    row: DeliveryRow
    prompt: Prompt | None
    text: str
    length_words: str
    seen: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed, in the order it leaves."""

    shop_name: str
    cards: list[DeliveryPanel]


# --- looking ---------------------------------------------------------------------------------------------------------


def board(session: Session, *, today: date) -> DeliveriesPanel:
    """The last 30 days' leftovers, today and the next 14 days. Five queries for any number of deliveries."""
    since, until = today - timedelta(days=_PAST_DAYS), today + timedelta(days=_COMING_DAYS)
    found = store.list_board(session, since=since, today=today, until=until, limit=_ROWS + 1)
    left = store.list_on_the_way(session, since=since, today=today, limit=_ON_THE_WAY)
    rows = _rows(session, [*left, *found[:_ROWS]], today)
    on_the_way, leaving = rows[: len(left)], rows[len(left) :]
    days = [
        Day(on, on < today, [row for _, row in group])
        for on, group in groupby(zip(found, leaving, strict=False), key=lambda pair: pair[0].delivery.ship_on)
    ]
    here = [row for row in leaving if not row.is_there]
    to_write = sum(row.wants_card and not row.written_at for row in here)
    to_pack = sum(not row.packed_at for row in here)
    return DeliveriesPanel(days, on_the_way, to_write, to_pack, len(found) > _ROWS)


def panel(session: Session, delivery_id: int, *, shop: Shop, now: datetime) -> DeliveryPanel:
    """Nine queries, as many as for a whole sheet."""
    return _panels(session, [store.get_sent(session, delivery_id)], shop, now)[0]


def sheet(session: Session, delivery_ids: Sequence[int], *, shop: Shop, now: datetime) -> Sheet:
    """Cards to print; a card that is not written yet prints its prompt. Unknown ids are left out."""
    if len(delivery_ids) > _MOST_PRINTED:
        raise Invalid({"": f"That is too much for one print: at most {_MOST_PRINTED} cards at a time."})
    if not (sent := store.list_sent(session, delivery_ids)):
        raise NotFound("There is nothing to print. Tick the deliveries you want, or choose another day.")
    return Sheet(shop.name, _panels(session, sent, shop, now))


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


def card_length(text: str) -> int:
    """In grapheme clusters, as a reader counts: a flag or an accented letter is one."""
    return len(regex.findall(r"\X", text))


# --- doing -----------------------------------------------------------------------------------------------------------


def write(session: Session, actor: Actor, delivery_id: int, form: NewCard, *, now: datetime) -> None:
    """Raises Conflict if somebody else wrote this card meanwhile; both texts are then on the screen."""
    sent = store.get_sent_to_change(session, delivery_id)
    delivery = sent.delivery
    if idempotency.claim(session, actor, "card", form.form_key, [delivery_id, form.model_dump()], now=now) is not None:
        return
    if sent.customer.erased_at is not None:
        raise Invalid({"": "This person was erased, so nothing is written to them. Leave the parcel without a card."})
    if store.who_want_no_card(session, [sent.customer.id]):
        raise Invalid({"": f"{sent.customer.name} wishes no card."})
    if form.seen != _mark(delivery.card_text):
        raise Conflict("Somebody wrote this card while you were writing. Their words are shown; yours are kept below.")
    _guard(session, actor, form, now)
    delivery.card_text, delivery.card_by, delivery.written_at = form.text, actor.staff_id, now
    _log(session, actor, f"delivery.{Tick.WRITTEN}", sent, now)


def tick(session: Session, actor: Actor, delivery_id: int, tick: Tick, *, now: datetime) -> None:
    """Raises Conflict where a tick cannot be taken back, see `ticks`."""
    sent = store.get_sent_to_change(session, delivery_id)
    if ticks.put(session, actor, sent.delivery, tick, now=now):
        _log(session, actor, f"delivery.{tick}", sent, now)


def _log(session: Session, actor: Actor, action: str, sent: Sent, now: datetime) -> None:
    audit.write(session, actor, action, f"customer:{sent.customer.id}", now=now, delivery=sent.delivery.id)


def _guard(session: Session, actor: Actor, form: NewCard, now: datetime) -> None:
    guarding.ensure(session, actor, form.text, where="card", form=form, now=now)
    if not (form.is_confirmed or form.guard_reason) and prompts.shows_money(form.text):
        sentence = "A card carries no prices and no offers. Take them out, or tick “Keep it as it is”."
        raise Invalid({"text": sentence, "is_confirmed": "Is this meant so?"})


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# --- making the views ------------------------------------------------------------------------------------------------


def _rows(session: Session, sent: Sequence[Sent], today: date) -> list[DeliveryRow]:
    names = store.staff_names(session)
    gifts = store.gifts_of(session, [one.order.id for one in sent])
    no_card = store.who_want_no_card(session, [one.customer.id for one in sent])
    return [
        _row(one, names, gifts.get(one.order.id, []), today, wants_card=one.customer.id not in no_card) for one in sent
    ]


def _row(sent: Sent, names: dict[int, str], gifts: list[str], today: date, *, wants_card: bool) -> DeliveryRow:
    delivery, expected_on = sent.delivery, _expected(sent.delivery, today)
    return DeliveryRow(
        id=delivery.id,
        order=sent.order.external_id,
        customer_id=sent.customer.id,
        customer_name=sent.customer.name,
        initials=_initials(sent.customer.name),
        gifts=gifts,
        ship_on=delivery.ship_on,
        is_late=delivery.ship_on < today and delivery.packed_at is delivery.delivered_at is None,
        need_by_on=delivery.need_by_on,
        expected_on=expected_on,
        is_too_late=delivery.delivered_at is None and prompts.is_too_late(delivery.need_by_on, expected_on),
        wants_card=wants_card,
        written_at=delivery.written_at,
        written_by=names.get(delivery.card_by or 0, ""),
        packed_at=delivery.packed_at,
        packed_by=names.get(delivery.packed_by or 0, ""),
        delivered_at=delivery.delivered_at,
        delivered_by=names.get(delivery.delivered_by or 0, ""),
        returned_at=delivery.returned_at,
        returned_by=names.get(delivery.returned_by or 0, ""),
    )


def _expected(delivery: Delivery, today: date) -> date:
    """The estimate; without one not before it leaves, and it cannot leave in the past."""
    leaves_on = delivery.ship_on if delivery.packed_at else max(delivery.ship_on, today)
    return delivery.estimated_on or leaves_on


def _panels(session: Session, sent: Sequence[Sent], shop: Shop, now: datetime) -> list[DeliveryPanel]:
    rows = _rows(session, sent, shop.day(now))
    known = _known(session, sent, rows, shop, now)
    return [
        DeliveryPanel(
            row=row,
            prompt=prompts.prompt(known[row.id]) if row.wants_card else None,
            text=one.delivery.card_text,
            length_words=_length_words(card_length(one.delivery.card_text)),
            seen=_mark(one.delivery.card_text),
        )
        for one, row in zip(sent, rows, strict=True)
    ]


def _length_words(length: int) -> str:
    if length > A6[-1]:
        return f"{length} characters: more than an A6 card takes by hand ({A6[0]} to {A6[-1]})."
    if length in A6:
        return f"{length} characters: fills an A6 card well."
    return f"{length} characters: there is room, an A6 card takes {A6[0]} to {A6[-1]}."


def _initials(name: str) -> str:
    letters = (regex.match(r"\X", word) for word in regex.findall(r"[\p{L}\p{M}\p{N}]+", name))
    return "".join(letter[0].upper() for letter in letters if letter)[:_INITIALS]


def _known(
    session: Session, sent: Sequence[Sent], rows: Sequence[DeliveryRow], shop: Shop, now: datetime
) -> dict[int, Known]:
    """Delivery id -> what its prompt may look at. Five queries."""
    orders, customers = [one.order.id for one in sent], [one.customer.id for one in sent]
    since = now - timedelta(days=_HEARD_DAYS)
    items = store.items_of(session, orders)
    earlier = store.earlier_orders(session, orders)
    stated = store.stated_by(session, customers)
    observed = store.observed_of(session, customers, since)
    kept = store.kept_promises_of(session, customers, since)

    def known(one: Sent, row: DeliveryRow) -> Known:
        before, first_at = earlier.get(one.order.id, (0, None))
        return Known(
            customer=row.customer_name,
            shop=shop.name,
            today=shop.day(now),
            ship_on=row.ship_on,
            placed_on=shop.day(one.order.placed_at),
            items=tuple(items.get(one.order.id, ())),
            gifts=tuple(row.gifts),
            earlier_orders=before,
            since=one.customer.joined_on or (shop.day(first_at) if first_at else None),
            language=one.customer.language or "",
            need_by_on=row.need_by_on,
            estimated_on=row.expected_on,
            notes=tuple(
                Heard(
                    note.text,
                    channel,
                    author,
                    shop.day(note.written_at),
                    channel_words=words,
                    mentionable=note.mentionable,
                )
                for note, channel, words, author in observed.get(one.customer.id, ())
            ),
            tastes=tuple(
                Taste(said.kind, said.value, heard_by, shop.day(said.heard_at))
                for said, heard_by in stated.get(one.customer.id, ())
            ),
            promises=tuple(
                KeptPromise(promise.text, owner, shop.day(promise.kept_at))
                for promise, owner in kept.get(one.customer.id, ())
                if promise.kept_at
            ),
            look=guarding.look,
        )

    return {row.id: known(one, row) for one, row in zip(sent, rows, strict=True)}
