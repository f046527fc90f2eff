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
from deskapp.store.items import ItemRow
from deskapp.store.staff import Delegated
from deskapp.store.tables import Item


@dataclass(frozen=True, slots=True)
class Approver:
    """`decider` decides, with the authority of `authority`: the same person, or one who is away."""

    decider: Actor
    authority: Actor


@dataclass(frozen=True, slots=True)
class Authority:
    """One that somebody may decide with today, their own or lent."""

    of: Actor
    limit: AuthorityLimit

    def reaches(self, asker_id: int, item: Item | ItemRow) -> bool:
        """By the ceiling for one gift alone; never for a gift that its holder asked for."""
        return asker_id != self.of.staff_id and _reaches(self.limit, item)


def list_approvers(session: Session, asker: Actor, item: Item | ItemRow, *, now: datetime) -> list[Approver]:
    """By the authority's ceiling for one gift alone: what is left of their own day is looked at when they decide.

    Never the asker, neither in person nor as a delegate. Two queries, and one for each who may approve.
    """
    return [
        Approver(decider, one.of)
        for decider, one in _list_all(session, now)
        if decider.staff_id != asker.staff_id and one.reaches(asker.staff_id, item)
    ]


def find_authority(session: Session, decider: Actor, asker: Actor, item: Item, *, now: datetime) -> Actor | None:
    """Whose authority `decider` would use for this gift, their own first."""
    if decider.staff_id == asker.staff_id:
        return None
    held = list_authorities(session, decider, now=now)
    return next((one.of for one in held if one.reaches(asker.staff_id, item)), None)


def list_authorities(session: Session, decider: Actor, *, now: datetime) -> list[Authority]:
    """What `decider` may decide with today, their own first. One query, one for each; three more where one is lent."""
    own = _own(session, decider, now)
    lent = [one for one in staff.list_delegations(session) if one.to_id == decider.staff_id]
    able = _able(session) if lent else {}
    return [*own, *(one for given in lent if (one := _lent(session, able, given, now)))]


def _list_all(session: Session, now: datetime) -> Iterator[tuple[Actor, Authority]]:
    active = {one.staff_id: one for one in staff.list_active(session)}
    own = {key: one for key, actor in active.items() for one in _own(session, actor, now)}
    yield from ((active[key], one) for key, one in own.items())
    for given in staff.list_delegations(session):
        if given.to_id in active and given.from_id in own and _is_on(given, own[given.from_id].limit, now):
            yield active[given.to_id], own[given.from_id]


def _own(session: Session, actor: Actor, now: datetime) -> list[Authority]:
    limit = limits.find_limit(session, actor, now) if actor.may(Permission.APPROVE) else None
    return [Authority(actor, limit)] if limit else []


def _able(session: Session) -> dict[int, Actor]:
    return {one.staff_id: one for one in staff.list_active(session) if one.may(Permission.APPROVE)}


def _lent(session: Session, able: dict[int, Actor], given: Delegated, now: datetime) -> Authority | None:
    """Only one's own is lent, so nobody can hand on what was lent to them."""
    if (of := able.get(given.from_id)) is None:
        return None
    return next((one for one in _own(session, of, now) if _is_on(given, one.limit, now)), None)


def _is_on(given: Delegated, limit: AuthorityLimit, now: datetime) -> bool:
    """Days of the limit's own zone."""
    return given.starts_on <= day_of(now, limit.zone) <= given.ends_on


def _reaches(limit: AuthorityLimit, item: Item | ItemRow) -> bool:
    if limit.approves_up_to_minor is None or limit.currency != item.currency:
        return False
    return worth_of(item, limit.basis).value_minor <= limit.approves_up_to_minor
