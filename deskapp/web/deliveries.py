"""The delivery board, the card beside its prompt, and what is printed."""

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from deskapp.desk import cards, deliveries
from deskapp.desk.cards import NewCard
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Invalid, NotFound
from deskapp.rules.people import Permission
from deskapp.web.errors import STATUS
from deskapp.web.forms import Form, read, redraws
from deskapp.web.here import actor, clock, desk, reading, today, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs
from deskapp.web.viewing import opened, opened_all

bp = Blueprint("deliveries", __name__)

_ORDER_LENGTH = 120
_IDS = range(1, 2**63)
_TICK = f"<any({', '.join(Tick)}):tick>"


def _shop() -> Shop:
    settings = desk().settings
    return Shop(settings.shop_name, ZoneInfo(settings.zone))


def _show_board(**_sent: object) -> Response:
    with reading() as session:
        return show("deliveries", "deliveries.html", {"deliveries": lambda: deliveries.board(session, today=today())})


def _show_card(delivery_id: int, **_sent: object) -> Response:
    with reading() as session:
        view = cards.panel(session, delivery_id, shop=_shop(), now=clock())
        response = show("delivery", "delivery.html", {"delivery": lambda: view})
    opened(view.row.customer_id, "brief")
    return response


@bp.get("/deliveries")
@needs(Permission.SEE_DELIVERIES)
def board() -> Response:
    return _show_board()


@bp.get("/deliveries/find")
@needs(Permission.SEE_DELIVERIES)
def find() -> Response:
    """Where a scanner types the number and presses Enter."""
    typed = request.args.get("order", "")[:_ORDER_LENGTH]
    try:
        with reading() as session:
            found = deliveries.find(session, typed)
    except (Invalid, NotFound) as problem:
        g.form, g.status = Form("find-delivery", {"order": typed}, {"order": str(problem)}), STATUS[type(problem)]
        return _show_board()
    return make_response(redirect(url_for(".card", delivery_id=found), 303))


@bp.get("/deliveries/print")
@needs(Permission.SEE_DELIVERIES)
def sheet() -> Response:
    """`?day=2026-03-14`, or `?delivery=1&delivery=2`."""
    ids, day = request.args.getlist("delivery"), request.args.get("day", "")
    with reading() as session:
        if day:
            view = deliveries.sheet_of_day(session, _date(day), shop=_shop(), now=clock())
        else:
            view = deliveries.sheet(session, [_id(one) for one in ids], shop=_shop(), now=clock())
    opened_all((card.row.customer_id for card in view.cards), "brief")
    return make_response(render_template("print/cards.html", sheet=view))


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


@bp.post(f"/deliveries/<int:delivery_id>/{_TICK}")
@needs(Permission.SEE_DELIVERIES)
@redraws(_show_board)
def tick(delivery_id: int, tick: str) -> Response:
    with writing() as session:
        deliveries.tick(session, actor(), delivery_id, Tick(tick), now=clock())
    return after_post(_show_board, url_for(".board"))


@bp.post(f"/deliveries/<int:delivery_id>/card/{_TICK}")
@needs(Permission.SEE_DELIVERIES)
@redraws(_show_card)
def tick_on_card(delivery_id: int, tick: str) -> Response:
    with writing() as session:
        deliveries.tick(session, actor(), delivery_id, Tick(tick), now=clock())
    return after_post(_show_card, url_for(".card", delivery_id=delivery_id), delivery_id=delivery_id)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid({"": "Please give the day as year-month-day, such as 2026-03-14."}) from None


def _id(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) in _IDS:
        return int(text)
    raise Invalid({"": "Please choose deliveries from the board."})
