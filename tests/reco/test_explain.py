from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reco.toys import BREAD, RARE, TEA, everything, fitted, purchases, random_shop

from deskapp.reco import explain
from deskapp.reco.evidence import gather
from deskapp.reco.explain import _strongest
from deskapp.reco.matrix import by_order
from deskapp.reco.newcomers import welcome
from deskapp.reco.ranking import Known, Source, suggest


@pytest.fixture(scope="module")
def model():
    return fitted(random_shop(21, items=60, orders=900, customers=40))


def score_of(model, item, basket, history, *, novel):
    column = model.vocabulary.columns([item])
    return float(gather(model, basket, history, novel=novel).scores()[column][0])


VISITS = [
    ([104, 111, 117], {}),
    ([], {100: 4, 103: 1, 120: 2}),
    ([101, 108], {102: 5, 108: 2, 130: 1}),
    ([103], {103: 9}),
]


@pytest.mark.parametrize(("basket", "history"), VISITS)
@pytest.mark.parametrize("novel", [True, False])
def test_the_shares_add_up_to_the_score(model, basket, history, novel):
    evidence = gather(model, basket, history, novel=novel)
    every = np.arange(len(model.vocabulary))
    np.testing.assert_allclose(evidence.shares(every).sum(axis=0), evidence.scores(), atol=1e-6)


@pytest.mark.parametrize(("basket", "history"), VISITS)
@pytest.mark.parametrize("novel", [True, False])
def test_without_what_it_is_because_of_the_score_is_lower(model, basket, history, novel):
    answer = suggest(model, basket=basket, history=history, allowed=everything(model), novel=novel, k=8)
    spoken_for = [candidate for candidate in answer if candidate.because]
    assert spoken_for
    for candidate in spoken_for:
        rest = [item for item in basket if item not in candidate.because]
        past = {item: count for item, count in history.items() if item not in candidate.because}
        assert score_of(model, candidate.item, rest, past, novel=novel) < candidate.score


@pytest.mark.parametrize(("basket", "history"), VISITS)
def test_the_first_because_is_the_one_whose_share_is_greatest(model, basket, history):
    answer = suggest(model, basket=basket, history=history, allowed=everything(model), novel=True, k=8)
    for candidate in answer:
        evidence = gather(model, basket, history, novel=True)
        share = evidence.shares(model.vocabulary.columns([candidate.item]))[:, 0]
        speakers = model.vocabulary.ids[evidence.speakers]
        total = {int(item): share[speakers == item].sum() for item in speakers}
        strongest = sorted(total, key=lambda item: (-total[item], item))
        assert list(candidate.because) == [item for item in strongest[:3] if total[item] > 0]


def test_the_source_is_where_the_first_because_lies(model):
    basket, history = [101, 108], {102: 5, 130: 1}
    for candidate in suggest(model, basket=basket, history=history, allowed=everything(model), novel=True, k=20):
        if candidate.source is Source.BASKET:
            assert candidate.because[0] in basket
        if candidate.source is Source.HISTORY:
            assert candidate.because[0] in history


@pytest.mark.parametrize(("basket", "history"), VISITS)
def test_a_history_too_long_to_be_looked_at_in_one_go_is_explained_the_same(model, basket, history, monkeypatch):
    ask = {"basket": basket, "history": history, "allowed": everything(model), "novel": False, "k": 30}
    at_once = suggest(model, **ask)
    monkeypatch.setattr(explain, "_CELLS", 7)
    assert suggest(model, **ask) == at_once


# --- whatever the shop, the visit and the catalogue -----------------------------------------------------------------

SHOPS = ((12, 60, 4), (40, 300, 25), (60, 900, 40), (25, 150, 1))  # items, orders, customers


@cache
def shop(number):
    """(purchases, model that also knows five newcomers, of three kinds)"""
    items, orders, customers = SHOPS[number]
    bought = random_shop(number, items=items, orders=orders, customers=customers)
    catalogue = np.arange(98, 98 + items + 5)
    return bought, welcome(fitted(bought), catalogue, catalogue % 3)


@cache
def orders_with_both(number):
    bought, _ = shop(number)
    orders = by_order(bought, bought.vocabulary())
    ids = bought.vocabulary().ids.tolist()
    both = (orders.T @ orders).toarray()
    return {(a, b): int(both[i, j]) for i, a in enumerate(ids) for j, b in enumerate(ids)}


sold = st.integers(95, 165)
visits = st.fixed_dictionaries(
    {
        "number": st.sampled_from(range(len(SHOPS))),
        "basket": st.lists(sold, max_size=6, unique=True),
        "history": st.dictionaries(sold, st.integers(1, 30), max_size=9),
        "novel": st.booleans(),
    }
)


def without(speaker, basket, history):
    return [item for item in basket if item != speaker], {i: n for i, n in history.items() if i != speaker}


@given(visits)
@settings(max_examples=120, deadline=None)
def test_without_any_one_that_is_named_the_score_is_lower_and_no_other_would_be_missed_more(visit):
    _, model = shop(visit["number"])
    basket, history, novel = visit["basket"], visit["history"], visit["novel"]
    for candidate in suggest(model, basket=basket, history=history, allowed=everything(model), novel=novel, k=6):
        loss = {
            speaker: candidate.score - score_of(model, candidate.item, *without(speaker, basket, history), novel=novel)
            for speaker in (set(basket) | set(history))
            if candidate.because
        }
        named = [loss[speaker] for speaker in candidate.because]
        others = [loss[speaker] for speaker in loss.keys() - set(candidate.because)]
        assert all(lost > 0 for lost in named)
        # A taste is worked out from all of a history at once, so leaving one out moves the others' shares by a hair.
        assert max(others, default=0) <= min(named, default=1) + 0.005 * abs(candidate.score)


@given(visits)
@settings(max_examples=120, deadline=None)
def test_the_count_told_is_that_of_the_orders_with_both_and_the_source_is_where_the_strongest_lies(visit):
    _, model = shop(visit["number"])
    both = orders_with_both(visit["number"])
    ask = {name: visit[name] for name in ("basket", "history", "novel")}
    for candidate in suggest(model, allowed=everything(model), k=20, **ask):
        if candidate.source is Source.POPULAR:
            assert (candidate.because, candidate.together) == ((), 0)
            continue
        strongest = candidate.because[0]
        # 0 where the pair is in no table, as when it is the history that speaks, or for a newcomer
        assert candidate.together in {0, both.get((candidate.item, strongest), 0)}
        assert strongest in (visit["basket"] if candidate.source is Source.BASKET else visit["history"])
        assert candidate.source is Source.HISTORY or strongest in visit["basket"]
        assert set(candidate.because) <= set(visit["basket"]) | set(visit["history"])


def test_what_is_told_of_todays_basket_is_nearly_always_counted():
    counted = [
        candidate.together > 0
        for basket in ([104, 111], [100], [120, 133, 101], [107, 102])
        for candidate in suggest(
            fitted(random_shop(1)), basket=basket, history={}, allowed=np.ones(40, bool), novel=True, k=9
        )
        if candidate.source is Source.BASKET
    ]
    assert np.mean(counted) > 0.9


def test_how_many_know_an_item_is_told_by_its_orders_and_by_those_of_the_best_known():
    found = suggest(fitted(), basket=[], history={}, allowed=everything(fitted()), novel=True, k=20)
    known = {candidate.item: candidate.known for candidate in found}
    assert (known[TEA], known[BREAD], known[RARE]) == (Known.WIDELY, Known.WIDELY, Known.HARDLY)
    orders = [(1, [BREAD])] * 100 + [(2, [TEA])] * 4
    found = suggest(fitted(purchases(*orders)), basket=[], history={}, allowed=np.ones(2, bool), novel=True, k=2)
    assert [candidate.known for candidate in found] == [Known.WIDELY, Known.SOMEWHAT]


@pytest.mark.parametrize(
    ("orders", "most", "known"),
    [
        (0, 0, "hardly"),
        (2, 2, "hardly"),
        (3, 3, "somewhat"),
        (5, 5, "widely"),
        (49, 1000, "somewhat"),
        (50, 1000, "widely"),
    ],
)
def test_in_a_small_shop_few_orders_are_not_called_everyone(orders, most, known):
    assert Known.by(orders, most) == known


def test_what_is_new_in_the_basket_speaks_louder_than_what_is_always_there(model):
    """Of a surprise; of what was forgotten the usual says as much."""
    column = model.vocabulary.columns([104])
    for novel in (True, False):
        first, usual = (gather(model, [104], history, novel=novel).basket for history in ({}, {104: 9}))
        heard = first.scores(len(model.vocabulary))
        np.testing.assert_allclose(
            usual.scores(len(model.vocabulary)), heard * 10**-0.2 if novel else heard, rtol=1e-5, atol=1e-9
        )
        assert first.speakers.tolist() == column.tolist()


def test_what_was_bought_more_often_says_more_of_what_may_be_new(model):
    once, often = (gather(model, [], {104: count}, novel=True).history for count in (1, 7))
    width = len(model.vocabulary)
    np.testing.assert_allclose(often.scores(width), 3 * once.scores(width), rtol=1e-5, atol=1e-9)
    assert once.scores(width).any()


def test_where_repeats_are_wanted_only_habit_and_taste_speak_of_the_past(model):
    evidence = gather(model, [], {104: 7}, novel=False)
    assert not evidence.history.scores(len(model.vocabulary)).any()
    assert evidence.scores()[model.vocabulary.columns([104])][0] > 0.03


@given(
    st.lists(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=7, max_size=7), max_size=5), st.integers(0, 7)
)
def test_of_equal_shares_the_earlier_speaker_is_named_first(rows, speakers):
    shares = np.array(rows).reshape(-1, 7)[:, :speakers]
    assert np.array_equal(_strongest(shares), np.argsort(-shares, axis=1, kind="stable")[:, :3])
