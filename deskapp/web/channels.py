"""The page on which the shop says where it talks with people."""

from flask import Blueprint, Response, url_for

from deskapp.desk import channels
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("channels", __name__)


@bp.get("/channels")
@needs(Permission.MANAGE_CHANNELS)
def panel() -> Response:
    with reading() as session:
        return show("channels", "channels.html", {"channels": lambda: channels.panel(session)})


def _panel_of(code: str, **_: object) -> Response:
    """Drawn again after a form that could not be taken; NotFound where there is no such channel."""
    with reading() as session:
        channels.make_sure_there_is(session, code)
    return panel()


@bp.post("/channels")
@needs(Permission.MANAGE_CHANNELS)
@redraws(panel)
def add() -> Response:
    form = read(channels.NewChannel)
    with writing() as session:
        channels.add(session, actor(), form, now=clock())
    return after_post(panel, url_for("channels.panel"))


@bp.post("/channels/<code>")
@needs(Permission.MANAGE_CHANNELS)
@redraws(_panel_of)
def reword(code: str) -> Response:
    form = read(channels.NewChannel)
    with writing() as session:
        channels.reword(session, actor(), code, form, now=clock())
    return after_post(panel, url_for("channels.panel"))


@bp.post("/channels/<code>/<any(up, down, retire, return):step>")
@needs(Permission.MANAGE_CHANNELS)
@redraws(_panel_of)
def take(code: str, step: str) -> Response:
    form = read(Keyed)
    with writing() as session:
        channels.take(session, actor(), code, channels.Step(step), form, now=clock())
    return after_post(panel, url_for("channels.panel"))
