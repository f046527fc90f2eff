import numpy as np
import pytest
from reco.toys import BREAD, TEA, purchases

from deskapp.reco.matrix import Purchases, by_customer, by_order, first_times, present_lift


def test_a_repeated_line_counts_once_in_its_order():
    bought = purchases((1, [BREAD, BREAD, TEA]), (1, [BREAD]))
    assert by_order(bought, bought.vocabulary()).toarray().tolist() == [[1, 1], [1, 0]]


def test_a_customer_is_counted_by_orders_not_by_lines():
    bought = purchases((7, [BREAD, BREAD, TEA]), (3, [TEA]), (7, [BREAD]))
    assert by_customer(bought, bought.vocabulary()).toarray().tolist() == [[0, 1], [2, 1]]


def test_columns_follow_the_order_asked_and_drop_what_is_unknown():
    vocabulary = purchases((1, [30, 10, 20])).vocabulary()
    assert vocabulary.columns([30, 99, -1, 10]).tolist() == [2, 0]
    assert purchases().vocabulary().columns([1, 2]).tolist() == []


def test_arrays_of_unequal_length_are_refused():
    one, two = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="needs an item"):
        Purchases(one, two, one, one.astype(np.int32), one.astype(np.int32), one)


def test_only_the_first_time_a_customer_bought_an_item_is_a_first_time():
    bought = purchases((1, [BREAD, TEA]), (2, [BREAD]), (1, [BREAD, BREAD]), (2, [TEA]), days=[9, 9, 5, 9])
    firsts = first_times(bought, bought.vocabulary())
    assert firsts.toarray().tolist() == [[0, 1], [1, 0], [1, 0], [0, 1]]


def test_of_two_orders_on_one_day_the_lower_number_was_first():
    bought = purchases((1, [BREAD]), (1, [BREAD]), days=[9, 9])
    assert first_times(bought, bought.vocabulary()).toarray().tolist() == [[1], [0]]


def test_what_sells_better_than_its_record_is_lifted_and_what_is_forgotten_falls():
    bought = purchases(*[(1, [BREAD, TEA])] * 20, *[(1, [BREAD])] * 5, days=[*range(100, 120), *range(114, 119)])
    lift = present_lift(bought, bought.vocabulary(), days=7)
    assert lift[0] > 1  # bread: 12 lines in the last week of 25 in all
    np.testing.assert_allclose(lift, [(12 + 5) / (25 * 7 / 20 + 5), (7 + 5) / (20 * 7 / 20 + 5)], rtol=1e-6)


def test_a_shop_younger_than_the_days_asked_for_has_no_lift():
    bought = purchases((1, [BREAD]), (2, [TEA, BREAD]), days=[100, 102])
    assert present_lift(bought, bought.vocabulary(), days=3).tolist() == [1, 1]


def test_one_order_of_long_ago_changes_no_lift():
    days = list(range(17_000, 17_060))
    bought = purchases(*[(1, [BREAD, TEA])] * 60, days=days)
    with_an_old_one = purchases((2, [BREAD]), *[(1, [BREAD, TEA])] * 60, days=[0, *days])
    lifts = [present_lift(one, one.vocabulary(), days=7) for one in (bought, with_an_old_one)]
    np.testing.assert_allclose(*lifts, rtol=1e-6)
