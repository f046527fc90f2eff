"""What the shop puts forward or holds back by hand: an item hidden, pinned or boosted, for a reason and until a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field
from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed, ShortWords
from deskapp.desk.wording import money
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.rules.steering import Steer
from deskapp.rules.words import Said, say
from deskapp.store import items, models, staff
from deskapp.store import steering as rows
from deskapp.store.tables import Item, ItemKind, Steering

STEER_WORDS = {
    Steer.PIN: say("Put it first, wherever it may be shown"),
    Steer.BOOST: say("Boost it: it comes up sooner"),
    Steer.STRONG_BOOST: say("Boost it strongly: it comes up much sooner"),
    Steer.HIDE: say("Hide it: it is not suggested to anybody"),
}
_LONGEST = timedelta(days=366)
_CHOICES = 12
_LONGEST_WORDS = 200  # characters; what was typed is shown again before anybody has looked at it

State = Literal["now", "to come", "ended", "withdrawn"]


class NewSteering(Keyed):
    """`item`: a SKU, or words of the name; `sku` says which one is meant where several are called like that."""

    item: ShortWords
    sku: Annotated[str, Field(max_length=120)] = ""
    steer: Steer
    reason: ShortWords
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class SteeringRow:
    id: int
    item_name: str
    sku: str
    steer: Steer
    reason: str
    starts_on: date
    ends_on: date
    set_by: str
    set_at: datetime
    state: State
    withdrawn_by: str
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class SteeringPanel:
    """`choices`: SKU and words of the items that were meant by what was typed, where there are several."""

    current: list[SteeringRow]
    over: list[SteeringRow]
    choices: list[tuple[str, str]]
    steers: list[tuple[str, str]]
    today: date


def panel(session: Session, *, asked: str = "", today: date) -> SteeringPanel:
    """Four queries. `asked`: what was typed for an item just now, "" for nothing."""
    names = staff.names(session)
    found = [_row(row, item, names, today) for row, item in rows.list_all(session, since=today)]
    return SteeringPanel(
        current=[row for row in found if row.state in {"now", "to come"}],
        over=[row for row in found if row.state in {"ended", "withdrawn"}],
        choices=choices(session, asked),
        steers=[(steer.value, words) for steer, words in STEER_WORDS.items()],
        today=today,
    )


def choices(session: Session, asked: str) -> list[tuple[str, str]]:
    """None where the words say which one is meant."""
    found = items.find_items(session, asked[:_LONGEST_WORDS], _CHOICES) if asked.strip() and "\0" not in asked else []
    return [(item.sku, words_of(item)) for item in found] if len(found) > 1 else []


def words_of(item: Item) -> Said:
    return say("{item}, {price} ({sku})", item=item.name, price=money(item.price_minor, item.currency), sku=item.sku)


def _row(row: Steering, item: Item, names: dict[int, str], today: date) -> SteeringRow:
    return SteeringRow(
        id=row.id,
        item_name=item.name,
        sku=item.sku,
        steer=row.steer,
        reason=row.reason,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        set_by=names.get(row.set_by, ""),
        set_at=row.set_at,
        state=_state(row, today),
        withdrawn_by=names.get(row.withdrawn_by or 0, ""),
        withdrawn_at=row.withdrawn_at,
    )


def _state(row: Steering, today: date) -> State:
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.ends_on < today:
        return "ended"
    return "now" if row.starts_on <= today else "to come"


def put(session: Session, actor: Actor, form: NewSteering, *, today: date, now: datetime) -> None:
    """Counts in the very next answer; a change is a new one, and the old one withdrawn."""
    item = the_item(session, form.item, form.sku)
    if problems := _problems(form, item, today):
        raise Invalid(problems)
    if idempotency.claim(session, actor, "steering", form.form_key, form.model_dump(), now=now) is not None:
        return
    row = Steering(
        item_id=item.id,
        steer=form.steer,
        reason=form.reason,
        starts_on=form.starts_on,
        ends_on=form.ends_on,
        set_by=actor.staff_id,
        set_at=now,
    )
    session.add(row)
    session.flush()
    models.bump(session, models.STEERING)
    days = {"starts_on": row.starts_on.isoformat(), "ends_on": row.ends_on.isoformat()}
    subject = f"item:{item.id}"
    audit.write(session, actor, "steering.set", subject, now=now, steering=row.id, steer=row.steer.value, **days)


def withdraw(session: Session, actor: Actor, steering_id: int, *, now: datetime) -> None:
    """Withdrawing twice changes nothing."""
    row = rows.get_steering(session, steering_id)
    if row.withdrawn_at is None:
        row.withdrawn_by, row.withdrawn_at = actor.staff_id, now
        models.bump(session, models.STEERING)
        audit.write(session, actor, "steering.withdrawn", f"item:{row.item_id}", now=now, steering=row.id)


def the_item(session: Session, words: str, sku: str = "") -> Item:
    """Raises Invalid for "item" where nothing is called like that, or several are and `sku` names none of them."""
    found = items.find_items(session, words, _CHOICES)
    if len(found) == 1:
        return found[0]
    chosen = next((item for item in found if item.sku == sku), None)
    if chosen is None:
        several = say("Several items are called like that. Please choose one.")
        raise Invalid(
            {"item": several if found else say("Nothing in the catalogue has this SKU, or these words in its name.")}
        )
    return chosen


def _problems(form: NewSteering, item: Item, today: date) -> dict[str, str]:
    problems: dict[str, str] = {}
    if item.kind is ItemKind.GIFT_CARD:
        problems["item"] = say("A gift card is never suggested, so there is nothing to steer.")
    if form.ends_on < max(form.starts_on, today):
        problems["ends_on"] = say("Please choose a last day that is still to come and not before the first.")
    elif form.ends_on - form.starts_on > _LONGEST:
        problems["ends_on"] = say("At most a year at a time, so that nothing is put forward for ever by mistake.")
    return problems
