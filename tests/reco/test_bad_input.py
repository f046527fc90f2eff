"""Purchases and questions that nobody would think of: each has an answer, and none of them is not a number."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reco.toys import BREAD, SOAP, TEA, TOWEL, everything, fitted, purchases, quiet, random_shop

from deskapp.reco.evaluate import evaluate
from deskapp.reco.matrix import Purchases
from deskapp.reco.model import train
from deskapp.reco.questions import set_exam
from deskapp.reco.ranking import Source, suggest

LARGEST = 2**63 - 1
FAR_DAYS = (-25_567, 84_005)  # 1900-01-01 and 2199-12-31, the first and the last that an import takes


def ask(model, basket=(), history=None, *, novel=True, k=5, allowed=None):
    allowed = everything(model) if allowed is None else allowed
    return suggest(model, basket=basket, history=history or {}, allowed=allowed, novel=novel, k=k)


# --- what is asked --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nobody", [-1, 0, 2**31, LARGEST, -(2**63), 2**63, 10**30, -(10**30)])
def test_a_number_that_is_no_items_is_passed_over_wherever_it_stands(nobody):
    expected = ask(fitted(), [SOAP], {TEA: 2})
    assert ask(fitted(), [nobody, SOAP], {TEA: 2, nobody: 5}) == expected


def test_no_number_of_the_caller_counts_columns_from_the_end():
    assert ask(fitted(), [-1, -2], {-1: 3}) == ask(fitted())


def test_a_history_of_a_million_things_that_are_not_sold_here_is_no_history():
    assert ask(fitted(), history=dict.fromkeys(range(1_000, 1_001_000), 1)) == ask(fitted())


@pytest.mark.parametrize("orders", [1, 10**6, 2**62])
def test_however_often_something_was_bought_the_score_is_a_number(orders):
    found = ask(fitted(), history={TEA: orders, BREAD: 1}, novel=False, k=9)
    assert len(found) == len(fitted().vocabulary)
    assert all(np.isfinite(one.score) and one.score < 10 for one in found)


def test_who_bought_everything_is_offered_nothing_new_and_everything_again():
    model = fitted(random_shop(8))
    everything_bought = dict.fromkeys(model.vocabulary.ids.tolist(), 1)
    assert ask(model, history=everything_bought, k=100) == []
    assert len(ask(model, history=everything_bought, novel=False, k=100)) == len(model.vocabulary)
    assert ask(model, everything_bought, novel=False) == []


@pytest.mark.parametrize("k", [8, 10**6, 10**30])
def test_more_is_asked_for_than_there_is(k):
    assert len(ask(fitted(), k=k)) == len(fitted().vocabulary)


def test_of_one_thing_that_is_allowed_one_is_proposed_whatever_speaks_for_others():
    only = np.zeros(len(fitted().vocabulary), dtype=bool)
    only[-1] = True
    assert len(ask(fitted(), [SOAP, BREAD], {TEA: 9, TOWEL: 9}, allowed=only, k=3)) == 1


# --- what is learnt from --------------------------------------------------------------------------------------------


def test_numbers_as_large_as_a_database_has_are_numbers_like_others():
    shift = LARGEST - 100
    small = random_shop(3)
    large = Purchases(
        small.item + shift - 150, small.order + shift - 400, -small.customer, small.day, small.store, small.spent_minor
    )
    found = [(one.item - shift + 150, one.together) for one in ask(fitted(large), [shift - 150 + 101], k=9)]
    assert found == [(one.item, one.together) for one in ask(fitted(small), [101], k=9)]


def test_something_in_every_order_is_not_proposed_for_what_it_tells_of_nothing():
    always = [(n % 9, [TEA, *([SOAP, TOWEL] if n % 2 else [BREAD])]) for n in range(80)]
    model = fitted(purchases(*always))
    assert ask(model, [SOAP], k=1)[0].item == TOWEL
    assert ask(model, [TEA, SOAP], k=1)[0].item == TOWEL


def test_one_order_of_thousands_of_things_drowns_nothing():
    usual = [(n % 9, [BREAD, TEA] if n % 2 else [SOAP, TOWEL]) for n in range(200)]
    model = train(purchases(*usual, (5, range(1_000, 2_000))), seed=1, progress=quiet)
    assert ask(model, [SOAP], k=1)[0].item == TOWEL
    assert ask(model, [*range(1_000, 2_000), SOAP], k=1)[0].item == TOWEL


def test_the_same_line_a_thousand_times_is_one_line(tmp_path):
    bought = random_shop(3)
    often = bought.where(np.repeat(np.arange(len(bought)), 1 + 999 * (np.arange(len(bought)) == 5)))
    assert [one.because for one in ask(fitted(often), [101], k=9)] == [
        one.because for one in ask(fitted(bought), [101], k=9)
    ]


lines = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3, 4, 5, 6, LARGEST]),
        st.integers(0, 9),
        st.sampled_from([*FAR_DAYS, 20_000, 20_001, 20_030]),
        st.sampled_from([0, 1, 10**12]),
    ),
    max_size=40,
)


def purchases_of(bought, customers):
    """An order has one day and one owner, whatever its lines say."""
    if not bought:
        return purchases()
    item, order, day, spent = (np.array(column, dtype=np.int64) for column in zip(*bought, strict=True))
    day_of = dict(zip(order.tolist(), day.tolist(), strict=True))
    days = np.array([day_of[one] for one in order.tolist()], dtype=np.int32)
    return Purchases(item, order, order % customers, days, (order % 2).astype(np.int32), spent)


@given(bought=lines, customers=st.integers(1, 4), basket=st.lists(st.integers(-1, 7), max_size=4), novel=st.booleans())
@example(bought=[], customers=1, basket=[1], novel=True)
@settings(max_examples=10, deadline=None)
def test_whatever_was_bought_can_be_learnt_from_and_asked(bought, customers, basket, novel):
    model = train(purchases_of(bought, customers), seed=1, progress=quiet)
    found = ask(model, basket, {1: 2, LARGEST: 1}, novel=novel, k=50)
    assert all(np.isfinite(one.score) for one in found)
    assert all(one.source is not Source.POPULAR or not one.because for one in found)


@pytest.mark.slow  # the intervals of each report take a third of a second
@given(bought=lines, customers=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_whatever_was_bought_can_be_judged(bought, customers):
    shop = purchases_of(bought, customers)
    report = evaluate(shop, set_exam(shop, served_until=None, seed=1), seed=1, progress=quiet, trainer=train)
    for part in (report.plus_one, report.new, report.refill):
        assert 0 <= part.model.hit_rate <= 1
        assert np.isfinite([part.model.ndcg.value, part.popularity.ndcg.value, part.model.novelty]).all()
