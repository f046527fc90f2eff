"""How good the suggestions are, for whom, and how the model in service came there."""

from flask import Blueprint, Response

from deskapp.desk import models
from deskapp.rules.people import Permission
from deskapp.web.here import desk, reading
from deskapp.web.panels import show
from deskapp.web.seat import needs

bp = Blueprint("model", __name__)


@bp.get("/model")
@needs(Permission.SEE_MODEL)
def panel() -> Response:
    with reading() as session:
        problem = desk().shelf.find_problem(session)
        return show("report", "model.html", {"report": lambda: models.page(session)}, problem=problem)
