"""Does the model find what people went on to buy? Held out by time, beside plain popularity and the model in service."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.bootstrap import Estimate, estimate
from deskapp.reco.fitted import Model
from deskapp.reco.matrix import Purchases
from deskapp.reco.model import train
from deskapp.reco.questions import Exam, Question
from deskapp.reco.ranking import rank
from deskapp.reco.report import Figures, Group, K, Lead, Part, Report
from deskapp.reco.trainer import Progress, Trainer
from deskapp.reco.vocabulary import Vocabulary
from deskapp.rules.words import say

LEAST_IN_GROUP = 30
OTHERS = "others"
_STEP = 50  # questions between two words of progress
_TIERS = ((3, "up to 3"), (10, "4 to 10"), (30, "11 to 30"))
_REGULAR = "more than 30"
_TENTHS = tuple(str(number) for number in range(1, 11))
_IN_ORDER = (*(name for _, name in _TIERS), _REGULAR, *_TENTHS)

Answerer = Callable[[Question], Sequence[int]]


def evaluate(
    purchases: Purchases,
    exam: Exam,
    *,
    seed: int,
    progress: Progress,
    trainer: Trainer = train,
    served: Model | None = None,
    stores: Sequence[str] = (),
) -> Report:
    """Trains on what lies before the exam's days and asks. `served` is asked too where the exam is fair to it.

    `stores` are their names by number. Costs the training, some 2 ms a question and answerer, and half a second for the intervals.
    """
    past = purchases.day < exam.from_day
    orders = len(np.unique(purchases.order[past]))
    groups = _group_names(purchases, past, exam.plus_one, stores)
    model = trainer(purchases.where(past), seed=seed, progress=lambda done, words: progress(0.8 * done, words))
    known = Known(model.vocabulary, _bits(model.popularity, orders))
    askers = _answerers(model, served if exam.is_fair else None)
    papers = [_asked(questions, askers, known, part) for questions, part in _in_parts(exam, progress)]
    rng = np.random.default_rng(seed)
    plus_one, new, refill = (_part(paper, known, rng) for paper in papers)
    report = Report(
        exam.from_day,
        int(purchases.day.max(initial=0)),
        plus_one,
        new,
        refill,
        groups={by: _groups(names, papers[0], known, rng) for by, names in groups.items()},
        unseen=exam.unseen,
    )
    progress(1.0, say("Evaluated"))
    return report


# --- asking ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """bits: shape (items,), -log2 of the share of past orders with the item."""

    vocabulary: Vocabulary
    bits: NDArray[np.float64]


def _bits(popularity: NDArray[np.int32], orders: int) -> NDArray[np.float64]:
    share = np.maximum(popularity, 1) / max(orders, 1)
    bits: NDArray[np.float64] = -np.log2(np.minimum(share, 1.0))
    return bits


def _answerers(model: Model, served: Model | None) -> dict[str, Answerer]:
    """Popularity is the new model's count, with what may not be shown left out as for the others."""
    favourites = model.vocabulary.ids[np.argsort(-model.popularity, kind="stable")].tolist()
    answerers: dict[str, Answerer] = {
        "model": partial(_by_model, model),
        "popularity": partial(_by_popularity, favourites),
    }
    return answerers | ({"in_service": partial(_by_model, served)} if served is not None else {})


def _by_model(model: Model, question: Question) -> list[int]:
    return rank(model, basket=question.basket, history=question.history_by_item(), novel=question.novel, k=K)


def _by_popularity(favourites: list[int], question: Question) -> list[int]:
    never = {*question.basket, *(question.history[0].tolist() if question.novel else ())}
    return list(itertools.islice((item for item in favourites if item not in never), K))


def _in_parts(exam: Exam, progress: Progress) -> Iterator[tuple[Sequence[Question], Callable[[], None]]]:
    """Each kind of question with what is to be called after each of them."""
    kinds = (exam.plus_one, exam.new, exam.refill)
    done, all_of_them = itertools.count(1), max(sum(map(len, kinds)), 1)

    def tick() -> None:
        if (number := next(done)) % _STEP == 0:
            progress(0.8 + 0.2 * number / all_of_them, say("Asking for what was bought later"))

    return ((questions, tick) for questions in kinds)


@dataclass(frozen=True, slots=True)
class Paper:
    """One answerer's marks. shown: int64, shape (questions, K), ids, -1 where nothing more came; the others: shape (questions,)."""

    shown: NDArray[np.int64]
    gain: NDArray[np.float64]
    hit: NDArray[np.float64]
    bits: NDArray[np.float64]

    def of(self, chosen: NDArray[np.int64]) -> "Paper":
        return Paper(self.shown[chosen], self.gain[chosen], self.hit[chosen], self.bits[chosen])


Papers = dict[str, Paper]


def _asked(
    questions: Sequence[Question], answerers: Mapping[str, Answerer], known: Known, tick: Callable[[], None]
) -> Papers:
    shown = {who: np.full((len(questions), K), -1, dtype=np.int64) for who in answerers}
    for row, question in enumerate(questions):
        for who, answer in answerers.items():
            items = answer(question)
            shown[who][row, : len(items)] = items
        tick()
    truths = [question.truth for question in questions]
    return {who: mark(answers, truths, known) for who, answers in shown.items()}


def mark(shown: NDArray[np.int64], truths: Sequence[frozenset[int]], known: Known) -> Paper:
    """Gain: the NDCG of each answer, the best order of at most K right items giving 1."""
    right = np.array(
        [[item in truth for item in answer] for answer, truth in zip(shown.tolist(), truths, strict=True)], dtype=float
    ).reshape(shown.shape)
    discount = 1 / np.log2(np.arange(2, K + 2))
    best = np.cumsum(discount)[np.minimum([len(truth) for truth in truths], K).astype(int) - 1]
    column, is_known = known.vocabulary.find(shown.ravel())
    bits = np.zeros(shown.size)
    bits[is_known] = known.bits[column[is_known]]
    count = np.maximum(is_known.reshape(shown.shape).sum(axis=1), 1)
    return Paper(
        shown, right @ discount / best, right.any(axis=1).astype(float), bits.reshape(shown.shape).sum(axis=1) / count
    )


# --- figures --------------------------------------------------------------------------------------------------------


def _part(papers: Papers, known: Known, rng: np.random.Generator) -> Part:
    model, popularity, served = papers["model"], papers["popularity"], papers.get("in_service")
    rivals = [popularity, *([served] if served is not None else [])]
    columns = [paper.gain for paper in (model, *rivals)]
    columns += [model.gain - rival.gain for rival in rivals] + [model.hit - rival.hit for rival in rivals]
    found = iter(estimate(np.stack(columns, axis=1), rng))
    figures = [_figures(paper, next(found), known) for paper in (model, *rivals)]
    ndcg_leads, hit_leads = [next(found) for _ in rivals], [next(found) for _ in rivals]
    leads = [Lead(*lead) for lead in zip(ndcg_leads, hit_leads, strict=True)]
    return Part(
        len(model.gain),
        figures[0],
        figures[1],
        figures[2] if served is not None else None,
        leads[0],
        leads[1] if served is not None else None,
    )


def _figures(paper: Paper, ndcg: Estimate, known: Known) -> Figures:
    questions = max(len(paper.gain), 1)
    shown = np.unique(paper.shown[paper.shown >= 0])
    return Figures(
        hit_rate=float(paper.hit.sum()) / questions,
        ndcg=ndcg,
        coverage=len(shown) / max(len(known.vocabulary), 1),
        novelty=float(paper.bits.sum()) / questions,
    )


# --- groups of customers --------------------------------------------------------------------------------------------


def _group_names(
    purchases: Purchases, past: NDArray[np.bool_], questions: Sequence[Question], stores: Sequence[str]
) -> dict[str, list[str]]:
    """For each way to group, the group of each question; "" where it belongs to none."""
    customers = np.array([question.customer for question in questions], dtype=np.int64)
    return {
        "earlier orders": [_tier(question.earlier_orders) for question in questions],
        "spending": _tenths(purchases, past, customers),
        "store": [stores[question.store] if question.store < len(stores) else "" for question in questions],
    }


def _tier(earlier_orders: int) -> str:
    return next((name for most, name in _TIERS if earlier_orders <= most), _REGULAR)


def _tenths(purchases: Purchases, past: NDArray[np.bool_], customers: NDArray[np.int64]) -> list[str]:
    """Tenth 1 of the customers that spent least in the past, "10" for the most; "" who had bought nothing yet."""
    owners, owner = np.unique(purchases.customer[past], return_inverse=True)
    if not len(owners):
        return [""] * len(customers)
    spent = np.bincount(owner, purchases.spent_minor[past])
    tenth = np.searchsorted(np.quantile(spent, np.arange(1, 10) / 10), spent, side="left") + 1
    at = np.minimum(np.searchsorted(owners, customers), len(owners) - 1)
    return [str(tenth[place]) if owners[place] == one else "" for place, one in zip(at, customers, strict=True)]


def _groups(names: list[str], papers: Papers, known: Known, rng: np.random.Generator) -> list[Group]:
    """Tenths and tiers in their order, stores by size; groups of too few questions are put together."""
    large = {name for name, count in Counter(names).items() if name and count >= LEAST_IN_GROUP}
    label = np.array([name if name in large else OTHERS for name in names])
    chosen = {name: np.flatnonzero(label == name) for name in (*large, OTHERS)}
    parts = {
        name: _part({who: paper.of(rows) for who, paper in papers.items()}, known, rng)
        for name, rows in sorted(chosen.items(), key=_order)
        if len(rows) >= LEAST_IN_GROUP
    }
    return [Group(name, part) for name, part in parts.items()]


def _order(group: tuple[str, NDArray[np.int64]]) -> tuple[bool, int, int, str]:
    """In the order of tiers, or of the tenths; stores with most questions first; the others last."""
    name, rows = group
    return name == OTHERS, _IN_ORDER.index(name) if name in _IN_ORDER else -1, -len(rows), name
