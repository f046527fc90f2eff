"""“Agents may give up to $8 a gift, $40 a week, one gift per customer in 60 days, to customers whose last order arrived
late or who have been with us two years; leads approve up to $50”: every part of it, at its very edge."""

from datetime import date, datetime, timedelta

import cast
import pytest
from sqlmodel import Session

from deskapp.desk import grants, limits
from deskapp.desk.approvers import find_authority
from deskapp.desk.grants import Gift
from deskapp.desk.limit_forms import NewLimit, mark_of
from deskapp.desk.verdicts import Outcome
from deskapp.rules.people import Actor
from deskapp.store.tables import Customer, Delivery, Item, Order

People = dict[str, Actor]

RULE = "last order late or customer for 2 years"
TWO_YEARS = date(2024, 3, 14)


@pytest.fixture
def promised(session: Session, people: People) -> People:
    agents = {
        "form_key": "agents-key",
        "giver": "role:agent",
        "per_gift": "8",
        "per_giver_per_week": "40",
        "per_customer_gifts": "1",
        "per_customer_days": "60",
        "eligibility": RULE,
        "tried": mark_of(RULE),
    }
    leads = {
        "form_key": "leads-key",
        "giver": "role:lead",
        "per_gift": "15",
        "per_giver_per_week": "80",
        "approves_up_to": "50",
    }
    for typed in (agents, leads):
        limits.set_limit(session, people["mo"], NewLimit.model_validate(typed), terms=cast.TERMS, now=cast.NOW)
    return people


def priced(session: Session, minor: int) -> Item:
    item = Item(
        sku=f"at-{minor}",
        name="A jar",
        category="Jars",
        department="Shop",
        brand="",
        price_minor=minor,
        cost_minor=minor // 2,
        currency="USD",
        stock=99,
        is_giftable=True,
    )
    session.add(item)
    session.flush()
    return item


def customer(session: Session, number: int, joined_on: date = TWO_YEARS, *, days_late: int | None = 0) -> Customer:
    """With one order that was delivered so many days after the day it was promised for; None: not delivered yet."""
    name = f"Customer {number}"
    who = Customer(external_id=f"N-{number}", name=name, name_folded=name.casefold(), joined_on=joined_on)
    session.add(who)
    session.flush()
    placed_at = cast.NOW - timedelta(days=9)
    order = Order(
        external_id=f"NO-{number}", customer_id=who.id, placed_at=placed_at, store="Main St", currency="USD", status=""
    )
    session.add(order)
    session.flush()
    promised_on = (cast.NOW - timedelta(days=4)).date()
    delivered_at = None if days_late is None else cast.NOW - timedelta(days=4 - days_late)
    session.add(Delivery(order_id=order.id, ship_on=promised_on, need_by_on=promised_on, delivered_at=delivered_at))
    session.flush()
    return who


def give(session: Session, actor: Actor, to: Customer, item: Item, *, now: datetime = cast.NOW) -> Outcome:
    key = f"{to.id}-{item.sku}-{now:%Y%m%d}"
    return grants.give(session, actor, to, item, None, key=key, now=now)


def test_eight_dollars_a_gift_and_not_a_cent_more(session: Session, promised: People) -> None:
    ana, bea = promised["ana"], customer(session, 1)
    over = give(session, ana, bea, priced(session, 801))
    assert (over.kind, over.ceiling, over.over_by_minor, over.nearest_minor) == ("needs-approval", "per_gift", 1, 800)
    assert give(session, ana, bea, priced(session, 800)).kind == "granted"


def test_forty_dollars_a_week_and_a_new_week_begins_on_monday(session: Session, promised: People) -> None:
    ana, jar = promised["ana"], priced(session, 800)
    given = [give(session, ana, customer(session, number), jar) for number in range(5)]
    assert {one.kind for one in given} == {"granted"}
    cent = give(session, ana, customer(session, 6), priced(session, 1))
    assert (cent.kind, cent.ceiling, cent.left) == ("needs-approval", "per_giver_per_week", 0)
    sunday, monday = (cast.NOW + timedelta(days=days) for days in (1, 2))
    assert give(session, ana, customer(session, 7), jar, now=sunday).kind == "needs-approval"
    assert give(session, ana, customer(session, 8), jar, now=monday).kind == "granted"


def test_one_gift_per_customer_in_60_days_whoever_gives_it(session: Session, promised: People) -> None:
    ana, bea, jar = promised["ana"], customer(session, 1), priced(session, 100)
    assert give(session, ana, bea, jar).kind == "granted"
    for days in (0, 1, 59):
        second = give(session, ana, bea, priced(session, 200 + days), now=cast.NOW + timedelta(days=days))
        assert (second.kind, second.ceiling, second.most) == ("refused", "gifts_in_days", 1)
        assert "at most 1 gift within 60 days" in second.sentence
    assert give(session, ana, bea, jar, now=cast.NOW + timedelta(days=60)).kind == "granted"


def test_a_gift_that_a_lead_gave_counts_as_well(session: Session, promised: People) -> None:
    bea, jar = customer(session, 1), priced(session, 100)
    assert give(session, promised["bo"], bea, jar).kind == "granted"
    assert give(session, promised["ana"], bea, jar).ceiling == "gifts_in_days"


@pytest.mark.parametrize(
    ("joined_on", "days_late", "kind"),
    [
        (TWO_YEARS, 0, "granted"),
        (TWO_YEARS + timedelta(days=1), 0, "refused"),
        (cast.NOW.date(), 1, "granted"),
        (cast.NOW.date(), None, "granted"),  # it should have been there, and is not
        (cast.NOW.date(), 0, "refused"),
    ],
)
def test_only_to_whose_last_order_was_late_or_who_is_here_two_years(
    session: Session, promised: People, joined_on: date, days_late: int | None, kind: str
) -> None:
    who = customer(session, 1, joined_on, days_late=days_late)
    found = give(session, promised["ana"], who, priced(session, 800))
    assert found.kind == kind
    if kind == "refused":
        assert found.why == "not-eligible"
        assert "whose last order arrived late" in found.sentence


def approved(session: Session, people: People, to: Customer, item: Item) -> Outcome | None:
    """Decided by Bo, as somebody who agrees to what Ana asks for; None where he may not."""
    authority = find_authority(session, people["bo"], people["ana"], item, now=cast.NOW)
    if authority is None:
        return None
    return grants.decide_and_reserve(session, Gift(people["ana"], to, item, None, authority), now=cast.NOW)


def test_a_lead_approves_up_to_fifty_dollars_and_not_a_cent_more(session: Session, promised: People) -> None:
    bea = customer(session, 1)
    asked = give(session, promised["ana"], bea, priced(session, 5000))
    assert "Bo" in asked.approvers
    assert "Bo" not in give(session, promised["ana"], bea, priced(session, 5001)).approvers
    assert approved(session, promised, bea, priced(session, 5002)) is None
    found = approved(session, promised, bea, priced(session, 4999))
    assert found is not None
    assert found.kind == "granted"


def test_what_is_said_of_the_customer_a_lead_cannot_wave_away(session: Session, promised: People) -> None:
    new = customer(session, 1, cast.NOW.date())
    refused = approved(session, promised, new, priced(session, 900))
    assert refused is not None
    assert (refused.kind, refused.why) == ("refused", "not-eligible")
    bea = customer(session, 2)
    assert give(session, promised["ana"], bea, priced(session, 100)).kind == "granted"
    again = approved(session, promised, bea, priced(session, 901))
    assert again is not None
    assert again.ceiling == "gifts_in_days"
