"""Reading what was sent. Whatever is wrong with it ends in Unverified, and nothing is believed here yet."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from deskapp.hosts.launch import LONGEST_BODY, LONGEST_REF, Held, Hint, Received, Unverified, Why
from deskapp.rules.words import say

_LONGEST_URL = 16_000  # characters; servers in front allow half of it
_LONGEST_HEADER = 2_000
_MOST_FIELDS = 100
_DIGITS = re.compile(r"[0-9]{1,14}")
# Control characters, halves of surrogate pairs, and signs that turn the direction of what is written beside them.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

ORIGIN = r"https://[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?|http://([a-z0-9-]+\.)?localhost(:[0-9]{1,5})?"

MENDS: Mapping[Why, str] = MappingProxyType(
    {
        Why.TOO_LARGE: say(
            "What came is larger than any launch. If this repeats, look in the host which app calls this address."
        ),
        Why.UNREADABLE: say(
            "What came was cut off, or is not in this host's form. Compare the address in the host with the one"
            " on this page, and see whether a proxy in between changes what it passes on."
        ),
        Why.UNSIGNED: say("It came without a signature. Compare the app in the host with the steps on this page."),
        Why.ALGORITHM: say(
            "It was signed in a way that this host does not use, so it was not the host. Nothing needs mending here."
        ),
        Why.SIGNATURE: say(
            "The signature does not fit any secret on this page. Copy the secret from the host once more, and"
            " paste it here as the new one."
        ),
        Why.STALE: say(
            "It was signed too long ago, or in the future. Set the clock of the desk's server by a time server; if it"
            " is right, reload the page in the host."
        ),
        Why.OTHER_CONNECTION: say(
            "It is signed well, but for another account than the one on this page. Compare the settings"
            " here with those in the host."
        ),
        Why.REPLAYED: say(
            "This very launch had been used before. Reloading the page in the host makes a new one; if this"
            " repeats, somebody may be sending copies."
        ),
        Why.NO_SECRET: say(
            "There is no secret on this page to check it with. Copy it from the host and paste it here."
        ),
    }
)


def mends(**own: str) -> Mapping[Why, str]:
    """The common sentences with a host's own, by the names of Why in lower case."""
    return MappingProxyType({**MENDS, **{Why[name.upper()]: words for name, words in own.items()}})


def unreadable() -> Unverified:
    return Unverified(Why.UNREADABLE, MENDS[Why.UNREADABLE])


# --- requests -------------------------------------------------------------------------------------------------------


def check_size(received: Received) -> None:
    if len(received.body) > LONGEST_BODY or len(received.url) > _LONGEST_URL:
        raise Unverified(Why.TOO_LARGE, MENDS[Why.TOO_LARGE])


def find_header(received: Received, name: str) -> str:
    value = received.headers.get(name, "")
    if len(value) > _LONGEST_HEADER:
        raise Unverified(Why.TOO_LARGE, MENDS[Why.TOO_LARGE])
    return value


def read_query(received: Received) -> dict[str, str]:
    """In the order in which it was sent."""
    try:
        return _pairs(urlsplit(received.url).query)
    except ValueError:
        raise unreadable() from None


def read_form(received: Received) -> dict[str, str]:
    """What is sent by POST in any other way than as a form is an empty one."""
    kind = received.headers.get("content-type", "").partition(";")[0].strip().lower()
    if received.method != "POST" or kind != "application/x-www-form-urlencoded":
        return {}
    try:
        return _pairs(received.body.decode("ascii"))
    except ValueError:
        raise unreadable() from None


def check_opening(received: Received) -> dict[str, str]:
    """The query of a frame that is opened by GET, as hosts do that sign nothing."""
    check_size(received)
    if received.method != "GET":
        raise unreadable()
    return read_query(received)


def _pairs(text: str) -> dict[str, str]:
    """A name that comes twice is refused: the one who signed and the one who reads might each take another of the two."""
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise unreadable()
    for name, value in pairs:
        (name + value).encode()  # half a surrogate pair is no text
    return found


def read_object(raw: bytes | str) -> dict[str, object]:
    try:
        found = json.loads(raw.decode() if isinstance(raw, bytes) else raw)
    except (ValueError, RecursionError):
        raise unreadable() from None
    if not isinstance(found, dict):
        raise unreadable()
    return found


# --- values ---------------------------------------------------------------------------------------------------------


def find(tree: object, *names: str) -> object:
    """What lies under these names, one in the other; None where one is missing."""
    for name in names:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def text_of(value: object) -> str:
    """A name, an id or an address as one line; "" where it is none, is too long or would not be plain text."""
    if isinstance(value, bool) or not isinstance(value, str | int) or (isinstance(value, int) and abs(value) > 10**30):
        return ""
    text = str(value).strip()
    return "" if len(text) > LONGEST_REF or _NO_TEXT.search(text) else text


def is_plain(text: str) -> bool:
    return not _NO_TEXT.search(text)


def first_of(*values: object) -> str:
    return next((text for value in values if (text := text_of(value))), "")


def need(value: object) -> str:
    """Raises UNREADABLE where `text_of` finds nothing: a launch must not be signed in as nobody by being oddly written."""
    if not (text := text_of(value)):
        raise unreadable()
    return text


def make_hint(
    external_id: object = "", email: object = "", phone: object = "", name: object = "", ticket: object = ""
) -> Hint:
    return Hint(text_of(external_id), text_of(email), text_of(phone), text_of(name), text_of(ticket))


# --- signatures -----------------------------------------------------------------------------------------------------


def find_secrets(held: Held, sentences: Mapping[Why, str] = MENDS) -> list[bytes]:
    """Without the blanks around a pasted one: an empty key would let everybody sign."""
    if not (found := [one.strip().encode() for one in held.secrets if one.strip()]):
        raise Unverified(Why.NO_SECRET, sentences[Why.NO_SECRET])
    return found


def is_by_one_of(secrets: list[bytes], sign: Callable[[bytes], str], sent: str) -> bool:
    """Whether `sent` is the signature by any of them, compared in constant time and as text, so that it has one spelling only."""
    theirs = sent.encode("utf-8", "replace")
    fits = [hmac.compare_digest(sign(secret).encode(), theirs) for secret in secrets]
    return any(fits)


def replay_key(signed: bytes) -> str:
    """Of what was signed alone: a signature may have several spellings."""
    return hashlib.sha256(signed).hexdigest()


# --- time -----------------------------------------------------------------------------------------------------------


def moment(value: object) -> datetime:
    """Of Unix seconds, as a number or in digits."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**11:
        raise unreadable()
    return datetime.fromtimestamp(value, UTC)


def check_window(at: datetime, now: datetime, allowed: timedelta) -> int:
    """The seconds that the host's clock is before ours."""
    off = round((at - now).total_seconds())
    if abs(at - now) > allowed:
        raise Unverified(Why.STALE, MENDS[Why.STALE], off)
    return off
