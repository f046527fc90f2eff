"""What programs ask of the desk: the same use cases as on the pages, with the shop's own numbers instead of ours."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StringConstraints
from sqlmodel import Session

from deskapp.desk import customers as people
from deskapp.desk import grants, limits, notes, promises, settling
from deskapp.desk.ceilings import rooms_of_gift
from deskapp.desk.guarding import Reason
from deskapp.desk.inputs import Input, ShortWords, Words
from deskapp.desk.note_marks import Alert
from deskapp.desk.shelf import Stand
from deskapp.desk.suggestions import gifts, list_used_up, taste_of
from deskapp.desk.verdicts import room_dict
from deskapp.reco.ranking import Source
from deskapp.rules.authority import Ceiling, Unit, Why, most_left
from deskapp.rules.people import Actor
from deskapp.rules.periods import day_of
from deskapp.store import customers, items
from deskapp.store import limits as limit_rows
from deskapp.store.gift_tables import GrantState
from deskapp.store.memory_tables import NoteKind
from deskapp.store.memory_tables import Source as Origin

_MOST_MINOR = 10**12
_MOST_GIFTS = 50
_MOST_IN_BASKET = 500

# What the validators of Words and ShortWords ask, said in the API's description too.
_SAID = Field(json_schema_extra={"pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"})
Text = Annotated[Words, _SAID]
Number = Annotated[ShortWords, StringConstraints(max_length=120), _SAID]
Minor = Annotated[StrictInt, Field(ge=0, le=_MOST_MINOR)]


# --- what comes in --------------------------------------------------------------------------------------------------


class NoteToAdd(Input):
    """`channel`: its code; `item`: a sku. `source`: "automation" where no person wrote the words. `is_alert` is for observations.

    `review_on`: of an opinion, the day on which it fades; null: in half a year. `guard_reason`: why words stay that the
    desk asked about.
    """

    text: Text
    kind: NoteKind
    channel: Annotated[str, Field(max_length=40)]
    order: Number | None = None
    item: Number | None = None
    source: Literal["person", "automation"] = "person"
    is_alert: StrictBool = False
    review_on: notes.MaybeDay = None
    is_confirmed: StrictBool = False
    guard_reason: Reason | None = None


class Wanted(Input):
    """`basket` null or absent: the customer's open order stands for it. Skus that the desk does not know are passed over."""

    basket: Annotated[list[Number], Field(max_length=_MOST_IN_BASKET)] | None = None
    max_value_minor: Minor | None = None
    k: Annotated[StrictInt, Field(ge=1, le=_MOST_GIFTS)] = 3


class Gift(Input):
    customer: Number
    sku: Number
    order: Number | None = None


class BudgetFor(Input):
    customer: Number | None = None


# --- what goes out --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PromiseLine:
    text: str
    due_on: date
    owner: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class CustomerSheet:
    """Least data: no e-mail, phone or address."""

    external_id: str
    name: str
    said_as: str
    address_as: str
    language: str
    tier: str
    since: date | None
    stops: list[people.HardStop]
    alerts: list[Alert]
    facts: list[people.Fact]
    promises: list[PromiseLine]


@dataclass(frozen=True, slots=True)
class NoteAdded:
    note_id: int
    customer: str


@dataclass(frozen=True, slots=True)
class SuggestedGift:
    sku: str
    name: str
    price_minor: int
    currency: str
    because: list[str]  # skus, strongest first
    source: Source
    sentence: str


@dataclass(frozen=True, slots=True)
class SuggestedGifts:
    items: list[SuggestedGift]


@dataclass(frozen=True, slots=True)
class CeilingLeft:
    """Either of money, `*_minor`, or of a count, `*_gifts`; the others are null. `unit` "retail": at the price in the shop.

    `until`: when it starts afresh; null for a ceiling that never fills. `days`: of a window that rolls. `name`: a budget's.
    """

    ceiling: Ceiling
    unit: Unit
    limit_minor: int | None
    left_minor: int | None
    limit_gifts: int | None
    left_gifts: int | None
    currency: str
    until: datetime | None
    name: str
    days: int | None


@dataclass(frozen=True, slots=True)
class BudgetLeft:
    ceilings: list[CeilingLeft]


@dataclass(frozen=True, slots=True)
class GrantDecided:
    """`ceiling`, `limit_minor`, `left_minor`: of the ceiling that decided, null where none did, or where it is a count.

    `nearest_minor`: the dearest gift that would be granted, null where nothing would. `approvers`: who could approve it.
    """

    outcome: Literal["granted", "needs-approval", "refused"]
    grant_id: int | None
    customer: str
    sku: str
    value_minor: int
    currency: str
    ceiling: Ceiling | None
    limit_minor: int | None
    left_minor: int | None
    over_by_minor: int | None
    nearest_minor: int | None
    approvers: list[str]
    why: Why | None
    message: str
    ceilings: list[CeilingLeft]


@dataclass(frozen=True, slots=True)
class GrantUndone:
    grant_id: int
    state: GrantState
    value_minor: int
    currency: str


# --- what is done ---------------------------------------------------------------------------------------------------


def id_of(session: Session, external_id: str) -> int:
    return customers.get_by_external_id(session, external_id).id


def customer(session: Session, external_id: str, *, today: date) -> CustomerSheet:
    """Five queries."""
    found = customers.get_by_external_id(session, external_id)
    known = people.panel(session, found.id, today=today)
    promised = promises.panel(session, found.id, today=today).open
    return CustomerSheet(
        external_id=known.external_id,
        name=known.name,
        said_as=known.said_as,
        address_as=known.address_as,
        language=known.language,
        tier=known.tier,
        since=known.since,
        stops=known.stops,
        alerts=known.alerts,
        facts=known.facts,
        promises=[PromiseLine(p.text, p.due_on, p.owner, p.is_late) for p in promised],
    )


def add_note(
    session: Session, actor: Actor, external_id: str, note: NoteToAdd, *, key: str, now: datetime
) -> NoteAdded:
    found = customers.get_by_external_id(session, external_id)
    about = items.get_by_sku(session, note.item).sku if note.item else ""
    form = notes.NewNote(
        form_key=key,
        text=note.text,
        kind=note.kind,
        channel=note.channel,
        order=note.order or "",
        item=about,
        sku=about,
        is_alert=note.is_alert,
        review_on=note.review_on,
        is_confirmed=note.is_confirmed,
        guard_reason=note.guard_reason or "",
    )
    note_id = notes.record(session, actor, found.id, form, source=Origin(note.source), now=now)
    return NoteAdded(note_id, found.external_id)


def suggest(
    session: Session, actor: Actor, stand: Stand, external_id: str, wanted: Wanted, *, today: date, now: datetime
) -> SuggestedGifts:
    """Never worth more, at the basis of the actor's limit, than what the actor may still give this customer."""
    found = customers.get_by_external_id(session, external_id)
    if (limit := limit_rows.find_limit(session, actor, now)) is None:
        return SuggestedGifts([])
    left = most_left(rooms_of_gift(session, actor, limit, found, order_id=None, now=now))
    at_most = left if wanted.max_value_minor is None else min(left, wanted.max_value_minor)
    basket = None if wanted.basket is None else list(items.ids_of(session, wanted.basket).values())
    taste = taste_of(session, found, basket, today=today)
    used_up = list_used_up(session, stand, day_of(now, limit.zone))
    proposed = gifts(
        session,
        stand,
        taste,
        limit,
        giver=actor.role,
        used_up=used_up,
        at_most_minor=at_most,
        today=today,
        k=wanted.k,
    )
    return SuggestedGifts(
        [
            SuggestedGift(
                sku=one.item.sku,
                name=one.item.name,
                price_minor=one.item.price_minor,
                currency=one.item.currency,
                because=[item.sku for item in one.because],
                source=one.source,
                sentence=one.sentence,
            )
            for one in proposed
        ]
    )


def grant(session: Session, actor: Actor, gift: Gift, *, key: str, now: datetime) -> GrantDecided:
    """Once per key, at today's price. Raises NotFound for an order that is not this customer's."""
    receiver = customers.get_by_external_id(session, gift.customer)
    item = items.get_by_sku(session, gift.sku)
    order = customers.get_order(session, receiver.id, gift.order) if gift.order else None
    outcome = grants.give(session, actor, receiver, item, order.id if order else None, key=key, now=now)
    return GrantDecided(
        outcome=outcome.kind,
        grant_id=outcome.grant_id,
        customer=receiver.external_id,
        sku=item.sku,
        value_minor=outcome.value_minor,
        currency=outcome.currency,
        ceiling=Ceiling(outcome.ceiling) if outcome.ceiling else None,
        limit_minor=None if outcome.unit == Unit.GIFTS else outcome.most,
        left_minor=None if outcome.unit == Unit.GIFTS else outcome.left,
        over_by_minor=outcome.over_by_minor,
        nearest_minor=outcome.nearest_minor,
        approvers=outcome.approvers,
        why=Why(outcome.why) if outcome.why else None,
        message=outcome.sentence,
        ceilings=[_left(room) for room in outcome.rooms],
    )


def undo(session: Session, actor: Actor, grant_id: int, *, now: datetime) -> GrantUndone:
    undone = settling.undo(session, actor, grant_id, now=now)
    session.refresh(undone, ["state"])  # it was changed by an UPDATE under a condition, behind the row's back
    return GrantUndone(undone.id, undone.state, undone.value_minor, undone.currency)


def budget(session: Session, actor: Actor, asked: BudgetFor, *, now: datetime) -> BudgetLeft:
    """No ceilings where nobody set a limit for the actor's role."""
    receiver = customers.get_by_external_id(session, asked.customer).id if asked.customer else None
    left = limits.left(session, actor, receiver, now=now)
    rooms = [room_dict(room, left.currency) for room in left.rooms] if left else []
    return BudgetLeft([_left(room) for room in rooms])


def _left(room: dict[str, Any]) -> CeilingLeft:
    """Of a room as it was stored under its key."""
    is_count = room["unit"] == Unit.GIFTS
    most, left = room["most"], room["left"]
    return CeilingLeft(
        ceiling=Ceiling(room["ceiling"]),
        unit=Unit(room["unit"]),
        limit_minor=None if is_count else most,
        left_minor=None if is_count else left,
        limit_gifts=most if is_count else None,
        left_gifts=left if is_count else None,
        currency=room["currency"],
        until=datetime.fromisoformat(room["until"]) if room["until"] else None,
        name=room["name"],
        days=room["days"],
    )
