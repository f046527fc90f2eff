"""Help Scout, the older dynamic app: its server posts JSON and shows the piece of HTML that we answer, without frame or script.

The header `X-HelpScout-Signature` is base64 of the HMAC-SHA1, by the app's secret, of the body as it came. User and customer
are proven; there is no time in it, but the call goes from server to server, where nobody in between sees it.
"""

from collections.abc import Mapping
from datetime import datetime
from html import escape

from deskapp.hosts.help_scout import sign
from deskapp.hosts.launch import Held, Host, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import (
    check_size,
    find,
    find_header,
    find_secrets,
    first_of,
    is_by_one_of,
    make_hint,
    mends,
    need,
    read_object,
    text_of,
)
from deskapp.rules.words import say

_MENDS = mends(
    unsigned=say(
        "The call had no signature. Give the app a secret key in Help Scout, and choose Dynamic Content, not Static."
    ),
    signature=say(
        "The signature does not fit any secret on this page. Copy the app's secret key from Help Scout once more."
    ),
    no_secret=say("There is no secret on this page to check it with. Copy the app's secret key from Help Scout."),
)


def verify(received: Received, held: Held, now: datetime) -> Launch:  # noqa: ARG001 - there is no time in what is sent
    check_size(received)
    if received.method != "POST" or not (signature := find_header(received, "x-helpscout-signature")):
        raise Unverified(Why.UNSIGNED, _MENDS[Why.UNSIGNED])
    if not is_by_one_of(find_secrets(held, _MENDS), lambda secret: sign(secret, received.body), signature):
        raise Unverified(Why.SIGNATURE, _MENDS[Why.SIGNATURE])
    said = read_object(received.body)
    customer, user, ticket = said.get("customer"), said.get("user"), said.get("ticket")
    return Launch(
        need(find(user, "id")),
        _full_name(user),
        hint=make_hint(
            external_id=find(customer, "id"),
            email=find(customer, "email"),
            name=_full_name(customer),
            ticket=first_of(find(ticket, "number"), find(ticket, "id")),
        ),
        is_customer_proven=bool(text_of(find(customer, "id"))),
    )


def _full_name(person: object) -> str:
    return text_of(" ".join(filter(None, (text_of(find(person, "fname")), text_of(find(person, "lname"))))))


def answer(url: str) -> Mapping[str, object]:
    return {"html": f'<p><a href="{escape(url)}" target="_blank" rel="noopener noreferrer">Open the desk</a></p>'}


def _find_origins(_fields: Mapping[str, str]) -> tuple[str, ...]:
    return ()


HOST = Host(
    code="help_scout_legacy",
    words="Help Scout (dynamic app)",
    way=Way.CALL,
    verify=verify,
    find_origins=_find_origins,
    secret_words=say("Secret key of the app"),
    steps=(
        say("In Help Scout open Manage, Apps, Custom App, and choose Dynamic Content."),
        say("As the callback address write {url}."),
        say("Give the app a secret key of 16 to 40 signs, and paste the same one here."),
        say(
            "Choose the mailboxes that see the app, and save: beside each conversation stands a link that opens the desk once."
        ),
    ),
    answer=answer,
    mends=_MENDS,
)
