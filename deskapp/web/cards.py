"""The writing desk: one card beside its prompt; the paper that cards are written on; and what was written to somebody before."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, request, url_for

from deskapp.desk import card_formats, cards, deliveries, writing_desk
from deskapp.desk.card_formats import NewFormat
from deskapp.desk.cards import Manner, NewCard
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.inputs import Keyed
from deskapp.desk.ticks import Tick
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws, sent_form, validated
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs
from deskapp.web.viewing import opened

bp = Blueprint("cards", __name__)

TICK = f"<any({', '.join(Tick)}):tick>"


def shop() -> Shop:
    settings = desk().settings
    return Shop(settings.shop_name, ZoneInfo(settings.zone))


# --- one card --------------------------------------------------------------------------------------------------------


def _show_card(delivery_id: int, **_sent: object) -> Response:
    """What was typed and not saved is counted as it stands."""
    typed = request.form.get("text")
    with reading() as session:
        view = writing_desk.panel(session, actor(), delivery_id, typed=typed, shop=shop(), now=clock())
        response = show("delivery", "delivery.html", {"delivery": lambda: view})
    opened(view.card.row.customer_id, "brief")
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
    return _done(delivery_id)


@bp.post("/deliveries/<int:delivery_id>/card/manner")
@needs(Permission.SEE_DELIVERIES)
@redraws(_show_card)
def choose(delivery_id: int) -> Response:
    """Drawn anew with whatever is typed on it, which is not saved by this."""
    form = validated(Manner, {name: request.form[name] for name in Manner.model_fields if name in request.form})
    with writing() as session:
        cards.choose(session, delivery_id, form)
    g.form = sent_form({})
    return _show_card(delivery_id)


@bp.post("/deliveries/<int:delivery_id>/card/sign")
@needs(Permission.SEE_DELIVERIES)
@redraws(_show_card)
def sign(delivery_id: int) -> Response:
    form = read(NewCard)
    with writing() as session:
        cards.sign(session, actor(), delivery_id, form, shop=shop(), now=clock())
    return _done(delivery_id)


@bp.post("/deliveries/<int:delivery_id>/card/unsign")
@needs(Permission.SEE_DELIVERIES)
@redraws(_show_card)
def unsign(delivery_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        cards.unsign(session, actor(), delivery_id, form, now=clock())
    return _done(delivery_id)


@bp.post(f"/deliveries/<int:delivery_id>/card/{TICK}")
@needs(Permission.SEE_DELIVERIES)
@redraws(_show_card)
def tick_on_card(delivery_id: int, tick: str) -> Response:
    with writing() as session:
        deliveries.tick(session, actor(), delivery_id, Tick(tick), shop=shop(), now=clock())
    return after_post(_show_card, url_for(".card", delivery_id=delivery_id), delivery_id=delivery_id)


def _done(delivery_id: int) -> Response:
    return after_post(_show_card, url_for(".card", delivery_id=delivery_id), "card-written", delivery_id=delivery_id)


# --- what was written before -----------------------------------------------------------------------------------------


@bp.get("/customers/<int:customer_id>/cards")
@needs(Permission.SEE_CUSTOMERS)
def history(customer_id: int) -> Response:
    return show_panel("cards", customer_id)


# --- paper -----------------------------------------------------------------------------------------------------------


@bp.get("/cards/formats")
@needs(Permission.MANAGE_CARDS)
def formats() -> Response:
    with reading() as session:
        return show("card_formats", "card_formats.html", {"card_formats": lambda: card_formats.panel(session)})


def _formats_with(code: str, **_: object) -> Response:
    """Drawn again after a form that could not be taken; NotFound where there is no such format."""
    with reading() as session:
        card_formats.make_sure_there_is(session, code)
    return formats()


@bp.post("/cards/formats")
@needs(Permission.MANAGE_CARDS)
@redraws(formats)
def add_format() -> Response:
    form = read(NewFormat)
    with writing() as session:
        card_formats.add(session, actor(), form, now=clock())
    return after_post(formats, url_for(".formats"))


@bp.post("/cards/formats/<code>")
@needs(Permission.MANAGE_CARDS)
@redraws(_formats_with)
def change_format(code: str) -> Response:
    form = read(NewFormat)
    with writing() as session:
        card_formats.change(session, actor(), code, form, now=clock())
    return after_post(formats, url_for(".formats"))


@bp.post("/cards/formats/<code>/<any(up, down, retire, return):step>")
@needs(Permission.MANAGE_CARDS)
@redraws(_formats_with)
def take_format(code: str, step: str) -> Response:
    form = read(Keyed)
    with writing() as session:
        card_formats.take(session, actor(), code, card_formats.Step(step), form, now=clock())
    return after_post(formats, url_for(".formats"))
