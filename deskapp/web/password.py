"""A new password of one's own, by whoever knows the present one."""

from flask import Blueprint, Response, g, make_response, render_template

from deskapp.desk import passwords, sign_in
from deskapp.desk.inputs import Keyed
from deskapp.desk.staff import TypedPassword, checked_password
from deskapp.rules.errors import Invalid
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
    return make_response(render_template("password.html"), g.get("status", 200))


@bp.post("/password")
@needs_seat
@redraws(page)
def change() -> Response:
    form, who, now = read(OwnPassword), actor(), clock()
    _check(form.password)
    with writing() as session:
        knock = sign_in.knock(session, who.username, address(), signing_key=desk().signing_key, now=now)
    _prove(knock, form.current)
    password_hash = passwords.hash_password(form.password)
    with writing() as session:
        sign_in.renew(session, who, knock, password_hash, now=now)
    return outside()


def _check(password: str) -> None:
    try:
        checked_password(password, actor().username, actor().name)
    except ValueError as error:
        raise Invalid({"password": str(error)}) from None


def _prove(knock: sign_in.Knock, password: str) -> None:
    """A seat left open on a shared tablet must not be enough to lock its owner out."""
    try:
        compared(knock, password)
    except Invalid:
        raise Invalid({"current": "This is not your present password."}) from None
