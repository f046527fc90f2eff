"""What was decided on one gift, in words and figures: the same on every surface, and kept under its key."""

from collections.abc import Mapping
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
from deskapp.rules.counts import days
from deskapp.rules.periods import day_of
from deskapp.rules.stops import StopKind
from deskapp.rules.words import Said, npsay, nsay, or_list, psay, quoted, recalled, say, to_keep, together
from deskapp.store.items import ItemRow
from deskapp.store.tables import Item


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided, as it is stored under its key and told to everybody who asks with that key again: in English in the same
    words, else anew in the reader's tongue.

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

    def __post_init__(self) -> None:
        if not isinstance(self.sentence, Said):
            object.__setattr__(self, "sentence", recalled(self.sentence))

    def to_keep(self) -> dict[str, Any]:
        """Its fields by name; nothing is copied, as `asdict` copies every room. What a customer must not get is told and not kept:
        nobody could say later of whom it was, to forget it.
        """
        kept = {one.name: getattr(self, one.name) for one in fields(self)}
        if self.why == Why.HARD_STOP:
            kept["sentence"] = say("{item} must not be given to this customer.", item=self.item_name)
        kept["sentence"] = to_keep(kept["sentence"])
        return kept


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


_WHERE = {  # under which ceiling, to follow "what is left"
    Ceiling.PER_GIFT: say("for one gift"),
    Ceiling.ORDER_SHARE: say("as a share of the order"),
    Ceiling.PER_GIVER_PER_DAY: say("for you today"),
    Ceiling.PER_GIVER_PER_WEEK: say("for you this week"),
    Ceiling.PER_GIVER_PER_MONTH: say("for you this month"),
    Ceiling.PER_CUSTOMER_PER_MONTH: say("for this customer this month"),
    Ceiling.GIFTS_PER_YEAR: say("for this customer within a year"),
    Ceiling.GAP: say("for this customer"),
    Ceiling.RECEIVER_PER_GIFT: say("for one gift to a receiver of this kind"),
    Ceiling.RECEIVER_PER_YEAR: say("for a receiver of this kind within a year"),
    Ceiling.CAPACITY: say("of this today"),
}
_OWN = {  # where the sentence is about "you" already
    Ceiling.PER_GIVER_PER_DAY: say("today"),
    Ceiling.PER_GIVER_PER_WEEK: say("this week"),
    Ceiling.PER_GIVER_PER_MONTH: say("this month"),
}


def where(room: Room) -> Said:
    if room.ceiling is Ceiling.BUDGET:
        return say("in the budget {name}", name=quoted(room.name))
    if room.ceiling in {Ceiling.PER_CUSTOMER_IN_DAYS, Ceiling.GIFTS_IN_DAYS}:
        return say("for this customer within {days}", days=days(room.days or 0))
    return _WHERE[room.ceiling]


def _sentence(verdict: Verdict, item: Item | ItemRow, currency: str, zone: str, today: date) -> Said:
    match verdict:
        case Granted(rooms=rooms):
            return together([say("{item} is given.", item=item.name), _still(rooms, currency)])
        case NeedsApproval(room=room, approvers=approvers):
            more = say(
                "{item} is {over} more than what is left {where} ({left}).",
                item=item.name,
                over=money(verdict.over_by_minor, currency),
                where=where(room),
                left=money(room.left, currency),
            )
            return together([more, say("{names} can approve it.", names=or_list(approvers[:3]))])
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
    here = _OWN.get(room.ceiling) or where(room)
    return say("You may still give {amount} {where}.", amount=money(room.left, currency), where=here)


def _over(room: Room, refused: Refused, item: Item | ItemRow, currency: str, zone: str, today: date) -> Said:
    if room.ceiling is Ceiling.CAPACITY:
        up = nsay(
            "{item} can be given once a day, and that is used up.",
            "{item} can be given {n} times a day, and that is used up.",
            room.most,
            item=item.name,
        )
        return together([up, _again(room, zone, today)])
    if room.unit is Unit.GIFTS or refused.worth is None:
        return _count_words(room, zone, today)
    short = say(
        "{item} costs {costs}; what is left {where} is {left}.",
        item=item.name,
        costs=money(room.takes(refused.worth), currency),
        where=where(room),
        left=money(room.left, currency),
    )
    if nearest := _nearest(refused.rooms):
        could = say("A gift of up to {amount} could be given.", amount=money(nearest, currency))
        return together([short, could])
    return together([short, _again(room, zone, today)])


def count_words(room: Room, zone: str, now: datetime) -> Said:
    """That a count of gifts is used up, and from when there is room again."""
    return _count_words(room, zone, day_of(now, zone))


def _count_words(room: Room, zone: str, today: date) -> Said:
    return together([_at_most(room), _again(room, zone, today)])


def _at_most(room: Room) -> Said:
    if room.ceiling is Ceiling.GAP:
        return say("Gifts to one customer are at least {days} apart.", days=days(room.days or 0))
    if room.ceiling is Ceiling.GIFTS_PER_YEAR:
        return say("A customer is given at most {gifts} within a year.", gifts=_gifts(room.most))
    return say("A customer is given at most {gifts} within {days}.", gifts=_gifts(room.most), days=days(room.days or 0))


def _gifts(count: int) -> Said:
    return npsay("were given", "{n} gift", "{n} gifts", count)


def _again(room: Room, zone: str, today: date) -> str:
    if room.until is None:
        return ""
    return say("The next is possible from {day}.", day=day_words(day_of(room.until, zone), today))


def why_nothing(refused: Refused, currency: str) -> Said:
    """Of a refusal that no particular gift is to blame for."""
    return _plain(refused, psay("a gift", "This"), currency, currency)


def _plain(refused: Refused, name: str, priced_in: str, currency: str) -> Said:
    match refused.why:
        case Why.NOT_ELIGIBLE:
            return say("This customer is not among those who may be given something: {detail}", detail=refused.detail)
        case Why.BAIT:
            return say("Nothing is given before a sale: {detail}", detail=refused.detail)
        case Why.NOT_YOURS:
            return say("{item} is for somebody with a larger role to give.", item=name)
        case Why.OTHER_CURRENCY:
            return say(
                "{item} is priced in {priced_in}, your limit is in {currency}.",
                item=name,
                priced_in=priced_in,
                currency=currency,
            )
        case Why.NOT_GIFTABLE:
            return say("{item} is not something we give away.", item=name)
        case Why.NO_VALUE:
            return say(
                "{item} has neither price nor cost, so nobody can count it. Put one into the catalogue first.",
                item=name,
            )
        case Why.OUT_OF_STOCK:
            return say("{item} is out of stock.", item=name)
        case Why.HARD_STOP:
            return say(
                "{item} must not be given to this customer ({reason}).",
                item=name,
                reason=_STOPS.get(refused.detail, refused.detail),
            )
    return _OF_NO_GIFT[refused.why]


_STOPS: Mapping[str, str] = {  # what stands for the words of a stop that has none
    StopKind.ALLERGY: psay("a stop", "allergy"),
    StopKind.DISLIKE: psay("a stop", "dislike"),
    StopKind.NO_GIFTS: psay("a stop", "no-gifts"),
}
_OF_NO_GIFT = {
    Why.NO_LIMIT: say("Nobody has set yet what you may give."),
    Why.NO_RECEIVER_LIMIT: say("Nobody has set yet what a business or a public office may be given."),
    Why.REGULAR: say("Their gifts come like clockwork. What is expected is no surprise; let this time pass."),
}
