from datetime import date, timedelta

import pytest

from deskapp.desk.tongues import tongue
from deskapp.rules.timing import age_words, day_of_year, day_words

TODAY = date(2026, 3, 14)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-1, "today"),
        (0, "today"),
        (1, "yesterday"),
        (2, "2 days ago"),
        (13, "13 days ago"),
        (14, "2 weeks ago"),
        (60, "8 weeks ago"),
        (61, "in January"),
        (334, "in April"),
        (335, "in April 2025"),
        (800, "in January 2024"),
    ],
)
def test_an_age_is_said_as_people_say_it(days, words):
    assert age_words(TODAY - timedelta(days=days), TODAY) == words


def test_a_month_without_a_year_is_never_this_one_of_another_year():
    for days in range(61, 800):
        on = TODAY - timedelta(days=days)
        if "20" not in age_words(on, TODAY):
            assert on.month != TODAY.month


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (TODAY, "today"),
        (date(2026, 3, 15), "tomorrow"),
        (date(2026, 3, 13), "Friday 13 March"),
        (date(2026, 3, 20), "Friday 20 March"),
        (date(2027, 1, 1), "Friday 1 January 2027"),
    ],
)
def test_a_day_has_its_weekday_and_its_year_only_if_it_is_another(on, words):
    assert day_words(on, TODAY) == words


@pytest.mark.parametrize(
    ("said", "german", "arabic"),
    [
        (day_words(date(2027, 1, 1), TODAY), "Freitag, 1. Januar 2027", "الجمعة 1 يناير 2027"),
        (day_of_year(5, 3), "3. Mai", "3 مايو"),
        (age_words(TODAY - timedelta(days=2), TODAY), "vor 2 Tagen", "قبل يومين"),
        (age_words(TODAY - timedelta(days=61), TODAY), "im Januar", "في يناير"),
    ],
)
def test_days_and_ages_read_as_german_and_arabic_people_say_them(said, german, arabic):
    assert (said.inside(tongue("de")), said.inside(tongue("ar"))) == (german, arabic)
