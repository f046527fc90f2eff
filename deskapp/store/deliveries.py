"""Deliveries, and of their customers only what a card may be made of. Whole boards at once: no query grows with the rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import case, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from deskapp.rules.errors import NotFound
from deskapp.rules.order_numbers import MARKS
from deskapp.rules.words import say
from deskapp.store.card_tables import CardFormat
from deskapp.store.gift_tables import KEPT, Grant
from deskapp.store.memory_tables import Channel, Interaction, Note, NoteKind, Preference, PreferenceKind, Promise
from deskapp.store.notes import AUTHOR
from deskapp.store.tables import Customer, Delivery, Item, Order, OrderLine, Staff

T = TypeVar("T")

_NOTES_EACH = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery with its order and whom it goes to."""

    delivery: Delivery
    order: Order
    customer: Customer


def list_sent(session: Session, delivery_ids: Sequence[int]) -> list[Sent]:
    """In the order they leave. One query."""
    query = sent_rows().where(col(Delivery.id).in_(delivery_ids)).order_by(col(Delivery.ship_on), col(Delivery.id))
    rows = session.exec(query).all()
    return [Sent(*row) for row in rows]


def get_sent(session: Session, delivery_id: int) -> Sent:
    if not (found := list_sent(session, [delivery_id])):
        raise NotFound(say("There is no such delivery."))
    return found[0]


def get_sent_to_change(session: Session, delivery_id: int) -> Sent:
    """Locked until the transaction ends, so that of two who write one card the second sees the first."""
    query = sent_rows().where(Delivery.id == delivery_id).with_for_update(of=Delivery)
    if (found := session.exec(query).one_or_none()) is None:
        raise NotFound(say("There is no such delivery."))
    return Sent(*found)


def find_id(session: Session, order: str) -> int | None:
    """By the shop's order number, exactly as written."""
    query = select(Delivery.id).join(Order, col(Order.id) == Delivery.order_id)
    return session.exec(query.where(Order.external_id == order)).first()


def list_alike(session: Session, order: str, limit: int) -> list[tuple[int, str]]:
    """Id and number of those that differ in case and marks alone, those in case alone first. Reads the number of every delivery."""
    typed = func.lower(order)
    number = func.lower(Order.external_id)
    query = (
        select(Delivery.id, Order.external_id)
        .join(Order, col(Order.id) == Delivery.order_id)
        .where(_without_marks(number) == _without_marks(typed))
        .order_by(case((number == typed, 0), else_=1), col(Delivery.id))
        .limit(limit)
    )
    return [(delivery_id, number) for delivery_id, number in session.exec(query).all()]


def _without_marks(number: Any) -> Any:
    for mark in MARKS:
        number = func.replace(number, mark, "")
    return number


def sent_rows() -> Select[Delivery, Order, Customer]:
    return (
        select(Delivery, Order, Customer)
        .join(Order, col(Order.id) == Delivery.order_id)
        .join(Customer, col(Customer.id) == Order.customer_id)
    )


def card_formats(session: Session) -> list[CardFormat]:
    """Retired ones too, in the shop's order."""
    return list(session.exec(select(CardFormat).order_by(col(CardFormat.position), col(CardFormat.code))).all())


def staff_names(session: Session) -> dict[int, str]:
    """Staff id -> name, of everybody who ever worked here."""
    return dict(session.exec(select(Staff.id, Staff.name)).all())


# --- by order --------------------------------------------------------------------------------------------------------


def gifts_of(session: Session, order_ids: Sequence[int]) -> dict[int, list[str]]:
    """Order id -> names of the gifts that go along. One query."""
    query = (
        select(Grant.order_id, Item.name)
        .join(Item, col(Item.id) == Grant.item_id)
        .where(col(Grant.order_id).in_(order_ids), col(Grant.state).in_(KEPT))
        .order_by(col(Grant.id))
    )
    return _grouped(session.exec(query).all())


def contents_of(session: Session, order_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Order id -> what is in the parcel and how many, in the order it was bought; what was sent back is not in it. One query."""
    many = func.sum(OrderLine.quantity)
    query = (
        select(OrderLine.order_id, Item.name, many)
        .join(Item, col(Item.id) == OrderLine.item_id)
        .where(col(OrderLine.order_id).in_(order_ids))
        .group_by(col(OrderLine.order_id), col(Item.id), col(Item.name))
        .having(many > 0)
        .order_by(col(OrderLine.order_id), func.min(OrderLine.line))
    )
    return _grouped((order_id, (name, int(count))) for order_id, name, count in session.exec(query).all())


def items_of(session: Session, order_ids: Sequence[int]) -> dict[int, list[str]]:
    """Order id -> names of what was bought, returns left out. One query."""
    query = (
        select(OrderLine.order_id, Item.name)
        .join(Item, col(Item.id) == OrderLine.item_id)
        .where(col(OrderLine.order_id).in_(order_ids), OrderLine.quantity > 0)
        .order_by(col(OrderLine.order_id), col(OrderLine.line))
    )
    return _grouped(session.exec(query).all())


def earlier_orders(session: Session, order_ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    """Order id -> how many the same customer placed before it, and when the first; absent if none. One query."""
    this, before = aliased(Order), aliased(Order)
    query = (
        select(this.id, func.count(), func.min(before.placed_at))
        .join(before, col(before.customer_id) == this.customer_id)
        .where(col(this.id).in_(order_ids), before.placed_at < this.placed_at)
        .group_by(col(this.id))
    )
    return {order_id: (count, first_at) for order_id, count, first_at in session.exec(query).all()}


# --- by customer -----------------------------------------------------------------------------------------------------


def who_want_no_card(session: Session, customer_ids: Sequence[int]) -> set[int]:
    query = select(Preference.customer_id).where(
        col(Preference.customer_id).in_(customer_ids),
        Preference.kind == PreferenceKind.NO_CARDS,
        col(Preference.withdrawn_at).is_(None),
    )
    return set(session.exec(query).all())


def stated_by(session: Session, customer_ids: Sequence[int]) -> dict[int, list[tuple[Preference, str]]]:
    """Customer id -> what they said themselves and stands, with who heard it, newest first. One query."""
    query = (
        select(Preference.customer_id, Preference, Staff.name)
        .join(Staff, col(Staff.id) == Preference.heard_by)
        .where(
            col(Preference.customer_id).in_(customer_ids),
            col(Preference.withdrawn_at).is_(None),
            col(Preference.is_stated).is_(True),
        )
        .order_by(col(Preference.id).desc())
    )
    return _grouped((customer_id, (stated, heard_by)) for customer_id, stated, heard_by in session.exec(query).all())


def observed_of(
    session: Session, customer_ids: Sequence[int], since: datetime
) -> dict[int, list[tuple[Note, str, str, str]]]:
    """Customer id -> 20 observations since then, with their channel, its words and their author, newest first. One query.

    The newest, and before them those with a sentence that somebody chose; never an opinion or what was retracted.
    """
    chosen_first = case((col(Note.mentionable) != "", 0), else_=1)
    newest_first = func.row_number().over(
        partition_by=col(Note.customer_id),
        order_by=(chosen_first, col(Note.written_at).desc(), col(Note.id).desc()),
    )
    ranked = (
        select(col(Note.id).label("id"), newest_first.label("place"))
        .where(
            col(Note.customer_id).in_(customer_ids),
            Note.kind == NoteKind.OBSERVATION,
            col(Note.written_at) >= since,
            col(Note.retracted_at).is_(None),
        )
        .subquery()
    )
    query = (
        select(Note, Interaction.channel, func.coalesce(Channel.words, ""), AUTHOR)
        .join(ranked, ranked.c.id == Note.id)
        .join(Interaction, col(Interaction.id) == Note.interaction_id)
        .outerjoin(Channel, col(Channel.code) == Interaction.channel)
        .join(Staff, col(Staff.id) == Note.author_id)
        .where(ranked.c.place <= _NOTES_EACH)
        .order_by(col(Note.written_at).desc(), col(Note.id).desc())
    )
    found = session.exec(query).all()
    return _grouped((note.customer_id, (note, channel, words, author)) for note, channel, words, author in found)


def kept_promises_of(
    session: Session, customer_ids: Sequence[int], since: datetime
) -> dict[int, list[tuple[Promise, str]]]:
    """Customer id -> promises kept since then, with their owner. One query."""
    query = (
        select(Promise.customer_id, Promise, Staff.name)
        .join(Staff, col(Staff.id) == Promise.owner_id)
        .where(col(Promise.customer_id).in_(customer_ids), col(Promise.kept_at) >= since)
        .order_by(col(Promise.kept_at).desc(), col(Promise.id).desc())
    )
    return _grouped((customer_id, (promise, owner)) for customer_id, promise, owner in session.exec(query).all())


def _grouped(pairs: Iterable[tuple[int | None, T]]) -> dict[int, list[T]]:
    groups: dict[int, list[T]] = defaultdict(list)
    for key, value in pairs:
        if key is not None:
            groups[key].append(value)
    return groups
