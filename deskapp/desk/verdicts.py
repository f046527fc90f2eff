"""What was decided on one gift, in words and figures: the same on every surface, and kept under its key."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal

from deskapp.desk.wording import day_words, money
from deskapp.rules.authority import (
    Ceiling,
    Granted,
    NeedsApproval,
    Refused,
    Room,
    Unit,
    Verdict,
    Why,
    most_left,
    tightest,
)
from deskapp.rules.periods import day_of
from deskapp.store.items import ItemRow
from deskapp.store.tables import Item


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided, as it is stored under its key and told to everybody who asks with that key again.

    `ceiling`, `most`, `left`, `unit`: of the one that decided. `nearest_minor`: the dearest gift that would be granted,
    None where nothing would.
    """

    kind: Literal["granted", "needs-approval", "refused"]
    item_name: str
    currency: str
    value_minor: int
    sentence: str
    grant_id: int | None = None
    why: str = ""
    ceiling: str = ""
    unit: str = ""
    most: int | None = None
    left: int | None = None
    over_by_minor: int | None = None
    nearest_minor: int | None = None
    approvers: list[str] = field(default_factory=list)
    rooms: list[dict[str, Any]] = field(default_factory=list)

    def to_keep(self) -> dict[str, Any]:
        """Its fields by name; nothing is copied, as `asdict` copies every room. What a customer must not get is told and not kept:
        nobody could say later of whom it was, to forget it.
        """
        kept = {one.name: getattr(self, one.name) for one in fields(self)}
        return kept | {"sentence": _must_not(self.item_name)} if self.why == Why.HARD_STOP else kept


def outcome(
    verdict: Verdict, item: Item | ItemRow, currency: str, *, zone: str, now: datetime, grant_id: int | None = None
) -> Outcome:
    """`zone`: where the days of the sentence are counted."""
    worth, rooms = verdict.worth, verdict.rooms
    told: dict[str, Any] = {
        "item_name": item.name,
        "currency": currency,
        "value_minor": worth.value_minor if worth else 0,
        "sentence": _sentence(verdict, item, currency, zone, day_of(now, zone)),
        "rooms": [room_dict(room, currency) for room in rooms],
    }
    match verdict:
        case Granted():
            named = _named(tightest(_filling(rooms) or rooms))
            return Outcome(kind="granted", grant_id=grant_id, **told, **named)
        case NeedsApproval(room=room, over_by_minor=over, approvers=approvers):
            told |= {"over_by_minor": over, "approvers": list(approvers), "nearest_minor": _nearest(rooms)}
            return Outcome(kind="needs-approval", **told, **_named(room))
        case Refused(room=maybe, why=why):
            named = _named(maybe) if maybe else {}
            return Outcome(kind="refused", why=why.value, nearest_minor=_nearest(rooms), **told, **named)


def _nearest(rooms: tuple[Room, ...]) -> int | None:
    return most_left(rooms) or None


def _named(room: Room) -> dict[str, Any]:
    """The ceiling that decided."""
    return {"ceiling": room.ceiling.value, "unit": room.unit.value, "most": room.most, "left": room.left}


def room_dict(room: Room, currency: str) -> dict[str, Any]:
    return {
        "ceiling": room.ceiling.value,
        "unit": room.unit.value,
        "most": room.most,
        "left": room.left,
        "currency": currency,
        "until": room.until.isoformat() if room.until else None,
        "name": room.name,
        "days": room.days,
    }


# --- sentences ------------------------------------------------------------------------------------------------------


def where(room: Room) -> str:
    """Under which ceiling, to follow "what is left"."""
    return {
        Ceiling.PER_GIFT: "for one gift",
        Ceiling.ORDER_SHARE: "as a share of the order",
        Ceiling.PER_GIVER_PER_DAY: "for you today",
        Ceiling.PER_GIVER_PER_WEEK: "for you this week",
        Ceiling.PER_GIVER_PER_MONTH: "for you this month",
        Ceiling.PER_CUSTOMER_PER_MONTH: "for this customer this month",
        Ceiling.PER_CUSTOMER_IN_DAYS: f"for this customer within {room.days} days",
        Ceiling.GIFTS_IN_DAYS: f"for this customer within {room.days} days",
        Ceiling.GIFTS_PER_YEAR: "for this customer within a year",
        Ceiling.GAP: "for this customer",
        Ceiling.BUDGET: f"in the budget “{room.name}”",
        Ceiling.RECEIVER_PER_GIFT: "for one gift to a receiver of this kind",
        Ceiling.RECEIVER_PER_YEAR: "for a receiver of this kind within a year",
        Ceiling.CAPACITY: "of this today",
    }[room.ceiling]


def _sentence(verdict: Verdict, item: Item | ItemRow, currency: str, zone: str, today: date) -> str:
    match verdict:
        case Granted(rooms=rooms):
            return f"{item.name} is given.{_still(rooms, currency)}"
        case NeedsApproval(room=room, approvers=approvers):
            over, left = money(verdict.over_by_minor, currency), money(room.left, currency)
            more = f"{item.name} is {over} more than what is left {where(room)} ({left})."
            return f"{more} {_either(approvers)} can approve it."
        case Refused(room=room):
            if room is None:
                return _plain(verdict, item.name, item.currency, currency)
            return _over(room, verdict, item, currency, zone, today)


def _filling(rooms: tuple[Room, ...]) -> list[Room]:
    """The money that is counted down: a ceiling for one gift is not."""
    return [room for room in rooms if room.fills and room.unit is not Unit.GIFTS]


def _still(rooms: tuple[Room, ...], currency: str) -> str:
    if not (filling := _filling(rooms)):
        return ""
    room = tightest(filling)
    return f" You may still give {money(room.left, currency)} {where(room).removeprefix('for you ')}."


def _either(names: tuple[str, ...]) -> str:
    shown = names[:3]
    return " or ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def _over(room: Room, refused: Refused, item: Item | ItemRow, currency: str, zone: str, today: date) -> str:
    if room.ceiling is Ceiling.CAPACITY:
        return f"{item.name} can be given {room.most} times a day, and that is used up.{_again(room, zone, today)}"
    if room.unit is Unit.GIFTS or refused.worth is None:
        return _count_words(room, zone, today)
    costs, left, nearest = (
        money(room.takes(refused.worth), currency),
        money(room.left, currency),
        _nearest(refused.rooms),
    )
    could = f" A gift of up to {money(nearest, currency)} could be given." if nearest else _again(room, zone, today)
    return f"{item.name} costs {costs}; what is left {where(room)} is {left}.{could}"


def count_words(room: Room, zone: str, now: datetime) -> str:
    """That a count of gifts is used up, and from when there is room again."""
    return _count_words(room, zone, day_of(now, zone))


def _count_words(room: Room, zone: str, today: date) -> str:
    again = _again(room, zone, today)
    if room.ceiling is Ceiling.GAP:
        return f"Gifts to one customer are at least {room.days} days apart.{again}"
    within = "a year" if room.ceiling is Ceiling.GIFTS_PER_YEAR else f"{room.days} days"
    return f"A customer is given at most {_gifts(room.most)} within {within}.{again}"


def _again(room: Room, zone: str, today: date) -> str:
    return f" The next is possible from {day_words(day_of(room.until, zone), today)}." if room.until else ""


def _gifts(count: int) -> str:
    return f"{count} gift" if count == 1 else f"{count} gifts"


def why_nothing(refused: Refused, currency: str) -> str:
    """Of a refusal that no particular gift is to blame for."""
    return _plain(refused, "This", currency, currency)


def _must_not(name: str, why: str = "") -> str:
    return f"{name} must not be given to this customer{why}."


def _plain(refused: Refused, name: str, priced_in: str, currency: str) -> str:
    return {
        Why.NO_LIMIT: "Nobody has set yet what you may give.",
        Why.NO_RECEIVER_LIMIT: "Nobody has set yet what a business or a public office may be given.",
        Why.NOT_ELIGIBLE: f"This customer is not among those who may be given something: {refused.detail}",
        Why.REGULAR: "Their gifts come like clockwork. What is expected is no surprise; let this time pass.",
        Why.BAIT: f"Nothing is given before a sale: {refused.detail}",
        Why.NOT_YOURS: f"{name} is for somebody with a larger role to give.",
        Why.OTHER_CURRENCY: f"{name} is priced in {priced_in}, your limit is in {currency}.",
        Why.NOT_GIFTABLE: f"{name} is not something we give away.",
        Why.NO_VALUE: f"{name} has neither price nor cost, so nobody can count it. Put one into the catalogue first.",
        Why.OUT_OF_STOCK: f"{name} is out of stock.",
        Why.HARD_STOP: _must_not(name, f" ({refused.detail})"),
    }[refused.why]
