"""What somebody ticks at a parcel: its card, its packing, who brings it, and whether it arrived, which settles the gifts in it.

Whoever hands a parcel over has packed it, so that is one tap and not two. A card that is wished and not there is said on the
board and stops nobody: the carrier does not wait.

What arrives commits its gifts, what comes back releases them. Money that has moved does not move back: where a tick moved some, it
cannot be taken back, and the next one says what happened instead.
"""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from deskapp.desk.settling import refuse_return_by_givers, settle_order
from deskapp.rules.errors import Conflict
from deskapp.rules.fates import Fate
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store.gift_tables import GrantState
from deskapp.store.settling import list_of_order
from deskapp.store.tables import Delivery

_STAYS_SIGNED = say("This card is signed. Take the signature back on the card first.")
_STAYS_PACKED = say("This parcel was handed over already. Take that back first.")
_STAYS_GONE = say("This parcel arrived or came back, so it was handed over. Take that back first.")
_STAYS_HANDED_OVER = say(
    "The gift in this parcel counts as handed over now, and that cannot be taken back. If the parcel came back, tick “Came back”."
)
_STAYS_RELEASED = say(
    "The money for the gift in this parcel was given back, and that cannot be undone. If the parcel arrives after all, tick"
    " “Delivered”; a gift that is to go along again has to be given anew."
)


class Tick(StrEnum):
    """On the card and on the parcel; each can be taken back, but for those two that settled what a gift costs."""

    WRITTEN = "written"
    UNWRITTEN = "unwritten"
    PACKED = "packed"
    UNPACKED = "unpacked"
    HANDED = "handed"
    UNHANDED = "unhanded"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    RETURNED = "returned"
    UNRETURNED = "unreturned"


def put(session: Session, actor: Actor, parcel: Delivery, tick: Tick, *, now: datetime) -> bool:  # noqa: C901 - a case each
    """False if nothing changed: what is ticked stays with the first who did it. A card's text outlives its tick."""
    was = _of(parcel)
    match tick:
        case Tick.WRITTEN:
            _write(actor, parcel, now)
        case Tick.UNWRITTEN:
            _unwrite(parcel)
        case Tick.PACKED:
            _pack(actor, parcel, now)
        case Tick.UNPACKED:
            _unpack(parcel)
        case Tick.HANDED:
            _hand(actor, parcel, now)
        case Tick.UNHANDED:
            _unhand(parcel)
        case Tick.DELIVERED:
            _deliver(session, actor, parcel, now)
        case Tick.UNDELIVERED:
            _undeliver(session, parcel)
        case Tick.RETURNED:
            _come_back(session, actor, parcel, now)
        case Tick.UNRETURNED:
            _forget_return(session, parcel)
    return _of(parcel) != was


def _of(parcel: Delivery) -> tuple[datetime | None, ...]:
    return parcel.written_at, parcel.packed_at, parcel.handed_at, parcel.delivered_at, parcel.returned_at


def _write(actor: Actor, parcel: Delivery, now: datetime) -> None:
    if parcel.written_at is None:
        parcel.written_at, parcel.card_by = now, actor.staff_id


def _unwrite(parcel: Delivery) -> None:
    if parcel.signed_at is not None:
        raise Conflict(_STAYS_SIGNED)
    parcel.written_at, parcel.card_by = None, None


def _pack(actor: Actor, parcel: Delivery, now: datetime) -> None:
    if parcel.packed_at is None:
        parcel.packed_at, parcel.packed_by = now, actor.staff_id


def _unpack(parcel: Delivery) -> None:
    if parcel.handed_at is not None:
        raise Conflict(_STAYS_PACKED)
    parcel.packed_at, parcel.packed_by = None, None


def _hand(actor: Actor, parcel: Delivery, now: datetime) -> None:
    if parcel.handed_at is None:
        _pack(actor, parcel, now)
        parcel.handed_at, parcel.handed_by = now, actor.staff_id


def _unhand(parcel: Delivery) -> None:
    if parcel.handed_at is not None and (parcel.delivered_at or parcel.returned_at) is not None:
        raise Conflict(_STAYS_GONE)
    parcel.handed_at, parcel.handed_by = None, None


def _deliver(session: Session, actor: Actor, parcel: Delivery, now: datetime) -> None:
    """Perhaps at the second try, after it came back; its gifts were released then and stay so.

    Where only a program told of it, perhaps by the wrong time, whoever ticks it too says that the gifts are there.
    """
    is_new = parcel.delivered_at is None or parcel.returned_at is not None
    if is_new:
        parcel.delivered_at, parcel.delivered_by = now, actor.staff_id
        parcel.returned_at, parcel.returned_by = None, None
    if is_new or parcel.delivered_by is None:
        settle_order(session, actor, parcel.order_id, Fate.DELIVERED, now=now)


def _undeliver(session: Session, parcel: Delivery) -> None:
    if parcel.delivered_at is not None and parcel.returned_at is None:
        _refuse_if_settled(session, parcel, GrantState.COMMITTED, _STAYS_HANDED_OVER)
        parcel.delivered_at, parcel.delivered_by = None, None


def _come_back(session: Session, actor: Actor, parcel: Delivery, now: datetime) -> None:
    if parcel.returned_at is None:
        refuse_return_by_givers(session, actor, parcel.order_id, now)
        parcel.returned_at, parcel.returned_by = now, actor.staff_id
        settle_order(session, actor, parcel.order_id, Fate.RETURNED, now=now)


def _forget_return(session: Session, parcel: Delivery) -> None:
    if parcel.returned_at is not None:
        _refuse_if_settled(session, parcel, GrantState.RETURNED, _STAYS_RELEASED)
        parcel.returned_at, parcel.returned_by = None, None


def _refuse_if_settled(session: Session, parcel: Delivery, state: GrantState, sentence: str) -> None:
    if list_of_order(session, parcel.order_id, [state]):
        raise Conflict(sentence)
