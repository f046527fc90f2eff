"""What the words of a shop say of an order that has come to an end."""

from enum import StrEnum


class Fate(StrEnum):
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


WORDS: dict[Fate, frozenset[str]] = {
    Fate.DELIVERED: frozenset({"delivered", "completed", "fulfilled"}),
    Fate.CANCELLED: frozenset({"cancelled", "canceled", "voided"}),
    Fate.RETURNED: frozenset({"returned", "refunded"}),
}
CLOSED = frozenset[str]().union(*WORDS.values())


def find_fate(status: str) -> Fate | None:
    """None while the order is still on its way. Any case."""
    return next((fate for fate, words in WORDS.items() if status.lower() in words), None)
