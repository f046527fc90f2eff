"""What a limit would do before it is switched on: who may be given something, who gains and loses, what it costs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from sqlmodel import Session

from deskapp.desk.dry_run_cost import Cost, Tried, price, read_quarter
from deskapp.desk.dry_run_crowd import Reach, gather, reach, rule_of
from deskapp.desk.eligibility import find_rule
from deskapp.desk.wording import number
from deskapp.rules import eligibility
from deskapp.rules.authority import AuthorityLimit
from deskapp.rules.dry_run import FEWEST, Share, find_uneven, quartiles, shares
from deskapp.rules.eligibility_facts import Facts, Field
from deskapp.rules.periods import day_of, day_starts_at
from deskapp.rules.words import Said, npsay, nsay, quoted, say, together
from deskapp.store import dry_run as rows
from deskapp.store.eligibility import When, Who, facts_of

_GROUPED_BY = frozenset({Field.STORE, Field.SPENT, Field.TENURE})
BOUGHT_WITHIN_DAYS = 730
MOST_CUSTOMERS = 10_000  # tells a share to a per cent, and takes half as long as twice as many
_EXAMPLES = 5
_STORES = 8
_QUARTERS = (say("spend least"), say("spend little"), say("spend more"), say("spend most"))
_LONGER, _SHORTER = say("a year or longer"), say("under a year")


@dataclass(frozen=True, slots=True)
class Change:
    """`examples`: (customer id, name), at most five."""

    count: int
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """`warning`: "" where the groups fare alike."""

    title: str
    rows: tuple[Share, ...]
    warning: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """For the macro `dry_run` in parts/dry_run.html. `may_before`, `gains`, `losses`: None where nothing was in force before."""

    sentence: str
    rule: str
    of: int
    meets: int
    may: int
    may_before: int | None
    gains: Change | None
    losses: Change | None
    warnings: tuple[str, ...]
    cost: Cost
    groupings: tuple[Grouping, ...]
    notes: tuple[str, ...]
    currency: str


@dataclass(frozen=True, slots=True)
class Trial:
    """Limits tried on customers; `of_all` is how many there are, if these are a sample of them."""

    people: Sequence[Who]
    of_all: int
    want_none: frozenset[int]
    facts: Mapping[AuthorityLimit, Mapping[int, Facts]]
    reaches: Mapping[AuthorityLimit, Reach]


def run(session: Session, candidate: AuthorityLimit, before: AuthorityLimit | None, *, now: datetime) -> DryRun:
    """`before`: what is in force for the same giver, None where nothing is. Raises NotARule if the candidate's rule is none.

    Of all who bought something in the last two years, or of 10,000 of them. About 2 s for 2,500 customers with 1.4
    million order lines.
    """
    find_rule(candidate.eligibility)
    trial = try_on(session, [limit for limit in (candidate, before) if limit], now=now)
    after, prior = trial.reaches[candidate], trial.reaches[before] if before else None
    names = {one.id: one.name for one in trial.people}
    return DryRun(
        sentence=_sentence(len(names), after, prior),
        rule=_rule_words(candidate),
        of=len(names),
        meets=len(after.meets),
        may=len(after.may),
        may_before=len(prior.may) if prior else None,
        gains=_change(after.may - prior.may, names) if prior else None,
        losses=_change(prior.may - after.may, names) if prior else None,
        warnings=_warnings(candidate, len(names), after),
        cost=_cost(session, trial, candidate, before, now),
        groupings=_groupings(trial.facts[candidate], after, prior),
        notes=_notes(trial, after),
        currency=candidate.currency,
    )


def try_on(session: Session, limits: Sequence[AuthorityLimit], *, now: datetime) -> Trial:
    """About fifteen queries for each 5,000 customers."""
    since = day_starts_at(day_of(now, limits[0].zone) - timedelta(days=BOUGHT_WITHIN_DAYS), limits[0].zone)
    everybody = rows.list_buyers(session, since=since, now=now)
    people = _sample(everybody)
    crowd = gather(session, people, limits)
    asked = _GROUPED_BY.union(*(eligibility.fields(rule) for limit in limits if (rule := rule_of(limit)[0])))
    known = {
        where: facts_of(session, people, asked, When(now, *where)) for where in {_where(limit) for limit in limits}
    }  # nearly always one zone and one currency for both
    facts = {limit: known[_where(limit)] for limit in limits}
    reaches = {limit: reach(session, crowd, limit, facts[limit], now=now) for limit in limits}
    return Trial(people, len(everybody), crowd.want_none, facts, reaches)


def _where(limit: AuthorityLimit) -> tuple[str, str]:
    return limit.zone, limit.currency


def _sample(people: list[Who]) -> list[Who]:
    """The same ones whenever it is asked, in no order that means anything."""
    if len(people) <= MOST_CUSTOMERS:
        return people
    return sorted(people, key=lambda one: crc32(str(one.id).encode()))[:MOST_CUSTOMERS]


def _cost(
    session: Session, trial: Trial, candidate: AuthorityLimit, before: AuthorityLimit | None, now: datetime
) -> Cost:
    scale = trial.of_all / max(1, len(trial.people))
    tried = {limit: Tried(limit, known, trial.want_none, scale) for limit, known in trial.facts.items()}
    sample = [one.id for one in trial.people] if len(trial.people) < trial.of_all else None
    quarter = read_quarter(session, list(tried), sample, now=now)
    return price(session, quarter, tried[candidate], tried[before] if before else None)


def _change(ids: frozenset[int], names: Mapping[int, str]) -> Change:
    return Change(len(ids), tuple((one, names[one]) for one in sorted(ids)[:_EXAMPLES]))


# --- groups ---------------------------------------------------------------------------------------------------------


def _groupings(facts: Mapping[int, Facts], after: Reach, before: Reach | None) -> tuple[Grouping, ...]:
    by_store, stores = _stores(facts)
    a_year = eligibility.parse("customer for 1 year")
    by_age = {one: _LONGER if eligibility.is_met(a_year, known) else _SHORTER for one, known in facts.items()}
    spent = quartiles({one: known.spent_minor for one, known in facts.items()})
    by_spend = {one: _QUARTERS[quarter] for one, quarter in spent.items()}
    return tuple(
        _grouping(title, shares(groups, order, set(after.may), set(before.may) if before else None))
        for title, groups, order in (
            (say("By how long they have been with us"), by_age, (_SHORTER, _LONGER)),
            (say("By what they spent in the last year"), by_spend, _QUARTERS),
            (say("By store"), by_store, stores),
        )
        if len(set(groups.values())) > 1
    )


def _stores(facts: Mapping[int, Facts]) -> tuple[dict[int, str], list[str]]:
    """The largest by name, the rest as one."""
    counted = Counter(known.store for known in facts.values())
    largest = [store for store, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:_STORES]]
    rest = nsay("the other store", "the other {n} stores", len(counted) - _STORES)
    names = {store: store or say("no store") for store in largest}
    return {one: names.get(known.store, rest) for one, known in facts.items()}, [*names.values(), rest]


def _grouping(title: str, found: tuple[Share, ...]) -> Grouping:
    uneven = find_uneven(found)
    if uneven is None:
        return Grouping(title, found, "")
    worst, best = uneven.worst, uneven.best
    found_it = say(
        "{group} gets {part} where {other} gets {more}: less than four fifths.",
        group=quoted(worst.group),
        part=_percent(worst),
        other=quoted(best.group),
        more=_percent(best),
    )
    chance, look = say("With so few customers that may be chance."), say("Please look whether that is meant.")
    return Grouping(title, found, together([found_it, chance if uneven.may_be_chance else look]))


def _percent(share: Share) -> Said:
    return say("{n} %", n=round(100 * share.part))


# --- in words -------------------------------------------------------------------------------------------------------


def _rule_words(limit: AuthorityLimit) -> Said:
    rule, _ = rule_of(limit)
    return eligibility.explain(rule, limit.currency) if rule else say("Everybody.")


def _sentence(of: int, after: Reach, before: Reach | None) -> Said:
    if of == 0:
        return say("Nobody bought anything in the last two years, so there is nobody to try this on.")
    return together([_told(of, len(after.may)), _compared(after, before)])


def _told(of: int, may: int) -> Said:
    return nsay(
        "{n} of {customers} may be given something now.",
        "{n} of {customers} may be given something now.",
        may,
        n=number(may),
        customers=npsay("so many of", "one customer", "{n} customers", of, n=number(of)),
    )


def _compared(after: Reach, before: Reach | None) -> Said:
    if before is None:
        return say("Nothing was in force before.")
    gain, lose = len(after.may - before.may), len(before.may - after.may)
    if not gain and not lose:
        return say("They are the same ones as before.")
    was = number(len(before.may))
    return say("Before it was {n}: {gain}, {lose}.", n=was, gain=_gain(gain), lose=_lose(lose))


def _gain(count: int) -> Said:
    if not count:
        return say("nobody would gain")
    return nsay("{n} would gain", "{n} would gain", count, n=number(count))


def _lose(count: int) -> Said:
    if not count:
        return say("nobody would lose")
    return nsay("{n} would lose", "{n} would lose", count, n=number(count))


def _warnings(limit: AuthorityLimit, of: int, after: Reach) -> tuple[str, ...]:
    if of == 0:
        return ()
    if not after.meets:
        return (say("Nobody meets this rule. Please look at its figures, or leave a condition out."),)
    if limit.eligibility.strip() and len(after.meets) == of:
        return (say("Everybody meets this rule, so it keeps nobody out. Leave it empty, or ask for more."),)
    if not after.may:
        return (say("Some meet the rule, and yet nobody may be given anything today: the ceilings leave no room."),)
    return ()


def _notes(trial: Trial, after: Reach) -> tuple[str, ...]:
    notes = [_tried_on(len(trial.people), trial.of_all)]
    if waiting := len(after.meets) - len(after.may):
        more = nsay(
            "{n} more meets the rule but may be given nothing today: they had a gift lately, wish for none, or have an"
            " offer open.",
            "{n} more meet the rule but may be given nothing today: they had a gift lately, wish for none, or have an"
            " offer open.",
            waiting,
            n=number(waiting),
        )
        notes.append(more)
    return (*notes, say("Of groups under {n} customers nothing is said.", n=FEWEST))


def _tried_on(of: int, of_all: int) -> Said:
    if of >= of_all:
        return say("Tried on everybody who bought something in the last two years, as things stand now.")
    return say(
        "Tried on {n} of the {all} customers who bought something in the last two years, always the same ones.",
        n=number(of),
        all=number(of_all),
    )
