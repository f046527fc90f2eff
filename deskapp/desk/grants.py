"""Giving a plus-one, and taking it back: one decision, one transaction, one line in the ledger for each bucket."""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session

from deskapp.desk import audit, idempotency, limits
from deskapp.desk.preferences import stops_of
from deskapp.desk.suggestions import text_of, value_of
from deskapp.desk.wording import money
from deskapp.rules.authority import (
    AuthorityLimit,
    Ceiling,
    Granted,
    NeedsApproval,
    Refused,
    Room,
    Verdict,
    Why,
    decide,
)
from deskapp.rules.errors import Busy, Conflict, Forbidden
from deskapp.rules.people import Actor, Permission
from deskapp.rules.stops import first_stop
from deskapp.store import grants, items, offers, preferences
from deskapp.store import limits as limit_rows
from deskapp.store.items import ItemRow
from deskapp.store.tables import Customer, Grant, GrantState, Item, ItemKind, LedgerKind, Offer

_TRIES = 5
_CEILING_WORDS = {
    Ceiling.PER_GIFT: "for one gift",
    Ceiling.PER_GIVER_PER_DAY: "for you today",
    Ceiling.PER_CUSTOMER_PER_MONTH: "for this customer this month",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided, as it is stored under its key and told to everybody who asks with that key again."""

    kind: Literal["granted", "needs-approval", "refused"]
    item_name: str
    currency: str
    value_minor: int
    sentence: str
    grant_id: int | None = None
    why: str = ""
    ceiling: str = ""
    limit_minor: int | None = None
    left_minor: int | None = None
    over_by_minor: int | None = None
    rooms: list[dict[str, Any]] = field(default_factory=list)


def grant_offer(session: Session, actor: Actor, offer_id: int, *, form_key: str, now: datetime) -> tuple[int, Outcome]:
    """The customer's id and the outcome. Raises Conflict if the price moved since the offer was shown."""
    offer, item, customer = offers.get_offer(session, offer_id)
    if offer.currency != item.currency or not is_current(offer, item):
        raise Conflict(
            f"The price of {item.name} has changed since it was shown. Please look again before you give it."
        )
    return customer.id, give(session, actor, customer, item, offer.order_id, key=form_key, now=now)


def give(
    session: Session, actor: Actor, customer: Customer, item: Item, order_id: int | None, *, key: str, now: datetime
) -> Outcome:
    """One gift, once per key. The caller's transaction holds claim, money, stock, ledger and audit together."""
    if not actor.may(Permission.GIVE):
        raise Forbidden("Your role gives no gifts.")
    request = [customer.id, item.id, order_id]
    if (answer := idempotency.claim(session, actor, "grant", key, request, now=now)) is not None:
        return Outcome(**answer)
    outcome = _decide_and_reserve(session, actor, customer, item, order_id, now=now)
    idempotency.settle(session, actor, "grant", key, asdict(outcome))
    return outcome


def find_outcome(session: Session, actor: Actor, key: str) -> Outcome | None:
    """What came of this actor's gift under `key`."""
    answer = idempotency.find(session, actor, "grant", key)
    return Outcome(**answer) if answer else None


def _decide_and_reserve(
    session: Session, actor: Actor, customer: Customer, item: Item, order_id: int | None, *, now: datetime
) -> Outcome:
    """Decided on what was read, then taken under conditions: if a rival was quicker in between, it is decided anew."""
    limit = limit_rows.find_limit(session, actor.role)
    for _ in range(_TRIES):
        verdict = _judge(session, actor, customer, item, limit, now=now)
        if not isinstance(verdict, Granted) or limit is None:
            return _outcome(verdict, item, limit)
        with session.begin_nested() as savepoint:
            if _take(session, actor, customer, item, limit, verdict.value_minor, now=now):
                grant_id = _record(session, actor, customer, item, order_id, limit, verdict.value_minor, now=now)
                return _outcome(_judged_after(verdict), item, limit, grant_id)
            savepoint.rollback()
    raise Busy("Many people are giving at this moment. Nothing was given; please try again.")


def _judge(
    session: Session, actor: Actor, customer: Customer, item: Item, limit: AuthorityLimit | None, *, now: datetime
) -> Verdict:
    if limit is None:
        return Refused(Why.NO_LIMIT)
    if item.currency != limit.currency:
        return Refused(Why.OTHER_CURRENCY)
    if not item.is_giftable or item.kind is ItemKind.GIFT_CARD:
        return Refused(Why.NOT_GIFTABLE)
    session.refresh(item, ["stock"])
    if item.stock < 1:
        return Refused(Why.OUT_OF_STOCK)
    stops = stops_of(preferences.list_preferences(session, customer.id))
    if stop := first_stop(stops, item.id, text_of(item)):
        return Refused(Why.HARD_STOP, detail=stop.words or stop.kind.value)
    rooms = limits.rooms_left(session, actor, limit, customer.id, now=now)
    return decide(rooms, value_of(item, limit.basis))


def _take(
    session: Session, actor: Actor, customer: Customer, item: Item, limit: AuthorityLimit, value: int, *, now: datetime
) -> bool:
    ceilings = {
        limits.day_bucket(actor.staff_id, limit, now): limit.per_giver_per_day_minor,
        limits.month_bucket(customer.id, limit, now): limit.per_customer_per_month_minor,
    }
    return limit_rows.fill(session, ceilings, value) and items.take_one(session, item.id)


def _record(
    session: Session,
    actor: Actor,
    customer: Customer,
    item: Item,
    order_id: int | None,
    limit: AuthorityLimit,
    value: int,
    *,
    now: datetime,
) -> int:
    grant = Grant(
        staff_id=actor.staff_id,
        customer_id=customer.id,
        order_id=order_id,
        item_id=item.id,
        price_minor=item.price_minor,
        cost_minor=item.cost_minor,
        value_minor=value,
        currency=item.currency,
        limit_version_id=limit.version_id,
        state=GrantState.RESERVED,
        granted_at=now,
    )
    session.add(grant)
    session.flush()
    keys = [limits.day_bucket(actor.staff_id, limit, now), limits.month_bucket(customer.id, limit, now)]
    grants.enter(session, grant.id, LedgerKind.RESERVE, keys, value, now)
    subject = f"customer:{customer.id}"
    audit.write(
        session, actor, "gift.granted", subject, now=now, grant=grant.id, value_minor=value, currency=item.currency
    )
    return grant.id


def _judged_after(verdict: Granted) -> Granted:
    """The same verdict with what is left once the gift is given; the ceiling for one gift never fills."""
    left = tuple(
        room if room.ceiling is Ceiling.PER_GIFT else replace(room, left_minor=room.left_minor - verdict.value_minor)
        for room in verdict.rooms
    )
    return Granted(verdict.value_minor, left)


def _outcome(verdict: Verdict, item: Item, limit: AuthorityLimit | None, grant_id: int | None = None) -> Outcome:
    currency = limit.currency if limit else item.currency
    told = Outcome(
        kind="refused",
        item_name=item.name,
        currency=currency,
        value_minor=verdict.value_minor,
        sentence=_sentence(verdict, item, currency),
        rooms=[_room_dict(room, currency) for room in verdict.rooms],
    )
    match verdict:
        case Granted(rooms=rooms):
            tightest = min(rooms, key=lambda room: room.left_minor)
            return _named(replace(told, kind="granted", grant_id=grant_id), tightest)
        case NeedsApproval(room=room, over_by_minor=over_by_minor):
            return _named(replace(told, kind="needs-approval", over_by_minor=over_by_minor), room)
        case Refused(room=maybe, why=why):
            refused = replace(told, why=why.value)
            return _named(refused, maybe) if maybe else refused


def _named(outcome: Outcome, room: Room) -> Outcome:
    """With the ceiling that decided and what is left under it."""
    return replace(outcome, ceiling=room.ceiling.value, limit_minor=room.limit_minor, left_minor=room.left_minor)


def _sentence(verdict: Verdict, item: Item, currency: str) -> str:
    match verdict:
        case Granted(rooms=rooms):
            tightest = min(rooms, key=lambda room: room.left_minor)
            left = money(tightest.left_minor, currency)
            return f"{item.name} is given. You may still give {left} {_CEILING_WORDS[tightest.ceiling]}."
        case NeedsApproval(room=room):
            over, left = money(verdict.over_by_minor, currency), money(room.left_minor, currency)
            return (
                f"{item.name} is {over} more than what is left {_CEILING_WORDS[room.ceiling]} ({left}). "
                "Somebody with a larger limit can give it."
            )
        case Refused():
            return _refusal(verdict, item, currency)


def _refusal(verdict: Refused, item: Item, currency: str) -> str:
    if verdict.room is not None:
        left, ceiling = money(verdict.room.left_minor, currency), _CEILING_WORDS[verdict.room.ceiling]
        return f"{item.name} costs {money(verdict.value_minor, currency)}; what is left {ceiling} is {left}."
    return {
        Why.NO_LIMIT: "Nobody has set yet what your role may give.",
        Why.OTHER_CURRENCY: f"{item.name} is priced in {item.currency}, your limit is in {currency}.",
        Why.NOT_GIFTABLE: f"{item.name} is not something we give away.",
        Why.OUT_OF_STOCK: f"{item.name} is out of stock.",
        Why.HARD_STOP: f"{item.name} must not be given to this customer ({verdict.detail}).",
    }[verdict.why]


def _room_dict(room: Room, currency: str) -> dict[str, Any]:
    return {
        "ceiling": room.ceiling.value,
        "limit_minor": room.limit_minor,
        "left_minor": room.left_minor,
        "currency": currency,
        "until": room.until.isoformat() if room.until else None,
    }


def is_current(offer: Offer | None, item: Item | ItemRow) -> bool:
    return offer is not None and (offer.price_minor, offer.cost_minor) == (item.price_minor, item.cost_minor)


def may_undo(actor: Actor, grant: Grant) -> bool:
    return grant.staff_id == actor.staff_id or actor.may(Permission.UNDO_OTHERS_GIFTS)


def undo(session: Session, actor: Actor, grant_id: int, *, now: datetime) -> Grant:
    """Releases the money into the buckets it came from, by a new row of the ledger. Undoing twice changes nothing."""
    grant = grants.get_grant(session, grant_id)
    if not may_undo(actor, grant):
        raise Forbidden("Only the giver or a lead can take this gift back.")
    if not grants.mark_undone(session, grant_id, now):
        return grant
    amounts = grants.reserved(session, grant_id)
    limit_rows.drain(session, amounts)
    grants.enter(session, grant_id, LedgerKind.RELEASE, list(amounts), -grant.value_minor, now)
    items.put_back(session, grant.item_id)
    audit.write(session, actor, "gift.undone", f"customer:{grant.customer_id}", now=now, grant=grant_id)
    return grant
