"""Shared tablets: the page that lists them, changing to oneself by PIN, and the lock."""

import hashlib
import hmac

import structlog
from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request, url_for

from deskapp.desk import pins, seats, tablets
from deskapp.desk.inputs import Keyed
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Permission
from deskapp.web import tablet_cookie
from deskapp.web.forms import read, redraws
from deskapp.web.guard import open_to_all
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, leave_for, show
from deskapp.web.seat import hand_out, lifetimes, needs, needs_seat, sent_cookies, sent_tokens, take_back
from deskapp.web.sign_in import landing, new_secret, own_path

bp = Blueprint("tablets", __name__)
log = structlog.get_logger()


def install_tablets(app: Flask) -> None:
    app.register_blueprint(bp)
    app.context_processor(lambda: {"tablet_lock_minutes": _lock_minutes()})


def _lock_minutes() -> int | None:
    """Of the seat that asks, None where that is on no shared tablet."""
    return desk().settings.tablet_lock_minutes if g.get("tablet_id") is not None else None


# --- the page -------------------------------------------------------------------------------------------------------


@bp.get("/tablets")
@needs(Permission.MANAGE_TABLETS)
def panel() -> Response:
    with reading() as session:
        return show("tablets", "tablets.html", {"tablets": lambda: tablets.panel(session, tablet_cookie.sent())})


@bp.post("/tablets")
@needs(Permission.MANAGE_TABLETS)
@redraws(panel)
def enrol() -> Response:
    """The whole page is asked for anew: its bar is another one on a shared tablet."""
    form = read(tablets.NewTablet)
    with writing() as session:
        token = tablets.enrol(
            session,
            actor(),
            form,
            secret=_secret_of(form.form_key),
            seat_hash=g.seat_hash,
            here=tablet_cookie.sent(),
            now=clock(),
        )
    response = make_response(redirect(url_for("tablets.panel"), 303))
    tablet_cookie.hand_out(response, token)
    return response


def _secret_of(form_key: str) -> str:
    """The same for a second tap, whose answer is the one that the browser waits for."""
    said = f"tablet:{actor().staff_id}:{form_key}"
    return hmac.new(desk().signing_key, said.encode(), hashlib.sha256).hexdigest()


def _panel_of(tablet_id: int) -> Response:  # noqa: ARG001 - drawn again as the whole panel
    return panel()


@bp.post("/tablets/<int:tablet_id>/revoke")
@needs(Permission.MANAGE_TABLETS)
@redraws(_panel_of)
def revoke(tablet_id: int) -> Response:
    """Whoever revokes the tablet that they sit at is out with it, and the browser is sent to the door."""
    read(Keyed)
    with writing() as session:
        is_here = tablets.find_id(session, tablet_cookie.sent()) == tablet_id
        tablets.revoke(session, actor(), tablet_id, now=clock())
    if not is_here:
        return after_post(panel, url_for("tablets.panel"))
    response = leave_for(url_for("sign_in.door"))
    take_back(response)
    tablet_cookie.take_back(response)
    return response


# --- changing and locking -------------------------------------------------------------------------------------------


@bp.get("/change")
@open_to_all
def door() -> Response:
    """Names and a PIN; the door for names and passwords wherever else it is asked for."""
    wanted, is_locked = request.args.get("next", ""), "next" in request.args
    with reading() as session:
        found = tablets.door(session, tablet_cookie.sent(), sent_cookies(), is_locked=is_locked, now=clock())
    if found is None:
        return make_response(redirect(url_for("sign_in.door", next=wanted or None), 303))
    return make_response(render_template("change.html", door=found, next=wanted), g.get("status", 200))


@bp.post("/change")
@open_to_all
@redraws(door)
def change() -> Response:
    """Another person's page is never gone back to."""
    form, now, token = read(tablets.Change), clock(), tablet_cookie.sent()
    with writing() as session:
        knock = tablets.knock(session, token, form.who, signing_key=desk().signing_key, now=now)
    _prove(knock, form.pin)
    with writing() as session:
        changed = tablets.change(
            session, token, knock, sent_cookies(), secret=new_secret(), lifetimes=lifetimes(), now=now
        )
    before = own_path(form.next) if changed.was_here else ""
    response = make_response(redirect(before or landing(changed.actor), 303))
    hand_out(response, changed.token, "page")
    tablet_cookie.hand_out(response, token)
    return response


def _prove(knock: pins.PinKnock, pin: str) -> None:
    try:
        pins.prove(knock, pin, signing_key=desk().signing_key)
    except Invalid:
        log.warning("pin-refused", is_known=knock.stored is not None, request_id=g.request_id)
        raise


@bp.post("/lock")
@needs_seat
def lock() -> Response:
    """The cookie stays: it opens nothing any more, but says whose page this was, should the same person come back."""
    with writing() as session:
        for token in sent_tokens():
            seats.leave(session, token, now=clock())
    before = own_path(request.form.get("next", ""))
    return make_response(redirect(url_for("tablets.door", next=before or "/"), 303))


@bp.get("/still-here")
@needs_seat
def still_here() -> Response:
    """A use of the seat: a page on a shared tablet asks while somebody reads or types on it."""
    return Response(status=204)
