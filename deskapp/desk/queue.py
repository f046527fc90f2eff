"""The page of the second yes: what waits for one person, what they asked for, what was decided, and who is away."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from deskapp.desk import approvals, asked, delegations, limits
from deskapp.desk.asked import AskedRow
from deskapp.desk.delegations import DelegationRow
from deskapp.desk.limits import Left
from deskapp.rules.people import Actor, Permission


@dataclass(frozen=True, slots=True)
class ApprovalsPanel:
    """`said`: what came of the decision that was just made; `left`: what the actor may still give, None without a limit."""

    to_decide: list[AskedRow]
    asked: list[AskedRow]
    decided: list[AskedRow]
    left: Left | None
    delegations: list[DelegationRow]
    colleagues: list[tuple[int, str]]  # ids and names; none for somebody who has nothing to lend
    today: date
    said: str


def panel(session: Session, actor: Actor, *, form_key: str, today: date, now: datetime) -> ApprovalsPanel:
    """About ten queries, and ten for each that waits."""
    can_lend = actor.may(Permission.APPROVE)
    return ApprovalsPanel(
        to_decide=asked.list_to_decide(session, actor, now=now),
        asked=asked.list_asked(session, actor, now=now),
        decided=asked.list_decided(session, actor, now=now),
        left=limits.left(session, actor, None, now=now) if can_lend else None,
        delegations=delegations.list_rows(session, actor, today=today),
        colleagues=delegations.list_colleagues(session, actor) if can_lend else [],
        today=today,
        said=approvals.find_said(session, actor, form_key) if form_key else "",
    )
