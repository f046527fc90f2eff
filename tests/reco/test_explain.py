import numpy as np
import pytest
from reco.toys import everything, fitted, random_shop

from deskapp.reco import explain
from deskapp.reco.evidence import gather
from deskapp.reco.ranking import Source, suggest


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
