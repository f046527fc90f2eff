"""Editions that a second person has to agree to, whatever they are of."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import and_
from sqlmodel import Session, SQLModel, col, select

from deskapp.rules.people import Actor, Role
from deskapp.store.gift_tables import Agreement, Budget, BudgetVersion, EditionOf, LimitVersion, ReceiverVersion
from deskapp.store.staff import as_actor
from deskapp.store.tables import Audit, Staff

_Row = LimitVersion | BudgetVersion | ReceiverVersion

_TABLES: dict[EditionOf, type[SQLModel]] = {
    EditionOf.LIMIT: LimitVersion,
    EditionOf.BUDGET: BudgetVersion,
    EditionOf.RECEIVER: ReceiverVersion,
}
_TURNED_AWAY = ("staff.disabled", "staff.role-set")


@dataclass(frozen=True, slots=True)
class Edition:
    """`subject` is what the audit calls its line."""

    subject: str
    needs_agreement: bool
    set_by: int


def find_edition(session: Session, edition_of: EditionOf, version_id: int) -> Edition | None:
    row = session.get(_TABLES[edition_of], version_id)
    return Edition(subject_of(row), row.needs_agreement, row.set_by) if isinstance(row, _Row) else None


def subject_of(row: _Row) -> str:
    match row:
        case LimitVersion():
            return f"{row.giver_kind.value}:{row.role.value if row.role else row.staff_id or row.team}"
        case BudgetVersion():
            return f"budget:{row.budget_id}"
        case ReceiverVersion():
            return f"receiver:{row.receiver.value}"


def list_budgets(session: Session) -> list[tuple[BudgetVersion, str, Agreement | None]]:
    """Every edition with the budget's name and what a second person said to it."""
    said = and_(col(Agreement.edition_of) == EditionOf.BUDGET, col(Agreement.version_id) == BudgetVersion.id)
    query = select(BudgetVersion, Budget.name, Agreement).join(Budget, col(Budget.id) == BudgetVersion.budget_id)
    return [(row, name, one) for row, name, one in session.exec(query.join(Agreement, said, isouter=True)).all()]


def list_receivers(session: Session) -> list[tuple[ReceiverVersion, Agreement | None]]:
    said = and_(col(Agreement.edition_of) == EditionOf.RECEIVER, col(Agreement.version_id) == ReceiverVersion.id)
    query = select(ReceiverVersion, Agreement).join(Agreement, said, isouter=True)
    return [(row, one) for row, one in session.exec(query).all()]


def list_turned_away(session: Session, within: timedelta) -> list[Actor]:
    """Whoever was shut out, or given another role, so shortly before the newest line of the audit: once each, as they were."""
    newest = session.exec(select(Audit.at).order_by(col(Audit.id).desc()).limit(1)).first()
    if newest is None:
        return []
    people = {f"staff:{row.id}": as_actor(row) for row in session.exec(select(Staff)).all()}
    lines = select(Audit.subject, Audit.details).where(
        col(Audit.subject).in_(people), col(Audit.action).in_(_TURNED_AWAY), col(Audit.at) >= newest - within
    )
    found = session.exec(lines.order_by(col(Audit.id))).all()
    was = [replace(people[one], role=Role(said["was"])) if "was" in said else people[one] for one, said in found]
    return list(dict.fromkeys(was))
