"""A limit as people say it: one sentence of what may be given, one of how it is counted, and what in it makes no sense."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind
from deskapp.rules.counts import days, each, gifts
from deskapp.rules.eligibility_words import Explained
from deskapp.rules.people import Role
from deskapp.rules.periods import Period
from deskapp.rules.words import Said, and_list, capital, listed, psay, quoted, say, together

Money = Callable[[int], str]
Day = Callable[[date], str]

_ROLES = {
    Role.AGENT: psay("who may give", "An agent"),
    Role.LEAD: psay("who may give", "A lead"),
    Role.DELIVERY: psay("who may give", "A driver"),
    Role.MANAGER: psay("who may give", "A manager"),
    Role.ADMIN: psay("who may give", "An admin"),
}
_COUNTED_AT = {
    Basis.PRICE: say("Counted at the price in the shop"),
    Basis.COST: say("Counted at what it costs us"),
}


def giver_words(kind: GiverKind, role: Role | None, team: str, name: str) -> Said:
    """To begin a sentence: "An agent", "Everybody in the team Phone", "Ana"."""
    if kind is GiverKind.TEAM:
        return psay("who may give", "Everybody in the team {team}", team=team)
    return _ROLES[role] if role else psay("who may give", "{name}", name=name)


def sentence(limit: AuthorityLimit, who: Said, money: Money, rule: Explained) -> Said:
    """`who`: as `giver_words` says it; `rule`: the limit's eligibility in words."""
    first = _may_give(limit, who, money)
    if rule.who:
        first.append(say("to customers {who}", who=rule.who))
    said = [say("{words}.", words=listed(first)), rule.more]
    if limit.approves_up_to_minor:
        said.append(say("May approve a colleague's gift of up to {amount}.", amount=money(limit.approves_up_to_minor)))
    if never := _never(limit):
        said.append(say("{words}.", words=capital(and_list(never))))
    return together(said)


def counted(
    limit: AuthorityLimit, day: Day, set_by: str = "", agreed_by: str = "", *, since: date | None = None
) -> Said:
    """`since`: the day from which it counts where it has no first day of its own; None where it does not count yet."""
    parts = [_COUNTED_AT[limit.basis], _when(limit, day, since), _whose_word(set_by, agreed_by)]
    return say("{words}.", words=together(parts, say("; ")))


def _when(limit: AuthorityLimit, day: Day, since: date | None) -> str:
    begins = limit.valid_from or since
    if limit.valid_until and begins:
        return say("from {first} until {last}", first=day(begins), last=day(limit.valid_until))
    if limit.valid_until:
        return say("until {last}", last=day(limit.valid_until))
    if begins:
        return say("since {day}", day=day(begins)) if since else say("from {day}", day=day(begins))
    return ""


def _whose_word(set_by: str, agreed_by: str) -> str:
    if not set_by:
        return ""
    if agreed_by:
        return say("set by {name}, agreed by {other}", name=set_by, other=agreed_by)
    return say("set by {name}", name=set_by)


def _may_give(limit: AuthorityLimit, who: Said, money: Money) -> list[Said]:
    if not limit.per_gift_minor:
        return [say("{who} may give nothing on their own", who=who)]
    amounts = [say("{amount} a gift", amount=money(limit.per_gift_minor)), *_of_giver(limit, money)]
    return [say("{who} may give up to {amounts}", who=who, amounts=and_list(amounts)), *_to_one(limit, money)]


def _of_giver(limit: AuthorityLimit, money: Money) -> list[Said]:
    """What one giver may give, beside the ceiling of a gift."""
    amounts = []
    if limit.order_share_percent is not None:
        amounts.append(say("{n} % of the order", n=limit.order_share_percent))
    for most, period in (
        (limit.per_giver_per_day_minor, Period.DAY),
        (limit.per_giver_per_week_minor, Period.WEEK),
        (limit.per_giver_per_month_minor, Period.MONTH),
    ):
        if most is not None:
            amounts.append(each(period, money(most)))
    return amounts


def _to_one(limit: AuthorityLimit, money: Money) -> list[Said]:
    """What one customer may be given."""
    said = []
    if limit.per_customer_per_month_minor is not None:
        said.append(say("{amount} per customer a month", amount=money(limit.per_customer_per_month_minor)))
    in_days: list[str] = []
    if limit.per_customer_gifts is not None:
        in_days.append(gifts(limit.per_customer_gifts))
    if limit.per_customer_minor is not None:
        in_days.append(money(limit.per_customer_minor))
    if in_days and limit.per_customer_days is not None:
        said.append(say("{what} per customer in {days}", what=and_list(in_days), days=days(limit.per_customer_days)))
    if limit.per_customer_per_year_gifts is not None:
        said.append(say("{gifts} per customer a year", gifts=gifts(limit.per_customer_per_year_gifts)))
    if limit.gap_days is not None:
        said.append(say("gifts to one customer {days} or more apart", days=days(limit.gap_days)))
    return said


def _never(limit: AuthorityLimit) -> list[Said]:
    told = ((limit.is_never_bait, say("never before a sale")), (limit.is_never_regular, say("never like clockwork")))
    return [words for is_on, words in told if is_on]


_CEILINGS = (
    "approves_up_to_minor",
    "order_share_percent",
    "per_giver_per_day_minor",
    "per_giver_per_week_minor",
    "per_giver_per_month_minor",
    "per_customer_per_month_minor",
    "per_customer_minor",
    "per_customer_gifts",
    "gap_days",
    "per_customer_per_year_gifts",
)


def left_out(wider: AuthorityLimit, limit: AuthorityLimit, money: Money) -> list[Said]:
    """What `wider` asks and `limit`, which takes its place, does not: the rule, each ceiling that only the wider has."""
    both: dict[str, Any] = {name: None for name in _CEILINGS if getattr(limit, name) is not None}
    both |= {name: False for name in ("is_never_bait", "is_never_regular") if getattr(limit, name)}
    only = replace(wider, **both)
    said = []
    if wider.eligibility not in {"", limit.eligibility}:
        said.append(say("the rule {rule}", rule=quoted(wider.eligibility)))
    said += [*_of_giver(only, money), *_to_one(only, money), *_never(only)]
    if only.approves_up_to_minor:
        said.append(say("approving a colleague's gift of up to {amount}", amount=money(only.approves_up_to_minor)))
    return said


def doubts(limit: AuthorityLimit, money: Money) -> list[Said]:
    """What does no harm and is hardly meant, a sentence each."""
    found = [*_never_fits(limit, money), *_never_counts(limit)]
    if limit.approves_up_to_minor is not None and 0 < limit.approves_up_to_minor < limit.per_gift_minor:
        found.append(say("What they may approve for a colleague is less than what they may give themselves."))
    if limit.per_customer_days and limit.gap_days and limit.gap_days >= limit.per_customer_days:
        found.append(
            say("The smallest gap is as long as the days that are counted, so no second gift falls within them.")
        )
    return found


def _never_fits(limit: AuthorityLimit, money: Money) -> list[Said]:
    in_days = days(limit.per_customer_days or 0)
    return [
        say("A gift of more than {amount} never fits: {why}.", amount=money(most), why=words)
        for most, words in (
            (limit.per_giver_per_day_minor, say("a giver has no more than that for a day")),
            (limit.per_giver_per_week_minor, say("a giver has no more than that for a week")),
            (limit.per_giver_per_month_minor, say("a giver has no more than that for a month")),
            (limit.per_customer_per_month_minor, say("a customer is given no more than that in a month")),
            (limit.per_customer_minor, say("a customer is given no more than that in {days}", days=in_days)),
        )
        if most is not None and most < limit.per_gift_minor
    ]


def _never_counts(limit: AuthorityLimit) -> list[Said]:
    day, week, month = limit.per_giver_per_day_minor, limit.per_giver_per_week_minor, limit.per_giver_per_month_minor
    return [
        words
        for shorter, longer, words in (
            (day, week, say("The amount for a day is larger than that for a week, so it never counts.")),
            (week, month, say("The amount for a week is larger than that for a month, so it never counts.")),
            (day, month, say("The amount for a day is larger than that for a month, so it never counts.")),
        )
        if shorter is not None and longer is not None and shorter > longer
    ]
