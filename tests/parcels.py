"""Deliveries, and what a card may or may not be made of, for tests of the door."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import cast
from sqlalchemy import event
from sqlmodel import Session, select

from deskapp.desk.delivery_rows import Shop
from deskapp.store.gift_tables import Grant, GrantState, LimitVersion
from deskapp.store.memory_tables import Interaction, Note, NoteKind, Preference, PreferenceKind, Promise
from deskapp.store.tables import Customer, Delivery, Order, OrderLine, Staff

TODAY = cast.NOW.date()
SHOP = Shop("Corner & Co", ZoneInfo("UTC"))
SECRET = "zebracorn"  # a word of a customer's that must not reach the door


@contextmanager
def queries(session: Session) -> Iterator[list[str]]:
    """The statements that were sent meanwhile."""
    seen: list[str] = []

    def note_it(_conn, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note_it)
    yield seen
    event.remove(engine, "before_cursor_execute", note_it)


def order_id(session: Session, external_id: str) -> int:
    return session.exec(select(Order.id).where(Order.external_id == external_id)).one()


def staff_id(session: Session, username: str = "ana") -> int:
    return session.exec(select(Staff.id).where(Staff.username == username)).one()


def deliver(
    session: Session,
    order: str = "O-2",
    *,
    ship_on: date = TODAY,
    need_by: date | None = None,
    estimated: date | None = None,
) -> int:
    row = Delivery(order_id=order_id(session, order), ship_on=ship_on, need_by_on=need_by, estimated_on=estimated)
    session.add(row)
    session.flush()
    return row.id


def order_and_deliver(session: Session, number: int, *, ship_on: date = TODAY) -> int:
    """One more customer with one order of a mug, on its way."""
    customer = Customer(external_id=f"D-{number}", name=f"Person {number}", name_folded=f"person {number}")
    session.add(customer)
    session.flush()
    order = Order(
        external_id=f"P-{number}", customer_id=customer.id, placed_at=cast.NOW, store="", currency="USD", status="open"
    )
    session.add(order)
    session.flush()
    mug = cast.item_id(session, "mug")
    session.add(OrderLine(order_id=order.id, line=1, item_id=mug, quantity=1, unit_price_minor=480))
    note(session, f"Told us about the boat {number}.", customer=f"D-{number}")
    prefer(session, PreferenceKind.LIKE, f"colour {number}", customer=f"D-{number}")
    gift(session, "tea", order=f"P-{number}")
    return deliver(session, f"P-{number}", ship_on=ship_on)


def deliver_many(session: Session, count: int) -> None:
    """As many customers, each with one order and a gift, leaving today."""
    customers = [Customer(external_id=f"M-{n}", name=f"Many {n}", name_folded=f"many {n}") for n in range(count)]
    session.add_all(customers)
    session.flush()
    orders = [
        Order(external_id=f"M-{n}", customer_id=one.id, placed_at=cast.NOW, store="", currency="USD", status="open")
        for n, one in enumerate(customers)
    ]
    session.add_all(orders)
    session.flush()
    session.add_all(Delivery(order_id=order.id, ship_on=TODAY) for order in orders)
    tea, giver = cast.item_id(session, "tea"), staff_id(session)
    limit = session.exec(select(LimitVersion.id).limit(1)).one()
    session.add_all(
        Grant(
            staff_id=giver,
            customer_id=order.customer_id,
            order_id=order.id,
            item_id=tea,
            price_minor=350,
            cost_minor=200,
            value_minor=350,
            currency="USD",
            limit_version_id=limit,
            state=GrantState.RESERVED,
            granted_at=cast.NOW,
        )
        for order in orders
    )
    session.flush()


def note(
    session: Session,
    text: str,
    *,
    kind: NoteKind = NoteKind.OBSERVATION,
    customer: str = "C-1",
    channel: str = "phone",
    at: datetime = cast.NOW - timedelta(days=3),
) -> None:
    customer_id = cast.customer_id(session, customer)
    talk = Interaction(customer_id=customer_id, channel=channel, happened_at=at)
    session.add(talk)
    session.flush()
    author = staff_id(session)
    session.add(
        Note(
            customer_id=customer_id,
            interaction_id=talk.id,
            kind=kind,
            text=text,
            revision=1,
            author_id=author,
            written_at=at,
        )
    )
    session.flush()


def prefer(
    session: Session,
    kind: PreferenceKind,
    value: str,
    *,
    is_stated: bool = True,
    customer: str = "C-1",
    gone: bool = False,
) -> None:
    session.add(
        Preference(
            customer_id=cast.customer_id(session, customer),
            kind=kind,
            value=value,
            is_stated=is_stated,
            heard_by=staff_id(session),
            heard_at=cast.NOW - timedelta(days=3),
            withdrawn_at=cast.NOW if gone else None,
        )
    )
    session.flush()


def promise(session: Session, text: str, *, kept: bool) -> None:
    session.add(
        Promise(
            customer_id=cast.customer_id(session),
            text=text,
            owner_id=staff_id(session, "bo"),
            due_on=TODAY,
            made_at=cast.NOW,
            kept_at=cast.NOW if kept else None,
        )
    )
    session.flush()


def gift(session: Session, sku: str, *, order: str | None = "O-2", state: GrantState = GrantState.RESERVED) -> None:
    customer_id = session.exec(select(Order.customer_id).where(Order.external_id == (order or "O-2"))).one()
    session.add(
        Grant(
            staff_id=staff_id(session),
            customer_id=customer_id,
            order_id=order_id(session, order) if order else None,
            item_id=cast.item_id(session, sku),
            price_minor=777,
            cost_minor=333,
            value_minor=777,
            currency="USD",
            limit_version_id=session.exec(select(LimitVersion.id).limit(1)).one(),
            state=state,
            granted_at=cast.NOW,
        )
    )
    session.flush()
