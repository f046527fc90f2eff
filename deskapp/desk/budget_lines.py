"""All editions of one budget as a line, and what each of them says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from deskapp.desk.wording import day_words, money
from deskapp.rules.authority import Ceiling, Room, bucket_room, budget_bucket
from deskapp.rules.budget_words import LIFTED, is_lift, sentence
from deskapp.rules.editions import Edition, State, states
from deskapp.rules.people import Actor
from deskapp.rules.periods import Period, day_of
from deskapp.rules.words import Said
from deskapp.store import agreements as editions
from deskapp.store import budgets
from deskapp.store.gift_tables import Agreement, BudgetVersion

Held = tuple[BudgetVersion, Agreement | None]


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
        return next((version for version, _ in self.held if not is_lifted(version)), self.held[-1][0])

    @property
    def room(self) -> Room:
        one = self.shown
        bucket = budget_bucket(one.budget_id, one.period, self.today, one.currency)
        return bucket_room(Ceiling.BUDGET, one.most_minor, bucket, one.period, self.today, one.zone, name=self.name)


def lines(session: Session, now: datetime) -> list[Line]:
    """By name. One query."""
    found: dict[int, list[tuple[BudgetVersion, str, Agreement | None]]] = {}
    for row in editions.list_budgets(session):
        found.setdefault(row[0].budget_id, []).append(row)
    every = [_line(rows, now) for rows in found.values()]
    return sorted(every, key=lambda line: line.name.casefold())


def get_line(session: Session, budget_id: int, now: datetime) -> Line:
    """Held: whoever else changes it waits. Raises NotFound."""
    budgets.get_name(session, budget_id, hold=True)
    return _line([row for row in editions.list_budgets(session) if row[0].budget_id == budget_id], now)


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


def is_lifted(version: BudgetVersion) -> bool:
    return is_lift(version.valid_until, day_of(version.set_at, version.zone))


def words_of(one: BudgetVersion, today: date) -> Said:
    if is_lifted(one):
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


def teams_of(people: Sequence[Actor]) -> list[str]:
    return sorted({one.team for one in people if one.team}, key=str.casefold)
