"""The panel of preferences and dates."""

from flask import Blueprint, Response, url_for

from deskapp.desk import preferences
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post
from deskapp.web.seat import needs

bp = Blueprint("preferences", __name__)


@bp.get("/customers/<int:customer_id>/preferences")
@needs(Permission.SEE_CUSTOMERS)
def panel(customer_id: int) -> Response:
    return show_panel("preferences", customer_id)


def _panel_of(preference_id: int) -> Response:
    with reading() as session:
        customer_id = preferences.customer_of(session, preference_id)
    return show_panel("preferences", customer_id)


@bp.post("/customers/<int:customer_id>/preferences")
@needs(Permission.WRITE_MEMORY)
@redraws(panel)
def add(customer_id: int) -> Response:
    form = read(preferences.NewPreference)
    with writing() as session:
        preferences.record(session, actor(), customer_id, form, now=clock())
    return saved(customer_id)


@bp.post("/preferences/<int:preference_id>/change")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of)
def change(preference_id: int) -> Response:
    form = read(preferences.ChangedPreference)
    with writing() as session:
        customer_id = preferences.change(session, actor(), preference_id, form, now=clock())
    return saved(customer_id)


@bp.post("/preferences/<int:preference_id>/confirm")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of)
def confirm(preference_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        customer_id = preferences.confirm(session, actor(), preference_id, form, now=clock())
    return saved(customer_id)


@bp.post("/preferences/<int:preference_id>/withdraw")
@needs(Permission.WRITE_MEMORY)
def withdraw(preference_id: int) -> Response:
    with writing() as session:
        customer_id = preferences.withdraw(session, actor(), preference_id, now=clock())
    return saved(customer_id)


def saved(customer_id: int) -> Response:
    url = url_for("preferences.panel", customer_id=customer_id)
    return after_post(panel, url, "preference-saved", customer_id=customer_id)
