"""The register of gifts to businesses and public offices, as an auditor reads it: nothing ever leaves it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO

from sqlmodel import Session

from deskapp.desk.own_gifts import STATE_WORDS
from deskapp.desk.wording import money
from deskapp.rules.money import to_text
from deskapp.rules.people import Receiver
from deskapp.rules.periods import day_of, day_starts_at
from deskapp.rules.words import say
from deskapp.store import given
from deskapp.store.gift_tables import KEPT, ReceiverVersion
from deskapp.store.given import Change, ToReceiver

YEARS = range(2000, 2200)
KIND_WORDS = {
    Receiver.BUSINESS: say("business"),
    Receiver.PUBLIC: say("public office"),
    Receiver.PERSON: say("person"),
}
_HEADER = (
    "gift", "date", "receiver", "kind", "item", "price in the shop", "currency", "giver", "approver", "reason", "state"
)  # fmt: skip
_ACTING = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is a formula to a spreadsheet


@dataclass(frozen=True, slots=True)
class Entry:
    grant_id: int
    on: date
    customer_id: int
    receiver: str
    kind: str
    item: str
    price_minor: int
    currency: str
    giver: str
    approver: str
    reason: str
    state: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class RegisterPanel:
    """`sums`: of what was kept, by currency and in words. `years`: with gifts of any kind, this one the first."""

    year: int
    years: list[int]
    entries: list[Entry]
    kept: int
    sums: list[str]


def panel(session: Session, year: int, *, zone: str, now: datetime) -> RegisterPanel:
    """Four queries."""
    entries = list_entries(session, year, zone=zone)
    first = given.first_granted_at(session)
    this_year = day_of(now, zone).year
    sums: dict[str, int] = {}
    for entry in entries:
        if entry.is_kept:
            sums[entry.currency] = sums.get(entry.currency, 0) + entry.price_minor
    return RegisterPanel(
        year=year,
        years=list(range(this_year, (day_of(first, zone).year if first else this_year) - 1, -1)),
        entries=entries,
        kept=sum(entry.is_kept for entry in entries),
        sums=[money(total, currency) for currency, total in sorted(sums.items())],
    )


def list_entries(session: Session, year: int, *, zone: str) -> list[Entry]:
    """Newest first. Three queries.

    What the customer was, and from which worth on gifts were noted, is taken as it stood when the gift was made: a company
    that is called a person later stays in the register.
    """
    since, until = day_starts_at(date(year, 1, 1), zone), day_starts_at(date(year + 1, 1, 1), zone)
    changes = given.list_receiver_changes(session)
    editions = given.list_receiver_editions(session)
    entries = []
    for gift in given.list_to_receivers(session, since, until):
        receiver = receiver_then(gift.receiver, changes.get(gift.customer_id, []), gift.granted_at)
        if receiver is not Receiver.PERSON and _is_noted(gift, edition_then(editions, receiver, gift.granted_at)):
            entries.append(_entry(gift, receiver, zone))
    return entries


def receiver_then(today: Receiver, changes: Sequence[Change], at: datetime) -> Receiver:
    """What the first change after that moment says it was before; without one what it is today."""
    return next((change.was for change in changes if change.at > at), today)


def edition_then(editions: given.Editions, receiver: Receiver, at: datetime) -> ReceiverVersion | None:
    """The newest that counted at that moment."""
    counted = [
        version
        for version, said in editions
        if version.receiver is receiver
        and version.set_at <= at
        and (not version.needs_agreement or (said is not None and said.is_agreed and said.said_at <= at))
    ]
    return counted[-1] if counted else None


def _is_noted(gift: ToReceiver, edition: ReceiverVersion | None) -> bool:
    """All of it where nothing says from which worth on, or says so in another currency."""
    if edition is None or edition.currency != gift.currency:
        return True
    return gift.price_minor >= edition.register_from_minor


def _entry(gift: ToReceiver, receiver: Receiver, zone: str) -> Entry:
    return Entry(
        grant_id=gift.grant_id,
        on=day_of(gift.granted_at, zone),
        customer_id=gift.customer_id,
        receiver=gift.customer,
        kind=KIND_WORDS[receiver],
        item=gift.item,
        price_minor=gift.price_minor,
        currency=gift.currency,
        giver=gift.giver,
        approver=gift.approver or "",
        reason=gift.reason or "",
        state=STATE_WORDS[gift.state],
        is_kept=gift.state in KEPT,
    )


# --- as a file ------------------------------------------------------------------------------------------------------


def as_csv(entries: Sequence[Entry]) -> str:
    """RFC 4180. Words that a spreadsheet would reckon with get an apostrophe before them."""
    out = StringIO()
    rows = csv.writer(out)
    rows.writerow(_HEADER)
    rows.writerows([_harmless(cell) for cell in _cells(entry)] for entry in entries)
    return out.getvalue()


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        str(entry.grant_id), entry.on.isoformat(), entry.receiver, entry.kind, entry.item,
        to_text(entry.price_minor, entry.currency), entry.currency, entry.giver, entry.approver, entry.reason, entry.state,
    )  # fmt: skip


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_ACTING) else cell
