"""The preview console: a POST that shows and writes nothing, so that nobody's name stands in an address."""

from flask import Blueprint, Response, g, request

from deskapp.desk import preview
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws, sent_form
from deskapp.web.here import actor, clock, desk, reading, today
from deskapp.web.panels import show
from deskapp.web.seat import needs

bp = Blueprint("preview", __name__)


@bp.get("/preview")
@needs(Permission.STEER)
def panel() -> Response:
    """Drawn again after a form that was not clear, it offers the customers who may have been meant."""
    asked = request.form.get("customer", "")
    with reading() as session:
        return show("preview", "preview.html", {"preview": lambda: preview.panel(session, asked=asked, now=clock())})


@bp.post("/preview")
@needs(Permission.STEER)
@redraws(panel)
def look() -> Response:
    asked = read(preview.Asked)
    g.form = sent_form({})  # what was asked stays in its fields
    with reading() as session:
        stand = desk().shelf.stand(session)
        found = preview.look(session, actor(), stand, asked, today=today(), now=clock())
        return show("preview", "preview.html", {"preview": lambda: found})
