"""What a limit would cost in a month, by the last quarter's orders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk.dry_run_crowd import rule_of
from deskapp.desk.wording import money, number
from deskapp.rules import eligibility
from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind
from deskapp.rules.counts import each
from deskapp.rules.dry_run import History, PastOrder, Replayed, a_month, on_that_day, replay
from deskapp.rules.eligibility_facts import Facts, Field
from deskapp.rules.people import Actor, Permission
from deskapp.rules.periods import Period, day_of, day_starts_at
from deskapp.rules.words import Said, nsay, say, together
from deskapp.store import dry_run as rows
from deskapp.store import staff
from deskapp.store.dry_run import Placed

QUARTER_DAYS = 91
_OF_GIFTS = frozenset({Field.DAYS_SINCE_GIFT, Field.GIFTS})


@dataclass(frozen=True, slots=True)
class Cost:
    """A month, in minor units of the limit's currency and on its basis. `about_minor`: None where nothing was given yet."""

    at_most_minor: int
    about_minor: int | None
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quarter:
    """Its orders, oldest first, and what each was worth where a limit asks for it."""

    since: datetime
    orders: Sequence[Placed]
    worth: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Tried:
    """A limit with the customers it is tried on: `facts` are those of today, `scale` is all customers to those."""

    limit: AuthorityLimit
    facts: Mapping[int, Facts]
    want_none: frozenset[int]
    scale: float


def read_quarter(
    session: Session, limits: Sequence[AuthorityLimit], sample: Sequence[int] | None, *, now: datetime
) -> Quarter:
    """Of all customers, or of a sample of their ids."""
    zone = limits[0].zone
    since = day_starts_at(day_of(now, zone) - timedelta(days=QUARTER_DAYS), zone)
    has_share = any(limit.order_share_percent is not None for limit in limits)
    placed = rows.list_placed(session, sample, since=since, now=now)
    worth = rows.order_totals(session, [one.order_id for one in placed]) if has_share else {}
    return Quarter(since, placed, worth)


def price(session: Session, quarter: Quarter, tried: Tried, before: Tried | None) -> Cost:
    """Each order by a customer who is eligible today gets the dearest gift that counts, gaps and ceilings allow. Two queries."""
    limit = tried.limit
    done = _replayed(quarter, tried)
    uncapped = a_month(round(done.cost_minor * tried.scale), QUARTER_DAYS)
    givers = _givers_month(session, limit)
    at_most = uncapped if givers is None else min(uncapped, givers.most_minor)
    about, words = _about(session, quarter, tried, before, done)
    gifts = round(done.gifts * tried.scale)
    if givers is not None and givers.most_minor < uncapped:
        why = together([givers.words, _without(gifts, money(uncapped, limit.currency))])
    else:
        why = _dearest(gifts)
    told = say("At most {amount} a month: {why}", amount=money(at_most, limit.currency), why=why)
    return Cost(at_most, None if about is None else min(about, at_most), tuple(filter(None, (told, words))))


def _without(gifts: int, uncapped: Said) -> Said:
    return nsay(
        "Without that ceiling the one order of the last {days} days could have come to {amount} a month.",
        "Without that ceiling the {n} orders of the last {days} days could have come to {amount} a month.",
        gifts,
        n=number(gifts),
        days=QUARTER_DAYS,
        amount=uncapped,
    )


def _dearest(gifts: int) -> Said:
    if gifts == 0:
        return say("none of the last {days} days' orders would have had a gift.", days=QUARTER_DAYS)
    return nsay(
        "one order of the last {days} days could have had a gift, each the dearest one allowed.",
        "{n} orders of the last {days} days could have had a gift, each the dearest one allowed.",
        gifts,
        n=number(gifts),
        days=QUARTER_DAYS,
    )


def _replayed(quarter: Quarter, tried: Tried) -> Replayed:
    limit = tried.limit
    orders = (
        PastOrder(
            one.customer_id,
            day_of(one.placed_at, limit.zone),
            quarter.worth.get(one.order_id, 0) if one.currency == limit.currency else 0,
        )
        for one in quarter.orders
        if one.customer_id in tried.facts
    )
    return replay(limit, orders, _eligible(tried))


def _eligible(tried: Tried) -> Callable[[int, date, History], bool]:
    rule, is_readable = rule_of(tried.limit)
    if not is_readable:
        return lambda *_: False
    if rule is None:
        return lambda customer, *_: customer not in tried.want_none
    if not eligibility.fields(rule) & _OF_GIFTS:
        able = {one for one, known in tried.facts.items() if eligibility.is_met(rule, known)} - tried.want_none
        return lambda customer, *_: customer in able
    return lambda customer, day, history: (
        customer not in tried.want_none and eligibility.is_met(rule, on_that_day(tried.facts[customer], history, day))
    )


@dataclass(frozen=True, slots=True)
class _Givers:
    """What all of a limit's givers may give in a month at most, and of how much for each that is."""

    most_minor: int
    words: Said


def _givers_month(session: Session, limit: AuthorityLimit) -> _Givers | None:
    """None where nothing bounds one. Of a day, a week and a month the one that allows least in a month."""
    bounds = [
        (most if days is None else a_month(most, days), each(period, money(most, limit.currency)))
        for most, period, days in (
            (limit.per_giver_per_month_minor, Period.MONTH, None),
            (limit.per_giver_per_week_minor, Period.WEEK, 7),
            (limit.per_giver_per_day_minor, Period.DAY, 1),
        )
        if most is not None
    ]
    if not bounds:
        return None
    most, amount = min(bounds)
    count = sum(_is_giver(limit, one) for one in staff.list_active(session))
    if not count:
        return _Givers(0, say("nobody who gives is meant by it now."))
    return _Givers(most * count, nsay("{n} giver, {amount} each.", "{n} givers, {amount} each.", count, amount=amount))


def _is_giver(limit: AuthorityLimit, one: Actor) -> bool:
    if not one.may(Permission.GIVE):
        return False
    match limit.giver_kind:
        case GiverKind.ROLE:
            return one.role is limit.role
        case GiverKind.TEAM:
            return one.team == limit.team
        case GiverKind.PERSON:
            return one.staff_id == limit.staff_id


def _about(
    session: Session, quarter: Quarter, tried: Tried, before: Tried | None, done: Replayed
) -> tuple[int | None, str]:
    """At the last quarter's rate and mean value, and in words what those were."""
    limit = tried.limit
    if done.gifts == 0:
        return 0, ""
    given = rows.given_by(session, limit, since=quarter.since)
    if given.gifts == 0 or before is None:
        return (
            None,
            say("How much of that would be used cannot be told yet: nothing was given in that time under this limit."),
        )
    mean = (given.price_minor if limit.basis is Basis.PRICE else given.cost_minor) // given.gifts
    could = _replayed(quarter, before).gifts * before.scale
    rate = min(1.0, given.gifts / could) if could else 1.0
    gifts = done.gifts * tried.scale * rate
    about = a_month(round(gifts * min(mean, limit.per_gift_minor)), QUARTER_DAYS)
    return about, say(
        "About {amount} a month if it is used as until now: {part} of the orders that could have had a gift had one,"
        " worth {mean} on average.",
        amount=money(about, limit.currency),
        part=say("{n} %", n=round(100 * rate)) if rate >= 0.01 else say("less than {n} %", n=1),
        mean=money(mean, limit.currency),
    )
