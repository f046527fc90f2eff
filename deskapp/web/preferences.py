"""The preferences panel."""

from flask import Blueprint, Response, url_for

from deskapp.desk import preferences
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, writing
from deskapp.web.panels import after_post
from deskapp.web.seat import needs

bp = Blueprint("preferences", __name__)


@bp.get("/customers/<int:customer_id>/preferences")
@needs(Permission.SEE_CUSTOMERS)
def panel(customer_id: int) -> Response:
    return show_panel("preferences", customer_id)


@bp.post("/customers/<int:customer_id>/preferences")
@needs(Permission.WRITE_MEMORY)
@redraws(panel)
def add(customer_id: int) -> Response:
    form = read(preferences.NewPreference)
    with writing() as session:
        preferences.record(session, actor(), customer_id, form, now=clock())
    return _saved(customer_id)


@bp.post("/preferences/<int:preference_id>/withdraw")
@needs(Permission.WRITE_MEMORY)
def withdraw(preference_id: int) -> Response:
    with writing() as session:
        customer_id = preferences.withdraw(session, actor(), preference_id, now=clock())
    return _saved(customer_id)


def _saved(customer_id: int) -> Response:
    url = url_for("preferences.panel", customer_id=customer_id)
    return after_post(panel, url, "preference-saved", customer_id=customer_id)
