"""What each role may give, and the manager's form that sets it anew."""

from flask import Blueprint, Response, url_for

from deskapp.desk import limits
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("limits", __name__)


@bp.get("/limits")
@needs(Permission.SET_LIMITS)
def panel() -> Response:
    with reading() as session:
        return show("limits", "limits.html", {"limits": lambda: limits.panel(session, desk().settings.currency)})


@bp.post("/limits")
@needs(Permission.SET_LIMITS)
@redraws(panel)
def set_one() -> Response:
    form = read(limits.NewLimit)
    settings = desk().settings
    with writing() as session:
        limits.set_limit(session, actor(), form, currency=settings.currency, zone=settings.zone, now=clock())
    return after_post(panel, url_for("limits.panel"))
