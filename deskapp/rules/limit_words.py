"""A limit as people say it: one sentence of what may be given, one of how it is counted, and what in it makes no sense."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind
from deskapp.rules.people import Role

Money = Callable[[int], str]
Day = Callable[[date], str]

_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ROLES = {
    Role.AGENT: "An agent",
    Role.LEAD: "A lead",
    Role.DELIVERY: "A driver",
    Role.MANAGER: "A manager",
    Role.ADMIN: "An admin",
}
_FLOOR = ". Whoever "  # how the second sentence of a rule in words begins
BASIS_WORDS = {Basis.PRICE: "the price in the shop", Basis.COST: "what it costs us"}


def giver_words(kind: GiverKind, role: Role | None, team: str, name: str) -> str:
    """To begin a sentence: "An agent", "Everybody in the team Phone", "Ana"."""
    if kind is GiverKind.TEAM:
        return f"Everybody in the team {team}"
    return _ROLES[role] if role else name


def sentence(limit: AuthorityLimit, who: str, money: Money, rule: str = "") -> str:
    """`rule`: the limit's eligibility in words, as rules.eligibility explains it; "" for everybody."""
    first, _, more = rule.partition(_FLOOR)
    said = [_may_give(limit, who, money) + _to_whom(first) + "."]
    if first and not _follows(first):
        said.append(first.rstrip(".") + ".")
    said += [_FLOOR.removeprefix(". ") + more] if more else []
    if limit.approves_up_to_minor:
        said.append(f"May approve a colleague's gift of up to {money(limit.approves_up_to_minor)}.")
    return " ".join([*said, *_surprise(limit)])


def counted(
    limit: AuthorityLimit, day: Day, set_by: str = "", agreed_by: str = "", *, since: date | None = None
) -> str:
    """`since`: the day from which it counts where it has no first day of its own; None where it does not count yet."""
    parts = [f"Counted at {BASIS_WORDS[limit.basis]}"]
    begins = limit.valid_from or since
    if limit.valid_until:
        parts.append(
            f"from {day(begins)} until {day(limit.valid_until)}" if begins else f"until {day(limit.valid_until)}"
        )
    elif begins:
        parts.append(f"{'since' if since else 'from'} {day(begins)}")
    if set_by:
        parts.append(f"set by {set_by}" + (f", agreed by {agreed_by}" if agreed_by else ""))
    return "; ".join(parts) + "."


def _may_give(limit: AuthorityLimit, who: str, money: Money) -> str:
    if not limit.per_gift_minor:
        return f"{who} may give nothing on their own"
    amounts = [f"{money(limit.per_gift_minor)} a gift", *_of_giver(limit, money)]
    return ", ".join([f"{who} may give up to {and_list(amounts)}", *_to_one(limit, money)])


def _of_giver(limit: AuthorityLimit, money: Money) -> list[str]:
    """What one giver may give, beside the ceiling of a gift."""
    amounts = [] if limit.order_share_percent is None else [f"{limit.order_share_percent} % of the order"]
    for most, period in (
        (limit.per_giver_per_day_minor, "a day"),
        (limit.per_giver_per_week_minor, "a week"),
        (limit.per_giver_per_month_minor, "a month"),
    ):
        if most is not None:
            amounts.append(f"{money(most)} {period}")
    return amounts


def _to_one(limit: AuthorityLimit, money: Money) -> list[str]:
    """What one customer may be given."""
    said = []
    if limit.per_customer_per_month_minor is not None:
        said.append(f"{money(limit.per_customer_per_month_minor)} per customer a month")
    in_days = []
    if limit.per_customer_gifts is not None:
        in_days.append(gifts(limit.per_customer_gifts))
    if limit.per_customer_minor is not None:
        in_days.append(money(limit.per_customer_minor))
    if in_days and limit.per_customer_days is not None:
        said.append(f"{and_list(in_days)} per customer in {days(limit.per_customer_days)}")
    if limit.per_customer_per_year_gifts is not None:
        said.append(f"{gifts(limit.per_customer_per_year_gifts)} per customer a year")
    if limit.gap_days is not None:
        said.append(f"gifts to one customer {days(limit.gap_days)} or more apart")
    return said


def _follows(rule: str) -> bool:
    return rule.startswith("Customers ")


def _to_whom(rule: str) -> str:
    return f", to c{rule[1:].rstrip('.')}" if _follows(rule) else ""


def _surprise(limit: AuthorityLimit) -> list[str]:
    said = _never(limit)
    return [and_list(said).capitalize() + "."] if said else []


def _never(limit: AuthorityLimit) -> list[str]:
    told = ((limit.is_never_bait, "never before a sale"), (limit.is_never_regular, "never like clockwork"))
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


def left_out(wider: AuthorityLimit, limit: AuthorityLimit, money: Money) -> list[str]:
    """What `wider` asks and `limit`, which takes its place, does not: the rule, each ceiling that only the wider has."""
    both: dict[str, Any] = {name: None for name in _CEILINGS if getattr(limit, name) is not None}
    both |= {name: False for name in ("is_never_bait", "is_never_regular") if getattr(limit, name)}
    only = replace(wider, **both)
    said = [f"the rule “{wider.eligibility}”"] if wider.eligibility not in {"", limit.eligibility} else []
    said += [*_of_giver(only, money), *_to_one(only, money), *_never(only)]
    if only.approves_up_to_minor:
        said.append(f"approving a colleague's gift of up to {money(only.approves_up_to_minor)}")
    return said


def and_list(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def gifts(count: int) -> str:
    return f"{_COUNTS[count] if count < len(_COUNTS) else count} gift{'' if count == 1 else 's'}"


def days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def doubts(limit: AuthorityLimit, money: Money) -> list[str]:
    """What does no harm and is hardly meant, a sentence each."""
    found = []
    for most, words in (
        (limit.per_giver_per_day_minor, "a giver has no more than that for a day"),
        (limit.per_giver_per_week_minor, "a giver has no more than that for a week"),
        (limit.per_giver_per_month_minor, "a giver has no more than that for a month"),
        (limit.per_customer_per_month_minor, "a customer is given no more than that in a month"),
        (limit.per_customer_minor, f"a customer is given no more than that in {days(limit.per_customer_days or 0)}"),
    ):
        if most is not None and most < limit.per_gift_minor:
            found.append(f"A gift of more than {money(most)} never fits: {words}.")
    for shorter, longer, (short, long) in (
        (limit.per_giver_per_day_minor, limit.per_giver_per_week_minor, ("day", "week")),
        (limit.per_giver_per_week_minor, limit.per_giver_per_month_minor, ("week", "month")),
        (limit.per_giver_per_day_minor, limit.per_giver_per_month_minor, ("day", "month")),
    ):
        if shorter is not None and longer is not None and shorter > longer:
            found.append(f"The amount for a {short} is larger than that for a {long}, so it never counts.")
    if limit.approves_up_to_minor is not None and 0 < limit.approves_up_to_minor < limit.per_gift_minor:
        found.append("What they may approve for a colleague is less than what they may give themselves.")
    if limit.per_customer_days and limit.gap_days and limit.gap_days >= limit.per_customer_days:
        found.append("The smallest gap is as long as the days that are counted, so no second gift falls within them.")
    return found
