"""Days of every year, on the panel of preferences and dates."""

from flask import Blueprint, Response

from deskapp.desk import occasions
from deskapp.rules.people import Permission
from deskapp.web import preferences
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, writing
from deskapp.web.seat import needs

bp = Blueprint("occasions", __name__)


@bp.post("/customers/<int:customer_id>/occasions")
@needs(Permission.WRITE_MEMORY)
@redraws(preferences.panel)
def add(customer_id: int) -> Response:
    form = read(occasions.NewOccasion)
    with writing() as session:
        occasions.record(session, actor(), customer_id, form, now=clock())
    return preferences.saved(customer_id)


@bp.post("/occasions/<int:occasion_id>/withdraw")
@needs(Permission.WRITE_MEMORY)
def withdraw(occasion_id: int) -> Response:
    with writing() as session:
        customer_id = occasions.withdraw(session, actor(), occasion_id, now=clock())
    return preferences.saved(customer_id)
