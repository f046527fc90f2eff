"""Editions that a second person has to agree to, whatever they are of."""

from dataclasses import dataclass

from sqlmodel import Session, SQLModel

from deskapp.store.gift_tables import BudgetVersion, EditionOf, LimitVersion, ReceiverVersion

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
