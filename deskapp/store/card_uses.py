"""What cards told that are signed, written or gone, and how they began."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import delete
from sqlmodel import Session, col, select

from deskapp.store.card_tables import CardUse, Used
from deskapp.store.insert import insert_once


def remember(
    session: Session, delivery_id: int, customer_id: int, uses: Iterable[tuple[Used, str]], *, on: date
) -> None:
    """What stands already is left as it is."""
    for kind, key in dict.fromkeys(uses):
        insert_once(session, CardUse, delivery_id=delivery_id, customer_id=customer_id, kind=kind, key=key, used_on=on)


def has_any(session: Session, delivery_id: int) -> bool:
    return session.exec(select(CardUse.id).where(CardUse.delivery_id == delivery_id).limit(1)).first() is not None


def forget(session: Session, delivery_id: int) -> None:
    session.connection().execute(delete(CardUse).where(col(CardUse.delivery_id) == delivery_id))
