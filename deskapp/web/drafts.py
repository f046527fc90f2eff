"""A draft of a card, asked for with a button and shown when it is there."""

from flask import Blueprint, Response, url_for

from deskapp.desk import drafting
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.cards import shop
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("drafts", __name__)


@bp.get("/deliveries/<int:delivery_id>/draft")
@needs(Permission.SEE_DELIVERIES)
def panel(delivery_id: int) -> Response:
    drafting.ensure_on(bool(desk().settings.drafter_url))
    with reading() as session:
        view = drafting.panel(session, delivery_id, shop=shop(), now=clock())
        return show("card_draft", "card_draft.html", {"card_draft": lambda: view})


@bp.post("/deliveries/<int:delivery_id>/draft")
@needs(Permission.SEE_DELIVERIES)
@redraws(panel)
def ask(delivery_id: int) -> Response:
    drafting.ensure_on(bool(desk().settings.drafter_url))
    form = read(Keyed)
    with writing() as session:
        drafting.ask(session, actor(), delivery_id, form, shop=shop(), now=clock())
    return after_post(panel, url_for("drafts.panel", delivery_id=delivery_id), delivery_id=delivery_id)
