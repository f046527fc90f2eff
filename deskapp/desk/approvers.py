"""Who could give a colleague's gift on their own authority, or on that of somebody who is away."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.desk.ceilings import worth_of
from deskapp.rules.authority import AuthorityLimit
from deskapp.rules.people import Actor, Permission
from deskapp.rules.periods import day_of
from deskapp.store import limits, staff
from deskapp.store.staff import Delegated
from deskapp.store.tables import Item


@dataclass(frozen=True, slots=True)
class Approver:
    """`decider` decides, with the authority of `authority`: the same person, or one who is away."""

    decider: Actor
    authority: Actor


def list_approvers(session: Session, asker: Actor, item: Item, *, now: datetime) -> list[Approver]:
    """By the authority's ceiling for one gift alone: what is left of their own day is looked at when they decide.

    Never the asker, neither in person nor as a delegate. Two queries, and one for each who may approve.
    """
    return [
        one
        for one in _candidates(session, now)
        if asker.staff_id not in (one.decider.staff_id, one.authority.staff_id)
        and _reaches(limits.find_limit(session, one.authority, now), item)
    ]


def find_authority(session: Session, decider: Actor, asker: Actor, item: Item, *, now: datetime) -> Actor | None:
    """Whose authority `decider` would use for this gift, their own first."""
    found = [one for one in list_approvers(session, asker, item, now=now) if one.decider.staff_id == decider.staff_id]
    own = [one for one in found if one.authority.staff_id == decider.staff_id]
    return next((one.authority for one in [*own, *found]), None)


def _candidates(session: Session, now: datetime) -> Iterator[Approver]:
    active = {one.staff_id: one for one in staff.list_active(session)}
    able = {key: one for key, one in active.items() if one.may(Permission.APPROVE)}
    yield from (Approver(one, one) for one in able.values())
    for given in staff.list_delegations(session):
        if given.to_id in active and given.from_id in able and _is_on(given, now):
            yield Approver(active[given.to_id], able[given.from_id])


def _is_on(given: Delegated, now: datetime) -> bool:
    """Days of UTC: a delegation covers days away, not hours."""
    return given.starts_on <= day_of(now, "UTC") <= given.ends_on


def _reaches(limit: AuthorityLimit | None, item: Item) -> bool:
    if limit is None or limit.approves_up_to_minor is None or limit.currency != item.currency:
        return False
    return worth_of(item, limit.basis).value_minor <= limit.approves_up_to_minor
