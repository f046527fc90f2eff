from dataclasses import replace

import numpy as np
import pytest
from reco.toys import BREAD, BUTTER, SOAP, TEA, breakfast_and_bath, everything, fitted, purchases, quiet, random_shop

from deskapp.reco import counted
from deskapp.reco.artefacts import save
from deskapp.reco.matrix import by_order, first_times, present_lift
from deskapp.reco.model import train
from deskapp.reco.ranking import suggest


def test_the_same_purchases_and_seed_give_the_same_model(tmp_path):
    bought = random_shop(3)
    digests = [save(train(bought, seed=4, progress=quiet), tmp_path / name) for name in ("one", "two")]
    assert digests[0] == digests[1]


def test_the_order_of_the_lines_does_not_matter(tmp_path):
    bought = random_shop(3)
    shuffled = bought.where(np.random.default_rng(1).permutation(len(bought)))
    digests = [save(train(lines, seed=4, progress=quiet), tmp_path / str(id(lines))) for lines in (bought, shuffled)]
    assert digests[0] == digests[1]


def pairs_of(table):
    """(speaker, target) of every pair of a table, as columns."""
    return np.repeat(np.arange(len(table.start) - 1), np.diff(table.start)), table.column


@pytest.mark.parametrize("table", ["in_orders", "new_in_orders"])
def test_counts_of_pairs_are_the_true_ones(table):
    bought = random_shop(5)
    model = fitted(bought)
    orders = by_order(bought, model.vocabulary)
    true = (orders.T @ orders).toarray()
    speaker, target = pairs_of(getattr(model, table))
    assert len(target)
    assert getattr(model, table).together.tolist() == true[speaker, target].astype(int).tolist()


def test_weights_solve_the_ridge_equations_of_each_neighbourhood():
    bought = random_shop(5)
    model = fitted(bought)
    orders, firsts = by_order(bought, model.vocabulary), first_times(bought, model.vocabulary)
    gram, new = (orders.T @ orders).toarray(), (orders.T @ firsts).toarray()
    lift = present_lift(bought, model.vocabulary, days=7) ** 0.2
    for table, seen, damping, seldom in (
        (model.in_orders, gram, 0.2, 0),
        (model.new_in_orders, (new + 0.3 * gram) * lift, 0.15, 1),
    ):
        speaker, target = pairs_of(table)
        for item in range(len(model.vocabulary)):
            near = speaker[target == item]
            expected = np.linalg.solve(gram[np.ix_(near, near)] + 50 * np.eye(len(near)), seen[near, item])
            expected *= gram[near, item] / (gram[near, item] + seldom) / model.popularity[item] ** damping
            np.testing.assert_allclose(table.weight[target == item], expected, rtol=2e-3, atol=1e-5)


def test_the_strongest_pairs_of_homes_are_kept(monkeypatch):
    monkeypatch.setattr(counted, "HOME_PAIRS", 10**6)
    whole = fitted(random_shop(5)).in_homes
    monkeypatch.setattr(counted, "HOME_PAIRS", 3)
    cut = fitted(random_shop(5)).in_homes
    strongest = np.sort(np.abs(whole.weight))[-len(cut.weight) :]
    assert len(cut.weight) == 3 * 40
    np.testing.assert_array_equal(np.sort(np.abs(cut.weight)), strongest)


def test_no_item_speaks_for_itself():
    speaker, target = pairs_of(fitted().in_orders)
    assert not (speaker == target).any()


def test_popularity_counts_orders():
    model = fitted()
    assert model.popularity[model.vocabulary.columns([TEA, SOAP])].tolist() == [121, 30]


def test_no_customer_is_kept():
    bought = breakfast_and_bath()
    renamed = replace(bought, customer=bought.customer + 1_000_000)
    one, other = fitted(bought), fitted(renamed)
    np.testing.assert_array_equal(one.taste.factors, other.taste.factors)
    assert {len(one.taste.factors), len(one.popularity), len(one.in_homes.start) - 1} == {len(one.vocabulary)}


def test_progress_runs_from_nothing_to_all_in_words():
    seen = []
    train(breakfast_and_bath(2), seed=1, progress=lambda done, words: seen.append((done, words)))
    done = [at for at, _ in seen]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 1)
    assert all(words for _, words in seen)


@pytest.mark.parametrize(
    "bought",
    [
        purchases(),
        purchases((1, [BREAD])),
        purchases((1, [BREAD]), (2, [BREAD])),
        purchases((1, [BREAD, BUTTER])),
        purchases((1, [BREAD, BUTTER]), (1, [BREAD, BUTTER, BUTTER])),
        purchases((1, [BREAD]), (2, [BUTTER])),
    ],
    ids=["nothing", "one item", "one item twice", "one order", "one customer", "nothing together"],
)
def test_a_tiny_shop_can_be_trained_and_asked(bought):
    model = fitted(bought)
    answer = suggest(model, basket=[BREAD, 999], history={BUTTER: 1}, allowed=everything(model), novel=False, k=5)
    assert [candidate.item for candidate in answer] == [item for item in model.vocabulary.ids if item != BREAD]
