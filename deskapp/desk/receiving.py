"""Whether this customer may be given anything at all now, whoever gives it and whatever it is worth."""

from datetime import datetime

from sqlmodel import Session

from deskapp.desk import eligibility
from deskapp.rules import surprise
from deskapp.rules.authority import AuthorityLimit, Refused, Why
from deskapp.rules.people import Receiver
from deskapp.rules.periods import day_of
from deskapp.rules.words import say
from deskapp.store import budgets, grants
from deskapp.store.eligibility import Who
from deskapp.store.tables import Customer


def why_not(
    session: Session, limit: AuthorityLimit, customer: Customer | Who, order_id: int | None, *, now: datetime
) -> Refused | None:
    """None to about six queries, as many as the limit asks for."""
    receiver = customer.receiver
    if receiver is not Receiver.PERSON and budgets.find_receiver(session, receiver, limit.currency) is None:
        return Refused(Why.NO_RECEIVER_LIMIT)
    if words := eligibility.why_not(session, limit, customer, now=now):
        return Refused(Why.NOT_ELIGIBLE, detail=words)
    return _no_surprise(session, limit, customer, order_id, now)


def _no_surprise(
    session: Session, limit: AuthorityLimit, customer: Customer | Who, order_id: int | None, now: datetime
) -> Refused | None:
    if not (limit.is_never_bait or limit.is_never_regular):
        return None
    orders = grants.list_newest_orders(session, customer.id)
    if limit.is_never_bait and not orders:
        return Refused(Why.BAIT, detail=say("this customer has ordered nothing yet."))
    if limit.is_never_bait and grants.has_offer(session, customer.id):
        return Refused(Why.BAIT, detail=say("an offer to this customer is not ordered yet."))
    if limit.is_never_regular:
        kept = grants.list_newest_kept(session, customer.id)
        given = [(day_of(one.granted_at, limit.zone), one.order_id) for one in kept]
        if surprise.is_expected([order for order, _ in orders], given, order_id, day_of(now, limit.zone)):
            return Refused(Why.REGULAR)
    return None
