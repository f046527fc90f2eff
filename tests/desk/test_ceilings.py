"""Every ceiling of a limit over one gift, as the desk decides it on both engines."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import cast
import pytest
from sqlmodel import Session

from deskapp.desk import grants, settling
from deskapp.desk.grants import Gift
from deskapp.desk.verdicts import Outcome
from deskapp.rules.authority import Basis, GiverKind
from deskapp.rules.errors import ClockWentBack
from deskapp.rules.people import Actor, Receiver, Role
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.gift_tables import Agreement, EditionOf, Grant, LimitVersion, ReceiverVersion
from deskapp.store.tables import Order

People = dict[str, Actor]


def edition(session: Session, people: People, **said: object) -> LimitVersion:
    """A new edition of what agents may give: $8 a gift and nothing else but what is `said`."""
    plain: dict[str, object] = {
        "role": Role.AGENT,
        "currency": "USD",
        "basis": Basis.PRICE,
        "zone": "UTC",
        "per_gift_minor": 800,
        "set_by": people["mo"].staff_id,
        "set_at": cast.NOW,
    }
    version = LimitVersion(**(plain | said))
    session.add(version)
    session.flush()
    return version


def give(
    session: Session,
    giver: Actor,
    sku: str,
    *,
    to: str = "C-1",
    now: datetime = cast.NOW,
    order: str = "",
    key: str = "",
) -> Outcome:
    customer = get_customer(session, cast.customer_id(session, to))
    order_id = cast.order_id(session, order) if order else None
    key = key or f"{giver.username}-{sku}-{to}-{now.isoformat()}"
    return grants.give(session, giver, customer, items.get_by_sku(session, sku), order_id, key=key, now=now)


def days(count: float) -> datetime:
    return cast.NOW + timedelta(days=count)


def test_forty_dollars_a_week_are_counted_from_monday(session: Session, people: People) -> None:
    edition(session, people, per_giver_per_week_minor=1000)  # cast.NOW is a Saturday
    assert give(session, people["ana"], "mug").kind == "granted"
    assert give(session, people["ana"], "mug", to="C-2").kind == "granted"
    third = give(session, people["ana"], "jam", now=days(1))
    assert (third.kind, third.ceiling, third.left) == ("needs-approval", "per_giver_per_week", 40)
    assert give(session, people["ana"], "jam", now=days(2)).kind == "granted"


def test_a_months_money_is_counted_across_its_weeks(session: Session, people: People) -> None:
    edition(session, people, per_giver_per_month_minor=900)
    assert give(session, people["ana"], "mug").kind == "granted"
    assert give(session, people["ana"], "mug", now=days(17)).ceiling == "per_giver_per_month"
    assert give(session, people["ana"], "mug", now=days(18)).kind == "granted"


@pytest.mark.parametrize(("after", "kind"), [(0, "refused"), (59.9, "refused"), (60, "granted")])
def test_one_gift_in_sixty_days_whoever_gave_the_last(
    session: Session, people: People, after: float, kind: str
) -> None:
    edition(session, people, per_customer_days=60, per_customer_gifts=1)
    give(session, people["bo"], "tea", now=datetime(2026, 3, 14, tzinfo=cast.NOW.tzinfo))
    moment = datetime(2026, 3, 14, tzinfo=cast.NOW.tzinfo) + timedelta(days=after)
    again = give(session, people["ana"], "mug", now=moment)
    assert again.kind == kind
    if kind == "refused":
        assert again.sentence == "A customer is given at most 1 gift within 60 days. The next is possible from 13 May."


def test_a_gift_taken_back_counts_against_no_window(session: Session, people: People) -> None:
    edition(session, people, gap_days=60, per_customer_per_year_gifts=1)
    first = give(session, people["ana"], "mug")
    assert first.grant_id is not None
    assert give(session, people["ana"], "tea").why == "too-soon"
    settling.undo(session, people["ana"], first.grant_id, now=cast.NOW)
    assert give(session, people["ana"], "jam").kind == "granted"


def test_money_for_one_customer_rolls_with_the_days(session: Session, people: People) -> None:
    edition(session, people, per_customer_days=90, per_customer_minor=800)
    give(session, people["ana"], "mug")
    second = give(session, people["ana"], "jam", now=days(89))
    assert (second.kind, second.why, second.left) == ("refused", "over-customer-days", 320)
    assert "A gift of up to $3.20 could be given." in second.sentence
    assert give(session, people["ana"], "jam", now=days(90)).kind == "granted"


@pytest.mark.parametrize(("percent", "kind"), [(72, "needs-approval"), (73, "granted")])
def test_a_share_of_the_order_is_of_the_order_that_the_gift_goes_with(
    session: Session, people: People, percent: int, kind: str
) -> None:
    """The order came to $4.80; tea is $3.50."""
    edition(session, people, order_share_percent=percent)
    outcome = give(session, people["ana"], "tea", order="O-2")
    assert (outcome.kind, outcome.ceiling) == (kind, "order_share" if kind != "granted" else outcome.ceiling)


def test_all_gifts_of_one_order_share_its_share(session: Session, people: People) -> None:
    edition(session, people, order_share_percent=90)  # of $4.80
    assert give(session, people["ana"], "tea", order="O-2").kind == "granted"
    assert give(session, people["ana"], "nuts", order="O-2").left == 82
    assert give(session, people["ana"], "jam").left == 82  # without an order the last one stands for it
    session.get_one(Order, cast.order_id(session, "O-2")).status = "cancelled"
    session.flush()
    assert give(session, people["ana"], "mug").most == 315  # then it is the one before, of $3.50


def test_an_order_in_another_currency_has_no_share_to_give(session: Session, people: People) -> None:
    edition(session, people, order_share_percent=100)
    session.get_one(Order, cast.order_id(session, "O-2")).currency = "JPY"
    session.flush()
    assert give(session, people["ana"], "tea", order="O-2").left == 0


def test_thresholds_in_another_currency_are_none(session: Session, people: People) -> None:
    get_customer(session, cast.customer_id(session)).receiver = Receiver.BUSINESS
    minor = dict.fromkeys(("per_gift_minor", "per_year_minor", "register_from_minor"), 9000)
    by = {"set_by": people["mo"].staff_id, "set_at": cast.NOW}
    session.add(ReceiverVersion(receiver=Receiver.BUSINESS, currency="JPY", zone="UTC", **minor, **by))
    session.flush()
    assert give(session, people["ana"], "tea").why == "no-receiver-limit"


def test_without_any_order_a_share_of_the_order_is_nothing(session: Session, people: People) -> None:
    edition(session, people, order_share_percent=50)
    outcome = give(session, people["ana"], "tea", to="C-2")
    assert (outcome.kind, outcome.left) == ("needs-approval", 0)


@pytest.mark.parametrize(
    "said",
    [
        {"per_giver_per_month_minor": 500},
        {"per_giver_per_week_minor": 500},
        {"per_customer_per_month_minor": 500},
        {"basis": Basis.COST, "per_giver_per_day_minor": 300},
    ],
)
def test_a_ceiling_set_in_mid_period_counts_what_was_given_before_it(
    session: Session, people: People, said: dict[str, object]
) -> None:
    edition(session, people, gap_days=None)
    assert give(session, people["ana"], "mug").kind == "granted"
    edition(session, people, **said)
    assert give(session, people["ana"], "tea", now=days(0.01)).kind != "granted"


def test_what_costs_nothing_is_counted_at_its_price_and_what_has_neither_is_not_given(
    session: Session, people: People
) -> None:
    edition(session, people, basis=Basis.COST, per_giver_per_day_minor=500)
    tea = items.get_by_sku(session, "tea")
    tea.cost_minor = 0
    session.flush()
    assert give(session, people["ana"], "tea").value_minor == 350
    tea.price_minor = 0
    session.flush()
    assert give(session, people["ana"], "tea", now=days(0.01)).why == "no-value"


def test_a_gift_cannot_be_approved_once_the_askers_own_limit_has_ended(session: Session, people: People) -> None:
    edition(session, people, valid_until=cast.NOW.date() - timedelta(days=1))
    edition(session, people, role=Role.LEAD, per_gift_minor=100, approves_up_to_minor=5000)
    assert approved(session, people, "lamp").why == "no-limit"


def test_an_old_offer_is_bait_too_and_naming_no_order_hides_no_rhythm(session: Session, people: People) -> None:
    edition(session, people, is_never_bait=True, is_never_regular=True)
    customer = cast.customer_id(session)
    for n in range(4):
        placed = cast.NOW + timedelta(days=n)
        session.add(
            Order(external_id=f"N-{n}", customer_id=customer, placed_at=placed, store="", currency="USD", status="open")
        )
        session.flush()
        if n < 3:
            gift = give(session, people["ana"], "tea", order=f"N-{n}", now=placed + timedelta(hours=n * n))
            assert gift.kind == "granted"
    assert give(session, people["ana"], "tea", now=days(6)).why == "regular"
    session.get_one(Order, cast.order_id(session, "O-1")).status = "quote"
    session.flush()
    assert give(session, people["ana"], "tea", now=days(6.1)).why == "bait"


def test_counted_at_cost_a_gift_takes_what_it_cost(session: Session, people: People) -> None:
    edition(session, people, basis=Basis.COST, per_gift_minor=250, per_giver_per_day_minor=400)
    assert give(session, people["ana"], "mug").value_minor == 250
    assert give(session, people["ana"], "jam").over_by_minor == 60


@pytest.mark.parametrize(("to", "status", "why"), [("C-2", "", "bait"), ("C-1", "quote", "bait"), ("C-1", "", "")])
def test_nothing_is_given_before_a_sale(session: Session, people: People, to: str, status: str, why: str) -> None:
    edition(session, people, is_never_bait=True)
    if status:
        session.get_one(Order, cast.order_id(session, "O-2")).status = status
        session.flush()
    assert give(session, people["ana"], "tea", to=to).why == why


def test_gifts_like_clockwork_stop_and_a_broken_rhythm_goes_on(session: Session, people: People) -> None:
    edition(session, people, is_never_regular=True)
    for month in range(3):
        assert give(session, people["ana"], "tea", now=days(30 * month)).kind == "granted"
    assert give(session, people["ana"], "tea", now=days(90)).why == "regular"
    assert give(session, people["ana"], "tea", now=days(97)).kind == "granted"


def test_a_company_is_given_nothing_until_somebody_set_what_it_may_be_given(session: Session, people: People) -> None:
    get_customer(session, cast.customer_id(session)).receiver = Receiver.BUSINESS
    session.flush()
    assert give(session, people["ana"], "tea").why == "no-receiver-limit"
    session.add(
        ReceiverVersion(
            receiver=Receiver.BUSINESS,
            currency="USD",
            zone="UTC",
            per_gift_minor=400,
            per_year_minor=600,
            register_from_minor=0,
            set_by=people["mo"].staff_id,
            set_at=cast.NOW,
        )
    )
    session.flush()
    assert give(session, people["ana"], "mug", now=days(0.1)).why == "over-receiver"
    assert give(session, people["ana"], "tea", now=days(0.2)).kind == "granted"
    second = give(session, people["ana"], "nuts", now=days(0.3))
    assert (second.why, second.ceiling, second.left) == ("over-receiver", "receiver_per_year", 250)


def test_a_service_is_given_as_often_as_it_can_be_done_in_a_day(session: Session, people: People) -> None:
    edition(session, people)
    wrap = items.get_by_sku(session, "soap")
    wrap.capacity_per_day = 1
    session.flush()
    assert give(session, people["ana"], "soap").kind == "granted"  # there is none in stock, and none is needed
    second = give(session, people["ana"], "soap", to="C-2")
    assert (second.why, second.sentence) == (
        "over-capacity",
        "Lavender soap can be given once a day, and that is used up. The next is possible from 15 March.",
    )
    assert give(session, people["ana"], "soap", to="C-2", now=days(1)).kind == "granted"
    session.refresh(wrap)
    assert wrap.stock == 0


def test_what_is_kept_for_leads_an_agent_cannot_give(session: Session, people: People) -> None:
    items.get_by_sku(session, "tea").least_role = Role.LEAD
    session.flush()
    assert give(session, people["ana"], "tea").why == "not-yours"
    assert give(session, people["bo"], "tea").kind == "granted"


# --- which edition --------------------------------------------------------------------------------------------------


def test_a_person_on_trial_has_a_limit_of_their_own_while_it_lasts(session: Session, people: People) -> None:
    ana = people["ana"]
    edition(
        session,
        people,
        role=None,
        giver_kind=GiverKind.PERSON,
        staff_id=ana.staff_id,
        exception="Trial",
        per_gift_minor=300,
        valid_from=date(2026, 3, 14),
        valid_until=date(2026, 3, 20),
    )
    assert give(session, ana, "tea").kind == "needs-approval"
    assert give(session, replace(ana, staff_id=people["mo"].staff_id), "tea").kind == "granted"
    assert give(session, ana, "tea", now=days(7)).kind == "granted"


def test_a_team_may_give_more_than_its_role(session: Session, people: People) -> None:
    edition(session, people, role=None, giver_kind=GiverKind.TEAM, team="Phone", per_gift_minor=5000)
    assert give(session, people["ana"], "lamp").kind == "refused"
    assert give(session, replace(people["ana"], team="Phone"), "lamp", now=days(0.1)).kind == "granted"


def test_an_edition_counts_once_a_second_person_agreed(session: Session, people: People) -> None:
    wide = edition(session, people, per_gift_minor=9000, needs_agreement=True)
    assert give(session, people["ana"], "lamp").kind == "refused"
    said = Agreement(
        edition_of=EditionOf.LIMIT,
        version_id=wide.id,
        is_agreed=True,
        said_by=people["ada"].staff_id,
        said_at=cast.NOW,
    )
    session.add(said)
    session.flush()
    assert give(session, people["ana"], "lamp", now=days(0.1)).kind == "granted"


# --- a second person ------------------------------------------------------------------------------------------------


def approved(session: Session, people: People, sku: str, *, by: str = "bo", to: str = "C-1") -> Outcome:
    customer, item = get_customer(session, cast.customer_id(session, to)), items.get_by_sku(session, sku)
    gift = Gift(people["ana"], customer, item, None, authority=people[by])
    return grants.decide_and_reserve(session, gift, now=cast.NOW)


def test_what_was_approved_takes_from_the_approvers_day_and_leaves_the_askers_alone(
    session: Session, people: People
) -> None:
    edition(session, people, per_giver_per_day_minor=800)
    edition(
        session, people, role=Role.LEAD, per_gift_minor=100, approves_up_to_minor=5000, per_giver_per_day_minor=6000
    )
    outcome = approved(session, people, "lamp")
    assert outcome.kind == "granted"
    assert [(room["ceiling"], room["left"]) for room in outcome.rooms if room["ceiling"] == "per_giver_per_day"] == [
        ("per_giver_per_day", 1100)
    ]
    given = session.get_one(Grant, outcome.grant_id)
    assert (given.staff_id, given.value_minor) == (people["ana"].staff_id, 4900)
    assert give(session, people["ana"], "mug", now=days(0.1)).kind == "granted"


def test_an_approver_cannot_lend_what_they_do_not_have(session: Session, people: People) -> None:
    edition(session, people)
    edition(session, people, role=Role.LEAD, per_gift_minor=100, approves_up_to_minor=5000, per_giver_per_day_minor=400)
    assert approved(session, people, "lamp").ceiling == "per_giver_per_day"
    edition(session, people, role=Role.LEAD, per_gift_minor=9000, approves_up_to_minor=4899)
    assert approved(session, people, "lamp").why == "over-per-gift"


def test_what_protects_the_customer_holds_for_an_approved_gift_too(session: Session, people: People) -> None:
    edition(session, people, gap_days=30)
    edition(session, people, role=Role.LEAD, per_gift_minor=100, approves_up_to_minor=5000)
    assert approved(session, people, "lamp").kind == "granted"
    assert approved(session, people, "mug").why == "too-soon"


# --- the clock ------------------------------------------------------------------------------------------------------


def test_a_clock_that_went_backwards_gives_nothing_until_it_is_right_again(session: Session, people: People) -> None:
    edition(session, people)
    assert give(session, people["ana"], "tea").kind == "granted"
    with pytest.raises(ClockWentBack, match="13:09 UTC, but gifts were given at 2026-03-14 15:09 UTC already"):
        give(session, people["ana"], "tea", to="C-2", now=cast.NOW - timedelta(hours=2))
    assert give(session, people["ana"], "tea", to="C-2", now=cast.NOW - timedelta(minutes=4)).kind == "granted"
