"""Which edition of a line counts; held against what the verdicts themselves go by."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind, in_force
from deskapp.rules.editions import Edition, State, states
from deskapp.rules.people import Role

TODAY = date(2026, 3, 14)
DAYS = st.none() | st.integers(-9, 9).map(lambda days: TODAY + timedelta(days=days))


def edition(
    number: int, begins: date | None = None, ends: date | None = None, *, agreed: bool | None = True
) -> Edition:
    return Edition(number, begins, ends, agreed, TODAY)


def test_the_newest_counts_and_the_one_before_is_replaced() -> None:
    assert states([edition(1), edition(2)]) == {1: State.REPLACED, 2: State.IN_FORCE}


def test_until_its_day_comes_the_one_before_counts() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert states([edition(1), edition(2, tomorrow)]) == {1: State.IN_FORCE, 2: State.TO_COME}


def test_while_one_waits_or_is_declined_the_one_before_counts() -> None:
    assert states([edition(1), edition(2, agreed=None)]) == {1: State.IN_FORCE, 2: State.WAITING}
    assert states([edition(1), edition(2, agreed=False)]) == {1: State.IN_FORCE, 2: State.DECLINED}


def test_one_that_ended_leaves_nothing_in_force() -> None:
    yesterday = TODAY - timedelta(days=1)
    assert states([edition(1), edition(2, None, yesterday)]) == {1: State.REPLACED, 2: State.ENDED}


def test_one_that_nobody_agreed_to_waits_no_longer_once_a_newer_one_counts() -> None:
    assert states([edition(1, agreed=None), edition(2)]) == {1: State.REPLACED, 2: State.IN_FORCE}


@given(st.lists(st.tuples(DAYS, DAYS, st.sampled_from([True, True, False, None])), max_size=6))
def test_the_page_and_the_verdict_never_disagree_on_what_counts(
    rows: list[tuple[date | None, date | None, bool | None]],
) -> None:
    said = [edition(number, *row[:2], agreed=row[2]) for number, row in enumerate(rows, 1)]
    agreed = [limit(one) for one in said if one.is_agreed]
    counts = in_force(agreed, lambda _: TODAY)
    shown = [number for number, state in states(said).items() if state is State.IN_FORCE]
    assert shown == ([counts.version_id] if counts else [])


def limit(one: Edition) -> AuthorityLimit:
    return AuthorityLimit(
        version_id=one.version_id,
        giver_kind=GiverKind.ROLE,
        role=Role.AGENT,
        team="",
        staff_id=None,
        exception="",
        currency="USD",
        basis=Basis.PRICE,
        zone="UTC",
        per_gift_minor=1,
        valid_from=one.valid_from,
        valid_until=one.valid_until,
    )
