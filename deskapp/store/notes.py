"""Notes and their revisions."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.store.db import asked_once
from deskapp.store.memory_tables import Interaction, Note, NoteRevision
from deskapp.store.tables import Staff

_LATEST = 50


_NEWEST = (
    select(Note, Interaction, Staff.name)
    .join(Interaction, col(Interaction.id) == Note.interaction_id)
    .join(Staff, col(Staff.id) == Note.author_id)
    .where(Note.customer_id == bindparam("customer"))
    .order_by(col(Note.written_at).desc(), col(Note.id).desc())
    .limit(_LATEST)
)


@asked_once
def list_notes(session: Session, customer_id: int) -> list[tuple[Note, Interaction, str]]:
    """The newest fifty, newest first, with the author's name."""
    found = session.exec(_NEWEST, params={"customer": customer_id}).all()
    return [(note, interaction, author) for note, interaction, author in found]


def get_note(session: Session, note_id: int) -> Note:
    if (found := session.get(Note, note_id)) is None:
        raise NotFound("There is no such note.")
    return found


def list_revisions(session: Session, note_id: int) -> list[tuple[int, str, str, datetime]]:
    """(number, text, author, written_at), newest first."""
    query = (
        select(NoteRevision.number, NoteRevision.text, Staff.name, NoteRevision.written_at)
        .join(Staff, col(Staff.id) == NoteRevision.author_id)
        .where(NoteRevision.note_id == note_id)
        .order_by(col(NoteRevision.number).desc())
    )
    return [(number, text, author, at) for number, text, author, at in session.exec(query).all()]
