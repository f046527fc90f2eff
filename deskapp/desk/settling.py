"""What becomes of a gift: committed when it was handed over, or its money released; each a row of the ledger.

Money goes one way only: reserved, then committed or released; what was committed is released only if it came back.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit
from deskapp.rules.authority import is_capacity
from deskapp.rules.errors import Conflict, Forbidden
from deskapp.rules.fates import Fate
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import say
from deskapp.store import grants, items, limits
from deskapp.store import settling as stored
from deskapp.store.db import Database
from deskapp.store.gift_tables import KEPT, Grant, GrantState, LedgerKind
from deskapp.store.tables import Customer
from deskapp.store.turns import let_others_in

# Reserved so long and still nobody's: longer than a parcel is on its way or made to order, short enough that a quarter's
# budget gets back in time what was never given.
LAPSES_AFTER = timedelta(days=60)

_RELEASED_AS = {Fate.CANCELLED: GrantState.CANCELLED, Fate.RETURNED: GrantState.RETURNED}
_BATCH = 30  # gifts of one transaction, which others wait for: about 1 ms each


def may_undo(actor: Actor, grant: Grant) -> bool:
    return grant.staff_id == actor.staff_id or actor.may(Permission.UNDO_OTHERS_GIFTS)


def may_say_returned(actor: Actor) -> bool:
    """Not the giver: it would be money to give again, on nobody's word but their own."""
    return actor.may(Permission.UNDO_OTHERS_GIFTS)


def customer_of(session: Session, grant_id: int) -> int:
    """Who goes on as the person it was given to."""
    customer_id = grants.get_grant(session, grant_id).customer_id
    return session.get_one(Customer, customer_id).merged_into or customer_id


# --- what people do -------------------------------------------------------------------------------------------------


def undo(session: Session, actor: Actor, grant_id: int, *, now: datetime) -> Grant:
    """Takes back what was not handed over yet. Undoing twice changes nothing."""
    grant = grants.get_grant(session, grant_id)
    if not may_undo(actor, grant):
        raise Forbidden(say("Only the giver or a lead can take this gift back."))
    if not release(session, actor, grant, GrantState.UNDONE, now=now):
        _refuse_committed(session, grant, say("It was handed over already, so it cannot be undone."))
    return grant


def hand_over(session: Session, actor: Actor, grant_id: int, *, now: datetime) -> Grant:
    """Of a gift that goes with no parcel. Twice is once."""
    grant = grants.get_grant(session, grant_id)
    _refuse_in_parcel(session, grant, say("Delivered"))
    if not commit(session, actor, grant, now=now):
        _refuse_released(session, grant)
    return grant


def decline(session: Session, actor: Actor, grant_id: int, *, now: datetime) -> Grant:
    """The customer does not want it. Twice is once."""
    grant = grants.get_grant(session, grant_id)
    if not may_undo(actor, grant):
        raise Forbidden(say("Only the giver or a lead can say that this gift was not wanted."))
    if not release(session, actor, grant, GrantState.DECLINED, now=now):
        gave_back = say("It was handed over already. If they gave it back, say that it came back.")
        _refuse_committed(session, grant, gave_back)
    return grant


def take_back(session: Session, actor: Actor, grant_id: int, *, now: datetime) -> Grant:
    """It was handed over without a parcel and is here again. Twice is once."""
    grant = grants.get_grant(session, grant_id)
    if not may_say_returned(actor):
        raise Forbidden(say("Only a lead can say that a gift came back after it was handed over."))
    _refuse_in_parcel(session, grant, say("Came back"))
    release(session, actor, grant, GrantState.RETURNED, now=now)
    return grant


def in_parcels(session: Session, found: Iterable[Grant]) -> dict[int, str]:
    """Gift -> the number of the order it goes along with; not those that were given when the parcel had arrived. One query."""
    gifts = list(found)
    parcels = stored.list_parcels(session, {grant.order_id for grant in gifts if grant.order_id})
    there = {grant.id: (grant, *parcels[grant.order_id]) for grant in gifts if grant.order_id in parcels}
    return {
        grant_id: order
        for grant_id, (grant, order, ended_at) in there.items()
        if ended_at is None or grant.granted_at <= ended_at
    }


def _refuse_in_parcel(session: Session, grant: Grant, tick: str) -> None:
    if order := in_parcels(session, [grant]).get(grant.id):
        raise Conflict(
            say("It goes along with order {order}. Tick “{tick}” at that parcel instead.", order=order, tick=tick)
        )


def _refuse_committed(session: Session, grant: Grant, sentence: str) -> None:
    session.refresh(grant)
    if grant.state is GrantState.COMMITTED:
        raise Conflict(sentence)


def _refuse_released(session: Session, grant: Grant) -> None:
    session.refresh(grant)
    if grant.state is not GrantState.COMMITTED:
        raise Conflict(say("This gift was taken back before. If they are to have it, give it anew."))


# --- what parcels and orders do -------------------------------------------------------------------------------------


def settle_order(
    session: Session,
    actor: Actor | None,
    order_id: int,
    fate: Fate,
    *,
    happened_at: datetime | None = None,
    now: datetime,
) -> int:
    """The gifts of one order, whose parcel was delivered or came back. How many moved.

    `happened_at`: where it is told later; a gift that was given since was not in that parcel.
    """
    return _settle(session, actor, [(grant, fate) for grant in _along(session, order_id, fate, happened_at)], now=now)


def refuse_return_by_givers(session: Session, actor: Actor, order_id: int, happened_at: datetime) -> None:
    """Raises Forbidden where a return would release what was handed over, on the word of somebody who gives.

    As with `take_back`; but who brings parcels gives nothing, so their word counts.
    """
    if may_say_returned(actor) or not actor.may(Permission.GIVE):
        return
    found = _along(session, order_id, Fate.RETURNED, happened_at)
    committed = [grant for grant in found if grant.state is GrantState.COMMITTED]
    if any(grant.staff_id == actor.staff_id for grant in committed):
        raise Forbidden(say("A gift in this parcel is yours; please let a lead or the bench say that it came back."))
    if committed:
        raise Forbidden(
            say("A gift in this parcel was handed over; please let a lead or the bench say that it came back.")
        )


def _along(session: Session, order_id: int, fate: Fate, happened_at: datetime | None) -> list[Grant]:
    """The gifts in that parcel. What was handed over, but given when the parcel was there, went by the counter.

    Of those that are still reserved a return releases each that was given before it, or it would matter whether the delivery
    or the return was told first.
    """
    found = stored.list_of_order(session, order_id, stored.SETTLED_FROM[fate])
    arrived_at = stored.find_arrival(session, order_id) if fate is Fate.RETURNED else None
    return [
        grant
        for grant in found
        if (happened_at is None or grant.granted_at <= happened_at)
        and not (arrived_at and grant.state is GrantState.COMMITTED and grant.granted_at > arrived_at)
    ]


def settle_ended(session: Session, actor: Actor | None, *, now: datetime) -> int:
    """A batch of gifts whose order the shop says has ended: how many moved, 0 when none is left."""
    return _settle(session, actor, stored.list_ended(session, _BATCH), now=now)


def expire(session: Session, *, now: datetime) -> int:
    """A batch of gifts that nobody handed over for 60 days: how many lapsed, 0 when none is left."""
    found = stored.list_reserved_before(session, now - LAPSES_AFTER, _BATCH)
    return release_all(session, None, found, GrantState.EXPIRED, now=now)


def in_batches(database: Database, batch: Callable[[Session], int]) -> int:
    """Each in a transaction of its own, with a turn for others between, until one moves nothing."""
    total = 0
    while True:
        with database.writing() as session:
            moved = batch(session)
        if not moved:
            return total
        total += moved
        let_others_in(database)


def _settle(session: Session, actor: Actor | None, found: Iterable[tuple[Grant, Fate]], *, now: datetime) -> int:
    """`found` by id. Every gift is moved before any bucket is drained, or this and an undo of one would deadlock."""
    committed, moved = 0, []
    for grant, fate in found:
        if fate is Fate.DELIVERED:
            committed += commit(session, actor, grant, now=now)
        elif _move(session, grant, _RELEASED_AS[fate], now):
            moved.append((grant, _RELEASED_AS[fate]))
    return committed + _release_moved(session, actor, moved, now=now)


# --- how the money moves --------------------------------------------------------------------------------------------


def release(session: Session, actor: Actor | None, grant: Grant, to: GrantState, *, now: datetime) -> bool:
    """Releases the money into the buckets it came from, whatever day it is. False if it was released before."""
    return bool(release_all(session, actor, [grant], to, now=now))


def release_all(session: Session, actor: Actor | None, found: Iterable[Grant], to: GrantState, *, now: datetime) -> int:
    """How many moved. Only what was handed over can be returned; a return of what is still reserved is one too.

    The buckets of all of them are drained in one sorted pass, or two who settle and give at once would deadlock.
    """
    moved = [(grant, to) for grant in found if _move(session, grant, to, now)]
    return _release_moved(session, actor, moved, now=now)


def _move(session: Session, grant: Grant, to: GrantState, now: datetime) -> bool:
    came_from = KEPT if to is GrantState.RETURNED else (GrantState.RESERVED,)
    return grants.move(session, grant.id, to, came_from=came_from, now=now)


def _release_moved(
    session: Session, actor: Actor | None, moved: Sequence[tuple[Grant, GrantState]], *, now: datetime
) -> int:
    amounts = {grant.id: grants.reserved(session, grant.id) for grant, _ in moved}
    drained: Counter[str] = Counter()
    for one in amounts.values():
        drained.update(one)
    limits.drain(session, drained)
    for grant, to in moved:
        held = amounts[grant.id]
        grants.enter(session, grant.id, LedgerKind.RELEASE, {key: -amount for key, amount in held.items()}, now)
        audit.write(session, actor, f"gift.{to.value}", f"customer:{grant.customer_id}", now=now, grant=grant.id)
    for item_id in sorted(grant.item_id for grant, _ in moved if not any(map(is_capacity, amounts[grant.id]))):
        items.put_back(session, item_id)
    return len(moved)


def commit(session: Session, actor: Actor | None, grant: Grant, *, now: datetime) -> bool:
    """It was handed over: no money moves, what was reserved is spent. False if it is not reserved any more."""
    if not grants.move(session, grant.id, GrantState.COMMITTED, came_from={GrantState.RESERVED}, now=now):
        return False
    grants.enter(session, grant.id, LedgerKind.COMMIT, dict.fromkeys(grants.reserved(session, grant.id), 0), now)
    audit.write(session, actor, "gift.committed", f"customer:{grant.customer_id}", now=now, grant=grant.id)
    return True
