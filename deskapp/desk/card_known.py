"""What the prompt of a card may look at, read for many parcels at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk import delivery_rows, guarding
from deskapp.desk.delivery_rows import DeliveryRow, Shop
from deskapp.rules import card_told, prompts
from deskapp.rules.card_facts import Heard, KeptPromise, Known, NearDay, Taste, citable
from deskapp.rules.fates import CLOSED
from deskapp.rules.occasions import next_on
from deskapp.rules.people import Receiver
from deskapp.store import card_known as store
from deskapp.store import deliveries, occasions
from deskapp.store.card_tables import CardUse, Used
from deskapp.store.deliveries import Sent
from deskapp.store.memory_tables import Note, Occasion, Preference, Promise, Source
from deskapp.store.tables import Problem

_HEARD_DAYS = 730
_SOLVED_DAYS = 60
_USED_DAYS = 366
_WAITING_DAYS = 30  # as long as the board shows what did not leave
_NEAR_DAYS = 10  # after it arrives
_MOST_CHAINED = 50  # parcels of one customer; the first, so that it does not matter from which one looks
_ADDRESS = "form-of-address"

Pair = tuple[Sent, DeliveryRow]


@dataclass(frozen=True, slots=True)
class _Loaded:
    """By order or by customer."""

    items: Mapping[int, list[str]]
    earlier: Mapping[int, tuple[int, datetime]]
    stated: Mapping[int, list[tuple[Preference, str]]]
    observed: Mapping[int, list[tuple[Note, str, str, str]]]
    kept: Mapping[int, list[tuple[Promise, str]]]
    days: Mapping[int, list[tuple[Occasion, str]]]
    uses: Mapping[int, list[CardUse]]
    problems: Mapping[int, list[Problem]]


def known_of(
    session: Session, sent: Sequence[Sent], rows: Sequence[DeliveryRow], shop: Shop, now: datetime
) -> dict[int, Known]:
    """Delivery id -> what its prompt may look at. Nine queries, three more if one of them has other parcels waiting.

    Of one customer's parcels that wait for their cards each begins unlike those that leave before it.
    """
    pairs = [*zip(sent, rows, strict=True), *_also_waiting(session, sent, shop, now)]
    loaded = _load(session, pairs, now)
    known = {row.id: _known(one, row, loaded, shop, now) for one, row in pairs}
    for parcels in _by_customer(pairs, _waiting_since(shop.day(now))):
        known.update(_apart(parcels, known))
    return {row.id: known[row.id] for row in rows}


def _also_waiting(session: Session, sent: Sequence[Sent], shop: Shop, now: datetime) -> list[Pair]:
    if not sent:
        return []
    today, here = shop.day(now), {one.delivery.id for one in sent}
    since = _waiting_since(today)
    until = max(one.delivery.ship_on for one in sent)
    found = store.list_waiting(session, _customers(sent), since=since, until=until)
    others = [one for one in found if one.delivery.id not in here]
    return list(zip(others, delivery_rows.rows(session, others, today), strict=True)) if others else []


def _waiting_since(today: date) -> date:
    return today - timedelta(days=_WAITING_DAYS)


def _customers(sent: Iterable[Sent]) -> list[int]:
    return list(dict.fromkeys(one.customer.id for one in sent))


def _load(session: Session, pairs: Sequence[Pair], now: datetime) -> _Loaded:
    orders, customers = [one.order.id for one, _ in pairs], _customers(one for one, _ in pairs)
    since = now - timedelta(days=_HEARD_DAYS)
    days: dict[int, list[tuple[Occasion, str]]] = defaultdict(list)
    for day, heard_by in occasions.list_occasions_of(session, customers):
        days[day.customer_id].append((day, heard_by))
    return _Loaded(
        items=deliveries.items_of(session, orders),
        earlier=deliveries.earlier_orders(session, orders),
        stated=deliveries.stated_by(session, customers),
        observed=deliveries.observed_of(session, customers, since),
        kept=deliveries.kept_promises_of(session, customers, since),
        days=days,
        uses=store.uses_of(session, customers, now.date() - timedelta(days=_USED_DAYS)),
        problems=store.problems_of(session, customers, now - timedelta(days=_SOLVED_DAYS)),
    )


def _known(one: Sent, row: DeliveryRow, loaded: _Loaded, shop: Shop, now: datetime) -> Known:
    customer = one.customer
    before, first_at = loaded.earlier.get(one.order.id, (0, None))
    stated = loaded.stated.get(customer.id, ())
    is_business = customer.receiver is not Receiver.PERSON
    told, told_before, phrases = _used(loaded.uses.get(customer.id, ()), row.id)
    problems = loaded.problems.get(customer.id, ())
    return Known(
        customer=row.customer_name,
        shop=shop.name,
        today=shop.day(now),
        ship_on=row.ship_on,
        placed_on=shop.day(one.order.placed_at),
        items=tuple(loaded.items.get(one.order.id, ())),
        gifts=tuple(row.gifts),
        earlier_orders=before,
        since=customer.joined_on or (shop.day(first_at) if first_at else None),
        language=customer.language or "",
        need_by_on=row.need_by_on,
        estimated_on=row.expected_on,
        notes=tuple(_heard(*found, shop) for found in loaded.observed.get(customer.id, ())),
        tastes=tuple(
            Taste(said.kind, said.value, heard_by, shop.day(said.heard_at), id=said.id) for said, heard_by in stated
        ),
        promises=tuple(
            KeptPromise(promise.text, owner, shop.day(promise.kept_at), id=promise.id)
            for promise, owner in loaded.kept.get(customer.id, ())
            if promise.kept_at
        ),
        look=guarding.look_again,
        id=row.id,
        tone=prompts.tone_of(one.delivery.card_tone, _address(stated), is_business=is_business),
        is_business=is_business,
        occasions=tuple(_near(loaded.days.get(customer.id, ()), row.expected_on, shop)),
        told=told,
        told_before=told_before,
        phrases_used=phrases,
        was_solved=_was_solved(problems, one.order.placed_at),
        has_trouble=any(problem.solved_at is None for problem in problems),
    )


def _address(stated: Iterable[tuple[Preference, str]]) -> str:
    return next((said.value for said, _ in stated if said.kind == _ADDRESS), "")


def _heard(note: Note, channel: str, words: str, author: str, shop: Shop) -> Heard:
    return Heard(
        note.text,
        channel,
        author,
        shop.day(note.written_at),
        channel_words=words,
        mentionable=note.mentionable,
        id=note.id,
        is_answer=note.source is Source.CUSTOMER,
    )


def _near(days: Iterable[tuple[Occasion, str]], arrives_on: date, shop: Shop) -> Iterable[NearDay]:
    """What comes on the day it arrives or soon after: a wish that comes late is none."""
    for day, heard_by in days:
        on = next_on(day.month, day.day, arrives_on)
        if on - arrives_on <= timedelta(days=_NEAR_DAYS):
            yield NearDay(day.kind.value, day.words, on, heard_by, shop.day(day.heard_at), id=day.id)


def _was_solved(problems: Sequence[Problem], placed_at: datetime) -> bool:
    """Everything was put right, and they ordered after what went wrong."""
    return bool(problems) and all(one.solved_at is not None and one.noted_at < placed_at for one in problems)


def _used(uses: Sequence[CardUse], delivery_id: int) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Facts of the last card but this, facts of those before it, and phrases of them all."""
    others = [use for use in uses if use.delivery_id != delivery_id]
    last = others[0].delivery_id if others else None
    facts = [use for use in others if use.kind is Used.FACT]
    told = frozenset(use.key for use in facts if use.delivery_id == last)
    phrases = frozenset(use.key for use in others if use.kind is Used.PHRASE)
    return told, frozenset(use.key for use in facts) - told, phrases


# --- several parcels of one customer ---------------------------------------------------------------------------------


def _by_customer(pairs: Sequence[Pair], since: date) -> list[list[Pair]]:
    """Those that wait for their cards, in the order they leave: the same ones whichever of them somebody looks at."""
    found: dict[int, list[Pair]] = defaultdict(list)
    for pair in sorted(pairs, key=lambda pair: (pair[1].ship_on, pair[1].id)):
        if pair[1].ship_on >= since and _is_waiting(*pair):
            found[pair[1].customer_id].append(pair)
    return [parcels for parcels in found.values() if len(parcels) > 1]


def _is_waiting(one: Sent, row: DeliveryRow) -> bool:
    parcel = one.delivery
    has_gone = any((parcel.signed_at, parcel.handed_at, parcel.delivered_at, parcel.returned_at))
    return row.wants_card and not has_gone and one.order.status.lower() not in CLOSED


def _apart(parcels: Sequence[Pair], known: Mapping[int, Known]) -> dict[int, Known]:
    """Each as if the one before it had been signed with what its prompt offers, or with what is written on it."""
    apart: dict[int, Known] = {}
    before: Known | None = None
    told: frozenset[str] = frozenset()
    phrases: frozenset[str] = frozenset()
    for number, (one, row) in enumerate(parcels):
        each = known[row.id]
        if before is not None:
            older = each.told_before | each.told | before.told_before | before.told
            each = replace(each, told=told, told_before=older - told, phrases_used=each.phrases_used | phrases)
        apart[row.id] = each
        if number < _MOST_CHAINED:
            made = prompts.prompt(each)
            offered, begun = prompts.used_by(made)
            text = one.delivery.card_text
            told = card_told.told(text, made.facts, citable(each) if text else ()) or offered
            phrases = phrases | begun | card_told.begun(text, made.language)
            before = each
    return apart
