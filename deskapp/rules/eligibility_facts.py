"""What a rule may ask of a customer, and whether it is met.

A rule holds no "not": it is driven down to the conditions while it is read, so that what counts as met for everybody
with a problem can only let more people in.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import inf
from unicodedata import normalize

from deskapp.rules.money import to_decimal


class Field(StrEnum):
    """The value is how it is written."""

    TENURE = "customer for"
    ORDERS = "orders"
    LAST_ORDER_VALUE = "last order"
    DAYS_SINCE_ORDER = "days since order"
    LAST_ORDER_LATE = "last order late"
    LAST_ORDER_PROBLEM = "last order problem"
    TIER = "tier"
    STORE = "store"
    OPEN_PROBLEM = "open problem"
    PROMISE_LATE = "promise late"
    DAYS_SINCE_GIFT = "days since gift"
    GIFTS = "gifts"
    SPENT = "spent"


class Kind(StrEnum):
    FLAG = "flag"
    COUNT = "count"
    DAYS = "days"
    MONEY = "money"
    SPAN = "span"
    WORDS = "words"


KINDS = {
    Field.TENURE: Kind.SPAN,
    Field.ORDERS: Kind.COUNT,
    Field.LAST_ORDER_VALUE: Kind.MONEY,
    Field.DAYS_SINCE_ORDER: Kind.DAYS,
    Field.LAST_ORDER_LATE: Kind.FLAG,
    Field.LAST_ORDER_PROBLEM: Kind.FLAG,
    Field.TIER: Kind.WORDS,
    Field.STORE: Kind.WORDS,
    Field.OPEN_PROBLEM: Kind.FLAG,
    Field.PROMISE_LATE: Kind.FLAG,
    Field.DAYS_SINCE_GIFT: Kind.DAYS,
    Field.GIFTS: Kind.COUNT,
    Field.SPENT: Kind.MONEY,
}

SPEND_LIKE = frozenset({Field.ORDERS, Field.LAST_ORDER_VALUE, Field.TIER, Field.SPENT})
"""Not asked of whoever has a problem: making good is not for big spenders only. Time with us costs nobody anything, so it is asked."""

TROUBLE = frozenset({Field.LAST_ORDER_LATE, Field.LAST_ORDER_PROBLEM, Field.OPEN_PROBLEM})


class Op(StrEnum):
    AT_LEAST = "at least"
    OVER = "over"
    AT_MOST = "at most"
    UNDER = "under"
    IS = "is"
    IS_NOT = "is not"


OPPOSITE = {
    Op.AT_LEAST: Op.UNDER,
    Op.UNDER: Op.AT_LEAST,
    Op.OVER: Op.AT_MOST,
    Op.AT_MOST: Op.OVER,
    Op.IS: Op.IS_NOT,
    Op.IS_NOT: Op.IS,
}


class Unit(StrEnum):
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Span:
    count: int
    unit: Unit


Value = int | Decimal | Span | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Condition:
    """`value` by the kind of its field: none for a flag, a number, money in major units, a span, words as they were written."""

    field: Field
    op: Op
    value: Value = None


@dataclass(frozen=True, slots=True)
class Both:
    """Two parts or more, none of them a Both."""

    parts: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """Two parts or more, none of them an Either."""

    parts: "tuple[Rule, ...]"


Rule = Condition | Both | Either


def both(parts: Iterable[Rule]) -> Rule:
    flat = tuple(one for part in parts for one in (part.parts if isinstance(part, Both) else (part,)))
    return flat[0] if len(flat) == 1 else Both(flat)


def either(parts: Iterable[Rule]) -> Rule:
    flat = tuple(one for part in parts for one in (part.parts if isinstance(part, Either) else (part,)))
    return flat[0] if len(flat) == 1 else Either(flat)


def opposite(rule: Rule) -> Rule:
    match rule:
        case Condition(field, op, value):
            return Condition(field, OPPOSITE[op], value)
        case Both(parts):
            return either(opposite(part) for part in parts)
        case Either(parts):
            return both(opposite(part) for part in parts)


def fields(rule: Rule) -> frozenset[Field]:
    """All that has to be known to tell whether it is met."""
    if isinstance(rule, Condition):
        return frozenset({rule.field}) | (TROUBLE if rule.field in SPEND_LIKE else frozenset())
    return frozenset().union(*(fields(part) for part in rule.parts))


# --- what is known of a customer ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one customer on one day, in the limit's zone and currency; only what the rule asks for need be true.

    Whoever never ordered ordered endlessly long ago for nothing, whoever never got a gift likewise; whose beginning
    nobody knows began today.
    """

    today: date
    currency: str
    customer_since: date | None = None
    orders: int = 0
    last_order_minor: int = 0
    days_since_order: int | None = None
    is_last_order_late: bool = False
    has_last_order_problem: bool = False
    tier: str = ""
    store: str = ""
    has_open_problem: bool = False
    has_late_promise: bool = False
    days_since_gift: int | None = None
    gifts: int = 0
    spent_minor: int = 0

    @property
    def has_trouble(self) -> bool:
        return self.is_last_order_late or self.has_last_order_problem or self.has_open_problem


def is_met(rule: Rule, facts: Facts) -> bool:
    match rule:
        case Condition():
            return _holds(rule, facts)
        case Both(parts):
            return all(is_met(part, facts) for part in parts)
        case Either(parts):
            return any(is_met(part, facts) for part in parts)


def failing(rule: Rule, facts: Facts) -> Rule | None:
    """The part that would have to change; None where the rule is met."""
    if is_met(rule, facts):
        return None
    if isinstance(rule, Condition):
        return rule
    parts = [part for part in (failing(one, facts) for one in rule.parts) if part is not None]
    return both(parts) if isinstance(rule, Both) else either(parts)


def _holds(asked: Condition, facts: Facts) -> bool:
    if asked.field in SPEND_LIKE and facts.has_trouble:
        return True
    match asked.value:
        case None:
            return _flag(asked.field, facts) is (asked.op is Op.IS)
        case Span() as span:
            return _lasted(asked.op, span, facts)
        case tuple() as words:
            said = fold(facts.tier if asked.field is Field.TIER else facts.store)
            return (said in {fold(word) for word in words}) is (asked.op is Op.IS)
        case number:
            return _compares(asked.op, _number(asked.field, facts), number)


def _flag(field: Field, facts: Facts) -> bool:
    return {
        Field.LAST_ORDER_LATE: facts.is_last_order_late,
        Field.LAST_ORDER_PROBLEM: facts.has_last_order_problem or facts.is_last_order_late,
        Field.OPEN_PROBLEM: facts.has_open_problem,
        Field.PROMISE_LATE: facts.has_late_promise,
    }[field]


def _number(field: Field, facts: Facts) -> float | Decimal:
    if field is Field.LAST_ORDER_VALUE:
        return to_decimal(facts.last_order_minor, facts.currency)
    if field is Field.SPENT:
        return to_decimal(facts.spent_minor, facts.currency)
    if field is Field.DAYS_SINCE_ORDER:
        return inf if facts.days_since_order is None else facts.days_since_order
    if field is Field.DAYS_SINCE_GIFT:
        return inf if facts.days_since_gift is None else facts.days_since_gift
    return facts.orders if field is Field.ORDERS else facts.gifts


def _compares(op: Op, known: float | Decimal, asked: int | Decimal) -> bool:
    match op:
        case Op.AT_LEAST:
            return known >= asked
        case Op.OVER:
            return known > asked
        case Op.AT_MOST:
            return known <= asked
        case Op.UNDER:
            return known < asked
        case Op.IS:
            return known == asked
        case Op.IS_NOT:
            return known != asked


def _lasted(op: Op, span: Span, facts: Facts) -> bool:
    """Over two years is at least two years and a day: it was at least two years yesterday already."""
    since = facts.customer_since or facts.today
    if op in {Op.AT_LEAST, Op.UNDER}:
        return (_completed(since, facts.today, span.unit) >= span.count) is (op is Op.AT_LEAST)
    yesterday = date.fromordinal(max(1, facts.today.toordinal() - 1))
    return (_completed(since, yesterday, span.unit) >= span.count) is (op is Op.OVER)


def _completed(since: date, day: date, unit: Unit) -> int:
    """Whole units from one day to another; of a month that is too short for the day the last one counts."""
    days = (day - since).days
    months = 12 * (day.year - since.year) + day.month - since.month
    months -= day.day < min(since.day, monthrange(day.year, day.month)[1])
    return {Unit.DAYS: days, Unit.WEEKS: days // 7, Unit.MONTHS: months, Unit.YEARS: months // 12}[unit]


def fold(words: str) -> str:
    return " ".join(normalize("NFKC", words).casefold().split()).rstrip(".")
