"""The search over all notes. A POST, so that nobody's words stand in an address, a history or a log."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from deskapp.desk import search
from deskapp.desk.search import Search
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, desk, reading, today
from deskapp.web.panels import show
from deskapp.web.seat import needs
from deskapp.web.viewing import opened

bp = Blueprint("search", __name__)

_DIGITS = 18  # that no row's number exceeds


@bp.get("/search")
@needs(Permission.SEE_CUSTOMERS)
def page() -> Response:
    """The form; `?customer=17` searches that customer's notes alone."""
    customer = request.args.get("customer", "") or request.form.get("customer", "")
    return _show(Search(customer=int(customer)) if customer.isdecimal() and len(customer) <= _DIGITS else Search())


@bp.post("/search")
@needs(Permission.SEE_CUSTOMERS)
@redraws(page)
def find() -> Response:
    return _show(read(Search))


def _show(asked: Search) -> Response:
    zone = ZoneInfo(desk().settings.zone)
    with reading() as session:
        found = search.panel(session, actor(), asked, zone=zone, today=today())
        response = show("search", "search.html", {"search": lambda: found})
    for customer_id in dict.fromkeys(hit.customer_id for hit in found.hits or ()):
        opened(customer_id, "note")
    return response
