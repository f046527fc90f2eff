"""A budget's sentence is whole in every tongue, whichever of its parts there are."""

import re
from datetime import date

import pytest

from deskapp.desk.tongues import tongue
from deskapp.desk.wording import day_words, money
from deskapp.rules.budget_words import sentence
from deskapp.rules.periods import Period

TODAY = date(2026, 3, 14)
ENGLISH = set("may give nothing from until day week month quarter year everybody together the".split())


def said(team: str, most: int, period: Period, begins: date | None, ends: date | None):
    amount = money(most, "EUR") if most else ""
    return sentence(amount, team=team, period=period, day=lambda on: day_words(on, TODAY), begins=begins, ends=ends)


@pytest.mark.parametrize("begins", [None, date(2026, 4, 1)])
@pytest.mark.parametrize("ends", [None, date(2027, 4, 30)])
@pytest.mark.parametrize("period", Period)
@pytest.mark.parametrize("most", [0, 30_000])
@pytest.mark.parametrize("team", ["", "Nord"])
def test_no_english_is_left_in_it(team, most, period, begins, ends) -> None:
    one = said(team, most, period, begins, ends)
    assert not ENGLISH & set(re.findall("[a-z]+", one.inside(tongue("de")).lower()))
    assert re.findall("[A-Za-z]+", one.inside(tongue("ar"))) == [team] * bool(team)
    for tag in ("de", "ar"):
        assert ("300" in one.inside(tongue(tag))) is bool(most)
        assert ("2027" in one.inside(tongue(tag))) is (ends is not None)


def test_it_reads_as_germans_say_it() -> None:
    assert (
        said("Nord", 30_000, Period.MONTH, None, date(2026, 4, 1)).inside(tongue("de"))
        == "Das Team Nord darf bis 1. April 300,00\xa0€ pro Monat geben."
    )
