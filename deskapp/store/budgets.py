"""Budgets of teams and campaigns, and the thresholds of business and public-sector receivers."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.people import Receiver
from deskapp.rules.periods import Period, day_of
from deskapp.rules.words import say
from deskapp.store.gift_tables import Budget, BudgetVersion, EditionOf, ReceiverVersion
from deskapp.store.insert import insert_once
from deskapp.store.limits import agreed_to
from deskapp.store.ready import Part, Ready

_AGREED = Ready(
    select_columns(
        col(BudgetVersion.budget_id),
        col(Budget.name),
        col(BudgetVersion.team),
        col(BudgetVersion.period),
        col(BudgetVersion.currency),
        col(BudgetVersion.zone),
        col(BudgetVersion.most_minor),
        col(BudgetVersion.valid_from),
        col(BudgetVersion.valid_until),
    )
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


class Running(NamedTuple):
    """What a gift has to know of a budget's edition; rows, since it is asked while others wait to write."""

    budget_id: int
    name: str
    team: str
    period: Period
    currency: str
    zone: str
    most_minor: int
    valid_from: date | None
    valid_until: date | None


def list_in_force(session: Session, now: datetime) -> list[Running]:
    """The edition that counts of every budget that runs now. One query."""
    begun: dict[int, Running] = {}
    for one in map(Running._make, agreed().all(session)):
        if one.valid_from is None or one.valid_from <= day_of(now, one.zone):
            begun[one.budget_id] = one
    return [one for one in begun.values() if one.valid_until is None or one.valid_until >= day_of(now, one.zone)]


def agreed() -> Part:
    """The question behind `list_in_force`, to be asked ahead."""
    return _AGREED.of()


def is_named(session: Session, name: str) -> bool:
    return session.exec(select(Budget.id).where(func.lower(Budget.name) == name.lower()).limit(1)).first() is not None


def add_budget(session: Session, name: str) -> int | None:
    """Its id; None if another has this name, whoever was quicker."""
    if not insert_once(session, Budget, name=name):
        return None
    return session.exec(select(Budget.id).where(Budget.name == name)).one()


def get_name(session: Session, budget_id: int, *, hold: bool = False) -> str:
    """`hold`: whoever else changes it waits, so that what is read of its editions stays true. Raises NotFound."""
    query = select(Budget.name).where(Budget.id == budget_id)
    if (name := session.exec(query.with_for_update() if hold else query).one_or_none()) is None:
        raise NotFound(say("There is no such budget."))
    return name


def find_receiver(session: Session, receiver: Receiver, currency: str | None = None) -> ReceiverVersion | None:
    """With a `currency`, None too where the thresholds are in another: two currencies cannot be compared."""
    found = session.exec(_RECEIVER, params={"receiver": receiver}).one_or_none()
    return found if found and currency in (None, found.currency) else None
