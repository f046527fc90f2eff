"""How money, dates and ages read."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deskapp.desk.wording import age, day_words, due_words, language, money

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
TODAY = NOW.date()


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (450, "USD", "$4.50"),
        (0, "EUR", "€0.00"),
        (-450, "EUR", "-€4.50"),
        (123_456_789, "GBP", "£1,234,567.89"),
        (450, "JPY", "¥450"),
        (1_234_567, "IQD", "IQD\xa01,234.567"),  # customary would be none, ISO 4217 says three
        (12_345, "CLF", "CLF\xa01.2345"),
    ],
)
def test_money_has_as_many_decimals_as_its_currency(minor: int, currency: str, words: str) -> None:
    assert money(minor, currency) == words


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(hours=1, minutes=59), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=13), "1 week ago"),
        (timedelta(days=30), "1 month ago"),
        (timedelta(days=364), "12 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(hours=-3), "in 3 hours"),
    ],
)
def test_an_age_is_told_in_its_largest_whole_unit(past: timedelta, words: str) -> None:
    assert age(NOW - past, NOW) == words


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2026, 3, 13), "yesterday"),
        (date(2026, 3, 14), "today"),
        (date(2026, 3, 15), "tomorrow"),
        (date(2026, 3, 16), "Monday"),
        (date(2026, 3, 20), "Friday"),
        (date(2026, 3, 21), "21 March"),
        (date(2026, 3, 12), "12 March"),
        (date(2027, 1, 2), "2 January 2027"),
    ],
)
def test_a_near_day_is_called_by_name(on: date, words: str) -> None:
    assert due_words(on, TODAY) == words


def test_the_year_is_left_out_while_it_is_this_one() -> None:
    assert day_words(date(2026, 12, 31), TODAY) == "31 December"
    assert day_words(date(2025, 12, 31), TODAY) == "31 December 2025"


@pytest.mark.parametrize(
    ("tag", "name"), [("es", "Spanish"), ("pt-BR", "Portuguese (Brazil)"), ("??", "??"), ("x", "x")]
)
def test_a_language_is_named_and_an_unknown_one_left_alone(tag: str, name: str) -> None:
    assert language(tag) == name
