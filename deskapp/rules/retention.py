"""How long what is kept of a customer is kept. Days count from the customer's last real activity, or from the thing itself.

Real activity: they ordered, a parcel of theirs arrived, they talked with us, they were given something. That we looked at their page
is none, and an import of old orders is none either: an order counts on the day on which it was placed.

What somebody confirmed stays until it is to be looked at again; the whole customer stays while a promise, a visit or a problem is
open, or something was heard of them within the days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from deskapp.rules.words import say

LONGEST_DAYS = 36_500


class Kind(StrEnum):
    NOTES = "notes"
    OPINIONS = "opinions"
    INFERRED = "inferred"
    PROMISES = "promises"
    VISITS = "visits"
    REQUESTS = "requests"
    CUSTOMERS = "customers"
    WITHDRAWN = "withdrawn"
    OFFERS = "offers"
    VIEWS = "views"
    EXPORTS = "exports"
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Term:
    """`words`: what goes; `days`: in force until somebody sets others, None: kept; `proposed`: what the page suggests.

    `from_activity`: days count from the last real activity, and from the thing itself if that is younger; else from the thing.
    """

    words: str
    days: int | None
    proposed: int | None
    from_activity: bool = True


TERMS: Mapping[Kind, Term] = {
    Kind.NOTES: Term(say("Observations, with their earlier wordings"), None, 1_095),
    Kind.OPINIONS: Term(say("Opinions"), None, 365),
    Kind.INFERRED: Term(say("Preferences that we guessed"), None, 365),
    Kind.PROMISES: Term(say("Promises that were kept or dropped"), None, 365),
    Kind.VISITS: Term(say("Visits and calls that are over"), None, 180),
    Kind.REQUESTS: Term(say("The words of their requests; the count stays"), None, 1_095),
    Kind.CUSTOMERS: Term(say("The whole customer, as by an erasure"), None, None),
    Kind.WITHDRAWN: Term(say("Preferences that were taken back"), 90, 90, from_activity=False),
    Kind.OFFERS: Term(say("What was proposed as a gift and not given"), 180, 180, from_activity=False),
    Kind.VIEWS: Term(say("Who opened which customer"), 730, 730, from_activity=False),
    Kind.EXPORTS: Term(
        say("That an export was made; the file itself goes after a week"), 365, 365, from_activity=False
    ),
    Kind.ANSWERS: Term(say("What a form was answered, for a second tap on it"), 60, 60, from_activity=False),
}


def in_force(said: Mapping[Kind, int | None]) -> dict[Kind, int | None]:
    """Days by kind: what somebody has `said` last, else what holds by itself."""
    return {kind: said.get(kind, term.days) for kind, term in TERMS.items()}


def goes_before(days: int, now: datetime) -> datetime:
    """What happened last before this moment goes."""
    return now - timedelta(days=days)
