"""What a shop system's or a carrier's server tells of parcels: JSON that it signed, with two headers.

    X-Deskapp-Timestamp: 1773500966      Unix seconds of now, at most five minutes off
    X-Deskapp-Signature: 5f8c…           HMAC-SHA256, in hex, of `<timestamp>.<body>` by the connection's secret

    stamp = str(int(time()))
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()

Sent within five minutes again it changes nothing, since each event counts once, ever, by its own number. What is signed begins
with digits and so can never be one of the launches that the same secret signs.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from deskapp.hosts.launch import LONGEST_BODY, Held, Host, Received, Unverified, Why
from deskapp.hosts.reading import check_window, find_header, find_secrets, is_by_one_of, mends, moment, read_object
from deskapp.rules.words import say

FRESH = timedelta(minutes=5)
MOST = 100  # events of one request

TIMESTAMP, SIGNATURE = "x-deskapp-timestamp", "x-deskapp-signature"
_TELLERS = frozenset({"signed"})  # hosts whose secret is one that both sides know, and made for this

_MENDS = mends(
    unsigned=say(
        "Events came without a signature or without its time. They need the headers X-Deskapp-Timestamp and X-Deskapp-Signature."
    ),
    algorithm=say(
        "Events came to the connection of a CRM that tells of no parcels. Make one of the kind “signed” for the shop system."
    ),
    signature=say(
        "The signature of events does not fit any secret on this page. It is HMAC-SHA256, in hex, of the timestamp, a dot"
        " and the very bytes of the body. Copy the secret of this page to the shop system once more."
    ),
    stale=say(
        "Events were signed more than five minutes ago, or in the future. Set the clocks of both servers by a time server."
    ),
    unreadable=say(
        "Events came that are signed well, but are no JSON object with one event, or with a list named events and no more."
    ),
)


def check(received: Received, host: Host, held: Held, now: datetime) -> None:
    """Raises Unverified for what was not signed by a secret of this connection, or not within five minutes of now."""
    if len(received.body) > LONGEST_BODY:
        raise _refused(Why.TOO_LARGE)
    if host.code not in _TELLERS:
        raise _refused(Why.ALGORITHM)
    secrets = find_secrets(held, _MENDS)
    sent, stamp = find_header(received, SIGNATURE), find_header(received, TIMESTAMP)
    if not (sent and stamp):
        raise _refused(Why.UNSIGNED)
    _check_time(stamp, now)
    if not is_by_one_of(secrets, partial(sign, f"{stamp}.".encode() + received.body), sent):
        raise _refused(Why.SIGNATURE)


def read(body: bytes) -> list[Mapping[str, object]]:
    """The events of a body that was checked: of {"events": […]}, or of one alone. Raises Unverified for any other form."""
    try:
        found = read_object(body)
    except Unverified:
        raise _refused(Why.UNREADABLE) from None
    events = found.get("events", [found])
    if "events" in found and len(found) > 1:
        raise _refused(Why.UNREADABLE)
    if not isinstance(events, list) or not events or not all(isinstance(one, dict) for one in events):
        raise _refused(Why.UNREADABLE)
    if len(events) > MOST:
        raise _refused(Why.TOO_LARGE)
    return events


def _check_time(stamp: str, now: datetime) -> None:
    try:
        check_window(moment(stamp), now, FRESH)
    except Unverified as error:
        raise _refused(Why.STALE if error.why is Why.STALE else Why.UNSIGNED) from None


def sign(signed: bytes, secret: bytes) -> str:
    return hmac.digest(secret, signed, hashlib.sha256).hex()


def _refused(why: Why) -> Unverified:
    return Unverified(why, _MENDS[why])
