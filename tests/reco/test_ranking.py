from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reco.toys import BREAD, BUTTER, JAM, MILK, RARE, SOAP, TEA, TOWEL, everything, fitted, random_shop

from deskapp.reco.ranking import Heard, Source, suggest

SHOP = list(range(95, 145))  # the random shop sells 100 to 139; the others are unknown
random_model = cache(lambda: fitted(random_shop(8)))


def ask(model, basket=(), history=None, *, allowed=None, novel=True, k=3):
    allowed = everything(model) if allowed is None else allowed
    return suggest(model, basket=basket, history=history or {}, allowed=allowed, novel=novel, k=k)


def items(candidates):
    return [candidate.item for candidate in candidates]


def test_what_is_bought_together_comes_first_and_says_so():
    first = ask(fitted(), [SOAP])[0]
    assert (first.item, first.source, first.because, first.together) == (TOWEL, Source.BASKET, (SOAP,), 30)


def test_without_a_basket_the_history_speaks():
    answer = ask(fitted(), history={BREAD: 3, BUTTER: 2, TEA: 2})
    assert answer[0].item == JAM
    assert answer[0].source is Source.HISTORY
    assert set(answer[0].because) <= {BREAD, BUTTER, TEA}


def test_with_nothing_known_it_is_only_popular_and_says_so():
    answer = ask(fitted(), [12345], {67890: 2})
    assert items(answer) == [TEA, BREAD, BUTTER]
    assert {(candidate.source, candidate.because, candidate.together) for candidate in answer} == {
        (Source.POPULAR, (), 0)
    }


def test_the_mask_comes_before_the_best_are_taken():
    model = fitted()
    only = np.zeros(len(model.vocabulary), dtype=bool)
    only[model.vocabulary.columns([RARE, MILK])] = True
    assert sorted(items(ask(model, [SOAP], allowed=only, k=2))) == [MILK, RARE]


def test_the_mask_of_the_caller_is_left_as_it_was():
    model = fitted()
    allowed = everything(model)
    ask(model, [SOAP], {TEA: 1}, allowed=allowed)
    assert allowed.all()


def test_a_mask_of_another_length_is_refused():
    with pytest.raises(ValueError, match="every column"):
        ask(fitted(), allowed=np.ones(3, dtype=bool))


def test_with_nothing_allowed_the_answer_is_empty():
    model = fitted()
    assert ask(model, [SOAP], allowed=~everything(model)) == []


@pytest.mark.parametrize("k", [0, -1])
def test_asking_for_none_gives_none(k):
    assert ask(fitted(), [SOAP], k=k) == []


def test_asking_for_more_than_there_is_gives_all_that_is_left():
    model = fitted()
    assert sorted(items(ask(model, [SOAP], {TEA: 1}, k=50))) == [BREAD, BUTTER, JAM, MILK, TOWEL, RARE]


def test_what_was_bought_often_comes_back_when_repeats_are_wanted():
    history = {MILK: 9, SOAP: 1}
    again = ask(fitted(), [], history, novel=False)
    assert again[0].item == MILK
    assert MILK in again[0].because
    assert MILK not in items(ask(fitted(), [], history, novel=True, k=9))


def test_a_history_of_returned_goods_says_nothing():
    assert ask(fitted(), history={BREAD: 0, TEA: -2}, k=9) == ask(fitted(), k=9)


def test_a_basket_of_five_thousand_items_gets_an_answer():
    basket = [*range(1_000, 6_000), SOAP, SOAP]
    assert ask(fitted(), basket)[0].item == TOWEL


def test_duplicates_and_order_in_the_basket_change_nothing():
    assert ask(fitted(), [BREAD, TEA, BREAD]) == ask(fitted(), [TEA, BREAD])


ids = st.sampled_from(SHOP)


@given(
    basket=st.lists(ids, max_size=12),
    history=st.dictionaries(ids, st.integers(0, 30), max_size=20),
    bits=st.lists(st.booleans(), min_size=50, max_size=50),
    novel=st.booleans(),
    k=st.integers(-1, 60),
)
@settings(max_examples=300, deadline=None)
def test_nothing_barred_is_ever_proposed_and_nothing_allowed_is_held_back(basket, history, bits, novel, k):
    model = random_model()
    allowed = np.array(bits[: len(model.vocabulary)])
    answer = ask(model, basket, history, allowed=allowed, novel=novel, k=k)
    barred = set(basket) | ({item for item, count in history.items() if count > 0} if novel else set())
    may = set(model.vocabulary.ids[allowed].tolist()) - barred
    assert set(items(answer)) <= may
    assert len(answer) == len(set(items(answer))) == max(0, min(k, len(may)))
    scores = [candidate.score for candidate in answer]
    assert scores == sorted(scores, reverse=True)
    assert all((candidate.source is Source.POPULAR) == (candidate.because == ()) for candidate in answer)


@given(
    k=st.integers(1, 40), basket=st.lists(ids, max_size=6), history=st.dictionaries(ids, st.integers(1, 9), max_size=9)
)
@settings(max_examples=60, deadline=None)
def test_a_longer_answer_begins_with_the_shorter_one(k, basket, history):
    model = random_model()
    assert ask(model, basket, history, k=40)[:k] == ask(model, basket, history, k=k)


def test_a_favoured_item_comes_sooner_and_for_the_same_reasons():
    model = fitted()
    plain = suggest(model, basket=[BREAD], history={}, allowed=everything(model), novel=True, k=8)
    last = next(one for one in reversed(plain) if one.score > 0)
    favour = np.ones(len(model.vocabulary), np.float32)
    favour[model.vocabulary.columns([last.item])] = 1_000
    favoured = suggest(model, basket=[BREAD], history={}, allowed=everything(model), novel=True, k=8, favour=favour)
    assert last != plain[0]
    assert favoured[0].item == last.item
    assert favoured[0].score == pytest.approx(1_000 * last.score)
    assert (favoured[0].because, favoured[0].together) == (last.because, last.together)


def test_favour_lifts_nothing_that_nothing_speaks_for():
    model = fitted()
    favour = np.full(len(model.vocabulary), 9, np.float32)
    asked = {"basket": [], "history": {}, "allowed": everything(model), "novel": True, "k": 8}
    assert suggest(model, **asked, favour=favour) == suggest(model, **asked)


@given(
    basket=st.lists(ids, max_size=6),
    history=st.dictionaries(ids, st.integers(1, 9), max_size=9),
    bits=st.lists(st.booleans(), min_size=50, max_size=50),
    novel=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_several_lists_of_one_hearing_are_as_if_each_was_asked_for_alone(basket, history, bits, novel):
    model = random_model()
    heard = Heard.of(model, basket, history, novel=novel)
    favour = np.linspace(1, 3, len(model.vocabulary), dtype=np.float32)
    for allowed, k, favoured in ((np.array(bits[: len(model.vocabulary)]), 3, favour), (everything(model), 40, None)):
        alone = suggest(model, basket=basket, history=history, allowed=allowed, novel=novel, k=k, favour=favoured)
        assert heard.best(allowed, k, favoured) == alone
        ranked = heard.ranked(allowed, k, favoured)
        assert list(ranked) == [one.item for one in alone]
        some = alone[1::2]
        assert heard.explained({one.item: ranked[one.item] for one in some}) == some
