"""Says of a request that it opened a customer, or several."""

from collections.abc import Iterable
from typing import Literal

from flask import g

from deskapp.web.here import actor, clock, desk

What = Literal["page", "brief", "note", "api", "export"]


def opened(customer_id: int, what: What = "page") -> None:
    """As `opened_all`, of one."""
    opened_all([customer_id], what)


def opened_all(customer_ids: Iterable[int], what: What) -> None:
    """To be called when the answer is drawn and no transaction is open. Where the desk is in a host, with its ticket."""
    desk().views.note_all(
        actor(),
        customer_ids,
        what,
        g.get("surface", "page"),
        host=g.get("host", ""),
        ticket=g.get("ticket", ""),
        now=clock(),
    )
