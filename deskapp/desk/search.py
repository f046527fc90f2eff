"""Searching all notes, and customers beside them, by what somebody typed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from sqlmodel import Session

from deskapp.desk import channels
from deskapp.desk.inputs import Input, RowId, no_nul
from deskapp.rules import search as words
from deskapp.rules.notes import has_faded
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import say
from deskapp.store import customers, search, search_schema, staff
from deskapp.store.customers import Found
from deskapp.store.db import Database
from deskapp.store.memory_tables import NoteKind
from deskapp.store.search import FoundNote, Wanted

_ROWS = 30
_PEOPLE = 5
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


def _of_a_calendar(day: date | None) -> date | None:
    if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(say("Please write a year that somebody lived in, such as 2026."))
    return day


def _or_none(typed: object) -> object:
    return typed or None


Typed = Annotated[str, StringConstraints(max_length=200), AfterValidator(no_nul)]
MaybeDay = Annotated[date | None, BeforeValidator(_or_none), AfterValidator(_of_a_calendar)]
MaybeRow = Annotated[RowId | None, BeforeValidator(_or_none)]


class Search(Input):
    """`since` and `until` are days of the shop, both of them included."""

    q: Typed = ""
    customer: MaybeRow = None
    kind: Annotated[NoteKind | None, BeforeValidator(_or_none)] = None
    channel: Annotated[str, Field(max_length=40), AfterValidator(no_nul)] = ""
    author: MaybeRow = None
    since: MaybeDay = None
    until: MaybeDay = None
    order: Literal["newest", "best"] = "newest"

    def is_nothing(self) -> bool:
        return not any((self.q, self.kind, self.channel, self.author, self.since, self.until))

    def has_filters(self) -> bool:
        return any((self.kind, self.channel, self.author, self.since, self.until))


@dataclass(frozen=True, slots=True)
class Hit:
    """`excerpt`: pieces of the note as it was written, and whether each was looked for."""

    note_id: int
    customer_id: int
    customer_name: str
    kind: str
    channel: str
    author: str
    written_at: datetime
    is_faded: bool
    excerpt: list[words.Marked]


@dataclass(frozen=True, slots=True)
class SearchPanel:
    """`hits` None: nothing was looked for yet. `customer_name` of the one whose notes alone are searched."""

    asked: Search
    channels: list[tuple[str, str]]
    authors: list[tuple[str, str]]
    customer_name: str = ""
    people: tuple[Found, ...] = ()
    hits: list[Hit] | None = None
    has_more: bool = False


def panel(session: Session, actor: Actor, asked: Search, *, zone: ZoneInfo, today: date) -> SearchPanel:
    """Two queries for the form; then see `store.search`."""
    known = channels.all_words(session)
    names = sorted(staff.names(session).items(), key=lambda one: (one[1].casefold(), one[0]))
    customer = customers.get_customer(session, asked.customer) if asked.customer else None
    people = customers.find_customers(session, asked.q, _PEOPLE, with_mistakes=True) if asked.q and not customer else []
    hits = None if asked.is_nothing() else _hits(session, actor, asked, known, zone, today)
    return SearchPanel(
        asked=asked,
        channels=[("", say("anywhere")), *known.items()],
        authors=[("", say("anybody")), *((str(one), name) for one, name in names)],
        customer_name=customer.name if customer else "",
        people=tuple(people),
        hits=hits and hits[:_ROWS],
        has_more=len(hits or ()) > _ROWS,
    )


def _hits(
    session: Session, actor: Actor, asked: Search, known: dict[str, str], zone: ZoneInfo, today: date
) -> list[Hit]:
    sought = words.sought(f"{asked.q} " if asked.order == "best" else asked.q)
    if asked.q and not sought.terms:
        return []  # nothing but marks: that finds nothing, not everything
    wanted = Wanted(
        sought=sought,
        today=today,
        customer_id=asked.customer,
        kind=asked.kind,
        channel=asked.channel,
        author_id=asked.author,
        since=_start(asked.since, zone),
        until=_start(asked.until + timedelta(days=1), zone) if asked.until else None,
        with_faded=actor.may(Permission.REVIEW_MEMORY),
    )
    found = search.find_notes(session, wanted, _ROWS + 1, is_best_first=asked.order == "best")
    return [_hit(one, wanted, known) for one in found]


def _hit(found: FoundNote, wanted: Wanted, known: dict[str, str]) -> Hit:
    note = found.note
    return Hit(
        note_id=note.id,
        customer_id=note.customer_id,
        customer_name=found.customer,
        kind=note.kind.value,
        channel=known.get(found.channel, found.channel),
        author=found.author,
        written_at=note.written_at,
        is_faded=has_faded(note.review_on, wanted.today),
        excerpt=words.excerpt(note.text, wanted.sought.terms),
    )


def faults(session: Session) -> list[str]:
    """What is wrong with the rows that searching stands on, a sentence each, for the command line. Reads every customer and note."""
    connection = session.connection()
    lost = [
        f"The trigger {name} is gone, so that rows are no longer kept."
        for name in search_schema.lost_triggers(connection)
    ]
    counts = zip(("customers", "notes"), search_schema.count_faults(connection), strict=True)
    return lost + [f"{count:,} rows of {what} are missing, wrong or left over." for what, count in counts if count]


def rebuild(database: Database) -> None:
    """In one transaction; nobody can write meanwhile. A million customers and three million notes take some ten minutes."""
    with database.writing() as session:
        search_schema.rebuild(session.connection())


def _start(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, zone).astimezone(UTC)
