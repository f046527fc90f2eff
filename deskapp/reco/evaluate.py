"""Does the model find what people went on to buy? Held out by time, against plain popularity, the way the desk asks."""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.fitted import Model
from deskapp.reco.matrix import Purchases, by_customer, by_order
from deskapp.reco.model import train
from deskapp.reco.ranking import suggest
from deskapp.reco.trainer import Trainer
from deskapp.reco.vocabulary import Vocabulary

HELD_OUT_DAYS = 28
MOST_QUESTIONS = 2_000
K = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """All between 0 and 1. coverage: share of the items that were shown to anyone."""

    hit_rate: float
    ndcg: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Report:
    """`questions` orders of the days from `from_day` on, each with one item hidden that the customer had never bought."""

    questions: int
    from_day: int
    k: int
    model: Figures
    popularity: Figures

    @property
    def beats_popularity(self) -> bool:
        """False when nothing could be asked."""
        return self.questions > 0 and self.model.ndcg > self.popularity.ndcg

    def as_dict(self) -> dict[str, object]:
        return asdict(self) | {"beats_popularity": self.beats_popularity}


@dataclass(frozen=True, slots=True)
class Question:
    basket: list[int]
    history: dict[int, int]
    hidden: int


def evaluate(
    purchases: Purchases, *, seed: int, progress: Callable[[float, str], None], trainer: Trainer = train
) -> Report:
    """Train on all but the last four weeks (or the last fifth, if that is shorter) and ask for what was bought then."""
    from_day = _cut(purchases.day)
    past, future = purchases.where(purchases.day < from_day), purchases.where(purchases.day >= from_day)
    model = trainer(past, seed=seed, progress=lambda done, words: progress(0.8 * done, words))
    questions = list(_questions(past, future, model, np.random.default_rng(seed)))
    progress(0.8, "Asking for what was bought later")
    report = Report(len(questions), from_day, K, *_answer(model, questions))
    progress(1.0, "Evaluated")
    return report


def _cut(day: NDArray[np.int32]) -> int:
    if not len(day):
        return 0
    return int(max(day.max() - HELD_OUT_DAYS + 1, np.quantile(day, 0.8, method="higher")))


def _questions(past: Purchases, future: Purchases, model: Model, rng: np.random.Generator) -> Iterator[Question]:
    """At most MOST_QUESTIONS, orders drawn at random; those of one known item, or without anything new, cannot be asked."""
    vocabulary = model.vocabulary
    future = future.where(np.isin(future.item, vocabulary.ids))
    homes, orders = by_customer(past, vocabulary), by_order(future, vocabulary)
    _, first = np.unique(future.order, return_index=True)
    home = Vocabulary(np.unique(past.customer))
    asked = 0
    for order in rng.permutation(len(first)):
        basket = orders[[order]].indices
        owner = homes[home.columns([int(future.customer[first[order]])])]
        new = np.setdiff1d(basket, owner.indices)
        if len(basket) < 2 or not len(new) or asked == MOST_QUESTIONS:
            continue
        hidden = rng.choice(new)
        rest = vocabulary.ids[basket[basket != hidden]]
        history = dict(zip(vocabulary.ids[owner.indices].tolist(), owner.data.astype(int).tolist(), strict=True))
        asked += 1
        yield Question(rest.tolist(), history, int(vocabulary.ids[hidden]))


def _answer(model: Model, questions: list[Question]) -> tuple[Figures, Figures]:
    anything = np.ones(len(model.vocabulary), dtype=np.bool_)
    ours, popular = [], []
    for question in questions:
        ours.append(_ranked(model, question.basket, question.history, anything))
        rest = anything.copy()
        rest[model.vocabulary.columns([*question.basket, *question.history])] = False
        popular.append(_ranked(model, [], {}, rest))
    hidden = [question.hidden for question in questions]
    return _figures(ours, hidden, len(anything)), _figures(popular, hidden, len(anything))


def _ranked(model: Model, basket: list[int], history: dict[int, int], allowed: NDArray[np.bool_]) -> list[int]:
    candidates = suggest(model, basket=basket, history=history, allowed=allowed, novel=True, k=K)
    return [candidate.item for candidate in candidates]


def _figures(ranked: list[list[int]], hidden: list[int], items: int) -> Figures:
    """With a single right answer, NDCG is 1 / log2(1 + its place)."""
    places = [answer.index(item) + 1 for answer, item in zip(ranked, hidden, strict=True) if item in answer]
    gain = sum(1 / math.log2(1 + place) for place in places)
    shown = set(itertools.chain.from_iterable(ranked))
    asked = max(len(hidden), 1)
    return Figures(hit_rate=len(places) / asked, ndcg=gain / asked, coverage=len(shown) / max(items, 1))
