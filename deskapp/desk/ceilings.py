"""Everything that stands over one gift: the giver's limit, the customer's, budgets, the law's thresholds, what can be had."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.rules.authority import (
    YEAR_DAYS,
    AuthorityLimit,
    Basis,
    Ceiling,
    Given,
    Room,
    Unit,
    Worth,
    bucket_room,
    budget_bucket,
    capacity_bucket,
    customer_rooms,
    filled,
    giver_rooms,
    order_room,
    rolling_room,
)
from deskapp.rules.fates import Fate, find_fate
from deskapp.rules.people import Actor, Receiver
from deskapp.rules.periods import Period, day_of, day_starts_at
from deskapp.rules.surprise import is_offer
from deskapp.store import budgets, grants
from deskapp.store import limits as limit_rows
from deskapp.store.eligibility import Who
from deskapp.store.grants import Kept
from deskapp.store.items import ItemRow
from deskapp.store.ready import Part, ahead
from deskapp.store.tables import Customer, Item

_MONTH_DAYS = 31


def price_and_cost(item: Item | ItemRow) -> tuple[int, int]:
    """One stands for the other where the shop knows only one: nothing is given as if it were worth nothing."""
    return item.price_minor or item.cost_minor, item.cost_minor or item.price_minor


def worth_of(item: Item | ItemRow, basis: Basis) -> Worth:
    price, cost = price_and_cost(item)
    return Worth(price if basis is Basis.PRICE else cost, price)


def rooms_of_giver(session: Session, giver: Actor, limit: AuthorityLimit, *, now: datetime) -> tuple[Room, ...]:
    """Whoever the gift may be for. Two queries."""
    return _with_what_is_spent(
        session, [*giver_rooms(limit, giver.staff_id, now), *_budget_rooms(session, giver, limit, now)]
    )


def rooms_of_gift(
    session: Session,
    giver: Actor,
    limit: AuthorityLimit,
    customer: Customer | Who,
    *,
    order_id: int | None,
    item: Item | ItemRow | None = None,
    now: datetime,
) -> tuple[Room, ...]:
    """Every ceiling over a gift of this giver to this customer. Two to six queries, as many as the limit asks for."""
    shared = shared_rooms(session, giver, limit, item, now=now)
    with ahead(session, lambda: known_before(giver, limit, customer, shared, now=now)):
        return rooms_beside(session, giver, limit, customer, shared, order_id=order_id, now=now)


def shared_rooms(
    session: Session, giver: Actor, limit: AuthorityLimit, item: Item | ItemRow | None, *, now: datetime
) -> list[Room]:
    """Still empty, of what many givers draw from: budgets, and how much can be had of the item in a day. One query."""
    rooms = _budget_rooms(session, giver, limit, now)
    if item is not None and item.capacity_per_day is not None:
        rooms.append(_capacity_room(item.id, item.capacity_per_day, limit.zone, now))
    return rooms


def known_before(
    giver: Actor, limit: AuthorityLimit, customer: Customer | Who, shared: Sequence[Room], *, now: datetime
) -> tuple[Part, ...]:
    """What they were given and what is spent, since which buckets there are does not depend on what they were given."""
    since = _since(limit, customer.receiver, now)
    rooms = (*giver_rooms(limit, giver.staff_id, now), *customer_rooms(limit, customer.id, [], now), *shared)
    keys = [room.bucket for room in rooms if room.bucket]
    kept = (grants.kept_since(customer.id, since),) if since else ()
    return (*kept, limit_rows.spent_of(keys)) if keys else kept


def rooms_beside(
    session: Session,
    giver: Actor,
    limit: AuthorityLimit,
    customer: Customer | Who,
    shared: Sequence[Room],
    *,
    order_id: int | None,
    now: datetime,
) -> tuple[Room, ...]:
    """The giver's and the customer's beside the `shared` ones. What is `known_before` may be asked ahead."""
    rooms = giver_rooms(limit, giver.staff_id, now)
    if limit.order_share_percent is not None:
        rooms.append(_order_room(session, limit, limit.order_share_percent, customer.id, order_id))
    rooms += rooms_of_customer(session, limit, customer, now=now)
    return _with_what_is_spent(session, [*rooms, *shared])


def rooms_of_customer(
    session: Session, limit: AuthorityLimit, customer: Customer | Who, *, now: datetime
) -> list[Room]:
    """Buckets among them are still empty. None to two queries."""
    since, today = _since(limit, customer.receiver, now), day_of(now, limit.zone)
    kept = grants.list_kept(session, customer.id, since) if since else []
    rooms = customer_rooms(limit, customer.id, _given(kept, limit.zone, limit.basis), now)
    if any(one.was_under_another_number for one in kept):
        rooms = _without_other_numbers(rooms, limit, kept, today)
    if customer.receiver is not Receiver.PERSON:
        rooms += _receiver_rooms(session, customer.receiver, kept, limit, today)
    return rooms


def _since(limit: AuthorityLimit, receiver: Receiver, now: datetime) -> datetime | None:
    """From when on a customer's gifts count; None where no ceiling is of a customer."""
    yearly = receiver is not Receiver.PERSON or limit.per_customer_per_year_gifts is not None
    monthly = limit.per_customer_per_month_minor is not None
    longest = max(
        limit.per_customer_days or 0, limit.gap_days or 0, _MONTH_DAYS if monthly else 0, YEAR_DAYS if yearly else 0
    )
    return day_starts_at(day_of(now, limit.zone) - timedelta(days=longest), limit.zone) if longest else None


def _without_other_numbers(rooms: list[Room], limit: AuthorityLimit, kept: Sequence[Kept], today: date) -> list[Room]:
    """The month's bucket is one number's: what the same person was given this month under another takes room away."""
    others = [one for one in kept if one.was_under_another_number]
    spent = sum(
        one.worth.value_minor
        for one in _given(others, limit.zone, limit.basis)
        if (one.on.year, one.on.month) == (today.year, today.month)
    )
    return [
        replace(room, most=max(0, room.most - spent)) if room.ceiling is Ceiling.PER_CUSTOMER_PER_MONTH else room
        for room in rooms
    ]


def _given(kept: Sequence[Kept], zone: str, basis: Basis) -> list[Given]:
    return [
        Given(
            day_of(one.granted_at, zone),
            Worth(one.price_minor if basis is Basis.PRICE else one.cost_minor, one.price_minor),
        )
        for one in kept
    ]


def _receiver_rooms(
    session: Session, receiver: Receiver, kept: Sequence[Kept], limit: AuthorityLimit, today: date
) -> list[Room]:
    if (threshold := budgets.find_receiver(session, receiver, limit.currency)) is None:
        return []  # the gift is refused for that, see grants
    given = _given(kept, limit.zone, limit.basis)
    per_gift, per_year = threshold.per_gift_minor, threshold.per_year_minor
    return [
        Room(Ceiling.RECEIVER_PER_GIFT, per_gift, per_gift, unit=Unit.RETAIL, fills=False),
        rolling_room(Ceiling.RECEIVER_PER_YEAR, per_year, Unit.RETAIL, YEAR_DAYS, given, today, limit.zone),
    ]


def _budget_rooms(session: Session, giver: Actor, limit: AuthorityLimit, now: datetime) -> list[Room]:
    rooms = []
    for one in budgets.list_in_force(session, now):
        if one.team in ("", giver.team):
            day = day_of(now, one.zone)
            bucket = budget_bucket(one.budget_id, one.period, day, one.currency)
            most = one.most_minor if one.currency == limit.currency else 0  # nobody can add up two currencies
            unit = Unit.RETAIL  # givers' limits may measure one way or the other, a budget adds them all up
            rooms.append(bucket_room(Ceiling.BUDGET, most, bucket, one.period, day, one.zone, unit=unit, name=one.name))
    return rooms


def _capacity_room(item_id: int, capacity: int, zone: str, now: datetime) -> Room:
    day = day_of(now, zone)
    bucket = capacity_bucket(item_id, day)
    return bucket_room(Ceiling.CAPACITY, capacity, bucket, Period.DAY, day, zone, unit=Unit.GIFTS)


def _order_room(session: Session, limit: AuthorityLimit, percent: int, customer_id: int, order_id: int | None) -> Room:
    """Of all gifts of one order together. Without an order the customer's last one stands for it."""
    if order_id is None:
        order_id = last_order(grants.list_newest_orders(session, customer_id))
    if order_id is None:
        return order_room(percent, 0)
    kept = grants.list_kept_with(session, customer_id, order_id)
    given = sum(one.price_minor if limit.basis is Basis.PRICE else one.cost_minor for one in kept)
    return order_room(percent, grants.order_total(session, order_id, limit.currency), given)


def last_order(newest: Sequence[tuple[int, str]]) -> int | None:
    """Neither one that is only offered yet nor one that was given up."""
    given_up = (Fate.CANCELLED, Fate.RETURNED)
    return next((one for one, status in newest if not is_offer(status) and find_fate(status) not in given_up), None)


def _with_what_is_spent(session: Session, rooms: list[Room]) -> tuple[Room, ...]:
    spent = limit_rows.spent(session, (room.bucket for room in rooms))
    return tuple(filled(room, spent) for room in rooms)
