"""Whether a limit's rule lets one customer be given something, and why not."""

from datetime import datetime

from sqlmodel import Session

from deskapp.rules.authority import AuthorityLimit
from deskapp.store.tables import Customer


def why_not(session: Session, limit: AuthorityLimit, customer: Customer, *, now: datetime) -> str:
    """Nothing where the customer is eligible, else one sentence."""
    if not limit.eligibility:
        return ""
    raise NotImplementedError(session, customer, now)
