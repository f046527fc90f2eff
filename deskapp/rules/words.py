"""Sentences that people read in their own language and programs in English.

A `Said` is its English text, and knows how it reads in every other tongue; a page asks for that when it draws it. So rules,
use cases and remembered views hold one value for everybody, and only the edge knows who looks.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import wraps
from gettext import NullTranslations
from html import escape
from typing import Concatenate, ParamSpec, Self

P = ParamSpec("P")

_ISOLATE = "\u2068{}\u2069"  # Unicode 6.3: a name or a figure keeps its own direction and does not turn its neighbours'


@dataclass(frozen=True, slots=True)
class Tongue:
    """What somebody reads: `code` as CLDR has it ("de"), and the catalogue that turns English into it."""

    code: str
    catalogue: NullTranslations
    is_rtl: bool = False


ENGLISH = Tongue("en", NullTranslations())
# Set by web before it draws, read by `__html__` alone.
reader: ContextVar[Tongue] = ContextVar("reader", default=ENGLISH)


class Said(str):
    """`how` gives its text in a tongue. Concatenating and f-strings make plain English of it: use `say` and `together`."""

    __slots__ = ("args", "how", "named")
    how: Callable[..., str]
    args: tuple[object, ...]
    named: dict[str, object]

    def __new__(cls, how: Callable[..., str], /, *args: object, **named: object) -> Self:
        self = super().__new__(cls, how(ENGLISH, *args, **named))
        self.how, self.args, self.named = how, args, named
        return self

    def inside(self, tongue: Tongue) -> str:
        """English is what it is: a sentence of sentences would else be said again at every level."""
        return str.__str__(self) if tongue is ENGLISH else self.how(tongue, *self.args, **self.named)

    def __str__(self) -> "Said":  # so that `str(error)` can still be translated
        return self

    def __html__(self) -> str:
        """What templates draw."""
        return escape(self.inside(reader.get()))

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str.__str__(self),)

    def __copy__(self) -> "Said":
        return self

    def __deepcopy__(self, _memo: object) -> "Said":
        return self


_SPOKEN: dict[str, Callable[..., Said]] = {}


def spoken(how: Callable[Concatenate[Tongue, P], str]) -> Callable[P, Said]:
    """Makes of a function of a tongue and values one of the values alone, whose answer reads in every tongue.

    By its name a kept sentence finds it again: no two have the same, and none is renamed.
    """

    @wraps(how)
    def say_it(*args: P.args, **kwargs: P.kwargs) -> Said:
        return Said(how, *args, **kwargs)

    _SPOKEN[how.__name__] = say_it
    return say_it


# --- what the catalogues hold: `./run words` finds these calls, so their texts are literals ----------------------------


@spoken
def say(tongue: Tongue, message: str, /, **values: object) -> str:
    """`say("{name} may give {amount}.", name=..., amount=...)`; values that are `Said` are said in the same tongue."""
    return _filled(tongue, tongue.catalogue.gettext(message), values)


@spoken
def nsay(tongue: Tongue, one: str, many: str, n: int, /, **values: object) -> str:
    """`nsay("{n} gift", "{n} gifts", 3)`: one of as many plurals as the tongue has (Arabic: six)."""
    return _filled(tongue, tongue.catalogue.ngettext(one, many, n), {"n": n} | values)


@spoken
def psay(tongue: Tongue, context: str, message: str, /, **values: object) -> str:
    """For an English word that is several in other tongues: `psay("of a shop", "open")`."""
    return _filled(tongue, tongue.catalogue.pgettext(context, message), values)


@spoken
def npsay(tongue: Tongue, context: str, one: str, many: str, n: int, /, **values: object) -> str:
    """For a plural that is several in other tongues: in how many days, German "in 3 Tagen", are not "3 Tage"."""
    return _filled(tongue, tongue.catalogue.npgettext(context, one, many, n), {"n": n} | values)


@spoken
def kept(tongue: Tongue, text: str, /) -> str:
    """A sentence out of the database, in the reader's tongue where it has no values in it; else as it was kept."""
    return tongue.catalogue.gettext(text) if text else text  # gettext answers "" with the catalogue's header


def _filled(tongue: Tongue, pattern: str, values: dict[str, object]) -> str:
    return pattern.format(**{name: said_in(tongue, value) for name, value in values.items()}) if values else pattern


def said_in(tongue: Tongue, value: object) -> str:
    if isinstance(value, Said):
        return value.inside(tongue)
    return _ISOLATE.format(value) if tongue.is_rtl and isinstance(value, str) else str(value)


# --- kept in the database -----------------------------------------------------------------------------------------------

_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_MARK = "\x1e"  # the record separator of ASCII: nobody types it
_OF_ANOTHER_VERSION = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def to_keep(words: str, most: int | None = None) -> str:
    """For a column of `most` characters: its English, and behind a mark how it is said again, where there is room for both."""
    text = str.__str__(words).replace(_MARK, " ")
    try:
        whole = f"{text}{_MARK}{_as_json(_flat(words))}" if isinstance(words, Said) else text
    except TypeError:
        whole = text
    return whole if most is None or len(whole) <= most else text[:most]


def recalled(text: str) -> Said:
    """What `to_keep` made: in English as it was first said, to everybody else anew. Without a mark, as `kept` has it."""
    english, mark, recipe = text.rpartition(_MARK)
    if not mark:
        return kept(text)
    try:
        return _first_said(english, _unflat(json.loads(recipe)))
    except _OF_ANOTHER_VERSION:
        return kept(english)


@spoken
def _first_said(tongue: Tongue, english: str, again: object) -> str:
    try:
        return english if tongue is ENGLISH else str(said_in(tongue, again))
    except _OF_ANOTHER_VERSION:
        return english


def _flat(value: object) -> object:
    """A sentence is {name of its function: [arguments, {named ones}]}. Raises TypeError for what cannot be kept."""
    match value:
        case Said(how=how, args=(_, again)) if how.__name__ == _first_said.__name__:
            return _flat(again)
        case Said(how=how, args=args, named=named) if how.__name__ in _SPOKEN:
            return {how.__name__: [*map(_flat, args), {name: _flat(one) for name, one in named.items()}]}
        case Said():
            raise TypeError
        case None | str() | int() | float():
            return value
        case datetime():
            return {"@at": value.isoformat()}
        case date():
            return {"@on": value.isoformat()}
        case timedelta():
            return {"@seconds": value.total_seconds()}
        case Decimal():
            return {"@decimal": str(value)}
        case tuple() | list():
            return [_flat(one) for one in value]
    raise TypeError


_TAGGED: dict[str, Callable[..., object]] = {
    "@at": datetime.fromisoformat,
    "@on": date.fromisoformat,
    "@seconds": lambda count: timedelta(seconds=count),
    "@decimal": Decimal,
}


def _unflat(value: object) -> object:
    if isinstance(value, list):
        return [_unflat(one) for one in value]
    if not isinstance(value, dict):
        return value
    ((name, held),) = value.items()
    if name in _TAGGED:
        return _TAGGED[name](held)
    *args, named = held
    return _SPOKEN[name](*map(_unflat, args), **{key: _unflat(one) for key, one in named.items()})


# --- several in a row ---------------------------------------------------------------------------------------------------


@spoken
def together(tongue: Tongue, parts: Sequence[str], between: str = " ") -> str:
    """Sentences after each other; "" is left out. `between` may be said as well."""
    joined = between.inside(tongue) if isinstance(between, Said) else between
    return joined.join(said_in(tongue, part) for part in parts if part)


_COMMA = say(", ")


def listed(parts: Iterable[str]) -> Said:
    """As in "a, b, c"; "" is left out."""
    return together(tuple(parts), _COMMA)


def quoted(words: str) -> Said:
    return say("“{words}”", words=words)


def and_list(parts: Iterable[str]) -> Said:
    """As in "a, b and c"."""
    *first, last = tuple(parts) or ("",)
    return say("{first} and {last}", first=listed(first), last=last) if first else together([last])


def or_list(parts: Iterable[str]) -> Said:
    """As in "a, b or c"."""
    *first, last = tuple(parts) or ("",)
    return say("{first} or {last}", first=listed(first), last=last) if first else together([last])


@spoken
def capital(tongue: Tongue, text: str) -> str:
    """Its first letter large, where the tongue has such: to begin a sentence with."""
    said = said_in(tongue, text)
    return said[:1].upper() + said[1:]
