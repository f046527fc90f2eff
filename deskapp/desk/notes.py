"""Notes on what happened with a customer: append-only, an edit is a new revision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed, Words
from deskapp.desk.wording import CHANNELS
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.guard import in_the_way, sentence
from deskapp.rules.people import Actor
from deskapp.store import customers, notes
from deskapp.store.memory_tables import Interaction, Note, NoteKind, NoteRevision


class NewNote(Keyed):
    text: Words
    kind: NoteKind
    channel: str
    order: str = ""  # the shop's order number, if the talk was about one
    is_confirmed: bool = False  # the guard warned, and the words are meant so


class NewWords(Keyed):
    """An edit; `revision` is the one the writer had before her eyes."""

    text: Words
    revision: Annotated[int, Field(ge=1)]
    is_confirmed: bool = False  # the guard warned, and the words are meant so


@dataclass(frozen=True, slots=True)
class NoteRow:
    id: int
    kind: str
    text: str
    channel: str
    author: str
    written_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class NotesPanel:
    customer_id: int
    customer_name: str
    rows: list[NoteRow]
    channels: dict[str, str]


@dataclass(frozen=True, slots=True)
class NoteHistory:
    """One note with all its revisions, newest first: (number, text, author, written_at)."""

    id: int
    customer_id: int
    customer_name: str
    revision: int
    text: str
    revisions: list[tuple[int, str, str, datetime]]


def panel(session: Session, customer_id: int) -> NotesPanel:
    """Two queries."""
    customer = customers.get_customer(session, customer_id)
    rows = [
        NoteRow(n.id, n.kind, n.text, CHANNELS[interaction.channel], author, n.written_at, n.revision)
        for n, interaction, author in notes.list_notes(session, customer_id)
    ]
    return NotesPanel(customer.id, customer.name, rows, CHANNELS)


def history(session: Session, note_id: int) -> NoteHistory:
    note = notes.get_note(session, note_id)
    customer = customers.get_customer(session, note.customer_id)
    revisions = notes.list_revisions(session, note_id)
    return NoteHistory(note.id, customer.id, customer.name, note.revision, note.text, revisions)


def record(session: Session, actor: Actor, customer_id: int, form: NewNote, *, now: datetime) -> int:
    """The note's id; a repeat of the same form gets the id of the first."""
    customer = customers.get_customer(session, customer_id)
    sent = [customer_id, form.model_dump()]
    if (answer := idempotency.claim(session, actor, "note", form.form_key, sent, now=now)) is not None:
        return int(answer["note"])
    if form.channel not in CHANNELS:
        raise Invalid({"channel": "Please choose where you talked."})
    _guard(form.text, is_confirmed=form.is_confirmed)
    order = customers.get_order(session, customer_id, form.order) if form.order else None
    talk = Interaction(
        customer_id=customer.id, channel=form.channel, order_id=order.id if order else None, happened_at=now
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
    )
    session.add(note)
    session.flush()
    _add_revision(session, actor, note, now)
    audit.write(session, actor, "note.recorded", f"customer:{customer.id}", now=now, note=note.id)
    idempotency.settle(session, actor, "note", form.form_key, {"note": note.id})
    return note.id


def revise(session: Session, actor: Actor, note_id: int, form: NewWords, *, now: datetime) -> int:
    """The customer's id. Raises Conflict if somebody else revised it meanwhile; both keep their words."""
    note = notes.get_note(session, note_id)
    if idempotency.claim(session, actor, "note-edit", form.form_key, [note_id, form.model_dump()], now=now) is not None:
        return note.customer_id
    if form.revision != note.revision:
        raise Conflict(
            "Somebody changed this note while you were writing. Their words are above; yours are kept below."
        )
    _guard(form.text, is_confirmed=form.is_confirmed)
    note.text, note.revision = form.text, note.revision + 1
    _add_revision(session, actor, note, now)
    audit.write(session, actor, "note.revised", f"customer:{note.customer_id}", now=now, note=note.id)
    return note.customer_id


def _add_revision(session: Session, actor: Actor, note: Note, now: datetime) -> None:
    session.add(
        NoteRevision(note_id=note.id, number=note.revision, text=note.text, author_id=actor.staff_id, written_at=now)
    )


def _guard(text: str, *, is_confirmed: bool) -> None:
    """Raises Invalid where the guard refuses, or warns and nobody ticked that the words are meant so."""
    if found := in_the_way(text, is_confirmed=is_confirmed):
        problems = {"text": sentence(found)}
        raise Invalid(
            problems if any(f.is_refused for f in found) else problems | {"is_confirmed": "Is this meant so?"}
        )
