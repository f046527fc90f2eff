"""What staff think of a customer stands for a while and fades: a lead looks at it again, or nobody sees it any more."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field
from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed
from deskapp.desk.notes import NewWords, make_sure_is_newest, put_words
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.notes import OPINION_STANDS, has_faded
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import notes
from deskapp.store.memory_tables import Note, NoteKind

_ROWS = 50
_SOON = timedelta(days=14)


class Confirmed(Keyed):
    """`revision` is the one the lead had before her eyes."""

    revision: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True)
class OpinionRow:
    id: int
    customer_id: int
    customer_name: str
    text: str
    author: str
    written_at: datetime
    review_on: date
    revision: int


@dataclass(frozen=True, slots=True)
class OpinionsPanel:
    """`faded`: only leads still see them; `soon`: they fade within two weeks. The longest waiting first."""

    faded: list[OpinionRow]
    soon: list[OpinionRow]
    has_more: bool
    stands_until: date


def count_faded(session: Session, *, today: date) -> int:
    """For the shell. One query, by an index."""
    return notes.count_for_review(session, until=today)


def panel(session: Session, *, today: date) -> OpinionsPanel:
    """One query."""
    found = notes.list_for_review(session, until=today + _SOON, limit=_ROWS + 1)
    rows = [_row(note, author, customer) for note, author, customer in found[:_ROWS]]
    faded = [row for row in rows if has_faded(row.review_on, today)]
    return OpinionsPanel(faded, rows[len(faded) :], len(found) > _ROWS, today + OPINION_STANDS)


def _row(note: Note, author: str, customer: str) -> OpinionRow:
    return OpinionRow(
        id=note.id,
        customer_id=note.customer_id,
        customer_name=customer,
        text=note.text,
        author=author,
        written_at=note.written_at,
        review_on=note.review_on or note.written_at.date(),
        revision=note.revision,
    )


def confirm(session: Session, actor: Actor, note_id: int, form: Confirmed, *, today: date, now: datetime) -> None:
    """It stands for another half year. Raises Conflict if it was reworded meanwhile."""
    note = _opinion(session, note_id)
    sent = [note_id, form.model_dump()]
    if idempotency.claim(session, actor, "opinion", form.form_key, sent, now=now) is not None:
        return
    _make_sure_is_opinion(note)
    make_sure_is_newest(note, form.revision)
    note.review_on = today + OPINION_STANDS
    _log(session, actor, "opinion.confirmed", note, now)


def reword(session: Session, actor: Actor, note_id: int, form: NewWords, *, now: datetime) -> None:
    """Makes it an observation by saying, as a new revision, what was seen or said. Raises Invalid for the same words again."""
    note = _opinion(session, note_id)
    sent = [note_id, form.model_dump()]
    if idempotency.claim(session, actor, "opinion-words", form.form_key, sent, now=now) is not None:
        return
    _make_sure_is_opinion(note)
    make_sure_is_newest(note, form.revision)
    if form.text == note.text:
        raise Invalid({"text": say("Please write what was seen or said instead of what somebody thought.")})
    put_words(session, actor, note, form, now=now)
    note.kind, note.review_on = NoteKind.OBSERVATION, None
    _log(session, actor, notes.REWORDED, note, now)
    # A line of the note's own holds for whichever customer it goes to.
    audit.write(session, actor, notes.REWORDED, f"note:{note.id}", now=now, note=note.id)


def _opinion(session: Session, note_id: int) -> Note:
    note = notes.get_note_to_change(session, note_id)
    if note.retracted_at is not None:
        raise NotFound(say("There is no such opinion."))
    return note


def _make_sure_is_opinion(note: Note) -> None:
    if note.kind is not NoteKind.OPINION:
        raise Conflict(say("This is no opinion any more: somebody has said meanwhile what was seen."))


def _log(session: Session, actor: Actor, action: str, note: Note, now: datetime) -> None:
    audit.write(session, actor, action, f"customer:{note.customer_id}", now=now, note=note.id)
