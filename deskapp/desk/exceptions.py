"""What is worth asking about in the giving of gifts: for managers of everybody, for each giver of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.rules import exceptions
from deskapp.rules.exceptions import Given, Kind, Share
from deskapp.store import given, staff

PERIODS = (30, 90, 365)  # days
_SAID = 3  # rows that a finding reads aloud
_LINKS = 5  # customers that a row links to

TITLES = {
    Kind.SAME_RECEIVER: "Often to the same customer",
    Kind.JUST_UNDER: "Just under a limit",
    Kind.SPLIT: "Several gifts instead of one",
    Kind.WAITING: "Promised, and not handed over",
    Kind.ROUND: "Round numbers",
    Kind.STAFF: "Customers called like staff",
    Kind.HOURS: "Outside the usual hours",
    Kind.TAKEN_BACK: "Taken back",
}
WHY = {
    Kind.SAME_RECEIVER: "Gifts to one and the same person may be friendship, or a customer who had much trouble.",
    Kind.JUST_UNDER: "Gifts that are worth nearly all that may be given at once: a limit may be too low, or read as a target.",
    Kind.SPLIT: "Gifts to one customer within a day that together are more than one gift may be: nobody was asked to approve.",
    Kind.WAITING: "Gifts that nobody handed over or delivered within two weeks: forgotten, or never meant for the customer.",
    Kind.ROUND: "Gifts at multiples of five, more than the shop has such prices: a sum may have come before the thought.",
    Kind.STAFF: "A customer with the name or the account of somebody who works here may be the same person.",
    Kind.HOURS: "Gifts in hours in which hardly anybody gives.",
    Kind.TAKEN_BACK: "Gifts that staff took back again: wrong taps, or second thoughts.",
}
_COUNTED = {
    Kind.JUST_UNDER: "were worth within a tenth of the most that may be given at once",
    Kind.WAITING: "that are older than two weeks were not handed over",
    Kind.ROUND: "were at a round price",
    Kind.HOURS: "were given outside the usual hours",
    Kind.TAKEN_BACK: "were taken back",
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
    customer_names = given.customer_names(session, wanted)
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

    def whose(self, giver: int) -> str:
        return "your" if giver == self.you else f"{self.staff.get(giver, '')}’s"


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


def _words(kind: Kind, share: Share, names: _Names) -> str:
    whose = names.whose(share.giver)
    customer = names.customers.get(share.customers[0], "") if share.customers else ""
    match kind:
        case Kind.SAME_RECEIVER:
            usual = share.of * (share.usual or 0)
            return f"{share.count} of {whose} {share.of} gifts went to {customer}; by chance about {usual:.1f} would."
        case Kind.SPLIT:
            times = "Once" if share.count == 1 else f"{share.count} times"
            giver = "you" if share.giver == names.you else names.staff.get(share.giver, "")
            return f"{times} {giver} gave one customer within a day more than one gift may be worth."
        case Kind.STAFF:
            other = names.staff_of[share.customers[0]]
            same = ("you" if names.you else "the giver") if other == share.giver else names.staff.get(other, "")
            return f"{share.count} of {whose} {_gifts(share.of)} went to {customer}, who may be {same}."
        case Kind.JUST_UNDER | Kind.WAITING | Kind.ROUND | Kind.HOURS | Kind.TAKEN_BACK:
            return f"{share.count} of {whose} {share.of} gifts {_COUNTED[kind]}{_beside(kind, share.usual)}."


def _gifts(count: int) -> str:
    return f"{count} gift" if count == 1 else f"{count} gifts"


def _beside(kind: Kind, usual: float | None) -> str:
    if usual is None:
        return ""
    if kind is Kind.ROUND:
        return f"; of the shop’s prices {_percent(usual)} are"
    return f"; for the middle one of all givers it is {_percent(usual)}" if usual else "; half of all givers have none"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 or not share else "less than 1 %"


def _reading(rows: Sequence[Row]) -> str:
    more = f" So it is with {len(rows) - _SAID} others." if len(rows) > _SAID else ""
    return f"{' '.join(row.words for row in rows[:_SAID])}{more} Worth asking why."
