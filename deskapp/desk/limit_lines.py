"""The editions of each giver's limit as lines: what counts now, what waits, what is to come, and what there was."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from sqlmodel import Session

from deskapp.desk.limit_forms import Giver, explained, giver_of
from deskapp.desk.limit_history import histories
from deskapp.desk.wording import day_words, money
from deskapp.rules.authority import AuthorityLimit
from deskapp.rules.editions import Edition, State, states
from deskapp.rules.eligibility import Explained, NotARule
from deskapp.rules.errors import NotFound
from deskapp.rules.limit_words import counted, doubts, giver_words, sentence
from deskapp.rules.people import Role
from deskapp.rules.periods import day_of
from deskapp.rules.words import Said, quoted, say
from deskapp.store import limits, staff
from deskapp.store.gift_tables import Agreement, LimitVersion

_BEGUN = {State.IN_FORCE, State.ENDED}
_ROLE_TITLES = {
    Role.AGENT: say("Agents"),
    Role.LEAD: say("Leads"),
    Role.MANAGER: say("Managers"),
    Role.ADMIN: say("Admins"),
}


@dataclass(frozen=True, slots=True)
class EditionView:
    """`counted`: on what basis, from when to when, and whose word it is. `history`: of what is past, what became of it."""

    version_id: int
    state: State
    sentence: str
    counted: str
    doubts: list[Said]
    set_by: str
    set_by_id: int
    set_at: datetime
    history: str
    limit: AuthorityLimit


@dataclass(frozen=True, slots=True)
class Line:
    """Of one giver and one exception, "" for the standing limit. `editions` newest first."""

    giver: Giver
    exception: str
    title: str
    who: Said  # to begin a sentence
    editions: list[EditionView] = field(default_factory=list)

    def _first(self, state: State) -> EditionView | None:
        return next((one for one in self.editions if one.state is state), None)

    @property
    def now(self) -> EditionView | None:
        return self._first(State.IN_FORCE)

    @property
    def ahead(self) -> list[EditionView]:
        """What waits for a second person, and what is to come."""
        return [one for one in self.editions if one.state in {State.WAITING, State.TO_COME}]

    @property
    def past(self) -> list[EditionView]:
        return [one for one in self.editions if one is not self.now and one not in self.ahead]

    @property
    def newest(self) -> EditionView | None:
        return self.editions[0] if self.editions else None

    @property
    def newest_id(self) -> int:
        return self.newest.version_id if self.newest else 0

    @property
    def is_over(self) -> bool:
        return self.now is None and not self.ahead


def lines(session: Session, *, now: datetime) -> list[Line]:
    """Roles first, then teams, then people, exceptions below what they are exceptions from. Two queries."""
    names = staff.names(session)
    found: dict[tuple[Giver, str], list[tuple[LimitVersion, Agreement | None]]] = {}
    for version, said in limits.list_editions(session):
        limit = limits.as_limit(version)
        found.setdefault((giver_of(limit), limit.exception), []).append((version, said))
    made = [_line(giver, exception, rows, names, now) for (giver, exception), rows in found.items()]
    return sorted(made, key=_order)


def find_line(session: Session, giver: Giver, exception: str, *, now: datetime) -> Line:
    """Without editions where nobody set anything yet."""
    for line in lines(session, now=now):
        if (line.giver, line.exception) == (giver, exception):
            return line
    return _line(giver, exception, [], staff.names(session), now)


def get_line(session: Session, version_id: int, *, now: datetime) -> Line:
    """The line that an edition belongs to. Raises NotFound."""
    for line in lines(session, now=now):
        if any(one.version_id == version_id for one in line.editions):
            return line
    raise NotFound(say("There is no limit of this number."))


def sentence_of(limit: AuthorityLimit, who: Said) -> Said:
    return sentence(limit, who, partial(money, currency=limit.currency), _rule_words(limit))


def _rule_words(limit: AuthorityLimit) -> Explained:
    """An old edition may hold a rule that the language has learnt to refuse since; the page shows it all the same."""
    try:
        return explained(limit.eligibility, limit.currency)
    except NotARule:
        odd = say("The rule {rule} cannot be read any more, so set it anew.", rule=quoted(limit.eligibility))
        return Explained(more=odd)


def title_of(giver: Giver, names: Mapping[int, str]) -> str:
    if giver.role:
        return _ROLE_TITLES.get(giver.role, giver.role.value)
    if giver.team:
        return say("Team {name}", name=giver.team)
    return names.get(giver.staff_id or 0, say("Somebody"))


def _order(line: Line) -> tuple[int, int, str, str]:
    roles = [*_ROLE_TITLES]
    rank = roles.index(line.giver.role) if line.giver.role in roles else 0
    return [*type(line.giver.kind)].index(line.giver.kind), rank, line.title.casefold(), line.exception.casefold()


def _line(
    giver: Giver,
    exception: str,
    rows: list[tuple[LimitVersion, Agreement | None]],
    names: Mapping[int, str],
    now: datetime,
) -> Line:
    title = title_of(giver, names)
    who = giver_words(giver.kind, giver.role, giver.team, title)
    return Line(giver, exception, title, who, list(_views(rows, who, names, now)))


def _views(
    rows: list[tuple[LimitVersion, Agreement | None]], who: Said, names: Mapping[int, str], now: datetime
) -> Iterator[EditionView]:
    now_in = {version.id: day_of(now, version.zone) for version, _ in rows}
    state = states(_edition(version, said, now_in[version.id]) for version, said in rows)
    became = histories(rows, names, today=now_in[rows[0][0].id]) if rows else {}
    for version, said in rows:
        limit = limits.as_limit(version)
        set_by = names.get(version.set_by, "")
        agreed_by = names.get(said.said_by, "") if said and said.is_agreed else ""
        yield EditionView(
            version_id=version.id,
            state=state[version.id],
            sentence=sentence_of(limit, who),
            counted=counted(
                limit,
                partial(day_words, today=now_in[version.id]),
                set_by,
                agreed_by,
                since=day_of(version.set_at, version.zone) if state[version.id] in _BEGUN else None,
            ),
            doubts=doubts(limit, partial(money, currency=limit.currency)),
            set_by=set_by,
            set_by_id=version.set_by,
            set_at=version.set_at,
            history=became[version.id],
            limit=limit,
        )


def _edition(version: LimitVersion, said: Agreement | None, today: date) -> Edition:
    is_agreed = said.is_agreed if said else (None if version.needs_agreement else True)
    return Edition(version.id, version.valid_from, version.valid_until, is_agreed, today)
