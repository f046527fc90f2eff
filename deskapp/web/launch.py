"""A one-time link opens the desk inside a CRM's frame. No redirect: hosts lose their context on one."""

from flask import Blueprint, Response, g, request

from deskapp.desk import launches, seats
from deskapp.rules.errors import Forbidden
from deskapp.rules.people import Permission
from deskapp.web import customers, deliveries
from deskapp.web.guard import open_to_all
from deskapp.web.here import actor, clock, writing
from deskapp.web.seat import hand_out, lifetimes, occupy
from deskapp.web.sign_in import new_secret

bp = Blueprint("launch", __name__)


@bp.get("/launch/<code>")
@open_to_all
def launch(code: str) -> Response:
    """Uses the link up, so that what merely looks ahead (a prefetch, HEAD) is turned away first."""
    if _looks_ahead():
        raise Forbidden("This link opens when you follow it yourself.")
    with writing() as session:
        launched = launches.consume(session, code, secret=new_secret(), lifetimes=lifetimes(), now=clock())
    occupy(launched.actor, "embed", seats.hash_token(launched.token))
    g.seat_token = launched.token
    response = _first_page(launched.customer_id)
    hand_out(response, launched.token, "embed")
    return response


def _looks_ahead() -> bool:
    purposes = (request.headers.get(name, "").casefold() for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return request.method == "HEAD" or any("prefetch" in purpose or "preview" in purpose for purpose in purposes)


def _first_page(customer_id: int | None) -> Response:
    if not actor().may(Permission.SEE_CUSTOMERS):
        return deliveries.board()
    return customers.home() if customer_id is None else customers.one(customer_id)
