"""The words of the rule language, and a text cut into them."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from deskapp.rules.eligibility_facts import KINDS, Field, Kind, Op, Unit
from deskapp.rules.words import Said, say

_ALSO = {
    "customer since": Field.TENURE,
    "customers for": Field.TENURE,
    "tenure": Field.TENURE,
    "with us for": Field.TENURE,
    "number of orders": Field.ORDERS,
    "last order value": Field.LAST_ORDER_VALUE,
    "value of last order": Field.LAST_ORDER_VALUE,
    "days since last order": Field.DAYS_SINCE_ORDER,
    "last order is late": Field.LAST_ORDER_LATE,
    "last order was late": Field.LAST_ORDER_LATE,
    "last order arrived late": Field.LAST_ORDER_LATE,
    "last order had a problem": Field.LAST_ORDER_PROBLEM,
    "problem with last order": Field.LAST_ORDER_PROBLEM,
    "open complaint": Field.OPEN_PROBLEM,
    "complaint": Field.OPEN_PROBLEM,
    "promise kept late": Field.PROMISE_LATE,
    "late promise": Field.PROMISE_LATE,
    "days since last gift": Field.DAYS_SINCE_GIFT,
    "gifts in the last year": Field.GIFTS,
    "spent in the last year": Field.SPENT,
}
_WRITTEN = {field.value: field for field in Field} | _ALSO
PHRASES = sorted(((tuple(words.split()), field) for words, field in _WRITTEN.items()), key=lambda one: -len(one[0]))
"""Longest first, so that "last order late" is not taken for "last order"."""

_COMPARISONS = {
    Op.AT_LEAST: (">=", "≥", "at least"),
    Op.OVER: (">", "over", "above", "more than", "longer than"),
    Op.AT_MOST: ("<=", "≤", "at most"),
    Op.UNDER: ("<", "under", "below", "less than", "fewer than"),
    Op.IS: ("=", "is"),
    Op.IS_NOT: ("!=", "is not"),
}
OPS = sorted(
    ((tuple(words.split()), op) for op, forms in _COMPARISONS.items() for words in forms), key=lambda one: -len(one[0])
)
UNITS = {form: unit for unit in Unit for form in (unit.value, unit.value.removesuffix("s"))}
NUMBERS = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
JOINS = frozenset({"and", "or", "not"})

_EXAMPLES = {
    Kind.FLAG: "{}",
    Kind.COUNT: "{} at least 3",
    Kind.DAYS: "{} over 90",
    Kind.MONEY: "{} over 50",
    Kind.SPAN: "{} 2 years",
    Kind.WORDS: "{} is …",
}
_LIKENESS = 0.72

_TOKEN = re.compile(
    r"""\s*(?:"(?P<double>[^"]*)"|“(?P<curly>[^”“]*)”|'(?P<single>[^']*)'
    |(?P<number>\d+(?:\.\d+)?(?!\w))|(?P<word>\w(?:[\w'’.&/-]*\w)?)|(?P<sign>>=|<=|!=|[><=≥≤(),])|(?P<stray>\S))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: word, number, quoted, sign or stray. `at`: its first character, 1 for the first of all."""

    kind: str
    text: str
    at: int

    @property
    def low(self) -> str:
        return "" if self.kind == "quoted" else self.text.casefold()


END = Token("end", "", 0)


def tokens(text: str) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(text.rstrip().removesuffix(".").rstrip()):
        kind = match.lastgroup or "stray"
        words, at = match[kind], match.start(kind) + 1
        if kind in {"double", "curly", "single"}:
            found.append(Token("quoted", " ".join(words.split()), at - 1))
        else:
            is_foreign = kind == "number" and not words.isascii()
            found.append(Token("stray" if is_foreign else kind, words, at))
    return found


def example(field: Field) -> str:
    return _EXAMPLES[KINDS[field]].format(field)


def nearest(words: str) -> Field | None:
    """What may have been meant at the beginning of `words`."""
    said = words.casefold().split()
    for count in range(min(4, len(said)), 0, -1):
        if near := get_close_matches(" ".join(said[:count]), _WRITTEN, n=1, cutoff=_LIKENESS):
            return _WRITTEN[near[0]]
    return None


def wrong_unit(field: Field, unit: Unit) -> Said:
    """Of a field that no unit may follow, or another one."""
    if KINDS[field] is Kind.DAYS:
        return say(
            "“{field}” is counted in days, not in {unit}: write “{example}”.",
            field=field,
            unit=unit,
            example=example(field),
        )
    if KINDS[field] is Kind.MONEY:
        return say(
            "“{field}” is compared with an amount of money, not with {unit}: write “{example}”.",
            field=field,
            unit=unit,
            example=example(field),
        )
    return say("“{field}” is a count, not a number of {unit}; leave “{unit}” out.", field=field, unit=unit)
