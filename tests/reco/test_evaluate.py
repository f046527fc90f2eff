import json

import numpy as np
import pytest
from reco.toys import BREAD, BUTTER, SOAP, TEA, TOWEL, purchases, quiet, random_shop

from deskapp.reco import evaluate as evaluating
from deskapp.reco.evaluate import evaluate


def paired_shop(customers=40):
    """Thirty pairs of items that are only bought with each other, everyone trying one pair after the other, under a popular tea."""
    orders, days = [], []
    for visit in range(8):
        for customer in range(customers):
            pair = 100 + 2 * ((visit * 7 + customer) % 30)
            orders.append((customer, [pair, pair + 1, TEA, BREAD, *range(900, 910)] if visit < 6 else [pair, pair + 1]))
            days.append(17_000 + 25 * visit)
    return purchases(*orders, days=days)


def test_pairs_are_found_where_popularity_finds_nothing():
    report = evaluate(paired_shop(), seed=1, progress=quiet)
    assert report.questions > 0
    assert report.model.hit_rate > report.popularity.hit_rate
    assert report.beats_popularity


def test_noise_is_not_called_better_without_being_so():
    report = evaluate(random_shop(2), seed=1, progress=quiet)
    assert report.beats_popularity == (report.model.ndcg > report.popularity.ndcg)


def test_the_last_four_weeks_are_held_out():
    bought = paired_shop()
    assert evaluate(bought, seed=1, progress=quiet).from_day == bought.day.max() - 27


def test_a_short_history_keeps_four_fifths_to_learn_from():
    orders = [(order % 7, [BREAD, BUTTER, SOAP, TOWEL][order % 3 :]) for order in range(100)]
    bought = purchases(*orders, days=[17_000 + order // 10 for order in range(100)])
    report = evaluate(bought, seed=1, progress=quiet)
    assert np.mean(bought.day < report.from_day) >= 0.7


@pytest.mark.parametrize(
    "bought", [purchases(), purchases((1, [BREAD])), purchases((1, [BREAD]), (1, [BREAD, BUTTER]))]
)
def test_where_nothing_can_be_asked_nothing_is_claimed(bought):
    report = evaluate(bought, seed=1, progress=quiet)
    assert report.questions == 0
    assert not report.beats_popularity


def test_the_report_can_be_written_as_json_and_is_the_same_for_the_same_seed():
    first, second = (evaluate(paired_shop(), seed=3, progress=quiet).as_dict() for _ in range(2))
    assert json.loads(json.dumps(first)) == second


def test_no_more_questions_are_asked_than_needed(monkeypatch):
    monkeypatch.setattr(evaluating, "MOST_QUESTIONS", 5)
    assert evaluate(paired_shop(), seed=1, progress=quiet).questions == 5


def test_the_figures_are_the_textbook_ones():
    figures = evaluating._figures([[1, 2], [3, 4], [5]], [1, 4, 6], items=10)
    assert figures.hit_rate == pytest.approx(2 / 3)
    assert figures.ndcg == pytest.approx((1 + 1 / np.log2(3)) / 3)
    assert figures.coverage == pytest.approx(0.5)
