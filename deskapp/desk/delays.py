"""The alarm of a parcel that comes later than it is needed: it stands on its owner's day until they told the customer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk.delivery_rows import log
from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor, Permission
from deskapp.rules.promises import is_delayed
from deskapp.rules.words import say
from deskapp.store import delays as store
from deskapp.store import deliveries

_PAST_DAYS = 14  # afterwards it is no news to them
_PROMISED_DAYS = 30
_READ = 1_000


@dataclass(frozen=True, slots=True)
class Alarm:
    """`expected_on` None: nobody said when it comes. `is_nobodys`: shown to leads, since no colleague knows the customer."""

    delivery_id: int
    order: str
    customer_id: int
    customer_name: str
    need_by_on: date
    expected_on: date | None
    is_nobodys: bool


def alarms(session: Session, actor: Actor, *, today: date, now: datetime) -> list[Alarm]:
    """Mine, and for leads those that are nobody's. One query."""
    found = store.list_delayed(
        session,
        today=today,
        first=today - timedelta(days=_PAST_DAYS),
        since=now - timedelta(days=_PROMISED_DAYS),
        most=_READ,
    )
    return [
        Alarm(
            delivery_id=one.delivery_id,
            order=one.order,
            customer_id=one.customer_id,
            customer_name=one.customer_name,
            need_by_on=one.need_by_on,
            expected_on=one.estimated_on or (one.ship_on if one.ship_on > one.need_by_on else None),
            is_nobodys=one.owner_id is None,
        )
        for one in found
        if one.owner_id == actor.staff_id or (one.owner_id is None and actor.may(Permission.REVIEW_MEMORY))
    ]


def customer_of(session: Session, delivery_id: int) -> int:
    return deliveries.get_sent(session, delivery_id).customer.id


def tell(session: Session, actor: Actor, delivery_id: int, *, today: date, now: datetime) -> int:
    """The customer's id: they know now. Twice is once. Raises Conflict where there is nothing to tell."""
    sent = deliveries.get_sent_to_change(session, delivery_id)
    parcel = sent.delivery
    if parcel.delay_told_at is None:
        if not is_delayed(
            parcel.need_by_on, parcel.estimated_on, parcel.ship_on, today, is_packed=parcel.packed_at is not None
        ):
            raise Conflict(say("This parcel is expected in time again, so there is nothing to tell them."))
        parcel.delay_told_at, parcel.delay_told_by = now, actor.staff_id
        log(session, actor, "delivery.delay-told", sent, now)
    return sent.customer.id


def untell(session: Session, actor: Actor, delivery_id: int, *, now: datetime) -> int:
    """The customer's id: they do not know after all. Twice is once."""
    sent = deliveries.get_sent_to_change(session, delivery_id)
    if sent.delivery.delay_told_at is not None:
        sent.delivery.delay_told_at, sent.delivery.delay_told_by = None, None
        log(session, actor, "delivery.delay-untold", sent, now)
    return sent.customer.id
