"""T7: a clock that goes back or leaps, days of 23 and 25 hours, years of 53 weeks, midnight from both sides."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cast import NOW
from hypothesis import given
from hypothesis import strategies as st
from money.crowd import url_of
from money.oracle import problems
from money.shop import Shop, give, open_shop, set_limit
from rivals import at_once
from sqlmodel import select

from deskapp.rules.errors import ClockWentBack
from deskapp.rules.periods import Period, day_of, day_starts_at, next_starts_on, period_key
from deskapp.store.db import Database
from deskapp.store.gift_tables import Bucket
from deskapp.web.errors import STATUS

BERLIN = "Europe/Berlin"
A_DAY = {"per_giver_per_day_minor": 1000}


def shop_with(database: Database, **limits) -> Shop:
    with database.writing() as session:
        return open_shop(session, givers=2, customers=12, limits=A_DAY | limits)


def one(database: Database, shop: Shop, n: int, now: datetime, giver: int = 0) -> str:
    return give(database, shop.givers[giver], shop.customers[n], shop.items[0], f"key-{n}", now=now).kind


def held(database: Database) -> dict[str, int]:
    with database.reading() as session:
        found = session.exec(select(Bucket)).all()
        return {one.key: one.spent_minor for one in found if one.key.startswith("giver-day|")}


def test_two_hours_back_is_refused_with_a_sentence_and_works_again_when_it_is_right(database: Database) -> None:
    shop = shop_with(database)
    assert one(database, shop, 0, NOW) == "granted"
    with pytest.raises(ClockWentBack, match=r"says 2026-03-14 13:09 UTC, but gifts were given at 2026-03-14 15:09 UTC"):
        one(database, shop, 1, NOW - timedelta(hours=2))
    assert STATUS[ClockWentBack] == 503
    assert held(database) == {f"giver-day|{shop.givers[0].staff_id}|2026-03-14|USD": 300}
    assert one(database, shop, 1, NOW + timedelta(minutes=1)) == "granted", "the same key, which gave nothing"
    assert problems(database) == []


def test_two_machines_a_few_minutes_apart_may_both_give(database: Database) -> None:
    shop = shop_with(database)
    assert one(database, shop, 0, NOW) == "granted"
    assert one(database, shop, 1, NOW - timedelta(minutes=4)) == "granted"


def test_a_day_ahead_is_another_day_and_there_is_no_way_back(database: Database) -> None:
    shop = shop_with(database)
    assert [one(database, shop, n, NOW) for n in range(4)] == ["granted"] * 3 + ["refused"]
    assert one(database, shop, 4, NOW + timedelta(hours=25)) == "granted"
    with pytest.raises(ClockWentBack):
        one(database, shop, 5, NOW)
    assert sorted(held(database).values()) == [300, 900]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_is_as_long_as_it_is_where_the_limit_counts_it(database: Database, day: date, hours: int) -> None:
    """Three gifts fill a day, however long it is; the first moment of the next has room again."""
    shop = shop_with(database, zone=BERLIN)
    begins, ends = (day_starts_at(day + timedelta(days=n), BERLIN) for n in (0, 1))
    assert (ends - begins) == timedelta(hours=hours)
    step = (ends - begins) / 5
    said = [one(database, shop, n, begins + n * step) for n in range(5)]
    assert said == ["granted"] * 3 + ["refused"] * 2
    assert one(database, shop, 5, ends - timedelta(seconds=1)) == "refused"
    assert one(database, shop, 6, ends) == "granted"
    assert problems(database) == []


def test_the_hour_that_comes_twice_is_one_hour_of_one_day(database: Database) -> None:
    shop = shop_with(database, zone=BERLIN)
    first, again = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert first.astimezone(ZoneInfo(BERLIN)).hour == again.astimezone(ZoneInfo(BERLIN)).hour == 2
    assert [one(database, shop, n, at) for n, at in enumerate((first, again))] == ["granted"] * 2
    assert list(held(database).values()) == [600]


def test_a_limit_that_moves_to_another_zone_never_opens_a_second_bucket_for_one_date(database: Database) -> None:
    """In Auckland it is the 15th already while UTC has the 14th; back in UTC the 14th is as full as it was."""
    shop = shop_with(database)
    assert [one(database, shop, n, NOW) for n in range(3)] == ["granted"] * 3
    with database.writing() as session:
        set_limit(session, shop.givers[0], zone="Pacific/Auckland", **A_DAY)
    assert one(database, shop, 3, NOW) == "granted", "another date there, so other money"
    with database.writing() as session:
        set_limit(session, shop.givers[0], zone="Europe/London", **A_DAY)
    assert one(database, shop, 4, NOW) == "refused", "the 14th is full, whatever zone calls it so"
    dates = [key.split("|")[2] for key in held(database)]
    assert sorted(dates) == ["2026-03-14", "2026-03-15"]
    assert problems_but_for_other_zones(database) == []


def problems_but_for_other_zones(database: Database) -> list[str]:
    return [said for said in problems(database) if not said.startswith("giver")]


@given(st.dates(date(2019, 1, 1), date(2040, 12, 31)), st.sampled_from(Period))
def test_a_period_holds_all_days_until_the_next_begins_and_no_others(day: date, period: Period) -> None:
    """Leap days, years of 53 weeks and ends of years among them."""
    key, afresh_on = period_key(day, period), next_starts_on(day, period)
    if afresh_on is None:
        assert key == "whole"
        return
    assert period_key(afresh_on - timedelta(days=1), period) == key
    assert period_key(afresh_on, period) != key


@pytest.mark.parametrize(
    ("day", "period", "key"),
    [
        (date(2028, 2, 29), Period.MONTH, "2028-02"),
        (date(2026, 12, 31), Period.WEEK, "2026-W53"),
        (date(2027, 1, 3), Period.WEEK, "2026-W53"),
        (date(2027, 1, 4), Period.WEEK, "2027-W01"),
        (date(2024, 12, 30), Period.WEEK, "2025-W01"),
    ],
)
def test_what_a_day_of_the_calendar_belongs_to(day: date, period: Period, key: str) -> None:
    assert period_key(day, period) == key


def test_a_week_that_spans_the_new_year_is_one_week(database: Database) -> None:
    shop = shop_with(database, per_giver_per_week_minor=600, per_giver_per_day_minor=None)
    days = [datetime(2026, 12, 31, 12, tzinfo=UTC) + timedelta(days=n) for n in (0, 1, 3, 4)]
    assert [one(database, shop, n, at) for n, at in enumerate(days)] == ["granted", "granted", "refused", "granted"]


def test_two_who_give_on_either_side_of_midnight_each_fill_their_own_day(database: Database) -> None:
    """A second apart, at the same moment, by desks whose clocks differ by so much."""
    shop = shop_with(database, per_giver_per_day_minor=600)
    midnight = day_starts_at(day_of(NOW, "UTC") + timedelta(days=1), "UTC")
    desks = [Database(url_of(database)) for _ in range(6)]

    def race(n: int) -> str:
        return one(desks[n], shop, n, midnight - timedelta(seconds=1) if n % 2 else midnight)

    said = at_once(6, race)
    for desk in desks:
        desk.close()
    assert [said[n::2].count("granted") for n in (0, 1)] == [2, 2]
    assert sorted(held(database).values()) == [600, 600]
    assert problems(database) == []
