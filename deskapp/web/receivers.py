"""What businesses and public offices may be given, and whether a customer is one."""

from flask import Blueprint, Response, url_for

from deskapp.desk import receivers
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("receivers", __name__)


@bp.get("/receivers")
@needs(Permission.SET_LIMITS)
def panel() -> Response:
    with reading() as session:
        return show(
            "receivers",
            "receivers.html",
            {"receivers": lambda: receivers.panel(session, actor(), desk().settings.currency)},
        )


@bp.post("/receivers")
@needs(Permission.SET_LIMITS)
@redraws(panel)
def set_one() -> Response:
    form, settings = read(receivers.NewThreshold), desk().settings
    with writing() as session:
        receivers.set_threshold(
            session,
            actor(),
            form,
            currency=settings.currency,
            zone=settings.zone,
            agree_above_minor=settings.agree_above_minor,
            now=clock(),
        )
    return after_post(panel, url_for("receivers.panel"))


def _show_customer(customer_id: int) -> Response:
    return show_panel("customer", customer_id)


@bp.post("/customers/<int:customer_id>/receiver")
@needs(Permission.APPROVE)
@redraws(_show_customer)
def set_kind(customer_id: int) -> Response:
    form = read(receivers.NewKind)
    with writing() as session:
        receivers.set_kind(session, actor(), customer_id, form, now=clock())
    page = url_for("customers.one", customer_id=customer_id)
    return after_post(_show_customer, page, "receiver-set", customer_id=customer_id)
