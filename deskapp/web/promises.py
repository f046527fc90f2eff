"""The promises panel."""

from flask import Blueprint, Response, url_for

from deskapp.desk import delays, promises
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, today, writing
from deskapp.web.panels import after_post
from deskapp.web.seat import needs

bp = Blueprint("promises", __name__)


@bp.get("/customers/<int:customer_id>/promises")
@needs(Permission.SEE_CUSTOMERS)
def panel(customer_id: int) -> Response:
    return show_panel("promises", customer_id)


def _panel_of(promise_id: int) -> Response:
    with reading() as session:
        customer_id = promises.customer_of(session, promise_id)
    return show_panel("promises", customer_id)


def _panel_of_delay(delivery_id: int) -> Response:
    with reading() as session:
        customer_id = delays.customer_of(session, delivery_id)
    return show_panel("promises", customer_id)


@bp.post("/customers/<int:customer_id>/promises")
@needs(Permission.WRITE_MEMORY)
@redraws(panel)
def add(customer_id: int) -> Response:
    form = read(promises.NewPromise)
    with writing() as session:
        promises.make(session, actor(), customer_id, form, now=clock())
    return _saved(customer_id)


@bp.post("/promises/<int:promise_id>/keep")
@needs(Permission.WRITE_MEMORY)
def keep(promise_id: int) -> Response:
    with writing() as session:
        customer_id = promises.keep(session, actor(), promise_id, now=clock())
    return _saved(customer_id)


@bp.post("/promises/<int:promise_id>/drop")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of)
def drop(promise_id: int) -> Response:
    form = read(promises.NotKept)
    with writing() as session:
        customer_id = promises.drop(session, actor(), promise_id, form, now=clock())
    return _saved(customer_id)


@bp.post("/promises/<int:promise_id>/told")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of)
def tell(promise_id: int) -> Response:
    with writing() as session:
        customer_id = promises.tell(session, actor(), promise_id, now=clock())
    return _saved(customer_id)


@bp.post("/promises/<int:promise_id>/hand")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of)
def hand(promise_id: int) -> Response:
    form = read(promises.HandTo)
    with writing() as session:
        customer_id = promises.hand(session, actor(), promise_id, form, now=clock())
    return _saved(customer_id)


@bp.post("/delays/<int:delivery_id>/told")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of_delay)
def tell_delay(delivery_id: int) -> Response:
    with writing() as session:
        customer_id = delays.tell(session, actor(), delivery_id, today=today(), now=clock())
    return _saved(customer_id)


@bp.post("/delays/<int:delivery_id>/untold")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of_delay)
def untell_delay(delivery_id: int) -> Response:
    with writing() as session:
        customer_id = delays.untell(session, actor(), delivery_id, now=clock())
    return _saved(customer_id)


def _saved(customer_id: int) -> Response:
    url = url_for("promises.panel", customer_id=customer_id)
    return after_post(panel, url, customer_id=customer_id)
