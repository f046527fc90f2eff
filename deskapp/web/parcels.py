"""What was told of a parcel on its way."""

from flask import Blueprint, Response

from deskapp.desk import delivery_events
from deskapp.rules.people import Permission
from deskapp.web.here import reading
from deskapp.web.panels import show
from deskapp.web.seat import needs

bp = Blueprint("parcels", __name__)


@bp.get("/deliveries/<int:delivery_id>/parcel")
@needs(Permission.SEE_CUSTOMERS)
def panel(delivery_id: int) -> Response:
    with reading() as session:
        return show("parcel", "parcel.html", {"parcel": lambda: delivery_events.panel(session, delivery_id)})
