"""Zoho CRM's widget: a frame by GET. Nothing is signed; Zoho's script tells the frame which record it shows."""

from collections.abc import Mapping
from datetime import datetime

from deskapp.hosts.launch import Field, Held, Host, Launch, Received, Way
from deskapp.hosts.reading import MENDS, check_opening
from deskapp.rules.words import say


def verify(received: Received, held: Held, now: datetime) -> Launch:  # noqa: ARG001 - there is nothing to verify
    check_opening(received)
    return Launch()


def _find_origins(fields: Mapping[str, str]) -> tuple[str, ...]:
    return (f"https://{fields['place']}",) if fields.get("place") else ()


HOST = Host(
    code="zoho",
    words="Zoho CRM",
    way=Way.FRAME,
    verify=verify,
    find_origins=_find_origins,
    fields=(
        Field(
            "place",
            say("Where your people open Zoho CRM"),
            say("crm.zoho.com, or crm.zoho.eu"),
            r"crm\.zoho\.(com|eu|in|jp|sa|com\.au|com\.cn|uk)|crm\.zohocloud\.ca",
        ),
    ),
    steps=(
        say("In Zoho CRM open Setup, Developer Hub, Widgets, and create one."),
        say("Choose the type Related List, the hosting External, and as the address {url}."),
        say("Add the widget as a related list to the layouts of contacts and leads."),
        say("Each person pairs her browser with the desk once: Zoho signs nothing."),
        say(
            "If the frame stays blank, the browser's console names the page that may not show the desk: add it to the origins here."
        ),
    ),
    glue="zoho",
    script_origin="https://live.zwidgets.com",
    script_path="/js-sdk/1.2/ZohoEmbededAppSDK.min.js",
    mends=MENDS,
)
