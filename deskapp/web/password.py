"""A new password or PIN of one's own, by whoever knows the present password; and how the desk looks to oneself."""

from datetime import datetime

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from deskapp.desk import look, passwords, pins, sign_in
from deskapp.desk.inputs import Keyed
from deskapp.desk.look import NewLook
from deskapp.desk.staff import TypedPassword, checked_password
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, desk, writing
from deskapp.web.seat import needs_seat
from deskapp.web.sign_in import address, compared, outside

bp = Blueprint("password", __name__)


class OwnPassword(Keyed):
    current: TypedPassword
    password: TypedPassword


@bp.get("/password")
@needs_seat
def page() -> Response:
    return make_response(render_template("password.html", just_set=request.args.get("set", "")), g.get("status", 200))


@bp.post("/password")
@needs_seat
@redraws(page)
def change() -> Response:
    form, who, now = read(OwnPassword), actor(), clock()
    _check(form.password)
    knock = _proved(who, form.current, now)
    password_hash = passwords.hash_password(form.password)
    with writing() as session:
        sign_in.renew(session, who, knock, password_hash, now=now)
    return outside()


@bp.post("/pin")
@needs_seat
@redraws(page)
def set_pin() -> Response:
    """Seats stay."""
    form, who, now = read(pins.NewPin), actor(), clock()
    knock = _proved(who, form.current, now)
    pin_hash = pins.hash_pin(form.pin, signing_key=desk().signing_key)
    with writing() as session:
        pins.set_pin(session, who, knock, pin_hash, now=now)
    return make_response(redirect(url_for("password.page", set="pin"), 303))


@bp.post("/look")
@needs_seat
@redraws(page)
def choose_look() -> Response:
    form = read(NewLook)
    with writing() as session:
        look.choose(session, actor(), form)
    return make_response(redirect(url_for("password.page", set="look"), 303))


def _check(password: str) -> None:
    try:
        checked_password(password, actor().username, actor().name)
    except ValueError as error:
        raise Invalid({"password": str(error)}) from None


def _proved(who: Actor, password: str, now: datetime) -> sign_in.Knock:
    """A seat left open on a shared tablet must not be enough to lock its owner out, or to decide in their name."""
    with writing() as session:
        knock = sign_in.knock(session, who.username, address(), signing_key=desk().signing_key, now=now)
    try:
        compared(knock, password)
    except Invalid:
        raise Invalid({"current": say("This is not your present password.")}) from None
    return knock
