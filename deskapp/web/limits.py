"""What everybody may give, the form that sets it anew, and what a second person says to it."""

from flask import Blueprint, Response, g, request, url_for

from deskapp.desk import agreements, limit_pages, limits
from deskapp.desk.agreements import Answer
from deskapp.desk.inputs import Keyed
from deskapp.desk.limit_forms import NewLimit, Terms
from deskapp.desk.limits import Trial
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws, row_number, sent_form
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("limits", __name__)

_CONFLICT = 409


def terms() -> Terms:
    settings = desk().settings
    return Terms(settings.currency, settings.zone, settings.agree_above_minor)


@bp.get("/limits")
@needs(Permission.SET_LIMITS)
def panel() -> Response:
    with reading() as session:
        view = lambda: limit_pages.panel(session, actor(), terms=terms(), now=clock())  # noqa: E731 - drawn if asked for
        return show("limits", "limits.html", {"limits": view})


def _panel_of(version_id: int, edition_of: str = "") -> Response:  # noqa: ARG001 - drawn again as the whole panel
    return panel()


@bp.get("/limits/new")
@needs(Permission.SET_LIMITS)
def new() -> Response:
    like = request.args.get("from", type=row_number)
    return _form(request.args.get("giver", ""), request.args.get("exception", ""), like=like)


@bp.get("/limits/<int:version_id>/change")
@needs(Permission.SET_LIMITS)
def change(version_id: int) -> Response:
    with reading() as session:
        view = lambda: limit_pages.change_form(session, actor(), version_id, terms=terms(), now=clock())  # noqa: E731
        return show("limit", "limit.html", {"limit": view})


def _form(giver: str, exception: str, trial: Trial | None = None, like: int | None = None) -> Response:
    """After a conflict the form follows the edition that was in its way, and says so."""
    is_fresh = g.get("status") == _CONFLICT
    with reading() as session:
        view = lambda: limit_pages.new_form(  # noqa: E731
            session, actor(), giver, exception, like=like, trial=trial, terms=terms(), now=clock()
        )
        return show("limit", "limit.html", {"limit": view}, is_fresh=is_fresh)


def _typed_again() -> Response:
    return _form(request.form.get("giver", ""), request.form.get("exception", ""))


@bp.post("/limits/try")
@needs(Permission.SET_LIMITS)
@redraws(_typed_again)
def try_out() -> Response:
    form = read(NewLimit)
    with reading() as session:
        trial = limits.try_out(session, actor(), form, terms=terms(), now=clock())
    g.form = sent_form({})
    return _form(form.giver, form.exception, trial)


@bp.post("/limits")
@needs(Permission.SET_LIMITS)
@redraws(_typed_again)
def set_one() -> Response:
    form = read(NewLimit)
    with writing() as session:
        limits.set_limit(session, actor(), form, terms=terms(), now=clock())
    return after_post(panel, url_for("limits.panel"))


@bp.post("/limits/<int:version_id>/stop")
@needs(Permission.SET_LIMITS)
@redraws(_panel_of)
def stop(version_id: int) -> Response:
    key = read(Keyed).form_key
    with writing() as session:
        limits.stop(session, actor(), version_id, form_key=key, terms=terms(), now=clock())
    return after_post(panel, url_for("limits.panel"))


@bp.post("/agreements/<any(limit, budget, receiver):edition_of>/<int:version_id>")
@needs(Permission.SET_LIMITS)
@redraws(_panel_of)
def say(edition_of: str, version_id: int) -> Response:
    is_agreed = read(Answer).is_agreed
    with writing() as session:
        agreements.answer(
            session, actor(), agreements.EditionOf(edition_of), version_id, is_agreed=is_agreed, now=clock()
        )
    return after_post(panel, url_for("limits.panel"))
