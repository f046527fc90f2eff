"""Intercom's Inbox: its server posts JSON, and draws the canvas that we answer: a line of text, a button with our link,
and one that asks for another.

The header `X-Body-Signature` is hex of the HMAC-SHA256, by the app's client secret, of the body as it came. Teammate and
contact are proven; there is no time in it, but the call goes from server to server. What the Messenger asks comes from the
customer's own side, names no teammate, and is refused.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from deskapp.hosts.launch import Field, Held, Hint, Host, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import (
    check_size,
    find,
    find_header,
    find_secrets,
    first_of,
    is_by_one_of,
    make_hint,
    mends,
    read_object,
    text_of,
)
from deskapp.rules.words import say

_MENDS = mends(
    unsigned=say("The call had no signature. Only Intercom's own server may call this address."),
    signature=say(
        "The signature does not fit any secret on this page. Copy the app's client secret from Intercom's Developer Hub"
        " once more."
    ),
    other_connection=say(
        "The call is signed well, but it is of another workspace, or it names no teammate. Compare the workspace's"
        " id on this page with Intercom's, and offer the app in the Inbox alone, never in the Messenger."
    ),
    no_secret=say(
        "There is no secret on this page to check it with. Copy the app's client secret from Intercom's Developer Hub."
    ),
)


def verify(received: Received, held: Held, now: datetime) -> Launch:  # noqa: ARG001 - there is no time in what is sent
    check_size(received)
    if received.method != "POST" or not (signature := find_header(received, "x-body-signature")):
        raise Unverified(Why.UNSIGNED, _MENDS[Why.UNSIGNED])
    if not is_by_one_of(find_secrets(held, _MENDS), lambda secret: sign(secret, received.body), signature):
        raise Unverified(Why.SIGNATURE, _MENDS[Why.SIGNATURE])
    said = read_object(received.body)
    workspace, agent = text_of(said.get("workspace_id")), text_of(find(said.get("admin"), "id"))
    if not workspace or workspace != held.fields.get("workspace") or not agent:
        raise Unverified(Why.OTHER_CONNECTION, _MENDS[Why.OTHER_CONNECTION])
    hint = _hint(said)
    return Launch(agent, first_of(find(said.get("admin"), "name")), hint=hint, is_customer_proven=hint != Hint())


def sign(secret: bytes, body: bytes) -> str:
    return hmac.digest(secret, body, hashlib.sha256).hex()


def _hint(said: Mapping[str, object]) -> Hint:
    contact = said.get("contact")
    return make_hint(
        external_id=first_of(find(contact, "external_id"), find(contact, "id")),
        email=find(contact, "email"),
        phone=find(contact, "phone"),
        name=find(contact, "name"),
        ticket=find(said.get("conversation"), "id"),
    )


def answer(url: str) -> Mapping[str, object]:
    """The card stays for as long as the conversation is open, its link for ten minutes and once: another is asked for by the card."""
    words = {"type": "text", "text": "What this customer likes, and what was promised.", "style": "muted"}
    opens = {"type": "button", "id": "open-desk", "label": "Open the desk", "style": "primary"}
    renews = {"type": "button", "id": "new-link", "label": "Get a new link", "style": "link"}
    components = [words, {**opens, "action": {"type": "url", "url": url}}, {**renews, "action": {"type": "submit"}}]
    return {"canvas": {"content": {"components": components}}}


def _find_origins(_fields: Mapping[str, str]) -> tuple[str, ...]:
    return ()


HOST = Host(
    code="intercom",
    words="Intercom",
    way=Way.CALL,
    verify=verify,
    find_origins=_find_origins,
    fields=(
        Field(
            "workspace",
            say("Id of the workspace"),
            say("abc12def, as after /a/apps/ in Intercom's address"),
            r"[A-Za-z0-9_-]{1,40}",
        ),
    ),
    secret_words=say("Client secret of the app"),
    steps=(
        say("In Intercom's Developer Hub make a new app for your workspace."),
        say(
            "Under Canvas Kit, For teammates, write {url} as the initialize address and as the submit address; leave those for users empty."
        ),
        say("Under Basic information copy the client secret, and paste it here."),
        say(
            "Install the app, and add it to the details beside a conversation in the Inbox: its button opens the desk in a new tab."
        ),
    ),
    answer=answer,
    mends=_MENDS,
)
