"""The rule language of eligibility: who may be given something, in a line that a manager can read.

rule       conditions with “and”, “or”, “not”; “not” binds closest, then “and”; brackets where it should be otherwise
condition  last order late | last order problem | open problem | promise late
           customer for 2 years          (days, weeks, months, years; with a comparison: customer for under 1 year)
           orders >= 3                   (gifts: of the last year; one to twelve may be words)
           last order over 50            (its worth; spent: of the last year; plain decimals in the limit's currency)
           days since gift > 90          (days since order)
           tier is gold, silver          (store; "in quotes" where a name holds a sign or and, or, not)
comparison >= at least | > over, more than, above | <= at most | < under, less than, below | = is | is not
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar

from deskapp.rules.counts import figure
from deskapp.rules.eligibility_facts import (
    KINDS,
    Both,
    Condition,
    Either,
    Field,
    Kind,
    Op,
    Rule,
    Span,
    Unit,
    Value,
    both,
    either,
    opposite,
)
from deskapp.rules.eligibility_facts import Facts as Facts
from deskapp.rules.eligibility_facts import fields as fields
from deskapp.rules.eligibility_facts import is_met as is_met
from deskapp.rules.eligibility_terms import (
    END,
    JOINS,
    NUMBERS,
    OPS,
    PHRASES,
    UNITS,
    Token,
    example,
    nearest,
    tokens,
    wrong_unit,
)
from deskapp.rules.eligibility_words import Explained as Explained
from deskapp.rules.eligibility_words import explain as explain
from deskapp.rules.eligibility_words import explained as explained
from deskapp.rules.eligibility_words import why_not as why_not
from deskapp.rules.protected import name_refusal, refusal
from deskapp.rules.words import Said, listed, quoted, say

T = TypeVar("T")

LONGEST = 500
_DEEPEST = 10
_MOST_CONDITIONS = 20
_LONGEST_YEARS = 100
_IN_A_YEAR = {Unit.DAYS: 365, Unit.WEEKS: 52, Unit.MONTHS: 12, Unit.YEARS: 1}


class NotARule(ValueError):
    """One plain sentence: where, and what to write instead."""


def parse(text: str) -> Rule:
    """Raises NotARule. A blank rule is none: callers ask first, everybody meets it."""
    if len(text) > LONGEST:
        raise NotARule(
            say(
                "A rule has at most {most} characters; yours has {length}. Please shorten it.",
                most=LONGEST,
                length=figure(len(text)),
            )
        )
    reader = _Reader(tokens(text))
    if reader.ends():
        raise NotARule(
            say(
                "Write who may be given something, such as: {example}.",
                example="last order late or customer for 2 years",
            )
        )
    rule = reader.either(0)
    if not reader.ends():
        raise reader.after_condition()
    return rule


def render(rule: Rule) -> str:
    """As text that reads back as the same rule."""
    match rule:
        case Both(parts):
            return " and ".join(f"({render(one)})" if isinstance(one, Either) else render(one) for one in parts)
        case Either(parts):
            return " or ".join(render(one) for one in parts)
        case Condition(field, op, value):
            return _rendered(field, op, value)


def _rendered(field: Field, op: Op, value: Value) -> str:
    match value:
        case None:
            return f"not {field}" if op is Op.IS_NOT else field.value
        case Span(count, unit):
            return f"{field} {op} {count} {unit}"
        case tuple() as words:
            return f"{field} {op} {', '.join(_in_quotes(word) for word in words)}"
        case number:
            return f"{field} {op} {number:f}" if isinstance(number, Decimal) else f"{field} {op} {number}"


def _in_quotes(word: str) -> str:
    return f"“{word}”" if '"' in word else f'"{word}"'


class _Reader:
    """Recursive descent; never deeper than `_DEEPEST`, so that no text can exhaust the stack."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._place = 0
        self._conditions = 0
        self._named = ""  # tier or store, if the condition before asked for it

    # --- groups

    def either(self, depth: int) -> Rule:
        return either(self._joined("or", depth, self._both))

    def _both(self, depth: int) -> Rule:
        return both(self._joined("and", depth, self._single))

    def _joined(self, word: str, depth: int, part: Callable[[int], Rule]) -> list[Rule]:
        parts = [part(depth)]
        while self._takes(word):
            parts.append(part(depth))
        return parts

    def _single(self, depth: int) -> Rule:
        if depth > _DEEPEST:
            raise self._not_here(
                say("There are more than {n} brackets or “not” within each other; write it plainer.", n=_DEEPEST)
            )
        if self._takes("not") or self._takes("no"):
            return opposite(self._single(depth + 1))
        if self._takes("("):
            rule = self.either(depth + 1)
            if not self._takes(")"):
                raise self.after_condition(say("A bracket is still open; write “)” where it ends."))
            return rule
        return self._condition()

    # --- one condition

    def _condition(self) -> Condition:
        self._conditions += 1
        if self._conditions > _MOST_CONDITIONS:
            raise self._not_here(say("A rule has at most {n} conditions; please leave some out.", n=_MOST_CONDITIONS))
        field = self._longest(PHRASES)
        if field is None:
            raise self._no_field()
        kind = KINDS[field]
        self._named = field if kind is Kind.WORDS else ""
        if kind is Kind.FLAG:
            return self._flag(field)
        op = self._longest(OPS)
        if op is None and kind is Kind.SPAN and self._digits():
            op = Op.AT_LEAST
        if op is None:
            raise self._not_here(
                say("After “{field}” write a comparison, such as “{example}”.", field=field, example=example(field))
            )
        return Condition(field, op, self._value(field, kind, op))

    def _flag(self, field: Field) -> Condition:
        if self._longest(OPS) is not None or self._digits():
            raise self._not_here(
                say(
                    "“{field}” is so or it is not: write “{field}” or “not {field}”, with nothing to compare.",
                    field=field,
                )
            )
        return Condition(field, Op.IS)

    def _value(self, field: Field, kind: Kind, op: Op) -> Value:
        if kind is Kind.WORDS:
            if op not in {Op.IS, Op.IS_NOT}:
                raise self._not_here(
                    say("“{field}” is no number: write “{field} is …” or “{field} is not …”.", field=field)
                )
            return self._words(field)
        value = self._number(field)
        if kind is Kind.SPAN:
            return self._span(field, op, value)
        unit = UNITS.get(self._here().low)
        if unit and kind is Kind.DAYS and unit is Unit.DAYS:
            self._place += 1
        elif unit:
            raise self._not_here(wrong_unit(field, unit))
        if kind is Kind.MONEY:
            return Decimal(value)
        if "." in value:
            raise self._not_here(
                say("“{field}” is counted in whole numbers: write “{example}”.", field=field, example=example(field)),
                back=1,
            )
        return int(value)

    def _number(self, field: Field) -> str:
        digits = self._digits()
        if not digits:
            raise self._not_here(
                say("Here a number is missing, in plain digits: write “{example}”.", example=example(field))
            )
        whole, _, fraction = digits.partition(".")
        if len(whole) > 12 or len(fraction) > 4:
            raise self._not_here(say("This number is too long; at most 12 digits, and four after the point."))
        self._place += 1
        after = self._here()
        if after.text == "," and self._here(1).kind == "number":
            raise self._not_here(say("Write the number without commas, such as {example}.", example="1000"))
        return digits

    def _digits(self) -> str:
        """Of the number that stands here, in digits or as a word up to twelve; "" where none does."""
        token = self._here()
        return token.text if token.kind == "number" else NUMBERS.get(token.low, "")

    def _span(self, field: Field, op: Op, value: str) -> Span:
        unit = UNITS.get(self._here().low)
        if unit is None:
            raise self._not_here(
                say(
                    "Say days, weeks, months or years after {value}: “{field} {value} years”.", value=value, field=field
                )
            )
        if "." in value:
            raise self._not_here(
                say("Write whole numbers here: {months} for one and a half years.", months="18 months"), back=1
            )
        if op in {Op.IS, Op.IS_NOT}:
            raise self._not_here(
                say(
                    "Say from when on: “{field} at least {value} {unit}” or “{field} under {value} {unit}”.",
                    field=field,
                    value=value,
                    unit=unit,
                )
            )
        if int(value) > _LONGEST_YEARS * _IN_A_YEAR[unit]:
            raise self._not_here(
                say("Nobody has been a customer for so long; at most {n} years.", n=_LONGEST_YEARS), back=1
            )
        self._place += 1
        return Span(int(value), unit)

    def _words(self, field: Field) -> tuple[str, ...]:
        words = [self._proper(field)]
        while self._takes(","):
            words.append(self._proper(field))
        return tuple(dict.fromkeys(words))

    def _proper(self, field: Field) -> str:
        """A name behind which nothing hides that no rule may ask for."""
        name = self._word(field)
        if reason := name_refusal(field, name):
            raise self._not_here(_hidden(field, reason), back=1)
        return name

    def _word(self, field: Field) -> str:
        """In quotes, or bare up to the next comma, bracket, and, or."""
        if self._here().kind == "quoted" and self._here().text:
            if not self._here().text.isprintable():
                raise self._not_here(say("This name holds a character that nobody can see; please type it anew."))
            self._place += 1
            return self._tokens[self._place - 1].text
        bare = []
        while self._here().kind in {"word", "number"} and self._here().low not in JOINS:
            bare.append(self._here().text)
            self._place += 1
        if not bare:
            raise self._not_here(_nameless(field))
        return " ".join(bare)

    # --- what went wrong

    def _no_field(self) -> NotARule:
        words = self._words_ahead()
        if reason := refusal(words):
            return self._at(self._here(), _left_out(reason))
        if not self._here().text:
            return NotARule(
                _at_the_end(say("a condition is missing, such as “{example}”.", example=Field.LAST_ORDER_LATE))
            )
        if self._here().low in {"more", "longer", "less", "fewer"}:
            return self._not_here(say("Write “at least” or “at most” before the number instead."))
        return self._at(self._here(), self._not_asked(words))

    def _not_asked(self, words: str) -> Said:
        if near := nearest(words):
            return say("A rule cannot ask for this; did you mean “{example}”?", example=example(near))
        if self._named:
            return say("Between names write a comma: “{field} is …, …”.", field=self._named)
        can = listed([quoted(field) for field in Field])
        return say("A rule cannot ask for this; it can ask for {what}.", what=can)

    def after_condition(self, otherwise: Said | None = None) -> NotARule:
        """After a whole condition neither the end nor a joining word came."""
        if otherwise and self.ends():
            return NotARule(_at_the_end(otherwise))
        if self._here().text == ")" and not otherwise:
            return self._not_here(say("This bracket was never opened; leave it out."))
        return self._not_here(say("Between two conditions write “and” or “or”; between several names a comma."))

    def _not_here(self, sentence: Said, back: int = 0) -> NotARule:
        """What no rule may ask for is told wherever it stands."""
        self._place -= back
        if self._here().kind != "quoted" and (reason := refusal(self._words_ahead())):
            return self._at(self._here(), _left_out(reason))
        return self._at(self._here(), sentence)

    def _at(self, token: Token, sentence: Said) -> NotARule:
        if not token.text:
            return NotARule(_at_the_end(sentence))
        shown = token.text if len(token.text) <= 30 else token.text[:29] + "…"
        return NotARule(say("At “{words}”, character {place}: {what}", words=shown, place=token.at, what=sentence))

    def _words_ahead(self) -> str:
        """Up to the next joining word."""
        words = []
        for token in self._tokens[self._place :]:
            if token.low in {"and", "or"} or token.kind == "quoted":
                break
            words.append(token.text)
        return " ".join(words)

    # --- tokens

    def ends(self) -> bool:
        return self._place >= len(self._tokens)

    def _here(self, ahead: int = 0) -> Token:
        place = self._place + ahead
        return self._tokens[place] if place < len(self._tokens) else END

    def _takes(self, word: str) -> bool:
        if self._here().low != word:
            return False
        self._place += 1
        return True

    def _longest(self, phrases: Sequence[tuple[tuple[str, ...], T]]) -> T | None:
        for words, meant in phrases:
            if all(self._here(ahead).low == word for ahead, word in enumerate(words)):
                self._place += len(words)
                return meant
        return None


# --- what went wrong, in words --------------------------------------------------------------------------------------


def _at_the_end(sentence: Said) -> Said:
    return say("At the end: {what}", what=sentence)


def _left_out(reason: str) -> Said:
    return say("{reason} Leave it out.", reason=reason)


def _hidden(field: Field, reason: str) -> Said:
    if field is Field.STORE:
        return say("{reason} A store of that name stands for it. Leave it out.", reason=reason)
    return say("{reason} A tier of that name stands for it. Leave it out.", reason=reason)


def _nameless(field: Field) -> Said:
    if field is Field.STORE:
        return say("Here the name of a store is missing: write “{field} is …”.", field=field)
    return say("Here the name of a tier is missing: write “{field} is …”.", field=field)
