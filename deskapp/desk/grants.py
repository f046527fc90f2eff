"""Giving a plus-one: one decision, one transaction, one line in the ledger for each bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import audit, idempotency, receiving
from deskapp.desk.approvers import list_approvers
from deskapp.desk.ceilings import known_before, price_and_cost, rooms_beside, rooms_of_gift, shared_rooms, worth_of
from deskapp.desk.preferences import stops_of_customer
from deskapp.desk.suggestions import text_of
from deskapp.desk.verdicts import Outcome, outcome
from deskapp.rules.authority import (
    GIVERS_OWN,
    AuthorityLimit,
    Granted,
    NeedsApproval,
    Refused,
    Room,
    Verdict,
    Why,
    always_counted,
    decide,
    over,
)
from deskapp.rules.errors import Busy, Conflict, Forbidden
from deskapp.rules.people import Actor, Permission, reaches
from deskapp.rules.periods import day_of
from deskapp.rules.stops import first_stop
from deskapp.rules.words import say
from deskapp.store import budgets, clock, grants, items, offers, preferences
from deskapp.store import limits as limit_rows
from deskapp.store.eligibility import Who
from deskapp.store.gift_tables import LedgerKind, Offer
from deskapp.store.grants import Held
from deskapp.store.items import ItemRow
from deskapp.store.offers import Shown
from deskapp.store.ready import Part, Row, ahead, together
from deskapp.store.tables import Customer, Item, ItemKind

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Gift:
    """What somebody wants to give to whom. `authority`: of a second person, where one agreed to it."""

    giver: Actor
    customer: Customer | Who
    item: Item | ItemRow
    order_id: int | None
    authority: Actor | None = None
    approval_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Decided:
    """What came of it, and what there is to write of it in the same transaction."""

    outcome: Outcome
    lines: tuple[Part, ...] = ()


def grant_offer(session: Session, actor: Actor, offer_id: int, *, form_key: str, now: datetime) -> tuple[int, Outcome]:
    """The customer's id and the outcome. Raises Conflict if the price moved since the offer was shown."""
    with ahead(
        session,
        lambda: _authority_of(actor),
        idempotency.claiming(session, actor, "grant", form_key, [offer_id], now=now),
        grants.holding_of(session, offer_id),
        offers.showing(offer_id),
    ) as (is_ours, held, found):
        offer = offers.shown(found)
        item, customer = offer.item, offer.customer
        if offer.currency != item.currency or not is_current(offer, item):
            raise Conflict(
                say(
                    "The price of {item} has changed since it was shown. Please look again before you give it.",
                    item=item.name,
                )
            )
        gift = Gift(actor, customer, item, offer.order_id)
        return customer.id, _give_once(session, gift, is_ours, held, key=form_key, request=[offer_id], now=now)


def give(
    session: Session,
    actor: Actor,
    customer: Customer | Who,
    item: Item | ItemRow,
    order_id: int | None,
    *,
    key: str,
    now: datetime,
) -> Outcome:
    """One gift, once per key. The caller's transaction holds claim, money, stock, ledger and audit together."""
    gift, request = Gift(actor, customer, item, order_id), [customer.id, item.id, order_id]
    with ahead(
        session,
        lambda: _authority_of(actor),
        idempotency.claiming(session, actor, "grant", key, request, now=now),
        grants.holding(session, customer.id),
    ) as (is_ours, held):
        return _give_once(session, gift, is_ours, held, key=key, request=request, now=now)


def _authority_of(actor: Actor) -> Sequence[Part]:
    """Asked before one waits for the customer, as the clock was: whoever one waits for changes neither limits nor budgets."""
    return limit_rows.of_giver(actor), budgets.agreed()


def _give_once(
    session: Session, gift: Gift, is_ours: list[Row], held: list[Row], *, key: str, request: object, now: datetime
) -> Outcome:
    """With what claiming the key and holding the customer answered."""
    if not gift.giver.may(Permission.GIVE):
        raise Forbidden(say("Your role gives no gifts."))
    if not is_ours:
        return Outcome(**idempotency.first_answer(session, gift.giver, "grant", key, request))
    decided = _decide_and_take(session, gift, grants.held(held), now=now)
    answer = decided.outcome.to_keep()
    together(session, *decided.lines, idempotency.settling(gift.giver, "grant", key, answer))
    return decided.outcome


def find_outcome(session: Session, actor: Actor, key: str) -> Outcome | None:
    """What came of this actor's gift under `key`."""
    answer = idempotency.find(session, actor, "grant", key)
    return Outcome(**answer) if answer else None


def foresee(session: Session, gift: Gift, *, now: datetime) -> Outcome:
    """What would be decided now; nothing is taken."""
    limit = limit_rows.find_limit(session, gift.authority or gift.giver, now)
    return _told(_judge(session, gift, limit, now=now), gift, limit, now)


def decide_and_reserve(session: Session, gift: Gift, *, now: datetime) -> Outcome:
    """The caller has claimed a key. With an authority it is judged by that person's limit for a colleague's gift and
    drawn from that person's periods; what the giver's own limit says of the customer holds all the same.
    """
    judged_by, holding = gift.authority or gift.giver, grants.holding(session, gift.customer.id)
    with ahead(session, lambda: _authority_of(judged_by), holding) as (held,):
        decided = _decide_and_take(session, gift, grants.held(held), now=now)
    together(session, *decided.lines)
    return decided.outcome


def _decide_and_take(session: Session, gift: Gift, held: Held, *, now: datetime) -> _Decided:
    """Decided on what was read, then taken under conditions: if a rival was quicker in between, it is decided anew."""
    clock.keep(session, now, held.clock)
    limit = limit_rows.find_limit(session, gift.authority or gift.giver, now)
    for tried in range(_TRIES):
        verdict = _judge(session, gift, limit, now=now, was_lost=tried > 0)
        if not isinstance(verdict, Granted) or limit is None:
            return _Decided(_told(verdict, gift, limit, now))
        if (amounts := _take(session, gift, limit, verdict, now=now)) is not None:
            after = tuple(room.after(verdict.worth) for room in verdict.rooms)
            outcome = _told(replace(verdict, rooms=after), gift, limit, now, held.next_grant)
            return _Decided(outcome, _lines(gift, limit, verdict, amounts, held.next_grant, now=now))
    raise Busy(say("Many people are giving at this moment. Nothing was given; please try again."))


def _told(
    verdict: Verdict, gift: Gift, limit: AuthorityLimit | None, now: datetime, grant_id: int | None = None
) -> Outcome:
    currency, zone = (limit.currency, limit.zone) if limit else (gift.item.currency, "UTC")
    return outcome(verdict, gift.item, currency, zone=zone, now=now, grant_id=grant_id)


def _judge(
    session: Session, gift: Gift, limit: AuthorityLimit | None, *, now: datetime, was_lost: bool = False
) -> Verdict:
    """`was_lost`: to a rival who was quicker, maybe the last piece."""
    if limit is None:
        return Refused(Why.NO_LIMIT)
    own = limit_rows.find_limit(session, gift.giver, now) if gift.authority else None
    if gift.authority and own is None:
        return Refused(Why.NO_LIMIT)  # what the giver's limit said of the customer could not be held to any more
    judged_by, customer = gift.authority or gift.giver, gift.customer
    shared, wishes = shared_rooms(session, judged_by, limit, gift.item, now=now), preferences.wishes_of(customer.id)
    with ahead(session, lambda: (wishes, *known_before(judged_by, limit, customer, shared, now=now))):
        if refused := _stopped(session, gift, limit, own, now=now, was_lost=was_lost):
            return refused
        rooms = _rooms(session, gift, limit, own, shared, now=now)
    worth = worth_of(gift.item, limit.basis)
    verdict = decide(rooms, worth)
    if not isinstance(verdict, NeedsApproval):
        return verdict
    if gift.authority is None and (able := list_approvers(session, gift.giver, gift.item, now=now)):
        return replace(verdict, approvers=tuple(sorted({one.decider.name for one in able})))
    return over(verdict.room, worth, verdict.rooms)


def _stopped(
    session: Session,
    gift: Gift,
    limit: AuthorityLimit,
    own: AuthorityLimit | None,
    *,
    now: datetime,
    was_lost: bool,
) -> Refused | None:
    """What no money could change."""
    item, customer = gift.item, gift.customer
    if item.currency != limit.currency:
        return Refused(Why.OTHER_CURRENCY)
    if not item.is_giftable or item.kind is ItemKind.GIFT_CARD:
        return Refused(Why.NOT_GIFTABLE)
    if not any(price_and_cost(item)):
        return Refused(Why.NO_VALUE)
    if not reaches((gift.authority or gift.giver).role, item.least_role):
        return Refused(Why.NOT_YOURS)
    is_doubtful = item.capacity_per_day is None and (item.stock < 1 or was_lost)
    if is_doubtful and not items.is_in_stock(session, item.id):
        return Refused(Why.OUT_OF_STOCK)
    if stop := first_stop(
        stops_of_customer(session, customer.id, today=now.date()), item.id, text_of(item), item.category
    ):
        return Refused(Why.HARD_STOP, detail=stop.words or stop.kind.value)
    for one in filter(None, (limit, own)):
        if refused := receiving.why_not(session, one, customer, gift.order_id, now=now):
            return refused
    return None


def _rooms(
    session: Session,
    gift: Gift,
    limit: AuthorityLimit,
    own: AuthorityLimit | None,
    shared: Sequence[Room],
    *,
    now: datetime,
) -> tuple[Room, ...]:
    giver, customer, order_id = gift.giver, gift.customer, gift.order_id
    if gift.authority is None or own is None:
        return rooms_beside(session, giver, limit, customer, shared, order_id=order_id, now=now)
    lent = rooms_beside(session, gift.authority, limit.to_approve(), customer, shared, order_id=order_id, now=now)
    alike = replace(own, basis=limit.basis)  # one gift is measured one way
    asked = rooms_of_gift(session, giver, alike, customer, order_id=order_id, now=now)
    return lent + tuple(room for room in asked if room.ceiling not in GIVERS_OWN and room not in lent)


def _take(
    session: Session, gift: Gift, limit: AuthorityLimit, verdict: Granted, *, now: datetime
) -> dict[str, int] | None:
    """Bucket -> what was put into it. None: a rival took the room or the last piece, and nothing was taken."""
    price, cost = price_and_cost(gift.item)
    charged, day = gift.authority or gift.giver, day_of(now, limit.zone)
    counted = always_counted(
        charged.staff_id, gift.customer.id, day, limit.currency, price_minor=price, cost_minor=cost
    )
    if (amounts := limit_rows.amounts_of(verdict.rooms, verdict.worth, counted)) is None:
        return None
    is_of_stock = gift.item.capacity_per_day is None
    stock = [items.taking(gift.item.id)] if is_of_stock else []
    filled, *taken = together(session, limit_rows.filling(verdict.rooms, amounts), *stock)
    if len(filled) == len(amounts) and all(taken):
        return amounts
    limit_rows.drain(session, {key: amounts[key] for (key,) in filled})
    if any(taken):
        items.put_back(session, gift.item.id)
    return None


def _lines(
    gift: Gift, limit: AuthorityLimit, verdict: Granted, amounts: Mapping[str, int], grant_id: int, *, now: datetime
) -> tuple[Part, ...]:
    """What is written of a gift whose money is taken: itself, its ledger and the line of the audit."""
    price, cost = price_and_cost(gift.item)
    value = verdict.worth.value_minor
    grant = grants.recording(
        grant_id,
        staff_id=gift.giver.staff_id,
        customer_id=gift.customer.id,
        order_id=gift.order_id,
        item_id=gift.item.id,
        price_minor=price,
        cost_minor=cost,
        value_minor=value,
        currency=gift.item.currency,
        limit_version_id=limit.version_id,
        granted_at=now,
        approval_id=gift.approval_id,
    )
    about = {"item": gift.item.id, "order": gift.order_id, "approval": gift.approval_id}
    known = {name: number for name, number in about.items() if number is not None}
    told = {"grant": grant_id, "value_minor": value, "currency": gift.item.currency} | known
    line = audit.line(gift.giver, "gift.granted", f"customer:{gift.customer.id}", now=now, **told)
    return grant, grants.entering(grant_id, LedgerKind.RESERVE, amounts, now), line


def is_current(offer: Offer | Shown | None, item: Item | ItemRow) -> bool:
    return offer is not None and (offer.price_minor, offer.cost_minor) == (item.price_minor, item.cost_minor)
