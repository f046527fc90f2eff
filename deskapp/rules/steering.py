"""What the shop itself has a say in: items it hides, puts first or favours, each until a day and for a reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar


class Steer(StrEnum):
    HIDE = "hide"
    PIN = "pin"
    BOOST = "boost"
    STRONG_BOOST = "strong-boost"


FACTORS = {Steer.BOOST: 1.5, Steer.STRONG_BOOST: 3.0}  # of an item's score; nobody types a number

One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Steered:
    """Both days count, in the shop's own time."""

    item_id: int
    steer: Steer
    reason: str
    by: str
    starts_on: date
    ends_on: date

    def is_in_force(self, on: date) -> bool:
        return self.starts_on <= on <= self.ends_on


def in_force(steered: Iterable[Steered], on: date) -> tuple[Steered, ...]:
    return tuple(one for one in steered if one.is_in_force(on))


def hidden(steered: Iterable[Steered]) -> dict[int, Steered]:
    """By item; of several the one that lasts longest."""
    lasting = sorted((one for one in steered if one.steer is Steer.HIDE), key=lambda one: one.ends_on)
    return {one.item_id: one for one in lasting}


def factors(steered: Iterable[Steered]) -> dict[int, float]:
    """By item what its score is multiplied by; of two the stronger, never both."""
    found: dict[int, float] = {}
    for one in steered:
        if one.steer in FACTORS:
            found[one.item_id] = max(found.get(one.item_id, 0.0), FACTORS[one.steer])
    return found


def pins(steered: Iterable[Steered]) -> tuple[Steered, ...]:
    """One for each item, by item: whose turn it is does not depend on when they were set."""
    lasting = sorted((one for one in steered if one.steer is Steer.PIN), key=lambda one: one.ends_on)
    return tuple(one for _, one in sorted({one.item_id: one for one in lasting}.items()))


def in_turn(pinned: list[One], customer_id: int, on: date) -> list[One]:
    """Everybody's own order, another one every day, so that several pinned items share the first place fairly."""
    start = (customer_id + on.toordinal()) % len(pinned) if pinned else 0
    return pinned[start:] + pinned[:start]
