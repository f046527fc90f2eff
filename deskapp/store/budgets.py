"""Budgets of teams and campaigns, and the thresholds of business and public-sector receivers."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from deskapp.rules.people import Receiver
from deskapp.rules.periods import day_of
from deskapp.store.gift_tables import Budget, BudgetVersion, EditionOf, ReceiverVersion
from deskapp.store.limits import agreed_to

_AGREED = (
    select(BudgetVersion, Budget.name)
    .join(Budget, col(Budget.id) == BudgetVersion.budget_id)
    .where(agreed_to(EditionOf.BUDGET, BudgetVersion))
    .order_by(col(BudgetVersion.id))
)
_RECEIVER = (
    select(ReceiverVersion)
    .where(ReceiverVersion.receiver == bindparam("receiver"), agreed_to(EditionOf.RECEIVER, ReceiverVersion))
    .order_by(col(ReceiverVersion.id).desc())
    .limit(1)
)


def list_in_force(session: Session, now: datetime) -> list[tuple[BudgetVersion, str]]:
    """The edition that counts of every budget that runs now, with its name. One query."""
    begun: dict[int, tuple[BudgetVersion, str]] = {}
    for version, name in session.exec(_AGREED).all():
        if version.valid_from is None or version.valid_from <= day_of(now, version.zone):
            begun[version.budget_id] = (version, name)
    return [
        (version, name)
        for version, name in begun.values()
        if version.valid_until is None or version.valid_until >= day_of(now, version.zone)
    ]


def find_receiver(session: Session, receiver: Receiver) -> ReceiverVersion | None:
    return session.exec(_RECEIVER, params={"receiver": receiver}).one_or_none()
