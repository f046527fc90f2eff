r"""Anything else that can sign: our own way in, for a CRM of your own or a script in one of the others.

Open the connection's address by GET, with the fields in the query, or in a frame by POST, with them in a form. POST is better:
addresses are kept in histories and logs, so by GET send the customer's id at most.

    t           now, in Unix seconds; a launch is good for five minutes, and once
    nonce       16 to 64 letters, digits, - or _, by chance, never the same twice
    agent       your own name or number for the person who works, the same each time; at most 200 characters, as all below
    agent_name  what to call her
    customer    your id for the customer on the screen
    email, phone, name, ticket    of the customer; each may be missing, which is the same as empty
    signature   hex of the HMAC-SHA256, by the connection's secret, of the text below

The text is UTF-8, eleven lines with "\n" between them and none after the last: the word deskapp-launch-1, the path of the
address (/connections/.../launch, without the query), then the nine values above in that order, an empty line for each that is
missing. No value may hold a line break or another control character, no field may come twice, and others are not looked at.

    def make_link(url, secret, values, now, nonce):
        values = {**values, "t": str(int(now)), "nonce": nonce}
        path = urllib.parse.urlsplit(url).path
        lines = ["deskapp-launch-1", path, *(values.get(name, "") for name in NAMES)]
        signature = hmac.new(secret.encode(), "\n".join(lines).encode(), "sha256").hexdigest()
        return url + "?" + urllib.parse.urlencode({**values, "signature": signature})

To try yours: with the secret `correct horse battery staple`, the path /connections/k3y/launch, t 1773500966, the nonce
0123456789abcdef, agent 7, agent_name Ana, customer C-17, email carla@example.com and no more, the signature is
6eaa3de8d471b67c094e0da8f568c3c6c989a2b9923653f83b5deaf3c8a2f612
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from re import compile as pattern
from urllib.parse import urlsplit

from deskapp.hosts.launch import Field, Held, Hint, Host, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import (
    ORIGIN,
    check_size,
    check_window,
    find_secrets,
    is_by_one_of,
    is_plain,
    make_hint,
    mends,
    moment,
    need,
    read_form,
    read_query,
    replay_key,
    text_of,
    unreadable,
)
from deskapp.rules.words import say

VERSION = "deskapp-launch-1"
NAMES = ("t", "nonce", "agent", "agent_name", "customer", "email", "phone", "name", "ticket")
WINDOW = timedelta(minutes=5)

_NONCE = pattern(r"[A-Za-z0-9_-]{16,64}")

_MENDS = mends(
    unsigned=say("It came without a signature. Send the field signature, in the query by GET or in a form by POST."),
    signature=say(
        "The signature does not fit any secret on this page. Compare the secret, the path of the address and the order of"
        " the lines with the description; its example shows what comes out."
    ),
)


def verify(received: Received, held: Held, now: datetime) -> Launch:
    check_size(received)
    sent = read_query(received) if received.method == "GET" else read_form(received)
    if not (signature := sent.get("signature", "")):
        raise Unverified(Why.UNSIGNED, _MENDS[Why.UNSIGNED])
    if not all(is_plain(sent.get(name, "")) for name in NAMES) or not _NONCE.fullmatch(sent.get("nonce", "")):
        raise unreadable()
    message = to_sign(_path(received.url), sent)
    if not is_by_one_of(find_secrets(held, _MENDS), lambda secret: sign(secret, message), signature):
        raise Unverified(Why.SIGNATURE, _MENDS[Why.SIGNATURE])
    at = moment(sent.get("t", ""))
    off = check_window(at, now, WINDOW)
    hint = make_hint(*(sent.get(name, "") for name in ("customer", "email", "phone", "name", "ticket")))
    return Launch(
        need(sent.get("agent", "")),
        text_of(sent.get("agent_name", "")),
        hint=hint,
        is_customer_proven=hint != Hint(),
        replay_key=replay_key(message),
        good_until=at + WINDOW,
        seconds_off=off,
    )


def to_sign(path: str, values: Mapping[str, str]) -> bytes:
    return "\n".join([VERSION, path, *(values.get(name, "") for name in NAMES)]).encode()


def sign(secret: bytes, message: bytes) -> str:
    return hmac.digest(secret, message, hashlib.sha256).hex()


def _path(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        raise unreadable() from None
    if not is_plain(path):
        raise unreadable()
    return path


def find_origins(fields: Mapping[str, str]) -> tuple[str, ...]:
    return (fields["origin"],) if fields.get("origin") else ()


ORIGIN_FIELD = Field(
    "origin",
    say("Where its pages are, if they show the desk in a frame"),
    "https://crm.example.com",
    ORIGIN,
    is_needed=False,
)

HOST = Host(
    code="signed",
    words=say("Another system that signs"),
    way=Way.FRAME,
    verify=verify,
    find_origins=find_origins,
    fields=(ORIGIN_FIELD,),
    secret_words=say("Secret that both sides know"),
    steps=(
        say(
            "Make a secret of at least 32 random signs, and give it to this page and to your system; the two alone know it."
        ),
        say(
            "Download the description from this page, and let your system's server sign each launch as it says; never sign in a browser."
        ),
        say("Open {url} with the signed fields: in a new tab by GET, or in a frame by POST."),
        say("For a frame, write the origin of your system's pages into its field here."),
    ),
    glue="plain",
    mends=_MENDS,
    tested=say("by its own description; there is no other side"),
)
