"""Import of a file of what happened to parcels: nothing of one with a fault, and the same lines twice change nothing.

As with an import of orders everything is checked before the first line is written, and what is killed is finished by running it
again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from sqlmodel import Session

from deskapp.desk import audit, delivery_events
from deskapp.desk.delivery_events import NewEvent
from deskapp.desk.imports import ImportRefused
from deskapp.desk.wording import number
from deskapp.desk.worker import Progress
from deskapp.feeds.csv_file import scan
from deskapp.feeds.delivery_events import Batch, Told
from deskapp.feeds.delivery_events import delivery_events as read_file
from deskapp.feeds.problems import Problems
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import delivery_events as store
from deskapp.store import imports
from deskapp.store.card_tables import Happened, Teller
from deskapp.store.db import Database
from deskapp.store.turns import let_others_in

_CHECKED = 0.2  # of the whole work
_STEP = 50  # events of one transaction, which others wait for: about 1 ms each
_UNKNOWN = "No delivery has this order number; import the order with its ship_on first."
_AGAIN = "This event_id was told before of something else; a correction is an event of its own."


@dataclass(frozen=True, slots=True)
class EventReport:
    """`lines` of the file, of which so many told something `new`."""

    lines: int
    new: int

    @property
    def sentence(self) -> str:
        known = f" {self.lines - self.new:,} were known already." if self.lines > self.new else ""
        return f"{self.new:,} of {self.lines:,} {'line' if self.lines == 1 else 'lines'} told something new.{known}"


@dataclass(frozen=True, slots=True)
class _Event:
    delivery_id: int
    key: str
    new: NewEvent


@dataclass(slots=True)
class _Checked:
    """What is to be written, by its key, and how many lines there were."""

    events: dict[str, _Event] = field(default_factory=dict)
    lines: int = 0


def take_in(
    database: Database, actor: Actor | None, path: Path, *, now: datetime, progress: Progress, zone: tzinfo = UTC
) -> EventReport:
    """Must not be called within a transaction. Raises ImportRefused before anything is written.

    `zone`: in which a day that is told without a time ends.
    """
    problems = Problems()
    scan(path, problems)
    _refuse_faulty(problems)
    with imports.one_at_a_time(database):
        with database.reading() as session:
            checked = _check(session, path, problems, now.astimezone(zone), progress)
        _refuse_faulty(problems)
        new = _write(database, actor, checked, now, progress)
        with database.writing() as session:
            audit.write(session, actor, "events.imported", "deliveries", now=now, lines=checked.lines, new=new)
    progress(1.0, say("Imported"))
    return EventReport(checked.lines, new)


def _refuse_faulty(problems: Problems) -> None:
    if problems:
        raise ImportRefused(problems)


# --- checking -------------------------------------------------------------------------------------------------------


def _check(session: Session, path: Path, problems: Problems, now: datetime, progress: Progress) -> _Checked:
    """Two queries for each 4,096 lines. `now` in the shop's zone."""
    checked = _Checked()
    for batch in read_file(path, problems):
        checked.lines += len(batch.rows)
        for told, event in _look_up(session, batch, path.name, problems, now):
            first = checked.events.setdefault(event.key, event)
            if first != event:
                problems.add(path.name, told.line, "event_id", _AGAIN)
        progress(_CHECKED * batch.done, say("{file}, lines: {lines}", file=path.name, lines=number(checked.lines)))
    return checked


def _look_up(
    session: Session, batch: Batch, name: str, problems: Problems, now: datetime
) -> Iterator[tuple[Told, _Event]]:
    """What the desk does not know yet of these lines."""
    parcels = store.parcels_of(session, {told.order for told in batch.rows})
    known = store.told_before(session, Teller.FILE, {told.key for told in batch.rows})
    for told in batch.rows:
        parcel, new = parcels.get(told.order), _new(told, now)
        if parcel is None:
            problems.add(name, told.line, "order_id", _UNKNOWN)
        elif (before := known.get(told.key)) is not None:
            if not delivery_events.is_same(before, parcel.delivery_id, new):
                problems.add(name, told.line, "event_id", _AGAIN)
        elif wrong := delivery_events.faults(new, parcel.placed_at, now):
            for column, sentence in wrong.items():
                problems.add(name, told.line, column, sentence)
        else:
            yield told, _Event(parcel.delivery_id, told.key, new)


def _new(told: Told, now: datetime) -> NewEvent:
    """A day alone is its end in the zone of `now`, or `now` while it lasts: a gift of that morning went along."""
    kind = Happened(told.kind)
    if not told.is_day:
        return NewEvent(kind, told.happened_at, told.estimated_on)
    here = told.happened_at.replace(tzinfo=now.tzinfo)
    begins_at = min(told.happened_at, here.astimezone(UTC))
    if begins_at > now:
        return NewEvent(kind, begins_at, told.estimated_on)
    ends_at = (here + timedelta(days=1)).astimezone(UTC) - timedelta(microseconds=1)
    return NewEvent(kind, min(ends_at, now.astimezone(UTC)), told.estimated_on, begins_at)


# --- writing --------------------------------------------------------------------------------------------------------


def _write(database: Database, actor: Actor | None, checked: _Checked, now: datetime, progress: Progress) -> int:
    total = max(1, len(checked.events))
    done = new = 0
    for step in _steps(database, sorted(checked.events.values(), key=attrgetter("delivery_id"))):
        let_others_in(database)
        with database.writing() as session:
            new += sum(_record(session, actor, event, now) for event in step)
        done += len(step)
        progress(
            _CHECKED + (0.99 - _CHECKED) * done / total,
            say("Events written: {done} of {total}", done=number(done), total=number(total)),
        )
    return new


def _record(session: Session, actor: Actor | None, event: _Event, now: datetime) -> bool:
    return delivery_events.record(
        session, actor, event.delivery_id, event.new, teller=Teller.FILE, source_key=event.key, now=now
    )


def _steps(database: Database, events: list[_Event]) -> Iterator[list[_Event]]:
    """A parcel with gifts in a step of its own: two steps that moved the money of several could lock each other out."""
    for start in range(0, len(events), _STEP):
        part = events[start : start + _STEP]
        with database.reading() as session:
            alone = store.with_gifts(session, {event.delivery_id for event in part})
        if plain := [event for event in part if event.delivery_id not in alone]:
            yield plain
        yield from (
            list(of_one) for delivery_id, of_one in groupby(part, key=attrgetter("delivery_id")) if delivery_id in alone
        )
