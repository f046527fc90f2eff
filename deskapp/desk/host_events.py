"""What shop systems and carriers tell of parcels through a connection: each event once, ever, by its own number there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import connections, delivery_events
from deskapp.desk.api_deliveries import Day, EventId, Moment
from deskapp.desk.delivery_events import NewEvent
from deskapp.desk.inputs import Input, no_nul
from deskapp.hosts import events
from deskapp.hosts.launch import LONGEST_BODY, Received, Unverified, Why
from deskapp.store.card_tables import Happened, Teller

__all__ = ["LONGEST_BODY", "HostEvent", "Received", "Told", "Unverified", "Why", "read", "tell"]


class HostEvent(Input):
    """`id`: the teller's own number of it; `at` with its offset, such as Z; `estimated_on` of kind "estimated", and of no other."""

    id: EventId
    order: Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(no_nul)]
    kind: Happened
    at: Moment
    estimated_on: Day | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one event; "known": it was told before. `problems`: a sentence for each field of one that was refused."""

    id: str
    result: Literal["new", "known", "refused"]
    problems: Mapping[str, str] = field(default_factory=dict)


def read(
    session: Session, key: str, received: Received, *, signing_key: bytes, now: datetime
) -> tuple[int, list[Mapping[str, object]]]:
    """The connection's number and the events, not looked at yet. One query.

    Raises NotFound for a connection that is unknown or retired, Unverified for what it did not sign or cannot be read.
    """
    known = connections.find(session, key, signing_key=signing_key, now=now)
    events.check(received, known.host, known.held, now)
    return known.id, events.read(received.body)


def tell(session: Session, connection_id: int, event: HostEvent, *, now: datetime) -> bool:
    """False where it was told before. Raises NotFound, Invalid, or Conflict of a repeat that says something else."""
    _, is_new = delivery_events.record_of_order(
        session,
        None,
        event.order,
        NewEvent(event.kind, event.at, event.estimated_on),
        teller=Teller.HOST,
        source_key=f"{connection_id}:{event.id}",
        now=now,
    )
    return is_new
