"""Draws the plus-one: what is shown for the first time today is remembered, so that a gift is judged at that price."""

from flask import request
from sqlmodel import Session

from deskapp.desk import plus_one
from deskapp.web.here import actor, clock, desk, today, writing


def load(session: Session, customer_id: int) -> plus_one.PlusOnePanel:
    """With the outcome of the form whose key came along, if it gave something."""
    shown = plus_one.panel(
        session,
        actor(),
        desk().shelf.stand(session),
        customer_id,
        form_key=request.values.get("form_key", ""),
        today=today(),
        now=clock(),
    )
    if not shown.unseen:
        return shown
    with writing() as writer:
        return plus_one.remember(writer, shown)
