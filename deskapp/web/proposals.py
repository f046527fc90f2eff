"""What notes tell of tastes and days, to be kept or not in one tap."""

from flask import Blueprint, Response, url_for

from deskapp.desk import proposals
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post
from deskapp.web.seat import needs

bp = Blueprint("proposals", __name__)


@bp.get("/customers/<int:customer_id>/proposals")
@needs(Permission.SEE_CUSTOMERS)
def panel(customer_id: int) -> Response:
    return show_panel("proposals", customer_id)


def _panel_of(note_id: int) -> Response:
    with reading() as session:
        customer_id = proposals.customer_of(session, note_id)
    return show_panel("proposals", customer_id)


@bp.post("/notes/<int:note_id>/proposals")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of)
def answer(note_id: int) -> Response:
    form = read(proposals.Answer)
    with writing() as session:
        customer_id = proposals.answer(session, actor(), note_id, form, now=clock())
    url = url_for("preferences.panel", customer_id=customer_id)
    return after_post(panel, url, "preference-saved", customer_id=customer_id)
