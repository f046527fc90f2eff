"""What operators hide, pin and boost."""

from datetime import date

from sqlalchemy import or_
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.steering import Steered
from deskapp.rules.words import say
from deskapp.store.tables import Item, Staff, Steering

_OVER = 50


def list_in_force(session: Session) -> tuple[Steered, ...]:
    """Whatever was not withdrawn, on whichever days it counts. One query."""
    query = (
        select(Steering, Staff.name)
        .join(Staff, col(Staff.id) == Steering.set_by)
        .where(col(Steering.withdrawn_at).is_(None))
        .order_by(col(Steering.id))
    )
    return tuple(
        Steered(row.item_id, row.steer, row.reason, by, row.starts_on, row.ends_on) for row, by in session.exec(query)
    )


def list_all(session: Session, *, since: date) -> list[tuple[Steering, Item]]:
    """Those that still count on `since` or later, then those that are over, the newest 50; each newest first. Two queries."""
    query = select(Steering, Item).join(Item, col(Item.id) == Steering.item_id).order_by(col(Steering.id).desc())
    is_over = or_(col(Steering.ends_on) < since, col(Steering.withdrawn_at).is_not(None))
    current, over = session.exec(query.where(~is_over)).all(), session.exec(query.where(is_over).limit(_OVER)).all()
    return [(row, item) for row, item in (*current, *over)]


def get_steering(session: Session, steering_id: int) -> Steering:
    if (found := session.get(Steering, steering_id)) is None:
        raise NotFound(say("Nothing of this number is put forward or hidden here."))
    return found
