"""`deskapp audit verify`: do the books balance, and was anything changed behind our back? Reads one snapshot of a live desk."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import seals, verifying_gifts
from deskapp.desk.verifying_told import (
    OF_APPROVALS,
    OF_EDITIONS,
    Agreements,
    Editions,
    approval_faults,
    edition_faults,
    second_person_faults,
)
from deskapp.store import seals as stored_seals
from deskapp.store import verifying as stored
from deskapp.store.gift_tables import EditionOf, LimitVersion
from deskapp.store.limits import as_limit
from deskapp.store.tables import Seal
from deskapp.store.verifying import APPEND_ONLY, Told

_NAMED = 10


@dataclass(slots=True)
class Check:
    """`says` what holds where nothing is wrong; `faults` names the first ten of `count`."""

    says: str = ""
    faults: list[str] = field(default_factory=list)
    count: int = 0

    def blame(self, fault: str) -> None:
        self.count += 1
        if len(self.faults) < _NAMED:
            self.faults.append(fault)

    def blame_all(self, whose: str, faults: Iterable[str]) -> None:
        for fault in faults:
            self.blame(f"{whose}{fault}")


def verify(session: Session, exported: str | None = None) -> Iterator[Check]:
    """Each check as soon as it is done. `exported`: what a file of seals holds."""
    editions, agreements = stored.editions(session), stored.agreements(session)
    yield _buckets(session)
    yield _editions(editions, agreements, stored.read_told(session, *OF_EDITIONS))
    yield from _gifts(session, editions, agreements)
    yield _seals(session, exported)
    yield _guards(session)


# --- buckets --------------------------------------------------------------------------------------------------------


def _buckets(session: Session) -> Check:
    count = stored.count_buckets(session)
    check = Check(f"{count:,} buckets hold what their ledger says, and none is over its ceiling.")
    for held in stored.list_unbalanced(session):
        if held.spent_minor != held.ledger_minor:
            check.blame(f"Bucket {held.key} holds {held.spent_minor}, its ledger says {held.ledger_minor}.")
        if held.spent_minor > held.limit_minor:
            check.blame(f"Bucket {held.key} holds {held.spent_minor}, its ceiling is {held.limit_minor}.")
    for line_id in stored.list_lost_lines(session):
        check.blame(f"Ledger line {line_id} is of a gift or a bucket that is not there.")
    return check


# --- authority ------------------------------------------------------------------------------------------------------


def _editions(editions: Editions, agreements: Agreements, lines: Iterator[Told]) -> Check:
    count = sum(map(len, editions.values()))
    check = Check(
        f"{count:,} editions of limits, budgets and receivers are as the audit says; nobody agreed to their own."
    )
    check.blame_all("", edition_faults(editions, agreements, lines))
    return check


# --- gifts ----------------------------------------------------------------------------------------------------------


def _gifts(session: Session, editions: Editions, agreements: Agreements) -> Iterator[Check]:
    """Four checks, in one pass over all gifts: their ledgers, their values with their audit, windows of days, approvals."""
    ledgers, values, rolling, seconds = Check(), Check(), Check(), Check()
    judges = {row.id: row for row in editions[EditionOf.LIMIT].values() if isinstance(row, LimitVersion)}
    limits = {row.id: as_limit(row) for row in judges.values()}
    approvals, told = stored.approvals(session), verifying_gifts.ToldGifts(stored.read_told(session, "gift.granted"))
    windows = verifying_gifts.Windows(limits)
    granted: dict[int, int] = {}  # approval -> gift
    count = 0
    for grant, moved in stored.read_grants(session):
        count += 1
        limit, asked = limits.get(grant.limit_version_id), approvals.get(grant.approval_id or 0)
        ledgers.blame_all(f"Gift {grant.id}: ", verifying_gifts.ledger_faults(grant, moved, limit, asked))
        values.blame_all(f"Gift {grant.id}: ", verifying_gifts.value_faults(grant, limit))
        if limit is not None:
            said = agreements.get((EditionOf.LIMIT, limit.version_id))
            judged = verifying_gifts.edition_faults(grant, judges[limit.version_id], said)
            values.blame_all(f"Gift {grant.id}: ", judged)
        rolling.blame_all(f"Gift {grant.id}: ", windows.faults(grant, limit))
        told.expect(grant, counts_all=verifying_gifts.counts_always(moved))
        if grant.approval_id is not None:
            seconds.blame_all(f"Gift {grant.id}: ", verifying_gifts.approval_faults(grant, asked, granted))
            granted[grant.approval_id] = grant.id
    values.blame_all("", told.faults())
    for asked in approvals.values():
        seconds.blame_all(f"Approval {asked.id}: ", second_person_faults(asked, has_gift=asked.id in granted))
    seconds.blame_all("", approval_faults(approvals, stored.read_told(session, *OF_APPROVALS)))
    ledgers.says = f"{count:,} gifts stand as their ledger says, each under every ceiling of its limit."
    values.says = f"{count:,} gifts are worth what their limit measures, no more than it allows, and are in the audit."
    rolling.says = f"{count:,} gifts fit into the windows of days that roll over their customers."
    seconds.says = (
        f"{len(approvals):,} approvals were decided by a second person, as the audit says, each gift by its own."
    )
    yield from (ledgers, values, rolling, seconds)


# --- seals and guards -----------------------------------------------------------------------------------------------


def _seals(session: Session, exported: str | None) -> Check:
    kept = stored_seals.list_seals(session)
    windows = stored_seals.read_windows(session, [one.sealed_until for one in kept]) if kept else []
    lines = sum(window.lines for window in windows)
    check = Check(f"{len(kept):,} seals hold, over {lines:,} lines{_until(kept)}.")
    previous: Seal | None = None
    for one, window in zip(kept, windows, strict=True):
        if previous is not None and one.sealed_until <= previous.sealed_until:
            check.blame(f"Seal {one.id} does not follow seal {previous.id}.")
        if window.lines != one.lines:
            check.blame(
                f"Seal {one.id} was made of {one.lines:,} lines{_since(previous)}; now there are {window.lines:,}."
            )
        elif one.digest != window.digest(previous.digest if previous else "", one.sealed_until):
            check.blame(f"Seal {one.id} does not fit: a line{_since(previous)} was changed, or the seal itself.")
        previous = one
    if exported is not None:
        _compare(check, {one.id: one for one in kept}, exported)
    return check


def _until(kept: Sequence[Seal]) -> str:
    return f" until {_moment(kept[-1].sealed_until)}" if kept else ""


def _since(previous: Seal | None) -> str:
    return f" since {_moment(previous.sealed_until)}" if previous else ""


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _compare(check: Check, kept: Mapping[int, Seal], exported: str) -> None:
    records = seals.read_records(exported)
    check.says = f"{check.says[:-1]}, {len(records):,} of them as they were exported."
    for number, record in enumerate(records, 1):
        if record is None:
            check.blame(f"Line {number} of the file is not a seal.")
        elif (one := kept.get(record["id"])) is None:
            check.blame(f"Seal {record['id']} was exported, and is not there any more.")
        elif one.digest != record["digest"]:
            check.blame(f"Seal {one.id} was exported with another digest.")


def _guards(session: Session) -> Check:
    check = Check(f"{len(APPEND_ONLY)} append-only tables refuse to be changed.")
    for table in stored.list_unguarded(session):
        check.blame(f"The table {table} can be changed: its trigger is gone, altered or switched off.")
    return check
