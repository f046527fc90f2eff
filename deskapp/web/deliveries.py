"""The delivery board, and what is printed."""

from datetime import date

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from deskapp.desk import card_sheet, deliveries
from deskapp.desk.card_sheet import What
from deskapp.desk.deliveries import Ask
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Permission
from deskapp.rules.words import say
from deskapp.web.cards import TICK, shop
from deskapp.web.errors import STATUS
from deskapp.web.forms import Form, redraws
from deskapp.web.here import actor, clock, reading, today, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs
from deskapp.web.viewing import opened_all

bp = Blueprint("deliveries", __name__)

_ORDER_LENGTH = 120
_PAGE_DIGITS = 7
_IDS = range(1, 2**63)


def _ask() -> Ask:
    """`?day=late&page=2`; an address that says something else shows all, from the beginning."""
    return deliveries.ask_for(request.args.get("day", ""), _page(request.args.get("page", "")))


def _show_board(**_sent: object) -> Response:
    with reading() as session:
        ask = _ask()
        return show(
            "deliveries", "deliveries.html", {"deliveries": lambda: deliveries.board(session, ask, today=today())}
        )


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
    except (Conflict, Invalid, NotFound) as problem:
        g.form, g.status = Form("find-delivery", {"order": typed}, {"order": str(problem)}), STATUS[type(problem)]
        return _show_board()
    return make_response(redirect(url_for("cards.card", delivery_id=found), 303))


@bp.get("/deliveries/print")
@needs(Permission.SEE_DELIVERIES)
def sheet() -> Response:
    """`?day=2026-03-14`, of a long day with `&part=2`, or `?delivery=1&delivery=2`; `&what=` cards, slips or both."""
    ids, day = request.args.getlist("delivery"), request.args.get("day", "")
    what = _what(request.args.get("what", What.BOTH))
    with reading() as session:
        if day:
            part = _page(request.args.get("part", ""))
            view = card_sheet.sheet_of_day(session, _date(day), what, part=part, shop=shop(), now=clock())
        else:
            view = card_sheet.sheet(session, [_id(one) for one in ids], what, shop=shop(), now=clock())
    opened_all(view.customers, "brief")
    return make_response(render_template("print/cards.html", sheet=view))


@bp.post(f"/deliveries/<int:delivery_id>/{TICK}")
@needs(Permission.SEE_DELIVERIES)
@redraws(_show_board)
def tick(delivery_id: int, tick: str) -> Response:
    with writing() as session:
        deliveries.tick(session, actor(), delivery_id, Tick(tick), shop=shop(), now=clock())
    return after_post(_show_board, url_for(".board") + _ask().query)


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _PAGE_DIGITS else 1


def _what(text: str) -> What:
    if text in set(What):
        return What(text)
    raise Invalid({"": say("Please choose cards, slips or both.")})


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        sentence = say("Please give the day as year-month-day, such as {example}.", example="2026-03-14")
        raise Invalid({"": sentence}) from None


def _id(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) in _IDS:
        return int(text)
    raise Invalid({"": say("Please choose deliveries from the board.")})
