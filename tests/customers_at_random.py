"""A shop at random: customers with orders, deliveries, problems, promises, wishes and gifts of every kind."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from cast import NOW, item_id
from sqlmodel import Session, select

from deskapp.rules.people import Actor, Receiver
from deskapp.store.gift_tables import Grant, GrantState, LimitVersion
from deskapp.store.memory_tables import Preference, PreferenceKind, Promise
from deskapp.store.tables import Customer, Delivery, Order, OrderLine, Problem, ProblemKind

_STATUSES = ("delivered", "delivered", "open", "Cancelled", "quote", "DRAFT ", "returned", "shipped")


def populate(session: Session, people: dict[str, Actor], seed: int, *, customers: int = 25) -> list[int]:
    """Their ids. All that happens lies within two years before NOW, and much on the edges of its windows."""
    random = Random(seed)
    rows = [
        Customer(
            external_id=f"R-{number}",
            name=f"Person {number}",
            name_folded=f"person {number}",
            tier=random.choice([None, "", "gold", "Silver"]),
            joined_on=random.choice([None, _day(random), date(2024, 3, 14), date(2024, 3, 15)]),
            receiver=random.choice([Receiver.PERSON] * 8 + [Receiver.BUSINESS, Receiver.PUBLIC]),
        )
        for number in range(customers)
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        orders = [_order(session, random, row.id, number) for number in range(random.choice([0, 1, 2, 5]))]
        _trouble(session, random, people, row.id, orders)
        _gifts(session, random, people, row.id, orders)
    session.flush()
    return [row.id for row in rows]


def _at(random: Random) -> datetime:
    edge = NOW - timedelta(days=random.choice([0, 1, 29, 30, 60, 90, 91, 364, 365, 366, 500, 729]))
    return edge.replace(hour=random.choice([0, 1, 12, 22, 23]), minute=random.choice([0, 30, 59]), tzinfo=UTC)


def _day(random: Random) -> date:
    return _at(random).date()


def _maybe(random: Random) -> date | None:
    return _day(random) if random.random() < 0.6 else None


def _order(session: Session, random: Random, customer_id: int, number: int) -> int:
    order = Order(
        external_id=f"R-{customer_id}-{number}",
        customer_id=customer_id,
        placed_at=min(_at(random), NOW + timedelta(hours=random.choice([-1, 1]))),
        store=random.choice(["Main St", "Harbour", ""]),
        currency=random.choice(["USD", "USD", "EUR"]),
        status=random.choice(_STATUSES),
    )
    session.add(order)
    session.flush()
    for line in range(random.choice([0, 1, 3])):
        quantity, price = random.choice([-2, 1, 1, 3]), random.choice([0, 350, 4999])
        session.add(
            OrderLine(
                order_id=order.id,
                line=line + 1,
                item_id=item_id(session, "tea"),
                quantity=quantity,
                unit_price_minor=price,
            )
        )
    if random.random() < 0.6:
        delivered = _at(random) if random.random() < 0.5 else None
        returned = _at(random) if random.random() < 0.2 else None
        session.add(
            Delivery(
                order_id=order.id,
                ship_on=_day(random),
                need_by_on=_maybe(random),
                estimated_on=_maybe(random),
                delivered_at=delivered,
                returned_at=returned,
            )
        )
    return order.id


def _trouble(session: Session, random: Random, people: dict[str, Actor], customer_id: int, orders: list[int]) -> None:
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        solved = _at(random) if random.random() < 0.5 else None
        session.add(
            Problem(
                customer_id=customer_id,
                order_id=random.choice([None, *orders]),
                kind=random.choice(list(ProblemKind)),
                noted_by=people["ana"].staff_id,
                noted_at=_at(random),
                solved_at=solved,
            )
        )
    for _ in range(random.choice([0, 0, 1])):
        session.add(
            Promise(
                customer_id=customer_id,
                text="call back",
                owner_id=people["ana"].staff_id,
                due_on=_day(random),
                made_at=_at(random),
                kept_at=random.choice([None, _at(random)]),
            )
        )
    if random.random() < 0.1:
        session.add(
            Preference(
                customer_id=customer_id,
                kind=PreferenceKind.NO_GIFTS,
                value="",
                is_stated=True,
                heard_by=people["ana"].staff_id,
                heard_at=NOW,
                withdrawn_at=random.choice([None, NOW]),
            )
        )


def _gifts(session: Session, random: Random, people: dict[str, Actor], customer_id: int, orders: list[int]) -> None:
    version = session.exec(select(LimitVersion.id)).first()
    for _ in range(random.choice([0, 0, 1, 3, 4])):
        value = random.choice([100, 350, 500])
        session.add(
            Grant(
                staff_id=people["ana"].staff_id,
                customer_id=customer_id,
                order_id=random.choice([None, *orders]),
                item_id=item_id(session, "tea"),
                price_minor=value,
                cost_minor=value // 2,
                value_minor=value,
                currency="USD",
                limit_version_id=version,
                state=random.choice(list(GrantState)),
                granted_at=_at(random),
            )
        )
