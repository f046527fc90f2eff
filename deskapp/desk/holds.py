"""Holds: a lead keeps everything of one customer while a dispute is open, with a reason and a day to look again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator
from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import ShortWords
from deskapp.desk.wording import day_words
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import customers, holds, personal, staff
from deskapp.store.holds import Held
from deskapp.store.privacy_tables import Hold

_LONGEST = timedelta(days=366)


class NewHold(Guarded):
    reason: ShortWords
    review_on: Annotated[date | None, BeforeValidator(lambda typed: typed or None)] = None


@dataclass(frozen=True, slots=True)
class HoldRow:
    id: int
    customer_id: int
    customer_name: str
    reason: str
    review_on: date | None
    placed_by: str
    placed_at: datetime
    lifted_by: str
    lifted_at: datetime | None
    is_due: bool  # somebody should look whether it is still needed


def list_rows(session: Session, customer_ids: Collection[int], *, today: date) -> list[HoldRow]:
    names = staff.names(session)
    return [_row(held, names, today) for held in holds.list_of(session, customer_ids)]


def list_open(session: Session, *, today: date) -> list[HoldRow]:
    names = staff.names(session)
    return [_row(held, names, today) for held in holds.list_open(session)]


def _row(held: Held, names: dict[int, str], today: date) -> HoldRow:
    hold = held.hold
    return HoldRow(
        id=hold.id,
        customer_id=hold.customer_id,
        customer_name=held.customer_name,
        reason=hold.reason,
        review_on=hold.review_on,
        placed_by=held.placed_by,
        placed_at=hold.placed_at,
        lifted_by=names.get(hold.lifted_by or 0, ""),
        lifted_at=hold.lifted_at,
        is_due=hold.lifted_at is None and hold.review_on is not None and hold.review_on <= today,
    )


def place(session: Session, actor: Actor, customer_id: int, form: NewHold, *, today: date, now: datetime) -> None:
    customer = customers.get_customer(session, customer_id)
    sent = [customer_id, form.model_dump()]
    if idempotency.claim(session, actor, "hold", form.form_key, sent, now=now) is not None:
        return
    if form.review_on is not None and not today <= form.review_on <= today + _LONGEST:
        raise Invalid({"review_on": say("Please choose a day to look again within a year from today.")})
    guarding.ensure(
        session,
        actor,
        form.reason,
        where="hold",
        field="reason",
        form=form,
        now=now,
    )
    hold = Hold(
        customer_id=customer.id, reason=form.reason, review_on=form.review_on, placed_by=actor.staff_id, placed_at=now
    )
    session.add(hold)
    session.flush()
    audit.write(session, actor, "hold.placed", f"customer:{customer.id}", now=now, hold=hold.id)


def lift(session: Session, actor: Actor, hold_id: int, *, now: datetime) -> int:
    """The customer's id. Lifting twice changes nothing."""
    hold = holds.get_hold(session, hold_id)
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by = now, actor.staff_id
        audit.write(session, actor, "hold.lifted", f"customer:{hold.customer_id}", now=now, hold=hold.id)
    return hold.customer_id


def refuse_if_held(session: Session, customer_id: int, *, today: date) -> None:
    """Raises Conflict, which says who placed the hold and why."""
    for held in holds.list_of(session, personal.find_selves(session, customer_id)):
        if held.hold.lifted_at is None:
            placed_on = day_words(held.hold.placed_at.date(), today)
            raise Conflict(
                say(
                    "{name} placed a hold on {day}: “{reason}”. Nothing of this customer is forgotten until a lead lifts it.",
                    name=held.placed_by,
                    day=placed_on,
                    reason=held.hold.reason,
                )
            )
