"""What staff see of questions: on a customer's page each that was asked, answered or withheld, and today what was not a yes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, guarding
from deskapp.rules.errors import Forbidden, NotFound
from deskapp.rules.feedback import WORDS, Rule, place_of
from deskapp.rules.feedback_said import ANSWERS, UNHAPPY
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import say
from deskapp.store import feedback as rows
from deskapp.store import notes
from deskapp.store.card_tables import AskState, FeedbackAsk

ANSWER_WORDS = {"yes": say("Yes"), "mostly": say("Mostly"), "no": say("No")}
_SHOWN = 20
_TODAY_DAYS = 14
_LONGEST_WAY_DAYS = 60 + 60 + 14 + 1  # from its day to an answer, at most
_MOST = 50


@dataclass(frozen=True, slots=True)
class AskRow:
    """`why` of a withheld one, a sentence; `answer` as it was ticked, "" for none; `note_id` of their words, if any stand.

    `place`: the city by whose calendar the days are, "" for the shop's.
    """

    id: int
    order: str
    state: str
    due_on: date
    why: str
    decided_at: datetime | None
    lapses_on: date | None
    answer: str
    answered_at: datetime | None
    note_id: int | None
    place: str = ""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """An answer that was not a yes, or with words that the guard asks a lead to look at. `words` begin of theirs."""

    id: int
    customer_id: int
    customer_name: str
    order: str
    answer: str
    is_no: bool
    answered_at: datetime
    note_id: int | None
    words: str
    is_guarded: bool


def list_rows(session: Session, customer_id: int) -> list[AskRow]:
    """The newest first. One query, or two."""
    found = rows.list_asks(session, customer_id, _SHOWN)
    read_from = {ask.note_id for ask, _, _ in found if ask.note_id is not None}
    standing = notes.which_stand(session, read_from) if read_from else set()
    return [_row(ask, order, place_of(zone), standing) for ask, order, zone in found]


def _row(ask: FeedbackAsk, order: str, place: str, standing: set[int]) -> AskRow:
    return AskRow(
        id=ask.id,
        order=order,
        state=ask.state.value,
        due_on=ask.due_on,
        why=WORDS[Rule(ask.rule)] if ask.rule else "",
        decided_at=ask.decided_at,
        lapses_on=ask.lapses_on,
        answer=ANSWER_WORDS.get(ask.answer, ""),
        answered_at=ask.answered_at,
        note_id=ask.note_id if ask.note_id in standing else None,
        place=place,
    )


def list_today(session: Session, actor: Actor, *, today: date, now: datetime) -> list[AnswerLine]:
    """For whoever wrote the card, and for leads; until somebody has seen to it, two weeks at most. Three queries."""
    is_lead = actor.may(Permission.REVIEW_MEMORY)
    found = rows.list_answers(
        session,
        ANSWERS if is_lead else UNHAPPY,
        since=now - timedelta(days=_TODAY_DAYS),
        due_since=today - timedelta(days=_TODAY_DAYS + _LONGEST_WAY_DAYS),
        staff_id=None if is_lead else actor.staff_id,
        limit=_MOST,
    )
    if not found:
        return []
    texts = rows.words_of(session, [ask.note_id for ask, _, _ in found if ask.note_id is not None])
    seen = rows.list_seen(session, {ask.customer_id for ask, _, _ in found})
    lines = [_line(ask, order, name, texts.get(ask.note_id or 0, "")) for ask, order, name in found]
    return [line for line in lines if line.id not in seen and (line.is_guarded or line.answer != ANSWER_WORDS["yes"])]


def _line(ask: FeedbackAsk, order: str, name: str, text: str) -> AnswerLine:
    is_guarded = bool(text) and bool(guarding.look(text))
    return AnswerLine(
        id=ask.id,
        customer_id=ask.customer_id,
        customer_name=name,
        order=order,
        answer=ANSWER_WORDS.get(ask.answer, ""),
        is_no=ask.answer == "no",
        answered_at=ask.answered_at or ask.decided_at or datetime.min,  # noqa: DTZ901 - never: it was answered
        note_id=ask.note_id if text else None,
        words="" if is_guarded else text,
        is_guarded=is_guarded,
    )


def see_to(session: Session, actor: Actor, ask_id: int, *, now: datetime) -> int:
    """The customer's id. It leaves everybody's page of the day; twice is once."""
    ask = rows.get_ask(session, ask_id)
    if ask is None or ask.state is not AskState.ANSWERED:
        raise NotFound(say("There is no such answer."))
    if not actor.may(Permission.REVIEW_MEMORY) and not rows.wrote_card(session, ask.delivery_id, actor.staff_id):
        raise Forbidden(say("Whoever wrote the card, or a lead, sees to this answer."))
    if ask_id not in rows.list_seen(session, [ask.customer_id]):
        audit.write(session, actor, rows.SEEN, f"customer:{ask.customer_id}", now=now, ask=ask_id)
    return ask.customer_id
