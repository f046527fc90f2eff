from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.rules.authority import (
    AuthorityLimit,
    Basis,
    Ceiling,
    Granted,
    NeedsApproval,
    Refused,
    Room,
    Why,
    day_ends_at,
    day_key,
    decide,
    month_ends_at,
    month_key,
    most_left,
    rooms,
)
from deskapp.rules.people import Role

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
ANAS = AuthorityLimit(1, Role.AGENT, "USD", Basis.PRICE, "UTC", 500, 1200, 1000)


def verdict(value: int, *, today: int = 0, customer: int = 0, limit: AuthorityLimit = ANAS):
    return decide(rooms(limit, given_today_minor=today, given_to_customer_minor=customer, now=NOW), value)


@pytest.mark.parametrize(
    ("value", "today", "customer"),
    [(0, 0, 0), (1, 0, 0), (500, 0, 0), (500, 700, 500), (200, 1000, 800), (0, 1200, 1000)],
)
def test_a_gift_up_to_the_last_cent_is_granted(value, today, customer):
    assert isinstance(verdict(value, today=today, customer=customer), Granted)


@pytest.mark.parametrize(
    ("value", "today", "customer", "why", "left"),
    [
        (501, 0, 0, Why.OVER_PER_GIFT, 500),
        (500, 0, 501, Why.OVER_CUSTOMER_MONTH, 499),
        (1, 0, 1000, Why.OVER_CUSTOMER_MONTH, 0),
        (501, 0, 600, Why.OVER_CUSTOMER_MONTH, 400),  # both are broken, the tighter is named
        (501, 0, 100, Why.OVER_PER_GIFT, 500),
    ],
)
def test_a_gift_over_a_firm_ceiling_is_refused_by_the_tightest(value, today, customer, why, left):
    refused = verdict(value, today=today, customer=customer)
    assert isinstance(refused, Refused)
    assert (refused.why, refused.room.left_minor) == (why, left)


def test_over_the_givers_day_a_second_person_may_decide():
    asked = verdict(300, today=1000)
    assert isinstance(asked, NeedsApproval)
    assert (asked.room.ceiling, asked.over_by_minor) == (Ceiling.PER_GIVER_PER_DAY, 100)


def test_nobody_is_asked_to_approve_what_they_could_not_give_either():
    assert isinstance(verdict(501, today=1200), Refused)
    assert isinstance(verdict(300, today=1200, customer=900), Refused)


def test_an_overdrawn_ceiling_has_nothing_left_rather_than_less():
    lowered = replace(ANAS, per_giver_per_day_minor=100)
    (_, day, _) = rooms(lowered, given_today_minor=1200, given_to_customer_minor=0, now=NOW)
    assert day.left_minor == 0
    assert verdict(1, today=1200, limit=lowered).over_by_minor == 1


amounts = st.integers(0, 3000)


@settings(deadline=None)
@given(amounts, amounts, amounts)
def test_granted_is_exactly_what_fits_under_every_ceiling(value, today, customer):
    left = rooms(ANAS, given_today_minor=today, given_to_customer_minor=customer, now=NOW)
    assert isinstance(decide(left, value), Granted) == (value <= most_left(left))
    assert most_left(left) == max(0, min(500, 1200 - today, 1000 - customer))


@settings(deadline=None)
@given(amounts, amounts, amounts)
def test_a_dearer_gift_never_fares_better(value, today, customer):
    rank = {Granted: 0, NeedsApproval: 1, Refused: 2}
    cheap, dear = verdict(value, today=today, customer=customer), verdict(value + 1, today=today, customer=customer)
    assert rank[type(cheap)] <= rank[type(dear)]


def test_every_ceiling_has_its_room_and_says_until_when():
    left = rooms(ANAS, given_today_minor=0, given_to_customer_minor=0, now=NOW)
    assert left == (
        Room(Ceiling.PER_GIFT, 500, 500, None),
        Room(Ceiling.PER_GIVER_PER_DAY, 1200, 1200, datetime(2026, 3, 15, tzinfo=UTC)),
        Room(Ceiling.PER_CUSTOMER_PER_MONTH, 1000, 1000, datetime(2026, 4, 1, tzinfo=UTC)),
    )
    assert {room.ceiling for room in left} == set(Ceiling)


@pytest.mark.parametrize(
    ("now", "zone", "day", "ends"),
    [
        ("2026-03-14T23:30+00:00", "UTC", "2026-03-14", "2026-03-15T00:00+00:00"),
        ("2026-03-14T23:30+00:00", "Europe/Berlin", "2026-03-15", "2026-03-15T23:00+00:00"),
        ("2026-03-29T00:30+00:00", "Europe/Berlin", "2026-03-29", "2026-03-29T22:00+00:00"),  # a day of 23 hours
        ("2026-10-25T00:30+00:00", "Europe/Berlin", "2026-10-25", "2026-10-25T23:00+00:00"),  # and one of 25
        ("2026-12-31T10:30+00:00", "Pacific/Auckland", "2026-12-31", "2026-12-31T11:00+00:00"),
        ("2026-01-01T04:59+00:00", "America/New_York", "2025-12-31", "2026-01-01T05:00+00:00"),
        ("2026-04-23T20:00+00:00", "Africa/Cairo", "2026-04-23", "2026-04-23T22:00+00:00"),  # midnight is skipped
        ("2011-12-30T09:00+00:00", "Pacific/Apia", "2011-12-29", "2011-12-30T10:00+00:00"),  # the whole 30th is
    ],
)
def test_a_day_is_the_shops_own(now, zone, day, ends):
    at = datetime.fromisoformat(now)
    assert day_key(at, zone) == day
    assert day_ends_at(at, zone) == datetime.fromisoformat(ends)


moments = st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/Havana", "America/Sao_Paulo", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia"]
)


@settings(deadline=None, max_examples=300)
@given(moments, zones)
def test_a_day_and_a_month_end_where_the_next_begins(now, zone):
    for key, ends_at in ((day_key, day_ends_at), (month_key, month_ends_at)):
        end = ends_at(now, zone)
        assert now < end
        assert key(end, zone) > key(now, zone)
        assert key(end - timedelta(microseconds=1), zone) == key(now, zone)
