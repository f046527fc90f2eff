"""What customers ask for: heard on their page, gathered on a board, and answered in person."""

from flask import Blueprint, Response, make_response, redirect, url_for

from deskapp.desk import request_board, requests
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post, show, wants_fragment
from deskapp.web.seat import needs
from deskapp.web.viewing import opened_all

bp = Blueprint("requests", __name__)


@bp.get("/customers/<int:customer_id>/requests")
@needs(Permission.SEE_CUSTOMERS)
def panel(customer_id: int) -> Response:
    return show_panel("requests", customer_id)


@bp.post("/customers/<int:customer_id>/requests")
@needs(Permission.WRITE_MEMORY)
@redraws(panel)
def hear(customer_id: int) -> Response:
    form = read(requests.NewVoice)
    with writing() as session:
        requests.hear(session, actor(), customer_id, form, now=clock())
    return _heard(customer_id)


def _heard(customer_id: int, back: str = "") -> Response:
    if back and not wants_fragment():
        return make_response(redirect(f"/{back}", 303))
    return after_post(panel, url_for("requests.panel", customer_id=customer_id), customer_id=customer_id)


def _panel_of(voice_id: int) -> Response:
    with reading() as session:
        customer_id = requests.customer_of(session, voice_id)
    return show_panel("requests", customer_id)


@bp.post("/requests/voices/<int:voice_id>/answer")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of)
def answer(voice_id: int) -> Response:
    form = read(requests.Answered)
    with writing() as session:
        customer_id = requests.answer(session, actor(), voice_id, form, now=clock())
    return _heard(customer_id, form.back)


@bp.post("/requests/voices/<int:voice_id>/use")
@needs(Permission.WRITE_MEMORY)
@redraws(_panel_of)
def use(voice_id: int) -> Response:
    form = read(requests.Used)
    with writing() as session:
        customer_id = requests.note_use(session, actor(), voice_id, form, now=clock())
    return _heard(customer_id, form.back)


# --- the board ------------------------------------------------------------------------------------------------------


@bp.get("/requests")
@needs(Permission.SEE_CUSTOMERS)
def board() -> Response:
    with reading() as session:
        return show("board", "requests.html", {"board": lambda: request_board.board(session, actor(), now=clock())})


@bp.get("/requests/<int:topic_id>")
@needs(Permission.SEE_CUSTOMERS)
def topic(topic_id: int) -> Response:
    with reading() as session:
        view = request_board.topic(session, actor(), topic_id, now=clock())
        response = show("topic", "request.html", {"topic": lambda: view})
    opened_all((voice.customer_id for voice in view.voices), "page")
    return response


@bp.post("/requests/<int:topic_id>/decide")
@needs(Permission.MANAGE_REQUESTS)
@redraws(topic)
def decide(topic_id: int) -> Response:
    form = read(request_board.Decision)
    with writing() as session:
        request_board.decide(session, actor(), topic_id, form, now=clock())
    return _decided(topic_id)


@bp.post("/requests/<int:topic_id>/merge")
@needs(Permission.MANAGE_REQUESTS)
@redraws(topic)
def merge(topic_id: int) -> Response:
    form = read(request_board.Merging)
    with writing() as session:
        into = request_board.merge(session, actor(), topic_id, form, now=clock())
    return _decided(into)


@bp.post("/requests/<int:topic_id>/part")
@needs(Permission.MANAGE_REQUESTS)
@redraws(topic)
def part(topic_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        into = request_board.part(session, actor(), topic_id, form, now=clock())
    return _decided(into)


def _decided(topic_id: int) -> Response:
    return after_post(topic, url_for("requests.topic", topic_id=topic_id), topic_id=topic_id)
