"""What can be wrong with one gift: its ledger, its worth, the edition that judged it, its line in the audit."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from deskapp.rules.authority import (
    YEAR_DAYS,
    AuthorityLimit,
    Basis,
    Given,
    Worth,
    always_counted,
    customer_bucket,
    customer_rooms,
    giver_bucket,
    is_capacity,
)
from deskapp.rules.periods import Period, day_of
from deskapp.store.gift_tables import KEPT, Agreement, ApprovalState, GrantState, LedgerKind, LimitVersion
from deskapp.store.verifying import Asked, Granted, Moved, Told

IN_STEP = timedelta(minutes=5)
"""A gift says when it was asked for; what another machine, not quite in step, wrote while it waited may say a bit later."""


# --- its ledger -----------------------------------------------------------------------------------------------------


def ledger_faults(
    grant: Granted, moved: Sequence[Moved], limit: AuthorityLimit | None, asked: Asked | None
) -> Iterator[str]:
    amounts: dict[LedgerKind, dict[str, int]] = {kind: {} for kind in LedgerKind}
    for line in moved:
        amounts[line.kind][line.bucket_key] = line.amount_minor
    reserved, released = amounts[LedgerKind.RESERVE], amounts[LedgerKind.RELEASE]
    counts_all = counts_always(moved)
    if any(amount != _amount_in(key, grant, counts_all=counts_all) for key, amount in reserved.items()):
        yield "its ledger reserves something else than it is worth."
    if limit is not None and not _buckets_of(grant, limit, asked, counts_all=counts_all) <= set(reserved):
        yield "its ledger leaves out a bucket that its limit fills."
    if released != ({} if grant.state in KEPT else {key: -amount for key, amount in reserved.items()}):
        yield f"it is {grant.state.value}, which is not what its ledger released."
    if amounts[LedgerKind.COMMIT] != (dict.fromkeys(reserved, 0) if grant.committed_at else {}):
        yield "its ledger does not say when it was handed over as the gift does."
    yield from _stamp_faults(grant, moved)


def counts_always(moved: Sequence[Moved]) -> bool:
    """Whether it was given since every gift is counted at price and at cost, whatever its limit says."""
    return any(_is_at_cost(line.bucket_key) for line in moved)


def _is_at_cost(key: str) -> bool:
    return key.partition("|")[0].endswith("-cost")


def _amount_in(key: str, grant: Granted, *, counts_all: bool) -> int:
    if is_capacity(key):
        return 1
    if _is_at_cost(key):
        return grant.cost_minor
    return grant.price_minor if counts_all else grant.value_minor


def _stamp_faults(grant: Granted, moved: Sequence[Moved]) -> Iterator[str]:
    """Only what was handed over has a moment of that, or what came back thereafter; and the ledger has the same moments."""
    if (grant.released_at is None) is not (grant.state in KEPT):
        yield f"it is {grant.state.value}, and its moment of release says something else."
    may_be_committed = grant.state in {GrantState.COMMITTED, GrantState.RETURNED}
    if (grant.committed_at is not None and not may_be_committed) or (
        grant.committed_at is None and grant.state is GrantState.COMMITTED
    ):
        yield f"it is {grant.state.value}, and its moment of handing over says something else."
    moments = {
        LedgerKind.RESERVE: grant.granted_at,
        LedgerKind.RELEASE: grant.released_at,
        LedgerKind.COMMIT: grant.committed_at,
    }
    if any(line.at != moments[line.kind] for line in moved):
        yield "its moments are not those of its ledger."


def _buckets_of(grant: Granted, limit: AuthorityLimit, asked: Asked | None, *, counts_all: bool) -> set[str]:
    """Those of the giver, or of whose authority it was, and of the customer; budgets come and go apart from a limit.

    Before every gift was counted everywhere, those under a ceiling of its limit, and these by the plain key.
    """
    day, currency = day_of(grant.granted_at, limit.zone), limit.currency
    giver = (asked.on_behalf_of or asked.decided_by or grant.staff_id) if asked else grant.staff_id
    if counts_all:
        return set(always_counted(giver, grant.customer_id, day, currency, price_minor=0, cost_minor=0))
    periods = {
        Period.DAY: limit.per_giver_per_day_minor,
        Period.WEEK: limit.per_giver_per_week_minor,
        Period.MONTH: limit.per_giver_per_month_minor,
    }
    keys = {
        giver_bucket(giver, period, day, currency, Basis.PRICE) for period, most in periods.items() if most is not None
    }
    if limit.per_customer_per_month_minor is not None:
        keys.add(customer_bucket(grant.customer_id, day, currency, Basis.PRICE))
    return keys


# --- its worth, and the edition that judged it ----------------------------------------------------------------------


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


def edition_faults(grant: Granted, edition: LimitVersion, said: Agreement | None) -> Iterator[str]:
    """Whether the edition counted at that moment; not whether it was the newest of its line."""
    if edition.set_at > grant.granted_at + IN_STEP:
        yield f"edition {edition.id}, which judged it, was set later."
    if edition.needs_agreement and (said is None or not said.is_agreed or said.said_at > grant.granted_at + IN_STEP):
        yield f"nobody had agreed to edition {edition.id}, which judged it."
    day = day_of(grant.granted_at, edition.zone)
    if edition.valid_from is not None and day < edition.valid_from:
        yield f"edition {edition.id}, which judged it, had not begun."
    if edition.valid_until is not None and day > edition.valid_until:
        yield f"edition {edition.id}, which judged it, had ended."


class Windows:
    """The windows of days that roll, replayed: each gift is judged anew by those that its customer kept at that moment."""

    def __init__(self, limits: Mapping[int, AuthorityLimit]) -> None:
        self._longest = max(map(_longest_window, limits.values()), default=0)
        self._kept: dict[int, list[Granted]] = {}

    def faults(self, grant: Granted, limit: AuthorityLimit | None) -> Iterator[str]:
        """To be asked of every gift, oldest first."""
        if not self._longest:
            return
        since = grant.granted_at - timedelta(days=self._longest + 1)  # a day of any zone
        kept = [
            one for one in self._kept.get(grant.customer_id, []) if one.granted_at > since and _was_kept(one, grant)
        ]
        self._kept[grant.customer_id] = [*kept, grant]
        if limit is None or not _longest_window(limit):
            return
        is_price = limit.basis is Basis.PRICE
        given = [
            Given(
                day_of(one.granted_at, limit.zone),
                Worth(one.price_minor if is_price else one.cost_minor, one.price_minor),
            )
            for one in kept
        ]
        worth = Worth(grant.value_minor, grant.price_minor)
        for room in customer_rooms(limit, grant.customer_id, given, grant.granted_at):
            if room.days is not None and room.breaks(worth):
                yield f"edition {limit.version_id} leaves no room for it within {room.days} days."


def _was_kept(one: Granted, at: Granted) -> bool:
    return one.released_at is None or one.released_at > at.granted_at + IN_STEP


def _longest_window(limit: AuthorityLimit) -> int:
    yearly = YEAR_DAYS if limit.per_customer_per_year_gifts is not None else 0
    return max(limit.per_customer_days or 0, limit.gap_days or 0, yearly)


# --- its approval ---------------------------------------------------------------------------------------------------


def approval_faults(grant: Granted, asked: Asked | None, granted: Mapping[int, int]) -> Iterator[str]:
    if asked is None:
        yield f"approval {grant.approval_id} is not there."
        return
    if asked.state is not ApprovalState.APPROVED:
        yield f"approval {asked.id} is {asked.state.value}."
    if asked.id in granted:
        yield f"approval {asked.id} is that of gift {granted[asked.id]} already."
    price = asked.price_minor or asked.cost_minor
    wanted = (asked.asked_by, asked.customer_id, asked.order_id, asked.item_id, price)
    if wanted != (grant.staff_id, grant.customer_id, grant.order_id, grant.item_id, grant.price_minor):
        yield f"approval {asked.id} is of another gift."


# --- its line in the audit ------------------------------------------------------------------------------------------


class ToldGifts:
    """Two streams that run in nearly the same order, the gifts and the audit of them: each waits for its other half."""

    def __init__(self, lines: Iterator[Told]) -> None:
        self._lines = lines
        self._gifts: dict[int, tuple[Granted, bool]] = {}
        self._told: dict[int, Told] = {}
        self._wrong: list[str] = []

    def expect(self, grant: Granted, *, counts_all: bool) -> None:
        self._gifts[grant.id] = grant, counts_all
        self._hear(next(self._lines, None))
        self._match(grant.id)

    def _hear(self, line: Told | None) -> None:
        if line is None:
            return
        grant_id = line.details.get("grant", 0)
        if grant_id in self._told:
            self._wrong.append(f"Audit lines {self._told[grant_id].id} and {line.id} are of one gift.")
        self._told[grant_id] = line
        self._match(grant_id)

    def _match(self, grant_id: int) -> None:
        if grant_id in self._gifts and grant_id in self._told:
            (grant, counts_all), line = self._gifts.pop(grant_id), self._told.pop(grant_id)
            if not _is_told(grant, line):
                self._wrong.append(f"Gift {grant_id}: audit line {line.id} says something else of it.")
            if "item" in line.details and not counts_all:
                self._wrong.append(f"Gift {grant_id}: its ledger leaves out a bucket that every gift fills.")

    def faults(self) -> Iterator[str]:
        for line in self._lines:
            self._hear(line)
        yield from self._wrong
        yield from (f"Gift {grant_id}: no audit line says that it was given." for grant_id in self._gifts)
        yield from (f"Audit line {line.id} is of a gift that is not there." for line in self._told.values())


def _is_told(grant: Granted, line: Told) -> bool:
    """Older lines do not name the item and the order."""
    subject, details = f"customer:{grant.customer_id}", line.details
    if (line.at, line.staff_id, line.subject) != (grant.granted_at, grant.staff_id, subject):
        return False
    said: dict[str, object] = {
        "value_minor": grant.value_minor,
        "currency": grant.currency,
        "approval": grant.approval_id,
    }
    if "item" in details:
        said |= {"item": grant.item_id, "order": grant.order_id}
    return all(details.get(name) == value for name, value in said.items())
