"""Visits and calls that are expected, and whether they came."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency
from deskapp.desk.colleagues import Colleagues, a_taker, colleagues
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import Keyed, RowId, no_nul
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import customers, visits
from deskapp.store.memory_tables import Visit, VisitKind

FORGOTTEN_DAYS = 7  # so long it is asked whether they came
_FURTHEST = timedelta(days=366)
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def _clock_time(text: str) -> str:
    if text and not _TIME.fullmatch(text):
        raise ValueError(say("Please write the time as 14:30, or leave it empty."))
    return text


TimeOfDay = Annotated[str, StringConstraints(max_length=5), AfterValidator(_clock_time)]
Remark = Annotated[str, StringConstraints(max_length=200), AfterValidator(no_nul)]


class NewVisit(Guarded):
    """`at` "": any time; `with_id` 0: whoever is there."""

    kind: VisitKind
    expected_on: date
    at: TimeOfDay = ""
    words: Remark = ""
    with_id: RowId = 0


class Moved(Keyed):
    expected_on: date
    at: TimeOfDay = ""


@dataclass(frozen=True, slots=True)
class VisitRow:
    """`with_name` "": whoever is there. `is_past`: the day is over, and nobody said whether they came."""

    id: int
    customer_id: int
    customer_name: str
    kind: VisitKind
    expected_on: date
    at: str
    words: str
    with_id: int | None
    with_name: str
    noted_by: str
    is_past: bool


@dataclass(frozen=True, slots=True)
class VisitsPanel:
    customer_id: int
    customer_name: str
    rows: list[VisitRow]
    colleagues: list[tuple[int, str]]
    today: date


# --- looking ---------------------------------------------------------------------------------------------------------


def panel(session: Session, customer_id: int, *, today: date) -> VisitsPanel:
    """Three queries, two of which the promises ask as well."""
    customer = customers.get_customer(session, customer_id)
    names = colleagues(session)
    rows = [
        row_of(visit, customer.name, names, today)
        for visit in visits.list_of_customer(session, customer_id, today - timedelta(days=FORGOTTEN_DAYS))
    ]
    return VisitsPanel(customer.id, customer.name, rows, names.choices(), today)


def row_of(visit: Visit, customer_name: str, names: Colleagues, today: date) -> VisitRow:
    return VisitRow(
        id=visit.id,
        customer_id=visit.customer_id,
        customer_name=customer_name,
        kind=visit.kind,
        expected_on=visit.expected_on,
        at=visit.at,
        words=visit.words,
        with_id=visit.with_id,
        with_name=names.name(visit.with_id),
        noted_by=names.name(visit.noted_by),
        is_past=visit.expected_on < today,
    )


def customer_of(session: Session, visit_id: int) -> int:
    return visits.customer_of(session, visit_id)


# --- doing -----------------------------------------------------------------------------------------------------------


def expect(session: Session, actor: Actor, customer_id: int, form: NewVisit, *, today: date, now: datetime) -> None:
    customer = customers.get_customer(session, customer_id)
    _check_day(form.expected_on, today)
    request = [customer_id, form.model_dump()]
    if idempotency.claim(session, actor, "visit", form.form_key, request, now=now) is not None:
        return
    _guard(session, actor, form, now)
    visit = Visit(
        customer_id=customer.id,
        kind=form.kind,
        expected_on=form.expected_on,
        at=form.at,
        words=form.words,
        with_id=a_taker(session, form.with_id, "with_id").id if form.with_id else None,
        noted_by=actor.staff_id,
        noted_at=now,
    )
    session.add(visit)
    session.flush()
    _log(session, actor, "expected", visit, now)


def come(session: Session, actor: Actor, visit_id: int, *, now: datetime) -> int:
    """The customer's id. Who was given up and came all the same has come; coming twice changes nothing."""
    visit = visits.get_visit_to_change(session, visit_id)
    if visit.came_at is None:
        visit.came_at, visit.cancelled_at = now, None
        _log(session, actor, "came", visit, now)
    return visit.customer_id


def miss(session: Session, actor: Actor, visit_id: int, *, now: datetime) -> int:
    """The customer's id: they did not come, or do not. Changes nothing where it is settled."""
    visit = visits.get_visit_to_change(session, visit_id)
    if visit.came_at is None and visit.cancelled_at is None:
        visit.cancelled_at = now
        _log(session, actor, "missed", visit, now)
    return visit.customer_id


def move(session: Session, actor: Actor, visit_id: int, form: Moved, *, today: date, now: datetime) -> int:
    """The customer's id. Raises Conflict where they came, or were given up."""
    visit = visits.get_visit_to_change(session, visit_id)
    _check_day(form.expected_on, today)
    request = [visit_id, form.model_dump()]
    if idempotency.claim(session, actor, "visit-move", form.form_key, request, now=now) is None:
        if visit.came_at is not None or visit.cancelled_at is not None:
            raise Conflict(say("Somebody has said already whether they came, so nothing was moved."))
        visit.expected_on, visit.at = form.expected_on, form.at
        _log(session, actor, "moved", visit, now)
    return visit.customer_id


def give_to(session: Session, actor: Actor, visit: Visit, to_id: int, *, now: datetime) -> None:
    was, visit.with_id = visit.with_id, to_id
    _log(session, actor, "handed", visit, now, was=was, to=to_id)


def _check_day(on: date, today: date) -> None:
    if not today <= on <= today + _FURTHEST:
        raise Invalid({"expected_on": say("Please choose today or a later day, at most a year from now.")})


def _guard(session: Session, actor: Actor, form: NewVisit, now: datetime) -> None:
    guarding.ensure(
        session,
        actor,
        form.words,
        where="visit",
        field="words",
        form=form,
        now=now,
    )


def _log(session: Session, actor: Actor, act: str, visit: Visit, now: datetime, **details: object) -> None:
    audit.write(session, actor, f"visit.{act}", f"customer:{visit.customer_id}", now=now, visit=visit.id, **details)
