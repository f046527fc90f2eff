"""Drafts of cards; at most one for each delivery."""

from sqlmodel import Session, select

from deskapp.store.card_tables import CardDraft


def find_draft(session: Session, delivery_id: int) -> CardDraft | None:
    return session.exec(select(CardDraft).where(CardDraft.delivery_id == delivery_id)).first()


def find_draft_to_change(session: Session, delivery_id: int) -> CardDraft | None:
    """Locked until the transaction ends."""
    return session.exec(select(CardDraft).where(CardDraft.delivery_id == delivery_id).with_for_update()).first()
