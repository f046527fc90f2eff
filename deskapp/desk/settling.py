"""What becomes of a gift: committed when it was handed over, or its money released; each a row of the ledger."""

from datetime import datetime

from sqlmodel import Session

from deskapp.desk import audit
from deskapp.rules.authority import is_capacity
from deskapp.rules.errors import Forbidden
from deskapp.rules.people import Actor, Permission
from deskapp.store import grants, items, limits
from deskapp.store.gift_tables import Grant, GrantState, LedgerKind


def may_undo(actor: Actor, grant: Grant) -> bool:
    return grant.staff_id == actor.staff_id or actor.may(Permission.UNDO_OTHERS_GIFTS)


def undo(session: Session, actor: Actor, grant_id: int, *, now: datetime) -> Grant:
    """Takes back what was not handed over yet. Undoing twice changes nothing."""
    grant = grants.get_grant(session, grant_id)
    if not may_undo(actor, grant):
        raise Forbidden("Only the giver or a lead can take this gift back.")
    release(session, actor, grant, GrantState.UNDONE, now=now)
    return grant


def release(session: Session, actor: Actor | None, grant: Grant, to: GrantState, *, now: datetime) -> bool:
    """Releases the money into the buckets it came from, whatever day it is. False if it was released before.

    Only what was handed over can be returned; a return of what is still reserved is one too.
    """
    came_from = {GrantState.RESERVED, GrantState.COMMITTED} if to is GrantState.RETURNED else {GrantState.RESERVED}
    if not grants.move(session, grant.id, to, came_from=came_from, now=now):
        return False
    amounts = grants.reserved(session, grant.id)
    limits.drain(session, amounts)
    grants.enter(session, grant.id, LedgerKind.RELEASE, {key: -amount for key, amount in amounts.items()}, now)
    if not any(is_capacity(key) for key in amounts):
        items.put_back(session, grant.item_id)
    audit.write(session, actor, f"gift.{to.value}", f"customer:{grant.customer_id}", now=now, grant=grant.id)
    return True


def commit(session: Session, actor: Actor | None, grant: Grant, *, now: datetime) -> bool:
    """It was handed over: no money moves, what was reserved is spent. False if it is not reserved any more."""
    if not grants.move(session, grant.id, GrantState.COMMITTED, came_from={GrantState.RESERVED}, now=now):
        return False
    grants.enter(session, grant.id, LedgerKind.COMMIT, dict.fromkeys(grants.reserved(session, grant.id), 0), now)
    audit.write(session, actor, "gift.committed", f"customer:{grant.customer_id}", now=now, grant=grant.id)
    return True
