"""Who decides with one's authority while one is away: a colleague, for whole days, and never handed on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed, RowId
from deskapp.rules.errors import Forbidden, Invalid
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import nsay, say
from deskapp.store import delegations as rows
from deskapp.store import staff
from deskapp.store.gift_tables import Delegation

LONGEST_DAYS = 60
_FURTHEST = timedelta(days=366)


class NewDelegation(Keyed):
    colleague: RowId
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class DelegationRow:
    """`is_mine`: it is the actor who is away."""

    id: int
    of: str
    to: str
    starts_on: date
    ends_on: date
    is_mine: bool
    is_on: bool


def list_rows(session: Session, actor: Actor, *, today: date) -> list[DelegationRow]:
    """Two queries, one where there are none."""
    found = rows.list_of(session, actor.staff_id, since=today)
    names = staff.names(session, {who for one in found for who in (one.from_id, one.to_id)}) if found else {}
    return [
        DelegationRow(
            id=one.id,
            of=names.get(one.from_id, ""),
            to=names.get(one.to_id, ""),
            starts_on=one.starts_on,
            ends_on=one.ends_on,
            is_mine=one.from_id == actor.staff_id,
            is_on=one.starts_on <= today,
        )
        for one in found
    ]


def list_colleagues(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """Who could decide in the actor's place, by name."""
    return sorted(((one.staff_id, one.name) for one in _able(session, actor)), key=lambda one: one[1].casefold())


def _able(session: Session, actor: Actor) -> list[Actor]:
    return [one for one in staff.list_active(session) if one.may(Permission.GIVE) and one.staff_id != actor.staff_id]


def lend(session: Session, actor: Actor, form: NewDelegation, *, today: date, now: datetime) -> None:
    """Counts from the first day on, as long as both work here and the actor may approve."""
    if not actor.may(Permission.APPROVE):
        raise Forbidden(say("You have no authority of your own to lend."))
    if problems := _problems(session, actor, form, today):
        raise Invalid(problems)
    if idempotency.claim(session, actor, "delegation", form.form_key, form.model_dump(), now=now) is not None:
        return
    row = Delegation(
        from_id=actor.staff_id,
        to_id=form.colleague,
        starts_on=form.starts_on,
        ends_on=form.ends_on,
        set_by=actor.staff_id,
        set_at=now,
    )
    session.add(row)
    session.flush()
    days = {"starts_on": row.starts_on.isoformat(), "ends_on": row.ends_on.isoformat()}
    subject = f"staff:{actor.staff_id}"
    audit.write(session, actor, "delegation.lent", subject, now=now, delegation=row.id, to=row.to_id, **days)


def _problems(session: Session, actor: Actor, form: NewDelegation, today: date) -> dict[str, str]:
    problems: dict[str, str] = {}
    if form.colleague == actor.staff_id:
        problems["colleague"] = say("Please choose somebody else: you are the one who is away.")
    elif form.colleague not in {one.staff_id for one in _able(session, actor)}:
        problems["colleague"] = say("Please choose a colleague who works here and gives gifts.")
    if form.starts_on > today + _FURTHEST:
        problems["starts_on"] = say("Please choose a first day within a year from now.")
    if form.ends_on < max(form.starts_on, today):
        problems["ends_on"] = say("Please choose a last day that is still to come and not before the first.")
    elif (form.ends_on - form.starts_on).days >= LONGEST_DAYS:
        problems["ends_on"] = nsay(
            "At most {n} day at a time, so that nobody decides for you for ever.",
            "At most {n} days at a time, so that nobody decides for you for ever.",
            LONGEST_DAYS,
        )
    return problems


def withdraw(session: Session, actor: Actor, delegation_id: int, *, now: datetime) -> None:
    """By whoever lent it; at once. Withdrawing twice changes nothing."""
    row = rows.get_delegation(session, delegation_id)
    if row.from_id != actor.staff_id:
        raise Forbidden(say("Only who lent this can take it back."))
    if rows.withdraw(session, row.id, actor.staff_id, now):
        audit.write(session, actor, "delegation.withdrawn", f"staff:{actor.staff_id}", now=now, delegation=row.id)
