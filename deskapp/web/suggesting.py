"""Draws the plus-one: what is shown for the first time today is remembered, so that a gift is judged at that price."""

from dataclasses import replace

from flask import g, request
from sqlmodel import Session

from deskapp.desk import asking, plus_one
from deskapp.rules.errors import Full
from deskapp.web.forms import row_number
from deskapp.web.here import actor, clock, desk, today, writing


def load(session: Session, customer_id: int) -> plus_one.PlusOnePanel:
    """With the outcome of the form whose key came along, if it gave something, and the offer that was chosen."""
    shown = plus_one.panel(
        session,
        actor(),
        desk().shelf.stand(session),
        customer_id,
        form_key=request.values.get("form_key", ""),
        today=today(),
        now=clock(),
    )
    words = request.form.get("item", "")
    asked = asking.view(session, actor(), customer_id, offer_id=_chosen(), words=words, now=clock())
    shown = replace(shown, asking=asked)
    if not shown.unseen:
        return shown
    try:
        with writing() as writer:
            return plus_one.remember(writer, shown)
    except Full:  # then it can be looked at and not given
        return shown


def _chosen() -> int | None:
    """By the form that was sent, or by the address that a form led to."""
    chosen: int | None = g.get("offer_id") or request.args.get("offer", type=row_number)
    return chosen
