"""The one door for everything a person types about somebody: looked through before it is kept.

What was found is logged without the words, and without the customer: a line "health, customer 17" would tell what the guard
kept out. Words that stay are found by whoever may read the note; words that were taken out are nowhere.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field
from sqlmodel import Session

from deskapp.desk import audit
from deskapp.desk.inputs import Keyed
from deskapp.desk.recognisers import REGIONS, Recogniser, phone_numbers, presidio
from deskapp.rules import guard, guard_reading
from deskapp.rules.errors import Invalid
from deskapp.rules.guard import Finding, Lists
from deskapp.rules.guard_kinds import ALWAYS_REFUSED, DEFAULTS, NAMES, Kind, Policy
from deskapp.rules.people import Actor
from deskapp.rules.words import Said, listed, say, together
from deskapp.store import guarding as rows

_MOST_COMPLAINTS = 5
_MOST_SEEN = 1 << 16  # sentences; some 10 MB


class Reason(StrEnum):
    """Why words stay that the guard asked about: chosen, never typed, so that the reason tells nothing more of the person."""

    OTHER_MEANING = "other-meaning"
    ASKED_FOR = "asked-for"
    SAFETY = "safety"


class Guarded(Keyed):
    """A form with words about a person. The fields are there once the guard has asked, see parts/guarded.html.

    `shown`: marks of what it had asked about, so that a tick keeps nothing that was written since; "": of a program.
    """

    is_confirmed: bool = False
    guard_reason: Reason | Literal[""] = ""
    shown: Annotated[str, Field(max_length=10_000)] = ""


Outcome = Literal["warned", "refused", "allowed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Stopped(Invalid):
    """The words were not kept; `kinds` were in the way. Whoever ends the transaction calls `log_stop` in one of its own."""

    def __init__(self, problems: dict[str, str], found: Iterable[Finding], where: str, outcome: Outcome) -> None:
        super().__init__(problems)
        found = tuple(found)
        self.shown = frozenset(map(_mark, found))
        self.kinds = Counter(one.kind.value for one in found)
        self.where = where
        self.outcome = outcome

    @classmethod
    def together(cls, stops: Sequence["Stopped"]) -> "Stopped":
        """Of fields of one form, at least one."""
        problems = {name: sentence for stop in stops for name, sentence in stop.problems.items()}
        if "guard_reason" in problems:
            problems.pop("is_confirmed", None)  # a reason keeps what a tick would
        outcome: Outcome = "refused" if any(stop.outcome == "refused" for stop in stops) else "warned"
        whole = cls(problems, (), stops[0].where, outcome)
        for stop in stops:
            whole.kinds.update(stop.kinds)
            whole.shown |= stop.shown
        return whole


# --- the door --------------------------------------------------------------------------------------------------------


def ensure(
    session: Session,
    actor: Actor,
    text: str,
    *,
    form: Guarded | None,
    where: str,
    field: str = "text",
    expected: Collection[Kind] = (),
    now: datetime,
) -> None:
    """Call it before `text` is written anywhere. Raises Invalid for `field` where the words must go, and for "is_confirmed" or
    "guard_reason" too where they may stay once somebody ticks that they are meant so, or says why.

    `form`: None where none comes back, so that only what is refused stops; `where`: what the text is part of, such as "note";
    `field`: the form's name for it; `expected`: kinds that this field is for.
    One query, and one line of the audit, only where something is found.
    """
    found = tuple(one for one in look(text) if one.kind not in expected)
    if not found:
        return
    chosen = policies(session)
    asked = {chosen[one.kind] for one in found}
    is_confirmed, reason = _said(form, found)
    problems: dict[str, str] = {field: guard.sentence(found, chosen)}
    if Policy.REFUSE in asked:
        refused = [one for one in found if chosen[one.kind] is Policy.REFUSE]
        problems[field] = guard.sentence(refused if is_confirmed or reason or form is None else found, chosen)
        raise Stopped(problems, found, where, "refused")
    if form and Policy.REASON in asked and not reason:
        raise Stopped(problems | {"guard_reason": say("Please say why this stays.")}, found, where, "warned")
    if form and not (is_confirmed or reason):
        raise Stopped(problems | {"is_confirmed": say("Is this meant so?")}, found, where, "warned")
    _log(
        session,
        actor,
        "allowed",
        where,
        Counter(one.kind.value for one in found),
        now,
        reason=reason or ("tick" if form else "not-asked"),
    )


def ensure_all(
    session: Session,
    actor: Actor,
    texts: Mapping[str, str],
    *,
    form: Guarded,
    where: str,
    now: datetime,
) -> None:
    """As `ensure` for several fields of one form: all is said before it is asked, so that a tick keeps nothing unseen."""
    stops = []
    for field, text in texts.items():
        try:
            ensure(session, actor, text, form=form, where=where, field=field, now=now)
        except Stopped as stop:
            stops.append(stop)
    if stops:
        raise Stopped.together(stops)


def _said(form: Guarded | None, found: Iterable[Finding]) -> tuple[bool, Reason | Literal[""]]:
    """The answer to the guard's question, if all that is found now was asked about then."""
    if form is None or (form.shown and not set(form.shown.split()).issuperset(map(_mark, found))):
        return False, ""
    return form.is_confirmed, form.guard_reason


def _mark(one: Finding) -> str:
    return hashlib.sha256(f"{one.kind} {one.words}".encode()).hexdigest()[:12]


def look(text: str) -> tuple[Finding, ...]:
    """Everything found with the shop's own lists; under 1 ms for 500 characters without phone numbers."""
    at_work = _STAND.at_work
    return guard.check(text, at_work.lists, [one for find in at_work.recognisers for one in find(text)])


def look_again(text: str) -> tuple[Finding, ...]:
    """As `look`, without the words: what was looked through before is remembered by its digest, and costs 2 µs instead of 100.

    Prompts of cards read the same notes whenever they are drawn.
    """
    seen = _STAND.at_work.seen
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    if (found := seen.get(digest)) is None:
        if len(seen) >= _MOST_SEEN:
            seen.clear()
        found = seen[digest] = tuple(replace(one, words="") for one in look(text))
    return found


def policies(session: Session) -> dict[Kind, Policy]:
    """One query."""
    known = {row.kind: Policy(row.policy) for row in rows.list_policies(session)}
    return {kind: DEFAULTS[kind] if kind in ALWAYS_REFUSED else known.get(kind, DEFAULTS[kind]) for kind in Kind}


def log_stop(session: Session, actor: Actor, stopped: Stopped, *, now: datetime) -> None:
    """In a transaction of its own: the one in which the words were stopped is rolled back."""
    _log(session, actor, stopped.outcome, stopped.where, stopped.kinds, now)


def _log(
    session: Session, actor: Actor, outcome: Outcome, where: str, kinds: Counter[str], now: datetime, **more: str
) -> None:
    audit.write(session, actor, f"guard.{outcome}", f"guard:{where}", now=now, kinds=dict(kinds), **more)


# --- what it is equipped with ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Equipment:
    """`complaints`: sentences about files of the shop that could not be read; the built-in lists stand in for these."""

    own: dict[str, str]
    complaints: tuple[str, ...]
    recognisers: tuple[Recogniser, ...]

    @cached_property
    def seen(self) -> dict[bytes, tuple[Finding, ...]]:
        """What was looked through with these lists, by its digest, see `look_again`."""
        return {}

    @cached_property
    def lists(self) -> Lists:
        if not self.own:
            return guard.built_in()
        languages = [*guard.LANGUAGES, *(name for name in sorted(self.own) if name not in guard.LANGUAGES)]
        return Lists.of(_list_of(language, self.own.get(language, "")) for language in languages)


class _Stand:
    """One per process, put in place at the start: what is typed passes by here from everywhere in the desk."""

    def __init__(self) -> None:
        self.at_work = Equipment({}, (), (phone_numbers(REGIONS),))


_STAND = _Stand()


def equip(folder: Path, *, regions: str = "", with_presidio: bool = False) -> tuple[str, ...]:
    """Reads the shop's own lists, `<language>.toml` in `folder`. Returns what could not be taken, a sentence each."""
    own: dict[str, str] = {}
    complaints: list[str] = []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            own[path.stem] = _proven(path.stem, path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            complaints.append(say("{file}: It cannot be read as text; please save it as UTF-8.", file=path.name))
        except guard_reading.BadList as bad:
            complaints.append(_until_then(path, str(bad)))
    find: list[Recogniser] = [phone_numbers(regions.split() or REGIONS)]
    if with_presidio:
        try:
            find.append(presidio())
        except ImportError:
            complaints.append(
                say("Presidio is switched on but not there: install the extra deskapp[presidio], or switch it off.")
            )
    _STAND.at_work = Equipment(own, tuple(complaints), tuple(find))
    return _STAND.at_work.complaints


def _until_then(path: Path, problem: str) -> Said:
    if path.stem in guard.LANGUAGES:
        return say(
            "{file}: {problem} Until then the list that came with the desk is used.", file=path.name, problem=problem
        )
    return say("{file}: {problem} Until then there is none of it.", file=path.name, problem=problem)


def complaints() -> tuple[str, ...]:
    return _STAND.at_work.complaints


def _proven(language: str, text: str) -> str:
    """A list of a shop that does what its own examples say. Raises BadList."""
    alone = guard.Lists.of([_list_of(language, text)])
    (read,) = alone.languages
    missed = [
        say("“{text}” should be found", text=text) for kind, text in read.examples if kind not in _kinds(text, alone)
    ]
    caught = [
        say("“{text}” should be left alone", text=text) for kind, text in read.harmless if kind in _kinds(text, alone)
    ]
    if wrong := [*missed, *caught]:
        told = together(wrong[:_MOST_COMPLAINTS], "; ")
        raise guard_reading.BadList(say("Its own examples do not hold: {what}.", what=told))
    return text


def _kinds(text: str, lists: Lists) -> set[Kind]:
    return {one.kind for one in guard.check(text, lists)}


def _list_of(language: str, own: str) -> guard_reading.PhraseList:
    under = guard_reading.built_in(language) if language in guard.LANGUAGES else ""
    return guard_reading.read(language, own, under)


# --- a text, marked --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; `kinds` of what was found in it, in words, "" for none."""

    text: str
    kinds: str


def pieces(text: str, found: Iterable[Finding]) -> list[Piece]:
    """The whole text in order, cut wherever something found begins or ends."""
    spans = list(found)
    cuts = sorted({0, len(text), *(one.start for one in spans), *(one.end for one in spans)})
    return [
        Piece(
            text[start:end],
            listed([NAMES[kind] for kind in dict.fromkeys(s.kind for s in spans if s.start <= start and end <= s.end)]),
        )
        for start, end in pairwise(cuts)
    ]
