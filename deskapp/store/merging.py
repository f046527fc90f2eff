"""Two customers who are one: rows change hands, and can be given back."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Column, Table, update
from sqlmodel import Session, SQLModel, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.card_tables import CardDraft, CardUse, FeedbackAsk
from deskapp.store.personal import PERSONAL, Merging
from deskapp.store.privacy_tables import Hold, Merge
from deskapp.store.tables import Customer, Delivery, Order, Staff

_AT_ONCE = 500  # ids in one statement; SQLite takes some thousand parameters, old ones 999

Moved = dict[str, list[int]]


def hold(session: Session, *customer_ids: int) -> dict[int, Customer]:
    """Both rows, locked in the order of their ids so that two who join the same pair do not wait for each other."""
    query = select(Customer).where(col(Customer.id).in_(customer_ids)).order_by(col(Customer.id)).with_for_update()
    found = {customer.id: customer for customer in session.exec(query).all()}
    if len(found) < len(set(customer_ids)):
        raise NotFound(say("There is no such customer."))
    return found


def move(session: Session, from_id: int, into_id: int) -> Moved:
    """Table -> ids of the rows that are the other's now. Whoever was joined to `from_id` before goes along."""
    moved = {}
    for table, holder in _moving():
        mine = select(table.c.id).where(holder == from_id).order_by(table.c.id)
        if ids := list(session.connection().execute(mine).scalars()):
            moved[table.name] = ids
            _hand_over(session, holder, ids, from_id, into_id)
    return moved


def move_back(session: Session, moved: Mapping[str, Sequence[int]], from_id: int, into_id: int) -> None:
    """What is still there and still `into_id`'s; what came later stays where it was written."""
    for table, holder in _moving():
        _hand_over(session, holder, moved.get(table.name, ()), into_id, from_id)
    _follow_parcels(session, into_id)


def _follow_parcels(session: Session, customer_id: int) -> None:
    """What came to be of a parcel while they were one goes with it; but a question that was answered stays with its answer."""
    for table in (CardUse, CardDraft, FeedbackAsk):
        theirs = select(Order.customer_id).join(Delivery, col(Delivery.order_id) == Order.id)
        theirs = theirs.where(col(Delivery.id) == table.delivery_id)
        mine = [col(table.customer_id) == customer_id]
        if table is FeedbackAsk:
            mine.append(col(FeedbackAsk.note_id).is_(None))
        session.connection().execute(update(table).where(*mine).values(customer_id=theirs.scalar_subquery()))


def _moving() -> list[tuple[Table, Column[int]]]:
    tables = [(SQLModel.metadata.tables[one.name], one.by[0]) for one in PERSONAL if one.merge is Merging.MOVE]
    people = SQLModel.metadata.tables["customer"]
    return [(table, table.c[column]) for table, column in [*tables, (people, "merged_into")]]


def _hand_over(session: Session, holder: Column[int], ids: Sequence[int], giver: int, taker: int) -> None:
    for at in range(0, len(ids), _AT_ONCE):
        mine = (holder.table.c.id.in_(ids[at : at + _AT_ONCE]), holder == giver)
        session.connection().execute(update(holder.table).where(*mine).values({holder: taker}))


def copy_holds(session: Session, merge: Merge, into_id: int, from_id: int) -> None:
    """A dispute that was opened about the person holds both of them."""
    came_along = merge.moved["rows"].get(str(Hold.__tablename__), ())
    opened = select(Hold).where(Hold.customer_id == into_id, col(Hold.lifted_at).is_(None))
    for hold in session.exec(opened.where(Hold.placed_at >= merge.merged_at, col(Hold.id).not_in(came_along))).all():
        session.add(Hold(**hold.model_dump(exclude={"id", "customer_id"}), customer_id=from_id))


def get_merge(session: Session, merge_id: int) -> Merge:
    if (found := session.get(Merge, merge_id)) is None:
        raise NotFound(say("There is no such joining of two customers."))
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
