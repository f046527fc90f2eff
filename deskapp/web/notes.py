"""The notes panel: writing one, changing one as a new revision, marking it, and taking it back."""

from flask import Blueprint, Response, g, request, url_for

from deskapp.desk import note_marks, notes
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import Form, read, redraws, row_number
from deskapp.web.here import actor, clock, reading, today, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs
from deskapp.web.viewing import opened

bp = Blueprint("notes", __name__)


@bp.get("/customers/<int:customer_id>/notes")
@needs(Permission.SEE_CUSTOMERS)
def panel(customer_id: int) -> Response:
    return show_panel("notes", customer_id)


@bp.post("/customers/<int:customer_id>/notes")
@needs(Permission.WRITE_MEMORY)
@redraws(panel)
def add(customer_id: int) -> Response:
    form = read(notes.NewNote)
    with writing() as session:
        notes.record(session, actor(), customer_id, form, today=today(), now=clock())
    return _to_notes(customer_id)


@bp.get("/notes/<int:note_id>")
@needs(Permission.SEE_CUSTOMERS)
def note(note_id: int) -> Response:
    """One note with its revisions, the form that adds another, and its marks. After a conflict what was typed is compared."""
    sent: Form | None = g.get("form")
    typed = sent.values.get("text") if sent is not None and sent.problem("") else None
    before = request.args.get("before", type=row_number)
    with reading() as session:
        found = notes.history(session, actor(), note_id, today=today(), typed=typed, before=before)
        response = show("note", "note.html", {"note": lambda: found})
    opened(found.customer_id, "note")
    return response


@bp.post("/notes/<int:note_id>")
@needs(Permission.WRITE_MEMORY)
@redraws(note)
def revise(note_id: int) -> Response:
    form = read(notes.NewWords)
    with writing() as session:
        customer_id = notes.revise(session, actor(), note_id, form, today=today(), now=clock())
    return _to_notes(customer_id)


# --- marks ----------------------------------------------------------------------------------------------------------


@bp.post("/notes/<int:note_id>/pin")
@needs(Permission.WRITE_MEMORY)
@redraws(note)
def pin(note_id: int) -> Response:
    form = read(note_marks.NewPin)
    with writing() as session:
        note_marks.pin(session, actor(), note_id, form, today=today(), now=clock())
    return _to_note(note_id)


@bp.post("/notes/<int:note_id>/unpin")
@needs(Permission.WRITE_MEMORY)
@redraws(note)
def unpin(note_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        note_marks.unpin(session, actor(), note_id, today=today(), now=clock())
    return _to_note(note_id)


def _note_of(note_id: int, mark: str) -> Response:  # noqa: ARG001 - drawn again whatever the mark
    return note(note_id)


@bp.post("/notes/<int:note_id>/<any(alert, calm):mark>")
@needs(Permission.WRITE_MEMORY)
@redraws(_note_of)
def set_alert(note_id: int, mark: str) -> Response:
    read(Keyed)
    with writing() as session:
        note_marks.set_alert(session, actor(), note_id, is_on=mark == "alert", today=today(), now=clock())
    return _to_note(note_id)


@bp.post("/notes/<int:note_id>/sentence")
@needs(Permission.WRITE_MEMORY)
@redraws(note)
def choose(note_id: int) -> Response:
    form = read(note_marks.Chosen)
    with writing() as session:
        note_marks.choose(session, actor(), note_id, form, today=today(), now=clock())
    return _to_note(note_id)


# --- taking it back -------------------------------------------------------------------------------------------------


@bp.post("/notes/<int:note_id>/retract")
@needs(Permission.WRITE_MEMORY)
@redraws(note)
def retract(note_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        customer_id = note_marks.retract(session, actor(), note_id, today=today(), now=clock())
    return _to_notes(customer_id)


@bp.post("/notes/<int:note_id>/restore")
@needs(Permission.WRITE_MEMORY)
@redraws(note)
def restore(note_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        customer_id = note_marks.restore(session, actor(), note_id, now=clock())
    return _to_notes(customer_id)


@bp.post("/notes/<int:note_id>/wipe")
@needs(Permission.REVIEW_MEMORY)
@redraws(note)
def wipe(note_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        customer_id = note_marks.wipe(session, actor(), note_id, now=clock())
    return _to_notes(customer_id)


def _to_notes(customer_id: int) -> Response:
    url = url_for("notes.panel", customer_id=customer_id)
    return after_post(panel, url, "note-saved", customer_id=customer_id)


def _to_note(note_id: int) -> Response:
    return after_post(note, url_for("notes.note", note_id=note_id), "note-saved", note_id=note_id)
