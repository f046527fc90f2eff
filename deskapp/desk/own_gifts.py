"""A giver's own gifts: what was given, how much a week, what is left, and what a manager would ask about."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk import exceptions, limits
from deskapp.desk.exceptions import TITLES, Finding
from deskapp.desk.limits import Left
from deskapp.rules.exceptions import MIN_GIFTS, Kind
from deskapp.rules.people import Actor
from deskapp.rules.periods import day_of
from deskapp.rules.words import say
from deskapp.store import given
from deskapp.store import limits as limit_rows
from deskapp.store.gift_tables import KEPT, GrantState
from deskapp.store.given import Lent, Own

_SHOWN = 100
STATE_WORDS = {
    GrantState.RESERVED: say("to be handed over"),
    GrantState.COMMITTED: say("handed over"),
    GrantState.UNDONE: say("taken back"),
    GrantState.DECLINED: say("declined"),
    GrantState.EXPIRED: say("expired"),
    GrantState.CANCELLED: say("cancelled with the order"),
    GrantState.RETURNED: say("came back"),
}


@dataclass(frozen=True, slots=True)
class OwnGift:
    at: datetime
    customer_id: int
    customer: str
    item: str
    value_minor: int
    currency: str
    state: str
    is_kept: bool
    approver: str


@dataclass(frozen=True, slots=True)
class Week:
    """Kept gifts of the week from Monday `starts_on`. Only `own_minor` and `lent_minor` count under the giver's ceiling.

    `approved_minor`: of gifts that drew on whoever approved them; `lent_minor`: of colleagues' gifts that drew on the
    giver. `most_minor` is today's ceiling for a week, None without one.
    """

    starts_on: date
    gifts: int
    own_minor: int
    approved_minor: int
    lent_minor: int
    currency: str
    most_minor: int | None


@dataclass(frozen=True, slots=True)
class Figure:
    title: str
    count: int
    of: int
    usual: float | None

    @property
    def share(self) -> float:
        return self.count / self.of


@dataclass(frozen=True, slots=True)
class OwnGiftsPanel:
    """`gifts`: the newest hundred of `total`. `figures`: empty where too few gifts say nothing."""

    days: int
    total: int
    gifts: list[OwnGift]
    weeks: list[Week]
    figures: list[Figure]
    findings: list[Finding]
    left: Left | None


def panel(session: Session, actor: Actor, days: int, *, zone: str, now: datetime) -> OwnGiftsPanel:
    """A dozen queries. The figures are the very ones that managers see."""
    since = now - timedelta(days=days)
    own, lent = given.list_own(session, actor.staff_id, since), given.list_lent(session, actor.staff_id, since)
    looked = exceptions.look(session, days, zone=zone, now=now) if len(own) >= MIN_GIFTS else None
    mine = {
        kind: [share for share in shares if share.giver == actor.staff_id]
        for kind, shares in (looked.shares if looked else {}).items()
    }
    notable = {kind: [share for share in shares if share.is_notable] for kind, shares in mine.items()}
    return OwnGiftsPanel(
        days=days,
        total=len(own),
        gifts=[_gift(one) for one in own[:_SHOWN]],
        weeks=_weeks(session, actor, own, lent, zone, now),
        figures=[
            Figure(TITLES[kind], share.count, share.of, share.usual)
            for kind in (Kind.JUST_UNDER, Kind.WAITING, Kind.ROUND, Kind.HOURS, Kind.TAKEN_BACK)
            for share in mine.get(kind, [])
        ],
        findings=exceptions.word(session, looked, notable, you=actor.staff_id) if looked else [],
        left=limits.left(session, actor, None, now=now),
    )


def _gift(one: Own) -> OwnGift:
    return OwnGift(
        at=one.granted_at,
        customer_id=one.customer_id,
        customer=one.customer,
        item=one.item,
        value_minor=one.value_minor,
        currency=one.currency,
        state=STATE_WORDS[one.state],
        is_kept=one.state in KEPT,
        approver=one.approver or "",
    )


def _weeks(
    session: Session, actor: Actor, own: Sequence[Own], lent: Sequence[Lent], zone: str, now: datetime
) -> list[Week]:
    """Newest first, by currency where there are several; weeks of the limit's own zone, as it counts them."""
    limit = limit_rows.find_limit(session, actor, now)
    counted_in = limit.zone if limit else zone
    weeks: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for one in own:
        if one.state in KEPT:
            values = weeks[_monday(one.granted_at, counted_in), one.currency]
            values.update({"gifts": 1, "approved" if one.approver else "own": one.value_minor})
    for at, minor, currency in lent:
        weeks[_monday(at, counted_in), currency]["lent"] += minor
    return [
        Week(
            monday,
            values["gifts"],
            values["own"],
            values["approved"],
            values["lent"],
            currency,
            limit.per_giver_per_week_minor if limit and limit.currency == currency else None,
        )
        for (monday, currency), values in sorted(weeks.items(), reverse=True)
    ]


def _monday(at: datetime, zone: str) -> date:
    day = day_of(at, zone)
    return day - timedelta(days=day.weekday())
