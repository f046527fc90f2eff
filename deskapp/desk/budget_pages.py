"""What the page of budgets shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk.budget_lines import Line, is_lifted, lines, teams_of, words_of
from deskapp.desk.wording import day_words, money
from deskapp.rules.authority import Room, filled
from deskapp.rules.budget_words import counts_from
from deskapp.rules.editions import State
from deskapp.rules.people import Actor, Permission
from deskapp.rules.periods import Period, day_of
from deskapp.rules.words import Said, say, together
from deskapp.store import budgets, limits, staff
from deskapp.store.gift_tables import Agreement, BudgetVersion

_ENDS_SOON = timedelta(days=7)
_PERIODS = {
    Period.DAY: say("a day"),
    Period.WEEK: say("a week"),
    Period.MONTH: say("a month"),
    Period.QUARTER: say("a quarter"),
    Period.YEAR: say("a year"),
    Period.WHOLE: say("for its whole time, as a campaign"),
}
_EVERYBODY = say("everybody who gives")


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
    mine = [line for line in lines(session, now) if sees_all or line.shown.owner_id == actor.staff_id]
    spent = limits.spent(session, (line.room.bucket for line in mine))
    rows = [_row(line, filled(line.room, spent), spent, names, people) for line in mine]
    return BudgetsPanel(
        running=[row for row in rows if not row.is_over],
        over=[row for row in rows if row.is_over],
        owners=[(str(one.staff_id), one.name) for one in people if one.may(Permission.GIVE)],
        teams=[("", _EVERYBODY), *((team, say("the team {team}", team=team)) for team in teams_of(people))],
        periods=[(period.value, words) for period, words in _PERIODS.items()],
        currency=currency,
        sees_all=sees_all,
    )


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
        owner="" if is_lifted(one) else names.get(one.owner_id, ""),
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
