"""Dynamics 365: a frame on a form, by GET, with the record's kind and id in the query. Nothing is signed, and no user is named.

The organization's name is compared where the connection has one: not to prove anything, but to find a wrong form.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from deskapp.hosts.launch import Field, Held, Hint, Host, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import check_opening, make_hint, mends
from deskapp.rules.words import say

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_CUSTOMERS = {"contact", "account", "lead"}
_TICKET = "incident"

_MENDS = mends(
    other_connection=say(
        "The form belongs to another organization than the one on this page. Compare the name here with orgname"
        " in the frame's address, or leave the field empty."
    ),
)


def verify(received: Received, held: Held, now: datetime) -> Launch:  # noqa: ARG001 - there is nothing to verify
    query = check_opening(received)
    ours = held.fields.get("organization", "")
    if ours and query.get("orgname", "").lower() != ours.lower():
        raise Unverified(Why.OTHER_CONNECTION, _MENDS[Why.OTHER_CONNECTION])
    return Launch(hint=_hint(query))


def _hint(query: Mapping[str, str]) -> Hint:
    kind, found = query.get("typename", ""), _GUID.fullmatch(query.get("id", ""))
    number = found[1].lower() if found else ""
    return make_hint(external_id=number if kind in _CUSTOMERS else "", ticket=number if kind == _TICKET else "")


def _find_origins(fields: Mapping[str, str]) -> tuple[str, ...]:
    return (fields["origin"],) if fields.get("origin") else ()


HOST = Host(
    code="dynamics",
    words="Dynamics 365",
    way=Way.FRAME,
    verify=verify,
    find_origins=_find_origins,
    fields=(
        Field(
            "origin",
            say("Where your people open Dynamics"),
            "https://acme.crm4.dynamics.com",
            r"https://[a-z0-9][a-z0-9-]*\.crm[0-9]{0,2}\.dynamics\.com",
        ),
        Field(
            "organization",
            say("Unique name of the organization"),
            "org1a2b3c4d",
            r"[A-Za-z0-9_]{1,100}",
            is_needed=False,
        ),
    ),
    steps=(
        say("In the form of contacts add an iframe with the address {url}."),
        say("Tick: pass record object-type code and unique identifier as parameters."),
        say("Untick: restrict cross-frame scripting; with it no page can work in the frame."),
        say("Save and publish. Do the same for accounts, leads and cases as you need it."),
        say(
            "Each person pairs her browser with the desk once: Dynamics signs nothing and names nobody. In its apps for phones and tablets such frames are not supported by Microsoft."
        ),
    ),
    glue="plain",
    mends=_MENDS,
)
