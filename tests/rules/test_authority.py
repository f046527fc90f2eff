from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cast import agents_limit
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.rules.authority import (
    AuthorityLimit,
    Ceiling,
    Given,
    GiverKind,
    Granted,
    NeedsApproval,
    Refused,
    Room,
    Unit,
    Verdict,
    Why,
    Worth,
    customer_rooms,
    decide,
    filled,
    giver_rooms,
    in_force,
    most_left,
    order_room,
    rolling_room,
)

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
TODAY = NOW.date()
ANA, CARLA = 1, 7
ANAS = agents_limit(
    per_giver_per_day_minor=1200,
    per_customer_per_month_minor=1000,
)
DAY, MONTH = f"giver-day|{ANA}|2026-03-14|USD", f"customer-month|{CARLA}|2026-03|USD"


def worth(value: int) -> Worth:
    return Worth(value, value)


def rooms(limit: AuthorityLimit, spent: Mapping[str, int], given: list[Given] | None = None) -> tuple[Room, ...]:
    held = giver_rooms(limit, ANA, NOW) + customer_rooms(limit, CARLA, given or [], NOW)
    return tuple(filled(room, spent) for room in held)


def verdict(value: int, *, today: int = 0, customer: int = 0, limit: AuthorityLimit = ANAS) -> Verdict:
    return decide(rooms(limit, {DAY: today, MONTH: customer}), worth(value))


# --- the verdict ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "today", "customer"),
    [(0, 0, 0), (1, 0, 0), (500, 0, 0), (500, 700, 500), (200, 1000, 800), (0, 1200, 1000)],
)
def test_a_gift_up_to_the_last_cent_is_granted(value: int, today: int, customer: int) -> None:
    assert isinstance(verdict(value, today=today, customer=customer), Granted)


@pytest.mark.parametrize(
    ("value", "today", "customer", "left"),
    [(500, 0, 501, 499), (1, 0, 1000, 0), (501, 0, 600, 400), (1300, 1200, 900, 100)],
)
def test_over_the_customers_ceiling_it_is_refused_whatever_else_is_broken(
    value: int, today: int, customer: int, left: int
) -> None:
    refused = verdict(value, today=today, customer=customer)
    assert isinstance(refused, Refused)
    assert refused.room is not None
    assert (refused.why, refused.room.left) == (Why.OVER_CUSTOMER_MONTH, left)


@pytest.mark.parametrize(
    ("value", "today", "ceiling", "over"),
    [
        (501, 0, Ceiling.PER_GIFT, 1),
        (300, 1000, Ceiling.PER_GIVER_PER_DAY, 100),
        (600, 1000, Ceiling.PER_GIVER_PER_DAY, 400),  # both are broken, the tighter is named
    ],
)
def test_over_the_givers_own_a_second_person_may_decide(value: int, today: int, ceiling: Ceiling, over: int) -> None:
    asked = verdict(value, today=today)
    assert isinstance(asked, NeedsApproval)
    assert (asked.room.ceiling, asked.over_by_minor) == (ceiling, over)


def test_an_overdrawn_ceiling_has_nothing_left_rather_than_less() -> None:
    lowered = replace(ANAS, per_giver_per_day_minor=100)
    asked = verdict(1, today=1200, limit=lowered)
    assert isinstance(asked, NeedsApproval)
    assert (asked.room.left, asked.over_by_minor) == (0, 1)


def test_a_count_that_is_used_up_is_named_before_any_sum() -> None:
    held = (Room(Ceiling.BUDGET, 100, 0), Room(Ceiling.GAP, 1, 0, unit=Unit.GIFTS, days=60))
    refused = decide(held, worth(1))
    assert isinstance(refused, Refused)
    assert refused.why is Why.TOO_SOON


def test_a_ceiling_at_the_price_in_the_shop_is_not_met_by_what_it_cost() -> None:
    law = Room(Ceiling.RECEIVER_PER_GIFT, 1000, 1000, unit=Unit.RETAIL)
    assert isinstance(decide((law,), Worth(value_minor=400, retail_minor=1000)), Granted)
    assert isinstance(decide((law,), Worth(value_minor=400, retail_minor=1001)), Refused)


amounts = st.integers(0, 3000)


@settings(deadline=None)
@given(amounts, amounts, amounts)
def test_granted_is_exactly_what_fits_under_every_ceiling(value: int, today: int, customer: int) -> None:
    left = rooms(ANAS, {DAY: today, MONTH: customer})
    assert isinstance(decide(left, worth(value)), Granted) == (value <= most_left(left))
    assert most_left(left) == max(0, min(500, 1200 - today, 1000 - customer))


@settings(deadline=None)
@given(amounts, amounts, amounts)
def test_a_dearer_gift_never_fares_better(value: int, today: int, customer: int) -> None:
    rank = {Granted: 0, NeedsApproval: 1, Refused: 2}
    cheap, dear = verdict(value, today=today, customer=customer), verdict(value + 1, today=today, customer=customer)
    assert rank[type(cheap)] <= rank[type(dear)]


# --- what is left ---------------------------------------------------------------------------------------------------


def test_every_ceiling_that_is_set_has_its_room_and_says_until_when() -> None:
    full = replace(
        ANAS,
        per_giver_per_week_minor=4000,
        per_giver_per_month_minor=9000,
        per_customer_days=90,
        per_customer_minor=1500,
        per_customer_gifts=2,
        gap_days=14,
        per_customer_per_year_gifts=5,
    )
    gift = Given(date(2026, 3, 1), worth(400))
    said = {room.ceiling: (room.most, room.left, room.until) for room in rooms(full, {DAY: 200}, [gift])}
    assert said == {
        Ceiling.PER_GIFT: (500, 500, None),
        Ceiling.PER_GIVER_PER_DAY: (1200, 1000, datetime(2026, 3, 15, tzinfo=UTC)),
        Ceiling.PER_GIVER_PER_WEEK: (4000, 4000, datetime(2026, 3, 16, tzinfo=UTC)),
        Ceiling.PER_GIVER_PER_MONTH: (9000, 9000, datetime(2026, 4, 1, tzinfo=UTC)),
        Ceiling.PER_CUSTOMER_PER_MONTH: (1000, 1000, datetime(2026, 4, 1, tzinfo=UTC)),
        Ceiling.PER_CUSTOMER_IN_DAYS: (1500, 1100, datetime(2026, 5, 30, tzinfo=UTC)),
        Ceiling.GIFTS_IN_DAYS: (2, 1, datetime(2026, 5, 30, tzinfo=UTC)),
        Ceiling.GAP: (1, 0, datetime(2026, 3, 15, tzinfo=UTC)),
        Ceiling.GIFTS_PER_YEAR: (5, 4, datetime(2027, 3, 1, tzinfo=UTC)),
    }


@pytest.mark.parametrize(("days_ago", "left"), [(0, 0), (59, 0), (60, 1), (61, 1)])
def test_one_gift_in_sixty_days_is_free_again_on_the_sixtieth_day_after(days_ago: int, left: int) -> None:
    gift = Given(TODAY - timedelta(days=days_ago), worth(100))
    assert rolling_room(Ceiling.GIFTS_IN_DAYS, 1, Unit.GIFTS, 60, [gift], TODAY, "UTC").left == left


@settings(deadline=None)
@given(st.lists(st.integers(0, 99), max_size=9), st.integers(0, 4), st.integers(1, 60))
def test_a_rolling_count_is_free_again_on_the_very_day_that_it_says(ages: list[int], most: int, days: int) -> None:
    gifts = [Given(TODAY - timedelta(days=age), worth(1)) for age in ages]

    def left(day: date) -> Room:
        return rolling_room(Ceiling.GIFTS_IN_DAYS, most, Unit.GIFTS, days, gifts, day, "UTC")

    now = left(TODAY)
    assert now.left == max(0, most - sum(age < days for age in ages))
    if now.left == 0 and now.until is not None:
        assert left(now.until.date()).left > 0
        assert left(now.until.date() - timedelta(days=1)).left == 0


@pytest.mark.parametrize(("percent", "total", "most"), [(10, 4999, 499), (10, 0, 0), (100, 350, 350), (5, -700, 0)])
def test_a_share_of_the_order_is_rounded_down(percent: int, total: int, most: int) -> None:
    assert order_room(percent, total).left == most


def test_an_approvers_limit_stands_in_for_a_gift_only() -> None:
    bos = replace(ANAS, approves_up_to_minor=5000, order_share_percent=10).to_approve()
    assert (bos.per_gift_minor, bos.order_share_percent, bos.per_giver_per_day_minor) == (5000, None, 1200)
    assert ANAS.to_approve().per_gift_minor == 0


# --- which limit ----------------------------------------------------------------------------------------------------


def edition(version: int, kind: GiverKind = GiverKind.ROLE, **said: object) -> AuthorityLimit:
    return replace(ANAS, version_id=version, giver_kind=kind, **said)  # type: ignore[arg-type]


def chosen(*editions: AuthorityLimit) -> int | None:
    found = in_force(editions, lambda _zone: TODAY)
    return found.version_id if found else None


def test_without_an_edition_nothing_is_in_force() -> None:
    assert chosen() is None


def test_the_newest_edition_of_a_line_counts() -> None:
    assert chosen(edition(2), edition(5), edition(3)) == 5


def test_an_edition_that_has_not_begun_leaves_the_one_before_it_in_force() -> None:
    assert chosen(edition(1), edition(2, valid_from=TODAY + timedelta(days=1))) == 1
    assert chosen(edition(1), edition(2, valid_from=TODAY)) == 2


def test_an_edition_that_has_ended_does_not_bring_back_the_one_before_it() -> None:
    assert chosen(edition(1), edition(2, valid_until=TODAY - timedelta(days=1))) is None
    assert chosen(edition(1), edition(2, valid_until=TODAY)) == 2


def test_a_person_goes_before_a_team_and_a_team_before_a_role() -> None:
    role, team, person = edition(9), edition(2, GiverKind.TEAM), edition(1, GiverKind.PERSON)
    assert chosen(role, team, person) == 1
    assert chosen(role, team) == 2


def test_an_exception_goes_before_the_standing_limit_while_it_lasts() -> None:
    trial = edition(2, exception="Christmas", valid_from=TODAY, valid_until=TODAY)
    assert chosen(trial, edition(5)) == 2
    assert chosen(replace(trial, valid_until=TODAY - timedelta(days=1)), edition(1)) == 1
    assert chosen(trial, edition(3, exception="Easter")) == 3


def test_today_is_the_day_in_the_rules_own_zone() -> None:
    days = {"UTC": TODAY, "Asia/Tokyo": TODAY + timedelta(days=1)}
    begins = edition(2, zone="Asia/Tokyo", valid_from=TODAY + timedelta(days=1))
    found = in_force([edition(1), begins], days.__getitem__)
    assert found is begins
