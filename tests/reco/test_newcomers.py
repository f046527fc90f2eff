import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reco.toys import BREAD, BUTTER, JAM, MILK, RARE, SOAP, TEA, TOWEL, everything, fitted, purchases, random_shop

from deskapp.desk.training import popular_only
from deskapp.reco import artefacts
from deskapp.reco.evidence import gather
from deskapp.reco.fitted import Affinity
from deskapp.reco.newcomers import SIBLINGS, SILENT, welcome
from deskapp.reco.ranking import Source, suggest

FOOD, BATH, NONE = 7, 3, -1
SPONGE, BUN, ROLL, RIDDLE = 5, 35, 95, 99  # a new one before all ids, one among them, two behind
CATALOGUE = {
    SPONGE: BATH,
    BREAD: FOOD,
    BUTTER: FOOD,
    JAM: FOOD,
    BUN: FOOD,
    TEA: NONE,
    MILK: FOOD,
    SOAP: NONE,
    TOWEL: BATH,
    RARE: NONE,
    ROLL: FOOD,
    RIDDLE: NONE,
}
NEW = [SPONGE, BUN, ROLL, RIDDLE]


def with_catalogue(model, catalogue):
    return welcome(model, np.array(list(catalogue), np.int64), np.array(list(catalogue.values()), np.int64))


@pytest.fixture(scope="module")
def model():
    return with_catalogue(fitted(), CATALOGUE)


def ask(model, basket=(), history=None, *, novel=True, k=20):
    return suggest(model, basket=basket, history=history or {}, allowed=everything(model), novel=novel, k=k)


def scores(model, basket=(), history=None, *, novel=True):
    score = gather(model, basket, history or {}, novel=novel).scores()
    return dict(zip(model.vocabulary.ids.tolist(), score.tolist(), strict=True))


def test_a_model_that_knows_the_whole_catalogue_is_left_as_it_is():
    sold = {item: kind for item, kind in CATALOGUE.items() if item not in NEW}
    assert with_catalogue(fitted(), sold) is fitted()


def test_a_newcomer_is_proposed_for_what_its_siblings_go_with(model):
    (sponge,) = (one for one in ask(model, [SOAP]) if one.item == SPONGE)
    assert (sponge.source, sponge.because, sponge.together) == (Source.BASKET, (SOAP,), 0)
    assert ask(model, [SOAP])[0].item == TOWEL  # the sibling itself comes first
    assert [one.item for one in ask(model, [SOAP], {TOWEL: 1})[:2]] == [TEA, SPONGE]


def test_a_newcomer_gets_a_share_of_its_siblings_mean(model):
    found = scores(model, [BREAD, TEA], {SOAP: 1})
    siblings = sum(found[item] for item in (BREAD, JAM, MILK, BUTTER)) / (4 + SILENT)
    assert found[ROLL] == pytest.approx(siblings)  # the newest of its kind
    assert found[BUN] == pytest.approx(siblings / 2)
    assert found[SPONGE] == pytest.approx(found[TOWEL] / (1 + SILENT))
    assert found[RIDDLE] == 0


def test_that_a_sibling_is_bought_again_and_again_is_no_reason_for_a_newcomer(model):
    rare = with_catalogue(fitted(), CATALOGUE | {RARE: 8, ROLL: 8})  # nothing speaks for what was sold once
    assert scores(rare, [], {RARE: 9})[RARE] > 0.04
    assert abs(scores(rare, [], {RARE: 9})[ROLL]) < 0.001


def test_only_the_best_known_siblings_count():
    sold = [(1, range(1, item + 1)) for item in range(1, SIBLINGS + 6)]  # item 1 in all orders, the last one in one
    model = with_catalogue(fitted(purchases(*sold)), dict.fromkeys(range(1, SIBLINGS + 7), FOOD))
    found = scores(model, [3, 4, SIBLINGS], {})
    best = sum(found[item] for item in range(1, SIBLINGS + 1)) / (SIBLINGS + SILENT)
    assert found[SIBLINGS + 6] == pytest.approx(best)


def test_what_was_trained_on_is_judged_as_before(model):
    for basket, history in (([SOAP, BREAD], {TEA: 3}), ([], {JAM: 1, MILK: 4}), ([TEA], {})):
        old, new = scores(fitted(), basket, history), scores(model, basket, history)
        assert {item: new[item] for item in old} == old
        then, now = ask(fitted(), basket, history), ask(model, basket, history)
        assert [one for one in now if one.item not in NEW] == then


def test_with_nothing_known_newcomers_come_after_everything_that_was_ever_sold(model):
    answer = ask(model)
    assert [one.item for one in answer[-4:]] == NEW
    assert {one.source for one in answer} == {Source.POPULAR}


def test_a_newcomer_of_no_kind_is_not_impossible(model):
    answer = ask(model, [SOAP, TEA], {BREAD: 2})
    assert answer[-1].item == RIDDLE
    assert (answer[-1].source, answer[-1].because) == (Source.POPULAR, ())


@pytest.mark.parametrize("novel", [True, False])
def test_a_newcomer_in_the_basket_is_not_proposed_and_disturbs_nobody(model, novel):
    with_it = ask(model, [SOAP, SPONGE, RIDDLE], {TEA: 1}, novel=novel)
    without = ask(model, [SOAP], {TEA: 1}, novel=novel)
    assert with_it == [one for one in without if one.item not in {SPONGE, RIDDLE}]


def test_a_newcomer_that_was_bought_is_not_new_to_who_bought_it(model):
    assert SPONGE not in {one.item for one in ask(model, [SOAP], {SPONGE: 1})}
    again = ask(model, [], {ROLL: 5, RIDDLE: 5}, novel=False)
    assert {again[0].item, again[1].item} == {ROLL, RIDDLE}
    assert all(one.because[0] == one.item for one in again[:2])


def test_the_tables_stay_mapped_into_memory(tmp_path):
    artefacts.save(fitted(), tmp_path / "model")
    loaded = artefacts.load(tmp_path / "model")
    model = with_catalogue(loaded, CATALOGUE)
    for name in ("in_orders", "new_in_orders", "in_homes"):
        before, after = getattr(loaded, name), getattr(model, name)
        assert isinstance(before, Affinity)
        assert after.column is before.column
        assert after.weight is before.weight
    assert ask(model, [SOAP]) == ask(with_catalogue(fitted(), CATALOGUE), [SOAP])


def test_a_model_of_no_purchases_knows_the_catalogue_as_newcomers():
    model = with_catalogue(fitted(purchases()), CATALOGUE)
    answer = ask(model, [SOAP], {TEA: 1}, k=3)
    assert [one.item for one in answer] == [SPONGE, BREAD, BUTTER]
    assert {one.source for one in answer} == {Source.POPULAR}


def test_where_only_popularity_is_known_newcomers_come_last():
    model = with_catalogue(popular_only(fitted()), CATALOGUE)
    assert [one.item for one in ask(model, [SOAP], {BREAD: 1})[-4:]] == NEW


def test_a_sibling_that_left_the_catalogue_speaks_for_nobody():
    left = {item: kind for item, kind in CATALOGUE.items() if item != TOWEL}
    assert scores(with_catalogue(fitted(), left), [SOAP])[SPONGE] == 0


SHOP = range(90, 150)  # the random shop sells 100 to 139


@given(
    kinds=st.lists(st.integers(-1, 5), min_size=len(SHOP), max_size=len(SHOP)),
    sold_here=st.lists(st.booleans(), min_size=len(SHOP), max_size=len(SHOP)),
    basket=st.lists(st.sampled_from(SHOP), max_size=9),
    history=st.dictionaries(st.sampled_from(SHOP), st.integers(1, 9), max_size=9),
    novel=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_catalogue_the_shares_add_up_and_nothing_bought_comes_back(
    kinds, sold_here, basket, history, novel
):
    catalogue = {item: kind for item, kind, here in zip(SHOP, kinds, sold_here, strict=True) if here}
    model = with_catalogue(_random(), catalogue)
    assert set(model.vocabulary.ids.tolist()) == set(catalogue) | set(_random().vocabulary.ids.tolist())
    evidence = gather(model, basket, history, novel=novel)
    every = np.random.default_rng(1).permutation(len(model.vocabulary))
    np.testing.assert_allclose(evidence.shares(every).sum(axis=0), evidence.scores()[every], atol=1e-6)
    answer = ask(model, basket, history, novel=novel, k=100)
    barred = set(basket) | (set(history) if novel else set())
    assert {one.item for one in answer} == set(model.vocabulary.ids.tolist()) - barred


def _random():
    if not _RANDOM:
        _RANDOM.append(fitted(random_shop(8)))
    return _RANDOM[0]


_RANDOM = []
