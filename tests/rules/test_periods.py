from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.rules.periods import Period, day_of, day_starts_at, next_starts_on, period_key

STARTING_AFRESH = [period for period in Period if period is not Period.WHOLE]


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
def test_a_day_is_the_rules_own(now: str, zone: str, day: str, ends: str) -> None:
    today = day_of(datetime.fromisoformat(now), zone)
    assert today.isoformat() == day
    assert day_starts_at(today + timedelta(days=1), zone) == datetime.fromisoformat(ends)


@pytest.mark.parametrize(
    ("day", "keys"),
    [
        ("2026-03-14", ["2026-03-14", "2026-W11", "2026-03", "2026-Q1", "2026", "whole"]),
        ("2027-01-01", ["2027-01-01", "2026-W53", "2027-01", "2027-Q1", "2027", "whole"]),  # a week of two years
        ("2028-02-29", ["2028-02-29", "2028-W09", "2028-02", "2028-Q1", "2028", "whole"]),
        ("2026-12-31", ["2026-12-31", "2026-W53", "2026-12", "2026-Q4", "2026", "whole"]),
    ],
)
def test_every_period_has_its_key(day: str, keys: list[str]) -> None:
    assert [period_key(date.fromisoformat(day), period) for period in Period] == keys


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)), st.sampled_from(STARTING_AFRESH))
def test_a_period_ends_where_the_next_begins(day: date, period: Period) -> None:
    after = next_starts_on(day, period)
    assert after is not None
    assert after > day
    assert period_key(after, period) > period_key(day, period)
    assert period_key(after - timedelta(days=1), period) == period_key(day, period)


def test_the_whole_never_starts_afresh() -> None:
    assert next_starts_on(date(2026, 3, 14), Period.WHOLE) is None


moments = st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/Havana", "America/Sao_Paulo", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia"]
)


@settings(deadline=None, max_examples=300)
@given(moments, zones)
def test_the_day_that_a_moment_belongs_to_has_begun_and_not_ended(now: datetime, zone: str) -> None:
    day = day_of(now, zone)
    assert day_starts_at(day, zone) <= now < day_starts_at(day + timedelta(days=1), zone)
