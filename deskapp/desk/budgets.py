"""Budgets of teams and campaigns: what all their gifts together may come to, who answers for it, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from sqlmodel import Session

from deskapp.desk import agreements, audit, idempotency
from deskapp.desk.budget_lines import Line, get_line, is_lifted, teams_of
from deskapp.desk.inputs import Keyed, no_nul
from deskapp.rules.editions import State
from deskapp.rules.errors import Conflict, Forbidden, Invalid
from deskapp.rules.money import parse_minor
from deskapp.rules.people import Actor, Permission
from deskapp.rules.periods import Period, day_of
from deskapp.rules.words import say
from deskapp.store import budgets, staff
from deskapp.store.gift_tables import BudgetVersion

_MOST_MINOR = 10**12

Name = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(no_nul)]
Amount = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(no_nul)]
Person = Annotated[str, Field(max_length=40)]  # the number of one of the staff
MaybeDay = Annotated[date | None, BeforeValidator(lambda typed: typed or None)]


@dataclass(frozen=True, slots=True)
class Terms:
    """Of the desk: `zone` is where the days of a new edition are counted, `agree_above_minor` its setting."""

    currency: str
    zone: str
    agree_above_minor: int


class Changed(Keyed):
    """`most`: plain decimals of the desk's currency. Without a first day it counts at once."""

    most: Amount
    owner_id: Person
    valid_from: MaybeDay = None
    valid_until: MaybeDay = None
    seen: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0  # the newest edition when the form was drawn


class NewBudget(Changed):
    """`team` "": everybody's gifts count. What a budget counts, and how often, stays as it is."""

    name: Name
    team: Annotated[str, Field(max_length=60)] = ""
    period: Period


def add(session: Session, actor: Actor, form: NewBudget, *, terms: Terms, now: datetime) -> None:
    """A budget only narrows what may be given, so a new one counts without anybody else's yes."""
    _may(actor)
    people, today = staff.list_active(session), day_of(now, terms.zone)
    most, problems = _checked(form, people, terms.currency, today, is_campaign=form.period is Period.WHOLE)
    if form.team not in {"", *teams_of(people)}:
        problems["team"] = say("Nobody is in this team. Put somebody into it first, or choose everybody.")
    if problems:
        raise Invalid(problems)
    if idempotency.claim(session, actor, "budget", form.form_key, form.model_dump(mode="json"), now=now) is not None:
        return
    budget_id = None if budgets.is_named(session, form.name) else budgets.add_budget(session, form.name)
    if budget_id is None:
        raise Invalid({"name": say("There is a budget of this name already. Change that one, or choose another name.")})
    version = BudgetVersion(
        budget_id=budget_id,
        team=form.team,
        owner_id=int(form.owner_id),
        period=form.period,
        currency=terms.currency,
        zone=terms.zone,
        most_minor=most,
        valid_from=form.valid_from,
        valid_until=form.valid_until,
        set_by=actor.staff_id,
        set_at=now,
    )
    _put(session, actor, "budget.added", version, now)


def change(session: Session, actor: Actor, budget_id: int, form: Changed, *, terms: Terms, now: datetime) -> None:
    """A new edition. Raising it, or ending it sooner, above the desk's setting waits for a second person's yes."""
    _may(actor)
    line = get_line(session, budget_id, now)
    shown, people = line.shown, staff.list_active(session)
    today, is_campaign = day_of(now, terms.zone), shown.period is Period.WHOLE
    most, problems = _checked(form, people, shown.currency, today, is_campaign=is_campaign)
    if problems:
        raise Invalid(problems)
    request = [budget_id, form.model_dump(mode="json")]
    if idempotency.claim(session, actor, "budget-change", form.form_key, request, now=now) is not None:
        return
    if form.seen != line.held[0][0].id:
        raise Conflict(
            say("Somebody has changed this budget meanwhile. Please look at what is set now, then send yours again.")
        )
    version = _like(shown, actor, terms, now)
    version.owner_id, version.most_minor = int(form.owner_id), most
    version.valid_from, version.valid_until = form.valid_from, form.valid_until
    worth = max(most, _largest(line))
    version.needs_agreement = _loosens(version, line) and _needs(session, actor, worth, terms)
    _put(session, actor, "budget.changed", version, now)


def stop(session: Session, actor: Actor, budget_id: int, form: Keyed, *, terms: Terms, now: datetime) -> None:
    """A last edition that ended yesterday: from now on it holds nobody back. Stopping twice changes nothing."""
    _may(actor)
    line = get_line(session, budget_id, now)
    if idempotency.claim(session, actor, "budget-stop", form.form_key, [budget_id], now=now) is not None:
        return
    newest = line.held[0][0]
    if line.first(State.IN_FORCE, State.TO_COME, State.WAITING) is None or (
        is_lifted(newest) and line.states[newest.id] is State.WAITING
    ):
        return
    version = _like(line.shown, actor, terms, now)
    version.valid_from, version.valid_until = None, day_of(now, terms.zone) - timedelta(days=1)
    version.needs_agreement = _needs(session, actor, _largest(line), terms)
    _put(session, actor, "budget.stopped", version, now)


def _may(actor: Actor) -> None:
    if not actor.may(Permission.SET_LIMITS):
        raise Forbidden(say("Only managers set budgets."))


def _checked(
    form: Changed, people: Sequence[Actor], currency: str, today: date, *, is_campaign: bool
) -> tuple[int, dict[str, str]]:
    """The amount and what is wrong, by field."""
    most = 0
    problems: dict[str, str] = {}
    try:
        most = parse_minor(form.most, currency)
    except ValueError as error:
        problems["most"] = str(error)
    if most > _MOST_MINOR:
        problems["most"] = say("This is more than the desk can count.")
    if form.owner_id not in {str(one.staff_id) for one in people if one.may(Permission.GIVE)}:
        problems["owner_id"] = say("Please choose somebody who works here and gives.")
    if form.valid_until is None:
        if is_campaign:
            problems["valid_until"] = say("A campaign needs a last day.")
    elif form.valid_until < max(form.valid_from or today, today):
        problems["valid_until"] = say("Please choose a last day that is still to come and not before the first.")
    return most, problems


def _like(one: BudgetVersion, actor: Actor, terms: Terms, now: datetime) -> BudgetVersion:
    """A new edition that says the same. Its currency stays, or what was spent would be forgotten."""
    return BudgetVersion(
        budget_id=one.budget_id,
        team=one.team,
        owner_id=one.owner_id,
        period=one.period,
        currency=one.currency,
        zone=terms.zone,
        most_minor=one.most_minor,
        set_by=actor.staff_id,
        set_at=now,
    )


def _loosens(version: BudgetVersion, line: Line) -> bool:
    """Whether more may be given by it than by what holds now, or by anything that is to come."""
    return any(version.most_minor > one.most_minor or _ends_sooner(version, one) for one in line.holding)


def _ends_sooner(version: BudgetVersion, than: BudgetVersion) -> bool:
    if version.valid_until is None:
        return False
    return than.valid_until is None or version.valid_until < than.valid_until


def _largest(line: Line) -> int:
    return max((one.most_minor for one in line.holding), default=0)


def _needs(session: Session, actor: Actor, worth_minor: int, terms: Terms) -> bool:
    return agreements.needed(session, actor, worth_minor=worth_minor, above_minor=terms.agree_above_minor)


def _put(session: Session, actor: Actor, action: str, version: BudgetVersion, now: datetime) -> None:
    session.add(version)
    session.flush()
    told = {
        "version": version.id,
        "most_minor": version.most_minor,
        "currency": version.currency,
        "needs_agreement": version.needs_agreement,
    }
    audit.write(session, actor, action, f"budget:{version.budget_id}", now=now, **told)
