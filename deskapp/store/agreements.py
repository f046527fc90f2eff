"""Editions that a second person has to agree to, whatever they are of."""

from dataclasses import dataclass

from sqlalchemy import and_
from sqlmodel import Session, SQLModel, col, select

from deskapp.store.gift_tables import Agreement, Budget, BudgetVersion, EditionOf, LimitVersion, ReceiverVersion

_Row = LimitVersion | BudgetVersion | ReceiverVersion

_TABLES: dict[EditionOf, type[SQLModel]] = {
    EditionOf.LIMIT: LimitVersion,
    EditionOf.BUDGET: BudgetVersion,
    EditionOf.RECEIVER: ReceiverVersion,
}


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
