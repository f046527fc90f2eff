"""What is put on a note beside its words: a pin, an alert, a sentence that is safe to mention, and its retraction."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field
from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency, settling
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import Keyed, ShortWords
from deskapp.desk.notes import make_sure_is_newest, make_sure_is_seen, may_restore, mentionable_of
from deskapp.rules.errors import Conflict, Forbidden, Invalid, NotFound
from deskapp.rules.notes import LONGEST_OPINION, WIPED_AFTER
from deskapp.rules.people import Actor, Permission, who_can
from deskapp.rules.words import say, together
from deskapp.store import notes
from deskapp.store.db import Database
from deskapp.store.memory_tables import Note, NoteKind

_BATCH = 200
_LONGEST_PIN = LONGEST_OPINION


class NewPin(Guarded):
    """`until` is the last day."""

    reason: ShortWords
    until: date


class Chosen(Keyed):
    """`sentence`: its place among those that may be chosen in `revision`, from 1 on; 0 for none."""

    sentence: Annotated[int, Field(ge=0, le=20_000)]
    revision: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True)
class Alert:
    """A note that everybody sees who opens the customer."""

    note_id: int
    text: str
    author: str
    at: datetime


def alerts(session: Session, customer_id: int) -> list[Alert]:
    """Newest first; asks what `notes.list_seen` asks."""
    seen = notes.list_seen(session, customer_id)
    return [Alert(one.note.id, one.note.text, one.author, one.note.written_at) for one in seen if one.note.is_alert]


def pin(session: Session, actor: Actor, note_id: int, form: NewPin, *, today: date, now: datetime) -> None:
    note = _note_to_mark(session, actor, note_id, today)
    if not today <= form.until <= today + _LONGEST_PIN:
        raise Invalid({"until": say("Please choose a last day from today on, within a year.")})
    if idempotency.claim(session, actor, "pin", form.form_key, [note_id, form.model_dump()], now=now) is not None:
        return
    guarding.ensure(
        session,
        actor,
        form.reason,
        where="pin",
        field="reason",
        form=form,
        now=now,
    )
    note.pinned_until, note.pin_reason = form.until, form.reason
    _log(session, actor, "note.pinned", note, now)


def unpin(session: Session, actor: Actor, note_id: int, *, today: date, now: datetime) -> None:
    """Twice changes nothing."""
    note = _note_to_mark(session, actor, note_id, today)
    if note.pinned_until is not None:
        note.pinned_until, note.pin_reason = None, ""
        _log(session, actor, "note.unpinned", note, now)


def set_alert(session: Session, actor: Actor, note_id: int, *, is_on: bool, today: date, now: datetime) -> None:
    """Twice changes nothing. An opinion is no alert."""
    note = _note_to_mark(session, actor, note_id, today)
    if is_on and note.kind is NoteKind.OPINION:
        raise Invalid({"": say("Only what was seen or said is shown to everybody who opens the page.")})
    if note.is_alert != is_on:
        note.is_alert = is_on
        _log(session, actor, "note.alert-set" if is_on else "note.alert-taken-off", note, now)


def choose(session: Session, actor: Actor, note_id: int, form: Chosen, *, today: date, now: datetime) -> None:
    """Marks one sentence as safe to mention. Raises Conflict if the note reads otherwise by now, Invalid for an opinion."""
    note = _note_to_mark(session, actor, note_id, today)
    if idempotency.claim(session, actor, "mention", form.form_key, [note_id, form.model_dump()], now=now) is not None:
        return
    make_sure_is_newest(note, form.revision)
    known = ["", *mentionable_of(note)]
    if form.sentence >= len(known):
        raise Invalid({"sentence": say("Please choose one of the sentences of this note.")})
    if note.mentionable != known[form.sentence]:
        note.mentionable = known[form.sentence]
        _log(session, actor, "note.sentence-chosen", note, now)


# --- taking it back -------------------------------------------------------------------------------------------------


def retract(session: Session, actor: Actor, note_id: int, *, today: date, now: datetime) -> int:
    """The customer's id. Hidden at once everywhere; its words are wiped 30 days later, until then `restore` brings it back.

    The author may, and leads. Twice changes nothing.
    """
    note = _note_to_take(session, actor, note_id)
    if note.retracted_at is None:
        make_sure_is_seen(actor, note, today)
        note.retracted_at, note.retracted_by = now, actor.staff_id
        _log(session, actor, "note.retracted", note, now)
    return note.customer_id


def restore(session: Session, actor: Actor, note_id: int, *, now: datetime) -> int:
    """The customer's id. NotFound once its words are wiped, and for whoever may not undo who took it back."""
    note = _note_to_take(session, actor, note_id)
    if note.retracted_at is not None:
        note.retracted_at = note.retracted_by = None
        _log(session, actor, "note.restored", note, now)
    return note.customer_id


def wipe(session: Session, actor: Actor, note_id: int, *, now: datetime) -> int:
    """The customer's id. At once, for leads; only what was retracted before, so that no single tap destroys anything."""
    if not actor.may(Permission.REVIEW_MEMORY):
        raise Forbidden(together([say("Your role does not include this."), who_can(Permission.REVIEW_MEMORY)]))
    note = notes.get_note_to_change(session, note_id)
    if note.retracted_at is None:
        raise Invalid({"": say("Retract the note first; then its words can be wiped.")})
    if notes.is_held(session, note.customer_id):
        raise Conflict(say("A dispute with this customer is open, so nothing is wiped until it is over."))
    _wipe(session, actor, note, now)
    return note.customer_id


def wipe_due(database: Database, *, now: datetime) -> int:
    """How many retracted notes lost their words because their 30 days are over. In batches, each in its own transaction."""
    return settling.in_batches(database, lambda session: _wipe_batch(session, now))


def _wipe_batch(session: Session, now: datetime) -> int:
    due = notes.list_to_wipe(session, retracted_before=now - WIPED_AFTER, limit=_BATCH)
    for note in due:
        _wipe(session, None, note, now)
    return len(due)


def _wipe(session: Session, actor: Actor | None, note: Note, now: datetime) -> None:
    notes.wipe(session, note, now=now)
    _log(session, actor, "note.wiped", note, now)


# --- fetching -------------------------------------------------------------------------------------------------------


def _note_to_mark(session: Session, actor: Actor, note_id: int, today: date) -> Note:
    note = notes.get_note_to_change(session, note_id)
    make_sure_is_seen(actor, note, today)
    return note


def _note_to_take(session: Session, actor: Actor, note_id: int) -> Note:
    """NotFound too where it was retracted by somebody whose act this actor may not see; Forbidden where it is another's."""
    note = notes.get_note_to_change(session, note_id)
    if note.retracted_at is not None and not may_restore(actor, note):
        raise NotFound(say("There is no such note."))
    if note.author_id == actor.staff_id or actor.may(Permission.REVIEW_MEMORY):
        return note
    raise Forbidden(say("Only who wrote a note, or a lead, can take it back."))


def _log(session: Session, actor: Actor | None, action: str, note: Note, now: datetime) -> None:
    audit.write(session, actor, action, f"customer:{note.customer_id}", now=now, note=note.id)
