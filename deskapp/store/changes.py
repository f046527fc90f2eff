"""Marks that move whenever something on a customer's page changes, read in one query."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlmodel import Session, col

from deskapp.store.channels import EDITION as CHANNELS
from deskapp.store.gift_tables import (
    Agreement,
    BudgetVersion,
    Delegation,
    Grant,
    Ledger,
    LimitVersion,
    ReceiverVersion,
)
from deskapp.store.models import CATALOGUE, IMPORTS, STEERING
from deskapp.store.ready import Ready
from deskapp.store.tables import Audit, Edition, ModelVersion, Staff


class Marks(NamedTuple):
    """Counts beside the newest ids, because on PostgreSQL a lower id may be committed after a higher one was seen."""

    audit_id: int | None
    audit_lines: int
    given: int
    taken_back: int
    money: int | None  # a budget is everybody's
    limits: int
    agreements: int
    budgets: int
    receivers: int
    staff: int
    lent: int
    lent_no_more: int
    model: int | None
    catalogue: int | None
    steering: int | None
    channels: int | None
    imports: int | None


def marks_of(session: Session, customer_id: int, staff_id: int) -> Marks:
    """Of one customer as one giver sees them."""
    return Marks(*_MARKS.one(session, subject=f"customer:{customer_id}", staff=staff_id))


_OF_CUSTOMER = col(Audit.subject) == bindparam("subject")
_OF_GIVER = col(Grant.staff_id) == bindparam("staff")
_COLUMNS: list[Any] = [
    select(func.max(Audit.id)).where(_OF_CUSTOMER),
    select(func.count()).select_from(Audit).where(_OF_CUSTOMER),
    select(func.count()).select_from(Grant).where(_OF_GIVER),
    select(func.count(col(Grant.released_at))).where(_OF_GIVER),
    select(func.max(Ledger.id)),
    *(select(func.count()).select_from(table) for table in (LimitVersion, Agreement, BudgetVersion, ReceiverVersion)),
    select(func.count()).select_from(Staff).where(col(Staff.is_active)),
    select(func.count()).select_from(Delegation),
    select(func.count(col(Delegation.withdrawn_at))),
    select(func.max(ModelVersion.id)),
    select(col(Edition.number)).where(col(Edition.name) == CATALOGUE),
    select(col(Edition.number)).where(col(Edition.name) == STEERING),
    select(col(Edition.number)).where(col(Edition.name) == CHANNELS),
    select(col(Edition.number)).where(col(Edition.name) == IMPORTS),
]
_MARKS = Ready(select().add_columns(*(column.scalar_subquery() for column in _COLUMNS)))
