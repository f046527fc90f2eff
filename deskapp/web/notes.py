"""The notes panel: writing one, and changing one as a new revision."""

from flask import Blueprint, Response, url_for

from deskapp.desk import notes
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

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
        notes.record(session, actor(), customer_id, form, now=clock())
    return _saved(customer_id)


@bp.get("/notes/<int:note_id>")
@needs(Permission.SEE_CUSTOMERS)
def note(note_id: int) -> Response:
    """One note with its revisions and the form that adds another."""
    with reading() as session:
        return show("note", "note.html", {"note": lambda: notes.history(session, note_id)})


@bp.post("/notes/<int:note_id>")
@needs(Permission.WRITE_MEMORY)
@redraws(note)
def revise(note_id: int) -> Response:
    form = read(notes.NewWords)
    with writing() as session:
        customer_id = notes.revise(session, actor(), note_id, form, now=clock())
    return _saved(customer_id)


def _saved(customer_id: int) -> Response:
    url = url_for("notes.panel", customer_id=customer_id)
    return after_post(panel, url, "note-saved", customer_id=customer_id)
