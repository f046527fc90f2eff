"""The brief before a customer comes or is called: what to know, what to keep quiet about, one idea and one question.

Only what was seen, said or promised stands on it, each line with its source and age: never an opinion, never what was gathered,
never what was retracted, and no sentence that the guard stops. What is hushed is named by its kind and not quoted.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from deskapp.rules import guard
from deskapp.rules.brief_phrases import (
    ASK_IF_MENDED,
    HOW_TO_SPEAK,
    LISTEN,
    NO_IDEA_IN_GRIEF,
    NO_IDEA_WHILE_OPEN,
    NOTHING_UNKNOWN,
    PLANNED_GIFT_UNNAMED,
    QUESTIONS,
    SILENT,
    WHY_ASK,
    how_it_pleased,
    planned_gift,
)
from deskapp.rules.card_facts import Heard, Read, Taste, read, sayable
from deskapp.rules.card_phrases import Hush
from deskapp.rules.guard import Look
from deskapp.rules.promises import NeedBy
from deskapp.rules.timing import age_words, day_words
from deskapp.rules.words import Said, kept, listed, say

_HUSHED_DAYS = 180
_GRIEF_DAYS = 90
_GIFT_DAYS = 60
_SHEET = 45  # lines that a sheet of paper takes, A4 or Letter, beside the titles; see the print styles
_LINE = 95  # characters of such a line
_WITHHELD = {Hush.GRIEF, Hush.GUARDED, Hush.SURPRISE}  # beside these the harmless sentences tell the tale as well
_STOPS = {
    "allergy": say("Allergy"),
    "no-gifts": say("No gifts"),
    "no-cards": say("No cards"),
    "no-questions": say("Do not ask how it was"),
    "contact-wish": say("Contact"),
}
_TASTES = {
    "like": say("Likes"),
    "interest": say("Interested in"),
    "diet": say("Diet"),
    "size": say("Size"),
    "dislike": say("Does not like"),
}


@dataclass(frozen=True, slots=True)
class Note(Heard):
    """`channel_words` as in "on the phone"."""

    is_retracted: bool = False


@dataclass(frozen=True, slots=True)
class Owed:
    """A promise; `promised_by` "" where its owner did."""

    text: str
    owner: str
    promised_by: str
    due_on: date
    cannot_be_kept: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    order: str
    need_by_on: date
    estimated_on: date | None
    state: NeedBy


@dataclass(frozen=True, slots=True)
class Trouble:
    """An open problem; `kind` by its value, `order` "" if it is about none."""

    kind: str
    order: str
    noted_by: str
    on: date


@dataclass(frozen=True, slots=True)
class Day:
    words: str
    on: date


@dataclass(frozen=True, slots=True)
class Idea:
    name: str
    because: str


@dataclass(frozen=True, slots=True)
class Known:
    """Everything a brief may look at. `gifts` are planned, `given` is the last one they have, and when; `days` are near, `has_days`
    whether any day of the year is known; `look` finds what the guard stops.
    """

    customer_id: int
    customer: str
    today: date
    language: str = ""
    notes: tuple[Note, ...] = ()
    wishes: tuple[Taste, ...] = ()
    promises: tuple[Owed, ...] = ()
    needs: tuple[Need, ...] = ()
    problems: tuple[Trouble, ...] = ()
    days: tuple[Day, ...] = ()
    has_days: bool = False
    gifts: tuple[str, ...] = ()
    given: tuple[str, date] | None = None
    idea: Idea | None = None
    no_idea: str = ""  # why there is none
    look: Look = guard.check


@dataclass(frozen=True, slots=True)
class Size:
    """How long a line may be, and how many there are of a kind."""

    longest: int
    most: int


_SIZES = (Size(200, 4), Size(130, 3), Size(90, 2))


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    source: str
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """`talk` None: nobody talked to them yet. `open`: how to speak of what went wrong. `idea` None: `no_idea` says why."""

    customer_id: int
    name: str
    said_as: str
    address: str
    language: str
    stops: tuple[Line, ...]
    mention: tuple[Line, ...]
    talk: Line | None
    promises: tuple[Line, ...]
    tastes: tuple[Line, ...]
    days: tuple[Line, ...]
    open: tuple[Line, ...]
    silent: tuple[Line, ...]
    idea: Line | None
    no_idea: str
    question: Line


def brief(known: Known) -> Brief:
    """Pure and deterministic; the question changes from week to week. As much as fits one sheet of paper."""
    notes = [read_note(note, known.look) for note in known.notes if not note.is_opinion and not note.is_retracted]
    wishes = [wish for wish in known.wishes if wish.is_stated]
    sized = (_brief(known, notes, wishes, size) for size in _SIZES)
    return next((one for one in sized if _lines_of(one) <= _SHEET), None) or _brief(known, notes, wishes, _SIZES[-1])


def _brief(known: Known, notes: Sequence[Read], wishes: Sequence[Taste], size: Size) -> Brief:
    is_grieving = any(
        Hush.GRIEF in one.hushes for one in notes if known.today - one.note.on <= timedelta(days=_GRIEF_DAYS)
    )
    no_idea = NO_IDEA_WHILE_OPEN if known.problems else NO_IDEA_IN_GRIEF if is_grieving else known.no_idea
    idea = known.idea if not (known.problems or is_grieving) else None
    near = (
        Line(_short(day.words, size), day_words(day.on, known.today)) for day in known.days if not known.look(day.words)
    )
    return Brief(
        customer_id=known.customer_id,
        name=known.customer,
        said_as=_wish(known, wishes, "pronunciation", size),
        address=_wish(known, wishes, "form-of-address", size),
        language=known.language,
        stops=tuple(_stops(wishes, known.today, size)),
        mention=_first(size.most, _mention(known, notes, size)),
        talk=_talk(notes[0], known.today, size) if notes else None,
        promises=(*_first(size.most, _needs(known)), *_first(size.most, _promises(known, size))),
        tastes=_first(size.most + 1, _tastes(known, wishes, size)),
        days=_first(size.most, near),
        open=_first(size.most, _problems(known)),
        silent=(
            *_silent(notes, known.today),
            *_first(size.most, _planned(known, size)),
        ),
        idea=Line(_short(idea.name, size), _short(idea.because, size)) if idea else None,
        no_idea="" if idea else no_idea,
        question=_question(known, wishes, is_grieving=is_grieving),
    )


def _first(most: int, lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(islice(lines, most))


def _lines_of(one: Brief) -> int:
    """Of paper, without its titles."""
    lines = (*one.stops, *one.mention, *one.promises, *one.tastes, *one.days, *one.open, *one.silent, one.question)
    singles = tuple(line for line in (one.talk, one.idea) if line)
    return sum(1 + (len(line.text) + len(line.source) + 3) // _LINE for line in (*lines, *singles))


def read_note(note: Note, look: Look) -> Read:
    """Taken apart; what the guard finds only in the whole, across its sentences, hushes the whole."""
    parts = read(note, look)
    if Hush.GUARDED not in parts.hushes and look(note.text):
        return Read(note, [(sentence, Hush.GUARDED) for sentence, _ in parts.sentences])
    return parts


def _talk(one: Read, today: date, size: Size) -> Line:
    note = one.note
    source = listed([note.author, note.channel_words or note.channel, age_words(note.on, today)])
    sayable_parts = [sentence for sentence, hushed in one.sentences if hushed is None]
    if one.hushes & _WITHHELD or not sayable_parts:
        return Line(say("Its words are better not read beforehand; see what to leave out"), source)
    return Line(_short(" ".join(sayable_parts), size, lines=2), source)


def _mention(known: Known, notes: Iterable[Read], size: Size) -> Iterator[Line]:
    """Sentences that somebody chose because they may be spoken of, as long as they still stand in the note; each once."""
    newest: dict[str, Heard] = {}
    for note in (one.note for one in notes):
        if note.mentionable and note.mentionable in note.text and not known.look(note.mentionable):
            newest.setdefault(note.mentionable, note)
    for sentence, note in newest.items():
        yield Line(_short(sentence, size), listed([note.author, age_words(note.on, known.today)]))


def _stops(wishes: Iterable[Taste], today: date, size: Size) -> Iterator[Line]:
    """As they were said: an allergy is what the field is for. One line of a kind, who heard the newest beside it."""
    for kind, words in _STOPS.items():
        if found := [one for one in wishes if one.kind == kind]:
            values = "; ".join(dict.fromkeys(one.value.strip() for one in found if one.value.strip()))
            text = _short(kept(values) if kind == "contact-wish" else values, size, lines=2)
            yield Line(_stop_text(words, text), _told(found[0], today))


def _stop_text(words: Said, values: str) -> Said:
    if values.endswith(" …"):
        return say("{what}: {words} (more on their page)", what=words, words=values)
    return say("{what}: {words}", what=words, words=values) if values else words


def _tastes(known: Known, wishes: Iterable[Taste], size: Size) -> Iterator[Line]:
    for one in wishes:
        if one.kind in _TASTES and one.value.strip() and (one.kind == "diet" or not known.look(one.value)):
            words = _short(one.value, size)
            yield Line(say("{what}: {words}", what=_TASTES[one.kind], words=words), _told(one, known.today))


def _told(one: Taste, today: date) -> Said:
    return say("told {name}, {age}", name=one.heard_by, age=age_words(one.on, today))


def _needs(known: Known) -> Iterator[Line]:
    for one in known.needs:
        expected = (
            say("expected {day}", day=day_words(one.estimated_on, known.today))
            if one.estimated_on
            else say("nobody knows when it comes")
        )
        is_urgent = one.state not in {NeedBy.FINE, NeedBy.OPEN}
        yield Line(_need_text(one, day_words(one.need_by_on, known.today)), expected, is_urgent)


def _need_text(one: Need, day: Said) -> Said:
    match one.state:
        case NeedBy.PASSED:
            return say("Order {order} is needed {day}: the day has passed", order=one.order, day=day)
        case NeedBy.TOO_LATE:
            return say("Order {order} is needed {day}: too late", order=one.order, day=day)
        case NeedBy.TIGHT:
            return say("Order {order} is needed {day}: tight", order=one.order, day=day)
        case NeedBy.UNKNOWN | NeedBy.FINE | NeedBy.OPEN:
            return say("Order {order} is needed {day}", order=one.order, day=day)


def _promises(known: Known, size: Size) -> Iterator[Line]:
    for one in sorted(known.promises, key=lambda one: (not one.cannot_be_kept, one.due_on)):
        is_guarded = known.look(one.text)
        text = say("Something promised; its words stand on their page") if is_guarded else _short(one.text, size)
        whose = _whose(one)
        day, is_late = day_words(one.due_on, known.today), one.due_on < known.today
        if one.cannot_be_kept:
            yield Line(say("Cannot be kept, and they are to be told: {promise}", promise=text), whose, is_urgent=True)
        else:
            due = (
                say("{whose}, was due {day}", whose=whose, day=day)
                if is_late
                else say("{whose}, due {day}", whose=whose, day=day)
            )
            yield Line(text, due, is_late or one.due_on == known.today)


def _whose(one: Owed) -> Said:
    if one.promised_by:
        return say("promised by {first}, now with {owner}", first=one.promised_by, owner=one.owner)
    return say("promised by {owner}", owner=one.owner)


def _problems(known: Known) -> Iterator[Line]:
    for one in {one.kind: one for one in known.problems}.values():
        words = HOW_TO_SPEAK.get(one.kind) or say("Something is open: listen first")
        noted = say("noted by {name}, {age}, open", name=one.noted_by, age=age_words(one.on, known.today))
        order = say("order {order}", order=one.order) if one.order else ""
        yield Line(words, listed([order, noted]), is_urgent=True)


def _silent(notes: Sequence[Read], today: date) -> Iterator[Line]:
    """Each kind once, with the day of the newest note that holds it."""
    for kind, words in SILENT.items():
        on = max(
            (o.note.on for o in notes if kind in o.hushes and today - o.note.on <= timedelta(days=_HUSHED_DAYS)),
            default=None,
        )
        if on is not None:
            yield Line(words, say("note of {day}", day=day_words(on, today)) if on < today else say("note of today"))


def _planned(known: Known, size: Size) -> Iterator[Line]:
    named = sayable(known.gifts, known.look)
    for name in named:
        yield Line(planned_gift(_short(name, size)), say("given, not handed over yet"))
    if known.gifts and not named:
        yield Line(PLANNED_GIFT_UNNAMED, say("given, not handed over yet"))


def _question(known: Known, wishes: Sequence[Taste], *, is_grieving: bool) -> Line:
    """One, by what is not known; another one each week, the same all week."""
    if known.problems:
        return Line(ASK_IF_MENDED, say("a problem is open"))
    if is_grieving:
        return Line(LISTEN, say("a hard time was spoken of"))
    asks = list(_unknown(known, {wish.kind for wish in wishes}))
    if not asks:
        return Line(NOTHING_UNKNOWN, say("all that we ask for is known"))
    year, week, _ = known.today.isocalendar()
    asked = asks[zlib.crc32(f"{known.customer_id}:{year}:{week}".encode()) % len(asks)]
    question = how_it_pleased(known.given[0]) if asked == "gift" and known.given else QUESTIONS[asked]
    return Line(question, WHY_ASK[asked])


def _unknown(known: Known, kinds: set[str]) -> Iterator[str]:
    if (
        known.given
        and known.today - known.given[1] <= timedelta(days=_GIFT_DAYS)
        and sayable([known.given[0]], known.look)
    ):
        yield "gift"
    answers = {
        "harm": {"allergy", "diet"},
        "taste": {"like", "interest"},
        "size": {"size"},
        "address": {"form-of-address"},
        "name": {"pronunciation"},
        "contact": {"contact-wish"},
    }
    yield from (asked for asked, answered_by in answers.items() if not kinds & answered_by)
    if not (known.has_days or known.days):
        yield "day"


def _wish(known: Known, wishes: Iterable[Taste], kind: str, size: Size) -> str:
    return next((_short(one.value, size) for one in wishes if one.kind == kind and not known.look(one.value)), "")


def _short(text: str, size: Size, *, lines: int = 1) -> str:
    """On one line, cut between words where there are any."""
    line, most = " ".join(text.split()), lines * size.longest
    if len(line) <= most:
        return text if text == line else line  # itself, so that it can still be read in another tongue
    return f"{line[:most].rsplit(' ', 1)[0].rstrip(' ,;:')} …"
