"""What programs ask and say about a second yes, as staff do on the pages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictBool
from sqlmodel import Session

from deskapp.desk import approvals, asked, guarding
from deskapp.desk.api import Number
from deskapp.desk.approvals import Answer, Ask, Reason
from deskapp.desk.inputs import Input
from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor
from deskapp.store import customers, items
from deskapp.store.gift_tables import ApprovalState

_NO_NUL = r"^[^\u0000]*$"
_SAYS_WHY = r"^[^\s\u0000][^\u0000]+[^\s\u0000]$"  # a little stricter than Reason, which takes blanks off first


class ApprovalWanted(Input):
    customer: Number
    sku: Number
    reason: Annotated[Reason, Field(json_schema_extra={"pattern": _SAYS_WHY})]
    order: Number | None = None
    is_confirmed: StrictBool = False
    guard_reason: guarding.Reason | None = None


class ApprovalDecision(Input):
    is_approved: StrictBool
    answer: Annotated[Answer, Field(json_schema_extra={"pattern": _NO_NUL})] = ""


@dataclass(frozen=True, slots=True)
class ApprovalTold:
    """`decided_by`, `on_behalf_of`: names, "" where there is none. `obstacle`: why it cannot be approved any more as it is."""

    approval_id: int
    state: ApprovalState
    customer: str
    sku: str
    value_minor: int
    currency: str
    reason: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str
    on_behalf_of: str
    decided_at: datetime | None
    answer: str
    obstacle: str


def ask(session: Session, actor: Actor, wanted: ApprovalWanted, *, key: str, now: datetime) -> ApprovalTold:
    """Once per key. Raises NotFound for an order that is not this customer's, Conflict where nobody need be asked or may say yes."""
    receiver = customers.get_by_external_id(session, wanted.customer)
    item = items.get_by_sku(session, wanted.sku)
    order = customers.get_order(session, receiver.id, wanted.order) if wanted.order else None
    form = Ask(
        form_key=key, reason=wanted.reason, is_confirmed=wanted.is_confirmed, guard_reason=wanted.guard_reason or ""
    )
    approval_id = approvals.ask(session, actor, receiver, item, order.id if order else None, form, now=now)
    return tell(session, actor, approval_id, now=now)


def tell(session: Session, actor: Actor, approval_id: int, *, now: datetime) -> ApprovalTold:
    """To whoever asked, and to whoever may decide or did."""
    row, found = asked.get_mine(session, actor, approval_id, now=now)
    return ApprovalTold(
        approval_id=row.id,
        state=row.state,
        customer=found.customer.external_id,
        sku=found.item.sku,
        value_minor=row.value_minor,
        currency=row.currency,
        reason=row.reason,
        asked_by=row.asker,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        decided_by=row.decided_by,
        on_behalf_of=row.on_behalf_of,
        decided_at=row.decided_at,
        answer=row.answer,
        obstacle=row.obstacle,
    )


def decide(
    session: Session, actor: Actor, approval_id: int, decision: ApprovalDecision, *, key: str, now: datetime
) -> ApprovalTold:
    """Once per key. Raises Conflict where nothing is decided: decided before, run out, its price moved, no room left."""
    outcome = approvals.decide(
        session,
        actor,
        approval_id,
        is_approved=decision.is_approved,
        answer=decision.answer,
        key=key,
        now=now,
    )
    if outcome is not None and outcome.kind != "granted":
        raise Conflict(f"Nothing is decided yet. {outcome.sentence}")
    return tell(session, actor, approval_id, now=now)
