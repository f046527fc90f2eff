"""Who may give how much: ceilings, periods and the verdict on one gift.

A verdict is a value to be matched. The tightest ceiling decides and is named.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from deskapp.rules.people import Role


class Ceiling(StrEnum):
    PER_GIFT = "per_gift"
    PER_GIVER_PER_DAY = "per_giver_per_day"
    PER_CUSTOMER_PER_MONTH = "per_customer_per_month"


class Basis(StrEnum):
    COST = "cost"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class AuthorityLimit:
    """One immutable edition of what a role may give; `*_minor` in minor units of `currency`, periods in `zone`."""

    version_id: int
    role: Role
    currency: str
    basis: Basis
    zone: str
    per_gift_minor: int
    per_giver_per_day_minor: int
    per_customer_per_month_minor: int


@dataclass(frozen=True, slots=True)
class Room:
    """What is left under one ceiling; `until` is when it starts afresh (None: it never fills)."""

    ceiling: Ceiling
    limit_minor: int
    left_minor: int
    until: datetime | None


class Why(StrEnum):
    OVER_PER_GIFT = "over-per-gift"
    OVER_CUSTOMER_MONTH = "over-customer-month"
    NO_LIMIT = "no-limit"
    OTHER_CURRENCY = "other-currency"
    NOT_GIFTABLE = "not-giftable"
    OUT_OF_STOCK = "out-of-stock"
    HARD_STOP = "hard-stop"


@dataclass(frozen=True, slots=True)
class Granted:
    value_minor: int
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    """A second person with a larger limit would have to give it."""

    value_minor: int
    room: Room
    rooms: tuple[Room, ...]

    @property
    def over_by_minor(self) -> int:
        return self.value_minor - self.room.left_minor


@dataclass(frozen=True, slots=True)
class Refused:
    """`room` is the ceiling that decided, None when no ceiling was to blame; `detail` the words that did (an allergy)."""

    why: Why
    value_minor: int = 0
    room: Room | None = None
    rooms: tuple[Room, ...] = ()
    detail: str = ""


Verdict = Granted | NeedsApproval | Refused


def day_key(now: datetime, zone: str) -> str:
    return now.astimezone(ZoneInfo(zone)).date().isoformat()


def month_key(now: datetime, zone: str) -> str:
    return day_key(now, zone)[:7]


def day_ends_at(now: datetime, zone: str) -> datetime:
    tz = ZoneInfo(zone)
    tomorrow = now.astimezone(tz).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tz).astimezone(UTC)


def month_ends_at(now: datetime, zone: str) -> datetime:
    tz = ZoneInfo(zone)
    first = now.astimezone(tz).date().replace(day=1)
    return datetime.combine((first + timedelta(days=32)).replace(day=1), time(), tz).astimezone(UTC)


def rooms(
    limit: AuthorityLimit, *, given_today_minor: int, given_to_customer_minor: int, now: datetime
) -> tuple[Room, ...]:
    def room(ceiling: Ceiling, ceiling_minor: int, spent_minor: int, until: datetime | None) -> Room:
        return Room(ceiling, ceiling_minor, max(0, ceiling_minor - spent_minor), until)

    return (
        room(Ceiling.PER_GIFT, limit.per_gift_minor, 0, None),
        room(Ceiling.PER_GIVER_PER_DAY, limit.per_giver_per_day_minor, given_today_minor, day_ends_at(now, limit.zone)),
        room(
            Ceiling.PER_CUSTOMER_PER_MONTH,
            limit.per_customer_per_month_minor,
            given_to_customer_minor,
            month_ends_at(now, limit.zone),
        ),
    )


def most_left(rooms: tuple[Room, ...]) -> int:
    """The dearest gift that fits under every ceiling."""
    return min(room.left_minor for room in rooms)


def decide(rooms: tuple[Room, ...], value_minor: int) -> Verdict:
    """The tightest ceiling that the gift breaks decides: the giver's own day can be lent room by a lead, the others cannot."""
    broken = sorted((room for room in rooms if value_minor > room.left_minor), key=lambda room: room.left_minor)
    firm = [room for room in broken if room.ceiling in _WHY]
    if firm:
        return Refused(_WHY[firm[0].ceiling], value_minor, firm[0], rooms)
    if broken:
        return NeedsApproval(value_minor, broken[0], rooms)
    return Granted(value_minor, rooms)


_WHY = {Ceiling.PER_GIFT: Why.OVER_PER_GIFT, Ceiling.PER_CUSTOMER_PER_MONTH: Why.OVER_CUSTOMER_MONTH}
