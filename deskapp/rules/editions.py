"""Which of a line's editions counts: the newest that was agreed to and has begun, until it has ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class State(StrEnum):
    IN_FORCE = "in force"
    TO_COME = "to come"
    WAITING = "waiting"  # for a second person
    DECLINED = "declined"
    REPLACED = "replaced"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Edition:
    """`is_agreed`: None while a second person has still to say something; True where nobody has to."""

    version_id: int
    valid_from: date | None
    valid_until: date | None
    is_agreed: bool | None
    today: date  # in the edition's own zone


def states(line: Iterable[Edition]) -> dict[int, State]:
    """Of every edition of one line by its id, newest first."""
    found: dict[int, State] = {}
    is_settled, settled_from = False, date.max  # the first day from which a newer edition counts in this one's place
    for one in sorted(line, key=lambda one: -one.version_id):
        begins = one.valid_from or date.min
        if one.is_agreed is False:
            found[one.version_id] = State.DECLINED
        elif is_settled or begins >= settled_from:
            found[one.version_id] = State.REPLACED
        elif one.is_agreed is None:
            found[one.version_id] = State.WAITING
        else:
            found[one.version_id] = _counts(one, begins)
            settled_from = min(settled_from, begins)
            is_settled = begins <= one.today
    return found


def _counts(one: Edition, begins: date) -> State:
    if one.valid_until is not None and one.valid_until < one.today:
        return State.ENDED
    return State.IN_FORCE if begins <= one.today else State.TO_COME
