"""When customers are asked how it was, and what is left to do about an answer."""

from flask import Blueprint, Response, g, make_response, redirect, url_for

from deskapp.desk import feedback, feedback_policy, feedback_told
from deskapp.desk.feedback_policy import NewFeedbackPolicy
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws, sent_form
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("feedback", __name__)


@bp.get("/feedback")
@needs(Permission.MANAGE_FEEDBACK)
def panel() -> Response:
    return _show()


def _show(tried: NewFeedbackPolicy | None = None) -> Response:
    means = feedback.means_of(desk().settings)
    with reading() as session:
        return show(
            "feedback",
            "feedback.html",
            {"feedback": lambda: feedback_policy.panel(session, means, now=clock(), tried=tried)},
        )


@bp.post("/feedback")
@needs(Permission.MANAGE_FEEDBACK)
@redraws(panel)
def set_policy() -> Response:
    form = read(NewFeedbackPolicy)
    with writing() as session:
        feedback_policy.set_policy(session, actor(), form, now=clock())
    return after_post(panel, url_for("feedback.panel"))


@bp.post("/feedback/try")
@needs(Permission.MANAGE_FEEDBACK)
@redraws(panel)
def try_policy() -> Response:
    """Shows whom it would have asked, and keeps nothing but what was typed."""
    form = read(NewFeedbackPolicy)
    g.form = sent_form({})
    return _show(form)


@bp.post("/feedback/<int:ask_id>/seen")
@needs(Permission.WRITE_MEMORY)
def see_to(ask_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        feedback_told.see_to(session, actor(), ask_id, now=clock())
    return make_response(redirect("/today", 303))
