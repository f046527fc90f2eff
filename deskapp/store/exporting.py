"""Reading every row of one customer by the registry, and the files made of them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import Column, select, update
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as select_rows

from deskapp.store.gift_tables import Approval, Grant, Offer
from deskapp.store.memory_tables import Interaction, Preference, RequestTopic, RequestVoice
from deskapp.store.personal import Personal, Shown
from deskapp.store.privacy_tables import PersonalExport
from deskapp.store.tables import Audit, Item, Order, OrderLine, Staff

Named = Literal["staff", "item", "orders", "request_topic", "customer"]
_NAMED: Mapping[str, Named] = {name: name for name in get_args(Named)}


class Change(NamedTuple):
    at: datetime
    staff_id: int | None
    action: str


@dataclass(frozen=True, slots=True)
class Names:
    """By our numbers, which nobody outside could read."""

    staff: Mapping[int, str]
    items: Mapping[int, dict[str, str]]
    orders: Mapping[int, str]
    topics: Mapping[int, str]

    def of(self, kind: Named, number: int | None) -> object:
        if number is None:
            return None
        known: Mapping[Named, Mapping[int, object]] = {
            "staff": self.staff,
            "item": self.items,
            "orders": self.orders,
            "request_topic": self.topics,
        }
        return known[kind].get(number, number) if kind in known else number


def columns_of(one: Personal) -> list[Column[Any]]:
    """Those that an export shows; which customer it is, it says itself."""
    but = one.export.but if isinstance(one.export, Shown) else {}
    hidden = {*but, "customer_id"}
    return [column for column in _table(one).columns if column.name not in hidden]


def refers_to(column: Column[Any]) -> Named | None:
    """What a number of ours in this column is named by."""
    for key in column.foreign_keys:
        return _NAMED.get(key.column.table.name)
    return None


def rows_of(session: Session, one: Personal, customer_ids: Collection[int]) -> Iterable[Mapping[Any, Any]]:
    """In the order in which they were written."""
    table = _table(one)
    query = select(*columns_of(one)).where(one.of(customer_ids)).order_by(*table.primary_key.columns)
    return session.connection().execute(query).mappings()


def names_of(
    session: Session, customer_ids: Collection[int]
) -> tuple[dict[int, dict[str, str]], dict[int, str], dict[int, str]]:
    """Of the items, the orders and the topics that their rows refer to."""
    orders = select_rows(Order.id, Order.external_id).where(col(Order.customer_id).in_(customer_ids))
    numbers = dict(session.exec(orders).all())
    of_lines = select(col(OrderLine.item_id)).join(Order, col(Order.id) == OrderLine.order_id)
    bought = of_lines.where(col(Order.customer_id).in_(customer_ids))
    others = [
        select(col(table.item_id)).where(col(table.customer_id).in_(customer_ids))
        for table in (Offer, Approval, Grant, Preference, Interaction)
    ]
    items = select(col(Item.id), col(Item.sku), col(Item.name)).where(col(Item.id).in_(bought.union(*others)))
    asked = select(col(RequestVoice.topic_id)).where(col(RequestVoice.customer_id).in_(customer_ids))
    topics = select_rows(RequestTopic.id, RequestTopic.title).where(col(RequestTopic.id).in_(asked))
    return (
        {key: {"sku": sku, "name": name} for key, sku, name in session.connection().execute(items)},
        numbers,
        dict(session.exec(topics).all()),
    )


def changes_of(session: Session, customer_ids: Collection[int]) -> list[Change]:
    subjects = [f"customer:{one}" for one in customer_ids]
    query = select(col(Audit.at), col(Audit.staff_id), col(Audit.action)).where(col(Audit.subject).in_(subjects))
    return [Change(*row) for row in session.connection().execute(query.order_by(col(Audit.id)))]


def _table(one: Personal) -> Any:
    return SQLModel.metadata.tables[one.name]


# --- files ----------------------------------------------------------------------------------------------------------


class Exported(NamedTuple):
    """But for the file itself."""

    id: int
    asked_by: str
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    digest: str


def list_exports(session: Session, customer_ids: Collection[int]) -> list[Exported]:
    """Newest first."""
    query = (
        select(
            col(PersonalExport.id),
            col(Staff.name),
            col(PersonalExport.asked_at),
            col(PersonalExport.ready_at),
            col(PersonalExport.expires_at),
            col(PersonalExport.digest),
        )
        .join(Staff, col(Staff.id) == PersonalExport.asked_by)
        .where(col(PersonalExport.customer_id).in_(customer_ids))
        .order_by(col(PersonalExport.id).desc())
    )
    return [Exported(*row) for row in session.connection().execute(query)]


def find_export(session: Session, customer_ids: Collection[int], export_id: int) -> PersonalExport | None:
    row = session.get(PersonalExport, export_id)
    return row if row is not None and row.customer_id in customer_ids else None


def keep(session: Session, export_id: int, **values: object) -> None:
    session.connection().execute(update(PersonalExport).where(col(PersonalExport.id) == export_id).values(**values))


def wipe(session: Session, now: datetime) -> int:
    expired = (col(PersonalExport.expires_at) <= now, col(PersonalExport.body).is_not(None))
    statement = update(PersonalExport).where(*expired).values(body=None, page=None)
    return int(session.connection().execute(statement).rowcount)
