"""What was gathered fades, what was said does not."""

from datetime import date, timedelta

import pytest

from deskapp.rules.fading import ASKED_AFTER, NEVER_FADES, asks_on, has_faded
from deskapp.store.memory_tables import PreferenceKind

HEARD = date(2025, 3, 14)
TODAY = HEARD + ASKED_AFTER


def faded(kind: str, review_on: date | None = None, *, is_stated: bool = False, today: date = TODAY) -> bool:
    return has_faded(kind, asks_on(HEARD, review_on, is_stated=is_stated), today, is_stated=is_stated)


def test_a_guess_fades_after_a_year_and_not_a_day_before() -> None:
    assert faded("like")
    assert not faded("like", today=TODAY - timedelta(days=1))


def test_what_was_said_never_fades_by_itself_but_may_be_asked_about() -> None:
    assert asks_on(HEARD, None, is_stated=True) is None
    assert asks_on(HEARD, TODAY, is_stated=True) == TODAY
    assert not faded("like", TODAY, is_stated=True)


def test_somebody_may_set_another_day() -> None:
    assert faded("like", HEARD + timedelta(days=9), today=HEARD + timedelta(days=9))
    assert not faded("like", TODAY + timedelta(days=1))


@pytest.mark.parametrize("kind", sorted(NEVER_FADES))
def test_a_guess_that_guards_somebody_goes_on_counting(kind: str) -> None:
    assert not faded(kind, today=TODAY + timedelta(days=9_999))


def test_the_kinds_are_those_of_the_table() -> None:
    assert {kind.value for kind in PreferenceKind} > NEVER_FADES
