import json

import numpy as np
import pytest
from reco.toys import BREAD, TEA, everything, fitted, purchases, quiet, random_shop

from deskapp.reco import evaluate as evaluating
from deskapp.reco.evaluate import evaluate
from deskapp.reco.model import train
from deskapp.reco.questions import set_exam
from deskapp.reco.ranking import rank, suggest
from deskapp.reco.vocabulary import Vocabulary


def paired_shop(customers=40):
    """Thirty pairs of items that are only bought with each other, everyone trying one pair after the other, under a popular tea."""
    orders, days = [], []
    for visit in range(8):
        for customer in range(customers):
            pair = 100 + 2 * ((visit * 7 + customer) % 30)
            orders.append((customer, [pair, pair + 1, TEA, BREAD, *range(900, 910)] if visit < 6 else [pair, pair + 1]))
            days.append(17_000 + 25 * visit)
    return purchases(*orders, days=days)


def judged(bought, served=None, served_until=None, **more):
    exam = set_exam(bought, served_until=served_until, seed=1)
    return evaluate(bought, exam, seed=1, progress=quiet, served=served, **more)


def test_pairs_are_found_where_popularity_finds_nothing():
    report = judged(paired_shop())
    assert report.questions > 0
    assert report.plus_one.model.hit_rate > report.plus_one.popularity.hit_rate
    assert report.beats_popularity
    assert report.plus_one.over_popularity.ndcg.low > 0


def test_noise_is_not_called_better_without_being_so():
    report = judged(random_shop(2))
    part = report.plus_one
    assert report.beats_popularity == (part.over_popularity.ndcg.low > 0)
    assert part.over_popularity.ndcg.low < 0 or part.over_popularity.ndcg.high < 0.2


def test_where_nothing_can_be_asked_nothing_is_claimed():
    for bought in (purchases(), purchases((1, [BREAD])), purchases((1, [BREAD]), (1, [BREAD, TEA]))):
        report = judged(bought)
        assert report.questions == 0
        assert not report.beats_popularity
        assert set(report.groups) == {"earlier orders", "spending", "store"}
        assert not any(report.groups.values())


def test_a_lucky_answer_or_two_are_not_called_better(monkeypatch):
    monkeypatch.setattr("deskapp.reco.questions.MOST_QUESTIONS", 2)
    report = judged(paired_shop())
    assert report.plus_one.over_popularity.ndcg.low > 0
    assert not report.beats_popularity


def test_the_report_can_be_written_as_json_and_is_the_same_for_the_same_seed():
    first, second = (judged(paired_shop()).as_dict() for _ in range(2))
    assert json.loads(json.dumps(first)) == json.loads(json.dumps(second))


def test_progress_only_ever_grows_and_ends_at_one():
    told = []
    bought = paired_shop()
    exam = set_exam(bought, served_until=None, seed=1)
    evaluate(bought, exam, seed=1, progress=lambda share, _words: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_model_is_trained_on_nothing_of_the_days_asked_about():
    bought, seen = paired_shop(), []

    def trainer(past, *, seed, progress):
        seen.append(past.day.max())
        return train(past, seed=seed, progress=progress)

    report = judged(bought, trainer=trainer)
    assert seen[0] < report.from_day <= bought.day.max()


# --- beside the model in service ------------------------------------------------------------------------------------


def test_the_model_in_service_is_asked_the_same_and_a_twin_is_no_better(monkeypatch):
    monkeypatch.setattr(evaluating, "LEAST_IN_GROUP", 1)
    bought = paired_shop(customers=110)
    last = int(bought.day.max())
    exam = set_exam(bought, served_until=last - 30, seed=1)
    assert exam.is_fair
    twin = train(bought.where(bought.day < exam.from_day), seed=1, progress=quiet)
    report = evaluate(bought, exam, seed=1, progress=quiet, served=twin)
    part = report.plus_one
    assert part.in_service == part.model
    assert (part.over_in_service.ndcg.low, part.over_in_service.ndcg.high) == (0, 0)
    assert not report.beats_in_service
    assert all(one.part.in_service == one.part.model for groups in report.groups.values() for one in groups)


def test_a_model_that_knows_less_is_beaten():
    bought = paired_shop(customers=110)
    last = int(bought.day.max())
    exam = set_exam(bought, served_until=last - 30, seed=1)
    report = evaluate(bought, exam, seed=1, progress=quiet, served=fitted())
    assert report.beats_in_service
    assert report.plus_one.over_in_service.ndcg.low > 0


def test_a_model_that_has_seen_the_answers_is_not_asked():
    bought = paired_shop()
    report = judged(bought, served=fitted(), served_until=int(bought.day.max()))
    assert report.plus_one.in_service is None
    assert report.unseen == 0


# --- figures --------------------------------------------------------------------------------------------------------


def test_the_figures_are_the_textbook_ones():
    known = evaluating.Known(
        Vocabulary(np.arange(1, 11)), evaluating._bits(np.array([8, 4, 2, 1, 1, 1, 1, 1, 1, 1]), 8)
    )
    shown = np.full((3, 10), -1)
    shown[0, :2], shown[1, :2], shown[2, :1] = [1, 2], [3, 4], [5]
    paper = evaluating.mark(shown, [frozenset([1]), frozenset([4]), frozenset([6])], known)
    assert paper.gain.tolist() == pytest.approx([1, 1 / np.log2(3), 0])
    assert paper.hit.tolist() == [1, 1, 0]
    assert paper.bits.tolist() == pytest.approx([(0 + 1) / 2, (2 + 3) / 2, 3])  # -log2 of 1, 1/2, 1/4, 1/8
    part = evaluating._part({"model": paper, "popularity": paper}, known, np.random.default_rng(1))
    assert part.model.hit_rate == pytest.approx(2 / 3)
    assert part.model.coverage == pytest.approx(0.5)
    assert part.model.novelty == pytest.approx((0.5 + 2.5 + 3) / 3)


def test_of_several_right_items_the_best_order_gives_one():
    known = evaluating.Known(Vocabulary(np.arange(1, 21)), np.zeros(20))
    shown = np.arange(1, 11)[None, :]
    gain = [evaluating.mark(shown, [frozenset(truth)], known).gain[0] for truth in ([1, 2, 3], range(1, 20), [2, 30])]
    assert gain[:2] == pytest.approx([1, 1])
    assert gain[2] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


def test_popularity_leaves_out_what_may_not_be_shown_just_as_the_model_does():
    bought = paired_shop()
    exam = set_exam(bought, served_until=None, seed=1)
    model = train(bought.where(bought.day < exam.from_day), seed=1, progress=quiet)
    popular = evaluating._answerers(model, None)["popularity"]
    for question in exam.plus_one[:20]:
        shown = popular(question)
        assert not set(shown) & {*question.basket, *question.history_by_item()}
        counts = model.popularity[model.vocabulary.columns(shown)].tolist()
        assert counts == sorted(counts, reverse=True)


def test_in_a_refill_popularity_may_show_again_what_the_customer_has_had():
    bought = paired_shop()
    exam = set_exam(bought, served_until=None, seed=1)
    popular = evaluating._answerers(fitted(), None)["popularity"]
    assert all(TEA in popular(question) for question in exam.refill if TEA not in question.basket)


def test_ranking_alone_is_suggesting_without_the_reasons():
    model = fitted()
    for novel in (True, False):
        found = suggest(model, basket=[TEA], history={BREAD: 2}, allowed=everything(model), novel=novel, k=5)
        assert rank(model, basket=[TEA], history={BREAD: 2}, novel=novel, k=5) == [one.item for one in found]


# --- groups ---------------------------------------------------------------------------------------------------------


def test_groups_add_up_to_the_whole_and_small_ones_are_put_together(monkeypatch):
    monkeypatch.setattr(evaluating, "LEAST_IN_GROUP", 8)
    report = judged(paired_shop(customers=80), stores=["Main St"])
    for groups in report.groups.values():
        assert sum(one.part.questions for one in groups) == report.questions
        assert all(one.part.questions >= 8 for one in groups)
    assert [one.name for one in report.groups["store"]] == ["Main St"]
    assert [one.name for one in report.groups["earlier orders"]] == ["4 to 10"]
    (found,) = report.groups["store"]
    assert found.part.model.hit_rate == report.plus_one.model.hit_rate


def test_what_is_still_too_few_is_left_out(monkeypatch):
    monkeypatch.setattr(evaluating, "LEAST_IN_GROUP", 10_000)
    assert not any(judged(paired_shop()).groups.values())


def test_tenths_go_by_what_was_spent_before():
    bought = purchases(*[(customer, [TEA] * (customer + 1)) for customer in range(20)], (50, [TEA]))
    past = np.ones(len(bought), bool)
    past[-1] = False
    tenths = evaluating._tenths(bought, past, np.array([0, 1, 2, 18, 19, 50]))
    assert tenths == ["1", "1", "2", "10", "10", ""]


def test_groups_come_in_the_order_that_people_count_in(monkeypatch):
    monkeypatch.setattr(evaluating, "LEAST_IN_GROUP", 1)
    names = ["10", "2", "more than 30", "up to 3", "Store B", "Store A", "Store B", ""]
    rows = {name: np.flatnonzero([one == name for one in names]) for name in names if name} | {"others": np.arange(9)}
    ordered = [name for name, _ in sorted(rows.items(), key=evaluating._order)]
    assert ordered == ["Store B", "Store A", "up to 3", "more than 30", "2", "10", "others"]
