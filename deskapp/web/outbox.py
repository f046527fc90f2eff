"""What goes out to customers and to the shop's own programs, and what a manager decides where nobody knows."""

from flask import Blueprint, Response, url_for

from deskapp.desk import outbox_list
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("outbox", __name__)


@bp.get("/outbox")
@needs(Permission.MANAGE_FEEDBACK)
def panel() -> Response:
    with reading() as session:
        return show("outbox", "outbox.html", {"outbox": lambda: outbox_list.panel(session)})


def _panel_of(outbox_id: int) -> Response:  # noqa: ARG001 - drawn again as the whole panel
    return panel()


@bp.post("/outbox/<int:outbox_id>/again")
@needs(Permission.MANAGE_FEEDBACK)
@redraws(_panel_of)
def send_again(outbox_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        outbox_list.send_again(session, actor(), outbox_id, form, now=clock())
    return after_post(panel, url_for("outbox.panel"))


@bp.post("/outbox/<int:outbox_id>/leave")
@needs(Permission.MANAGE_FEEDBACK)
@redraws(_panel_of)
def leave(outbox_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        outbox_list.leave(session, actor(), outbox_id, form, now=clock())
    return after_post(panel, url_for("outbox.panel"))
