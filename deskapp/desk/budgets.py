"""Budgets of teams and campaigns: what all their gifts together may come to, who answers for it, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from sqlmodel import Session

from deskapp.desk import agreements, audit, idempotency
from deskapp.desk.inputs import Keyed, no_nul
from deskapp.desk.wording import day_words, money
from deskapp.rules.authority import Ceiling, Room, bucket_room, budget_bucket, filled
from deskapp.rules.budget_words import LIFTED, counts_from, is_lift, sentence
from deskapp.rules.editions import Edition, State, states
from deskapp.rules.errors import Conflict, Forbidden, Invalid
from deskapp.rules.money import parse_minor
from deskapp.rules.people import Actor, Permission
from deskapp.rules.periods import Period, day_of
from deskapp.rules.words import Said, say, together
from deskapp.store import agreements as editions
from deskapp.store import budgets, limits, staff
from deskapp.store.gift_tables import Agreement, BudgetVersion

_MOST_MINOR = 10**12
_ENDS_SOON = timedelta(days=7)

PERIODS = {
    Period.DAY: say("a day"),
    Period.WEEK: say("a week"),
    Period.MONTH: say("a month"),
    Period.QUARTER: say("a quarter"),
    Period.YEAR: say("a year"),
    Period.WHOLE: say("for its whole time, as a campaign"),
}
EVERYBODY = say("everybody who gives")

Name = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(no_nul)]
Amount = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(no_nul)]
Person = Annotated[str, Field(max_length=40)]  # the number of one of the staff
MaybeDay = Annotated[date | None, BeforeValidator(lambda typed: typed or None)]

Held = tuple[BudgetVersion, Agreement | None]


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


# --- looking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EditionRow:
    """`owner`: "" of an edition that lifts the budget."""

    sentence: str
    state: State
    owner: str
    set_by: str
    set_at: datetime
    said_by: str


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """`room`: what is left now, None where it does not run. The rest of the fields fill in the form that changes it."""

    id: int
    name: str
    now: EditionRow | None
    ahead: list[EditionRow]
    past: list[EditionRow]
    room: Room | None
    currency: str
    is_over: bool
    notices: list[str]
    newest_id: int
    most_minor: int
    owner_id: int
    is_campaign: bool
    begins: date | None
    ends: date | None


@dataclass(frozen=True, slots=True)
class BudgetsPanel:
    running: list[BudgetRow]
    over: list[BudgetRow]
    owners: list[tuple[str, str]]
    teams: list[tuple[str, str]]
    periods: list[tuple[str, str]]
    currency: str
    sees_all: bool


def check(session: Session, budget_id: int) -> None:
    """Raises NotFound where there is no such budget."""
    budgets.get_name(session, budget_id)


def panel(session: Session, actor: Actor, *, currency: str, now: datetime) -> BudgetsPanel:
    """Four queries. All of them for whoever sees all gifts, else those that the actor answers for."""
    names = staff.names(session)
    people = staff.list_active(session)
    sees_all = actor.may(Permission.SEE_ALL_GIFTS)
    lines = [line for line in _lines(session, now) if sees_all or line.shown.owner_id == actor.staff_id]
    spent = limits.spent(session, (line.room.bucket for line in lines))
    rows = [_row(line, filled(line.room, spent), spent, names, people) for line in lines]
    return BudgetsPanel(
        running=[row for row in rows if not row.is_over],
        over=[row for row in rows if row.is_over],
        owners=[(str(one.staff_id), one.name) for one in people if one.may(Permission.GIVE)],
        teams=[("", EVERYBODY), *((team, say("the team {team}", team=team)) for team in _teams(people))],
        periods=[(period.value, words) for period, words in PERIODS.items()],
        currency=currency,
        sees_all=sees_all,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """All editions of one budget, newest first. `shown`: the one in force, else the next to come, else the last."""

    name: str
    held: list[Held]
    states: dict[int, State]
    today: date

    def first(self, *wanted: State) -> BudgetVersion | None:
        return next((version for version, _ in self.held if self.states[version.id] in wanted), None)

    @property
    def holding(self) -> list[BudgetVersion]:
        """All that hold somebody back, now or from a day to come."""
        return [version for version, _ in self.held if self.states[version.id] in (State.IN_FORCE, State.TO_COME)]

    @property
    def shown(self) -> BudgetVersion:
        return self.first(State.IN_FORCE) or self.first(State.TO_COME, State.WAITING) or self._last_that_held()

    def _last_that_held(self) -> BudgetVersion:
        """A budget that was lifted is told by what it was before."""
        return next((version for version, _ in self.held if not _is_lift(version)), self.held[-1][0])

    @property
    def room(self) -> Room:
        one = self.shown
        bucket = budget_bucket(one.budget_id, one.period, self.today, one.currency)
        return bucket_room(Ceiling.BUDGET, one.most_minor, bucket, one.period, self.today, one.zone, name=self.name)


def _lines(session: Session, now: datetime) -> list[Line]:
    """By name. One query."""
    found: dict[int, list[tuple[BudgetVersion, str, Agreement | None]]] = {}
    for row in editions.list_budgets(session):
        found.setdefault(row[0].budget_id, []).append(row)
    lines = [_line(rows, now) for rows in found.values()]
    return sorted(lines, key=lambda line: line.name.casefold())


def _line(rows: Sequence[tuple[BudgetVersion, str, Agreement | None]], now: datetime) -> Line:
    held = sorted(((version, said) for version, _, said in rows), key=lambda one: -one[0].id)
    today = day_of(now, held[0][0].zone)
    told = states(
        Edition(one.id, one.valid_from, one.valid_until, _is_agreed(one, said), day_of(now, one.zone))
        for one, said in held
    )
    return Line(rows[0][1], held, told, today)


def _is_agreed(version: BudgetVersion, said: Agreement | None) -> bool | None:
    return said.is_agreed if said else (None if version.needs_agreement else True)


def _is_lift(version: BudgetVersion) -> bool:
    return is_lift(version.valid_until, day_of(version.set_at, version.zone))


def _row(line: Line, room: Room, spent: dict[str, int], names: dict[int, str], people: Sequence[Actor]) -> BudgetRow:
    shown = line.shown
    told = [(line.states[one.id], _edition(one, said, line, names)) for one, said in line.held]
    now = next((row for state, row in told if state is State.IN_FORCE), None)
    ahead = [row for state, row in told if state in {State.TO_COME, State.WAITING}]
    has_room = now is not None or (not ahead and shown.period is Period.WHOLE)
    return BudgetRow(
        id=shown.budget_id,
        name=line.name,
        now=now,
        ahead=ahead,
        past=[row for state, row in told if state in {State.REPLACED, State.ENDED, State.DECLINED}],
        room=room if has_room else None,
        currency=shown.currency,
        is_over=now is None and not ahead,
        notices=_notices(line, room, spent.get(room.bucket, 0), people) if now else [],
        newest_id=line.held[0][0].id,
        most_minor=shown.most_minor,
        owner_id=shown.owner_id,
        is_campaign=shown.period is Period.WHOLE,
        begins=shown.valid_from if shown.valid_from and shown.valid_from > line.today else None,
        ends=shown.valid_until,
    )


def _edition(one: BudgetVersion, said: Agreement | None, line: Line, names: dict[int, str]) -> EditionRow:
    return EditionRow(
        sentence=together([words_of(one, line.today), _counts_from(one, line)]),
        state=line.states[one.id],
        owner="" if _is_lift(one) else names.get(one.owner_id, ""),
        set_by=names.get(one.set_by, ""),
        set_at=one.set_at,
        said_by=names.get(said.said_by, "") if said else "",
    )


def _counts_from(one: BudgetVersion, line: Line) -> str:
    """Said of the edition in force, unless its own words name the day as its first."""
    first = line.held[-1][0]
    set_on = max(day_of(first.set_at, first.zone), first.valid_from or date.min)
    since = counts_from(set_on, one.period, line.today)
    is_said = one.period is Period.WHOLE and since == one.valid_from
    if since is None or is_said or line.states[one.id] is not State.IN_FORCE:
        return ""
    return say("Counts gifts from {day} on.", day=day_words(since, line.today))


def words_of(one: BudgetVersion, today: date) -> Said:
    if _is_lift(one):
        return LIFTED
    has_begun = one.valid_from is None or one.valid_from <= today
    return sentence(
        money(one.most_minor, one.currency) if one.most_minor else "",
        team=one.team,
        period=one.period,
        day=lambda on: day_words(on, today),
        begins=None if has_begun and one.period is not Period.WHOLE else one.valid_from,
        ends=one.valid_until,
    )


def _notices(line: Line, room: Room, spent: int, people: Sequence[Actor]) -> list[str]:
    """What somebody should do something about."""
    one = line.shown
    notices: list[str] = []
    if spent > room.most:
        notices.append(say("{amount} is spent already, so nothing is left.", amount=money(spent, one.currency)))
    elif not room.left and room.most:
        notices.append(_used_up(room, one.zone, line.today))
    if one.valid_until and one.valid_until - line.today <= _ENDS_SOON:
        notices.append(_ends(one.valid_until, line.today))
    if one.owner_id not in {person.staff_id for person in people}:
        notices.append(say("Its owner does not work here any more. Please name another."))
    return notices


def _used_up(room: Room, zone: str, today: date) -> Said:
    if room.until is None:
        return say("Used up: nothing more can be given from it.")
    afresh = day_words(day_of(room.until, zone), today)
    return say("Used up: nothing more can be given from it until {day}.", day=afresh)


def _ends(on: date, today: date) -> Said:
    if on == today:
        return say("It ends today; from then on it holds nobody back.")
    return say("It ends on {day}; from then on it holds nobody back.", day=day_words(on, today))


def _teams(people: Sequence[Actor]) -> list[str]:
    return sorted({one.team for one in people if one.team}, key=str.casefold)


# --- setting --------------------------------------------------------------------------------------------------------


def add(session: Session, actor: Actor, form: NewBudget, *, terms: Terms, now: datetime) -> None:
    """A budget only narrows what may be given, so a new one counts without anybody else's yes."""
    _may(actor)
    people, today = staff.list_active(session), day_of(now, terms.zone)
    most, problems = _checked(form, people, terms.currency, today, is_campaign=form.period is Period.WHOLE)
    if form.team not in {"", *_teams(people)}:
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
    line = _held(session, budget_id, now)
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
    line = _held(session, budget_id, now)
    if idempotency.claim(session, actor, "budget-stop", form.form_key, [budget_id], now=now) is not None:
        return
    newest = line.held[0][0]
    if line.first(State.IN_FORCE, State.TO_COME, State.WAITING) is None or (
        _is_lift(newest) and line.states[newest.id] is State.WAITING
    ):
        return
    version = _like(line.shown, actor, terms, now)
    version.valid_from, version.valid_until = None, day_of(now, terms.zone) - timedelta(days=1)
    version.needs_agreement = _needs(session, actor, _largest(line), terms)
    _put(session, actor, "budget.stopped", version, now)


def _may(actor: Actor) -> None:
    if not actor.may(Permission.SET_LIMITS):
        raise Forbidden(say("Only managers set budgets."))


def _held(session: Session, budget_id: int, now: datetime) -> Line:
    """Raises NotFound."""
    budgets.get_name(session, budget_id, hold=True)
    return _line([row for row in editions.list_budgets(session) if row[0].budget_id == budget_id], now)


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
