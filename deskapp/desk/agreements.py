"""A second person's yes or no to what somebody set: limits, budgets, thresholds of receivers. Nobody agrees to their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit
from deskapp.desk.inputs import Keyed
from deskapp.desk.limit_lines import get_line
from deskapp.desk.wording import money
from deskapp.rules.budget_words import is_lift
from deskapp.rules.counts import each
from deskapp.rules.editions import Edition, State, states
from deskapp.rules.errors import Conflict, Forbidden, NotFound
from deskapp.rules.people import Actor, Permission, Receiver
from deskapp.rules.periods import day_of
from deskapp.rules.words import Said, psay, quoted, say
from deskapp.store import agreements, staff
from deskapp.store.gift_tables import Agreement, BudgetVersion, ReceiverVersion
from deskapp.store.gift_tables import EditionOf as EditionOf
from deskapp.store.insert import insert_once

_LATELY = timedelta(days=30)


class Answer(Keyed):
    is_agreed: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """An edition that counts only once a second person agreed. `is_own`: the actor set it, so somebody else must."""

    edition_of: EditionOf
    version_id: int
    words: str
    set_by: str
    set_at: datetime
    is_own: bool


_RECEIVERS = {
    Receiver.BUSINESS: psay("given to", "a business"),
    Receiver.PUBLIC: psay("given to", "a public office"),
    Receiver.PERSON: psay("given to", "a person"),
}


def needed(session: Session, actor: Actor, *, worth_minor: int, above_minor: int, covers_setter: bool = False) -> bool:
    """Whether a second person has to agree to what `actor` sets.

    `worth_minor`: the most that one gift, or one budget, may come to; `above_minor`: the desk's setting agree_above;
    `covers_setter`: it says what the setter themself may give. Never where nobody else could agree.
    """
    return (worth_minor > above_minor or covers_setter) and not is_alone(session, actor)


def is_alone(session: Session, actor: Actor) -> bool:
    """Nobody else who may set limits can sign in, or could lately."""
    return not list_agreers(session, actor)


def list_agreers(session: Session, setter: Actor) -> list[str]:
    """Names of those who could agree to what `setter` sets.

    Where there is nobody, of those who could until 30 days ago or less: or an admin could shut out everybody else, set a
    limit alone, and let them in again.
    """
    able = _able(staff.list_active(session), setter)
    return able or _able(agreements.list_turned_away(session, _LATELY), setter)


def _able(people: Sequence[Actor], setter: Actor) -> list[str]:
    return [one.name for one in people if one.may(Permission.SET_LIMITS) and one.staff_id != setter.staff_id]


def answer(
    session: Session, actor: Actor, edition_of: EditionOf, version_id: int, *, is_agreed: bool, now: datetime
) -> None:
    """Once for ever; the same answer of the same person again changes nothing. Raises Conflict, Forbidden, NotFound.

    Whoever set it may take it back, and never agree to it.
    """
    if not actor.may(Permission.SET_LIMITS):
        raise Forbidden(say("Only managers agree to limits."))
    edition = agreements.find_edition(session, edition_of, version_id)
    if edition is None:
        raise NotFound(say("There is nothing of this number to agree to."))
    if not edition.needs_agreement:
        raise Conflict(say("Nobody has to agree to this; it counts already."))
    if is_agreed and edition.set_by == actor.staff_id:
        raise Forbidden(say("You set this yourself, so somebody else has to agree."))
    if is_agreed and _is_overtaken(session, edition_of, version_id, now):
        raise Conflict(say("Something newer counts by now, so there is nothing to agree to. Please look again."))
    row = {"edition_of": edition_of, "version_id": version_id, "is_agreed": is_agreed, "said_by": actor.staff_id}
    if insert_once(session, Agreement, **row, said_at=now):
        action = f"{edition_of.value}.{'agreed' if is_agreed else 'declined'}"
        audit.write(session, actor, action, edition.subject, now=now, version=version_id)
        return
    said = session.get_one(Agreement, (edition_of, version_id))
    if (said.said_by, said.is_agreed) != (actor.staff_id, is_agreed):
        name = staff.names(session, [said.said_by])[said.said_by]
        if said.is_agreed:
            raise Conflict(say("{name} has agreed to this already.", name=name))
        raise Conflict(say("{name} has declined this already.", name=name))


def _is_overtaken(session: Session, edition_of: EditionOf, version_id: int, now: datetime) -> bool:
    """Whether nobody is asked for this any more, because a newer edition of the line took its place."""
    return _line_states(session, edition_of, version_id, now)[version_id] is State.REPLACED


def _line_states(session: Session, edition_of: EditionOf, version_id: int, now: datetime) -> dict[int, State]:
    match edition_of:
        case EditionOf.LIMIT:
            return {one.version_id: one.state for one in get_line(session, version_id, now=now).editions}
        case EditionOf.BUDGET:
            return _states([(row, said) for row, _, said in agreements.list_budgets(session)], now)
        case EditionOf.RECEIVER:
            return _states(agreements.list_receivers(session), now)


# --- what waits -----------------------------------------------------------------------------------------------------


def list_waiting(session: Session, actor: Actor, *, now: datetime) -> list[Waiting]:
    """Budgets and thresholds that nobody agreed to yet; of limits see limit_lines. Three queries."""
    names = staff.names(session)
    budgets = [(row, _budget_words(row, name), said) for row, name, said in agreements.list_budgets(session)]
    receivers = [(row, _receiver_words(row), said) for row, said in agreements.list_receivers(session)]
    of_budgets = _unsaid(EditionOf.BUDGET, budgets, now)
    of_receivers = _unsaid(EditionOf.RECEIVER, receivers, now)
    return [
        Waiting(kind, row.id, words, names.get(row.set_by, ""), row.set_at, row.set_by == actor.staff_id)
        for kind, row, words in (*of_budgets, *of_receivers)
    ]


_Row = BudgetVersion | ReceiverVersion


def _unsaid(
    kind: EditionOf, rows: Sequence[tuple[_Row, str, Agreement | None]], now: datetime
) -> list[tuple[EditionOf, _Row, str]]:
    """Those that wait, and that no newer edition of the same line has replaced."""
    found = _states([(row, said) for row, _, said in rows], now)
    return [(kind, row, words) for row, words, _ in rows if found[row.id] is State.WAITING]


def _states(rows: Sequence[tuple[_Row, Agreement | None]], now: datetime) -> dict[int, State]:
    by_line: dict[str, list[Edition]] = {}
    for row, said in rows:
        by_line.setdefault(agreements.subject_of(row), []).append(_edition(row, said, now))
    return {one: state for line in by_line.values() for one, state in states(line).items()}


def _edition(row: _Row, said: Agreement | None, now: datetime) -> Edition:
    begins, ends = (row.valid_from, row.valid_until) if isinstance(row, BudgetVersion) else (None, None)
    is_agreed = said.is_agreed if said else (None if row.needs_agreement else True)
    return Edition(row.id, begins, ends, is_agreed, day_of(now, row.zone))


def _budget_words(row: BudgetVersion, name: str) -> Said:
    if is_lift(row.valid_until, day_of(row.set_at, row.zone)):
        return say("The budget {name} is lifted: from then on it holds nobody back.", name=quoted(name))
    most = each(row.period, money(row.most_minor, row.currency))
    if row.team:
        return say("The budget {name}: {most} for the team {team}.", name=quoted(name), most=most, team=row.team)
    return say("The budget {name}: {most}.", name=quoted(name), most=most)


def _receiver_words(row: ReceiverVersion) -> Said:
    return say(
        "To {receiver}: up to {gift} a gift and {year} a year; in the register from {noted} on.",
        receiver=_RECEIVERS[row.receiver],
        gift=money(row.per_gift_minor, row.currency),
        year=money(row.per_year_minor, row.currency),
        noted=money(row.register_from_minor, row.currency),
    )
