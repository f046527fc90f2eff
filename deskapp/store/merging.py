"""Two customers who are one: rows change hands, and can be given back."""

from collections.abc import Collection, Mapping

from sqlalchemy import update
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.store.personal import PERSONAL, Merging
from deskapp.store.privacy_tables import Merge
from deskapp.store.tables import Customer, Staff

_AT_ONCE = 500  # ids in one statement; SQLite takes some thousand parameters, old ones 999

Moved = dict[str, list[int]]


def hold(session: Session, *customer_ids: int) -> dict[int, Customer]:
    """Both rows, locked in the order of their ids so that two who join the same pair do not wait for each other."""
    query = select(Customer).where(col(Customer.id).in_(customer_ids)).order_by(col(Customer.id)).with_for_update()
    found = {customer.id: customer for customer in session.exec(query).all()}
    if len(found) < len(set(customer_ids)):
        raise NotFound("There is no such customer.")
    return found


def move(session: Session, from_id: int, into_id: int) -> Moved:
    """Table -> ids of the rows that are the other's now. Whoever was joined to `from_id` before goes along."""
    moved = {}
    for table, column in _moving():
        ids = list(session.exec(select(table.id).where(column == from_id).order_by(table.id)).all())  # type: ignore[attr-defined]
        if ids:
            moved[str(table.__tablename__)] = ids
            _hand_over(session, table, column, ids, from_id, into_id)
    return moved


def move_back(session: Session, moved: Mapping[str, Collection[int]], from_id: int, into_id: int) -> None:
    """What is still there and still `into_id`'s; what came later stays where it was written."""
    for table, column in _moving():
        _hand_over(session, table, column, list(moved.get(str(table.__tablename__), ())), into_id, from_id)


def _moving() -> list[tuple[type, object]]:
    personal = [(one.table, getattr(one.table, one.by[0])) for one in PERSONAL if one.merge is Merging.MOVE]
    return [*personal, (Customer, col(Customer.merged_into))]


def _hand_over(session: Session, table: type, column: object, ids: list[int], giver: int, taker: int) -> None:
    for at in range(0, len(ids), _AT_ONCE):
        mine = (table.id.in_(ids[at : at + _AT_ONCE]), column == giver)  # type: ignore[attr-defined]
        session.connection().execute(update(table).where(*mine).values({column.key: taker}))  # type: ignore[attr-defined]


def get_merge(session: Session, merge_id: int) -> Merge:
    if (found := session.get(Merge, merge_id)) is None:
        raise NotFound("There is no such joining of two customers.")
    return found


def list_merges(session: Session, into_id: int) -> list[tuple[Merge, Customer, str]]:
    """Those that were not undone, newest first, with who was joined and who did it."""
    query = (
        select(Merge, Customer, Staff.name)
        .join(Customer, col(Customer.id) == Merge.from_id)
        .join(Staff, col(Staff.id) == Merge.merged_by)
        .where(Merge.into_id == into_id, col(Merge.undone_at).is_(None))
        .order_by(col(Merge.id).desc())
    )
    return [(merge, former, by) for merge, former, by in session.exec(query).all()]
