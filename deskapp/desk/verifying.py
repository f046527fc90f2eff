"""`deskapp audit verify`: do the books balance, and was anything changed behind our back? Reads one snapshot of a live desk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import seals
from deskapp.rules.authority import AuthorityLimit, Basis, customer_bucket, giver_bucket, is_capacity
from deskapp.rules.periods import Period, day_of
from deskapp.store import seals as stored_seals
from deskapp.store import verifying as stored
from deskapp.store.gift_tables import KEPT, ApprovalState, GrantState, LedgerKind
from deskapp.store.tables import Seal
from deskapp.store.verifying import APPEND_ONLY, Asked, Granted, Moved, Told

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


def verify(session: Session, exported: str | None = None) -> Iterator[Check]:
    """Each check as soon as it is done. `exported`: what a file of seals holds."""
    approvals = stored.approvals(session)
    yield _buckets(session)
    yield from _gifts(session, approvals)
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


# --- gifts ----------------------------------------------------------------------------------------------------------


def _gifts(session: Session, approvals: Mapping[int, Asked]) -> Iterator[Check]:
    """Three checks, in one pass over all gifts: their ledgers, their values with their audit, and their approvals."""
    ledgers, values, seconds = Check(), Check(), Check()
    limits, told = stored.limits(session), _Told(stored.read_told(session))
    granted: dict[int, int] = {}  # approval -> gift
    count = 0
    for grant, moved in stored.read_grants(session):
        count += 1
        limit, asked = limits.get(grant.limit_version_id), approvals.get(grant.approval_id or 0)
        for fault in ledger_faults(grant, moved, limit, asked):
            ledgers.blame(f"Gift {grant.id}: {fault}")
        for fault in value_faults(grant, limit):
            values.blame(f"Gift {grant.id}: {fault}")
        told.expect(grant)
        if grant.approval_id is not None:
            for fault in approval_faults(grant, asked, granted):
                seconds.blame(f"Gift {grant.id}: {fault}")
            granted[grant.approval_id] = grant.id
    for fault in told.faults():
        values.blame(fault)
    for asked in approvals.values():
        for fault in second_person_faults(asked, has_gift=asked.id in granted):
            seconds.blame(f"Approval {asked.id}: {fault}")
    ledgers.says = f"{count:,} gifts stand as their ledger says, each under every ceiling of its limit."
    values.says = f"{count:,} gifts are worth what their limit measures, no more than it allows, and are in the audit."
    seconds.says = f"{len(approvals):,} approvals were decided by a second person, each gift by its own."
    yield from (ledgers, values, seconds)


def ledger_faults(
    grant: Granted, moved: Sequence[Moved], limit: AuthorityLimit | None, asked: Asked | None
) -> Iterator[str]:
    amounts: dict[LedgerKind, dict[str, int]] = {kind: {} for kind in LedgerKind}
    for line in moved:
        amounts[line.kind][line.bucket_key] = line.amount_minor
    reserved, released = amounts[LedgerKind.RESERVE], amounts[LedgerKind.RELEASE]
    if any(amount != (1 if is_capacity(key) else grant.value_minor) for key, amount in reserved.items()):
        yield "its ledger reserves something else than it is worth."
    if limit is not None and not set(_buckets_of(grant, limit, asked)) <= set(reserved):
        yield "its ledger leaves out a bucket that its limit fills."
    if released != ({} if grant.state in KEPT else {key: -amount for key, amount in reserved.items()}):
        yield f"it is {grant.state.value}, which is not what its ledger released."
    if amounts[LedgerKind.COMMIT] != (dict.fromkeys(reserved, 0) if grant.committed_at else {}):
        yield "its ledger does not say when it was handed over as the gift does."
    yield from _stamp_faults(grant)


def _stamp_faults(grant: Granted) -> Iterator[str]:
    """Only what was handed over has a moment of that, or what came back thereafter."""
    if (grant.released_at is None) is not (grant.state in KEPT):
        yield f"it is {grant.state.value}, and its moment of release says something else."
    may_be_committed = grant.state in {GrantState.COMMITTED, GrantState.RETURNED}
    if (grant.committed_at is not None and not may_be_committed) or (
        grant.committed_at is None and grant.state is GrantState.COMMITTED
    ):
        yield f"it is {grant.state.value}, and its moment of handing over says something else."


def _buckets_of(grant: Granted, limit: AuthorityLimit, asked: Asked | None) -> Iterator[str]:
    """Those of the giver, or of whose authority it was, and of the customer; budgets come and go apart from a limit."""
    day = day_of(grant.granted_at, limit.zone)
    giver = (asked.on_behalf_of or asked.decided_by or grant.staff_id) if asked else grant.staff_id
    for most, period in (
        (limit.per_giver_per_day_minor, Period.DAY),
        (limit.per_giver_per_week_minor, Period.WEEK),
        (limit.per_giver_per_month_minor, Period.MONTH),
    ):
        if most is not None:
            yield giver_bucket(giver, period, day, limit.currency)
    if limit.per_customer_per_month_minor is not None:
        yield customer_bucket(grant.customer_id, day, limit.currency)


def value_faults(grant: Granted, limit: AuthorityLimit | None) -> Iterator[str]:
    if limit is None:
        yield f"the edition {grant.limit_version_id} that judged it is not there."
        return
    is_price = limit.basis is Basis.PRICE
    if grant.value_minor != (grant.price_minor if is_price else grant.cost_minor):
        yield f"it is worth {grant.value_minor}, which is not its {limit.basis.value}."
    most = limit.per_gift_minor if grant.approval_id is None else limit.approves_up_to_minor or 0
    if grant.value_minor > most:
        yield f"it is worth {grant.value_minor}, and edition {limit.version_id} allows {most}."
    if grant.currency != limit.currency:
        yield f"it is in {grant.currency}, and edition {limit.version_id} in {limit.currency}."


class _Told:
    """Two streams that run in nearly the same order, the gifts and the audit of them: each waits for its other half."""

    def __init__(self, lines: Iterator[Told]) -> None:
        self._lines = lines
        self._gifts: dict[int, Granted] = {}
        self._told: dict[int, Told] = {}
        self._wrong: list[str] = []

    def expect(self, grant: Granted) -> None:
        self._gifts[grant.id] = grant
        self._hear(next(self._lines, None))
        self._match(grant.id)

    def _hear(self, line: Told | None) -> None:
        if line is not None:
            grant_id = line.details.get("grant", 0)
            self._told[grant_id] = line
            self._match(grant_id)

    def _match(self, grant_id: int) -> None:
        if grant_id in self._gifts and grant_id in self._told:
            grant, line = self._gifts.pop(grant_id), self._told.pop(grant_id)
            said = (line.details.get("value_minor"), line.details.get("currency"), line.staff_id, line.subject)
            if said != (grant.value_minor, grant.currency, grant.staff_id, f"customer:{grant.customer_id}"):
                self._wrong.append(f"Gift {grant_id}: audit line {line.id} says something else of it.")

    def faults(self) -> Iterator[str]:
        for line in self._lines:
            self._hear(line)
        yield from self._wrong
        yield from (f"Gift {grant_id}: no audit line says that it was given." for grant_id in self._gifts)
        yield from (f"Audit line {line.id} is of a gift that is not there." for line in self._told.values())


def approval_faults(grant: Granted, asked: Asked | None, granted: Mapping[int, int]) -> Iterator[str]:
    if asked is None:
        yield f"approval {grant.approval_id} is not there."
        return
    if asked.state is not ApprovalState.APPROVED:
        yield f"approval {asked.id} is {asked.state.value}."
    if asked.id in granted:
        yield f"approval {asked.id} is that of gift {granted[asked.id]} already."
    if (asked.asked_by, asked.customer_id, asked.item_id, asked.price_minor) != (
        grant.staff_id,
        grant.customer_id,
        grant.item_id,
        grant.price_minor,
    ):
        yield f"approval {asked.id} is of another gift."


def second_person_faults(asked: Asked, *, has_gift: bool) -> Iterator[str]:
    is_decided = asked.state in {ApprovalState.APPROVED, ApprovalState.DECLINED}
    if asked.decided_by == asked.asked_by:
        yield "who asked for it decided it."
    if is_decided and asked.decided_by is None:
        yield f"it is {asked.state.value}, and nobody decided it."
    if asked.state is ApprovalState.APPROVED and not has_gift:
        yield "it is approved, and there is no gift."


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
