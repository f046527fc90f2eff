"""Who is expected: the panel on a customer's page."""

from flask import Blueprint, Response, url_for

from deskapp.desk import visits
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, today, writing
from deskapp.web.panels import after_post
from deskapp.web.seat import needs

bp = Blueprint("visits", __name__)


@bp.get("/customers/<int:customer_id>/visits")
@needs(Permission.SEE_CUSTOMERS)
def panel(customer_id: int) -> Response:
    return show_panel("visits", customer_id)


def _panel_of(visit_id: int) -> Response:
    with reading() as session:
        customer_id = visits.customer_of(session, visit_id)
    return show_panel("visits", customer_id)


@bp.post("/customers/<int:customer_id>/visits")
@needs(Permission.WRITE_MEMORY)
@redraws(panel)
def add(customer_id: int) -> Response:
    form = read(visits.NewVisit)
    with writing() as session:
        visits.expect(session, actor(), customer_id, form, today=today(), now=clock())
    return _saved(customer_id)


@bp.post("/visits/<int:visit_id>/came")
@needs(Permission.WRITE_MEMORY)
def come(visit_id: int) -> Response:
    with writing() as session:
        customer_id = visits.come(session, actor(), visit_id, now=clock())
    return _saved(customer_id)


@bp.post("/visits/<int:visit_id>/missed")
@needs(Permission.WRITE_MEMORY)
def miss(visit_id: int) -> Response:
    with writing() as session:
        customer_id = visits.miss(session, actor(), visit_id, now=clock())
    return _saved(customer_id)


@bp.post("/visits/<int:visit_id>/moved")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of)
def move(visit_id: int) -> Response:
    form = read(visits.Moved)
    with writing() as session:
        customer_id = visits.move(session, actor(), visit_id, form, today=today(), now=clock())
    return _saved(customer_id)


def _saved(customer_id: int) -> Response:
    url = url_for("visits.panel", customer_id=customer_id)
    return after_post(panel, url, customer_id=customer_id)
