"""Today: the page a day is started with, and what can be ticked off on it."""

from flask import Blueprint, Response, url_for

from deskapp.desk import delays, promises, visits
from deskapp.desk import today as days
from deskapp.rules.people import Permission
from deskapp.web.forms import redraws
from deskapp.web.here import actor, clock, reading, today, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("today", __name__)


@bp.get("/today")
@needs(Permission.SEE_CUSTOMERS)
def panel() -> Response:
    with reading() as session:
        loaders = {"today": lambda: days.panel(session, actor(), today=today(), now=clock())}
        return show("today", "today.html", loaders)


def _redrawn(**_asked: int) -> Response:
    return panel()


@bp.post("/today/promises/<int:promise_id>/kept")
@needs(Permission.WRITE_MEMORY)
def keep(promise_id: int) -> Response:
    with writing() as session:
        promises.keep(session, actor(), promise_id, now=clock())
    return _done()


@bp.post("/today/visits/<int:visit_id>/came")
@needs(Permission.WRITE_MEMORY)
def come(visit_id: int) -> Response:
    with writing() as session:
        visits.come(session, actor(), visit_id, now=clock())
    return _done()


@bp.post("/today/visits/<int:visit_id>/missed")
@needs(Permission.WRITE_MEMORY)
def miss(visit_id: int) -> Response:
    with writing() as session:
        visits.miss(session, actor(), visit_id, now=clock())
    return _done()


@bp.post("/today/delays/<int:delivery_id>/told")
@needs(Permission.WRITE_MEMORY)
@redraws(_redrawn)
def tell_delay(delivery_id: int) -> Response:
    with writing() as session:
        delays.tell(session, actor(), delivery_id, today=today(), now=clock())
    return _done()


@bp.post("/today/delays/<int:delivery_id>/untold")
@needs(Permission.WRITE_MEMORY)
@redraws(_redrawn)
def untell_delay(delivery_id: int) -> Response:
    with writing() as session:
        delays.untell(session, actor(), delivery_id, now=clock())
    return _done()


def _done() -> Response:
    return after_post(panel, url_for("today.panel"))
