"""What programs tell of parcels: carriers' pages, parcel trackers, the shop's own scripts."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import delivery_events
from deskapp.desk.delivery_events import NewEvent
from deskapp.desk.inputs import Input
from deskapp.rules.people import Actor
from deskapp.store.card_tables import Happened, Teller

_BEGINS_WITH_A_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _in_words(told: object) -> object:
    """A number, even between quotes, would be taken for seconds since 1970, whatever was meant."""
    if isinstance(told, str) and _BEGINS_WITH_A_DATE.match(told):
        return told
    raise ValueError("Please write it as text, as in ISO 8601: 2026-03-14, with a time where one is asked for.")


EventId = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[\x21-\x7e]+$")]
Moment = Annotated[AwareDatetime, BeforeValidator(_in_words)]
Day = Annotated[date, BeforeValidator(_in_words)]


class EventToTell(Input):
    """`event_id`: the teller's own number of it; the same one twice is one event. `happened_at` with its offset, such as Z.

    `estimated_on`: of kind "estimated", and of no other.
    """

    event_id: EventId
    kind: Happened
    happened_at: Moment
    estimated_on: Day | None = None


@dataclass(frozen=True, slots=True)
class EventTold:
    """How the parcel stands now, the newest of all that was told of it counting. `is_new`: false if it was known already."""

    order: str
    is_new: bool
    estimated_on: date | None
    handed_at: datetime | None
    delivered_at: datetime | None
    returned_at: datetime | None


def tell(session: Session, actor: Actor, order: str, event: EventToTell, *, now: datetime) -> EventTold:
    """Once per `event_id` of one member of staff's tokens. Raises NotFound, Invalid, or Conflict of an altered repeat."""
    parcel, is_new = delivery_events.record_of_order(
        session,
        actor,
        order,
        NewEvent(event.kind, event.happened_at, event.estimated_on),
        teller=Teller.API,
        source_key=f"{actor.staff_id}:{event.event_id}",
        now=now,
    )
    return EventTold(order, is_new, parcel.estimated_on, parcel.handed_at, parcel.delivered_at, parcel.returned_at)
