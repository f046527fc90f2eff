"""Which parcels stand on the board, in which order, and how many there are of each. Nothing here grows with the rows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, case, func, or_
from sqlmodel import Session, col, select

from deskapp.rules.fates import CLOSED
from deskapp.store.deliveries import Sent, sent_rows
from deskapp.store.memory_tables import Preference, PreferenceKind
from deskapp.store.tables import Delivery, Order

_A_DAY = timedelta(days=1)
_EASTERNMOST = timedelta(hours=14)  # ahead of UTC: nowhere does a day begin earlier
_LATE, _TOO_LATE, _IN_TIME = range(3)


class Which(StrEnum):
    """What somebody wants to see; AWAY left before today and is not there yet, as far as anybody said."""

    ALL = "all"
    LATE = "late"
    TODAY = "today"
    TOMORROW = "tomorrow"
    AWAY = "on-the-way"


@dataclass(frozen=True, slots=True)
class Window:
    """Parcels that leave between `since` and `until`, both included, seen on the day `today`."""

    since: date
    today: date
    until: date


@dataclass(frozen=True, slots=True)
class Counts:
    """`left_to_do`: how many of each kind still wait; the others are of the kind that was asked for."""

    left_to_do: dict[Which, int]
    shown: int
    to_write: int
    to_pack: int
    to_hand: int


def list_board(session: Session, window: Window, which: Which, *, limit: int, offset: int = 0) -> list[Sent]:
    """Late to leave, then too late for the day they are needed, then by day and need. One query.

    What was ticked today stays in its place, or the next row would slip under the finger that ticked, with nothing to undo.
    """
    needed = case((col(Delivery.need_by_on).is_(None), 1), else_=0), col(Delivery.need_by_on)
    order = _urgency(window.today), col(Delivery.ship_on), *needed, col(Delivery.id)
    query = sent_rows().where(_in_sight(window), _is(which, window.today))
    return [Sent(*row) for row in session.exec(query.order_by(*order).limit(limit).offset(offset)).all()]


def count(session: Session, window: Window, which: Which) -> Counts:
    """One query over all that is in sight."""
    chosen, waits = _is(which, window.today), _waits()
    left_to_do = [
        _sum(_is(one, window.today) if one is Which.AWAY else and_(_is(one, window.today), waits)) for one in Which
    ]
    to_write = and_(waits, col(Delivery.written_at).is_(None), ~_wants_no_card())
    to_pack = and_(waits, col(Delivery.packed_at).is_(None))
    to_hand = and_(waits, col(Delivery.packed_at).is_not(None), col(Delivery.returned_at).is_(None))
    work = [_sum(and_(chosen, one)) for one in (to_write, to_pack, to_hand)]
    query = select(*left_to_do, _sum(chosen), *work).select_from(Delivery)  # type: ignore[call-overload]
    query = query.join(Order, col(Order.id) == Delivery.order_id).where(_in_sight(window))
    *each, shown, written, packed, handed = (int(number or 0) for number in session.exec(query).one())
    return Counts(dict(zip(Which, each, strict=True)), shown, written, packed, handed)


def is_late(delivery: Delivery, today: date) -> bool:
    """Of a parcel on the board: its day has passed, whatever was ticked today."""
    return delivery.ship_on < today


def will_be_too_late(delivery: Delivery, today: date) -> bool:
    """As `_urgency` sorts, which cannot be asked here."""
    expected_on = delivery.estimated_on or max(delivery.ship_on, today)
    return delivery.need_by_on is not None and delivery.need_by_on < expected_on


# --- conditions -----------------------------------------------------------------------------------------------------


def _in_sight(window: Window) -> Any:
    return and_(col(Delivery.ship_on).between(window.since, window.until), func.lower(Order.status).not_in(CLOSED))


def _is(which: Which, today: date) -> Any:
    due = _is_due(today)
    match which:
        case Which.ALL:
            return due
        case Which.LATE:
            return and_(due, _urgency(today) < _IN_TIME)
        case Which.TODAY:
            return and_(due, col(Delivery.ship_on) == today)
        case Which.TOMORROW:
            return and_(due, col(Delivery.ship_on) == today + _A_DAY)
        case Which.AWAY:
            return and_(
                ~_not_before(today, Delivery.handed_at),
                col(Delivery.ship_on) < today,
                col(Delivery.delivered_at).is_(None),
                col(Delivery.returned_at).is_(None),
            )


def _is_due(today: date) -> Any:
    """Not what left, arrived or came back before today; what left early stays until its day has passed."""
    return and_(
        or_(_not_before(today, Delivery.handed_at), col(Delivery.ship_on) >= today),
        _not_before(today, Delivery.delivered_at),
        _not_before(today, Delivery.returned_at),
    )


def _not_before(today: date, at: Any) -> Any:
    """Before the day began anywhere, so that nothing slips while it is today somewhere."""
    return or_(col(at).is_(None), col(at) >= datetime.combine(today, time(), UTC) - _EASTERNMOST)


def _waits() -> Any:
    """Nobody has taken it out of the house; what came back is there again."""
    gone = or_(col(Delivery.handed_at).is_not(None), col(Delivery.delivered_at).is_not(None))
    return or_(~gone, col(Delivery.returned_at).is_not(None))


def _urgency(today: date) -> Any:
    expected_on = func.coalesce(Delivery.estimated_on, Delivery.ship_on)
    return case(
        (col(Delivery.ship_on) < today, _LATE), (col(Delivery.need_by_on) < expected_on, _TOO_LATE), else_=_IN_TIME
    )


def _wants_no_card() -> Any:
    return (
        select(Preference.id)
        .where(
            Preference.customer_id == Order.customer_id,
            Preference.kind == PreferenceKind.NO_CARDS,
            col(Preference.withdrawn_at).is_(None),
        )
        .exists()
    )


def _sum(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
