"""Says of a request that it opened a customer."""

from typing import Literal

from flask import g

from deskapp.web.here import actor, clock, desk


def opened(customer_id: int, what: Literal["page", "brief", "note", "api", "export"] = "page") -> None:
    """To be called when the answer is drawn and no transaction is open. Where the desk is in a host, with its ticket."""
    desk().views.note(
        actor(),
        customer_id,
        what,
        g.get("surface", "page"),
        host=g.get("host", ""),
        ticket=g.get("ticket", ""),
        now=clock(),
    )
