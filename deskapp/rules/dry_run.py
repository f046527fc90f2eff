"""What a limit would have done to the orders of the past, and how evenly it falls on groups of customers."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import sqrt
from statistics import NormalDist

from deskapp.rules.authority import YEAR_DAYS, AuthorityLimit
from deskapp.rules.eligibility_facts import Facts

FEWEST = 10
"""Of fewer customers nothing is said: it would be chance, and it could point at one person."""

FOUR_FIFTHS = 0.8  # the line below which US agencies look for adverse impact (29 CFR 1607.4 D)
_CHANCE = 0.05  # that the most uneven of all pairs is told apart though nothing but chance made it so


@dataclass(frozen=True, slots=True)
class PastOrder:
    """`on`: in the limit's zone. `worth_minor`: 0 where it was paid in another currency."""

    customer_id: int
    on: date
    worth_minor: int


@dataclass(frozen=True, slots=True)
class History:
    """A customer's gifts in the replay, oldest first, as (day, minor units)."""

    gifts: list[tuple[date, int]]

    def days_since(self, day: date) -> int | None:
        return (day - self.gifts[-1][0]).days if self.gifts else None

    def within(self, days: int, day: date) -> list[int]:
        """What was given in the last `days` days, `day` included."""
        first = day - timedelta(days=days)
        return [value for on, value in self.gifts if on > first]


@dataclass(frozen=True, slots=True)
class Replayed:
    gifts: int
    cost_minor: int


def on_that_day(facts: Facts, history: History, day: date) -> Facts:
    """What a replay knows of the customer: their gifts are those of the replay, all else is as it is now."""
    return replace(facts, days_since_gift=history.days_since(day), gifts=len(history.within(YEAR_DAYS, day)))


def replay(limit: AuthorityLimit, orders: Iterable[PastOrder], may: Callable[[int, date, History], bool]) -> Replayed:
    """Every order that the limit allows gets the dearest gift it allows. `orders` oldest first; `may`: is eligible."""
    histories: dict[int, History] = defaultdict(lambda: History([]))
    for order in orders:
        history = histories[order.customer_id]
        value = most_for(limit, history, order)
        if value > 0 and may(order.customer_id, order.on, history):
            history.gifts.append((order.on, value))
    given = [value for history in histories.values() for _, value in history.gifts]
    return Replayed(len(given), sum(given))


def most_for(limit: AuthorityLimit, history: History, order: PastOrder) -> int:
    """Minor units; what rooms of the customer, of the order and for one gift would leave."""
    day = order.on
    most = [limit.per_gift_minor]
    if limit.order_share_percent is not None:
        most.append(max(0, order.worth_minor) * limit.order_share_percent // 100)
    if limit.per_customer_per_month_minor is not None:
        month = (day.year, day.month)
        most.append(limit.per_customer_per_month_minor - _sum_of(history, month))
    for days, count in (
        (limit.per_customer_days, limit.per_customer_gifts),
        (limit.gap_days, 1),
        (YEAR_DAYS, limit.per_customer_per_year_gifts),
    ):
        if days is not None and count is not None and len(history.within(days, day)) >= count:
            return 0
    if limit.per_customer_days is not None and limit.per_customer_minor is not None:
        most.append(limit.per_customer_minor - sum(history.within(limit.per_customer_days, day)))
    return max(0, min(most))


def _sum_of(history: History, month: tuple[int, int]) -> int:
    return sum(value for on, value in history.gifts if (on.year, on.month) == month)


def a_month(quarter_minor: int, days: int) -> int:
    """Of what `days` days took, rounded up."""
    return -(-quarter_minor * YEAR_DAYS // (12 * days))


# --- groups ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a group's customers may be given something, before and now; nothing is said of groups that are too small."""

    group: str
    of: int
    now: int
    before: int | None

    @property
    def is_told(self) -> bool:
        return self.of >= FEWEST

    @property
    def part(self) -> float:
        return self.now / self.of if self.of else 0.0


def shares(
    groups: Mapping[int, str], order: Sequence[str], now: set[int], before: set[int] | None
) -> tuple[Share, ...]:
    """`groups`: customer id -> group; `order`: of the groups."""
    members: dict[str, list[int]] = defaultdict(list)
    for customer, group in groups.items():
        members[group].append(customer)
    return tuple(
        Share(
            group,
            len(held),
            sum(one in now for one in held),
            None if before is None else sum(one in before for one in held),
        )
        for group in order
        if (held := members.get(group))
    )


@dataclass(frozen=True, slots=True)
class Uneven:
    """A group that gets less than four fifths of what the best group gets."""

    worst: Share
    best: Share
    groups: int = 2

    @property
    def may_be_chance(self) -> bool:
        """By the test for two proportions, stricter the more pairs there were to find this one among (Bonferroni)."""
        worst, best = self.worst, self.best
        both = (worst.now + best.now) / (worst.of + best.of)
        error = sqrt(both * (1 - both) * (1 / worst.of + 1 / best.of))
        pairs = self.groups * (self.groups - 1) / 2
        return best.part - worst.part < NormalDist().inv_cdf(1 - _CHANCE / pairs / 2) * error


def find_uneven(found: Sequence[Share]) -> Uneven | None:
    """The most uneven pair of the groups that are large enough."""
    told = [share for share in found if share.is_told]
    if not told:
        return None
    worst, best = min(told, key=lambda one: one.part), max(told, key=lambda one: one.part)
    return Uneven(worst, best, len(told)) if worst.part < FOUR_FIFTHS * best.part else None


def quartiles(values: Mapping[int, int]) -> dict[int, int]:
    """Customer id -> 0 for the quarter that spends least … 3; who spends alike is in one quarter."""
    ranked = sorted(values.values())
    edges = [ranked[max(0, len(ranked) * quarter // 4 - 1)] for quarter in (1, 2, 3)] if ranked else []
    return {customer: sum(value > edge for edge in edges) for customer, value in values.items()}
