"""What a customer's page showed last, kept as long as nothing on it has changed.

Every change of a person's data and of money leaves a line in the audit, limits and models only ever grow, and imports and
steering count themselves up: so one query tells whether the views of a page are still right. What depends on the time of day
is worked out when a page is drawn, what depends on the day is part of the key.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from sqlmodel import Session

from deskapp.rules.people import Actor
from deskapp.store.changes import Marks, marks_of

_PAGES = 500  # of about 30 kB each

Views = dict[str, object]


class Remembered:
    """One per process; threads share it."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, tuple[Marks, Views]] = OrderedDict()
        self._turning = threading.Lock()

    def views(self, session: Session, actor: Actor, customer_id: int, *days: Hashable) -> Views:
        """By the name of the panel, to be filled in by whoever draws one. One query."""
        key = (customer_id, actor, days)
        marks = marks_of(session, customer_id, actor.staff_id)
        with self._turning:
            held = self._pages.pop(key, None)
            page = held if held is not None and held[0] == marks else (marks, {})
            self._pages[key] = page
            if len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        return page[1]
