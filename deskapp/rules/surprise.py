"""What keeps an extra a surprise: it comes neither like clockwork nor with every order, and never before a sale."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from itertools import pairwise

_IN_A_ROW = 3  # so many alike, and people expect the next
_NEARLY = timedelta(days=1)

OFFERED = frozenset({"quote", "quoted", "offer", "offered", "draft", "cart", "estimate", "proposal", "pending-offer"})


def is_offer(order_status: str) -> bool:
    """An order that is only offered yet: a gift now would be bait."""
    return order_status.strip().casefold() in OFFERED


def is_clockwork(given_on: Collection[date], today: date) -> bool:
    """Whether a gift today would be the fourth at one distance: three gaps that differ by a day at most.

    Several gifts of one day count as one, so that two for one birthday are no rhythm.
    """
    days = sorted({*given_on, today})[-_IN_A_ROW - 1 :]
    gaps = [after - before for before, after in pairwise(days)]
    return len(gaps) == _IN_A_ROW and max(gaps) - min(gaps) <= _NEARLY


def is_expected(
    orders: Sequence[int], given: Collection[tuple[date, int | None]], gets_it: int | None, today: date
) -> bool:
    """`orders`: ids, newest first; `given`: day and order of the gifts that were kept; `gets_it`: the order of this gift.

    Where no order is named, the newest is taken for it, unless it had one already.
    """
    had_gifts = {order for _, order in given}
    if gets_it is None and orders and orders[0] not in had_gifts:
        gets_it = orders[0]
    before = [order in had_gifts for order in orders if order != gets_it]
    return is_clockwork({on for on, _ in given}, today) or comes_with_every_order(before)


def comes_with_every_order(newest_orders_had_gifts: Sequence[bool]) -> bool:
    """`newest_orders_had_gifts`, newest first, without the one that would get this gift: the last three all had one."""
    newest = newest_orders_had_gifts[:_IN_A_ROW]
    return len(newest) == _IN_A_ROW and all(newest)
