"""How the gifts stand that a second person was asked for: on the asker's panel, and in the queue of who may decide."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from deskapp.desk import grants
from deskapp.desk.approvers import Authority, list_approvers, list_authorities
from deskapp.desk.grants import Gift
from deskapp.desk.verdicts import Outcome
from deskapp.desk.wording import age, money
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import Said, say
from deskapp.store import approvals as rows
from deskapp.store import given, staff
from deskapp.store.approvals import Asked
from deskapp.store.customers import called
from deskapp.store.gift_tables import Approval, ApprovalState
from deskapp.store.staff import as_actor
from deskapp.store.tables import Item

HOURS = 4  # how long one waits

_TOLD_FOR = timedelta(hours=12)  # how long an answer stands on the asker's panel
_LATELY_DAYS = 60
_WHEN = {
    "per_giver_per_day": say("today"),
    "per_giver_per_week": say("this week"),
    "per_giver_per_month": say("this month"),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What a customer was given in the last `days` days and kept; `sums` in words, one for each currency."""

    days: int
    gifts: int
    sums: list[str]


class OfDecider(NamedTuple):
    minor: int
    when: str


@dataclass(frozen=True, slots=True)
class AskedRow:
    """`state`: as it is now, so one whose time has run out is never waiting."""

    id: int
    customer_id: int
    customer_name: str
    item_id: int
    item_name: str
    value_minor: int
    currency: str
    reason: str
    asker: str
    asked_at: datetime
    expires_at: datetime
    state: ApprovalState
    decided_by: str
    on_behalf_of: str
    decided_at: datetime | None
    answer: str
    obstacle: str = ""  # why it cannot be approved just now
    kept: Kept | None = None  # by the customer lately; only for whoever decides
    would_leave: str = ""  # of the period it would be drawn from, in words
    approvers: list[tuple[int, str]] = field(default_factory=list)  # staff ids and names


# --- how it stands --------------------------------------------------------------------------------------------------


def state_of(approval: Approval, now: datetime) -> ApprovalState:
    """The hourly sweep may be late; what has run out is over all the same."""
    has_run_out = approval.state is ApprovalState.WAITING and approval.expires_at <= now
    return ApprovalState.EXPIRED if has_run_out else approval.state


def get_own(session: Session, actor: Actor, approval_id: int, *, now: datetime) -> AskedRow:
    """Raises NotFound for what somebody else asked for."""
    asked = rows.get_asked(session, approval_id)
    if asked.approval.asked_by != actor.staff_id:
        raise NotFound(say("Nobody asked for this."))
    return _rows(session, [asked], now)[0]


def get_mine(session: Session, actor: Actor, approval_id: int, *, now: datetime) -> tuple[AskedRow, Asked]:
    """For its asker, and for whoever may decide it or did; NotFound for others."""
    asked = rows.get_asked(session, approval_id)
    concerned = {asked.approval.asked_by, asked.approval.decided_by, asked.approval.on_behalf_of}
    if actor.staff_id not in concerned and not _reaching(list_authorities(session, actor, now=now), asked):
        raise NotFound(say("Nobody asked for this."))
    return _rows(session, [asked], now)[0], asked


def list_on_panel(session: Session, actor: Actor, customer_id: int, *, now: datetime) -> list[AskedRow]:
    """What the actor asked for this customer: what waits, and what was answered lately. One to two queries, more if one waits."""
    asked = rows.list_asked_by(session, actor.staff_id, customer_id=customer_id)
    fresh = [one for one in asked if _is_fresh(one.approval, now)]
    return [
        replace(row, approvers=_approvers(session, one, now)) if row.state is ApprovalState.WAITING else row
        for one, row in zip(fresh, _rows(session, fresh, now), strict=True)
    ]


def count(session: Session, actor: Actor, *, now: datetime) -> int:
    """How many wait that the actor may decide. One query where nothing waits."""
    return len(_to_decide(session, actor, now))


def list_to_decide(session: Session, actor: Actor, *, now: datetime) -> list[AskedRow]:
    """The oldest first, each with what would keep the actor from approving it now. Some ten queries for each."""
    found = _to_decide(session, actor, now)
    told = _rows(session, [asked for asked, _ in found], now)
    return [
        _with_what_decides(session, row, asked, actor, held.of, now)
        for row, (asked, held) in zip(told, found, strict=True)
    ]


def list_asked(session: Session, actor: Actor, *, now: datetime) -> list[AskedRow]:
    return _rows(session, rows.list_asked_by(session, actor.staff_id), now)


def list_decided(session: Session, actor: Actor, *, now: datetime) -> list[AskedRow]:
    """By the actor or on their behalf, the newest first."""
    return _rows(session, rows.list_decided_for(session, actor.staff_id), now)


def _to_decide(session: Session, actor: Actor, now: datetime) -> list[tuple[Asked, Authority]]:
    waiting = [one for one in rows.list_waiting(session, now) if one.approval.asked_by != actor.staff_id]
    held = list_authorities(session, actor, now=now) if waiting else []
    return [(one, authority) for one in waiting if (authority := _reaching(held, one))]


def _reaching(held: list[Authority], asked: Asked) -> Authority | None:
    return next((one for one in held if one.reaches(asked.approval.asked_by, asked.item)), None)


def _is_fresh(approval: Approval, now: datetime) -> bool:
    match state_of(approval, now):
        case ApprovalState.WAITING:
            return True
        case ApprovalState.APPROVED | ApprovalState.DECLINED:
            return approval.decided_at is not None and now - approval.decided_at < _TOLD_FOR
        case ApprovalState.EXPIRED:
            return now - approval.expires_at < _TOLD_FOR
        case ApprovalState.WITHDRAWN:
            return False


def _rows(session: Session, found: list[Asked], now: datetime) -> list[AskedRow]:
    """One query for the names, none where nothing was decided."""
    whos = {who for one in found for who in (one.approval.decided_by, one.approval.on_behalf_of) if who is not None}
    names = staff.names(session, whos) if whos else {}
    return [_row(one, names, now) for one in found]


def _row(asked: Asked, names: dict[int, str], now: datetime) -> AskedRow:
    approval = asked.approval
    state = state_of(approval, now)
    return AskedRow(
        id=approval.id,
        customer_id=approval.customer_id,
        customer_name=called(asked.customer),
        item_id=asked.item.id,
        item_name=asked.item.name,
        value_minor=approval.value_minor,
        currency=approval.currency,
        reason=approval.reason,
        asker=asked.asker.name,
        asked_at=approval.asked_at,
        expires_at=approval.expires_at,
        state=state,
        decided_by=names.get(approval.decided_by or 0, ""),
        on_behalf_of=names.get(approval.on_behalf_of or 0, ""),
        decided_at=approval.decided_at,
        answer=approval.answer,
        obstacle=moved_words(approval, asked.item) if state is ApprovalState.WAITING else "",
    )


def _approvers(session: Session, asked: Asked, now: datetime) -> list[tuple[int, str]]:
    able = list_approvers(session, as_actor(asked.asker), asked.item, now=now)
    return sorted({(one.decider.staff_id, one.decider.name) for one in able}, key=lambda one: one[1])


def _with_what_decides(
    session: Session, row: AskedRow, asked: Asked, decider: Actor, authority: Actor, now: datetime
) -> AskedRow:
    gift = Gift(as_actor(asked.asker), asked.customer, asked.item, asked.approval.order_id, authority)
    foreseen = grants.foresee(session, gift, now=now)
    is_free = foreseen.kind == "granted"
    who = "" if authority.staff_id == decider.staff_id else authority.name
    return replace(
        row,
        obstacle=row.obstacle or ("" if is_free else foreseen.sentence),
        kept=_kept(session, asked.customer.id, now),
        would_leave=_would_leave(foreseen, who) if is_free else "",
    )


def _kept(session: Session, customer_id: int, now: datetime) -> Kept:
    sums: Counter[str] = Counter()
    prices = given.list_kept_prices(session, customer_id, now - timedelta(days=_LATELY_DAYS))
    for price_minor, currency in prices:
        sums[currency] += price_minor
    return Kept(_LATELY_DAYS, len(prices), [money(minor, currency) for currency, minor in sorted(sums.items())])


def _would_leave(foreseen: Outcome, who: str) -> str:
    """`who` "": the one who reads it."""
    if (left := of_decider(foreseen)) is None:
        return ""
    amount = money(left.minor - foreseen.value_minor, foreseen.currency)
    if not who:
        return say("This would leave you {amount} {when}.", amount=amount, when=left.when)
    return say("This would leave {name} {amount} {when}.", name=who, amount=amount, when=left.when)


def of_decider(outcome: Outcome) -> OfDecider | None:
    """What is left of the tightest day, week or month it is drawn from; None where no period bounds it."""
    rooms = [room for room in outcome.rooms if room["ceiling"] in _WHEN]
    tightest = min(rooms, key=lambda room: int(room["left"]), default=None)
    return OfDecider(tightest["left"], _WHEN[tightest["ceiling"]]) if tightest else None


def is_current(approval: Approval, item: Item) -> bool:
    then = (approval.price_minor, approval.cost_minor, approval.currency)
    return then == (item.price_minor, item.cost_minor, item.currency)


def moved_words(approval: Approval, item: Item) -> str:
    """Nothing while the price and the cost are as they were when it was asked for."""
    if is_current(approval, item):
        return ""
    if (item.price_minor, item.currency) == (approval.price_minor, approval.currency):
        return say(
            "The cost of {item} was {was} when it was asked for, and is {now} now.",
            item=item.name,
            was=money(approval.cost_minor, approval.currency),
            now=money(item.cost_minor, item.currency),
        )
    return say(
        "The price of {item} was {was} when it was asked for, and is {now} now.",
        item=item.name,
        was=money(approval.price_minor, approval.currency),
        now=money(item.price_minor, item.currency),
    )


def over_words(session: Session, asked: Asked, now: datetime) -> Said:
    approval, name = asked.approval, asked.item.name
    who = staff.names(session, [approval.decided_by]).get(approval.decided_by, "") if approval.decided_by else ""
    when = age(min(approval.decided_at or approval.expires_at, now), now)
    match state_of(approval, now):
        case ApprovalState.APPROVED:
            return say("{who} approved {item} {when}.", who=who, item=name, when=when)
        case ApprovalState.DECLINED:
            return say("{who} declined {item} {when}.", who=who, item=name, when=when)
        case ApprovalState.WITHDRAWN:
            return say("{who} withdrew this {when}.", who=asked.asker.name, when=when)
        case ApprovalState.EXPIRED:
            return say(
                "This waited for {hours} hours and is over. {who} can ask anew.", hours=HOURS, who=asked.asker.name
            )
        case ApprovalState.WAITING:
            return say("This still waits.")
