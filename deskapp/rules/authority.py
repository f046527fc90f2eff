"""Who may give how much: ceilings, what is left under each, and the verdict on one gift.

A verdict is a value to be matched. The tightest ceiling decides and is named.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from deskapp.rules.people import Role
from deskapp.rules.periods import Period, day_of, day_starts_at, next_starts_on, period_key

YEAR_DAYS = 365


class Ceiling(StrEnum):
    PER_GIFT = "per_gift"
    ORDER_SHARE = "order_share"
    PER_GIVER_PER_DAY = "per_giver_per_day"
    PER_GIVER_PER_WEEK = "per_giver_per_week"
    PER_GIVER_PER_MONTH = "per_giver_per_month"
    PER_CUSTOMER_PER_MONTH = "per_customer_per_month"
    PER_CUSTOMER_IN_DAYS = "per_customer_in_days"
    GIFTS_IN_DAYS = "gifts_in_days"
    GIFTS_PER_YEAR = "gifts_per_year"
    GAP = "gap"
    BUDGET = "budget"
    RECEIVER_PER_GIFT = "receiver_per_gift"
    RECEIVER_PER_YEAR = "receiver_per_year"
    CAPACITY = "capacity"


GIVERS_OWN = frozenset(
    {
        Ceiling.PER_GIFT,
        Ceiling.ORDER_SHARE,
        Ceiling.PER_GIVER_PER_DAY,
        Ceiling.PER_GIVER_PER_WEEK,
        Ceiling.PER_GIVER_PER_MONTH,
    }
)
"""What a second person's authority can stand in for; all others protect the customers, the shop or the law."""


class Basis(StrEnum):
    COST = "cost"
    PRICE = "price"


class GiverKind(StrEnum):
    ROLE = "role"
    TEAM = "team"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class AuthorityLimit:
    """One immutable edition; `*_minor` in minor units of `currency`, days and periods in `zone`, None where nothing is said.

    `per_customer_minor` and `per_customer_gifts` are of any `per_customer_days` days in a row, today the last.
    """

    version_id: int
    giver_kind: GiverKind
    role: Role | None
    team: str
    staff_id: int | None
    exception: str
    currency: str
    basis: Basis
    zone: str
    per_gift_minor: int
    approves_up_to_minor: int | None = None
    order_share_percent: int | None = None
    per_giver_per_day_minor: int | None = None
    per_giver_per_week_minor: int | None = None
    per_giver_per_month_minor: int | None = None
    per_customer_per_month_minor: int | None = None
    per_customer_days: int | None = None
    per_customer_minor: int | None = None
    per_customer_gifts: int | None = None
    gap_days: int | None = None
    per_customer_per_year_gifts: int | None = None
    is_never_regular: bool = False
    is_never_bait: bool = False
    eligibility: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def is_exception(self) -> bool:
        return bool(self.exception)

    def to_approve(self) -> "AuthorityLimit":
        """What its holder may give on a colleague's behalf: a gift up to another ceiling, all else alike."""
        return replace(self, per_gift_minor=self.approves_up_to_minor or 0, order_share_percent=None)


class Unit(StrEnum):
    MONEY = "money"  # minor units, on the limit's basis
    RETAIL = "retail"  # minor units, at the price in the shop whatever the basis
    GIFTS = "gifts"  # a count


@dataclass(frozen=True, slots=True)
class Room:
    """What is left under one ceiling. `until`: when it starts afresh (None: it never fills, or never starts afresh).

    `bucket` is the running total it is kept in, "" where it is reckoned from the gifts themselves; `fills` is False for
    a ceiling that every gift meets anew. `days` is the length of a rolling window; `name` a budget's.
    """

    ceiling: Ceiling
    most: int
    left: int
    until: datetime | None = None
    unit: Unit = Unit.MONEY
    bucket: str = ""
    name: str = ""
    days: int | None = None
    fills: bool = True

    def takes(self, worth: "Worth") -> int:
        match self.unit:
            case Unit.MONEY:
                return worth.value_minor
            case Unit.RETAIL:
                return worth.retail_minor
            case Unit.GIFTS:
                return 1

    def breaks(self, worth: "Worth") -> bool:
        return self.takes(worth) > self.left

    def after(self, worth: "Worth") -> "Room":
        return replace(self, left=self.left - self.takes(worth)) if self.fills else self


@dataclass(frozen=True, slots=True)
class Worth:
    """Of one gift: on the basis of the limit that judges it, and at the price in the shop."""

    value_minor: int
    retail_minor: int


class Why(StrEnum):
    OVER_PER_GIFT = "over-per-gift"
    OVER_ORDER_SHARE = "over-order-share"
    OVER_GIVER_PERIOD = "over-giver-period"
    OVER_CUSTOMER_MONTH = "over-customer-month"
    OVER_CUSTOMER_DAYS = "over-customer-days"
    TOO_MANY = "too-many"
    TOO_SOON = "too-soon"
    OVER_BUDGET = "over-budget"
    OVER_RECEIVER = "over-receiver"
    OVER_CAPACITY = "over-capacity"
    NO_LIMIT = "no-limit"
    NO_RECEIVER_LIMIT = "no-receiver-limit"
    NOT_ELIGIBLE = "not-eligible"
    REGULAR = "regular"
    BAIT = "bait"
    NOT_YOURS = "not-yours"
    OTHER_CURRENCY = "other-currency"
    NOT_GIFTABLE = "not-giftable"
    NO_VALUE = "no-value"
    OUT_OF_STOCK = "out-of-stock"
    HARD_STOP = "hard-stop"


_OVER = {
    Ceiling.PER_GIFT: Why.OVER_PER_GIFT,
    Ceiling.ORDER_SHARE: Why.OVER_ORDER_SHARE,
    Ceiling.PER_GIVER_PER_DAY: Why.OVER_GIVER_PERIOD,
    Ceiling.PER_GIVER_PER_WEEK: Why.OVER_GIVER_PERIOD,
    Ceiling.PER_GIVER_PER_MONTH: Why.OVER_GIVER_PERIOD,
    Ceiling.PER_CUSTOMER_PER_MONTH: Why.OVER_CUSTOMER_MONTH,
    Ceiling.PER_CUSTOMER_IN_DAYS: Why.OVER_CUSTOMER_DAYS,
    Ceiling.GIFTS_IN_DAYS: Why.TOO_MANY,
    Ceiling.GIFTS_PER_YEAR: Why.TOO_MANY,
    Ceiling.GAP: Why.TOO_SOON,
    Ceiling.BUDGET: Why.OVER_BUDGET,
    Ceiling.RECEIVER_PER_GIFT: Why.OVER_RECEIVER,
    Ceiling.RECEIVER_PER_YEAR: Why.OVER_RECEIVER,
    Ceiling.CAPACITY: Why.OVER_CAPACITY,
}


@dataclass(frozen=True, slots=True)
class Granted:
    worth: Worth
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    """A second person may give it; `approvers` are the names of those who could."""

    worth: Worth
    room: Room
    rooms: tuple[Room, ...]
    approvers: tuple[str, ...] = ()

    @property
    def over_by_minor(self) -> int:
        return self.room.takes(self.worth) - self.room.left


@dataclass(frozen=True, slots=True)
class Refused:
    """`room` is the ceiling that decided, None when no ceiling was to blame; `detail` the words that did (an allergy)."""

    why: Why
    worth: Worth | None = None
    room: Room | None = None
    rooms: tuple[Room, ...] = ()
    detail: str = ""


Verdict = Granted | NeedsApproval | Refused


# --- which limit ----------------------------------------------------------------------------------------------------

_NARROWEST = (GiverKind.PERSON, GiverKind.TEAM, GiverKind.ROLE)


def in_force(editions: Iterable[AuthorityLimit], day_in: Callable[[str], date]) -> AuthorityLimit | None:
    """Of all agreed editions that could mean one giver the one that counts; `day_in(zone)` is today there.

    A person's limit goes before a team's, that before a role's; a dated exception before the standing limit; of two
    exceptions the one set later.
    """
    newest: dict[tuple[GiverKind, str], AuthorityLimit] = {}
    for edition in sorted(editions, key=lambda edition: edition.version_id):
        if edition.valid_from is None or edition.valid_from <= day_in(edition.zone):
            newest[edition.giver_kind, edition.exception] = edition
    live = [one for one in newest.values() if one.valid_until is None or one.valid_until >= day_in(one.zone)]
    return min(
        live, key=lambda one: (_NARROWEST.index(one.giver_kind), not one.is_exception, -one.version_id), default=None
    )


# --- what is left ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """A gift that a customer was given and kept; the day in the limit's zone."""

    on: date
    worth: Worth


_AT = {Basis.PRICE: "", Basis.COST: "-cost"}


def giver_bucket(staff_id: int, period: Period, day: date, currency: str, basis: Basis) -> str:
    return f"giver-{period}{_AT[basis]}|{staff_id}|{period_key(day, period)}|{currency}"


def customer_bucket(customer_id: int, day: date, currency: str, basis: Basis) -> str:
    return f"customer-month{_AT[basis]}|{customer_id}|{period_key(day, Period.MONTH)}|{currency}"


def always_counted(
    staff_id: int, customer_id: int, day: date, currency: str, *, price_minor: int, cost_minor: int
) -> dict[str, int]:
    """Bucket -> what a gift puts into it, whether or not a ceiling stands over it today.

    A ceiling that is set in the middle of a period, or on the other basis, finds there what was given before it.
    """
    amounts = {}
    for basis, minor in ((Basis.PRICE, price_minor), (Basis.COST, cost_minor)):
        for period in (Period.DAY, Period.WEEK, Period.MONTH):
            amounts[giver_bucket(staff_id, period, day, currency, basis)] = minor
        amounts[customer_bucket(customer_id, day, currency, basis)] = minor
    return amounts


def budget_bucket(budget_id: int, period: Period, day: date, currency: str) -> str:
    return f"budget-{period}|{budget_id}|{period_key(day, period)}|{currency}"


def capacity_bucket(item_id: int, day: date) -> str:
    return f"capacity-day|{item_id}|{day.isoformat()}"


def is_capacity(bucket: str) -> bool:
    return bucket.startswith("capacity-")


def bucket_room(
    ceiling: Ceiling,
    most: int,
    bucket: str,
    period: Period,
    day: date,
    zone: str,
    *,
    unit: Unit = Unit.MONEY,
    name: str = "",
) -> Room:
    """Still empty; see `filled`."""
    afresh_on = next_starts_on(day, period)
    until = day_starts_at(afresh_on, zone) if afresh_on else None
    return Room(ceiling, most, most, until, unit, bucket, name)


def filled(room: Room, spent: Mapping[str, int]) -> Room:
    """`spent`: bucket -> what it holds. Nothing is left where a ceiling was lowered below what is spent."""
    return replace(room, left=max(0, room.most - spent.get(room.bucket, 0))) if room.bucket else room


def giver_rooms(limit: AuthorityLimit, staff_id: int, now: datetime) -> list[Room]:
    day = day_of(now, limit.zone)
    rooms = [Room(Ceiling.PER_GIFT, limit.per_gift_minor, limit.per_gift_minor, fills=False)]
    for ceiling, period, most in (
        (Ceiling.PER_GIVER_PER_DAY, Period.DAY, limit.per_giver_per_day_minor),
        (Ceiling.PER_GIVER_PER_WEEK, Period.WEEK, limit.per_giver_per_week_minor),
        (Ceiling.PER_GIVER_PER_MONTH, Period.MONTH, limit.per_giver_per_month_minor),
    ):
        if most is not None:
            bucket = giver_bucket(staff_id, period, day, limit.currency, limit.basis)
            rooms.append(bucket_room(ceiling, most, bucket, period, day, limit.zone))
    return rooms


def customer_rooms(limit: AuthorityLimit, customer_id: int, given: Sequence[Given], now: datetime) -> list[Room]:
    """Of the customer's calendar month, and of every window of days that rolls. `given`: what was kept in the last year."""
    day = day_of(now, limit.zone)
    rooms = []
    if limit.per_customer_per_month_minor is not None:
        bucket = customer_bucket(customer_id, day, limit.currency, limit.basis)
        most = limit.per_customer_per_month_minor
        rooms.append(bucket_room(Ceiling.PER_CUSTOMER_PER_MONTH, most, bucket, Period.MONTH, day, limit.zone))
    for ceiling, days, at_most, unit in (
        (Ceiling.PER_CUSTOMER_IN_DAYS, limit.per_customer_days, limit.per_customer_minor, Unit.MONEY),
        (Ceiling.GIFTS_IN_DAYS, limit.per_customer_days, limit.per_customer_gifts, Unit.GIFTS),
        (Ceiling.GAP, limit.gap_days, 1, Unit.GIFTS),
        (Ceiling.GIFTS_PER_YEAR, YEAR_DAYS, limit.per_customer_per_year_gifts, Unit.GIFTS),
    ):
        if days is not None and at_most is not None:
            rooms.append(rolling_room(ceiling, at_most, unit, days, given, day, limit.zone))
    return rooms


def rolling_room(
    ceiling: Ceiling, most: int, unit: Unit, days: int, given: Sequence[Given], day: date, zone: str
) -> Room:
    """Of the last `days` days, today included. `until`: the first morning on which more is left, None if nothing is used."""
    window = timedelta(days=days)
    counted = sorted((one for one in given if one.on > day - window), key=lambda one: one.on)
    empty = Room(ceiling, most, most, None, unit, days=days)
    used = sum(empty.takes(one.worth) for one in counted)
    # of gifts that were too many already the first to go makes no room yet
    going = counted[max(0, len(counted) - most) if unit is Unit.GIFTS else 0 :]
    until = day_starts_at(going[0].on + window, zone) if going else None
    return replace(empty, left=max(0, most - used), until=until)


def order_room(percent: int, order_total_minor: int, given_minor: int = 0) -> Room:
    """Rounded down: never a cent over the share. `given_minor`: what went with this order before."""
    share = max(0, order_total_minor) * percent // 100
    return Room(Ceiling.ORDER_SHARE, share, max(0, share - given_minor))


def most_left(rooms: Iterable[Room]) -> int:
    """The dearest gift that fits under every ceiling; nothing where a count is used up."""
    held = list(rooms)
    if any(room.unit is Unit.GIFTS and room.left < 1 for room in held):
        return 0
    return min((room.left for room in held if room.unit is not Unit.GIFTS), default=0)


def tightest(rooms: Iterable[Room]) -> Room:
    """A count that is used up before any sum of money; else the least money."""
    return min(rooms, key=lambda room: (room.unit is not Unit.GIFTS, room.left))


# --- the verdict ----------------------------------------------------------------------------------------------------


def decide(rooms: Sequence[Room], worth: Worth) -> Verdict:
    """The tightest ceiling that the gift breaks decides: a second person can stand in for the giver's own, not for others."""
    held = tuple(rooms)
    broken = [room for room in held if room.breaks(worth)]
    if firm := [room for room in broken if room.ceiling not in GIVERS_OWN]:
        return over(tightest(firm), worth, held)
    if broken:
        return NeedsApproval(worth, tightest(broken), held)
    return Granted(worth, held)


def over(room: Room, worth: Worth, rooms: tuple[Room, ...]) -> Refused:
    return Refused(_OVER[room.ceiling], worth, room, rooms)
