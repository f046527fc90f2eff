"""Finding a customer, and the customer's page: the list beside the detail, and in the detail every panel."""

from collections.abc import Callable
from functools import cache

from flask import Blueprint, Response, make_response, redirect, request
from sqlmodel import Session

from deskapp.desk import (
    card_history,
    customers,
    limits,
    notes,
    preferences,
    privacy,
    problems,
    promises,
    proposals,
    requests,
    visits,
)
from deskapp.desk.remembered import Views
from deskapp.rules.people import Permission
from deskapp.web import suggesting
from deskapp.web.here import actor, clock, desk, reading, today, zone
from deskapp.web.panels import show
from deskapp.web.seat import needs, needs_seat
from deskapp.web.sifting import SIFTED, sift
from deskapp.web.sign_in import landing
from deskapp.web.viewing import opened

bp = Blueprint("customers", __name__)

TABS = ("notes", "preferences", "requests", "orders", "cards", "privacy")
_NEVER_KEPT = (
    "requests",
    "privacy",
)  # who looked is in no audit, and what became of one is decided on the board, for many customers at once
_QUERY_LENGTH = 200
_TOLD_ONCE = ("form_key", "offer", *SIFTED)  # the outcome of a form, what was chosen, and which notes are asked for


def show_panel(panel: str, customer_id: int, *, matched: str = "") -> Response:
    """`panel` alone for htmx, else the page with all of them; what has not changed since it was last drawn is not asked for.

    `matched`: by what another system's page named this customer, where it did not prove it.
    """
    tab = panel if panel in TABS else TABS[0]
    with reading() as session:
        known = desk().remembered.views(session, actor(), customer_id, today(), clock().date())
        if any(name in request.values for name in _TOLD_ONCE):
            known = {}
        loaders = {name: _once(known, name, load) for name, load in _loaders(session, customer_id, tab).items()}
        holds = [name for name in loaders if name != "customers"] if panel == "detail" else []
        response = show(panel, "customer.html", loaders, holds=holds, tab=tab, matched=matched)
    opened(customer_id)
    return response


def _once(known: Views, name: str, load: Callable[[], object]) -> Callable[[], object]:
    def view() -> object:
        if name not in known or name in _NEVER_KEPT:
            known[name] = load()
        return known[name]

    return view


def _asked_for() -> str:
    return request.form.get("topic") or request.form.get("words", "")


def _loaders(session: Session, customer_id: int, tab: str) -> dict[str, Callable[[], object]]:
    """In the order of the page; of the tabs only the one that is open."""
    tabs: dict[str, Callable[[], object]] = {
        "notes": lambda: notes.panel(
            session,
            actor(),
            customer_id,
            today=today(),
            zone=zone(),
            sift=sift(),
            asked_item=request.form.get("item", ""),
        ),
        "preferences": lambda: preferences.panel(
            session, customer_id, asked=request.form.get("item", ""), today=today()
        ),
        "requests": lambda: requests.panel(session, customer_id, asked=_asked_for(), now=clock()),
        "orders": lambda: customers.orders(session, customer_id),
        "cards": lambda: card_history.panel(session, customer_id),
        "privacy": lambda: privacy.panel(
            session, actor(), customer_id, page=request.args.get("page", ""), today=today(), now=clock()
        ),
    }
    # two panels show it, with the promises between them
    person = cache(lambda: customers.panel(session, customer_id, today=today()))
    return {
        "customers": customers.CustomersPanel,
        "customer": person,
        "promises": lambda: promises.panel(session, customer_id, today=today()),
        "facts": person,
        "visits": lambda: visits.panel(session, customer_id, today=today()),
        "last_order": lambda: customers.last_order(session, customer_id),
        "problems": lambda: problems.panel(session, customer_id),
        "plus_one": lambda: suggesting.load(session, customer_id),
        "proposals": lambda: proposals.panel(session, customer_id),
        tab: tabs[tab],
    }


@bp.get("/")
@needs_seat
def home() -> Response:
    """Where everybody starts: whom the door alone concerns is sent there."""
    if not actor().may(Permission.SEE_CUSTOMERS):
        return make_response(redirect(landing(actor()), 303))
    return _show_start("")


@bp.post("/customers/find")
@needs(Permission.SEE_CUSTOMERS)
def find() -> Response:
    """A POST, so that nobody's name stands in a URL, a history or a log."""
    query = request.form.get("q", "")[:_QUERY_LENGTH].strip()
    return _show_start(query)


def _show_start(query: str) -> Response:
    """Found customers, and beside them, on a whole page, what the actor may still give today."""
    with reading() as session:
        loaders: dict[str, Callable[[], object]] = {
            "customers": lambda: customers.find(session, query),
            "budget": lambda: limits.left(session, actor(), None, now=clock()),
        }
        return show("customers", "customers.html", loaders)


@bp.get("/customers/<int:customer_id>")
@needs(Permission.SEE_CUSTOMERS)
def one(customer_id: int) -> Response:
    return show_panel("detail", customer_id)


@bp.get("/customers/<int:customer_id>/summary")
@needs(Permission.SEE_CUSTOMERS)
def summary(customer_id: int) -> Response:
    return show_panel("customer", customer_id)


@bp.get("/customers/<int:customer_id>/facts")
@needs(Permission.SEE_CUSTOMERS)
def facts(customer_id: int) -> Response:
    return show_panel("facts", customer_id)


@bp.get("/customers/<int:customer_id>/orders")
@needs(Permission.SEE_CUSTOMERS)
def orders(customer_id: int) -> Response:
    return show_panel("orders", customer_id)
