"""The plus-one panel: giving, waving away, taking back."""

from flask import Blueprint, Response, g, url_for

from deskapp.desk import grants, offers, preferences, settling
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post
from deskapp.web.seat import needs

bp = Blueprint("plus_one", __name__)

_SETTLED = {"handed": settling.hand_over, "declined": settling.decline, "returned": settling.take_back}


class Tap(Keyed):
    """A form that is one button."""


@bp.get("/customers/<int:customer_id>/plus-one")
@needs(Permission.GIVE)
def panel(customer_id: int) -> Response:
    return show_panel("plus_one", customer_id)


def _of_offer(offer_id: int) -> Response:
    with reading() as session:
        customer_id = offers.customer_of(session, offer_id)
    return show_panel("plus_one", customer_id)


@bp.post("/offers/<int:offer_id>/grant")
@needs(Permission.GIVE)
@redraws(_of_offer)
def grant(offer_id: int) -> Response:
    tap = read(Tap)
    with writing() as session:
        customer_id, outcome = grants.grant_offer(session, actor(), offer_id, form_key=tap.form_key, now=clock())
    g.offer_id = offer_id if outcome.kind == "needs-approval" else None  # the second yes is asked for beside it
    g.outcome = outcome  # told at once it says what they must not get, which is not kept
    return _decided(customer_id, form_key=tap.form_key, offer=g.offer_id)


def _of_grant(grant_id: int, **_sent: object) -> Response:
    with reading() as session:
        customer_id = settling.customer_of(session, grant_id)
    return show_panel("plus_one", customer_id)


@bp.post("/grants/<int:grant_id>/undo")
@needs(Permission.GIVE)
@redraws(_of_grant)
def undo(grant_id: int) -> Response:
    with writing() as session:
        settling.undo(session, actor(), grant_id, now=clock())
        customer_id = settling.customer_of(session, grant_id)
    return _decided(customer_id)


@bp.post(f"/grants/<int:grant_id>/<any({', '.join(_SETTLED)}):settled>")
@needs(Permission.GIVE)
@redraws(_of_grant)
def settle(grant_id: int, settled: str) -> Response:
    with writing() as session:
        _SETTLED[settled](session, actor(), grant_id, now=clock())
        customer_id = settling.customer_of(session, grant_id)
    return _decided(customer_id)


@bp.post("/offers/<int:offer_id>/not-for-them")
@needs(Permission.WRITE_MEMORY)
def not_for_them(offer_id: int) -> Response:
    with writing() as session:
        customer_id, g.waved = offers.wave_away(session, actor(), offer_id, now=clock())
    return _waved(customer_id, g.waved)


@bp.post("/preferences/<int:preference_id>/for-them-after-all")
@needs(Permission.WRITE_MEMORY)
def for_them_after_all(preference_id: int) -> Response:
    with writing() as session:
        customer_id = preferences.withdraw(session, actor(), preference_id, now=clock())
    return _waved(customer_id)


def _decided(customer_id: int, form_key: str | None = None, offer: int | None = None) -> Response:
    url = url_for("plus_one.panel", customer_id=customer_id, form_key=form_key, offer=offer)
    return after_post(panel, url, "plus-one-decided", customer_id=customer_id)


def _waved(customer_id: int, preference_id: int | None = None) -> Response:
    """The answer itself says what was waved away, and how to undo it."""
    url = url_for("plus_one.panel", customer_id=customer_id, waved=preference_id)
    return after_post(panel, url, "preference-saved", customer_id=customer_id)
