"""What is to go out, and what became of it: one row a letter or call, taken by one sender at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, not_, or_, update
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.card_tables import Carrier, Outbox, Sending
from deskapp.store.insert import insert_once
from deskapp.store.tables import Customer


def add_once(session: Session, **values: Any) -> bool:
    """False if a row with this key stands already."""
    return insert_once(session, Outbox, **values)


def is_reachable(session: Session, customer_id: int) -> bool:
    """Whether this is still somebody: neither erased nor joined with another."""
    query = select(exists().where(col(Customer.id) == customer_id, *_still_there()))
    return bool(session.exec(query).one())


def hold_customer(session: Session, customer_id: int) -> None:
    """Nobody joins or erases them until the transaction ends; gifts and everything else go on."""
    query = select(Customer.id).where(Customer.id == customer_id).with_for_update(read=True, key_share=True)
    session.exec(query).all()


def find_by_key(session: Session, key: str) -> Outbox | None:
    return session.exec(select(Outbox).where(Outbox.key == key)).one_or_none()


def _still_there() -> tuple[ColumnElement[bool], ...]:
    return col(Customer.erased_at).is_(None), col(Customer.merged_into).is_(None)


def is_due(session: Session, carriers: Collection[Carrier], now: datetime) -> bool:
    return bool(session.exec(select(exists().where(_due(carriers, now)))).one())


def has_abandoned(session: Session, carriers: Collection[Carrier], now: datetime) -> bool:
    return bool(session.exec(select(exists().where(_abandoned(carriers, now)))).one())


def next_due(session: Session, carriers: Collection[Carrier], now: datetime) -> Outbox | None:
    """The longest due, locked until the transaction ends; one that another sender is just taking is passed over."""
    query = select(Outbox).where(_due(carriers, now)).order_by(col(Outbox.run_at), col(Outbox.id)).limit(1)
    return session.exec(query.with_for_update(skip_locked=True)).one_or_none()


def list_abandoned(session: Session, carriers: Collection[Carrier], now: datetime) -> Sequence[Outbox]:
    """Being sent for longer than any sender takes. Locked until the transaction ends."""
    query = select(Outbox).where(_abandoned(carriers, now)).order_by(col(Outbox.id))
    return session.exec(query.with_for_update(skip_locked=True)).all()


def _due(carriers: Collection[Carrier], now: datetime) -> ColumnElement[bool]:
    return and_(col(Outbox.state) == Sending.WAITING, col(Outbox.run_at) <= now, col(Outbox.carrier).in_(carriers))


def _abandoned(carriers: Collection[Carrier], now: datetime) -> ColumnElement[bool]:
    """Of a row that is being sent `run_at` is when its lease ends."""
    return and_(col(Outbox.state) == Sending.SENDING, col(Outbox.run_at) <= now, col(Outbox.carrier).in_(carriers))


def change_held(
    session: Session, outbox_id: int, attempt: int, states: Collection[Sending], **values: object
) -> Outbox | None:
    """None if the row is no longer this attempt's, or in none of these states: nothing is changed then."""
    held = (col(Outbox.id) == outbox_id, col(Outbox.attempts) == attempt, col(Outbox.state).in_(states))
    if not session.connection().execute(update(Outbox).where(*held).values(**values)).rowcount:
        return None
    return session.exec(
        select(Outbox).where(col(Outbox.id) == outbox_id).execution_options(populate_existing=True)
    ).one()


def get_to_change(session: Session, outbox_id: int) -> Outbox:
    """Locked until the transaction ends. Raises NotFound."""
    found = session.exec(select(Outbox).where(col(Outbox.id) == outbox_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFound(say("This is not in the outbox. Perhaps the customer was erased, and it with them."))
    return found


def list_newest(session: Session, states: Collection[Sending], limit: int) -> list[Outbox]:
    query = select(Outbox).where(col(Outbox.state).in_(states)).order_by(col(Outbox.id).desc()).limit(limit)
    return list(session.exec(query).all())


def list_failed(session: Session, limit: int, *, is_open: bool) -> list[Outbox]:
    """The newest that somebody may still send, or those whose words are gone."""
    fits = _is_open() if is_open else not_(_is_open())
    query = select(Outbox).where(col(Outbox.state) == Sending.FAILED, fits).order_by(col(Outbox.id).desc()).limit(limit)
    return list(session.exec(query).all())


def count_open(session: Session) -> tuple[int, int]:
    """Doubtful, and failed with words still in them."""
    query = select(Outbox.state, func.count()).where(_is_open()).group_by(col(Outbox.state))
    counts = {Sending(state): number for state, number in session.exec(query).all()}
    return counts.get(Sending.DOUBTFUL, 0), counts.get(Sending.FAILED, 0)


def count_by_state(session: Session) -> list[tuple[Carrier, Sending, int]]:
    query = select(Outbox.carrier, Outbox.state, func.count()).group_by(col(Outbox.carrier), col(Outbox.state))
    return [(Carrier(carrier), Sending(state), count) for carrier, state, count in session.exec(query).all()]


def has_waited_since(session: Session, due_before: datetime) -> bool:
    """Whether anything that was due by then was not even tried; what waits for its moment is not late."""
    unsent = (col(Outbox.state).in_((Sending.WAITING, Sending.SENDING)), col(Outbox.run_at) <= due_before)
    return bool(session.exec(select(exists().where(*unsent))).one())


def list_unsent_before(session: Session, made_before: datetime, limit: int) -> Sequence[Outbox]:
    """Waiting, failed or doubtful, with words still in them."""
    is_unsent = col(Outbox.state).in_((Sending.WAITING, Sending.FAILED, Sending.DOUBTFUL))
    query = select(Outbox).where(is_unsent, _has_words(), col(Outbox.made_at) <= made_before)
    return session.exec(query.order_by(col(Outbox.id)).limit(limit).with_for_update(skip_locked=True)).all()


def _is_open() -> ColumnElement[bool]:
    """Somebody has to decide what becomes of it: a doubt always, a failure as long as it could still be sent."""
    return or_(col(Outbox.state) == Sending.DOUBTFUL, and_(col(Outbox.state) == Sending.FAILED, _has_words()))


def _has_words() -> ColumnElement[bool]:
    return cast(col(Outbox.payload), String) != "{}"
