"""The door: signing in by name and password, and out again."""

import secrets

import structlog
from flask import Blueprint, Response, g, make_response, redirect, render_template, request

from deskapp.desk import seats, sign_in, tablets
from deskapp.desk.inputs import Input
from deskapp.desk.staff import TypedPassword
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import say
from deskapp.web import tablet_cookie
from deskapp.web.errors import answer
from deskapp.web.forms import read, redraws
from deskapp.web.guard import open_to_all
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.seat import HEADER, hand_out, lifetimes, needs_seat, sent_tokens, take_back

bp = Blueprint("sign_in", __name__)
log = structlog.get_logger()

_LONGEST = 200
_SECRET_BYTES = 32


class SignIn(Input):
    username: str
    password: TypedPassword
    next: str = ""


@bp.get("/sign-in")
@open_to_all
def door() -> Response:
    is_framed = request.headers.get("Sec-Fetch-Dest") == "iframe" or HEADER in request.headers
    with reading() as session:
        is_tablet = tablets.find_id(session, tablet_cookie.sent()) is not None
    page = render_template("sign_in.html", next=request.args.get("next", ""), is_framed=is_framed, is_tablet=is_tablet)
    return make_response(page, g.get("status", 200))


@bp.post("/sign-in")
@open_to_all
@redraws(door)
def enter() -> Response:
    form, now = read(SignIn), clock()
    with writing() as session:
        knock = sign_in.knock(session, form.username[:_LONGEST], address(), signing_key=desk().signing_key, now=now)
    keep = compared(knock, form.password[:_LONGEST])
    with writing() as session:
        for token in sent_tokens():  # whoever sat here before, by whatever cookie, does not any more
            seats.leave(session, token, now=now)
        on = tablets.find_id(session, tablet_cookie.sent())
        entered = sign_in.enter(session, knock, keep, secret=new_secret(), lifetimes=lifetimes(), now=now, tablet_id=on)
    response = make_response(redirect(own_path(form.next) or landing(entered.actor), 303))
    hand_out(response, entered.token, "page")
    return response


def compared(knock: sign_in.Knock, password: str) -> str:
    try:
        return sign_in.compare(knock, password)
    except Invalid:
        log.warning("sign-in-refused", is_known=knock.stored is not None, request_id=g.request_id)
        raise


@bp.post("/sign-out")
@needs_seat
def leave() -> Response:
    with writing() as session:
        for token in sent_tokens():
            seats.leave(session, token, now=clock())
    return outside()


@bp.post("/sign-out/everywhere")
@needs_seat
def leave_everywhere() -> Response:
    with writing() as session:
        seats.leave_all(session, actor(), actor().staff_id, now=clock())
    return outside()


def outside() -> Response:
    """A frame is told as when its seat ends by itself: it covers the page, and a form would be of no use there."""
    if HEADER in request.headers:
        response = answer(say("You are signed out here. Please open the desk again from where you opened it."), 401)
    else:
        response = make_response(redirect("/change" if tablet_cookie.sent() else "/sign-in", 303))
    take_back(response)
    return response


def new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def address() -> str:
    return request.remote_addr or ""


def landing(actor: Actor) -> str:
    return "/" if actor.may(Permission.SEE_CUSTOMERS) else "/deliveries"


def own_path(path: str) -> str:
    r"""The path if it leads back into the desk, else "": browsers read `//host`, `/\host` and `/<tab>/host` as another site."""
    is_plain = path.isprintable() and "\\" not in path and not path.startswith("//")
    return path if path.startswith("/") and is_plain and not path.startswith("/sign-") else ""
