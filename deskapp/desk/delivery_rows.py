"""A parcel as the door sees it: no prices, no history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import regex
from sqlmodel import Session

from deskapp.desk import audit
from deskapp.rules import prompts
from deskapp.rules.people import Actor
from deskapp.store import deliveries as store
from deskapp.store.customers import called
from deskapp.store.deliveries import Sent
from deskapp.store.tables import Delivery

_INITIALS = 3


@dataclass(frozen=True, slots=True)
class Shop:
    """How the shop signs, and the zone whose days it lives by."""

    name: str
    zone: ZoneInfo

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()


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
    signed_at: datetime | None
    signed_by: str
    handed_at: datetime | None
    handed_by: str
    delivered_at: datetime | None
    delivered_by: str
    returned_at: datetime | None
    returned_by: str

    @property
    def lacks_card(self) -> bool:
        """It is packed or gone, and nobody said that its card was written."""
        return self.wants_card and self.written_at is None and self.packed_at is not None and not self.is_there

    @property
    def is_there(self) -> bool:
        return self.delivered_at is not None and self.returned_at is None


def rows(session: Session, sent: Sequence[Sent], today: date) -> list[DeliveryRow]:
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
        customer_name=called(sent.customer),
        initials=_initials(sent.customer.name),
        gifts=gifts,
        ship_on=delivery.ship_on,
        is_late=delivery.ship_on < today and delivery.handed_at is delivery.delivered_at is None,
        need_by_on=delivery.need_by_on,
        expected_on=expected_on,
        is_too_late=delivery.delivered_at is None and prompts.is_too_late(delivery.need_by_on, expected_on),
        wants_card=wants_card,
        written_at=delivery.written_at,
        written_by=names.get(delivery.card_by or 0, ""),
        packed_at=delivery.packed_at,
        packed_by=names.get(delivery.packed_by or 0, ""),
        signed_at=delivery.signed_at,
        signed_by=names.get(delivery.signed_by or 0, ""),
        handed_at=delivery.handed_at,
        handed_by=names.get(delivery.handed_by or 0, ""),
        delivered_at=delivery.delivered_at,
        delivered_by=names.get(delivery.delivered_by or 0, ""),
        returned_at=delivery.returned_at,
        returned_by=names.get(delivery.returned_by or 0, ""),
    )


def _expected(delivery: Delivery, today: date) -> date:
    """The estimate; without one not before it leaves, and what is still here cannot have left."""
    left_on = delivery.handed_at.date() if delivery.handed_at else today
    return delivery.estimated_on or max(delivery.ship_on, left_on)


def _initials(name: str) -> str:
    letters = (regex.match(r"\X", word) for word in regex.findall(r"[\p{L}\p{M}\p{N}]+", name))
    return "".join(letter[0].upper() for letter in letters if letter)[:_INITIALS]


def log(session: Session, actor: Actor, action: str, sent: Sent, now: datetime) -> None:
    audit.write(session, actor, action, f"customer:{sent.customer.id}", now=now, delivery=sent.delivery.id)
