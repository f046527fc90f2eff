"""Help Scout, the new platform: the browser opens the panel by GET, with a signature in the query.

The signature is base64 of the HMAC-SHA1, by the app's secret, of the query's own JSON: the fields in the order in which they
came, without the signature. It proves the conversation and the customer. There is no time in it, and an address is kept in
histories and logs, so that whoever finds one could open it for ever: no agent is proven by it, each browser is paired once.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from deskapp.hosts.launch import Held, Hint, Host, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import check_size, find_secrets, is_by_one_of, make_hint, mends, read_query
from deskapp.rules.words import say

SIGNATURE = "X-HelpScout-Signature"

_MENDS = mends(
    unsigned=say(
        "The address had no signature. Give the app a secret key in Help Scout, and see that the address there is the one"
        " on this page, with nothing after it."
    ),
    signature=say(
        "The signature does not fit any secret on this page. Copy the app's secret key from Help Scout once more; and"
        " its address there must have no fields of its own after a question mark."
    ),
    no_secret=say("There is no secret on this page to check it with. Copy the app's secret key from Help Scout."),
)


def verify(received: Received, held: Held, now: datetime) -> Launch:  # noqa: ARG001 - there is no time in what is sent
    check_size(received)
    query = read_query(received)
    if received.method != "GET" or not (signature := query.pop(SIGNATURE, "")):
        raise Unverified(Why.UNSIGNED, _MENDS[Why.UNSIGNED])
    message = to_sign(query)
    # Its plus signs come as blanks where they were not escaped; no signature has a blank.
    if not is_by_one_of(find_secrets(held, _MENDS), lambda secret: sign(secret, message), signature.replace(" ", "+")):
        raise Unverified(Why.SIGNATURE, _MENDS[Why.SIGNATURE])
    hint = make_hint(external_id=query.get("customer-id", ""), ticket=query.get("conversation-id", ""))
    return Launch(hint=hint, is_customer_proven=hint != Hint())


def to_sign(query: Mapping[str, str]) -> bytes:
    """As PHP writes JSON."""
    return json.dumps(dict(query), separators=(",", ":")).replace("/", "\\/").encode()


def sign(secret: bytes, message: bytes) -> str:
    return b64encode(hmac.digest(secret, message, hashlib.sha1)).decode()


def _find_origins(_fields: Mapping[str, str]) -> tuple[str, ...]:
    return ("https://secure.helpscout.net",)


HOST = Host(
    code="help_scout",
    words="Help Scout",
    way=Way.FRAME,
    verify=verify,
    find_origins=_find_origins,
    secret_words=say("Secret key of the app"),
    steps=(
        say("In Help Scout open Manage, Apps, Build a custom app, and choose the side panel."),
        say("As the address write {url}, with nothing after it."),
        say("Give the app a secret key of at least 32 signs, and paste the same one here."),
        say("Choose the mailboxes that see the app, and save."),
        say("Each person pairs her browser with the desk once: Help Scout's address does not prove who she is."),
        say(
            "If the frame stays blank, the browser's console names the page that may not show the desk: add it to the origins here (we expect https://secure.helpscout.net, and could not try)."
        ),
    ),
    glue="help_scout",
    mends=_MENDS,
)
