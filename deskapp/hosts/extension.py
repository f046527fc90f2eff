"""Our own side panel in the browser, beside whatever page is open. It signs nothing: each browser is paired once."""

from collections.abc import Mapping
from datetime import datetime

from deskapp.hosts.launch import Field, Held, Host, Launch, Received, Way
from deskapp.hosts.reading import MENDS, check_opening
from deskapp.rules.words import say

_SCHEMES = {"chrome": "chrome-extension", "edge": "chrome-extension", "firefox": "moz-extension"}


def verify(received: Received, held: Held, now: datetime) -> Launch:  # noqa: ARG001 - there is nothing to verify
    check_opening(received)
    return Launch()


def _find_origins(fields: Mapping[str, str]) -> tuple[str, ...]:
    found = (f"{scheme}://{fields[code]}" for code, scheme in _SCHEMES.items() if fields.get(code))
    return tuple(dict.fromkeys(found))


HOST = Host(
    code="extension",
    words=say("Browser side panel"),
    way=Way.FRAME,
    verify=verify,
    find_origins=_find_origins,
    fields=(
        Field(
            "chrome",
            say("Id of the extension in Chrome"),
            "abcdefghijklmnopabcdefghijklmnop",
            r"[a-p]{32}",
            is_needed=False,
        ),
        Field(
            "edge",
            say("Id of the extension in Edge, where it is another"),
            "abcdefghijklmnopabcdefghijklmnop",
            r"[a-p]{32}",
            is_needed=False,
        ),
        Field(
            "firefox",
            say("Id of the extension in one Firefox"),
            "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            is_needed=False,
        ),
    ),
    steps=(
        say(
            "Download it from this page, one for Chrome and Edge and one for Firefox, and unpack it; deskapp extension makes the same."
        ),
        say(
            "To try it, load the folder in the browser's page of extensions, in developer mode; for everybody, hand it out by your browsers' policy or a store."
        ),
        say(
            "Chrome and Edge show its id there, the same in both: write it into the first field here, or the panel stays blank."
        ),
        say(
            "Firefox gives it another id in every browser, shown under about:debugging as Internal UUID; more than one go to the origins here."
        ),
        say("Each person pairs her browser with the desk once."),
    ),
    glue="plain",
    mends=MENDS,
)
