"""A rule as a sentence."""

from decimal import Decimal

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
    failing,
    fields,
)

_SMALL = "no one two three four five six seven eight nine ten eleven twelve".split()
_TIMES = {1: "once", 2: "twice"}
_FLOOR = (
    " Whoever has a problem, with the last order or an open one, is not asked about {}: making good is for everybody."
)
_SPEND_WORDS = {
    Field.ORDERS: "the number of orders",
    Field.LAST_ORDER_VALUE: "the worth of the last order",
    Field.TIER: "the tier",
    Field.SPENT: "what they spent",
}
_ANY, _SOME, _NONE = (  # what a comparison with zero says of orders, and of gifts
    ("with any number of orders", "with any number of gifts"),
    ("who ordered at least once", "who were given a gift in the last year"),
    ("who never ordered", "who were given no gift in the last year"),
)
_TO_ZERO = {Op.AT_LEAST: _ANY, Op.OVER: _SOME, Op.IS_NOT: _SOME, Op.AT_MOST: _NONE, Op.IS: _NONE}
_FLAGS = {
    Field.LAST_ORDER_LATE: ("whose last order arrived late", "whose last order did not arrive late"),
    Field.LAST_ORDER_PROBLEM: ("whose last order had a problem", "whose last order had no problem"),
    Field.OPEN_PROBLEM: ("who have an open problem", "who have no open problem"),
    Field.PROMISE_LATE: (
        "to whom we kept a promise late in the last 90 days or still owe one that was due",
        "to whom we broke no promise in the last 90 days",
    ),
}


def explain(rule: Rule, currency: str = "") -> str:
    """One sentence; a second one where those with a problem are not asked everything."""
    spend = [words for field, words in _SPEND_WORDS.items() if field in fields(rule) & SPEND_LIKE]
    floor = _FLOOR.format(_listed(spend, "or")) if spend else ""
    return f"Customers {_clause(rule, currency)}.{floor}"


def why_not(rule: Rule, facts: Facts) -> str:
    """What the customer fails of it, in the rule's own figures and none of theirs; nothing where it is met."""
    part = failing(rule, facts)
    return f"gifts are for customers {_clause(part, facts.currency)}." if part else ""


def _clause(rule: Rule, currency: str) -> str:
    match rule:
        case Condition():
            return _condition(rule, currency)
        case Both(parts):
            return _listed([_choice(part, currency) for part in parts], "and")
        case Either(parts):
            return ", or ".join(_clause(part, currency) for part in parts)


def _choice(part: Rule, currency: str) -> str:
    """One of several that must all hold; a choice among them is marked, so that it can be read in one way only."""
    if not isinstance(part, Either):
        return _clause(part, currency)
    if all(isinstance(one, Condition) for one in part.parts):
        return f"either {' or '.join(_clause(one, currency) for one in part.parts)}"
    return f"({_clause(part, currency)})"


def _listed(words: list[str], last: str) -> str:
    if len(words) < 3:
        return f" {last} ".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _condition(asked: Condition, currency: str) -> str:
    op, value = asked.op, asked.value
    if asked.field in _FLAGS:
        return _FLAGS[asked.field][op is Op.IS_NOT]
    if isinstance(value, tuple):
        return _named(asked.field, op, value)
    if isinstance(value, Span):
        return f"who have been with us for {_span(op, value)}"
    if isinstance(value, Decimal):
        much = _ranged(op, f"{value:f} {currency}".strip())
        return (
            f"whose last order was worth {much}"
            if asked.field is Field.LAST_ORDER_VALUE
            else f"who spent {much} in the last year"
        )
    return _counted(asked.field, op, value or 0)


def _counted(field: Field, op: Op, count: int) -> str:
    if count == 0 and op in _TO_ZERO and field in {Field.ORDERS, Field.GIFTS}:
        return _TO_ZERO[op][field is Field.GIFTS]
    if field is Field.ORDERS:
        return f"who ordered {_ranged(op, _TIMES.get(count) or _many(count, 'time'), 'fewer')}"
    if field is Field.GIFTS:
        return f"who were given {_ranged(op, _many(count, 'gift'), 'fewer')} in the last year"
    # whoever has none had it endlessly long ago
    if_any = ", if there is one," if op in {Op.AT_LEAST, Op.OVER, Op.IS_NOT} else ""
    return f"whose last {'order' if field is Field.DAYS_SINCE_ORDER else 'gift'}{if_any} was {_ago(op, _many(count, 'day'))}"


def _named(field: Field, op: Op, words: tuple[str, ...]) -> str:
    quoted = [f"“{word}”" for word in words]
    if field is Field.STORE:
        return f"who last ordered {'at' if op is Op.IS else 'elsewhere than at'} {_listed(quoted, 'or')}"
    if op is Op.IS:
        return f"whose tier is {_listed(quoted, 'or')}"
    return f"whose tier is not {quoted[0]}" if len(quoted) == 1 else f"whose tier is neither {' nor '.join(quoted)}"


def _ranged(op: Op, much: str, fewer: str = "less") -> str:
    return {
        Op.AT_LEAST: f"{much} or more",
        Op.OVER: f"more than {much}",
        Op.AT_MOST: f"at most {much}",
        Op.UNDER: f"{fewer} than {much}",
        Op.IS: f"exactly {much}",
        Op.IS_NOT: f"anything but {much}",
    }[op]


def _span(op: Op, span: Span) -> str:
    words = _many(span.count, span.unit.value.removesuffix("s"))
    return f"{words} or longer" if op is Op.AT_LEAST else _ranged(op, words)


def _ago(op: Op, days: str) -> str:
    return {
        Op.AT_LEAST: f"{days} ago or longer",
        Op.OVER: f"more than {days} ago",
        Op.AT_MOST: f"at most {days} ago",
        Op.UNDER: f"less than {days} ago",
        Op.IS: f"exactly {days} ago",
        Op.IS_NOT: f"not exactly {days} ago",
    }[op]


def _many(count: int, unit: str) -> str:
    number = _SMALL[count] if count < len(_SMALL) else f"{count:,}"
    return f"{number} {unit}{'' if count == 1 else 's'}"
