"""What is worth asking about in the giving of gifts: for managers of everybody, for each giver of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk.wording import number
from deskapp.rules import exceptions
from deskapp.rules.exceptions import Given, Kind, Share
from deskapp.rules.words import Said, nsay, say, together
from deskapp.store import customers, given, staff

PERIODS = (30, 90, 365)  # days
_SAID = 3  # rows that a finding reads aloud
_LINKS = 5  # customers that a row links to

TITLES = {
    Kind.SAME_RECEIVER: say("Often to the same customer"),
    Kind.JUST_UNDER: say("Just under a limit"),
    Kind.SPLIT: say("Several gifts instead of one"),
    Kind.WAITING: say("Promised, and not handed over"),
    Kind.ROUND: say("Round numbers"),
    Kind.STAFF: say("Customers called like staff"),
    Kind.HOURS: say("Outside the usual hours"),
    Kind.TAKEN_BACK: say("Taken back"),
}
WHY = {
    Kind.SAME_RECEIVER: say("Gifts to one and the same person may be friendship, or a customer who had much trouble."),
    Kind.JUST_UNDER: say(
        "Gifts that are worth nearly all that may be given at once: a limit may be too low, or read as a target."
    ),
    Kind.SPLIT: say(
        "Gifts to one customer within a day that together are more than one gift may be: nobody was asked to approve."
    ),
    Kind.WAITING: say(
        "Gifts that nobody handed over or delivered within two weeks: forgotten, or never meant for the customer."
    ),
    Kind.ROUND: say(
        "Gifts at multiples of five, more than the shop has such prices: a sum may have come before the thought."
    ),
    Kind.STAFF: say("A customer with the name or the account of somebody who works here may be the same person."),
    Kind.HOURS: say("Gifts in hours in which hardly anybody gives."),
    Kind.TAKEN_BACK: say("Gifts that staff took back again: wrong taps, or second thoughts."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One giver's figure, or with one customer. `usual`: what to compare with, None where nothing is."""

    giver: str
    count: int
    of: int
    usual: float | None
    words: str
    customers: list[tuple[int, str]]
    more_customers: int = 0

    @property
    def share(self) -> float:
        return self.count / self.of


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Kind
    title: str
    why: str
    reading: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class ExceptionsPanel:
    """`quiet`: titles of what was looked at too. `hours`: everybody's gifts by hour, and which hours are unusual."""

    days: int
    gifts: int
    givers: int
    findings: list[Finding]
    quiet: list[str]
    hours: tuple[int, ...]
    rare_hours: frozenset[int]


@dataclass(frozen=True, slots=True)
class Looked:
    """Every share of every giver, notable or not."""

    gifts: Sequence[Given]
    shares: dict[Kind, list[Share]]
    staff_of: dict[int, int]  # customer -> staff who may be the same person
    hours: tuple[int, ...]
    rare_hours: frozenset[int]


def panel(session: Session, days: int, *, zone: str, now: datetime) -> ExceptionsPanel:
    """Seven queries, however much was given."""
    looked = look(session, days, zone=zone, now=now)
    notable = {kind: [share for share in shares if share.is_notable] for kind, shares in looked.shares.items()}
    findings = word(session, looked, notable)
    return ExceptionsPanel(
        days=days,
        gifts=len(looked.gifts),
        givers=len({gift.giver for gift in looked.gifts}),
        findings=findings,
        quiet=[TITLES[kind] for kind in Kind if not notable[kind]],
        hours=looked.hours,
        rare_hours=looked.rare_hours,
    )


def look(session: Session, days: int, *, zone: str, now: datetime) -> Looked:
    """Four queries."""
    since = now - timedelta(days=days)
    gifts = given.list_given(session, since)
    hours = exceptions.by_hour(gifts, zone)
    staff_of = exceptions.staff_among(*given.customers_like_staff(session, since))
    shares = {
        Kind.SAME_RECEIVER: exceptions.same_receiver(gifts),
        Kind.JUST_UNDER: exceptions.just_under(gifts),
        Kind.SPLIT: exceptions.split(gifts),
        Kind.WAITING: exceptions.waiting(gifts, now),
        Kind.ROUND: exceptions.round_numbers(gifts, _round_prices(session, gifts)),
        Kind.STAFF: exceptions.to_staff(gifts, staff_of),
        Kind.HOURS: hours.shares,
        Kind.TAKEN_BACK: exceptions.taken_back(gifts),
    }
    return Looked(gifts, shares, staff_of, hours.counts, hours.rare)


def _round_prices(session: Session, gifts: Iterable[Given]) -> float | None:
    """The share of round prices among what these givers could give."""
    prices = given.list_prices(session, max((gift.price_minor for gift in gifts), default=0))
    total = sum(count for *_, count in prices)
    are_round = sum(count for price, currency, count in prices if exceptions.is_round(price, currency))
    return are_round / total if total else None


# --- words ----------------------------------------------------------------------------------------------------------


def word(session: Session, looked: Looked, shares: dict[Kind, list[Share]], you: int = 0) -> list[Finding]:
    """`you`: the staff whose own findings these are. No order of suspicion: givers by name. Two queries."""
    staff_names = staff.names(session)
    wanted = {customer for of_kind in shares.values() for share in of_kind for customer in share.customers[:_LINKS]}
    customer_names = customers.names(session, wanted)
    found = []
    for kind, of_kind in shares.items():
        if of_kind:
            names = _Names(staff_names, customer_names, looked.staff_of, you)
            rows = sorted((_row(kind, share, names) for share in of_kind), key=lambda row: row.giver.casefold())
            found.append(Finding(kind, TITLES[kind], WHY[kind], _reading(rows), rows))
    return found


@dataclass(frozen=True, slots=True)
class _Names:
    staff: dict[int, str]
    customers: dict[int, str]
    staff_of: dict[int, int]
    you: int


def _row(kind: Kind, share: Share, names: _Names) -> Row:
    shown = share.customers[:_LINKS]
    return Row(
        giver=names.staff.get(share.giver, ""),
        count=share.count,
        of=share.of,
        usual=share.usual,
        words=_words(kind, share, names),
        customers=[(one, names.customers.get(one, "")) for one in shown],
        more_customers=len(share.customers) - len(shown),
    )


def _words(kind: Kind, share: Share, names: _Names) -> Said:
    said = _of_yours if share.giver == names.you else _of_a_giver
    return said(kind, share, _values(kind, share, names))


def _of_yours(kind: Kind, share: Share, values: dict[str, object]) -> Said:
    match kind:
        case Kind.SAME_RECEIVER:
            return say("{count} of your {of} gifts went to {customer}; by chance about {by_chance} would.", **values)
        case Kind.SPLIT:
            return nsay(
                "Once you gave one customer within a day more than one gift may be worth.",
                "{n} times you gave one customer within a day more than one gift may be worth.",
                share.count,
            )
        case Kind.STAFF:
            return nsay(
                "{count} of your {n} gift went to {customer}, who may be {same}.",
                "{count} of your {n} gifts went to {customer}, who may be {same}.",
                share.of,
                **values,
            )
        case Kind.JUST_UNDER:
            return say(
                "{count} of your {of} gifts were worth within a tenth of the most that may be given at once{beside}.",
                **values,
            )
        case Kind.WAITING:
            return say(
                "{count} of your {of} gifts that are older than two weeks were not handed over{beside}.", **values
            )
        case Kind.ROUND:
            return say("{count} of your {of} gifts were at a round price{beside}.", **values)
        case Kind.HOURS:
            return say("{count} of your {of} gifts were given outside the usual hours{beside}.", **values)
        case Kind.TAKEN_BACK:
            return say("{count} of your {of} gifts were taken back{beside}.", **values)


def _of_a_giver(kind: Kind, share: Share, values: dict[str, object]) -> Said:
    match kind:
        case Kind.SAME_RECEIVER:
            return say(
                "{count} of {giver}’s {of} gifts went to {customer}; by chance about {by_chance} would.", **values
            )
        case Kind.SPLIT:
            return nsay(
                "Once {giver} gave one customer within a day more than one gift may be worth.",
                "{n} times {giver} gave one customer within a day more than one gift may be worth.",
                share.count,
                **values,
            )
        case Kind.STAFF:
            return nsay(
                "{count} of {giver}’s {n} gift went to {customer}, who may be {same}.",
                "{count} of {giver}’s {n} gifts went to {customer}, who may be {same}.",
                share.of,
                **values,
            )
        case Kind.JUST_UNDER:
            return say(
                "{count} of {giver}’s {of} gifts were worth within a tenth of the most that may be given at once{beside}.",
                **values,
            )
        case Kind.WAITING:
            return say(
                "{count} of {giver}’s {of} gifts that are older than two weeks were not handed over{beside}.", **values
            )
        case Kind.ROUND:
            return say("{count} of {giver}’s {of} gifts were at a round price{beside}.", **values)
        case Kind.HOURS:
            return say("{count} of {giver}’s {of} gifts were given outside the usual hours{beside}.", **values)
        case Kind.TAKEN_BACK:
            return say("{count} of {giver}’s {of} gifts were taken back{beside}.", **values)


def _values(kind: Kind, share: Share, names: _Names) -> dict[str, object]:
    return {
        "count": share.count,
        "of": share.of,
        "giver": names.staff.get(share.giver, ""),
        "customer": names.customers.get(share.customers[0], "") if share.customers else "",
        "by_chance": number(share.of * (share.usual or 0), "0.0"),
        "same": _same(share, names) if kind is Kind.STAFF else "",
        "beside": _beside(kind, share.usual),
    }


def _same(share: Share, names: _Names) -> str:
    other = names.staff_of[share.customers[0]]
    if other != share.giver:
        return names.staff.get(other, "")
    return say("you") if names.you else say("the giver")


def _beside(kind: Kind, usual: float | None) -> str:
    if usual is None:
        return ""
    if kind is Kind.ROUND:
        return say("; of the shop’s prices {share} are", share=_percent(usual))
    if not usual:
        return say("; half of all givers have none")
    return say("; for the middle one of all givers it is {share}", share=_percent(usual))


def _percent(share: float) -> str:
    if share and share < 0.01:
        return say("less than 1 %")
    return f"{100 * share:.0f} %"


def _reading(rows: Sequence[Row]) -> Said:
    more = len(rows) - _SAID
    others = nsay("So it is with one other.", "So it is with {n} others.", more) if more > 0 else ""
    return together([*(row.words for row in rows[:_SAID]), others, say("Worth asking why.")])
