"""Asking a second person, and deciding: in the queue, or by PIN on the tablet of whoever asked."""

from enum import StrEnum

from flask import Blueprint, Flask, Response, g, make_response, render_template, request, url_for
from pydantic import Field

from deskapp.desk import approvals, asked, asking, delegations, offers, pins, queue
from deskapp.desk.approvals import Answer
from deskapp.desk.inputs import Keyed, RowId
from deskapp.desk.verdicts import Outcome
from deskapp.rules.errors import Conflict
from deskapp.rules.people import Permission
from deskapp.rules.words import say, together
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.guard import asks_by_itself
from deskapp.web.here import actor, clock, desk, reading, today, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("approvals", __name__)

_STOP_ASKING = 286  # to htmx a 200 after which it polls no more


class Choice(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"


class Decision(Keyed):
    choice: Choice
    answer: Answer = ""


class DecisionHere(Keyed):
    choice: Choice
    decider: RowId
    pin: pins.TypedPin = Field(min_length=1)


def install_approvals(app: Flask) -> None:
    app.register_blueprint(bp)
    app.jinja_env.globals["approvals_waiting"] = _waiting


def _waiting() -> int:
    """For the bar of a whole page."""
    with reading() as session:
        return asked.count(session, actor(), now=clock())


# --- the queue ------------------------------------------------------------------------------------------------------


@bp.get("/approvals")
@needs(Permission.GIVE)
def panel() -> Response:
    """`form_key`: of the decision that was just made, to tell what came of it."""
    key = request.values.get("form_key", "")
    with reading() as session:
        return show(
            "approvals",
            "approvals.html",
            {"approvals": lambda: queue.panel(session, actor(), form_key=key, today=today(), now=clock())},
        )


def _panel_of_decider(approval_id: int) -> Response:
    with reading() as session:
        asked.get_mine(session, actor(), approval_id, now=clock())
    return panel()


@bp.get("/approvals/count")
@needs(Permission.GIVE)
@asks_by_itself
def count() -> Response:
    return make_response(render_template("parts/waiting.html", waiting=_waiting()))


@bp.post("/approvals/<int:approval_id>/decide")
@needs(Permission.GIVE)
@redraws(_panel_of_decider)
def decide(approval_id: int) -> Response:
    form = read(Decision)
    with writing() as session:
        outcome = approvals.decide(
            session,
            actor(),
            approval_id,
            is_approved=form.choice is Choice.APPROVE,
            answer=form.answer,
            key=form.form_key,
            now=clock(),
        )
    _check_decided(outcome)
    return after_post(panel, url_for("approvals.panel", form_key=form.form_key), "plus-one-decided")


def _check_decided(outcome: Outcome | None) -> None:
    """Raises Conflict where the approver's own room, or the shelf, did not allow it: it still waits."""
    if outcome is not None and outcome.kind != "granted":
        raise Conflict(together([say("Nothing is decided yet."), outcome.sentence]))


# --- on the asker's panel -------------------------------------------------------------------------------------------


def _panel_of_offer(offer_id: int) -> Response:
    """With the offer and its form open."""
    g.offer_id = offer_id
    with reading() as session:
        customer_id = offers.customer_of(session, offer_id)
    return show_panel("plus_one", customer_id)


@bp.post("/offers/<int:offer_id>/ask")
@needs(Permission.GIVE)
@redraws(_panel_of_offer)
def ask(offer_id: int) -> Response:
    form = read(approvals.Ask)
    with writing() as session:
        customer_id = approvals.ask_for_offer(session, actor(), offer_id, form, now=clock())
    return _asked(customer_id)


def _panel_of_customer(customer_id: int) -> Response:
    return show_panel("plus_one", customer_id)


@bp.post("/customers/<int:customer_id>/something-else")
@needs(Permission.GIVE)
@redraws(_panel_of_customer)
def look_up(customer_id: int) -> Response:
    """Shown with its price and what would come of it; nothing is given yet."""
    form = read(asking.SomethingElse)
    with writing() as session:
        g.offer_id = asking.look_up(session, customer_id, form, now=clock())
    url = url_for("plus_one.panel", customer_id=customer_id, offer=g.offer_id)
    return after_post(_panel_of_customer, url, customer_id=customer_id)


@bp.get("/approvals/<int:approval_id>/state")
@needs(Permission.GIVE)
@asks_by_itself
def state(approval_id: int) -> Response:
    """No content while it waits; then one line, which fetches the panel anew once it was read out."""
    with reading() as session:
        row = asked.get_own(session, actor(), approval_id, now=clock())
    if row.state == "waiting":
        return Response(status=204)
    return make_response(render_template("parts/decided.html", row=row), _STOP_ASKING)


def _panel_of_asker(approval_id: int) -> Response:
    with reading() as session:
        customer_id = asked.get_own(session, actor(), approval_id, now=clock()).customer_id
    return show_panel("plus_one", customer_id)


@bp.post("/approvals/<int:approval_id>/withdraw")
@needs(Permission.GIVE)
@redraws(_panel_of_asker)
def withdraw(approval_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        customer_id = approvals.withdraw(session, actor(), approval_id, now=clock())
    return _asked(customer_id)


@bp.post("/approvals/<int:approval_id>/decide-here")
@needs(Permission.GIVE)
@redraws(_panel_of_asker)
def decide_here(approval_id: int) -> Response:
    """The asker's seat stays: whoever decides is known by a PIN, for this one decision."""
    form, key, now = read(DecisionHere), desk().signing_key, clock()
    with writing() as session:
        row = asked.get_own(session, actor(), approval_id, now=now)
        knock = pins.knock(session, actor(), form.decider, signing_key=key, now=now)
    decider = pins.prove(knock, form.pin, signing_key=key)
    with writing() as session:
        pins.accept(session, knock)
    with writing() as session:
        outcome = approvals.decide(
            session, decider, approval_id, is_approved=form.choice is Choice.APPROVE, key=form.form_key, now=now
        )
    _check_decided(outcome)
    return _asked(row.customer_id)


def _asked(customer_id: int) -> Response:
    url = url_for("plus_one.panel", customer_id=customer_id)
    return after_post(show_panel, url, "plus-one-decided", panel="plus_one", customer_id=customer_id)


# --- while somebody is away -----------------------------------------------------------------------------------------


@bp.post("/delegations")
@needs(Permission.APPROVE)
@redraws(panel)
def lend() -> Response:
    form = read(delegations.NewDelegation)
    with writing() as session:
        delegations.lend(session, actor(), form, today=today(), now=clock())
    return after_post(panel, url_for("approvals.panel"))


def _panel_of_lender(delegation_id: int) -> Response:  # noqa: ARG001 - drawn again as the whole panel
    return panel()


@bp.post("/delegations/<int:delegation_id>/withdraw")
@needs(Permission.APPROVE)
@redraws(_panel_of_lender)
def take_back(delegation_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        delegations.withdraw(session, actor(), delegation_id, now=clock())
    return after_post(panel, url_for("approvals.panel"))
