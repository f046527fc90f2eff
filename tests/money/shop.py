"""A shop of any size for the tests of money: givers with limits of every kind, customers of every kind, things to give."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cast import NOW
from sqlmodel import Session, select

from deskapp.desk import grants
from deskapp.desk.verdicts import Outcome
from deskapp.rules.authority import Basis, GiverKind
from deskapp.rules.people import Actor, Receiver, Role
from deskapp.rules.periods import Period
from deskapp.store.db import Database
from deskapp.store.eligibility import get_who
from deskapp.store.gift_tables import Budget, BudgetVersion, LimitVersion, ReceiverVersion
from deskapp.store.items import get_item
from deskapp.store.tables import Customer, Item, Staff

ROOMY = {"per_giver_per_day_minor": 10**9, "per_giver_per_week_minor": 10**9, "gap_days": 60}
TIGHT = {
    "per_giver_per_day_minor": 4000,
    "per_giver_per_week_minor": 7000,
    "per_giver_per_month_minor": 9000,
    "per_customer_per_month_minor": 1500,
    "per_customer_days": 30,
    "per_customer_minor": 2000,
    "per_customer_gifts": 5,
    "per_customer_per_year_gifts": 6,
    "approves_up_to_minor": 3000,
}
NARROW = TIGHT | {"basis": Basis.COST, "gap_days": 10, "per_customer_gifts": 2, "order_share_percent": None}


@dataclass(frozen=True, slots=True)
class Shop:
    """Ids; plain enough to be sent to another process."""

    givers: list[Actor]
    customers: list[int]
    items: list[int]


def open_shop(
    session: Session, *, givers: int, customers: int, items: int = 4, stock: int = 10**6, limits: dict[str, Any] = ROOMY
) -> Shop:
    """Everybody an agent under one limit."""
    actors = _hire(session, givers)
    set_limit(session, actors[0], **limits)
    return Shop(actors, _customers(session, customers), _items(session, items, stock))


def open_tight_shop(session: Session, *, givers: int = 6, customers: int = 8, stock: int = 25) -> Shop:
    """Every ceiling that there is, each low enough to be reached by some hundred gifts.

    Every second giver is in the night team and under a limit at cost with a gap; companies are among the customers; a
    campaign and a team have budgets; one item has little stock, another a capacity for each day.
    """
    actors = _hire(session, givers)
    set_limit(session, actors[0], **TIGHT)
    set_limit(session, actors[0], giver_kind=GiverKind.TEAM, role=None, team="night", **NARROW)
    for name, team, period, most in (("Spring", "", Period.WHOLE, 16000), ("Night", "night", Period.WEEK, 5000)):
        budget = Budget(name=name)
        session.add(budget)
        session.flush()
        session.add(_budget(budget.id, actors[0], team, period, most))
    session.add(
        ReceiverVersion(
            receiver=Receiver.BUSINESS,
            currency="USD",
            zone="UTC",
            per_gift_minor=450,
            per_year_minor=900,
            register_from_minor=0,
            set_by=actors[0].staff_id,
            set_at=NOW,
        )
    )
    things = _items(session, 4, stock)
    session.get_one(Item, things[1]).capacity_per_day = 7
    people = _customers(session, customers)
    session.get_one(Customer, people[0]).receiver = Receiver.BUSINESS
    session.flush()
    return Shop(actors, people, things)


def set_limit(session: Session, by: Actor, **said: Any) -> None:
    basis = {"role": Role.AGENT, "basis": Basis.PRICE, "currency": "USD", "zone": "UTC", "per_gift_minor": 1000}
    session.add(LimitVersion(**(basis | said), set_by=by.staff_id, set_at=NOW))
    session.flush()


def give(database: Database, giver: Actor, customer: int, item: int, key: str, *, now: datetime = NOW) -> Outcome:
    """One gift in a transaction of its own, as a view gives it."""
    with database.writing() as session:
        receiver, thing = get_who(session, customer), get_item(session, item)
        return grants.give(session, giver, receiver, thing, None, key=key, now=now)


def _hire(session: Session, count: int) -> list[Actor]:
    rows = [
        Staff(
            username=f"giver-{n}",
            name=f"Giver {n}",
            role=Role.AGENT,
            team="night" if n % 2 else "",
            password_hash="none",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for n in range(count)
    ]
    session.add_all(rows)
    session.flush()
    return [Actor(row.id, row.username, row.name, row.role, row.team) for row in rows]


def _customers(session: Session, count: int) -> list[int]:
    session.add_all(
        Customer(external_id=f"C-{n}", name=f"Customer {n}", name_folded=f"customer {n}") for n in range(count)
    )
    session.flush()
    return list(session.exec(select(Customer.id).order_by(Customer.id)).all())


def _items(session: Session, count: int, stock: int) -> list[int]:
    rows = [
        Item(
            sku=f"I-{n}",
            name=f"Thing {n}",
            category="Things",
            department="Shop",
            brand="",
            price_minor=300 + 70 * n,
            cost_minor=170 + 40 * n,
            currency="USD",
            stock=stock,
            is_giftable=True,
        )
        for n in range(count)
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def _budget(budget_id: int, owner: Actor, team: str, period: Period, most: int) -> BudgetVersion:
    return BudgetVersion(
        budget_id=budget_id,
        team=team,
        owner_id=owner.staff_id,
        period=period,
        currency="USD",
        zone="UTC",
        most_minor=most,
        set_by=owner.staff_id,
        set_at=NOW,
    )


def as_team(actors: list[Actor], team: str) -> list[Actor]:
    return [dataclasses.replace(actor, team=team) for actor in actors]
