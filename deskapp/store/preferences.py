"""Preferences in force."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.db import asked_once
from deskapp.store.memory_tables import Preference, PreferenceKind
from deskapp.store.ready import Part, Ready
from deskapp.store.rows import Rows
from deskapp.store.tables import Item, Staff

_IN_FORCE = Rows(
    select(Preference, Staff.name)
    .join(Staff, col(Staff.id) == Preference.heard_by)
    .where(Preference.customer_id == bindparam("customer"), col(Preference.withdrawn_at).is_(None))
    .order_by(col(Preference.id).desc())
)


class Wish(NamedTuple):
    """What decides whether a gift is stopped, named as the columns of Preference."""

    kind: PreferenceKind
    value: str
    item_id: int | None
    category: str
    is_stated: bool
    heard_at: datetime
    review_on: date | None


_WISHES = Ready(
    select_columns(
        col(Preference.kind),
        col(Preference.value),
        col(Preference.item_id),
        col(Preference.category),
        col(Preference.is_stated),
        col(Preference.heard_at),
        col(Preference.review_on),
    )
    .where(col(Preference.customer_id) == bindparam("customer"), col(Preference.withdrawn_at).is_(None))
    .order_by(col(Preference.id).desc())
)


@asked_once
def list_preferences(session: Session, customer_id: int) -> list[tuple[Preference, str]]:
    """Those in force, newest first, with who heard it."""
    return _IN_FORCE.all(session, customer=customer_id)


def list_wishes(session: Session, customer_id: int) -> list[Wish]:
    """Of those in force, newest first: rows instead of entities, since it is asked while others wait to write."""
    return [Wish._make(row) for row in wishes_of(customer_id).all(session)]


def wishes_of(customer_id: int) -> Part:
    """The same question, to be asked ahead."""
    return _WISHES.of(customer=customer_id)


def names_of(session: Session, item_ids: Collection[int]) -> dict[int, str]:
    """Of items that preferences refer to."""
    return dict(session.exec(select(Item.id, Item.name).where(col(Item.id).in_(list(item_ids)))).all())


def get_preference(session: Session, preference_id: int) -> Preference:
    if (found := session.get(Preference, preference_id)) is None:
        raise NotFound(say("There is no such preference."))
    return found
