"""What a model is asked in order to be judged: what people bought in days that it has not seen, asked as the desk asks.

plus-one: an order with one item hidden that its customer had never bought. new: no basket; right is whatever the customer then
bought for the first time. refill: an order with any item hidden, repeats allowed.
"""

from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.matrix import Purchases

HELD_OUT_DAYS = 28
MOST_QUESTIONS = 2_000
MOST_BESIDE = 1_000  # of either other kind, which no verdict hangs on
_LONGEST = 20_000  # lines of a history that are looked at: "walk-in customer" may own a tenth of the shop
ENOUGH = 100  # fewer cannot tell two models apart
_SPARE = 3  # times as many orders are looked at, since not every one holds something new

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Question:
    """`truth` are ids that were bought; `history` holds (item ids, orders with each) of the customer before that day."""

    basket: list[int]
    history: tuple[Ids, Ids]
    truth: frozenset[int]
    novel: bool
    customer: int
    store: int
    earlier_orders: int

    def history_by_item(self) -> dict[int, int]:
        return dict(zip(*(column.tolist() for column in self.history), strict=True))


@dataclass(frozen=True, slots=True)
class Exam:
    """Learn from the days before `from_day`, answer about those from it on.

    `unseen`: plus-one questions of days that the model in service has not seen either; None where there is no such model.
    `is_fair`: all questions are of such days, and enough to tell the two apart.
    """

    from_day: int
    plus_one: tuple[Question, ...]
    new: tuple[Question, ...]
    refill: tuple[Question, ...]
    unseen: int | None = None
    is_fair: bool = False


def set_exam(purchases: Purchases, *, served_until: int | None, seed: int) -> Exam:
    """The last four weeks (or the last fifth, if that is shorter) are asked about.

    Where the model in service learnt until `served_until`, it is asked only about days that it has not seen, and so is the new
    one: the later half of the days since. Where these hold too few orders the usual days are asked about, without it.
    """
    usual = _usual_cut(purchases.day)
    if served_until is None:
        return _draw(purchases, usual, seed)
    last = int(purchases.day.max(initial=served_until))
    half = served_until + 1 + max(last - served_until, 0) // 2
    exam = _draw(purchases, max(usual, half), seed)
    if len(exam.plus_one) < ENOUGH and half < usual:  # a shop with few orders a week takes longer to fill an exam
        exam = _draw(purchases, half, seed)
    unseen = len(exam.plus_one)
    if unseen < ENOUGH:
        exam = _draw(purchases, usual, seed)
    return replace(exam, unseen=unseen, is_fair=unseen >= ENOUGH)


def _usual_cut(day: NDArray[np.int32]) -> int:
    if not len(day):
        return 0
    return int(max(day.max() - HELD_OUT_DAYS + 1, np.quantile(day, 0.8, method="higher")))


def _draw(purchases: Purchases, from_day: int, seed: int) -> Exam:
    """Only items that were sold before can be hidden. Looks at the lines of the sampled customers, never at all one by one."""
    rng = np.random.default_rng(seed)
    is_past = purchases.day < from_day
    future = purchases.where(~is_past)
    future = future.where(np.isin(future.item, np.unique(purchases.item[is_past])))
    orders = rng.permutation(_with_two_items(future))[: _SPARE * MOST_QUESTIONS]
    customers = rng.permutation(np.unique(future.customer))[: _SPARE * MOST_BESIDE]
    visits = _Sorted(future.where(np.isin(future.order, orders)), "order")
    stays = _Sorted(future.where(np.isin(future.customer, customers)), "customer")
    wanted = np.union1d(customers, visits.lines.customer)
    homes = _Sorted(purchases.where(np.isin(purchases.customer, wanted)), "customer")
    surprises = (_plus_one(visits.of(order), homes, rng) for order in orders)
    firsts = (_new(stays.of(customer), homes, from_day) for customer in customers)
    return Exam(
        from_day,
        plus_one=tuple(islice(filter(None, surprises), MOST_QUESTIONS)),
        new=tuple(islice(filter(None, firsts), MOST_BESIDE)),
        refill=tuple(_refill(visits.of(order), homes, rng) for order in orders[:MOST_BESIDE]),
    )


def _with_two_items(lines: Purchases) -> Ids:
    """Orders of at least two different items."""
    by_item = np.lexsort((lines.item, lines.order))
    order, item = lines.order[by_item], lines.item[by_item]
    differs = (order[1:] == order[:-1]) & (item[1:] != item[:-1])
    found: Ids = np.unique(order[1:][differs])
    return found


class _Lines(NamedTuple):
    """Parallel arrays, as in Purchases."""

    item: Ids
    order: Ids
    customer: Ids
    day: NDArray[np.int32]
    store: NDArray[np.int32]


class _Sorted:
    """Lines by one of their columns and by day, so that those of one order or customer are a slice; an item in an order once."""

    def __init__(self, lines: Purchases, column: str) -> None:
        by_key = np.lexsort((lines.item, lines.order, lines.day, getattr(lines, column)))
        order, item = lines.order[by_key], lines.item[by_key]
        is_first = np.ones(len(by_key), dtype=np.bool_)
        is_first[1:] = (order[1:] != order[:-1]) | (item[1:] != item[:-1])
        kept = by_key[is_first]
        self.lines = _Lines(
            lines.item[kept], lines.order[kept], lines.customer[kept], lines.day[kept], lines.store[kept]
        )
        self._key = getattr(self.lines, column)

    def of(self, value: int) -> _Lines:
        start, end = np.searchsorted(self._key, [value, value + 1])
        item, order, customer, day, store = self.lines
        return _Lines(item[start:end], order[start:end], customer[start:end], day[start:end], store[start:end])


def _before(homes: _Sorted, customer: int, day: int) -> tuple[tuple[Ids, Ids], int]:
    """The customer's history when the day began, and how many orders that was."""
    home = homes.of(customer)
    end = int(np.searchsorted(home.day, day))
    start = max(end - _LONGEST, 0)
    items, orders = np.unique(home.item[start:end], return_counts=True)
    return (items, orders), len(np.unique(home.order[start:end]))


def _plus_one(visit: _Lines, homes: _Sorted, rng: np.random.Generator) -> Question | None:
    """None where the order holds nothing new."""
    history, earlier = _before(homes, int(visit.customer[0]), int(visit.day[0]))
    basket = np.sort(visit.item)
    new = np.setdiff1d(basket, history[0], assume_unique=True)
    if not len(new):
        return None
    return _hide(int(rng.choice(new)), basket, visit, history, earlier, novel=True)


def _refill(visit: _Lines, homes: _Sorted, rng: np.random.Generator) -> Question:
    history, earlier = _before(homes, int(visit.customer[0]), int(visit.day[0]))
    basket = np.sort(visit.item)
    return _hide(int(rng.choice(basket)), basket, visit, history, earlier, novel=False)


def _hide(hidden: int, basket: Ids, visit: _Lines, history: tuple[Ids, Ids], earlier: int, *, novel: bool) -> Question:
    rest = basket[basket != hidden].tolist()
    return Question(rest, history, frozenset([hidden]), novel, int(visit.customer[0]), int(visit.store[0]), earlier)


def _new(stay: _Lines, homes: _Sorted, from_day: int) -> Question | None:
    """None where the customer bought nothing new."""
    customer = int(stay.customer[0])
    history, earlier = _before(homes, customer, from_day)
    truth = np.setdiff1d(stay.item, history[0])
    if not len(truth):
        return None
    return Question([], history, frozenset(truth.tolist()), True, customer, int(stay.store[0]), earlier)
