"""What is asked of a model, and about which days."""

import numpy as np
import pytest
from reco.toys import BREAD, BUTTER, JAM, SOAP, TEA, TOWEL, purchases

from deskapp.reco import questions as asking
from deskapp.reco.questions import ENOUGH, set_exam


def steady_shop(days=200, customers=20):
    """One order a customer and day, of tea and two items that others know and its customer never buys again."""
    orders, when = [], []
    for day in range(days):
        for customer in range(customers):
            orders.append((customer, [TEA, 1_000 + (day + 20 * customer) % 400, 2_000 + (3 * day + customer) % 601]))
            when.append(17_000 + day)
    return purchases(*orders, days=when)


def exam_of(bought, served_until=None):
    return set_exam(bought, served_until=served_until, seed=1)


def test_the_last_four_weeks_are_asked_about():
    bought = steady_shop()
    assert exam_of(bought).from_day == bought.day.max() - 27


def test_a_short_history_keeps_four_fifths_to_learn_from():
    orders = [(order % 7, [BREAD, BUTTER, SOAP, TOWEL][order % 3 :]) for order in range(100)]
    bought = purchases(*orders, days=[17_000 + order // 10 for order in range(100)])
    assert np.mean(bought.day < exam_of(bought).from_day) >= 0.7


def test_a_hidden_item_was_in_the_order_is_known_and_new_to_its_customer():
    bought = steady_shop()
    exam = exam_of(bought)
    assert exam.plus_one
    known = set(bought.item[bought.day < exam.from_day].tolist())
    for question in exam.plus_one:
        (hidden,) = question.truth
        assert hidden in known
        assert hidden not in question.basket
        assert hidden not in question.history_by_item()
        assert question.novel


def test_a_history_holds_all_that_was_bought_before_the_day_and_nothing_of_it():
    bought = purchases(
        (1, [BREAD, BREAD, JAM]),
        (1, [BREAD]),
        (2, [JAM, TEA]),
        *[(3, [SOAP, TEA])] * 5,
        (1, [BREAD, SOAP]),  # held out, and yet before the order that is asked about
        (1, [BREAD, TEA]),
        days=[1, 2, 2, 1, 2, 3, 4, 5, 99, 100],
    )
    asked = [one for one in exam_of(bought).plus_one if one.truth == {TEA}]
    assert [one.history_by_item() for one in asked] == [{BREAD: 3, JAM: 1, SOAP: 1}]
    assert asked[0].earlier_orders == 3
    assert asked[0].basket == [BREAD]


def test_of_an_endless_history_the_last_of_it_is_looked_at(monkeypatch):
    """In many shops all who do not say their name are one customer."""
    monkeypatch.setattr(asking, "_LONGEST", 3)
    shop = [(1, [BREAD, JAM]), (1, [SOAP, BREAD]), *[(2, [TEA, SOAP])] * 9, (1, [TEA, BREAD])]
    asked = exam_of(purchases(*shop, days=[1, 2, *[1] * 9, 100])).plus_one
    assert [one.history_by_item() for one in asked] == [{BREAD: 1, SOAP: 1, JAM: 1}]


def test_what_is_new_is_what_a_customer_bought_for_the_first_time_in_the_days_asked_about():
    bought = purchases(
        (1, [BREAD, JAM]), *[(2, [SOAP, TEA])] * 9, (1, [BREAD, TEA]), (1, [SOAP, TEA]), days=[1] * 10 + [99, 100]
    )
    (one,) = [question for question in exam_of(bought).new if question.customer == 1]
    assert one.truth == {TEA, SOAP}
    assert one.basket == []
    assert one.history_by_item() == {BREAD: 1, JAM: 1}


def test_a_refill_may_hide_what_its_customer_has_had():
    exam = exam_of(steady_shop())
    assert any(question.truth == {TEA} for question in exam.refill)
    assert not any(question.truth == {TEA} for question in exam.plus_one)
    assert not any(question.novel for question in exam.refill)


def test_orders_of_one_item_cannot_be_asked_about():
    bought = purchases(*[(n, [BREAD, TEA]) for n in range(9)], (10, [TEA]), (11, [TEA, TEA]), days=[1] * 9 + [99, 100])
    assert exam_of(bought).plus_one == exam_of(bought).refill == ()


@pytest.mark.parametrize("bought", [purchases(), purchases((1, [BREAD])), purchases((1, [BREAD]), (1, [BREAD, JAM]))])
def test_where_nothing_can_be_asked_there_are_no_questions(bought):
    exam = exam_of(bought)
    assert exam.plus_one == exam.refill == exam.new == ()


def test_no_more_questions_are_asked_than_needed(monkeypatch):
    monkeypatch.setattr(asking, "MOST_QUESTIONS", 5)
    monkeypatch.setattr(asking, "MOST_BESIDE", 3)
    exam = exam_of(steady_shop())
    assert (len(exam.plus_one), len(exam.new), len(exam.refill)) == (5, 3, 3)


def test_the_same_seed_asks_the_same():
    first, second = exam_of(steady_shop()), exam_of(steady_shop())
    assert [one.truth for one in first.plus_one] == [one.truth for one in second.plus_one]


# --- beside a model in service --------------------------------------------------------------------------------------


def test_both_are_asked_about_the_later_half_of_the_days_that_neither_has_seen():
    bought = steady_shop()
    last = int(bought.day.max())
    exam = exam_of(bought, served_until=last - 20)
    assert exam.from_day == last - 20 + 1 + 10
    assert exam.is_fair
    assert exam.unseen == len(exam.plus_one) >= ENOUGH


def test_long_after_a_training_the_usual_days_are_asked_about():
    bought = steady_shop()
    last = int(bought.day.max())
    exam = exam_of(bought, served_until=last - 150)
    assert exam.from_day == last - 27
    assert exam.is_fair


@pytest.mark.parametrize("days_ago", [0, 1, 2, -30])
def test_a_model_that_has_seen_nearly_everything_is_not_asked(days_ago):
    bought = steady_shop()
    last = int(bought.day.max())
    exam = exam_of(bought, served_until=last - days_ago)
    assert not exam.is_fair
    assert exam.unseen < ENOUGH
    assert exam.from_day == last - 27
    assert len(exam.plus_one) >= ENOUGH


def test_a_shop_with_few_orders_a_week_is_asked_about_more_of_the_days_that_neither_has_seen():
    bought = steady_shop()
    bought = bought.where(bought.order % 7 == 0)  # three orders a day
    exam = exam_of(bought, served_until=17_000)
    assert exam.is_fair
    assert 17_000 < exam.from_day < bought.day.max() - 27
