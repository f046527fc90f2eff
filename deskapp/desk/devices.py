"""Where somebody is connected: browsers paired for a CRM that proves nothing, agents of CRMs that do; and letting go of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit
from deskapp.desk.seats import hash_token, prefixed
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import Said, kept, say
from deskapp.store import launching as stored
from deskapp.store.host_tables import Device
from deskapp.store.launching import DeviceRow, LinkRow

LASTS = timedelta(days=90)  # whoever still works there then says yes once more

_PREFIX = "device_"
_GONE = say("This is not connected, or not any more.")
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_MACHINES = (
    ("iPhone", say("an iPhone")),
    ("iPad", say("an iPad")),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", say("a Mac")),
    ("CrOS", say("a Chromebook")),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class ConnectedPanel:
    devices: list[DeviceRow]
    agents: list[LinkRow]


def pair(
    session: Session, actor: Actor, connection_id: int, user_agent: str, *, secret: str, now: datetime
) -> tuple[int, str]:
    """A paired browser's number, and its token made of `secret`: 32 fresh random characters or more."""
    token = prefixed(_PREFIX, secret)
    device = Device(
        connection_id=connection_id,
        staff_id=actor.staff_id,
        token_hash=hash_token(token),
        label=label_of(user_agent),
        made_at=now,
        last_seen_at=now,
        expires_at=now + LASTS,
    )
    session.add(device)
    session.flush()
    audit.write(session, actor, "device.paired", f"staff:{actor.staff_id}", now=now, connection=connection_id)
    return device.id, token


def label_of(user_agent: str) -> str:
    """So much as tells one's own browsers apart: "Firefox on Windows"."""
    browser = next((words for sign, words in _BROWSERS if sign in user_agent), say("A browser"))
    machine = next((words for sign, words in _MACHINES if sign in user_agent), "")
    return f"{browser} on {machine}" if machine else browser


def _label_words(label: str) -> Said:
    """As `label_of` made it."""
    browser, _, machine = label.partition(" on ")
    return say("{browser} on {machine}", browser=kept(browser), machine=kept(machine)) if machine else kept(browser)


def panel(session: Session, actor: Actor, *, now: datetime) -> ConnectedPanel:
    """The actor's own. Two queries."""
    devices = stored.list_devices(session, actor.staff_id, now)
    named = [one._replace(label=_label_words(one.label)) for one in devices]
    return ConnectedPanel(named, stored.list_links(session, actor.staff_id))


def revoke(session: Session, actor: Actor, device_id: int, *, now: datetime) -> None:
    """One's own; its seats are dead from the next request on. Raises NotFound, also the second time."""
    if not stored.revoke_device(session, actor.staff_id, device_id, now):
        raise NotFound(_GONE)
    audit.write(session, actor, "device.revoked", f"staff:{actor.staff_id}", now=now, device=device_id)


def unlink(session: Session, actor: Actor, link_id: int, *, now: datetime) -> None:
    """The CRM's agent stands for the actor no more, and the seats that its word opened end. Raises NotFound."""
    connection_id = stored.unlink(session, actor.staff_id, link_id)
    if connection_id is None:
        raise NotFound(_GONE)
    stored.close_linked_seats(session, actor.staff_id, connection_id, now)
    audit.write(session, actor, "agent.unlinked", f"staff:{actor.staff_id}", now=now, connection=connection_id)
