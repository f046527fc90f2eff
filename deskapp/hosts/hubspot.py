"""HubSpot: a card's code asks HubSpot's server to call ours by POST, which it signs (version 3); the card then opens our link
in a window of its own over the record.

Account and user are what HubSpot adds to the signed address. The body is the card's own and may say any customer: a hint.
Versions 1 and 2 are plain hashes without a time and are not looked at.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from deskapp.hosts.launch import Field, Held, Hint, Host, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import (
    check_size,
    check_window,
    find_header,
    find_secrets,
    is_by_one_of,
    make_hint,
    mends,
    read_object,
    read_query,
    replay_key,
    text_of,
    unreadable,
)
from deskapp.rules.words import say

WINDOW = timedelta(minutes=5)
WINDOW_SIZE = (520, 760)  # pixels, of the window over the record

_MILLISECONDS = re.compile(r"[0-9]{1,14}")
# What HubSpot decodes before it signs, and nothing else: a blank, &, = and + stay as they are.
_DECODED = re.compile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
_CONTACT, _TICKET = "0-1", "0-5"

_MENDS = mends(
    unsigned=say(
        "The call had no signature of version 3. Only HubSpot's own server may call this address: the card must use hubspot.fetch."
    ),
    signature=say(
        "The signature does not fit. Copy the app's client secret from HubSpot once more; and if a proxy stands before"
        " the desk, it has to be known under the same public address that the card calls."
    ),
    other_connection=say(
        "The call is signed well, but HubSpot did not say that it comes from the account on this page. Compare the"
        " account's number (Hub ID) here with HubSpot's."
    ),
    no_secret=say("There is no secret on this page to check it with. Copy the app's client secret from HubSpot."),
)


def verify(received: Received, held: Held, now: datetime) -> Launch:
    check_size(received)
    signature, stamp = (
        find_header(received, "x-hubspot-signature-v3"),
        find_header(received, "x-hubspot-request-timestamp"),
    )
    if not signature or not stamp or received.method != "POST":
        raise Unverified(Why.UNSIGNED, _MENDS[Why.UNSIGNED])
    if not _MILLISECONDS.fullmatch(stamp):
        raise unreadable()
    query = read_query(received)
    message = to_sign(received.method, received.url, received.body, stamp)
    if not is_by_one_of(find_secrets(held, _MENDS), lambda secret: sign(secret, message), signature):
        raise Unverified(Why.SIGNATURE, _MENDS[Why.SIGNATURE])
    at = datetime.fromtimestamp(int(stamp) / 1000, UTC)
    off = check_window(at, now, WINDOW)
    if query.get("portalId", "") != held.fields.get("account", "") or not held.fields.get("account"):
        raise Unverified(Why.OTHER_CONNECTION, _MENDS[Why.OTHER_CONNECTION])
    return Launch(
        text_of(query.get("userId", "")),
        text_of(query.get("userEmail", "")),
        hint=_hint(received.body),
        replay_key=replay_key(message),
        good_until=at + WINDOW,
        seconds_off=off,
    )


def to_sign(method: str, url: str, body: bytes, stamp: str) -> bytes:
    address = _DECODED.sub(lambda found: chr(int(found[1], 16)), url)
    return f"{method}{address}".encode("utf-8", "replace") + body + stamp.encode()


def sign(secret: bytes, message: bytes) -> str:
    return b64encode(hmac.digest(secret, message, hashlib.sha256)).decode()


def _hint(body: bytes) -> Hint:
    """Always of a JSON object, never of nothing: address, body and time are signed in one piece without a mark between them, and a
    body that may be missing could be moved to the end of the address, where the user stands.
    """
    said = read_object(body)
    kind, number = text_of(said.get("objectTypeId")), said.get("objectId")
    return make_hint(
        external_id=number if kind == _CONTACT else "",
        email=said.get("email"),
        phone=said.get("phone"),
        name=said.get("name"),
        ticket=number if kind == _TICKET else "",
    )


def answer(url: str) -> Mapping[str, object]:
    """Just what the card hands on to HubSpot's openIframeModal."""
    width, height = WINDOW_SIZE
    return {"uri": url, "title": "The desk", "width": width, "height": height}


def _find_origins(fields: Mapping[str, str]) -> tuple[str, ...]:
    return (f"https://{fields['place']}",) if fields.get("place") else ()


HOST = Host(
    code="hubspot",
    words="HubSpot",
    way=Way.CALL,
    verify=verify,
    find_origins=_find_origins,
    fields=(
        Field("account", say("Number of the account (Hub ID)"), "12345678", r"[0-9]{1,20}"),
        Field(
            "place",
            say("Where your people open HubSpot"),
            say("app.hubspot.com, or app-eu1.hubspot.com"),
            r"app(-[a-z]{2}[0-9])?\.hubspot\.com",
        ),
    ),
    secret_words=say("Client secret of the app"),
    steps=(
        say("Download the project from this page and unpack it."),
        say(
            "With HubSpot's CLI, in its folder: hs project upload, then hs project deploy (not yet tried in a real account)."
        ),
        say("In HubSpot open the app under Development, install it in your account, and copy its client secret here."),
        say("Add the card to the sidebar of contacts and tickets, under Settings, Objects, Record Customization."),
        say(
            "Open a contact and press the card's button: the desk's window opens. If a launch is refused as of another account, HubSpot did not add the account's number to the call, which we could not try."
        ),
    ),
    answer=answer,
    mends=_MENDS,
)
