"""The brief before somebody comes or is called, and all those of a day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import Session

from deskapp.desk import channels, guarding, occasions, plus_one
from deskapp.desk.colleagues import Colleagues, colleagues
from deskapp.desk.shelf import Stand
from deskapp.desk.today import list_expected
from deskapp.desk.visits import VisitRow
from deskapp.rules.brief import Brief, Day, Idea, Known, Need, Note, Owed, Trouble, brief
from deskapp.rules.card_facts import Taste
from deskapp.rules.people import Actor
from deskapp.rules.promises import judge_need
from deskapp.store import brief as rows
from deskapp.store import customers, deliveries
from deskapp.store.gift_tables import GrantState
from deskapp.store.memory_tables import Note as Written
from deskapp.store.memory_tables import NoteKind, Preference, Promise
from deskapp.store.tables import Customer, Delivery, Order

T = TypeVar("T")

_NEAR_DAYS = 30
_YEAR_DAYS = 366
_HEARD_DAYS = 730
_GIFT_DAYS = 180
_NEED_PAST_DAYS = 14
_MOST_PRINTED = 40


@dataclass(frozen=True, slots=True)
class Shop:
    """`stand`: the model and the catalogue an idea comes from; `zone`: the one whose days the shop lives by."""

    stand: Stand
    zone: ZoneInfo
    today: date

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed, in the order they are expected. `left_out`: how many too many there are for one print."""

    day: date
    briefs: list[tuple[VisitRow, Brief]]
    left_out: int = 0


def one(session: Session, actor: Actor, customer_id: int, *, shop: Shop, now: datetime) -> Brief:
    """About twenty queries, nine of them for the gift idea."""
    customer = customers.get_customer(session, customer_id)
    return _briefs(session, actor, [customer], shop, now)[customer.id]


def of_today(session: Session, actor: Actor, *, shop: Shop, now: datetime) -> Sheet:
    """Of everybody who is expected today, each once. Nine queries for each of them, and a dozen for all."""
    expected: dict[int, VisitRow] = {}
    for row in list_expected(session, actor, today=shop.today):
        expected.setdefault(row.customer_id, row)
    printed = [_discreet(row) for row in list(expected.values())[:_MOST_PRINTED]]
    found = _briefs(session, actor, rows.list_customers(session, [row.customer_id for row in printed]), shop, now)
    briefs = [(row, found[row.customer_id]) for row in printed if row.customer_id in found]
    return Sheet(shop.today, briefs, len(expected) - len(printed))


def _discreet(row: VisitRow) -> VisitRow:
    """What the guard finds stays on the screen."""
    return replace(row, words="") if guarding.look(row.words) else row


def _briefs(session: Session, actor: Actor, people: Sequence[Customer], shop: Shop, now: datetime) -> dict[int, Brief]:
    ids = [person.id for person in people]
    names, today = colleagues(session), shop.today
    notes = deliveries.observed_of(session, ids, now - timedelta(days=_HEARD_DAYS))
    wishes = deliveries.stated_by(session, ids)
    promised = _grouped((one.customer_id, one) for one in rows.list_promises_of(session, ids))
    needs = rows.list_needs_of(session, ids, today - timedelta(days=_NEED_PAST_DAYS))
    needed = _grouped((order.customer_id, (order, delivery)) for order, delivery in needs)
    problems = _grouped((one[0].customer_id, one) for one in rows.list_problems_of(session, ids))
    days = occasions.list_near_of(session, ids, today=today, days=_YEAR_DAYS)
    gifts = _grouped((one[0], one) for one in rows.list_gifts_of(session, ids, now - timedelta(days=_GIFT_DAYS)))

    def known(person: Customer) -> Known:
        near = [one for one in days.get(person.id, ()) if one.on - today <= timedelta(days=_NEAR_DAYS)]
        theirs = gifts[person.id]
        given = [(item, shop.day(at)) for _, item, state, at in theirs if state is GrantState.COMMITTED]
        idea, no_idea = _idea(session, actor, person, shop, now)
        return Known(
            customer_id=person.id,
            customer=person.name,
            today=today,
            language=person.language or "",
            notes=tuple(_note(*one, shop) for one in notes.get(person.id, ())),
            wishes=tuple(_taste(wish, heard_by, shop) for wish, heard_by in wishes.get(person.id, ())),
            promises=tuple(_owed(one, names) for one in promised[person.id]),
            needs=tuple(_need(order, delivery, today) for order, delivery in needed[person.id]),
            problems=tuple(
                Trouble(one.kind.value, order, by, shop.day(one.noted_at)) for one, order, by in problems[person.id]
            ),
            days=tuple(Day(one.words, one.on) for one in near),
            has_days=person.id in days,
            gifts=tuple(item for _, item, state, _ in theirs if state is GrantState.RESERVED),
            given=given[0] if given else None,
            idea=idea,
            no_idea=no_idea,
            look=guarding.look,
        )

    return {person.id: brief(known(person)) for person in people}


def _idea(session: Session, actor: Actor, person: Customer, shop: Shop, now: datetime) -> tuple[Idea | None, str]:
    """The first of what the panel proposes, without its price; else why there is none. About nine queries."""
    proposed = plus_one.propose(session, actor, shop.stand, person, today=shop.today, now=now)
    if not proposed.gifts:
        return None, plus_one.why_none(shop.stand, proposed, now)
    return Idea(proposed.gifts[0].item.name, proposed.gifts[0].sentence), ""


def _note(note: Written, channel: str, channel_words: str, author: str, shop: Shop) -> Note:
    return Note(
        text=note.text,
        channel=channel,
        author=author,
        on=shop.day(note.written_at),
        is_opinion=note.kind is NoteKind.OPINION,
        channel_words=channels.in_tongues(channel_words),
        mentionable=note.mentionable,
        is_retracted=note.retracted_at is not None,
    )


def _taste(wish: Preference, heard_by: str, shop: Shop) -> Taste:
    return Taste(wish.kind.value, wish.value, heard_by, shop.day(wish.heard_at), wish.is_stated)


def _owed(promise: Promise, names: Colleagues) -> Owed:
    promised_by = promise.made_by if promise.made_by != promise.owner_id else None
    owner = names.name(promise.owner_id)
    return Owed(promise.text, owner, names.name(promised_by), promise.due_on, bool(promise.dropped_because))


def _need(order: Order, delivery: Delivery, today: date) -> Need:
    need_by = delivery.need_by_on or today  # it was asked for by that day
    state = judge_need(need_by, delivery.estimated_on, today)
    return Need(order.external_id, need_by, delivery.estimated_on, state)


def _grouped(pairs: Iterable[tuple[int, T]]) -> defaultdict[int, list[T]]:
    groups: defaultdict[int, list[T]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
