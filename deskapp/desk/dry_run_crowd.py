"""Who of many customers may be given something now, answered for all at once as the desk answers it for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from deskapp.desk.ceilings import last_order
from deskapp.desk.eligibility import find_rule
from deskapp.rules import eligibility, surprise
from deskapp.rules.authority import (
    YEAR_DAYS,
    AuthorityLimit,
    Basis,
    Ceiling,
    Given,
    Room,
    Unit,
    Worth,
    customer_rooms,
    filled,
    most_left,
    order_room,
    rolling_room,
)
from deskapp.rules.eligibility import NotARule
from deskapp.rules.eligibility_facts import Facts, Rule
from deskapp.rules.people import Receiver
from deskapp.rules.periods import day_of
from deskapp.store import budgets
from deskapp.store import dry_run as rows
from deskapp.store import limits as limit_rows
from deskapp.store.eligibility import Who
from deskapp.store.gift_tables import ReceiverVersion
from deskapp.store.grants import Kept

_OFTEN = 3  # gifts, before which nothing can be regular
_BUCKETS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Last:
    """The order that stands for a gift without one."""

    order_id: int
    placed_at: datetime
    currency: str
    total_minor: int

    def went_with(self, gift: Kept) -> bool:
        """Also what was given without an order since this one was placed."""
        return gift.order_id == self.order_id or (gift.order_id is None and gift.granted_at >= self.placed_at)


@dataclass(frozen=True, slots=True)
class Crowd:
    """`newest_orders` only of those with an offer or with several gifts: nobody else's can matter."""

    people: Sequence[Who]
    kept: Mapping[int, Sequence[Kept]]
    want_none: frozenset[int]
    offered: frozenset[int]
    newest_orders: Mapping[int, Sequence[tuple[int, str]]]
    last_orders: Mapping[int, Last]  # where a limit asks for a share of it
    thresholds: Mapping[Receiver, ReceiverVersion]


@dataclass(frozen=True, slots=True)
class Reach:
    """Ids of those who meet the rule, and of those of them who may be given something today."""

    meets: frozenset[int]
    may: frozenset[int]


def gather(session: Session, people: Sequence[Who], limits: Sequence[AuthorityLimit]) -> Crowd:
    """About eight queries for each 5,000 customers."""
    ids = [one.id for one in people]
    kept = rows.list_kept(session, ids)
    offered = rows.with_offers(session)
    suspects = offered | {one for one, gifts in kept.items() if len(gifts) >= _OFTEN}
    has_share = any(limit.order_share_percent is not None for limit in limits)
    newest = rows.list_newest_orders(session, ids if has_share else sorted(suspects.intersection(ids)))
    found = {kind: budgets.find_receiver(session, kind) for kind in Receiver if kind is not Receiver.PERSON}
    return Crowd(
        people,
        kept,
        frozenset(rows.who_wants_none(session)),
        frozenset(offered),
        newest,
        _last_orders(session, newest) if has_share else {},
        {kind: version for kind, version in found.items() if version},
    )


def _last_orders(session: Session, newest: Mapping[int, Sequence[tuple[int, str]]]) -> dict[int, Last]:
    last = {customer: order for customer, orders in newest.items() if (order := last_order(orders)) is not None}
    totals, placed = rows.order_totals(session, last.values()), rows.placed_when(session, last.values())
    return {customer: Last(order, *placed[order], totals.get(order, 0)) for customer, order in last.items()}


def rule_of(limit: AuthorityLimit) -> tuple[Rule | None, bool]:
    """The rule, None for everybody; and whether it can be read: if not, nobody meets it."""
    try:
        return find_rule(limit.eligibility), True
    except NotARule:
        return None, False


def reach(session: Session, crowd: Crowd, limit: AuthorityLimit, facts: Mapping[int, Facts], *, now: datetime) -> Reach:
    """`facts` in the limit's zone and currency. One query for each 5,000 customers with gifts."""
    rule, is_readable = rule_of(limit)
    if not is_readable:
        return Reach(frozenset(), frozenset())
    meets = [one for one in crowd.people if rule is None or eligibility.is_met(rule, facts[one.id])]
    today = day_of(now, limit.zone)
    rooms = {one.id: _rooms(crowd, limit, one, now, today) for one in meets if _is_open_to(crowd, limit, one, today)}
    spent = _spent(session, crowd, rooms)
    may = {customer for customer, held in rooms.items() if most_left(filled(room, spent) for room in held) > 0}
    return Reach(frozenset(one.id for one in meets), frozenset(may))


def _is_open_to(crowd: Crowd, limit: AuthorityLimit, one: Who, today: date) -> bool:
    """Neither their wish nor the law nor the surprise stands against it."""
    if one.id in crowd.want_none:
        return False
    if one.receiver is not Receiver.PERSON and one.receiver not in crowd.thresholds:
        return False
    orders = crowd.newest_orders.get(one.id, ())
    if limit.is_never_bait and one.id in crowd.offered:
        return False
    return not (limit.is_never_regular and _is_regular(crowd.kept.get(one.id, ()), orders, limit.zone, today))


def _is_regular(kept: Sequence[Kept], orders: Sequence[tuple[int, str]], zone: str, today: date) -> bool:
    given = [(day_of(gift.granted_at, zone), gift.order_id) for gift in kept[:12]]
    return surprise.is_expected([order for order, _ in orders], given, None, today)


def _rooms(crowd: Crowd, limit: AuthorityLimit, one: Who, now: datetime, today: date) -> list[Room]:
    given = [
        Given(day_of(gift.granted_at, limit.zone), Worth(_value(gift, limit.basis), gift.price_minor))
        for gift in crowd.kept.get(one.id, ())
    ]
    rooms = [Room(Ceiling.PER_GIFT, limit.per_gift_minor, limit.per_gift_minor, fills=False)]
    rooms += customer_rooms(limit, one.id, given, now)
    if limit.order_share_percent is not None:
        rooms.append(
            _share_of_order(limit, limit.order_share_percent, crowd.last_orders.get(one.id), crowd.kept, one.id)
        )
    if threshold := crowd.thresholds.get(one.receiver):
        most = threshold.per_gift_minor
        rooms.append(Room(Ceiling.RECEIVER_PER_GIFT, most, most, unit=Unit.RETAIL, fills=False))
        yearly = rolling_room(
            Ceiling.RECEIVER_PER_YEAR, threshold.per_year_minor, Unit.RETAIL, YEAR_DAYS, given, today, limit.zone
        )
        rooms.append(yearly)
    return rooms


def _share_of_order(
    limit: AuthorityLimit, percent: int, last: Last | None, kept: Mapping[int, Sequence[Kept]], customer_id: int
) -> Room:
    if last is None or last.currency != limit.currency:
        return order_room(percent, 0)
    given = sum(_value(gift, limit.basis) for gift in kept.get(customer_id, ()) if last.went_with(gift))
    return order_room(percent, last.total_minor, given)


def _value(gift: Kept, basis: Basis) -> int:
    return gift.price_minor if basis is Basis.PRICE else gift.cost_minor


def _spent(session: Session, crowd: Crowd, rooms: Mapping[int, Sequence[Room]]) -> dict[str, int]:
    """Of those who ever got something; nobody else's total can hold anything."""
    wanted = [room.bucket for customer, held in rooms.items() if customer in crowd.kept for room in held if room.bucket]
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _BUCKETS_AT_ONCE):
        found |= limit_rows.spent(session, wanted[start : start + _BUCKETS_AT_ONCE])
    return found
