"""What is told of a parcel on its way, by whomever: kept for ever, and applied so that the order in which it comes in does not matter.

Of what happened the newest counts. A parcel that came back and was delivered afterwards is there; its gifts came back all the
same, as they do when somebody ticks it, and a gift that is to go along again is given anew. So whatever was told of one parcel
ends in one state and at one sum of money, in whatever order and however often it was told.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from sqlmodel import Session

from deskapp.desk import audit, cards
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.settling import refuse_return_by_givers, settle_order
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.fates import Fate
from deskapp.rules.people import Actor
from deskapp.rules.words import psay, say
from deskapp.store import deliveries as stored
from deskapp.store import delivery_events as store
from deskapp.store.card_tables import DeliveryEvent, Happened, Teller
from deskapp.store.deliveries import Sent
from deskapp.store.tables import Delivery

_GOES_ALONG = frozenset({Happened.LEFT, Happened.DELIVERED})
_ANYWHERE = Shop("", ZoneInfo("UTC"))  # the name is in no key, and what is kept for a year does not hang on an hour
_CLOCKS_DIFFER = timedelta(minutes=2)
_LONGEST = timedelta(days=730)  # that anything is expected to be on its way
_OF_TICKS = {Tick.HANDED: Happened.LEFT, Tick.DELIVERED: Happened.DELIVERED, Tick.RETURNED: Happened.RETURNED}
_WORDS = {
    Happened.LEFT: say("It left the house"),
    Happened.DELIVERED: say("It was delivered"),
    Happened.RETURNED: say("It came back"),
}
_TAKEN_BACK = {
    f"delivery.{Tick.UNHANDED}": say("It did not leave after all: that tick was taken back"),
    f"delivery.{Tick.UNDELIVERED}": say("It was not delivered after all: that tick was taken back"),
    f"delivery.{Tick.UNRETURNED}": say("It did not come back after all: that tick was taken back"),
}
_TICKED_LATE = timedelta(days=1)  # a tap at the end of the day, of what was done in its course
_TELLERS = {
    Teller.FILE: psay("told by", "a file"),
    Teller.API: psay("told by", "a program"),
    Teller.HOST: psay("told by", "the shop system"),
}
_SOMEBODY = psay("told by", "somebody")
_ALTERED = say("This event was told before, and otherwise. Nothing was changed; a correction is an event of its own.")


@dataclass(frozen=True, slots=True)
class NewEvent:
    """`happened_at` aware; `estimated_on` goes with an estimate, and with nothing else.

    `earliest_at`: of what was told by its day alone, which counts as its end; the beginning of it.
    """

    kind: Happened
    happened_at: datetime
    estimated_on: date | None = None
    earliest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of a parcel's timeline. `words`: a sentence without its end, since a day may follow; `by`: a person's name, or what else told it; `was_told_late`: a day or more afterwards."""

    words: str
    happened_at: datetime
    estimated_on: date | None
    by: str
    recorded_at: datetime

    @property
    def was_told_late(self) -> bool:
        return self.recorded_at - self.happened_at >= timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ParcelPanel:
    delivery_id: int
    order: str
    events: list[EventRow]


# --- looking --------------------------------------------------------------------------------------------------------


def panel(session: Session, delivery_id: int) -> ParcelPanel:
    """Four queries. No word of the customer's."""
    sent = stored.get_sent(session, delivery_id)
    return ParcelPanel(delivery_id, sent.order.external_id, timeline(session, delivery_id))


def timeline(session: Session, delivery_id: int) -> list[EventRow]:
    """As it happened, the oldest first, with ticks that were taken back. Three queries."""
    told = [_row(event, name) for event, name in store.list_events(session, delivery_id)]
    undone = [
        EventRow(_TAKEN_BACK[action], at, None, name or _SOMEBODY, at)
        for action, at, name in store.list_taken_back(session, delivery_id, _TAKEN_BACK.keys())
    ]
    return sorted([*told, *undone], key=attrgetter("happened_at"))


def _row(event: DeliveryEvent, name: str | None) -> EventRow:
    told = _TELLERS.get(event.told_by, "")
    by = told or name or _SOMEBODY
    if told and name:
        by = say("{program}, with the token of {name}", program=told, name=name)
    return EventRow(
        words=_WORDS.get(event.kind, say("It is expected")),
        happened_at=event.happened_at,
        estimated_on=event.estimated_on,
        by=by,
        recorded_at=event.recorded_at,
    )


# --- what cannot be -------------------------------------------------------------------------------------------------


def faults(new: NewEvent, placed_at: datetime, now: datetime) -> dict[str, str]:
    """A sentence for each field that cannot be so. A day counts whole: many carriers tell days alone."""
    found: dict[str, str] = {}
    if new.happened_at > now + _CLOCKS_DIFFER:
        found["happened_at"] = say("This lies in the future; tell it when it has happened.")
    elif new.happened_at.date() < placed_at.date():
        found["happened_at"] = say("This lies before the day of the order; look whether it is the right order.")
    if new.kind is not Happened.ESTIMATED and new.estimated_on is not None:
        found["estimated_on"] = say("A day goes with an estimate only; leave it empty here.")
    elif new.kind is Happened.ESTIMATED and new.estimated_on is None:
        found["estimated_on"] = say("An estimate needs the day on which it is expected.")
    elif new.estimated_on is not None and not _is_near(new.estimated_on, placed_at.date()):
        found["estimated_on"] = say("This day is before the order, or years after it; look at the year.")
    return found


def _is_near(on: date, placed_on: date) -> bool:
    return placed_on <= on <= placed_on + _LONGEST


# --- telling --------------------------------------------------------------------------------------------------------


def record_of_order(
    session: Session,
    actor: Actor | None,
    order: str,
    new: NewEvent,
    *,
    teller: Teller,
    source_key: str | None,
    now: datetime,
) -> tuple[Delivery, bool]:
    """As `record`, by the shop's number of the order: the door for programs and for host systems."""
    found = store.parcels_of(session, [order]).get(order)
    if found is None:
        raise NotFound(say("No delivery has this order number. Check it, or import the order with its ship_on first."))
    is_new = record(session, actor, found.delivery_id, new, teller=teller, source_key=source_key, now=now)
    return stored.get_sent(session, found.delivery_id).delivery, is_new


def record(
    session: Session,
    actor: Actor | None,
    delivery_id: int,
    new: NewEvent,
    *,
    teller: Teller,
    source_key: str | None,
    now: datetime,
) -> bool:
    """False: the teller said the very same under this key before, and nothing changes.

    Raises Invalid for what cannot be, Conflict where the same key was told otherwise, NotFound of no delivery, Forbidden
    where somebody who gives says that a gift came back.
    """
    sent = stored.get_sent_to_change(session, delivery_id)
    if _was_told(session, delivery_id, new, teller, source_key):  # before anything that could have changed since
        return False
    if wrong := faults(new, sent.order.placed_at, now):
        raise Invalid(wrong)
    if new.kind is Happened.RETURNED and actor is not None and teller is not Teller.FILE:
        refuse_return_by_givers(session, actor, sent.delivery.order_id, new.happened_at)
    if not _append(
        session, actor, delivery_id, new, teller, source_key, now
    ):  # a rival was first, perhaps of another parcel
        return not _was_told(session, delivery_id, new, teller, source_key)
    _apply(session, actor if teller is Teller.PERSON else None, sent, new, now)
    if new.kind in _GOES_ALONG and (sent.delivery.card_text or sent.delivery.written_at):
        cards.use_up(session, sent, shop=_ANYWHERE, now=now)
    audit.write(
        session,
        actor,
        "delivery.told",
        f"customer:{sent.customer.id}",
        now=now,
        delivery=delivery_id,
        kind=new.kind,
        told_by=teller,
    )
    return True


def keep_tick(session: Session, actor: Actor, delivery_id: int, tick: Tick, *, now: datetime) -> None:
    """Of what somebody ticked by hand, which is applied already and in the audit. What is taken back is no event."""
    if (kind := _OF_TICKS.get(tick)) is not None:
        _append(session, actor, delivery_id, NewEvent(kind, now), Teller.PERSON, None, now)


def is_same(event: DeliveryEvent, delivery_id: int, new: NewEvent) -> bool:
    """What was told by its day alone may have been told before that day was over."""
    said = (event.delivery_id, event.kind, event.estimated_on)
    is_then = (new.earliest_at or new.happened_at) <= event.happened_at <= new.happened_at
    return is_then and said == (delivery_id, new.kind, new.estimated_on)


def _was_told(session: Session, delivery_id: int, new: NewEvent, teller: Teller, source_key: str | None) -> bool:
    if (event := store.find_by_key(session, teller, source_key)) is None:
        return False
    if not is_same(event, delivery_id, new):
        raise Conflict(_ALTERED)
    return True


def _append(
    session: Session,
    actor: Actor | None,
    delivery_id: int,
    new: NewEvent,
    teller: Teller,
    source_key: str | None,
    now: datetime,
) -> bool:
    return store.append(
        session,
        delivery_id=delivery_id,
        kind=new.kind,
        happened_at=new.happened_at,
        estimated_on=new.estimated_on,
        told_by=teller,
        source_key=source_key,
        recorded_by=actor.staff_id if actor else None,
        recorded_at=now,
    )


# --- applying -------------------------------------------------------------------------------------------------------


def _apply(session: Session, ticker: Actor | None, sent: Sent, new: NewEvent, now: datetime) -> None:
    """`ticker`: the person whose tick this is. A program's word has nobody who brought the parcel."""
    parcel, by = sent.delivery, ticker.staff_id if ticker else None
    match new.kind:
        case Happened.ESTIMATED:
            _expect(session, parcel)
        case Happened.LEFT:
            _leave(parcel, new.happened_at, by)
        case Happened.DELIVERED:
            _deliver(parcel, new.happened_at, by)
            settle_order(session, ticker, parcel.order_id, Fate.DELIVERED, happened_at=new.happened_at, now=now)
        case Happened.RETURNED:
            _come_back(session, parcel, new.happened_at, by)
            settle_order(session, ticker, parcel.order_id, Fate.RETURNED, happened_at=new.happened_at, now=now)


def _expect(session: Session, parcel: Delivery) -> None:
    """Whoever was told of a delay has to be told of a longer one, and of the next after one that was made good."""
    before, parcel.estimated_on = parcel.estimated_on, store.find_estimate(session, parcel.id)
    if parcel.estimated_on is None or parcel.need_by_on is None or parcel.estimated_on == before:
        return
    is_later = before is not None and parcel.estimated_on > before
    if is_later or parcel.estimated_on <= parcel.need_by_on:
        parcel.delay_told_at, parcel.delay_told_by = None, None


def _leave(parcel: Delivery, at: datetime, by: int | None) -> None:
    """Packed before, then; when, a person's tick knows better than the first that was heard of it on its way."""
    if parcel.handed_at is None or parcel.handed_at < at:
        parcel.handed_at, parcel.handed_by = at, by
    if parcel.packed_at is None or (parcel.packed_by is None and at < parcel.packed_at):
        parcel.packed_at, parcel.packed_by = at, by


def _deliver(parcel: Delivery, at: datetime, by: int | None) -> None:
    """A return of the same moment stays: whoever tells days alone tells of the try first."""
    if parcel.delivered_at is None or parcel.delivered_at < at:
        parcel.delivered_at, parcel.delivered_by = at, by
    if parcel.returned_at is not None and parcel.returned_at < at:
        parcel.returned_at, parcel.returned_by = None, None


def _come_back(session: Session, parcel: Delivery, at: datetime, by: int | None) -> None:
    is_over = parcel.delivered_at is not None and at < parcel.delivered_at
    if is_over and by is None and _was_ticked_late(session, parcel, at):
        is_over = False
    if not is_over and (parcel.returned_at is None or parcel.returned_at < at):
        parcel.returned_at, parcel.returned_by = at, by


def _was_ticked_late(session: Session, parcel: Delivery, came_back_at: datetime) -> bool:
    """Whether it counts as delivered since by nobody's word but a tick within a day, which may mean the try before."""
    return (
        parcel.delivered_at is not None
        and parcel.delivered_by is not None
        and parcel.delivered_at - came_back_at <= _TICKED_LATE
        and not store.was_brought_after(session, parcel.id, came_back_at)
    )
