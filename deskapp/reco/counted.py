"""What is counted in the purchases, and how the counts become a model. Who counts, and on how many machines, is all one here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deskapp.reco import neighbours
from deskapp.reco.fitted import Affinity, Model, Taste
from deskapp.reco.neighbours import HeadCounts, Neighbours
from deskapp.reco.vocabulary import Vocabulary

ORDER_RIDGE = 50.0  # in orders
HOME_RIDGE = 200.0  # in customers
DAMPING = 0.2  # a weight is divided by the item's orders to this power, or the same few items always win
NEW_DAMPING = 0.15
OLD_IN_NEW = 0.3  # how much any purchase counts beside a first one when something new is looked for
SELDOM = 1.0  # a new pair seen n times counts n / (n + SELDOM) as much: what met once may have met by chance
LIFT = 0.2  # power of an item's present lift among what is bought together
HOME_LIFT = 0.45  # and in homes, where no basket tells what this week is like
HOME_PAIRS = 20  # an item on average; the weaker four fifths change no answer and cost most of the time
TASTE_RIDGE = 10.0


@dataclass(frozen=True, slots=True)
class Companions:
    """Who occurs with whom, in orders or in homes. occurrences: int32, shape (items,), orders (or customers) with the item."""

    occurrences: NDArray[np.int32]
    nearest: Neighbours
    head: HeadCounts


@dataclass(frozen=True, slots=True)
class Counted:
    """All a trainer hands over.

    first: float32, shape of in_orders.nearest.item, in how many orders the neighbour was where its customer bought the item for
    the first time. lift: float32, shape (items,), see matrix.present_lift. factors: float32, shape (items, factors), from ALS
    over customers with confidence 1 + log(1 + orders) and the ridge TASTE_RIDGE.
    """

    vocabulary: Vocabulary
    in_orders: Companions
    first: NDArray[np.float32]
    in_homes: Companions
    lift: NDArray[np.float32]
    factors: NDArray[np.float32]


def assemble(counted: Counted) -> Model:
    """About 0.6 ms an item on one core."""
    in_orders, new_in_orders = _tables_of_orders(counted)
    return Model(
        vocabulary=counted.vocabulary,
        popularity=counted.in_orders.occurrences,
        in_orders=in_orders,
        new_in_orders=new_in_orders,
        in_homes=_table_of_homes(counted),
        taste=_taste(counted),
    )


def _tables_of_orders(counted: Counted) -> tuple[Affinity, Affinity]:
    """What an item says about what else is in the order, and about what the customer buys for the first time in it."""
    orders = counted.in_orders
    nearest, popularity = orders.nearest, orders.occurrences
    seen = np.stack([nearest.together, counted.first], axis=2)
    weight = neighbours.refit(nearest, seen, orders.head, popularity, ridge=ORDER_RIDGE)
    often = np.maximum(popularity, 1).astype(np.float32)
    any_time = weight[:, :, 0] / often[:, None] ** DAMPING
    new = weight[:, :, 1] + OLD_IN_NEW * weight[:, :, 0]
    new *= (counted.lift**LIFT / often**NEW_DAMPING)[:, None]
    new *= nearest.together / (nearest.together + np.float32(SELDOM))
    return (
        neighbours.affinity(nearest, any_time, most=any_time.size),
        neighbours.affinity(nearest, new, most=new.size),
    )


def _table_of_homes(counted: Counted) -> Affinity:
    homes = counted.in_homes
    seen = homes.nearest.together[:, :, None]
    weight = neighbours.refit(homes.nearest, seen, homes.head, homes.occurrences, ridge=HOME_RIDGE)
    lifted = weight[:, :, 0] * (counted.lift**HOME_LIFT)[:, None]
    return neighbours.affinity(homes.nearest, lifted, most=HOME_PAIRS * len(homes.occurrences))


def _taste(counted: Counted) -> Taste:
    """Items that sell well at present have longer factors, so that they come up earlier."""
    factors = counted.factors * (counted.lift**HOME_LIFT)[:, None]
    return Taste(factors, factors.T @ factors + TASTE_RIDGE * np.eye(factors.shape[1], dtype=np.float32))
