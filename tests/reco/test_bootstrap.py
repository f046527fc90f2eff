import numpy as np
import pytest

from deskapp.reco import bootstrap
from deskapp.reco.bootstrap import RESAMPLES, Estimate, estimate


def rng():
    return np.random.default_rng(1)


def test_an_interval_is_about_two_standard_errors_to_either_side():
    values = np.random.default_rng(5).normal(10, 2, size=(2_000, 1))
    (found,) = estimate(values, rng())
    error = 1.96 * values.std() / np.sqrt(len(values))
    assert found.value == pytest.approx(values.mean())
    assert found.value - found.low == pytest.approx(error, rel=0.1)
    assert found.high - found.value == pytest.approx(error, rel=0.1)


def test_a_difference_is_surer_than_either_side_of_it():
    hard = np.random.default_rng(5).normal(0, 1, 500)  # what makes a question hard makes it so for both
    ours, theirs = hard + 0.1, hard
    one, two, lead = estimate(np.stack([ours, theirs, ours - theirs], axis=1), rng())
    assert one.low < two.high
    assert lead.low == pytest.approx(0.1)


def test_where_all_are_the_same_nothing_is_in_doubt():
    (found,) = estimate(np.full((50, 1), 0.25), rng())
    assert found == Estimate(0.25, 0.25, 0.25)


def test_of_no_question_nothing_is_known():
    assert estimate(np.zeros((0, 2)), rng()) == [Estimate(0.0, 0.0, 0.0)] * 2


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(3).random((40, 2))
    assert estimate(values, rng()) == estimate(values, rng())


def test_many_questions_are_drawn_in_rounds_and_none_is_left_out(monkeypatch):
    rounds = []
    means = bootstrap._means
    monkeypatch.setattr(bootstrap, "_HELD", 35_000)
    monkeypatch.setattr(bootstrap, "_means", lambda v, n, r: rounds.append(n) or means(v, n, r))
    estimate(np.random.default_rng(3).random((50, 1)), rng())
    assert rounds == [700, 700, 600]
    assert sum(rounds) == RESAMPLES
