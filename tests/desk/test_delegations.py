"""While Bo is away somebody decides for him: with his authority, on his days, and never for what he or they asked."""

from datetime import date, timedelta

import cast
import pytest
from approving import ask, let_approve
from sqlmodel import Session, select

from deskapp.desk import approvals, asked, delegations
from deskapp.desk.approvers import find_authority, list_approvers, list_authorities
from deskapp.desk.delegations import NewDelegation
from deskapp.rules.errors import Forbidden, Invalid
from deskapp.rules.people import Actor, Role
from deskapp.store import items
from deskapp.store.gift_tables import Approval, Bucket, Delegation
from deskapp.store.tables import Audit, Staff

People = dict[str, Actor]
TODAY = cast.NOW.date()


@pytest.fixture
def shop(session: Session, people: People) -> Session:
    """With Cy, another agent."""
    let_approve(session, people)
    cy = Staff(username="cy", name="Cy", role=Role.AGENT, password_hash="x", created_at=cast.NOW)
    session.add(cy)
    session.flush()
    people["cy"] = Actor(cy.id, "cy", "Cy", Role.AGENT)
    return session


def lend(session: Session, of: Actor, to: Actor, starts_on=TODAY, ends_on=TODAY, key="lend-key-1") -> None:
    form = NewDelegation(form_key=key, colleague=to.staff_id, starts_on=starts_on, ends_on=ends_on)
    delegations.lend(session, of, form, today=TODAY, now=cast.NOW)


def names(session: Session, asker: Actor, now=cast.NOW) -> set[tuple[str, str]]:
    found = list_approvers(session, asker, items.get_by_sku(session, "lamp"), now=now)
    return {(one.decider.name, one.authority.name) for one in found}


def test_a_delegate_decides_and_both_names_stay(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    assert asked.count(shop, people["cy"], now=cast.NOW) == 0
    lend(shop, people["bo"], people["cy"])
    assert asked.count(shop, people["cy"], now=cast.NOW) == 1
    outcome = approvals.decide(shop, people["cy"], approval, is_approved=True, key="decide-1", now=cast.NOW)
    assert outcome is not None
    assert outcome.kind == "granted"
    assert outcome.sentence == "Reading lamp is given. Ana sees it now. Bo may still give $11.00 today."
    shop.expire_all()
    kept = shop.get_one(Approval, approval)
    assert (kept.decided_by, kept.on_behalf_of) == (people["cy"].staff_id, people["bo"].staff_id)
    spent = {
        bucket.key.split("|")[1]: bucket.spent_minor for bucket in shop.exec(select(Bucket)) if "giver" in bucket.key
    }
    assert spent == {str(people["bo"].staff_id): 4900}
    (row,) = asked.list_on_panel(shop, people["ana"], cast.customer_id(shop), now=cast.NOW)
    assert (row.decided_by, row.on_behalf_of) == ("Cy", "Bo")
    assert [one.id for one in asked.list_decided(shop, people["bo"], now=cast.NOW)] == [approval]


def test_it_counts_on_its_days_and_no_others(shop: Session, people: People) -> None:
    tomorrow, after = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
    lend(shop, people["bo"], people["cy"], tomorrow, after)
    is_on = [("Cy", "Bo") in names(shop, people["ana"], cast.NOW + timedelta(days=n)) for n in range(4)]
    assert is_on == [False, True, True, False]


def test_nobody_decides_for_the_asker_or_for_themselves(shop: Session, people: People) -> None:
    lend(shop, people["bo"], people["cy"])
    assert ("Cy", "Bo") not in names(shop, people["cy"])
    lamp = items.get_by_sku(shop, "lamp")
    assert find_authority(shop, people["cy"], people["cy"], lamp, now=cast.NOW) is None
    assert find_authority(shop, people["cy"], people["bo"], lamp, now=cast.NOW) is None
    assert find_authority(shop, people["cy"], people["ana"], lamp, now=cast.NOW) == people["bo"]


def test_what_was_lent_is_not_handed_on(shop: Session, people: People) -> None:
    with pytest.raises(Forbidden):
        lend(shop, people["cy"], people["ana"])
    lend(shop, people["mo"], people["bo"])
    lend(shop, people["bo"], people["cy"], key="lend-key-2")
    assert {one.of.name for one in list_authorities(shop, people["cy"], now=cast.NOW)} == {"Bo"}
    assert ("Cy", "Mo") not in names(shop, people["ana"])


def test_ones_own_authority_comes_first(shop: Session, people: People) -> None:
    lend(shop, people["mo"], people["bo"])
    assert [one.of.name for one in list_authorities(shop, people["bo"], now=cast.NOW)] == ["Bo", "Mo"]
    items.get_by_sku(shop, "lamp").price_minor = 9000
    shop.flush()
    lamp = items.get_by_sku(shop, "lamp")
    assert find_authority(shop, people["bo"], people["ana"], lamp, now=cast.NOW) == people["mo"]


@pytest.mark.parametrize("who", ["bo", "cy"])
def test_of_somebody_who_left_nothing_counts(shop: Session, people: People, who: str) -> None:
    lend(shop, people["bo"], people["cy"])
    shop.get_one(Staff, people[who].staff_id).is_active = False
    shop.flush()
    assert ("Cy", "Bo") not in names(shop, people["ana"])


def test_of_a_lead_who_is_no_lead_any_more_nothing_is_lent(shop: Session, people: People) -> None:
    lend(shop, people["bo"], people["cy"])
    shop.get_one(Staff, people["bo"].staff_id).role = Role.AGENT
    shop.flush()
    assert list_authorities(shop, people["cy"], now=cast.NOW) == []


def test_withdrawn_it_ends_at_once_and_only_by_whoever_lent_it(shop: Session, people: People) -> None:
    lend(shop, people["bo"], people["cy"])
    row = shop.exec(select(Delegation)).one()
    for who in ("cy", "mo"):
        with pytest.raises(Forbidden):
            delegations.withdraw(shop, people[who], row.id, now=cast.NOW)
    for _ in range(2):
        delegations.withdraw(shop, people["bo"], row.id, now=cast.NOW)
    assert list_authorities(shop, people["cy"], now=cast.NOW) == []
    lines = [one.action for one in shop.exec(select(Audit)) if one.action.startswith("delegation")]
    assert lines == ["delegation.lent", "delegation.withdrawn"]


def test_the_same_form_twice_lends_once(shop: Session, people: People) -> None:
    for _ in range(2):
        lend(shop, people["bo"], people["cy"])
    assert len(shop.exec(select(Delegation)).all()) == 1
    assert [
        (one.of, one.to, one.is_mine, one.is_on) for one in delegations.list_rows(shop, people["bo"], today=TODAY)
    ] == [("Bo", "Cy", True, True)]
    assert [one.is_mine for one in delegations.list_rows(shop, people["cy"], today=TODAY)] == [False]
    assert delegations.list_rows(shop, people["bo"], today=TODAY + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("to", "starts_on", "ends_on", "field"),
    [
        ("bo", TODAY, TODAY, "colleague"),
        ("del", TODAY, TODAY, "colleague"),
        ("cy", TODAY, TODAY - timedelta(days=1), "ends_on"),
        ("cy", TODAY - timedelta(days=3), TODAY - timedelta(days=1), "ends_on"),
        ("cy", TODAY + timedelta(days=3), TODAY + timedelta(days=2), "ends_on"),
        ("cy", TODAY, TODAY + timedelta(days=60), "ends_on"),
        ("cy", date(9999, 12, 31), date(9999, 12, 31), "starts_on"),
    ],
)
def test_whom_and_for_how_long(
    shop: Session, people: People, to: str, starts_on: date, ends_on: date, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        lend(shop, people["bo"], people[to], starts_on, ends_on)
    assert list(caught.value.problems) == [field]


def test_sixty_days_are_not_too_many(shop: Session, people: People) -> None:
    lend(shop, people["bo"], people["cy"], TODAY, TODAY + timedelta(days=59))
    assert delegations.list_colleagues(shop, people["bo"]) == [
        (people[name].staff_id, people[name].name) for name in ("ada", "ana", "cy", "mo")
    ]
