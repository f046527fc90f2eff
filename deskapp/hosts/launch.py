"""What a host's `verify` takes and gives. Pure: no request, no table, no clock; who stands behind an agent is decided elsewhere.

(connection, agent) comes from what was verified alone. The customer is a hint about whom to look up within the shop, never a right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from deskapp.rules.words import say

LONGEST_BODY = 256_000  # bytes; an envelope of Salesforce is the largest, some ten thousand
LONGEST_REF = 200  # characters of a host's name for its agent, or for a customer
SKEW = timedelta(seconds=60)


class Why(StrEnum):
    """Why a launch was refused. The value is kept in the connection's list of launches; the agent is told none of it."""

    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"  # cut off, or not in the host's form
    UNSIGNED = "unsigned"
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"
    STALE = "stale"  # too old, or from the future
    OTHER_CONNECTION = "other-connection"  # good, but for another account, app or place
    REPLAYED = "replayed"
    NO_SECRET = "no-secret"  # noqa: S105 - nothing to check it with was given yet


class Unverified(Exception):
    """`mend`: a sentence for the administrator on the connections page, always `Host.mends[why]`;
    `seconds_off`: what the host's clock was before ours, where that is why.
    """

    def __init__(self, why: Why, mend: str, seconds_off: int | None = None) -> None:
        super().__init__(mend)
        self.why, self.mend, self.seconds_off = why, mend, seconds_off


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in. `url`: the public one in full, with its query as it was; `headers`: names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Held:
    """What the connection keeps. `secrets`: all that are good now, the newest first; two while one replaces the other."""

    fields: Mapping[str, str]
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hint:
    """Whom the host says is on the screen; each "" where it does not say."""

    external_id: str = ""
    email: str = ""
    phone: str = ""
    name: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Launch:
    """`agent_ref`: proven, or "". `replay_key`: the same for a launch that is sent twice, "" where the host gives none.
    `frame`: what the host's page knows our frame by, for the glue to say. It goes into the page: no secret.
    """

    agent_ref: str = ""
    agent_name: str = ""
    hint: Hint = field(default_factory=Hint)
    is_customer_proven: bool = False
    replay_key: str = ""
    good_until: datetime | None = None
    seconds_off: int | None = None
    frame: Mapping[str, object] = field(default_factory=dict)


class Way(StrEnum):
    """How the host opens the desk."""

    FRAME = "frame"  # the browser loads the desk in a frame, by GET or by a form's POST: the answer is a page
    CALL = "call"  # the host's server calls, and is answered JSON with a link that opens the desk once


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a connection; `pattern` in full, `hint` an example; `later`: where nothing opens until it is given, how it comes."""

    code: str
    words: str
    hint: str
    pattern: str
    is_needed: bool = True
    later: str = ""


Verify = Callable[[Received, Held, datetime], Launch]


@dataclass(frozen=True, slots=True)
class Host:
    """`find_origins(fields)`: the origins that may frame the desk; `answer(url)`: what a CALL is told, as JSON;
    `steps`: how to install it, a sentence each, with {url} and {origin} of the desk to be filled in;
    `is_key(secret)`: whether it can be read at all, where the host signs with a key of its own and we hold the public half;
    `mends`: what to mend, for every Why, so that a launch of last week can still be explained.
    """

    code: str
    words: str
    way: Way
    verify: Verify
    find_origins: Callable[[Mapping[str, str]], tuple[str, ...]]
    fields: tuple[Field, ...] = ()
    secret_words: str = ""  # what the host calls the secret it signs with; "" where it signs nothing
    steps: tuple[str, ...] = ()
    answer: Callable[[str], Mapping[str, object]] | None = None
    glue: str = ""  # the stem in static/js/hosts; "" where a page needs none
    script_origin: str = ""  # of the host's own script, where the glue needs it ...
    script_path: str = ""  # ... and where it lies there
    is_key: Callable[[str], bool] | None = None
    mends: Mapping[Why, str] = field(default_factory=dict)
    tested: str = say("against our own fake only")

    @property
    def is_signed(self) -> bool:
        return bool(self.secret_words)


NOTHING: Mapping[str, str] = MappingProxyType({})
