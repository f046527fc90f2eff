"""What the page of limits and the form of one limit show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from deskapp.desk import agreements
from deskapp.desk.agreements import Waiting
from deskapp.desk.limit_forms import EXAMPLES, Giver, Terms, known_givers, typed
from deskapp.desk.limit_lines import EditionView, Line, get_line, lines, title_of
from deskapp.desk.limit_places import in_words, replaced
from deskapp.desk.limits import Trial
from deskapp.desk.wording import money
from deskapp.rules.authority import Ceiling, GiverKind, Room, giver_rooms, in_force
from deskapp.rules.editions import State
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Actor, Permission, Role
from deskapp.rules.periods import day_of
from deskapp.rules.words import Said, listed, say, together
from deskapp.store import limits, staff
from deskapp.store.gift_tables import EditionOf

_WHEN = {
    Ceiling.PER_GIVER_PER_DAY: say("today"),
    Ceiling.PER_GIVER_PER_WEEK: say("this week"),
    Ceiling.PER_GIVER_PER_MONTH: say("this month"),
}
_ALL = {
    Role.AGENT: say("All agents"),
    Role.LEAD: say("All leads"),
    Role.MANAGER: say("All managers"),
    Role.ADMIN: say("All admins"),
}


@dataclass(frozen=True, slots=True)
class Used:
    """What one giver has given in a period of the limit that counts for them; `is_over` where it was lowered below that."""

    name: str
    used: str
    most: str
    when: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """`instead`: what the line takes the place of, in words."""

    line: Line
    used: list[Used]
    instead: list[Said]

    @property
    def over(self) -> list[Used]:
        return [one for one in self.used if one.is_over]


@dataclass(frozen=True, slots=True)
class LimitsPanel:
    """`missing`: form value and title of the roles for which nothing counts. `above`: see the setting agree_above."""

    lines: list[LineView]
    finished: list[Line]
    missing: list[tuple[str, str]]
    waiting: list[Waiting]
    is_alone: bool
    above: str


def panel(session: Session, actor: Actor, *, terms: Terms, now: datetime) -> LimitsPanel:
    """Eight queries, however many limits there are."""
    found = lines(session, now=now)
    active = staff.list_active(session)
    used = _used(session, found, active, now)
    counting = {line.giver for line in found if not line.exception and not line.is_over}
    roles = [one for one in known_givers([]) if one.kind is GiverKind.ROLE and one not in counting]
    return LimitsPanel(
        lines=[
            LineView(line, used.get(line.now.version_id if line.now else 0, []), _instead(found, line, active, now))
            for line in found
            if not line.is_over
        ],
        finished=[line for line in found if line.is_over],
        missing=[(one.value, title_of(one, {})) for one in roles],
        waiting=sorted(
            [*_limits_waiting(found, actor), *agreements.list_waiting(session, actor, now=now)],
            key=lambda one: one.set_at,
        ),
        is_alone=agreements.is_alone(session, actor),
        above=money(terms.agree_above_minor, terms.currency),
    )


def _instead(found: list[Line], line: Line, active: list[Actor], now: datetime) -> list[Said]:
    limit = (line.now or line.ahead[0]).limit
    return in_words(replaced(found, line, limit, active, now=now), limit)


def _named(line: Line) -> str:
    return listed([line.title, line.exception])


def _limits_waiting(found: list[Line], actor: Actor) -> list[Waiting]:
    return [
        Waiting(
            EditionOf.LIMIT,
            one.version_id,
            say("{whose}: {words}", whose=_named(line), words=together([one.sentence, one.counted])),
            one.set_by,
            one.set_at,
            one.set_by_id == actor.staff_id,
        )
        for line in found
        for one in line.editions
        if one.state is State.WAITING
    ]


def _used(session: Session, found: list[Line], active: list[Actor], now: datetime) -> dict[int, list[Used]]:
    """By the edition that counts for whom."""
    counting = [line.now.limit for line in found if line.now]
    by_giver: list[tuple[Actor, int, str, Room]] = []
    for one in active:
        if not one.may(Permission.GIVE):
            continue
        theirs = [line.now.limit for line in found if line.now and line.giver.covers(one)]
        limit = in_force(theirs, lambda zone: day_of(now, zone))
        if limit in counting and limit is not None:
            rooms = giver_rooms(limit, one.staff_id, now)
            by_giver += [(one, limit.version_id, limit.currency, room) for room in rooms if room.bucket]
    spent = limits.spent(session, [room.bucket for *_, room in by_giver])
    used: dict[int, list[Used]] = {}
    for giver, version_id, currency, room in by_giver:
        if minor := spent.get(room.bucket, 0):
            words = Used(
                giver.name, money(minor, currency), money(room.most, currency), _WHEN[room.ceiling], minor > room.most
            )
            used.setdefault(version_id, []).append(words)
    return used


# --- the form -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LimitForm:
    """`values`: what stands in the fields until somebody types; `seen`: the newest edition that this page shows.

    `starts`: edition and title of each line in force, for a new one to start from.
    """

    giver: str
    title: str
    exception: str
    is_new: bool
    givers: list[tuple[str, str]]
    values: Mapping[str, Any]
    seen: int
    now: EditionView | None
    ahead: list[EditionView]
    trial: Trial | None
    is_alone: bool
    currency: str
    above: str
    starts: Sequence[tuple[int, str]]
    examples: Sequence[str] = EXAMPLES


_NEW = {"is_never_bait": True, "is_never_regular": True, "basis": "price"}


def new_form(
    session: Session,
    actor: Actor,
    giver: str,
    exception: str,
    *,
    like: int | None = None,
    trial: Trial | None = None,
    terms: Terms,
    now: datetime,
) -> LimitForm:
    """For a giver, or for one still to be chosen; filled with what counts for them, where something does.

    `like`: the edition that a new line starts from, all but its name and its days. Raises NotFound.
    """
    found = lines(session, now=now)
    for line in found:
        if (line.giver.value, line.exception) == (giver, " ".join(exception.split())) and line.newest:
            return change_form(session, actor, line.newest_id, trial=trial, terms=terms, now=now)
    active = staff.list_active(session)
    values = {**_NEW, "giver": giver} if like is None else typed(_edition(found, like).limit)
    values |= {"exception": exception, "valid_from": "", "valid_until": ""}
    starts = [(one.now.version_id, _named(one)) for one in found if one.now]
    return _form(session, actor, None, active, values, trial, terms, starts)


def _edition(found: list[Line], version_id: int) -> EditionView:
    for line in found:
        for one in line.editions:
            if one.version_id == version_id:
                return one
    raise NotFound(say("There is no limit of this number."))


def change_form(
    session: Session, actor: Actor, version_id: int, *, trial: Trial | None = None, terms: Terms, now: datetime
) -> LimitForm:
    """Filled with the edition in force, else with the newest. Raises NotFound."""
    line = get_line(session, version_id, now=now)
    counts = line.now or line.newest
    if counts is None:
        raise NotFound(say("There is no limit of this number."))
    values = typed(counts.limit)
    if line.is_over:
        values |= {"valid_from": "", "valid_until": ""}
    return _form(session, actor, line, staff.list_active(session), values, trial, terms)


def _form(
    session: Session,
    actor: Actor,
    line: Line | None,
    active: list[Actor],
    values: Mapping[str, Any],
    trial: Trial | None,
    terms: Terms,
    starts: Sequence[tuple[int, str]] = (),
) -> LimitForm:
    names = {one.staff_id: f"{one.name} ({one.username})" for one in active}
    return LimitForm(
        giver=str(values["giver"]),
        title=line.title if line else "",
        exception=line.exception if line else "",
        is_new=line is None,
        givers=[(one.value, _choice(one, names)) for one in known_givers(active)],
        values=values,
        seen=line.newest_id if line else 0,
        now=line.now if line else None,
        ahead=line.ahead if line else [],
        trial=trial,
        is_alone=agreements.is_alone(session, actor),
        currency=terms.currency,
        above=money(terms.agree_above_minor, terms.currency),
        starts=starts,
    )


def _choice(giver: Giver, names: Mapping[int, str]) -> str:
    """Two people may have one name, so what they sign in with stands beside it."""
    return _ALL[giver.role] if giver.role else title_of(giver, names)
