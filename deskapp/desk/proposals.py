"""Tastes and days that a note tells of: proposed with the words they were read from, kept only where somebody says so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from sqlmodel import Session

from deskapp.desk import audit, idempotency, occasions, preferences
from deskapp.desk.inputs import Keyed, no_nul
from deskapp.rules.errors import Conflict, NotFound
from deskapp.rules.fading import ASKED_AFTER
from deskapp.rules.people import Actor
from deskapp.rules.proposals import OCCASIONS, Proposal, propose
from deskapp.rules.stops import fold
from deskapp.rules.timing import day_of_year
from deskapp.rules.words import Said, say, together
from deskapp.store import customers, notes
from deskapp.store import preferences as preference_rows
from deskapp.store import proposals as rows
from deskapp.store.memory_tables import (
    Note,
    NoteKind,
    OccasionKind,
    Preference,
    PreferenceKind,
    ProposalDeclined,
)

_SHOWN = 3  # at once; the next ones come up when these are answered
_KEY = 200  # characters of what is compared


class Answer(Keyed):
    """`kind` and `key` name the proposal. `said`: keep it as what they said, as a guess, or not at all."""

    kind: Annotated[str, Field(max_length=40)]
    key: Annotated[str, Field(max_length=_KEY), AfterValidator(no_nul)] = ""
    said: Literal["stated", "inferred", "no"]


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """`value`: what would be kept; `key`: what names it among those of its note; `quote`: where it was read."""

    note_id: int
    kind: str
    kind_words: str
    value: str
    key: str
    quote: str
    is_day: bool
    month: int
    day: int

    @property
    def what(self) -> Said:
        """As in "Likes plum jam"."""
        return together([self.kind_words, self.value])

    @property
    def day_words(self) -> Said:
        return day_of_year(self.month, self.day)


@dataclass(frozen=True, slots=True)
class ProposalsPanel:
    """The newest note's first; `more`: how many wait behind those."""

    customer_id: int
    customer_name: str
    rows: list[ProposalRow]
    more: int


def panel(session: Session, customer_id: int, *, note_id: int | None = None) -> ProposalsPanel:
    """Of the newest fifty notes, or of one. Asks nothing that other panels do not ask too where no note tells of anything,
    else two or three queries.
    """
    customer = customers.get_customer(session, customer_id)
    found = [note for note, _, _ in notes.list_notes(session, customer_id)]
    standing = [note for note in found if _may_propose(note) and note_id in {None, note.id}]
    open_ones = _open(session, customer_id, customer.name, standing)
    return ProposalsPanel(customer.id, customer.name, open_ones[:_SHOWN], max(0, len(open_ones) - _SHOWN))


def _may_propose(note: Note) -> bool:
    """What staff think is nothing that the customer likes."""
    return note.kind is NoteKind.OBSERVATION and note.retracted_at is None


def _open(session: Session, customer_id: int, name: str, standing: Sequence[Note]) -> list[ProposalRow]:
    """Each thing once, from the newest note that tells of it."""
    read = [(note, one) for note in standing for one in propose(note.text, name)]
    if not read:
        return []
    ids = {note.id for note, _ in read}
    answered = rows.list_declined(session, ids) | _kept(session, ids)
    known = set(_known(session, customer_id, has_days=any(one.kind in OCCASIONS for _, one in read)))
    fresh: dict[tuple[str, str], ProposalRow] = {}
    for note, one in read:
        thing = one.kind, key_of(one)
        if (note.id, _stored_kind(one), _stored_key(one)) not in answered and thing not in known:
            fresh.setdefault(thing, _row(note.id, one))
    return list(fresh.values())


def _kept(session: Session, note_ids: set[int]) -> set[tuple[int, PreferenceKind, str]]:
    """What was kept once and withdrawn later is not proposed again."""
    found = rows.list_kept(session, note_ids)
    return {(p.note_id, p.kind, _cut(p.value)) for p in found if p.note_id is not None}


def _known(session: Session, customer_id: int, *, has_days: bool) -> Iterator[tuple[str, str]]:
    for preference, _ in preference_rows.list_preferences(session, customer_id):
        yield preference.kind.value, _cut(preference.value)
    for day in rows.list_days(session, customer_id) if has_days else ():
        yield day.kind.value, _day_key(day.month, day.day)


def _row(note_id: int, one: Proposal) -> ProposalRow:
    is_day = one.kind in OCCASIONS
    words = occasions.KIND_WORDS[OccasionKind(one.kind)] if is_day else preferences.KIND_WORDS[PreferenceKind(one.kind)]
    return ProposalRow(note_id, one.kind, words, one.value, key_of(one), one.quote, is_day, one.month, one.day)


def key_of(one: Proposal) -> str:
    return _day_key(one.month, one.day) if one.kind in OCCASIONS else _cut(one.value)


def _cut(value: str) -> str:
    return fold(value)[:_KEY]


def _day_key(month: int, day: int) -> str:
    return f"{month}-{day}"


def _stored_kind(one: Proposal) -> PreferenceKind:
    """The table knows kinds of preferences alone: a day is an interest there, named in a way that no interest is."""
    return PreferenceKind.INTEREST if one.kind in OCCASIONS else PreferenceKind(one.kind)


def _stored_key(one: Proposal) -> str:
    return f"<{one.kind}> {key_of(one)}" if one.kind in OCCASIONS else key_of(one)


def answer(session: Session, actor: Actor, note_id: int, form: Answer, *, now: datetime) -> int:
    """The customer's id. Raises Conflict where the note tells of no such thing (any more): nothing but what it says is kept."""
    note = notes.get_note(session, note_id)
    if not _may_propose(note):
        raise NotFound(say("There is no such note."))
    customer = customers.get_customer(session, note.customer_id)
    if idempotency.claim(session, actor, "proposal", form.form_key, [note_id, form.model_dump()], now=now) is not None:
        return customer.id
    found = (one for one in propose(note.text, customer.name) if (one.kind, key_of(one)) == (form.kind, form.key))
    if (one := next(found, None)) is None:
        raise Conflict(say("The note says something else by now, so nothing was kept. Please look at it anew."))
    if form.said == "no":
        _decline(session, actor, note, one, now=now)
    elif one.kind in OCCASIONS:
        occasions.add(session, actor, customer.id, OccasionKind(one.kind), "", one.month, one.day, now=now)
    else:
        _keep(session, actor, note, one, is_stated=form.said == "stated", now=now)
    return customer.id


def _keep(session: Session, actor: Actor, note: Note, one: Proposal, *, is_stated: bool, now: datetime) -> None:
    """Its words are the note's, which have passed the guard; heard by whoever wrote them down, on that day. A guess is made today."""
    new = Preference(
        customer_id=note.customer_id,
        kind=PreferenceKind(one.kind),
        value=one.value,
        is_stated=is_stated,
        note_id=note.id,
        heard_by=note.author_id,
        heard_at=note.written_at,
        review_on=None if is_stated else now.date() + ASKED_AFTER,
    )
    preferences.add(session, actor, new, now=now)


def _decline(session: Session, actor: Actor, note: Note, one: Proposal, *, now: datetime) -> None:
    row = ProposalDeclined(
        note_id=note.id,
        kind=_stored_kind(one),
        value_folded=_stored_key(one),
        declined_by=actor.staff_id,
        declined_at=now,
    )
    if rows.decline(session, row):
        audit.write(session, actor, "proposal.declined", f"customer:{note.customer_id}", now=now, note=note.id)


def customer_of(session: Session, note_id: int) -> int:
    return notes.get_note(session, note_id).customer_id
