"""Cards that went out to one customer, what they told, and what came back."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from deskapp.store.card_tables import AskState, CardUse, FeedbackAsk, Used
from deskapp.store.memory_tables import Note, Preference, Promise
from deskapp.store.tables import Delivery, Order

_WENT_OUT = or_(
    col(Delivery.signed_at).is_not(None),
    col(Delivery.packed_at).is_not(None),
    col(Delivery.handed_at).is_not(None),
    col(Delivery.delivered_at).is_not(None),
)
_WHEN = func.coalesce(
    col(Delivery.signed_at), col(Delivery.written_at), col(Delivery.packed_at), col(Delivery.delivered_at)
)


@dataclass(frozen=True, slots=True)
class Told:
    """What still stands of what facts were made of, by id."""

    notes: dict[int, Note]
    tastes: dict[int, Preference]
    promises: dict[int, Promise]


def list_cards(session: Session, customer_id: int, limit: int, but: int = 0) -> list[tuple[Delivery, str]]:
    """With the order's number, newest first, that of the delivery `but` left out. Signed, or packed as they were. One query."""
    query = (
        select(Delivery, Order.external_id)
        .join(Order, col(Order.id) == Delivery.order_id)
        .where(Order.customer_id == customer_id, Delivery.card_text != "", _WENT_OUT, Delivery.id != but)
        .order_by(_WHEN.desc(), col(Delivery.id).desc())
        .limit(limit)
    )
    return [(delivery, order) for delivery, order in session.exec(query).all()]


def facts_of(session: Session, delivery_ids: Sequence[int]) -> dict[int, list[str]]:
    """Delivery id -> keys of what its card told, in the order they were put down. One query."""
    query = (
        select(CardUse.delivery_id, CardUse.key)
        .where(col(CardUse.delivery_id).in_(delivery_ids), CardUse.kind == Used.FACT)
        .order_by(col(CardUse.id))
    )
    keys: dict[int, list[str]] = defaultdict(list)
    for delivery_id, key in session.exec(query).all():
        keys[delivery_id].append(key)
    return keys


def answers_of(session: Session, delivery_ids: Sequence[int]) -> dict[int, tuple[FeedbackAsk, str]]:
    """Delivery id -> the question that was answered, and the words if they still stand. One query."""
    query = (
        select(FeedbackAsk, Note)
        .outerjoin(Note, col(Note.id) == FeedbackAsk.note_id)
        .where(col(FeedbackAsk.delivery_id).in_(delivery_ids), FeedbackAsk.state == AskState.ANSWERED)
    )
    found = session.exec(query).all()
    return {ask.delivery_id: (ask, _standing(note)) for ask, note in found}


def _standing(note: Note | None) -> str:
    return "" if note is None or note.retracted_at is not None else note.text


def told(session: Session, *, notes: Collection[int], tastes: Collection[int], promises: Collection[int]) -> Told:
    """Three queries at most; what was retracted or withdrawn is not among it."""
    heard = select(Note).where(col(Note.id).in_(notes), col(Note.retracted_at).is_(None))
    liked = select(Preference).where(col(Preference.id).in_(tastes), col(Preference.withdrawn_at).is_(None))
    kept = select(Promise).where(col(Promise.id).in_(promises))
    return Told(
        {one.id: one for one in session.exec(heard).all()} if notes else {},
        {one.id: one for one in session.exec(liked).all()} if tastes else {},
        {one.id: one for one in session.exec(kept).all()} if promises else {},
    )
