"""Notes on what happened with a customer: append-only, an edit is a new revision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field
from sqlmodel import Session

from deskapp.desk import audit, channels, guarding, idempotency, steering
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import Input, RowId, Words
from deskapp.rules.card_facts import hush
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.notes import LONGEST_OPINION, OPINION_STANDS, WIPED_AFTER, Change, changes, has_faded, sentences
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import psay, say
from deskapp.store import customers, notes
from deskapp.store.memory_tables import Interaction, Note, NoteKind, NoteRevision, Source
from deskapp.store.notes import Seen, Sift

LONGEST_SENTENCE = 500  # characters; a longer one cannot be chosen

_MOST_SENTENCES = 60  # to choose from
_LATEST = 5
_PAGE = 20
_MOST_PAGES = 10_000
_REVISIONS = 20
_YEARS = range(2000, 2101)


def _in_our_time(day: date | None) -> date | None:
    if day is not None and day.year not in _YEARS:
        raise ValueError(say("Please choose a day between 2000 and 2100."))
    return day


MaybeDay = Annotated[date | None, BeforeValidator(lambda typed: typed or None), AfterValidator(_in_our_time)]


class NewNote(Guarded):
    """`item`: a SKU, or words of the name; `sku` says which one is meant where several are called like that."""

    text: Words
    kind: NoteKind
    channel: Annotated[str, Field(max_length=40)]
    order: Annotated[str, Field(max_length=120)] = ""  # the shop's order number, if the talk was about one
    item: Annotated[str, Field(max_length=200)] = ""
    sku: Annotated[str, Field(max_length=120)] = ""
    is_alert: bool = False
    review_on: MaybeDay = None  # of an opinion; None: in half a year


class NewWords(Guarded):
    """An edit; `revision` is the one the writer had before her eyes."""

    text: Words
    revision: Annotated[int, Field(ge=1)]


class SiftForm(Input):
    """Which notes are asked for; nothing at all: the pinned and the newest. Pages count from 1."""

    kind: NoteKind | Literal[""] = ""
    channel: Annotated[str, Field(max_length=40)] = ""
    author: RowId | Literal[""] = ""
    since: MaybeDay = None
    until: MaybeDay = None  # the last day
    page: Annotated[int, Field(ge=0, le=_MOST_PAGES)] = 0


@dataclass(frozen=True, slots=True)
class NoteRow:
    """`pinned_until` None where it is not pinned today; `source` "" for a person."""

    id: int
    kind: str
    text: str
    channel: str
    author: str
    written_at: datetime
    revision: int
    order: str
    item: str
    source: str
    is_alert: bool
    pinned_until: date | None
    pin_reason: str
    mentionable: str
    review_on: date | None
    is_faded: bool


@dataclass(frozen=True, slots=True)
class RetractedRow:
    """Without its words. `wiped_at`: when they go for good."""

    id: int
    written_at: datetime
    retracted_at: datetime
    wiped_at: datetime


@dataclass(frozen=True, slots=True)
class NotesPanel:
    """`page` 0: the pinned and the newest; `orders`: to choose from, "" for none; `choices`: SKU and words of the items that may be meant."""

    customer_id: int
    customer_name: str
    rows: list[NoteRow]
    page: int
    has_more: bool
    retracted: list[RetractedRow]
    channels: dict[str, str]
    all_channels: dict[str, str]
    authors: list[tuple[int, str]]
    orders: list[tuple[str, str]]
    choices: list[tuple[str, str]]
    review_on: date
    last_review_on: date
    today: date
    sift: SiftForm

    @property
    def is_sifted(self) -> bool:
        return self.sift.model_copy(update={"page": 0}) != SiftForm()


@dataclass(frozen=True, slots=True)
class Revision:
    """`changes` against the one before; of the first, and of the last on a page, its whole text is the only one."""

    number: int
    text: str
    author: str
    written_at: datetime
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class NoteHistory:
    """One note with its revisions, newest first. `older`: the number from which on there are more, None where there are none.

    `clash`: what the words that were just typed would change in the note as it stands, where somebody else changed it
    meanwhile. `sentences` are those that may be chosen as safe to mention.
    """

    id: int
    customer_id: int
    customer_name: str
    revision: int
    text: str
    row: NoteRow
    revisions: list[Revision]
    older: int | None
    sentences: list[str]
    may_retract: bool
    clash: list[Change]
    today: date


# --- looking --------------------------------------------------------------------------------------------------------


def panel(
    session: Session,
    actor: Actor,
    customer_id: int,
    *,
    today: date,
    zone: ZoneInfo,
    sift: SiftForm | None = None,
    asked_item: str = "",
) -> NotesPanel:
    """Four queries, three of which other panels ask as well; two more where `sift` asks. `asked_item`: as it was just typed."""
    sift = sift or SiftForm()
    customer = customers.get_customer(session, customer_id)
    sees_all = actor.may(Permission.REVIEW_MEMORY)
    newest = notes.list_seen(session, customer_id, today=today, with_faded=sees_all)
    is_asked = sift != SiftForm()
    found = _sifted(session, actor, customer_id, sift, today, zone) if is_asked else _first(newest, today)
    shown = found[:_PAGE] if is_asked else found
    mine = [one for one in notes.list_retracted(session, customer_id) if may_restore(actor, one)]
    return NotesPanel(
        customer_id=customer.id,
        customer_name=customer.name,
        rows=[row_of(seen, today) for seen in shown],
        page=sift.page or int(is_asked),
        has_more=len(found if is_asked else newest) > len(shown),
        retracted=[_stub(one) for one in mine],
        channels=channels.in_use(session),
        all_channels=channels.all_words(session),
        authors=notes.list_authors(session, customer_id) if is_asked else _authors(newest),
        orders=_orders(session, customer_id),
        choices=steering.choices(session, asked_item),
        review_on=today + OPINION_STANDS,
        last_review_on=today + LONGEST_OPINION,
        today=today,
        sift=sift,
    )


def _first(newest: list[Seen], today: date) -> list[Seen]:
    """The pinned, then the newest few of the others."""
    pinned = [seen for seen in newest if _pinned_until(seen.note, today)]
    return pinned + [seen for seen in newest if not _pinned_until(seen.note, today)][:_LATEST]


def _sifted(
    session: Session, actor: Actor, customer_id: int, sift: SiftForm, today: date, zone: ZoneInfo
) -> list[Seen]:
    """A page, and one note more where there is another."""
    return notes.find_notes(
        session,
        customer_id,
        Sift(
            kind=sift.kind or None,
            channel=sift.channel,
            author_id=sift.author or None,
            since=datetime.combine(sift.since, time(), zone) if sift.since else None,
            until=datetime.combine(sift.until + timedelta(days=1), time(), zone) if sift.until else None,
        ),
        today=today,
        with_faded=actor.may(Permission.REVIEW_MEMORY),
        limit=_PAGE + 1,
        offset=(max(sift.page, 1) - 1) * _PAGE,
    )


def _orders(session: Session, customer_id: int) -> list[tuple[str, str]]:
    numbers = [order.external_id for order, _ in customers.list_orders(session, customer_id)]
    return [("", psay("an order", "none")), *((number, number) for number in numbers)] if numbers else []


def _authors(newest: Sequence[Seen]) -> list[tuple[int, str]]:
    return sorted({(seen.note.author_id, seen.author) for seen in newest}, key=lambda one: (one[1], one[0]))


def _pinned_until(note: Note, today: date) -> date | None:
    return note.pinned_until if note.pinned_until and note.pinned_until >= today else None


def row_of(seen: Seen, today: date) -> NoteRow:
    note = seen.note
    return NoteRow(
        id=note.id,
        kind=note.kind,
        text=note.text,
        channel=channels.in_tongues(seen.channel),
        author=seen.author,
        written_at=note.written_at,
        revision=note.revision,
        order=seen.order,
        item=seen.item,
        source="" if note.source is Source.PERSON else note.source,
        is_alert=note.is_alert,
        pinned_until=_pinned_until(note, today),
        pin_reason=note.pin_reason,
        mentionable=note.mentionable,
        review_on=note.review_on,
        is_faded=has_faded(note.review_on, today),
    )


def _stub(note: Note) -> RetractedRow:
    retracted_at = note.retracted_at or note.written_at
    return RetractedRow(note.id, note.written_at, retracted_at, retracted_at + WIPED_AFTER)


def _may_retract(actor: Actor, note: Note) -> bool:
    return note.author_id == actor.staff_id or actor.may(Permission.REVIEW_MEMORY)


def may_restore(actor: Actor, note: Note) -> bool:
    """What a lead took back only leads bring back, though somebody else wrote it."""
    return _may_retract(actor, note) and (note.retracted_by == actor.staff_id or actor.may(Permission.REVIEW_MEMORY))


def make_sure_is_seen(actor: Actor, note: Note, today: date) -> None:
    """NotFound where it was retracted, and where it has faded and the actor is no lead."""
    if note.retracted_at is not None or (has_faded(note.review_on, today) and not actor.may(Permission.REVIEW_MEMORY)):
        raise NotFound(say("There is no such note."))


def history(
    session: Session, actor: Actor, note_id: int, *, today: date, typed: str | None = None, before: int | None = None
) -> NoteHistory:
    """Three queries, or four. `typed`: words that could not be saved; `before`: only revisions with a smaller number.

    What somebody thought before a lead said what was seen is for leads alone.
    """
    seen = notes.get_seen(session, note_id)
    note = seen.note
    make_sure_is_seen(actor, note, today)
    customer = customers.get_customer(session, note.customer_id)
    hides = note.kind is NoteKind.OBSERVATION and note.revision > 1 and not actor.may(Permission.REVIEW_MEMORY)
    since = notes.reworded_at(session, note) if hides else None
    found = notes.list_revisions(session, note_id, limit=_REVISIONS + 1, before=before, since=since)
    return NoteHistory(
        id=note.id,
        customer_id=customer.id,
        customer_name=customer.name,
        revision=note.revision,
        text=note.text,
        row=row_of(seen, today),
        revisions=_revisions(found)[:_REVISIONS],
        older=found[_REVISIONS - 1][0] if len(found) > _REVISIONS else None,
        sentences=mentionable_of(note),
        may_retract=_may_retract(actor, note),
        clash=changes(note.text, typed) if typed is not None else [],
        today=today,
    )


def _revisions(found: list[tuple[int, str, str, datetime]]) -> list[Revision]:
    """Each with what it changed in its neighbour."""
    earlier: list[str | None] = [*(text for _, text, _, _ in found[1:]), None]
    return [
        Revision(number, text, author, at, [] if before is None else changes(before, text))
        for (number, text, author, at), before in zip(found, earlier, strict=False)
    ]


def mentionable_of(note: Note) -> list[str]:
    """The sentences of an observation that may be chosen as safe to mention, each once; of an opinion none.

    What never stands on a card whoever chooses it, such as illness or money, is not among them.
    """
    if note.kind is NoteKind.OPINION:
        return []
    first = list(dict.fromkeys(sentences(note.text)))[:_MOST_SENTENCES]
    return [one for one in first if len(one) <= LONGEST_SENTENCE and hush(one, guarding.look) is None]


# --- writing --------------------------------------------------------------------------------------------------------


def record(
    session: Session,
    actor: Actor,
    customer_id: int,
    form: NewNote,
    *,
    source: Source = Source.PERSON,
    today: date | None = None,
    now: datetime,
) -> int:
    """The note's id; a repeat of the same form gets the id of the first. `today`: of the shop, else of `now` as it stands."""
    customer = customers.get_customer(session, customer_id)
    sent = [customer_id, form.model_dump()]
    if (answer := idempotency.claim(session, actor, "note", form.form_key, sent, now=now)) is not None:
        return int(answer["note"])
    if form.channel not in channels.in_use(session):
        raise Invalid({"channel": say("Please choose where you talked.")})
    review_on = _review_on(form, today or now.date())
    _guard(session, actor, form, now)
    order = customers.get_order(session, customer_id, form.order) if form.order else None
    item = steering.the_item(session, form.item, form.sku) if form.item else None
    talk = Interaction(
        customer_id=customer.id,
        channel=form.channel,
        order_id=order.id if order else None,
        item_id=item.id if item else None,
        happened_at=now,
    )
    session.add(talk)
    session.flush()
    note = Note(
        customer_id=customer.id,
        interaction_id=talk.id,
        kind=form.kind,
        text=form.text,
        revision=1,
        author_id=actor.staff_id,
        written_at=now,
        source=source,
        is_alert=form.is_alert,
        review_on=review_on,
    )
    session.add(note)
    session.flush()
    _add_revision(session, actor, note, now)
    audit.write(session, actor, "note.recorded", f"customer:{customer.id}", now=now, note=note.id)
    idempotency.settle(session, actor, "note", form.form_key, {"note": note.id})
    return note.id


def _review_on(form: NewNote, today: date) -> date | None:
    """Raises Invalid for a day in the past or too far off, and for an opinion that everybody would have to see."""
    if form.kind is NoteKind.OBSERVATION:
        return None
    if form.is_alert:
        raise Invalid({"is_alert": say("Only what was seen or said is shown to everybody who opens the page.")})
    chosen = form.review_on or today + OPINION_STANDS
    if not today < chosen <= today + LONGEST_OPINION:
        raise Invalid({"review_on": say("Please choose a day from tomorrow on, within a year.")})
    return chosen


def revise(
    session: Session, actor: Actor, note_id: int, form: NewWords, *, today: date | None = None, now: datetime
) -> int:
    """The customer's id. Raises Conflict if somebody else revised it meanwhile; both keep their words."""
    note = notes.get_note_to_change(session, note_id)
    make_sure_is_seen(actor, note, today or now.date())
    if idempotency.claim(session, actor, "note-edit", form.form_key, [note_id, form.model_dump()], now=now) is not None:
        return note.customer_id
    put_words(session, actor, note, form, now=now)
    audit.write(session, actor, "note.revised", f"customer:{note.customer_id}", now=now, note=note.id)
    return note.customer_id


def put_words(session: Session, actor: Actor, note: Note, form: NewWords, *, now: datetime) -> None:
    """As a new revision. What was safe to mention stays so only while it still stands there. Writes no audit line."""
    make_sure_is_newest(note, form.revision)
    if note.source is Source.CUSTOMER:
        raise Conflict(
            say("These are the customer's own words, so they stay as they are. Write a note of your own beside them.")
        )
    _guard(session, actor, form, now)
    note.text, note.revision = form.text, note.revision + 1
    if note.mentionable not in mentionable_of(note):
        note.mentionable = ""
    _add_revision(session, actor, note, now)


def make_sure_is_newest(note: Note, revision: int) -> None:
    if revision != note.revision:
        raise Conflict(
            say("Somebody changed this note while you were writing. Their words are above; yours are kept below.")
        )


def _add_revision(session: Session, actor: Actor, note: Note, now: datetime) -> None:
    session.add(
        NoteRevision(note_id=note.id, number=note.revision, text=note.text, author_id=actor.staff_id, written_at=now)
    )


def _guard(session: Session, actor: Actor, form: NewNote | NewWords, now: datetime) -> None:
    guarding.ensure(session, actor, form.text, where="note", form=form, now=now)
