"""Days that come every year: birthdays, name days, anniversaries, and whatever else somebody told us of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import no_nul
from deskapp.rules import occasions as rules
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.rules.timing import day_of_year
from deskapp.rules.words import Said, say
from deskapp.store import customers
from deskapp.store import occasions as rows
from deskapp.store.memory_tables import Occasion, OccasionKind

KIND_WORDS = {
    OccasionKind.BIRTHDAY: say("Birthday"),
    OccasionKind.NAME_DAY: say("Name day"),
    OccasionKind.ANNIVERSARY: say("Anniversary"),
    OccasionKind.OTHER: say("Another day"),
}
NEAR_DAYS = 30


class NewOccasion(Guarded):
    """`words` may be left out where the kind says enough."""

    kind: OccasionKind
    words: Annotated[str, Field(max_length=120), AfterValidator(no_nul)] = ""
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]


@dataclass(frozen=True, slots=True)
class Near:
    """`words`: what it is, such as "Birthday" or "Anniversary: of the shop"; `on`: when it comes next."""

    kind: str
    words: str
    on: date


@dataclass(frozen=True, slots=True)
class OccasionRow:
    id: int
    words: str
    month: int
    day: int
    on: date  # next
    when: str  # "in 6 days", "" if it is far
    heard_by: str
    heard_at: datetime

    @property
    def day_words(self) -> Said:
        return day_of_year(self.month, self.day)


def list_rows(session: Session, customer_id: int, *, today: date) -> list[OccasionRow]:
    """The next one first. One query."""
    found = [_row(one, heard_by, today) for one, heard_by in rows.list_occasions(session, customer_id)]
    return sorted(found, key=lambda row: (row.on, row.id))


def _row(one: Occasion, heard_by: str, today: date) -> OccasionRow:
    on = rules.next_on(one.month, one.day, today)
    when = rules.in_words(on, today) if on - today <= timedelta(days=NEAR_DAYS) else ""
    return OccasionRow(one.id, words_of(one), one.month, one.day, on, when, heard_by, one.heard_at)


def list_near(session: Session, customer_id: int, *, today: date, days: int = NEAR_DAYS) -> list[Near]:
    """What comes within `days`, today included, the next one first. One query."""
    found = [_near(one, today) for one, _ in rows.list_occasions(session, customer_id)]
    return _within(found, today, days)


def list_near_of(
    session: Session, customer_ids: Collection[int], *, today: date, days: int = NEAR_DAYS
) -> dict[int, list[Near]]:
    """By customer, those alone who have one. One query."""
    found: dict[int, list[Near]] = {}
    for one, _ in rows.list_occasions_of(session, customer_ids):
        found.setdefault(one.customer_id, []).append(_near(one, today))
    near = {customer_id: _within(days_of, today, days) for customer_id, days_of in found.items()}
    return {customer_id: kept for customer_id, kept in near.items() if kept}


def _near(one: Occasion, today: date) -> Near:
    return Near(one.kind.value, words_of(one), rules.next_on(one.month, one.day, today))


def _within(found: list[Near], today: date, days: int) -> list[Near]:
    return sorted((one for one in found if one.on - today <= timedelta(days=days)), key=lambda one: one.on)


def words_of(one: Occasion) -> str:
    if one.kind is OccasionKind.OTHER:
        return one.words
    kind = KIND_WORDS[one.kind]
    return say("{what}: {words}", what=kind, words=one.words) if one.words else kind


def record(session: Session, actor: Actor, customer_id: int, form: NewOccasion, *, now: datetime) -> None:
    """The same day of the same kind and words twice is one."""
    customer = customers.get_customer(session, customer_id)
    if problems := _problems(form):
        raise Invalid(problems)
    sent = [customer_id, form.model_dump()]
    if idempotency.claim(session, actor, "occasion", form.form_key, sent, now=now) is not None:
        return
    guarding.ensure(
        session,
        actor,
        form.words,
        where="occasion",
        field="words",
        form=form,
        now=now,
    )
    add(session, actor, customer.id, form.kind, form.words, form.month, form.day, now=now)


def _problems(form: NewOccasion) -> dict[str, str]:
    problems: dict[str, str] = {}
    if form.kind is OccasionKind.OTHER and not form.words:
        problems["words"] = say("Please write what day it is.")
    if not rules.is_day(form.month, form.day):
        problems["day"] = say("That month has no such day.")
    return problems


def add(
    session: Session,
    actor: Actor,
    customer_id: int,
    kind: OccasionKind,
    words: str,
    month: int,
    day: int,
    *,
    now: datetime,
) -> None:
    """`words` have passed the guard."""
    new = (kind, words, month, day)
    if any((o.kind, o.words, o.month, o.day) == new for o, _ in rows.list_occasions(session, customer_id)):
        return
    occasion = Occasion(
        customer_id=customer_id,
        kind=kind,
        words=words,
        month=month,
        day=day,
        heard_by=actor.staff_id,
        heard_at=now,
    )
    session.add(occasion)
    session.flush()
    subject = f"customer:{customer_id}"
    audit.write(session, actor, "occasion.recorded", subject, now=now, occasion=occasion.id, kind=kind.value)


def withdraw(session: Session, actor: Actor, occasion_id: int, *, now: datetime) -> int:
    """The customer's id. Withdrawing twice changes nothing."""
    occasion = rows.get_occasion(session, occasion_id)
    if occasion.withdrawn_at is None:
        occasion.withdrawn_at, occasion.withdrawn_by = now, actor.staff_id
        subject = f"customer:{occasion.customer_id}"
        audit.write(session, actor, "occasion.withdrawn", subject, now=now, occasion=occasion.id)
    return occasion.customer_id
