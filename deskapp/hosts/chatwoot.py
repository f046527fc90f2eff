"""Chatwoot's dashboard app: a frame beside the messages, by GET. Nothing is signed; the page tells the frame whom it shows.

Whoever knows the address can open it, so it proves nobody: each browser is paired once, and what the page says is a hint.
"""

from collections.abc import Mapping
from datetime import datetime

from deskapp.hosts.launch import Field, Held, Host, Launch, Received, Way
from deskapp.hosts.reading import MENDS, ORIGIN, check_opening
from deskapp.rules.words import say


def verify(received: Received, held: Held, now: datetime) -> Launch:  # noqa: ARG001 - there is nothing to verify
    check_opening(received)
    return Launch()


def _find_origins(fields: Mapping[str, str]) -> tuple[str, ...]:
    return (fields["origin"],) if fields.get("origin") else ()


HOST = Host(
    code="chatwoot",
    words="Chatwoot",
    way=Way.FRAME,
    verify=verify,
    find_origins=_find_origins,
    fields=(Field("origin", say("Where your people open Chatwoot"), "https://app.chatwoot.com", ORIGIN),),
    steps=(
        say("In Chatwoot open Settings, Integrations, Dashboard apps, and add one."),
        say("Give it the name Desk and the address {url}."),
        say("Open a conversation and choose the tab Desk beside Messages."),
        say("Each person pairs her browser with the desk once: Chatwoot signs nothing."),
    ),
    glue="chatwoot",
    mends=MENDS,
)
