"""Front's plug-in: a frame by GET with the fixed `auth_secret` of the app in the query.

It proves Front and the company, not who is at work, and the same address would open for ever: each browser is paired once.
Who takes the request must keep the query out of logs and take it out of the address bar.
"""

from collections.abc import Mapping
from datetime import datetime

from deskapp.hosts.launch import Held, Host, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import check_size, find_secrets, is_by_one_of, mends, read_query
from deskapp.rules.words import say

_MENDS = mends(
    unsigned=say("Front sent no auth_secret. See that the plug-in's address in Front is exactly the one on this page."),
    signature=say(
        "The auth_secret does not fit any secret on this page. Copy it from the app's settings in Front once more."
    ),
    no_secret=say(
        "There is no secret on this page to check it with. Copy the auth_secret from the app's settings in Front."
    ),
)


def verify(received: Received, held: Held, now: datetime) -> Launch:  # noqa: ARG001 - there is no time in what is sent
    check_size(received)
    sent = read_query(received).get("auth_secret", "")
    if received.method != "GET" or not sent:
        raise Unverified(Why.UNSIGNED, _MENDS[Why.UNSIGNED])
    if not is_by_one_of(find_secrets(held, _MENDS), lambda secret: secret.decode(), sent):
        raise Unverified(Why.SIGNATURE, _MENDS[Why.SIGNATURE])
    return Launch()


def _find_origins(_fields: Mapping[str, str]) -> tuple[str, ...]:
    """Front's own two, which it asks for in just this way: its pages are at a company's own name."""
    return ("https://*.frontapp.com", "https://*.frontapplication.com")


HOST = Host(
    code="front",
    words="Front",
    way=Way.FRAME,
    verify=verify,
    find_origins=_find_origins,
    secret_words=say("Auth secret of the app"),
    steps=(
        say("In Front open Settings, Developers, and create an app with the feature Sidebar plug-in."),
        say("As the side panel's address write {url}, just so: Front stops talking to a page at any other address."),
        say("Copy the app's auth secret, and paste it here."),
        say(
            "Open the plug-in beside a conversation; each person pairs her browser with the desk once, as the secret does not say who she is."
        ),
    ),
    glue="front",
    script_origin="https://dl.frontapp.com",
    script_path="/libs/plugin-sdk-1.0.1.min.js",
    mends=_MENDS,
)
