"""Forgetting on time: how many days each kind is kept, what would go tonight, and the job that lets it go."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator
from sqlmodel import Session

from deskapp.desk import audit, erasure, holds, idempotency, jobs, personal_export, timetable, views
from deskapp.desk.erasure import Receipt
from deskapp.desk.holds import HoldRow
from deskapp.desk.inputs import Keyed
from deskapp.desk.wording import number
from deskapp.rules.errors import Conflict
from deskapp.rules.notes import WIPED_AFTER
from deskapp.rules.people import Actor
from deskapp.rules.retention import LONGEST_DAYS, TERMS, Kind, goes_before, in_force
from deskapp.rules.words import say, together
from deskapp.store import jobs as stored_jobs
from deskapp.store import retention
from deskapp.store.db import Database
from deskapp.store.privacy_tables import RetentionRule
from deskapp.store.retention import Due, Said

_BATCH = 500  # rows of one transaction
_MOST_CUSTOMERS = 200  # of a night, each of whom is a job
_SHOWN = 30
_FAILURES_KEPT = timedelta(days=30)

Progress = Callable[[float, str], None]


def _whole(typed: object) -> object:
    """An empty field keeps for ever."""
    return None if typed in {"", None} else typed


def _sane(days: int | None) -> int | None:
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        most = number(LONGEST_DAYS)
        raise ValueError(say("Please write 1 to {most} days, or nothing to keep it.", most=most))
    return days


Days = Annotated[int | None, BeforeValidator(_whole), AfterValidator(_sane)]


class NewTerms(Keyed):
    """Days by kind; empty: kept. `step`: whether to show what would go, or to let it count."""

    step: Literal["preview", "save"] = "save"
    notes: Days = None
    opinions: Days = None
    inferred: Days = None
    promises: Days = None
    visits: Days = None
    requests: Days = None
    customers: Days = None
    withdrawn: Days = None
    offers: Days = None
    views: Days = None
    exports: Days = None
    answers: Days = None

    def days(self) -> dict[Kind, int | None]:
        return {kind: getattr(self, kind.value) for kind in Kind}


@dataclass(frozen=True, slots=True)
class TermRow:
    """`days` None: kept; `unsaid`: days that hold until somebody has `said` some; `due` None: it was not asked what would go."""

    kind: str
    words: str
    days: int | None
    unsaid: int | None
    proposed: int | None
    from_activity: bool
    said: Said | None
    due: Due | None


@dataclass(frozen=True, slots=True)
class RetentionPanel:
    """`is_preview`: of what was typed, not of what is in force. `wiped_days`: of retracted words, which nobody can change."""

    rows: list[TermRow]
    is_preview: bool
    wiped_days: int

    @property
    def rows_due(self) -> int:
        return sum(row.due.rows for row in self.rows if row.due)


@dataclass(frozen=True, slots=True)
class PrivacyPage:
    holds: list[HoldRow]
    receipts: list[Receipt]


def panel(session: Session, typed: NewTerms | None = None, *, now: datetime) -> RetentionPanel:
    """One query, and with `typed` one more for each kind that would go some day."""
    said = retention.said(session)
    days = typed.days() if typed else in_force({kind: one.days for kind, one in said.items()})
    due = due_now(session, days, now=now) if typed else {}
    rows = [
        TermRow(
            kind=kind.value,
            words=term.words,
            days=days[kind],
            unsaid=term.days,
            proposed=term.proposed,
            from_activity=term.from_activity,
            said=said.get(kind),
            due=due.get(kind),
        )
        for kind, term in TERMS.items()
    ]
    return RetentionPanel(rows, typed is not None, WIPED_AFTER.days)


def page(session: Session, *, today: date) -> PrivacyPage:
    return PrivacyPage(holds.list_open(session, today=today), erasure.list_receipts(session, _SHOWN))


def due_now(session: Session, days: Mapping[Kind, int | None], *, now: datetime) -> dict[Kind, Due]:
    """What would go tonight."""
    return {
        kind: retention.due(session, kind, goes_before(term, now), now.date()) for kind, term in days.items() if term
    }


def save(session: Session, actor: Actor, form: NewTerms, *, now: datetime) -> int:
    """How many terms changed; an earlier word stays on record."""
    sent = form.model_dump()
    if idempotency.claim(session, actor, "retention", form.form_key, sent, now=now) is not None:
        return 0
    said = {kind: one.days for kind, one in retention.said(session).items()}
    changed = {kind: days for kind, days in form.days().items() if kind not in said or said[kind] != days}
    for kind, days in changed.items():
        session.add(RetentionRule(kind=kind.value, days=days, set_by=actor.staff_id, set_at=now))
        audit.write(session, actor, "retention.set", f"retention:{kind.value}", now=now, days=days)
    session.flush()
    return len(changed)


# --- at night -------------------------------------------------------------------------------------------------------


def run(database: Database, job_id: int, *, key: bytes, now: datetime, progress: Progress) -> str:
    """In short transactions, each with a line in the audit for every customer of whom something went. A sentence about it.

    Raises Conflict where the clock cannot be believed.
    """
    views.take_in(database)
    with database.reading() as session:
        if sentence := timetable.clocks_apart(session, now=now):
            raise Conflict(together([sentence, say("Nothing was forgotten.")]))
        days = in_force({kind: one.days for kind, one in retention.said(session).items()})
    terms = [(kind, goes_before(term, now)) for kind, term in days.items() if term]
    gone = 0
    for done, (kind, before) in enumerate(terms):
        progress(done / max(1, len(terms)), say("Forgetting: {what}", what=TERMS[kind].words))
        gone += (
            _forget_customers(database, before, key, now)
            if kind is Kind.CUSTOMERS
            else _forget(database, kind, before, now)
        )
    resumed = erasure.go_on(database, now=now)
    with database.writing() as session:
        personal_export.wipe_expired(session, now=now)
        stored_jobs.forget_ended(session, jobs.Kind.RETAIN, before_id=job_id, failed_before=now - _FAILURES_KEPT)
    return say(
        "Things forgotten: {gone}. Erasures looked after: {resumed}.", gone=number(gone), resumed=number(resumed)
    )


def _forget(database: Database, kind: Kind, before: datetime, now: datetime) -> int:
    total = 0
    while True:
        with database.writing() as session:
            if kind is Kind.ANSWERS:
                count = retention.take_answers(session, before, _BATCH)
            else:
                count = _tell(session, kind, retention.take(session, kind, before, now.date(), _BATCH), now)
        total += count
        if count < _BATCH:
            return total


def _tell(session: Session, kind: Kind, gone: Counter[int], now: datetime) -> int:
    for customer_id, rows in gone.items():
        subject = f"customer:{customer_id}"
        audit.write(session, None, "memory.forgotten", subject, now=now, kind=kind.value, rows=rows)
    return gone.total()


def _forget_customers(database: Database, before: datetime, key: bytes, now: datetime) -> int:
    """As many of a night as are soon done; the others follow in the nights after."""
    with database.reading() as session:
        idle = retention.list_idle(session, before, _MOST_CUSTOMERS)
        setter = retention.setter_of(session, Kind.CUSTOMERS)
    forgotten = 0
    for customer_id in idle:
        with database.writing() as session:
            if retention.is_idle(session, customer_id, before):
                erasure.forget(session, None, setter, customer_id, key=key, now=now)
                forgotten += 1
    return forgotten
