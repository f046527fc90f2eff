"""A rule as a sentence.

Its conditions are said as clauses that follow "customers", so that they fit into other sentences as they stand.
"""

from dataclasses import dataclass
from decimal import Decimal

from deskapp.rules.counts import gifts, in_words
from deskapp.rules.eligibility_facts import (
    SPEND_LIKE,
    Both,
    Condition,
    Either,
    Facts,
    Field,
    Op,
    Rule,
    Span,
    Unit,
    failing,
    fields,
)
from deskapp.rules.words import Said, Tongue, and_list, npsay, or_list, psay, quoted, say, spoken, together

_SPEND_WORDS = {
    Field.ORDERS: say("the number of orders"),
    Field.LAST_ORDER_VALUE: say("the worth of the last order"),
    Field.TIER: say("the tier"),
    Field.SPENT: say("what they spent"),
}
_ANY, _SOME, _NONE = (  # what a comparison with zero says of orders, and of gifts
    (say("with any number of orders"), say("with any number of gifts")),
    (say("who ordered at least once"), say("who were given a gift in the last year")),
    (say("who never ordered"), say("who were given no gift in the last year")),
)
_TO_ZERO = {Op.AT_LEAST: _ANY, Op.OVER: _SOME, Op.IS_NOT: _SOME, Op.AT_MOST: _NONE, Op.IS: _NONE}
_FLAGS = {
    Field.LAST_ORDER_LATE: (say("whose last order arrived late"), say("whose last order did not arrive late")),
    Field.LAST_ORDER_PROBLEM: (say("whose last order had a problem"), say("whose last order had no problem")),
    Field.OPEN_PROBLEM: (say("who have an open problem"), say("who have no open problem")),
    Field.PROMISE_LATE: (
        say("to whom we kept a promise late in the last 90 days or still owe one that was due"),
        say("to whom we broke no promise in the last 90 days"),
    ),
}


@dataclass(frozen=True, slots=True)
class Explained:
    """`who`: a clause that follows "customers", "" for everybody; `more`: a sentence of its own, "" where there is none."""

    who: str = ""
    more: str = ""


def explained(rule: Rule, currency: str = "") -> Explained:
    """`more`: that those with a problem are not asked everything."""
    spend = [words for field, words in _SPEND_WORDS.items() if field in fields(rule) & SPEND_LIKE]
    return Explained(_clause(rule, currency), _floor(or_list(spend)) if spend else "")


def explain(rule: Rule, currency: str = "") -> Said:
    """One sentence; a second one where those with a problem are not asked everything."""
    it = explained(rule, currency)
    return together([say("Customers {who}.", who=it.who), it.more])


def why_not(rule: Rule, facts: Facts) -> str:
    """What the customer fails of it, in the rule's own figures and none of theirs; nothing where it is met."""
    part = failing(rule, facts)
    return say("gifts are for customers {who}.", who=_clause(part, facts.currency)) if part else ""


def _floor(what: Said) -> Said:
    return say(
        "Whoever has a problem, with the last order or an open one, is not asked about {what}: making good is for everybody.",
        what=what,
    )


# --- several conditions ---------------------------------------------------------------------------------------------


def _clause(rule: Rule, currency: str) -> Said:
    match rule:
        case Condition():
            return _condition(rule, currency)
        case Both(parts):
            return and_list([_choice(part, currency) for part in parts])
        case Either(parts):
            between = _OR if all(isinstance(one, Condition) for one in parts) else _OR_ELSE
            return together([_clause(part, currency) for part in parts], between)


_OR = psay("between conditions", ", or ")
_OR_ELSE = psay("between conditions of which one holds several", ", or ")


def _choice(part: Rule, currency: str) -> Said:
    """One of several that must all hold; a choice among them is marked, so that it can be read in one way only."""
    if not isinstance(part, Either):
        return _clause(part, currency)
    if all(isinstance(one, Condition) for one in part.parts):
        either = [_clause(one, currency) for one in part.parts]
        return say("either {this_or_that}", this_or_that=together(either, psay("after either", " or ")))
    return say("({words})", words=_clause(part, currency))


# --- one condition --------------------------------------------------------------------------------------------------


def _condition(asked: Condition, currency: str) -> Said:
    op, value = asked.op, asked.value
    if asked.field in _FLAGS:
        return _FLAGS[asked.field][op is Op.IS_NOT]
    if isinstance(value, tuple):
        return _named(asked.field, op, value)
    if isinstance(value, Span):
        return say("who have been with us for {span}", span=_span(op, value))
    if isinstance(value, Decimal):
        much = _ranged(op, _amount(value, currency))
        if asked.field is Field.LAST_ORDER_VALUE:
            return say("whose last order was worth {much}", much=much)
        return say("who spent {much} in the last year", much=much)
    return _counted(asked.field, op, value or 0)


@spoken
def _amount(tongue: Tongue, value: Decimal, currency: str) -> str:
    """In plain digits, as the rule has it: "50 USD"."""
    return f"{value:f} {currency}".strip().replace(".", psay("before decimals", ".").inside(tongue))


def _counted(field: Field, op: Op, count: int) -> Said:
    if count == 0 and op in _TO_ZERO and field in {Field.ORDERS, Field.GIFTS}:
        return _TO_ZERO[op][field is Field.GIFTS]
    if field is Field.ORDERS:
        return say("who ordered {times}", times=_so_often(op, count))
    if field is Field.GIFTS:
        return say("who were given {gifts} in the last year", gifts=_ranged(op, gifts(count), are_counted=True))
    return _since(field, op, _ago(op, _days(count)))


def _since(field: Field, op: Op, ago: Said) -> Said:
    if op not in {Op.AT_LEAST, Op.OVER, Op.IS_NOT}:
        if field is Field.DAYS_SINCE_ORDER:
            return say("whose last order was {ago}", ago=ago)
        return say("whose last gift was {ago}", ago=ago)
    # whoever has none had it endlessly long ago
    if field is Field.DAYS_SINCE_ORDER:
        return say("whose last order, if there is one, was {ago}", ago=ago)
    return say("whose last gift, if there is one, was {ago}", ago=ago)


def _named(field: Field, op: Op, words: tuple[str, ...]) -> Said:
    names = [quoted(word) for word in words]
    if field is Field.STORE:
        if op is Op.IS:
            return say("who last ordered at {stores}", stores=or_list(names))
        return say("who last ordered elsewhere than at {stores}", stores=or_list(names))
    if op is Op.IS:
        return say("whose tier is {tiers}", tiers=or_list(names))
    if len(names) == 1:
        return say("whose tier is not {tier}", tier=names[0])
    return say("whose tier is neither {tiers}", tiers=together(names, psay("after neither", " nor ")))


# --- comparisons ----------------------------------------------------------------------------------------------------


def _so_often(op: Op, count: int) -> Said:
    times = _times(count)
    match op:
        case Op.AT_LEAST:
            return psay("times", "{times} or more", times=times)
        case Op.OVER:
            return psay("times", "more than {times}", times=times)
        case Op.AT_MOST:
            return psay("times", "at most {times}", times=times)
        case Op.UNDER:
            return psay("times", "fewer than {times}", times=times)
        case Op.IS:
            return psay("times", "exactly {times}", times=times)
        case Op.IS_NOT:
            return psay("times", "anything but {times}", times=times)


def _ranged(op: Op, much: str, *, are_counted: bool = False) -> Said:
    """Money, gifts, or a time."""
    match op:
        case Op.AT_LEAST:
            return say("{much} or more", much=much)
        case Op.OVER:
            return say("more than {much}", much=much)
        case Op.AT_MOST:
            return say("at most {much}", much=much)
        case Op.UNDER:
            return say("fewer than {much}", much=much) if are_counted else say("less than {much}", much=much)
        case Op.IS:
            return say("exactly {much}", much=much)
        case Op.IS_NOT:
            return say("anything but {much}", much=much)


def _span(op: Op, span: Span) -> Said:
    words = _units(span)
    return say("{span} or longer", span=words) if op is Op.AT_LEAST else _ranged(op, words)


def _ago(op: Op, days: Said) -> Said:
    match op:
        case Op.AT_LEAST:
            return say("{days} ago or longer", days=days)
        case Op.OVER:
            return say("more than {days} ago", days=days)
        case Op.AT_MOST:
            return say("at most {days} ago", days=days)
        case Op.UNDER:
            return say("less than {days} ago", days=days)
        case Op.IS:
            return say("exactly {days} ago", days=days)
        case Op.IS_NOT:
            return say("not exactly {days} ago", days=days)


# --- so many ---------------------------------------------------------------------------------------------------------


def _times(count: int) -> Said:
    if count == 1:
        return say("once")
    if count == 2:
        return say("twice")
    return npsay("how often", "{n} time", "{n} times", count, n=in_words(count))


def _days(count: int) -> Said:
    return npsay("since, ago, within", "{n} day", "{n} days", count, n=in_words(count))


def _units(span: Span) -> Said:
    count = span.count
    match span.unit:
        case Unit.DAYS:
            return _days(count)
        case Unit.WEEKS:
            return npsay("since, ago, within", "{n} week", "{n} weeks", count, n=in_words(count))
        case Unit.MONTHS:
            return npsay("since, ago, within", "{n} month", "{n} months", count, n=in_words(count))
        case Unit.YEARS:
            return npsay("since, ago, within", "{n} year", "{n} years", count, n=in_words(count))
