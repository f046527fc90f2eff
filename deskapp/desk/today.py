"""The page a day is started with: what I owe, who comes, what is in danger, what was left to me; for leads the team's too."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from sqlmodel import Session

from deskapp.desk import delays, feedback_told, occasions, opinions, promises, requests, visits
from deskapp.desk.colleagues import Colleagues, colleagues
from deskapp.desk.delays import Alarm
from deskapp.desk.feedback_told import AnswerLine
from deskapp.desk.occasions import Near
from deskapp.desk.promises import PromiseRow
from deskapp.desk.requests import Owed
from deskapp.desk.visits import FORGOTTEN_DAYS, VisitRow
from deskapp.desk.wording import day_words
from deskapp.rules.people import Actor, Permission
from deskapp.rules.promises import DANGERS, NeedBy, judge_need
from deskapp.rules.timing import weekday
from deskapp.rules.words import Said, say
from deskapp.store import promises as stored_promises
from deskapp.store import today as rows
from deskapp.store import visits as stored_visits
from deskapp.store.promises import Named
from deskapp.store.today import Needed

_MOST = 100  # of each kind; who has more has other worries than the rest of the list
_NEED_READ = 1_000  # orders that are looked through for those in danger
_NEED_PAST_DAYS, _NEED_AHEAD_DAYS = 14, 30
_WROTE_DAYS = 30
_HANDED_DAYS = 14
_OCCASION_DAYS = 7
_CANNOT, _LATE, _THIS_WEEK = say("Cannot be kept: tell them"), say("Late"), say("This week")
_TODAY, _TOMORROW = say("Today"), say("Tomorrow")


@dataclass(frozen=True, slots=True)
class Line:
    """A promise of mine, or of the team's, with whom it was made to."""

    customer_id: int
    customer_name: str
    row: PromiseRow


@dataclass(frozen=True, slots=True)
class NeededRow:
    """`told_at`: since when the customer knows that it comes late."""

    order: str
    customer_id: int
    customer_name: str
    need_by_on: date
    estimated_on: date | None
    state: NeedBy
    delivery_id: int
    told_at: datetime | None
    told_by: str


@dataclass(frozen=True, slots=True)
class OccasionLine:
    customer_id: int
    customer_name: str
    near: Near


@dataclass(frozen=True, slots=True)
class HandedRow:
    """As in: Ada left you 2 promises and 1 visit of Ana's."""

    by: str
    was: str
    at: datetime
    promises: int
    visits: int
    answers: int


@dataclass(frozen=True, slots=True)
class Team:
    """For leads. `late`: of colleagues; `left`: of people who left and nobody took over; `opinions`: to be looked at again."""

    late: list[Line]
    left: list[Line]
    opinions: int


@dataclass(frozen=True, slots=True)
class TodayPanel:
    """`mine`: titles and what stands under them; `later`: promises that are due after this week; `team` None: not a lead.

    `alarms`: delays that their customers are to be told of, by the one who looks; they do not stand under `needed` again.
    """

    day: date
    mine: list[tuple[str, list[Line]]]
    later: int
    alarms: list[Alarm]
    needed: list[NeededRow]
    owed: list[Owed]
    to_ask: list[Owed]
    expected: list[VisitRow]
    occasions: list[OccasionLine]
    handed: list[HandedRow]
    team: Team | None = field(default=None)
    answers: list[AnswerLine] = field(default_factory=list)

    @property
    def title(self) -> Said:
        """As in "Saturday, 14 March"."""
        return say("{weekday}, {day}", weekday=weekday(self.day), day=day_words(self.day, self.day))

    @property
    def is_clear(self) -> bool:
        return not (
            self.mine or self.alarms or self.needed or self.answers or self.owed or self.to_ask or self.expected
        )


def waiting(session: Session, actor: Actor, today: date) -> int:
    """How much is due today. One query."""
    return rows.count_waiting(session, actor.staff_id, today)


def panel(session: Session, actor: Actor, *, today: date, now: datetime) -> TodayPanel:
    """At most eighteen queries, however much there is."""
    names = colleagues(session)
    mine = _lines(stored_promises.list_of_owner(session, actor.staff_id, _MOST), names, today)
    expected = list_expected(session, actor, today=today, since=today - timedelta(days=FORGOTTEN_DAYS))
    due = requests.list_due(session, actor, now=now)
    alarms = delays.alarms(session, actor, today=today, now=now)
    return TodayPanel(
        day=today,
        mine=_by_day(mine, today),
        later=sum(line.row.due_on > today + timedelta(days=6) and not line.row.cannot_because for line in mine),
        alarms=alarms[:_MOST],
        needed=_needed(session, actor, names, today, now, but={one.delivery_id for one in alarms[:_MOST]}),
        owed=due.owed[:_MOST],
        to_ask=due.to_ask[:_MOST],
        expected=expected,
        occasions=_occasions(session, expected, today),
        handed=_handed(session, actor, names, now),
        team=_team(session, actor, names, today) if actor.may(Permission.REVIEW_MEMORY) else None,
        answers=feedback_told.list_today(session, actor, today=today, now=now),
    )


def list_expected(session: Session, actor: Actor, *, today: date, since: date | None = None) -> list[VisitRow]:
    """Everybody's, since whoever is there opens the door; where that is too much the actor's own. At most three queries."""
    names, first = colleagues(session), since or today
    asked = partial(stored_visits.list_expected, session, first, today, _MOST + 1, staff_id=actor.staff_id)
    found = asked(of_everybody=True)
    if len(found) > _MOST:
        found = asked(of_everybody=False)
    return [visits.row_of(visit, name, names, today) for visit, name in found[:_MOST]]


def _lines(found: Iterable[Named], names: Colleagues, today: date) -> list[Line]:
    return [Line(one.customer_id, name, promises.row_of(one, names, today)) for one, name in found]


def _by_day(mine: list[Line], today: date) -> list[tuple[str, list[Line]]]:
    groups: dict[str, list[Line]] = {title: [] for title in (_CANNOT, _LATE, _TODAY, _TOMORROW, _THIS_WEEK)}
    for line in mine:
        if title := _title(line.row, today):
            groups[title].append(line)
    return [(title, lines) for title, lines in groups.items() if lines]


def _title(row: PromiseRow, today: date) -> str:
    if row.cannot_because:
        return _CANNOT
    days = (row.due_on - today).days
    if days < 0:
        return _LATE
    return {0: _TODAY, 1: _TOMORROW}.get(days, _THIS_WEEK if days < 7 else "")


def _needed(
    session: Session, actor: Actor, names: Colleagues, today: date, now: datetime, *, but: set[int]
) -> list[NeededRow]:
    found = rows.list_needed(
        session,
        actor.staff_id,
        since=now - timedelta(days=_WROTE_DAYS),
        first=today - timedelta(days=_NEED_PAST_DAYS),
        last=today + timedelta(days=_NEED_AHEAD_DAYS),
        most=_NEED_READ,
        of_everybody=actor.may(Permission.REVIEW_MEMORY),
    )
    judged = [_needed_row(one, names, today) for one in found if one.delivery_id not in but]
    return [row for row in judged if row.state in DANGERS][:_MOST]


def _needed_row(one: Needed, names: Colleagues, today: date) -> NeededRow:
    return NeededRow(
        order=one.order,
        customer_id=one.customer_id,
        customer_name=one.customer_name,
        need_by_on=one.need_by_on,
        estimated_on=one.estimated_on,
        state=judge_need(one.need_by_on, one.estimated_on, today),
        delivery_id=one.delivery_id,
        told_at=one.told_at,
        told_by=names.name(one.told_by),
    )


def _occasions(session: Session, expected: list[VisitRow], today: date) -> list[OccasionLine]:
    coming = {row.customer_id: row.customer_name for row in expected if not row.is_past}
    near = occasions.list_near_of(session, coming, today=today, days=_OCCASION_DAYS) if coming else {}
    return [OccasionLine(who, name, one) for who, name in coming.items() for one in near.get(who, ())]


def _handed(session: Session, actor: Actor, names: Colleagues, now: datetime) -> list[HandedRow]:
    found = rows.list_handed(session, actor.staff_id, now - timedelta(days=_HANDED_DAYS), _MOST)
    return [
        HandedRow(
            by=names.name(one.staff_id),
            was=names.name(one.details["was"]),
            at=one.at,
            promises=one.details["promises"],
            visits=one.details["visits"],
            answers=one.details["answers"],
        )
        for one in found
    ]


def _team(session: Session, actor: Actor, names: Colleagues, today: date) -> Team:
    found = _lines(stored_promises.list_of_team(session, actor.staff_id, today, _MOST), names, today)
    return Team(
        late=[line for line in found if not line.row.has_left],
        left=[line for line in found if line.row.has_left],
        opinions=opinions.count_faded(session, today=today),
    )
