"""What was promised to a customer, by whom and until when."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed, ShortWords
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.store import customers, promises
from deskapp.store.memory_tables import Promise

_A_DAY = timedelta(days=1)


class NewPromise(Keyed):
    text: ShortWords
    due_on: date


@dataclass(frozen=True, slots=True)
class PromiseRow:
    id: int
    text: str
    due_on: date
    owner: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class NeedBy:
    """An order wanted for a day; late when the estimate, or today, is past it."""

    order: str
    need_by_on: date
    estimated_on: date | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class PromisesPanel:
    customer_id: int
    customer_name: str
    open: list[PromiseRow]
    need_by: list[NeedBy]


def panel(session: Session, customer_id: int, *, today: date) -> PromisesPanel:
    """Three queries."""
    customer = customers.get_customer(session, customer_id)
    rows = [
        PromiseRow(p.id, p.text, p.due_on, owner, p.due_on < today)
        for p, owner in promises.list_open_promises(session, customer_id)
    ]
    return PromisesPanel(customer.id, customer.name, rows, _need_by(session, customer_id, today))


def _need_by(session: Session, customer_id: int, today: date) -> list[NeedBy]:
    return [
        NeedBy(order.external_id, need_by, delivery.estimated_on, (delivery.estimated_on or today) > need_by)
        for order, delivery in customers.list_orders(session, customer_id)
        if order.status == customers.OPEN and delivery and (need_by := delivery.need_by_on)
    ]


def make(session: Session, actor: Actor, customer_id: int, form: NewPromise, *, now: datetime) -> None:
    customer = customers.get_customer(session, customer_id)
    if form.due_on < (now - _A_DAY).date():  # in the west of the shop it may still be yesterday
        raise Invalid({"due_on": "Please choose today or a later day."})
    if (
        idempotency.claim(session, actor, "promise", form.form_key, [customer_id, form.model_dump()], now=now)
        is not None
    ):
        return
    promise = Promise(customer_id=customer.id, text=form.text, owner_id=actor.staff_id, due_on=form.due_on, made_at=now)
    session.add(promise)
    session.flush()
    audit.write(session, actor, "promise.made", f"customer:{customer.id}", now=now, promise=promise.id)


def keep(session: Session, actor: Actor, promise_id: int, *, now: datetime) -> int:
    """The customer's id. Keeping a kept promise changes nothing."""
    promise = promises.get_promise(session, promise_id)
    if promise.kept_at is None:
        promise.kept_at = now
        audit.write(session, actor, "promise.kept", f"customer:{promise.customer_id}", now=now, promise=promise.id)
    return promise.customer_id
