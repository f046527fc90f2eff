"""The page behind the link of a question: what it asks, what becomes of the answer, and of the wish not to be asked again.

Whoever has the link answers. Nobody is signed in, so what is written here is written by the desk itself, in the name of whoever set
that customers are asked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from sqlmodel import Session

from deskapp.desk import audit, guarding
from deskapp.desk.inputs import Input, no_nul, plain_breaks
from deskapp.desk.seats import hash_token
from deskapp.rules import feedback_said
from deskapp.rules.feedback import zone_there
from deskapp.rules.guard import Finding
from deskapp.rules.guard_kinds import NUMBERS, Policy
from deskapp.rules.words import say
from deskapp.store import channels, models
from deskapp.store import feedback as rows
from deskapp.store.card_tables import AskState, FeedbackAsk
from deskapp.store.insert import insert_once
from deskapp.store.memory_tables import (
    Channel,
    Interaction,
    Note,
    NoteKind,
    NoteRevision,
    Preference,
    PreferenceKind,
    Source,
)
from deskapp.store.outbox import hold_customer
from deskapp.store.tables import Customer

LONGEST = 1_000  # characters of an answer
CHANNEL = "feedback"
_CHANNEL_WORDS = say("in answer to our question")  # kept in English
_LAST = 10_000  # position: behind those that a shop puts in order
_TAKEN_OUT = "[…]"


class Answer(Input):
    answer: Literal["yes", "mostly", "no"]
    words: Annotated[str, Field(max_length=LONGEST), AfterValidator(no_nul), plain_breaks] = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One that can be answered."""

    language: str


def find_question(session: Session, token: str, *, zone: ZoneInfo, now: datetime) -> Question | None:
    """None for a link that is unknown, used or over; `zone`: of the shop. Looking uses nothing up: scanners of mail look, too.
    Three queries.
    """
    ask = rows.find_by_hash(session, hash_token(token))
    customer = _customer(session, ask, zone, now)
    return None if customer is None else Question(feedback_said.language_of(customer.language))


def is_known(session: Session, token: str) -> bool:
    """Whether there ever was such a link."""
    return rows.find_by_hash(session, hash_token(token)) is not None


def _customer(session: Session, ask: FeedbackAsk | None, shops: ZoneInfo, now: datetime) -> Customer | None:
    """Who is asked, if the question still stands: to the end of its last day where they live."""
    if ask is None or ask.state is not AskState.ASKED or ask.lapses_on is None:
        return None
    customer = _living(session, ask)
    is_over = customer is None or ask.lapses_on < now.astimezone(zone_there(customer.zone, shops)).date()
    return None if is_over else customer


def _living(session: Session, ask: FeedbackAsk) -> Customer | None:
    """None too where the order is another's by now: whoever has the link is not who would be heard."""
    customer = session.get(Customer, ask.customer_id)
    is_there = customer is not None and customer.erased_at is None and customer.merged_into is None
    return customer if is_there and rows.whose(session, ask.delivery_id) == ask.customer_id else None


def _held(session: Session, token: str) -> FeedbackAsk | None:
    """Locked until the transaction ends, so that of two answers one counts; first the customer, as whoever joins two does."""
    seen = rows.find_by_hash(session, hash_token(token))
    if seen is None:
        return None
    hold_customer(session, seen.customer_id)
    return rows.lock_ask(session, seen.id, waits=True)


def answer(session: Session, token: str, form: Answer, *, zone: ZoneInfo, now: datetime) -> bool:
    """False where it cannot be answered any more: the first answer stands. Words become a note, a tick alone none."""
    ask = _held(session, token)
    policy = rows.find_policy(session)
    if ask is None or policy is None or _customer(session, ask, zone, now) is None:
        return False
    ask.state, ask.answer, ask.answered_at = AskState.ANSWERED, form.answer, now
    if form.words:
        ask.note_id = _note(session, ask, form.words, policy.set_by, now)
    session.add(ask)
    _log(session, ask.customer_id, "feedback.answered", now, ask=ask.id, answer=form.answer)
    return True


def _note(session: Session, ask: FeedbackAsk, words: str, author_id: int, now: datetime) -> int:
    parcel = rows.parcels_of(session, [ask.delivery_id])[ask.delivery_id]
    _make_sure_there_is_a_channel(session, now)
    talk = Interaction(customer_id=ask.customer_id, channel=CHANNEL, order_id=parcel.order.id, happened_at=now)
    session.add(talk)
    session.flush()
    text = _guarded(session, words, now)
    note = Note(
        customer_id=ask.customer_id,
        interaction_id=talk.id,
        kind=NoteKind.OBSERVATION,
        text=text,
        revision=1,
        author_id=author_id,
        written_at=now,
        source=Source.CUSTOMER,
    )
    session.add(note)
    session.flush()
    session.add(NoteRevision(note_id=note.id, number=1, text=text, author_id=author_id, written_at=now))
    _log(session, ask.customer_id, "note.recorded", now, note=note.id)
    return note.id


def _make_sure_there_is_a_channel(session: Session, now: datetime) -> None:
    """Retired from the start: staff do not choose it, and its words are shown all the same."""
    values = {"code": CHANNEL, "words": _CHANNEL_WORDS, "position": _LAST, "retired_at": now}
    if insert_once(session, Channel, **values):
        models.bump(session, channels.EDITION)


def _guarded(session: Session, words: str, now: datetime) -> str:
    """Their own words stay, whatever they tell of themselves; no card cites what the guard finds. Numbers that may never be kept
    are taken out.
    """
    if not (found := guarding.look(words)):
        return words
    chosen = guarding.policies(session)
    numbers = [one for one in found if one.kind in NUMBERS and chosen[one.kind] is Policy.REFUSE]
    kinds: dict[str, int] = {}
    for one in found:
        kinds[one.kind.value] = kinds.get(one.kind.value, 0) + 1
    audit.write(session, None, "guard.allowed", "guard:feedback", now=now, kinds=kinds, reason="their-own-words")
    return _without(words, numbers)


def _without(words: str, numbers: list[Finding]) -> str:
    for one in sorted(numbers, key=lambda found: found.start, reverse=True):
        words = words[: one.start] + _TAKEN_OUT + words[one.end :]
    return words


def never_again(session: Session, token: str, *, now: datetime) -> None:
    """The wish of whoever has the link, whether it can still be answered or not. Twice is once; an unknown link changes nothing."""
    ask = _held(session, token)
    policy = rows.find_policy(session)
    if ask is None or policy is None or _living(session, ask) is None:
        return
    wishes = rows.list_wishes(session, [ask.customer_id])
    if any(kind is PreferenceKind.NO_QUESTIONS for _, kind, _ in wishes):
        return
    wish = Preference(
        customer_id=ask.customer_id,
        kind=PreferenceKind.NO_QUESTIONS,
        value="",
        is_stated=True,
        heard_by=policy.set_by,
        heard_at=now,
    )
    session.add(wish)
    session.flush()
    kind = wish.kind.value
    _log(session, ask.customer_id, "preference.recorded", now, preference=wish.id, kind=kind, ask=ask.id)


def _log(session: Session, customer_id: int, action: str, now: datetime, **details: object) -> None:
    audit.write(session, None, action, f"customer:{customer_id}", now=now, **details)
