"""What was read from notes before, and kept or not."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from deskapp.store.insert import insert_once
from deskapp.store.memory_tables import Occasion, Preference, PreferenceKind, ProposalDeclined


def list_declined(session: Session, note_ids: Collection[int]) -> set[tuple[int, PreferenceKind, str]]:
    """(note, kind, folded value)."""
    query = select(ProposalDeclined.note_id, ProposalDeclined.kind, ProposalDeclined.value_folded)
    found = session.exec(query.where(col(ProposalDeclined.note_id).in_(list(note_ids)))).all()
    return {(note_id, PreferenceKind(kind), value) for note_id, kind, value in found}


def decline(session: Session, row: ProposalDeclined) -> bool:
    """False if it was declined before."""
    return insert_once(session, ProposalDeclined, **row.model_dump())


def list_kept(session: Session, note_ids: Collection[int]) -> list[Preference]:
    """Those that were read from one of the notes, withdrawn ones too."""
    return list(session.exec(select(Preference).where(col(Preference.note_id).in_(list(note_ids)))).all())


def list_days(session: Session, customer_id: int) -> list[Occasion]:
    """All that were ever kept of a customer, withdrawn ones too."""
    return list(session.exec(select(Occasion).where(Occasion.customer_id == customer_id)).all())
