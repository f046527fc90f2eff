"""What the shop hides, pins and boosts, and until when."""

from flask import Blueprint, Response, request, url_for

from deskapp.desk import steering
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, today, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("steering", __name__)


@bp.get("/steering")
@needs(Permission.STEER)
def panel() -> Response:
    """Drawn again after a form that could not be taken, it offers the items that may have been meant."""
    asked = request.form.get("item", "")
    with reading() as session:
        return show(
            "steering", "steering.html", {"steering": lambda: steering.panel(session, asked=asked, today=today())}
        )


def _panel_of(steering_id: int) -> Response:  # noqa: ARG001 - drawn again as the whole panel
    return panel()


@bp.post("/steering")
@needs(Permission.STEER)
@redraws(panel)
def put() -> Response:
    form = read(steering.NewSteering)
    with writing() as session:
        steering.put(session, actor(), form, today=today(), now=clock())
    return after_post(_fresh, url_for("steering.panel"))


@bp.post("/steering/<int:steering_id>/withdraw")
@needs(Permission.STEER)
@redraws(_panel_of)
def withdraw(steering_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        steering.withdraw(session, actor(), steering_id, now=clock())
    return after_post(panel, url_for("steering.panel"))


def _fresh() -> Response:
    """What was typed has been taken; nothing is asked any more."""
    with reading() as session:
        return show("steering", "steering.html", {"steering": lambda: steering.panel(session, today=today())})
