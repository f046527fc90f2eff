"""Whether a limit's rule lets one customer be given something, and why not."""

from datetime import datetime
from functools import lru_cache

from sqlmodel import Session

from deskapp.rules import eligibility
from deskapp.rules.authority import AuthorityLimit
from deskapp.rules.eligibility import NotARule
from deskapp.rules.eligibility_facts import Rule
from deskapp.rules.words import say
from deskapp.store.eligibility import When, Who, facts_of, who
from deskapp.store.tables import Customer

UNREADABLE = say("the rule of this limit cannot be read any more; please ask a manager to write it anew.")


def why_not(session: Session, limit: AuthorityLimit, customer: Customer | Who, *, now: datetime) -> str:
    """Nothing where the customer is eligible, else what to say after a colon. None to seven queries, as the rule asks."""
    try:
        rule = find_rule(limit.eligibility)
    except NotARule:
        return UNREADABLE
    if rule is None:
        return ""
    asked = eligibility.fields(rule)
    facts = facts_of(session, [who(customer)], asked, When(now, limit.zone, limit.currency))
    return eligibility.why_not(rule, facts[customer.id])


@lru_cache(maxsize=256)
def find_rule(text: str) -> Rule | None:
    """None where everybody is eligible. Raises NotARule."""
    return eligibility.parse(text) if text.strip() else None
