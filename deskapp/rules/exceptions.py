"""What in the giving of gifts is worth a question. A finding is a question, never a judgement.

Each finding is a function from gifts to shares: so many of a giver's gifts are of the kind that is looked for. A share is
notable where it is large enough to matter and larger than luck explains, beside what everybody else's gifts are like.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from math import exp, lgamma, log, log1p
from operator import itemgetter
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from deskapp.rules.money import decimals

MIN_GIFTS = 5  # of a giver; fewer say nothing, and would show what single people do
MIN_COUNT = 3  # twice may always happen
MIN_GIVERS = 3  # below that the middle of all is one colleague's own figure
LUCK = 0.05  # how likely one finding may be, on a desk where nothing is amiss, over all that was looked at
SAME_RECEIVER_SHARE = 0.2  # every fifth gift to one person; or, of somebody who gives much,
SAME_RECEIVER_COUNT = 5
JUST_UNDER_PERCENT = 10  # of the ceiling for one gift: as near as prices usually come without looking for it
JUST_UNDER_SHARE = 1 / 3
SPLIT_WITHIN = 24 * 3600  # seconds: a day wherever the desk is, and midnight makes no two days of it
WAITING_DAYS = 14  # a parcel takes a week; what was not handed over in two may never have been a gift
WAITING_SHARE = 0.2
ROUND_MAJOR = 5  # sums that people think of, shops price at 4.99
ROUND_SHARE = 1 / 3
RARE_HOUR_SHARE = (
    0.02  # an hour that holds less of all gifts is outside the usual ones: spread evenly each would hold 0.04
)
HOURS_FROM = 50  # gifts of everybody, or no hour is unusual
HOURS_SHARE = 0.2
TAKEN_BACK_SHARE = 0.2
_QUARTER = 900  # seconds


class Kind(StrEnum):
    SAME_RECEIVER = "same-receiver"
    JUST_UNDER = "just-under"
    SPLIT = "split"
    WAITING = "waiting"
    ROUND = "round"
    STAFF = "staff"
    HOURS = "hours"
    TAKEN_BACK = "taken-back"


class Given(NamedTuple):
    """A gift. A tuple of numbers, since a report may read 100,000.

    `at`: seconds since 1970, UTC; `ceiling_minor`: for one gift, of the limit that judged it.
    """

    giver: int
    customer: int
    at: int
    price_minor: int
    value_minor: int
    ceiling_minor: int
    currency: str
    is_approved: bool  # somebody else agreed to it
    is_kept: bool  # not taken back, declined, expired, cancelled or returned
    is_waiting: bool  # kept, and not handed over yet
    is_taken_back: bool  # by staff


_giver: Callable[[Given], int] = itemgetter(0)  # by place: reading a name 100,000 times takes three times as long
_customer: Callable[[Given], int] = itemgetter(1)
_pair: Callable[[Given], tuple[int, int]] = itemgetter(0, 1)


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of a giver's `of` gifts. `usual`: the share to compare with, None where too few give to say.

    `customers`: whom the counted gifts went to, the first first, each once.
    """

    giver: int
    count: int
    of: int
    usual: float | None
    is_notable: bool
    customers: tuple[int, ...] = ()

    @property
    def share(self) -> float:
        return self.count / self.of


@dataclass(frozen=True, slots=True)
class ByHour:
    """`counts` of everybody's gifts in each of the 24 hours; `rare`: hours that hold next to nothing."""

    counts: tuple[int, ...]
    rare: frozenset[int]
    shares: list[Share]


class Known(NamedTuple):
    """Somebody by what may give them away: a folded name, and the name of an account or a folded e-mail address."""

    id: int
    name: str
    account: str


# --- the findings ---------------------------------------------------------------------------------------------------


def same_receiver(gifts: Sequence[Given]) -> list[Share]:
    """One for each giver and customer who met three times or more; `usual` is the customer's share of colleagues' gifts,
    and where colleagues give them nothing, what an even hand would give each customer.
    """
    kept = [gift for gift in gifts if gift.is_kept]
    of, to, pairs = Counter(map(_giver, kept)), Counter(map(_customer, kept)), Counter(map(_pair, kept))
    often = {pair: n for pair, n in pairs.items() if n >= MIN_COUNT and of[pair[0]] >= MIN_GIFTS}
    found = []
    for (giver, customer), count in sorted(often.items()):
        others = len(kept) - of[giver]
        usual = max(1 / len(to), (to[customer] - count) / others if others else 0)
        is_much = count >= SAME_RECEIVER_SHARE * of[giver] or count >= SAME_RECEIVER_COUNT
        is_notable = is_much and not _may_be_luck(count, of[giver], usual, len(often))
        found.append(Share(giver, count, of[giver], usual, is_notable, (customer,)))
    return found


def just_under(gifts: Sequence[Given]) -> list[Share]:
    """Worth a little less than the most that may be given at once. Who asked a second person kept under nothing."""
    own = [gift for gift in gifts if gift.is_kept and not gift.is_approved and gift.ceiling_minor]
    return _shares(own, is_just_under, JUST_UNDER_SHARE)


def is_just_under(gift: Given) -> bool:
    return (100 - JUST_UNDER_PERCENT) * gift.ceiling_minor <= 100 * gift.value_minor <= 100 * gift.ceiling_minor


def split(gifts: Sequence[Given]) -> list[Share]:
    """Times that a giver gave one customer several gifts within a day which together are more than they may give at once.

    Already the first is worth a question: it is no share that luck could make.
    """
    own = [gift for gift in gifts if gift.is_kept and not gift.is_approved]
    again = {pair for pair, count in Counter(map(_pair, own)).items() if count > 1}
    meetings: dict[tuple[int, int], list[Given]] = defaultdict(list)
    for pair, gift in zip(map(_pair, own), own, strict=True):
        if pair in again:
            meetings[pair].append(gift)
    times: Counter[int] = Counter()
    customers: dict[int, dict[int, None]] = defaultdict(dict)
    for (giver, customer), met in meetings.items():
        if count := _times_split(met):
            times[giver] += count
            customers[giver][customer] = None
    return [
        Share(giver, times[giver], of, None, times[giver] > 0, tuple(customers[giver]))
        for giver, of in sorted(Counter(map(_giver, own)).items())
        if of >= MIN_GIFTS
    ]


def _times_split(met: Iterable[Given]) -> int:
    days: list[list[Given]] = []
    for gift in sorted(met, key=lambda gift: gift.at):
        if days and gift.at - days[-1][0].at < SPLIT_WITHIN:
            days[-1].append(gift)
        else:
            days.append([gift])
    return sum(_is_over_together(day) for day in days)


def _is_over_together(day: Sequence[Given]) -> bool:
    if len(day) == 1 or len({gift.currency for gift in day}) > 1:  # nobody can add up two currencies
        return False
    return sum(gift.value_minor for gift in day) > max(gift.ceiling_minor for gift in day)


def waiting(gifts: Sequence[Given], now: datetime) -> list[Share]:
    """Promised two weeks ago or longer and not handed over: of all that are old enough."""
    before = (now - timedelta(days=WAITING_DAYS)).timestamp()
    old = [gift for gift in gifts if gift.is_kept and gift.at < before]
    return _shares(old, lambda gift: gift.is_waiting, WAITING_SHARE)


def round_numbers(gifts: Sequence[Given], usual: float | None) -> list[Share]:
    """At a round price in the shop; `usual` is the share of such prices among all that may be given."""
    kept = [gift for gift in gifts if gift.is_kept]
    return _shares(kept, lambda gift: is_round(gift.price_minor, gift.currency), ROUND_SHARE, usual=usual)


def is_round(minor: int, currency: str) -> bool:
    """A multiple of 5.00; where the smallest coin is a whole one, of 500."""
    return minor > 0 and minor % (ROUND_MAJOR * 10 ** max(2, decimals(currency))) == 0


def by_hour(gifts: Sequence[Given], zone: str) -> ByHour:
    """Of every gift, kept or not; hours of the desk's `zone`."""
    hour_of = _hours_in(zone)
    counted = Counter(hour_of(gift.at // _QUARTER) for gift in gifts)
    counts = tuple(counted[hour] for hour in range(24))
    if len(gifts) < HOURS_FROM:
        return ByHour(counts, frozenset(), [])
    rare = frozenset(hour for hour, count in enumerate(counts) if count < RARE_HOUR_SHARE * len(gifts))
    return ByHour(counts, rare, _shares(gifts, lambda gift: hour_of(gift.at // _QUARTER) in rare, HOURS_SHARE))


def _hours_in(zone: str) -> Callable[[int], int]:
    """From a quarter of an hour since 1970 to the hour of the day: what zones are apart, and many gifts share one."""
    here = ZoneInfo(zone)
    return cache(lambda quarter: datetime.fromtimestamp(quarter * _QUARTER, here).hour)


def taken_back(gifts: Sequence[Given]) -> list[Share]:
    return _shares(gifts, lambda gift: gift.is_taken_back, TAKEN_BACK_SHARE)


def staff_among(customers: Iterable[Known], staff: Iterable[Known]) -> dict[int, int]:
    """Customer -> who of the staff bears the same name, or an account that is the customer's address or its mailbox."""
    names: dict[str, int] = {}
    accounts: dict[str, int] = {}
    for one in staff:
        names[one.name], accounts[one.account] = one.id, one.id
    found = {}
    for customer in customers:
        mailbox = customer.account.partition("@")[0]
        same = names.get(customer.name) or accounts.get(customer.account) or accounts.get(mailbox)
        if same is not None:
            found[customer.id] = same
    return found


def to_staff(gifts: Sequence[Given], staff_of: Mapping[int, int]) -> list[Share]:
    """One for each giver and customer of `staff_of`; a single gift is worth a question, since no luck is in it."""
    kept = [gift for gift in gifts if gift.is_kept]
    of = Counter(map(_giver, kept))
    pairs = Counter(_pair(gift) for gift in kept if gift.customer in staff_of)
    return [
        Share(giver, count, of[giver], None, is_notable=True, customers=(customer,))
        for (giver, customer), count in sorted(pairs.items())
    ]


# --- what they share ------------------------------------------------------------------------------------------------


def _shares(
    gifts: Sequence[Given], counts: Callable[[Given], bool], floor: float, *, usual: float | None = None
) -> list[Share]:
    """By giver, of those with enough gifts; `usual` is the middle of their shares unless it is known from elsewhere."""
    found = [gift for gift in gifts if counts(gift)]
    of, counted = Counter(map(_giver, gifts)), Counter(map(_giver, found))
    customers: dict[int, dict[int, None]] = defaultdict(dict)
    for gift in found:
        customers[gift.giver][gift.customer] = None
    enough = sorted(giver for giver, n in of.items() if n >= MIN_GIFTS)
    if usual is None:
        usual = _middle([counted[giver] / of[giver] for giver in enough])
    return [
        Share(
            giver,
            counted[giver],
            of[giver],
            usual,
            _is_notable(counted[giver], of[giver], floor, usual, len(enough)),
            tuple(customers[giver]),
        )
        for giver in enough
    ]


def _is_notable(count: int, of: int, floor: float, usual: float | None, looked_at: int) -> bool:
    if count < MIN_COUNT or count < floor * of:
        return False
    return usual is None or not _may_be_luck(count, of, usual, looked_at)


def _middle(shares: Collection[float]) -> float | None:
    return median(shares) if len(shares) >= MIN_GIVERS else None


def _may_be_luck(count: int, of: int, usual: float, looked_at: int) -> bool:
    """Who looks at many givers finds somebody by chance alone, so each must be the less likely (Bonferroni)."""
    return at_least(count, of, usual) * looked_at >= LUCK


def at_least(count: int, of: int, rate: float) -> float:
    """How likely `count` or more of `of` are when each is with probability `rate`: the upper tail of the binomial."""
    if count <= of * rate:
        return 1.0  # half and more; nobody asks how much more
    if rate <= 0:
        return 0.0
    term = exp(
        lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1) + count * log(rate) + (of - count) * log1p(-rate)
    )
    total, odds = term, rate / (1 - rate)
    for n in range(count, of):  # falling from the first: `count` lies above the mean
        term *= (of - n) / (n + 1) * odds
        total += term
        if term < total * 1e-9:
            break
    return min(1.0, total)
