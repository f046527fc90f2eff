"""The writing desk: one card beside its prompt."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, url_for

from deskapp.desk import cards, deliveries
from deskapp.desk.cards import NewCard
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.ticks import Tick
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs
from deskapp.web.viewing import opened

bp = Blueprint("cards", __name__)

TICK = f"<any({', '.join(Tick)}):tick>"


def shop() -> Shop:
    settings = desk().settings
    return Shop(settings.shop_name, ZoneInfo(settings.zone))


def _show_card(delivery_id: int, **_sent: object) -> Response:
    with reading() as session:
        view = cards.panel(session, delivery_id, shop=shop(), now=clock())
        response = show("delivery", "delivery.html", {"delivery": lambda: view})
    opened(view.row.customer_id, "brief")
    return response


@bp.get("/deliveries/<int:delivery_id>")
@needs(Permission.SEE_DELIVERIES)
def card(delivery_id: int) -> Response:
    return _show_card(delivery_id)


@bp.post("/deliveries/<int:delivery_id>/card")
@needs(Permission.SEE_DELIVERIES)
@redraws(_show_card)
def write(delivery_id: int) -> Response:
    form = read(NewCard)
    with writing() as session:
        cards.write(session, actor(), delivery_id, form, now=clock())
    return after_post(_show_card, url_for(".card", delivery_id=delivery_id), "card-written", delivery_id=delivery_id)


@bp.post(f"/deliveries/<int:delivery_id>/card/{TICK}")
@needs(Permission.SEE_DELIVERIES)
@redraws(_show_card)
def tick_on_card(delivery_id: int, tick: str) -> Response:
    with writing() as session:
        deliveries.tick(session, actor(), delivery_id, Tick(tick), now=clock())
    return after_post(_show_card, url_for(".card", delivery_id=delivery_id), delivery_id=delivery_id)
