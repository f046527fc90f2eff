"""The panel of what went wrong."""

from flask import Blueprint, Response, url_for

from deskapp.desk import problems
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, writing
from deskapp.web.panels import after_post
from deskapp.web.seat import needs

bp = Blueprint("problems", __name__)


@bp.get("/customers/<int:customer_id>/problems")
@needs(Permission.SEE_CUSTOMERS)
def panel(customer_id: int) -> Response:
    return show_panel("problems", customer_id)


@bp.post("/customers/<int:customer_id>/problems")
@needs(Permission.WRITE_MEMORY)
@redraws(panel)
def note(customer_id: int) -> Response:
    form = read(problems.NewProblem)
    with writing() as session:
        problems.note(session, actor(), customer_id, form, now=clock())
    return _saved(customer_id)


@bp.post("/problems/<int:problem_id>/solved")
@needs(Permission.WRITE_MEMORY)
def solve(problem_id: int) -> Response:
    with writing() as session:
        customer_id = problems.solve(session, actor(), problem_id, now=clock())
    return _saved(customer_id)


def _saved(customer_id: int) -> Response:
    url = url_for("problems.panel", customer_id=customer_id)
    return after_post(panel, url, "problem-saved", customer_id=customer_id)
