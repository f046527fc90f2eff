"""The permanent cast: Ana, agent, small limit; Bo, lead; Del, delivery; Mo, manager; Ada, admin; Carla, customer."""

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from sqlmodel import Session, select

from deskapp.desk.limit_forms import Terms
from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind
from deskapp.rules.people import Actor, Role
from deskapp.store.gift_tables import LimitVersion, Offer
from deskapp.store.tables import Customer, Item, Order, OrderLine, Staff

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)  # a Saturday afternoon
PASSWORD = "correct horse 42"

PEOPLE = {"ana": Role.AGENT, "bo": Role.LEAD, "del": Role.DELIVERY, "mo": Role.MANAGER, "ada": Role.ADMIN}
LIMITS = {  # per gift, per giver and day, per customer and month, in cents at price
    Role.AGENT: (500, 1200, 1000),
    Role.LEAD: (1500, 6000, 3000),
    Role.MANAGER: (5000, 20000, 10000),
    Role.ADMIN: (5000, 20000, 10000),
}
TERMS = Terms("USD", "UTC", 10_000)
APPROVES = {Role.LEAD: 5000, Role.MANAGER: 20000, Role.ADMIN: 20000}  # a colleague's gift, in cents
ITEMS = {  # sku: name, category, price, cost, giftable, stock
    "tea": ("Green tea, 20 bags", "Tea", 350, 200, True, 40),
    "mug": ("Blue mug", "Kitchen", 480, 250, True, 12),
    "jam": ("Plum jam", "Preserves", 420, 210, True, 9),
    "nuts": ("Roasted hazelnuts", "Nuts", 390, 230, True, 30),
    "lamp": ("Reading lamp", "Home", 4900, 2600, True, 3),
    "wine": ("House red", "Wine", 450, 240, False, 50),
    "soap": ("Lavender soap", "Bath", 300, 120, True, 0),
}


@cache
def password_hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def hire(session: Session) -> dict[str, Actor]:
    rows = [
        Staff(username=u, name=u.capitalize(), role=role, password_hash=password_hash(), created_at=NOW)
        for u, role in PEOPLE.items()
    ]
    session.add_all(rows)
    session.flush()
    return {row.username: Actor(row.id, row.username, row.name, row.role) for row in rows}


def find_people(session: Session) -> dict[str, Actor]:
    """Who is hired already."""
    found = session.exec(select(Staff).order_by(Staff.id))
    return {row.username: Actor(row.id, row.username, row.name, row.role) for row in found}


def set_limits(session: Session, cast: dict[str, Actor]) -> None:
    for role, (gift, day, month) in LIMITS.items():
        session.add(
            LimitVersion(
                role=role,
                currency="USD",
                basis=Basis.PRICE,
                zone="UTC",
                per_gift_minor=gift,
                approves_up_to_minor=APPROVES.get(role),
                per_giver_per_day_minor=day,
                per_customer_per_month_minor=month,
                set_by=cast["mo"].staff_id,
                set_at=NOW,
            )
        )
    session.flush()


def open_shop(session: Session) -> None:
    """Carla Núñez with one delivered order (tea) and one open one (mug); Dan, who never bought."""
    session.add_all(
        Item(
            sku=sku,
            name=name,
            category=category,
            department="Shop",
            brand="",
            price_minor=price,
            cost_minor=cost,
            currency="USD",
            stock=stock,
            is_giftable=giftable,
        )
        for sku, (name, category, price, cost, giftable, stock) in ITEMS.items()
    )
    carla = Customer(
        external_id="C-1",
        name="Carla Núñez",
        name_folded="carla nunez",
        email="Carla@example.com",
        email_folded="carla@example.com",
        phone="+1 555 0100",
        language="en",
        tier="",
        joined_on=date(2023, 5, 1),
    )
    dan = Customer(external_id="C-2", name="Dan", name_folded="dan")
    session.add_all([carla, dan])
    session.flush()
    items = {sku: item_id(session, sku) for sku in ITEMS}
    for external_id, placed, status, sku in (
        ("O-1", datetime(2026, 1, 5, 10, tzinfo=UTC), "delivered", "tea"),
        ("O-2", datetime(2026, 3, 13, 10, tzinfo=UTC), "open", "mug"),
    ):
        order = Order(
            external_id=external_id,
            customer_id=carla.id,
            placed_at=placed,
            store="Main St",
            currency="USD",
            status=status,
        )
        session.add(order)
        session.flush()
        session.add(
            OrderLine(order_id=order.id, line=1, item_id=items[sku], quantity=1, unit_price_minor=ITEMS[sku][2])
        )
    session.flush()


def item_id(session: Session, sku: str) -> int:
    return session.exec(select(Item.id).where(Item.sku == sku)).one()


def customer_id(session: Session, external_id: str = "C-1") -> int:
    return session.exec(select(Customer.id).where(Customer.external_id == external_id)).one()


def order_id(session: Session, external_id: str) -> int:
    return session.exec(select(Order.id).where(Order.external_id == external_id)).one()


def agents_limit(**said: Any) -> AuthorityLimit:
    """$5 a gift for agents, at the price in the shop, and nothing else but what is `said`."""
    plain: dict[str, Any] = {
        "version_id": 1,
        "giver_kind": GiverKind.ROLE,
        "role": Role.AGENT,
        "team": "",
        "staff_id": None,
        "exception": "",
        "currency": "USD",
        "basis": Basis.PRICE,
        "zone": "UTC",
        "per_gift_minor": 500,
    }
    return AuthorityLimit(**(plain | said))


def offer(session: Session, sku: str) -> Offer:
    """Shown to Carla today, at the price of now."""
    item = session.exec(select(Item).where(Item.sku == sku)).one()
    shown = Offer(
        customer_id=customer_id(session),
        order_key=0,
        item_id=item.id,
        shown_on=NOW.date(),
        shown_at=NOW,
        price_minor=item.price_minor,
        cost_minor=item.cost_minor,
        currency=item.currency,
        source="popular",
        because=[],
        together=0,
    )
    session.add(shown)
    session.flush()
    return shown


def settle_in(session: Session) -> dict[str, Actor]:
    """Everybody and everything above; returns the staff by name."""
    cast = hire(session)
    set_limits(session, cast)
    open_shop(session)
    return cast
