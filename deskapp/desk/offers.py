"""Offers that were shown: whose they are, and waving one away in one tap."""

from datetime import datetime

from sqlmodel import Session

from deskapp.desk import preferences
from deskapp.rules.people import Actor
from deskapp.store import offers


def customer_of(session: Session, offer_id: int) -> int:
    offer, _, _ = offers.get_offer(session, offer_id)
    return offer.customer_id


def wave_away(session: Session, actor: Actor, offer_id: int, *, now: datetime) -> tuple[int, int]:
    """The customer's id and the preference's. "Not for her" is a dislike of that item, counted from the next draw on."""
    offer, item, customer = offers.get_offer(session, offer_id)
    return offer.customer_id, preferences.not_for_them(session, actor, customer.id, item, now=now)
