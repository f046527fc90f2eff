"""What a customer was given lately, what became of it, and what may still be said of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.desk.settling import in_parcels, may_say_returned, may_undo
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import say
from deskapp.store import approvals, grants
from deskapp.store.gift_tables import KEPT, Grant, GrantState

_WORDS = {
    GrantState.RESERVED: "",
    GrantState.COMMITTED: say("handed over"),
    GrantState.UNDONE: say("taken back"),
    GrantState.DECLINED: say("not wanted"),
    GrantState.EXPIRED: say("lapsed"),
    GrantState.CANCELLED: say("order cancelled"),
    GrantState.RETURNED: say("came back"),
}


@dataclass(frozen=True, slots=True)
class GivenRow:
    """`words`: what became of it, "" while it waits to be handed over."""

    grant_id: int
    name: str
    value_minor: int
    currency: str
    by: str
    approved_by: str  # "" where the giver needed nobody
    at: datetime
    words: str
    is_undone: bool  # its money was released, for whatever reason
    can_undo: bool
    can_hand_over: bool
    can_decline: bool
    can_take_back: bool


def list_given(session: Session, actor: Actor, customer_id: int) -> list[GivenRow]:
    """The newest five, newest first. At most three queries."""
    found = grants.list_grants(session, customer_id)
    in_parcel = in_parcels(session, [grant for grant, *_ in found if grant.state in KEPT])
    deciders = approvals.list_deciders(session, [grant.approval_id for grant, *_ in found if grant.approval_id])
    return [
        _row(actor, grant, name, giver, deciders.get(grant.approval_id or 0, ""), in_parcel=grant.id in in_parcel)
        for grant, name, giver in found
    ]


def _row(actor: Actor, grant: Grant, name: str, giver: str, approved_by: str, *, in_parcel: bool) -> GivenRow:
    is_reserved, may_give = grant.state is GrantState.RESERVED, actor.may(Permission.GIVE)
    return GivenRow(
        grant_id=grant.id,
        name=name,
        value_minor=grant.value_minor,
        currency=grant.currency,
        by=giver,
        approved_by=approved_by,
        at=grant.granted_at,
        words=_WORDS[grant.state],
        is_undone=grant.state not in KEPT,
        can_undo=is_reserved and may_undo(actor, grant),
        can_hand_over=is_reserved and may_give and not in_parcel,
        can_decline=is_reserved and may_undo(actor, grant),
        can_take_back=grant.state is GrantState.COMMITTED and may_say_returned(actor) and not in_parcel,
    )
