"""The customer on the screen around the desk: the page says who, the desk looks them up, and asks where it is not sure."""

from collections.abc import Sequence

from flask import Blueprint, Response, g, make_response, render_template, request, url_for

from deskapp.desk import customers, host_context
from deskapp.desk.host_context import Matched, OnScreen
from deskapp.hosts.launch import Hint
from deskapp.rules.errors import Forbidden
from deskapp.rules.people import Permission
from deskapp.rules.words import say
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, wants_fragment
from deskapp.web.seat import needs

bp = Blueprint("host_context", __name__)

_SAID = ("external_id", "email", "phone", "name", "ticket")


def _unread() -> Response:
    return _ask(OnScreen(Hint(), is_unread=True))


@bp.post("/embed/customer")
@needs(Permission.SEE_CUSTOMERS)
@redraws(_unread)
def customer() -> Response:
    """What the page says proves nothing, so whoever is found is shown as found by it."""
    _ensure_framed()
    return open_hint(read(host_context.Said).hint())


def open_hint(hint: Hint, *, is_proven: bool = False) -> Response:
    """Their page, or the question who is meant. `is_proven`: the host has signed who is on its screen."""
    g.ticket = hint.ticket
    with reading() as session:
        found = host_context.find(session, hint, host=_host(), regions=_regions(), key=desk().signing_key)
    if isinstance(found, Matched):
        return show_panel("detail", found.customer_id, matched="" if is_proven else found.how.value)
    return _ask(found)


def ask_among(ids: Sequence[int]) -> Response:
    """Who of these is meant; a page without anybody where they are all gone."""
    with reading() as session:
        found = host_context.ask_among(session, ids)
    return _ask(found)


def _asked_again() -> Response:
    """With what was typed; who may be meant is looked up anew."""
    g.ticket = request.form.get("ticket", "")
    hint = Hint(**{name: request.form.get(name, "") for name in _SAID})
    with reading() as session:
        found = host_context.find(session, hint, host=_host(), regions=_regions(), key=desk().signing_key)
    return _ask(found if isinstance(found, OnScreen) else OnScreen(hint))


@bp.post("/embed/customer/new")
@needs(Permission.WRITE_MEMORY)
@redraws(_asked_again)
def begin() -> Response:
    _ensure_framed()
    form = read(host_context.NewStub)
    with writing() as session:
        customer_id = host_context.begin(
            session, actor(), form, host=_host(), regions=_regions(), key=desk().signing_key, now=clock()
        )
    g.ticket = form.ticket
    return after_post(
        show_panel, url_for("customers.one", customer_id=customer_id), panel="detail", customer_id=customer_id
    )


def _ask(on_screen: OnScreen) -> Response:
    template = "parts/on_screen.html" if wants_fragment() else "on_screen.html"
    page = render_template(template, on_screen=on_screen, customers=customers.CustomersPanel())
    response = make_response(page, g.get("status", 200))
    response.vary.add("HX-Request")
    return response


def _ensure_framed() -> None:
    if g.get("surface") != "embed":
        raise Forbidden(
            say("This is for the desk inside another system's page. Please search for the customer instead.")
        )


def _host() -> str:
    return str(g.get("host", "") or "host")


def _regions() -> list[str]:
    return desk().settings.guard_regions.split()
