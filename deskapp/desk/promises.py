"""What was promised to a customer, by whom and until when, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency
from deskapp.desk.colleagues import Colleagues, a_taker, colleagues
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import Keyed, RowId, ShortWords
from deskapp.rules.errors import Conflict, Forbidden, Invalid
from deskapp.rules.people import Actor, Permission
from deskapp.rules.promises import DANGERS, NeedBy, Urgency, is_delayed, judge_need, urgency
from deskapp.rules.words import say
from deskapp.store import customers, promises
from deskapp.store.memory_tables import Promise
from deskapp.store.tables import Delivery, Order

_A_DAY = timedelta(days=1)


class NewPromise(Guarded):
    """`owner_id` 0: whoever promises; `order_id` 0: it concerns no order."""

    text: ShortWords
    due_on: date
    owner_id: RowId = 0
    order_id: RowId = 0


class NotKept(Guarded):
    """It cannot be kept. `is_told`: the customer knows; until they do, somebody owes them these words."""

    reason: ShortWords
    is_told: bool


class HandTo(Keyed):
    to: RowId


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """`promised_by` "" where the owner did; `cannot_because` is set where it cannot be kept and the customer is still to be told."""

    id: int
    text: str
    due_on: date
    owner_id: int
    owner: str
    has_left: bool
    promised_by: str
    handed_by: str
    handed_at: datetime | None
    order: str
    cannot_because: str
    urgency: Urgency

    @property
    def is_late(self) -> bool:
        return self.urgency is Urgency.LATE


@dataclass(frozen=True, slots=True)
class NeedByRow:
    """`told_at`: since when the customer knows of a delay."""

    order: str
    need_by_on: date
    estimated_on: date | None
    state: NeedBy
    delivery_id: int
    is_delayed: bool
    told_at: datetime | None

    @property
    def is_in_danger(self) -> bool:
        return self.state in DANGERS

    @property
    def is_late(self) -> bool:
        return self.state in {NeedBy.PASSED, NeedBy.TOO_LATE}


@dataclass(frozen=True, slots=True)
class PromisesPanel:
    """`colleagues`: id and name of whom one may promise for, or hand over to; `orders`: the latest of the customer's."""

    customer_id: int
    customer_name: str
    open: list[PromiseRow]
    need_by: list[NeedByRow]
    colleagues: list[tuple[int, str]]
    orders: list[tuple[int, str]]


# --- looking ---------------------------------------------------------------------------------------------------------


def panel(session: Session, customer_id: int, *, today: date) -> PromisesPanel:
    """Four queries."""
    customer = customers.get_customer(session, customer_id)
    orders = customers.list_orders(session, customer_id)
    names, of_orders = colleagues(session), {order.id: order.external_id for order, _ in orders}
    rows = [
        row_of(one, names, today, order=of_orders.get(one.order_id or 0, ""))
        for one in promises.list_open_promises(session, customer_id)
    ]
    return PromisesPanel(
        customer_id=customer.id,
        customer_name=customer.name,
        open=sorted(rows, key=lambda row: not row.cannot_because),
        need_by=need_by_rows(orders, today),
        colleagues=names.choices(),
        orders=list(of_orders.items()),
    )


def row_of(promise: Promise, names: Colleagues, today: date, *, order: str = "") -> PromiseRow:
    was_promised_by = promise.made_by if promise.made_by != promise.owner_id else None
    return PromiseRow(
        id=promise.id,
        text=promise.text,
        due_on=promise.due_on,
        owner_id=promise.owner_id,
        owner=names.name(promise.owner_id),
        has_left=promise.owner_id in names.left,
        promised_by=names.name(was_promised_by),
        handed_by=names.name(promise.handed_by),
        handed_at=promise.handed_at,
        order=order,
        cannot_because=promise.dropped_because,
        urgency=urgency(promise.due_on, today),
    )


def need_by_rows(orders: list[tuple[Order, Delivery | None]], today: date) -> list[NeedByRow]:
    """Of open orders that are not there yet, the first needed first."""
    found = [
        need_by_row(order, delivery, need_by, today)
        for order, delivery in orders
        if order.status == customers.OPEN and delivery and (need_by := delivery.need_by_on) and not is_there(delivery)
    ]
    return sorted(found, key=lambda row: row.need_by_on)


def need_by_row(order: Order, delivery: Delivery, need_by_on: date, today: date) -> NeedByRow:
    state = judge_need(need_by_on, delivery.estimated_on, today)
    is_packed = delivery.packed_at is not None
    return NeedByRow(
        order=order.external_id,
        need_by_on=need_by_on,
        estimated_on=delivery.estimated_on,
        state=state,
        delivery_id=delivery.id,
        is_delayed=is_delayed(need_by_on, delivery.estimated_on, delivery.ship_on, today, is_packed=is_packed),
        told_at=delivery.delay_told_at,
    )


def is_there(delivery: Delivery) -> bool:
    return delivery.delivered_at is not None and delivery.returned_at is None


def customer_of(session: Session, promise_id: int) -> int:
    return promises.customer_of(session, promise_id)


# --- doing -----------------------------------------------------------------------------------------------------------


def make(session: Session, actor: Actor, customer_id: int, form: NewPromise, *, now: datetime) -> None:
    customer = customers.get_customer(session, customer_id)
    if form.due_on < (now - _A_DAY).date():  # in the west of the shop it may still be yesterday
        raise Invalid({"due_on": say("Please choose today or a later day.")})
    request = [customer_id, form.model_dump()]
    if idempotency.claim(session, actor, "promise", form.form_key, request, now=now) is not None:
        return
    _guard(session, actor, form, form.text, "text", now)
    owner_id = a_taker(session, form.owner_id, "owner_id").id if form.owner_id else actor.staff_id
    promise = Promise(
        customer_id=customer.id,
        text=form.text,
        owner_id=owner_id,
        due_on=form.due_on,
        made_at=now,
        order_id=_order_of(session, customer_id, form.order_id),
        made_by=actor.staff_id,
    )
    session.add(promise)
    session.flush()
    _log(session, actor, "made", promise, now, owner=owner_id)


def _order_of(session: Session, customer_id: int, order_id: int) -> int | None:
    theirs = {order.id for order, _ in customers.list_orders(session, customer_id)} if order_id else set()
    if order_id and order_id not in theirs:
        raise Invalid({"order_id": say("Please choose one of their latest orders.")})
    return order_id or None


def keep(session: Session, actor: Actor, promise_id: int, *, now: datetime) -> int:
    """The customer's id. Keeping what is kept, or what was given up, changes nothing."""
    promise = promises.get_promise_to_change(session, promise_id)
    if _is_open(promise):
        promise.kept_at = now
        _log(session, actor, "kept", promise, now)
    return promise.customer_id


def drop(session: Session, actor: Actor, promise_id: int, form: NotKept, *, now: datetime) -> int:
    """The customer's id. It is off the list once the customer was told why. Raises Conflict where it is done."""
    promise = promises.get_promise_to_change(session, promise_id)
    request = [promise_id, form.model_dump()]
    if idempotency.claim(session, actor, "promise-drop", form.form_key, request, now=now) is None:
        _ensure_open(promise)
        _guard(session, actor, form, form.reason, "reason", now)
        promise.dropped_because, promise.dropped_by = form.reason, actor.staff_id
        promise.dropped_at = now if form.is_told else None
        _log(session, actor, "dropped", promise, now, is_told=form.is_told)
    return promise.customer_id


def tell(session: Session, actor: Actor, promise_id: int, *, now: datetime) -> int:
    """The customer's id: they know now that it cannot be kept. Raises Conflict where nobody said so of it."""
    promise = promises.get_promise_to_change(session, promise_id)
    if not promise.dropped_because:
        raise Conflict(say("Nobody said that this cannot be kept. Please say why first."))
    if _is_open(promise):
        promise.dropped_at, promise.dropped_by = now, actor.staff_id
        _log(session, actor, "told", promise, now)
    return promise.customer_id


def hand(session: Session, actor: Actor, promise_id: int, form: HandTo, *, now: datetime) -> int:
    """The customer's id. By its owner, or by a lead at any time; Forbidden for others. Raises Conflict where it is done."""
    promise = promises.get_promise_to_change(session, promise_id)
    to = a_taker(session, form.to, "to")
    if idempotency.claim(session, actor, "promise-hand", form.form_key, [promise_id, to.id], now=now) is None:
        if promise.owner_id != actor.staff_id and not actor.may(Permission.REVIEW_MEMORY):
            raise Forbidden(say("Only whoever owes it, or a lead, can hand a promise over."))
        _ensure_open(promise)
        give_to(session, actor, promise, to.id, now=now)
    return promise.customer_id


def give_to(session: Session, actor: Actor, promise: Promise, to_id: int, *, now: datetime) -> None:
    """Whoever promised first stays known; to whom it belongs already changes nothing."""
    if promise.owner_id == to_id:
        return
    was = promise.owner_id
    promise.made_by = promise.made_by or was
    promise.owner_id, promise.handed_at, promise.handed_by = to_id, now, actor.staff_id
    _log(session, actor, "handed", promise, now, was=was, owner=to_id)


def _is_open(promise: Promise) -> bool:
    return promise.kept_at is None and promise.dropped_at is None


def _ensure_open(promise: Promise) -> None:
    if not _is_open(promise):
        raise Conflict(say("Somebody has said already what became of this promise, so nothing was changed."))


def _guard(session: Session, actor: Actor, form: Guarded, text: str, field: str, now: datetime) -> None:
    guarding.ensure(
        session,
        actor,
        text,
        where="promise",
        field=field,
        form=form,
        now=now,
    )


def _log(session: Session, actor: Actor, act: str, promise: Promise, now: datetime, **details: object) -> None:
    subject = f"customer:{promise.customer_id}"
    audit.write(session, actor, f"promise.{act}", subject, now=now, promise=promise.id, **details)
