"""The leads' queue of opinions whose time is over."""

from flask import Blueprint, Response, url_for

from deskapp.desk import note_marks, notes, opinions
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, today, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs
from deskapp.web.viewing import opened_all

bp = Blueprint("opinions", __name__)


@bp.get("/opinions")
@needs(Permission.REVIEW_MEMORY)
def panel() -> Response:
    with reading() as session:
        view = opinions.panel(session, today=today())
        response = show("opinions", "opinions.html", {"opinions": lambda: view})
    opened_all((row.customer_id for row in [*view.faded, *view.soon]), "note")
    return response


def _panel_of(note_id: int) -> Response:
    """Drawn again after a form that could not be taken; NotFound where there is no such opinion."""
    with reading() as session:
        notes.history(session, actor(), note_id, today=today())
    return panel()


@bp.post("/opinions/<int:note_id>/confirm")
@needs(Permission.REVIEW_MEMORY)
@redraws(_panel_of)
def confirm(note_id: int) -> Response:
    form = read(opinions.Confirmed)
    with writing() as session:
        opinions.confirm(session, actor(), note_id, form, today=today(), now=clock())
    return after_post(panel, url_for("opinions.panel"))


@bp.post("/opinions/<int:note_id>/reword")
@needs(Permission.REVIEW_MEMORY)
@redraws(_panel_of)
def reword(note_id: int) -> Response:
    form = read(notes.NewWords)
    with writing() as session:
        opinions.reword(session, actor(), note_id, form, now=clock())
    return after_post(panel, url_for("opinions.panel"))


@bp.post("/opinions/<int:note_id>/retract")
@needs(Permission.REVIEW_MEMORY)
@redraws(_panel_of)
def retract(note_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        note_marks.retract(session, actor(), note_id, today=today(), now=clock())
    return after_post(panel, url_for("opinions.panel"))
