"""The brief, on the screen and on paper; one of a customer, or all those of today."""

from flask import Blueprint, Response, make_response, render_template
from sqlmodel import Session

from deskapp.desk import brief as briefs
from deskapp.desk.brief import Shop
from deskapp.rules.people import Permission
from deskapp.web.here import actor, clock, desk, reading, today, zone
from deskapp.web.panels import show
from deskapp.web.seat import needs
from deskapp.web.viewing import opened, opened_all

bp = Blueprint("brief", __name__)


def _shop(session: Session) -> Shop:
    return Shop(desk().shelf.stand(session), zone(), today())


@bp.get("/customers/<int:customer_id>/brief")
@needs(Permission.SEE_CUSTOMERS)
def one(customer_id: int) -> Response:
    with reading() as session:
        view = briefs.one(session, actor(), customer_id, shop=_shop(session), now=clock())
        response = show("brief", "brief.html", {"brief": lambda: view})
    opened(customer_id, "brief")
    return response


@bp.get("/today/briefs")
@needs(Permission.SEE_CUSTOMERS)
def of_today() -> Response:
    """To print in one go. That they were looked at is noted of everybody whose brief is on it."""
    with reading() as session:
        sheet = briefs.of_today(session, actor(), shop=_shop(session), now=clock())
    opened_all((brief.customer_id for _, brief in sheet.briefs), "brief")
    return make_response(render_template("print/brief.html", sheet=sheet))
