"""What an audit of the books reads: streamed where it grows with the gifts, plain columns only."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, CursorResult, cast, func, text
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.store.gift_tables import (
    Agreement,
    Approval,
    ApprovalState,
    Bucket,
    BudgetVersion,
    EditionOf,
    Grant,
    GrantState,
    Ledger,
    LedgerKind,
    LimitVersion,
    ReceiverVersion,
)
from deskapp.store.tables import Audit

_AT_A_TIME = 2_000
APPEND_ONLY = (
    "agreement",
    "audit",
    "budget_version",
    "delivery_event",
    "feedback_policy",
    "ledger",
    "limit_version",
    "receiver_version",
    "seal",
)


class Granted(NamedTuple):
    id: int
    staff_id: int
    customer_id: int
    order_id: int | None
    item_id: int
    price_minor: int
    cost_minor: int
    value_minor: int
    currency: str
    limit_version_id: int
    state: GrantState
    granted_at: datetime
    released_at: datetime | None
    committed_at: datetime | None
    approval_id: int | None


class Moved(NamedTuple):
    """A line of the ledger."""

    grant_id: int
    bucket_key: str
    kind: LedgerKind
    amount_minor: int
    at: datetime


class Told(NamedTuple):
    """An audit line."""

    id: int
    at: datetime
    action: str
    staff_id: int | None
    subject: str
    details: dict[str, Any]


class Asked(NamedTuple):
    id: int
    asked_by: int
    customer_id: int
    order_id: int | None
    item_id: int
    price_minor: int
    cost_minor: int
    state: ApprovalState
    asked_at: datetime
    decided_by: int | None
    on_behalf_of: int | None
    decided_at: datetime | None


EditionRow = LimitVersion | BudgetVersion | ReceiverVersion


class Held(NamedTuple):
    """A bucket whose books do not balance."""

    key: str
    spent_minor: int
    limit_minor: int
    ledger_minor: int


def count_buckets(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Bucket)).one()


def list_unbalanced(session: Session) -> list[Held]:
    """Buckets that hold something else than their ledger says, or more than their ceiling."""
    sums = (
        select_columns(col(Ledger.bucket_key), cast(func.sum(Ledger.amount_minor), BigInteger).label("total"))
        .group_by(col(Ledger.bucket_key))
        .subquery()
    )
    total = func.coalesce(sums.c.total, 0)
    query = (
        select_columns(col(Bucket.key), col(Bucket.spent_minor), col(Bucket.limit_minor), total)
        .outerjoin(sums, sums.c.bucket_key == Bucket.key)
        .where((col(Bucket.spent_minor) != total) | (col(Bucket.spent_minor) > Bucket.limit_minor))
        .order_by(Bucket.key)
    )
    return [Held(*row) for row in session.connection().execute(query)]


def list_lost_lines(session: Session) -> list[int]:
    """Ids of ledger lines whose gift or bucket is gone."""
    query = (
        select(Ledger.id)
        .outerjoin(Grant, col(Grant.id) == Ledger.grant_id)
        .outerjoin(Bucket, col(Bucket.key) == Ledger.bucket_key)
        .where(col(Grant.id).is_(None) | col(Bucket.key).is_(None))
    )
    return list(session.exec(query.order_by(col(Ledger.id))).all())


def read_grants(session: Session) -> Iterator[tuple[Granted, list[Moved]]]:
    """Every gift by its id, with its lines of the ledger."""
    columns = [getattr(Grant, name) for name in Granted._fields]
    lines = (Moved._make(row) for row in _streamed(session, _LINES))
    by_grant = groupby(lines, key=attrgetter("grant_id"))
    grant_id, moved = next(by_grant, (None, iter(())))
    for row in _streamed(session, select_columns(*columns).order_by(col(Grant.id))):
        while grant_id is not None and grant_id < row.id:  # its gift is gone
            grant_id, moved = next(by_grant, (None, iter(())))
        yield Granted._make(row), list(moved) if grant_id == row.id else []


def read_told(session: Session, *actions: str) -> Iterator[Told]:
    """The audit of these, oldest first."""
    columns = [getattr(Audit, name) for name in Told._fields]
    query = select_columns(*columns).where(col(Audit.action).in_(actions)).order_by(col(Audit.id))
    return (Told._make(row) for row in _streamed(session, query))


def approvals(session: Session) -> dict[int, Asked]:
    columns = [getattr(Approval, name) for name in Asked._fields]
    return {row.id: Asked._make(row) for row in _streamed(session, select_columns(*columns).order_by(col(Approval.id)))}


def editions(session: Session) -> dict[EditionOf, dict[int, EditionRow]]:
    return {
        EditionOf.LIMIT: {row.id: row for row in session.exec(select(LimitVersion))},
        EditionOf.BUDGET: {row.id: row for row in session.exec(select(BudgetVersion))},
        EditionOf.RECEIVER: {row.id: row for row in session.exec(select(ReceiverVersion))},
    }


def agreements(session: Session) -> dict[tuple[EditionOf, int], Agreement]:
    return {(one.edition_of, one.version_id): one for one in session.exec(select(Agreement)).all()}


def _streamed(session: Session, query: Any) -> CursorResult[Any]:
    return session.connection().execute(query.execution_options(yield_per=_AT_A_TIME))


_LINES = select_columns(*(getattr(Ledger, name) for name in Moved._fields)).order_by(
    col(Ledger.grant_id), col(Ledger.bucket_key), col(Ledger.kind)
)


# --- what stands guard ----------------------------------------------------------------------------------------------


def list_unguarded(session: Session) -> list[str]:
    """Append-only tables that somebody could change at this moment, since a trigger is gone, altered or switched off."""
    guarded = _guarded_on_sqlite if session.get_bind().dialect.name == "sqlite" else _guarded_on_postgresql
    return [table for table in APPEND_ONLY if table not in guarded(session)]


def _guarded_on_sqlite(session: Session) -> set[str]:
    found = session.connection().execute(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")).scalars()
    there = {" ".join(sql.split()) for sql in found}

    def wanted(table: str, verb: str) -> str:
        name = f"{table}_no_{verb.lower()}"
        return (
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )

    return {table for table in APPEND_ONLY if {wanted(table, "UPDATE"), wanted(table, "DELETE")} <= there}


def _guarded_on_postgresql(session: Session) -> set[str]:
    """BEFORE, for each statement, UPDATE, DELETE and TRUNCATE: bits 2, 8, 16 and 32 of `tgtype`, and not bit 1."""
    found = session.connection().execute(
        text(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE t.tgname = c.relname || '_append_only' AND t.tgenabled IN ('O', 'A') AND t.tgtype = 58"
            " AND t.tgqual IS NULL AND p.proname = 'refuse_change' AND p.prosrc LIKE '%RAISE EXCEPTION%'"
            " AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    return set(found.scalars())
