"""A CRM opens the desk: what it sent was verified, and here it becomes a seat, a question to pair, or a refusal.

(connection, agent) is all that was proven. Whom the host says is on the screen only chooses which page comes first.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlmodel import Session

from deskapp.desk import connections, devices, host_context, pairing, seats
from deskapp.desk.connections import Known
from deskapp.desk.host_context import Matched, OnScreen
from deskapp.desk.seats import Lifetimes, Look, Opener, hash_token
from deskapp.desk.strongbox import seal, unseal
from deskapp.hosts.launch import SKEW, Hint, Launch, Received, Unverified, Why
from deskapp.rules.people import Actor
from deskapp.store import launching as stored
from deskapp.store import seats as stored_seats
from deskapp.store import staff
from deskapp.store.tables import Staff, Surface

LINK_LASTS = timedelta(minutes=10)
_SLOT_SECONDS = 60
_LONGEST_SAID = 2000  # characters, sealed; servers in front may refuse an address of four thousand
_TIMELESS_COUNTS = timedelta(days=3650)  # as used: a launch that does not say when it was sent never gets old


@dataclass(frozen=True, slots=True)
class Opened:
    """A new seat. `device_token`: to be kept by a browser that was just paired, else "". `look`: None where nobody asked for it."""

    token: str
    actor: Actor
    device_token: str = ""
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class Unpaired:
    """Nobody of ours yet. `agent_ref`: proven by the host, or ""."""

    agent_ref: str


@dataclass(frozen=True, slots=True)
class Refused:
    """`number`: that of the line in the connection's list of launches."""

    why: Why
    number: int


Outcome = Opened | Unpaired | Refused


def digest_of(received: Received) -> str:
    """The same for a message that is sent again, byte for byte."""
    said = hashlib.sha256(f"{received.method} {received.url}\n".encode(errors="replace"))
    said.update(received.body)
    return said.hexdigest()


def refuse(session: Session, known: Known, error: Unverified, *, now: datetime) -> Refused:
    return Refused(
        error.why, connections.note_launch(session, known.id, error.why.value, None, error.seconds_off, now=now)
    )


def checked(launch: Launch) -> Launch:
    """Raises Unverified for a name of an agent that no table can hold."""
    if "\0" in launch.agent_ref:
        raise Unverified(Why.UNREADABLE, "The host names its agent with a character that cannot be stored.")
    return launch


# --- a frame --------------------------------------------------------------------------------------------------------


def open_by_host(
    session: Session,
    known: Known,
    launch: Launch,
    digest: str,
    cookies: Sequence[str],
    *,
    secret: str,
    lifetimes: Lifetimes,
    now: datetime,
    tablet_id: int | None = None,
) -> Outcome:
    """After `verify`. The same launch twice opens only for the browser that has its seat; one that led to pairing opens nothing
    afterwards. Ten queries. `tablet_id`: of the shared tablet that asks, whose lock then holds for the seat.
    """
    stored.sweep(session, now)
    row = stored.find_linked(session, known.id, launch.agent_ref) if launch.agent_ref else None
    replay_hash = hash_token(launch.replay_key or digest)
    ends_at = launch.good_until + 2 * SKEW if launch.good_until else now + _TIMELESS_COUNTS
    if row is None:
        if launch.agent_ref:  # not asked for while nobody is linked, so that a reload still shows the code
            stored.put_receipt(session, known.id, replay_hash, ends_at)
        connections.note_launch(session, known.id, "pairing", None, launch.seconds_off, now=now)
        return Unpaired(launch.agent_ref)
    if not _is_fresh(session, known.id, replay_hash, ends_at, cookies, lifetimes=lifetimes, now=now):
        number = connections.note_launch(session, known.id, Why.REPLAYED.value, row.id, launch.seconds_off, now=now)
        return Refused(Why.REPLAYED, number)
    opened = _seated(
        session,
        known,
        row,
        secret=secret,
        lifetimes=lifetimes,
        now=now,
        tablet_id=tablet_id,
        seconds_off=launch.seconds_off,
    )
    stored.mark_receipt(session, known.id, replay_hash, hash_token(opened.token), ends_at)
    return opened


def _seated(
    session: Session,
    known: Known,
    row: Staff,
    *,
    secret: str,
    lifetimes: Lifetimes,
    now: datetime,
    tablet_id: int | None,
    device_id: int | None = None,
    seconds_off: int | None = None,
) -> Opened:
    who, opener = staff.as_actor(row), Opener(known.id, device_id, tablet_id)
    token = seats.take(session, who, Surface.EMBED, secret=secret, lifetimes=lifetimes, now=now, opener=opener)
    connections.note_launch(session, known.id, "opened", row.id, seconds_off, now=now)
    return Opened(token, who, look=Look(row.theme, row.density, row.language))


def _is_fresh(
    session: Session,
    connection_id: int,
    replay_hash: str,
    ends_at: datetime,
    cookies: Sequence[str],
    *,
    lifetimes: Lifetimes,
    now: datetime,
) -> bool:
    """Never used, or so long ago that it counts no more, or a reload by the browser whose seat it opened, which gives that up."""
    if stored.put_receipt(session, connection_id, replay_hash, ends_at):
        return True
    receipt = stored.lock_receipt(session, connection_id, replay_hash)
    if receipt.expires_at <= now:
        return True
    own = next((one for one in cookies if hmac.compare_digest(hash_token(one), receipt.seat_hash)), None)
    if own is None or seats.find(session, own, lifetimes=lifetimes, now=now) is None:
        return False
    stored_seats.revoke(session, receipt.seat_hash, now)
    return True


def open_by_pairing(
    session: Session,
    known: Known,
    device_secret: str,
    user_agent: str,
    *,
    secrets: tuple[str, str],
    lifetimes: Lifetimes,
    now: datetime,
    tablet_id: int | None = None,
) -> Opened | None:
    """Once somebody said yes; None before, and a second time. `secrets`: for the seat, and for a browser to be remembered."""
    taken = stored.take_pairing(session, known.id, hash_token(device_secret), now)
    row = staff.find_staff(session, taken.staff_id) if taken and taken.staff_id else None
    if taken is None or row is None or not row.is_active:
        return None
    who, device_id, device_token = staff.as_actor(row), None, ""
    if not taken.agent_ref:
        device_id, device_token = devices.pair(session, who, known.id, user_agent, secret=secrets[1], now=now)
    opened = _seated(
        session, known, row, secret=secrets[0], lifetimes=lifetimes, now=now, tablet_id=tablet_id, device_id=device_id
    )
    return replace(opened, device_token=device_token)


def open_by_device(
    session: Session,
    known: Known,
    device_token: str,
    *,
    secret: str,
    lifetimes: Lifetimes,
    now: datetime,
    tablet_id: int | None = None,
) -> Opened | None:
    """A browser that was paired before; None where it counts no more."""
    found = stored.find_device(session, known.id, hash_token(device_token), now)
    if found is None:
        return None
    device, row = found
    device.last_seen_at = now
    return _seated(
        session, known, row, secret=secret, lifetimes=lifetimes, now=now, tablet_id=tablet_id, device_id=device.id
    )


def begin_pairing(
    session: Session, known: Known, agent_ref: str, *, secret: str, signing_key: bytes, now: datetime
) -> str:
    """The code to show; see `pairing.begin`."""
    return pairing.begin(session, known.id, agent_ref, secret=secret, signing_key=signing_key, now=now)


# --- a server -------------------------------------------------------------------------------------------------------


def answer_call(
    session: Session,
    known: Known,
    launch: Launch,
    digest: str,
    *,
    regions: list[str],
    secret: str,
    signing_key: bytes,
    now: datetime,
) -> str:
    """The path of a page that opens the desk once, for ten minutes; of one that pairs where the agent is nobody's yet.

    The same call again gets the same link: hosts send one again whose answer they did not get. One that says nothing of when it
    was sent gets the same within a minute, and a new one where that was used.
    """
    stored.sweep(session, now)
    row = stored.find_linked(session, known.id, launch.agent_ref) if launch.agent_ref else None
    same = launch.replay_key or f"{digest} {int(now.timestamp()) // _SLOT_SECONDS}"
    code = _derived(signing_key, f"{known.id} {row.id if row else ''} {same}")
    if row is None:
        pairing.begin(session, known.id, launch.agent_ref, secret=code, signing_key=signing_key, now=now)
        connections.note_launch(session, known.id, "pairing", None, launch.seconds_off, now=now)
        return f"/connections/{known.key}/pairing/{code}"
    found = host_context.find(session, launch.hint, host=known.host.code, regions=regions, key=signing_key)
    customer_id = found.customer_id if isinstance(found, Matched) else None
    ends_at = now + LINK_LASTS
    is_new = stored.put_link(session, hash_token(code), row.id, customer_id, known.id, ends_at)
    if not is_new and not launch.replay_key and stored.is_link_used(session, hash_token(code)):
        code = secret
        stored.put_link(session, hash_token(code), row.id, customer_id, known.id, ends_at)
    connections.note_launch(session, known.id, "opened", row.id, launch.seconds_off, now=now)
    told = _told(found, code, is_proven=launch.is_customer_proven, signing_key=signing_key, now=now)
    query = urlencode(told, doseq=True)
    return f"/launch/{code}{query and '?'}{query}"


def _told(
    found: Matched | OnScreen, code: str, *, is_proven: bool, signing_key: bytes, now: datetime
) -> dict[str, str | list[int]]:
    """What the page is to say besides: how somebody was matched, who may be meant, or, sealed, whom the host has named where nobody
    goes by that. It shows nobody whom its reader may not see.
    """
    if isinstance(found, Matched):
        return {} if is_proven else {"by": found.how.name.lower()}
    if found.people:
        return {"of": [one.id for one in found.people]}
    if found.is_nobody:
        return {}
    said = json.dumps(asdict(found.hint), ensure_ascii=False)
    sealed = seal(said, purpose=_purpose(code), signing_key=signing_key, now=now)
    return {"said": sealed} if len(sealed) <= _LONGEST_SAID else {}


def find_said(code: str, sealed: str, *, signing_key: bytes) -> Hint | None:
    """Whom the host has named, out of the link's own address; None where it says nobody, or is of another link."""
    said = unseal(sealed, purpose=_purpose(code), signing_key=signing_key) if sealed else None
    return Hint(**json.loads(said)) if said else None


def _purpose(code: str) -> str:
    return f"whom the link {hash_token(code)} is for"


def _derived(signing_key: bytes, of: str) -> str:
    """256 bits that nobody finds without the desk's key."""
    return (
        base64.urlsafe_b64encode(hmac.digest(signing_key, f"launch-link:{of}".encode(), "sha256")).decode().rstrip("=")
    )
