"""What the guard looks for, what becomes of it in this shop, and a text to try it on."""

from flask import Blueprint, Response, g, url_for

from deskapp.desk import guard_policy
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws, sent_form
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("guarding", __name__)


@bp.get("/guard")
@needs(Permission.MANAGE_GUARD)
def panel(tried: str = "") -> Response:
    with reading() as session:
        return show(
            "guarding", "guarding.html", {"guarding": lambda: guard_policy.panel(session, tried=tried, now=clock())}
        )


@bp.post("/guard/policy")
@needs(Permission.MANAGE_GUARD)
@redraws(panel)
def put() -> Response:
    form = read(guard_policy.NewPolicy)
    with writing() as session:
        guard_policy.put(session, actor(), form, now=clock())
    return after_post(panel, url_for("guarding.panel"))


@bp.post("/guard/try")
@needs(Permission.MANAGE_GUARD)
@redraws(panel)
def try_out() -> Response:
    """By POST, so that the text stands in no address; nothing is kept and nothing is logged."""
    form = read(guard_policy.Trial)
    g.form = sent_form({})  # the text stays in its field
    return panel(form.text)
