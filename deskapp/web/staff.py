"""The page on which an admin says who works here, and as what."""

from flask import Blueprint, Response, url_for

from deskapp.desk import passwords, staff
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import lifetimes, needs

bp = Blueprint("staff", __name__)


@bp.get("/staff")
@needs(Permission.MANAGE_STAFF)
def panel() -> Response:
    with reading() as session:
        return show("staff", "staff.html", {"staff": lambda: staff.panel(session, lifetimes=lifetimes(), now=clock())})


def _panel_of(staff_id: int) -> Response:  # noqa: ARG001 - views with an id are drawn again as the whole panel
    return panel()


def _done() -> Response:
    return after_post(panel, url_for("staff.panel"))


@bp.post("/staff")
@needs(Permission.MANAGE_STAFF)
@redraws(panel)
def add() -> Response:
    form = read(staff.NewStaff)
    password_hash = passwords.hash_password(form.password)
    with writing() as session:
        staff.add(session, actor(), form, password_hash=password_hash, now=clock())
    return _done()


@bp.post("/staff/<int:staff_id>/role")
@needs(Permission.MANAGE_STAFF)
@redraws(_panel_of)
def set_role(staff_id: int) -> Response:
    form = read(staff.NewRole)
    with writing() as session:
        staff.set_role(session, actor(), staff_id, form.role, now=clock())
    return _done()


@bp.post("/staff/<int:staff_id>/team")
@needs(Permission.MANAGE_STAFF)
@redraws(_panel_of)
def set_team(staff_id: int) -> Response:
    form = read(staff.NewTeam)
    with writing() as session:
        staff.set_team(session, actor(), staff_id, form.team, now=clock())
    return _done()


@bp.post("/staff/<int:staff_id>/disable")
@needs(Permission.MANAGE_STAFF)
@redraws(_panel_of)
def disable(staff_id: int) -> Response:
    form = read(staff.Leaving)
    with writing() as session:
        staff.disable(session, actor(), staff_id, to=form.to, now=clock())
    return _done()


@bp.post("/staff/<int:staff_id>/hand-over")
@needs(Permission.MANAGE_STAFF)
@redraws(_panel_of)
def hand_over(staff_id: int) -> Response:
    form = read(staff.Leaving)
    with writing() as session:
        staff.hand_over(session, actor(), staff_id, form, now=clock())
    return _done()


@bp.post("/staff/<int:staff_id>/enable")
@needs(Permission.MANAGE_STAFF)
@redraws(_panel_of)
def enable(staff_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        staff.enable(session, actor(), staff_id, now=clock())
    return _done()


@bp.post("/staff/<int:staff_id>/password")
@needs(Permission.MANAGE_STAFF)
@redraws(_panel_of)
def set_password(staff_id: int) -> Response:
    form = read(staff.NewPassword)
    password_hash = passwords.hash_password(form.password)
    with writing() as session:
        staff.set_password(session, actor(), staff_id, password_hash, now=clock())
    return _done()


@bp.post("/staff/<int:staff_id>/sign-out")
@needs(Permission.MANAGE_STAFF)
@redraws(_panel_of)
def sign_out(staff_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        staff.sign_out_everywhere(session, actor(), staff_id, now=clock())
    return _done()
