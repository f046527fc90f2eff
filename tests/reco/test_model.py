import numpy as np
import pytest
from reco.toys import BREAD, BUTTER, SOAP, TEA, breakfast_and_bath, everything, fitted, purchases, quiet, random_shop

from deskapp.reco.artefacts import save
from deskapp.reco.matrix import by_order
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


def test_counts_of_pairs_are_the_true_ones():
    bought = random_shop(5)
    model = fitted(bought)
    orders = by_order(bought, model.vocabulary)
    true = (orders.T @ orders).toarray()
    table = model.in_orders
    speaker = np.repeat(np.arange(len(model.vocabulary)), np.diff(table.start))
    assert len(table.column)
    assert table.together.tolist() == true[speaker, table.column].astype(int).tolist()


def test_weights_solve_the_ridge_equations_of_each_neighbourhood():
    bought = random_shop(5)
    model = fitted(bought)
    orders = by_order(bought, model.vocabulary)
    true = (orders.T @ orders).toarray()
    table = model.in_orders
    speaker = np.repeat(np.arange(len(model.vocabulary)), np.diff(table.start))
    for item in range(len(model.vocabulary)):
        pairs = np.flatnonzero(table.column == item)
        near = speaker[pairs]
        gram = true[np.ix_(near, near)] + 50 * np.eye(len(near))
        expected = np.linalg.solve(gram, true[near, item]) / model.popularity[item] ** 0.2
        np.testing.assert_allclose(table.weight[pairs], expected, rtol=2e-3, atol=1e-5)


def test_no_item_speaks_for_itself():
    table = fitted().in_orders
    speaker = np.repeat(np.arange(len(table.start) - 1), np.diff(table.start))
    assert not (speaker == table.column).any()


def test_popularity_counts_orders():
    model = fitted()
    assert model.popularity[model.vocabulary.columns([TEA, SOAP])].tolist() == [121, 30]


def test_no_customer_is_kept():
    bought = breakfast_and_bath()
    renamed = type(bought)(bought.item, bought.order, bought.customer + 1_000_000, bought.day)
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
