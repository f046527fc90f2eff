"""What an administrator reads of the connections: what to paste, who knocked, why it was refused, who is paired."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import connections
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Field, Host, Way, Why
from deskapp.hosts.packages import Package as Package
from deskapp.hosts.packages import make_package
from deskapp.rules.errors import NotFound
from deskapp.rules.words import Tongue, nsay, said_in, say, spoken
from deskapp.store import connections as rows
from deskapp.store import staff
from deskapp.store.host_tables import Connection, ConnectionSecret, HostLaunch

TELLS_OF_PARCELS = frozenset({"signed", "shopify"})  # hosts whose server may post events, as hosts/events.py takes them
EXTENSION = "extension"  # the host that is our own side panel in the browser
_APART = timedelta(seconds=30)
_SAID = {
    "opened": say("Opened the desk"),
    "pairing": say("Asked to be paired with somebody"),
    Why.TOO_LARGE: say("Refused: far larger than any launch"),
    Why.UNREADABLE: say("Refused: cut off, or not in this CRM’s form"),
    Why.UNSIGNED: say("Refused: not signed"),
    Why.ALGORITHM: say("Refused: signed in another way than this CRM signs"),
    Why.SIGNATURE: say("Refused: the signature is not that of our secret"),
    Why.STALE: say("Refused: too old, or from the future"),
    Why.OTHER_CONNECTION: say("Refused: meant for another account or app"),
    Why.REPLAYED: say("Refused: used before"),
    Why.NO_SECRET: say("Refused: there is no secret yet to check it with"),
}


@dataclass(frozen=True, slots=True)
class LaunchLine:
    """`mend`, `clock`: sentences, "" where there is nothing to say."""

    number: int
    at: datetime
    words: str
    who: str
    is_good: bool
    mend: str
    clock: str


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    name: str
    host: str
    last: LaunchLine | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class HostForm:
    """What is asked of a host. `secret_words` is empty where it signs nothing; `name`: what it is called until somebody says otherwise,
    in English, since it is kept for everybody.
    """

    code: str
    words: str
    name: str
    fields: tuple[Field, ...]
    secret_words: str
    is_long_secret: bool
    tested: str


@dataclass(frozen=True, slots=True)
class ConnectionsPanel:
    """`found`: the connection with the launch of the number that was asked for as its last, None where there is none."""

    in_use: list[Row]
    retired: list[Row]
    hosts: list[tuple[str, str]]
    chosen: HostForm | None
    asked: int | None = None
    found: Row | None = None


@dataclass(frozen=True, slots=True)
class SecretRow:
    made_at: datetime
    ends_at: datetime | None
    can_be_opened: bool


@dataclass(frozen=True, slots=True)
class PairedRow:
    """A paired browser, or the name of a host's agent, in `label`."""

    id: int
    who: str
    label: str
    since: datetime
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConnectionPanel:
    """`package`: the name of the file to install; `events_url`: where parcels are told of; each "" where there is none."""

    id: int
    name: str
    host: HostForm
    values: Mapping[str, str]
    url: str
    events_url: str
    is_frame: bool
    is_https: bool
    steps: list[str]
    package: str
    origins: list[str]
    secrets: list[SecretRow]
    launches: list[LaunchLine]
    devices: list[PairedRow]
    links: list[PairedRow]
    made_by: str
    made_at: datetime
    retired_at: datetime | None


def list_panel(session: Session, chosen: str, number: int | None = None) -> ConnectionsPanel:
    """Three queries, four where the launch of a `number` is asked for. `chosen`: the code of the host that is about to be added,
    "" or an unknown one for none.
    """
    last, names, there = rows.last_launches(session), staff.names(session), rows.list_connections(session)
    known = [_row(one, last.get(one.id), names) for one in there]
    host = HOSTS.get(chosen)
    launch = rows.find_launch(session, number) if number is not None else None
    return ConnectionsPanel(
        [one for one in known if one.retired_at is None],
        [one for one in known if one.retired_at is not None],
        [(one.code, one.words) for one in HOSTS.values()],
        _form_of(host) if host else None,
        number,
        next((_row(one, launch, names) for one in there if launch and one.id == launch.connection_id), None),
    )


def _row(row: Connection, last: HostLaunch | None, names: Mapping[int, str]) -> Row:
    host = HOSTS.get(row.host)
    line = _line(last, host.mends, names) if last and host else None
    return Row(row.id, row.name, host.words if host else row.host, line, row.retired_at)


def _form_of(host: Host) -> HostForm:
    return HostForm(
        host.code,
        host.words,
        str.__str__(host.words),
        host.fields,
        host.secret_words,
        connections.is_public_key(host),
        host.tested,
    )


def _line(one: HostLaunch, mends: Mapping[Why, str], names: Mapping[int, str]) -> LaunchLine:
    """What is refused for a reason that the host has no sentence of its own for is shown by its words alone."""
    words, who = _SAID.get(one.outcome, one.outcome), names.get(one.staff_id or 0, "")
    why = Why(one.outcome) if one.outcome in list(Why) else None
    mend = mends.get(why, "") if why else ""
    return LaunchLine(one.id, one.at, words, who, why is None, mend, clock_words(one.seconds_off))


def clock_words(seconds_off: int | None) -> str:
    """Empty where the two clocks agree, or the host tells no time."""
    if seconds_off is None or abs(seconds_off) <= _APART.total_seconds():
        return ""
    apart = abs(seconds_off)
    said = nsay("{n} second", "{n} seconds", apart) if apart < 120 else nsay("{n} minute", "{n} minutes", apart // 60)
    return say(
        "Its clock and ours were {time} apart. Please have this machine’s clock checked; a CRM’s is seldom wrong.",
        time=said,
    )


def panel(session: Session, connection_id: int, *, base: str, signing_key: bytes, now: datetime) -> ConnectionPanel:
    """Six queries. `base`: where the desk is reached from outside, without a path. Raises NotFound."""
    row = rows.get_connection(session, connection_id)
    host = connections.get_host(row.host)
    names = staff.names(session)
    url = url_of(row, host, base)
    package = _package(row, host, base)
    kept = [one for one in rows.list_secrets(session, row.id) if one.ends_at is None or one.ends_at > now]
    return ConnectionPanel(
        id=row.id,
        name=row.name,
        host=_form_of(host),
        values=row.fields,
        url=url,
        events_url=f"{base}/connections/{row.key}/events" if row.host in TELLS_OF_PARCELS else "",
        is_frame=host.way is Way.FRAME,
        is_https=base.startswith("https://"),
        steps=[_step(step, url, base) for step in host.steps],
        package=package.file_name if package else "",
        origins=row.frame_origins.split(),
        secrets=[_secret_row(row, one, signing_key) for one in kept],
        launches=[_line(one, host.mends, names) for one in rows.list_launches(session, row.id)],
        devices=[
            PairedRow(one.id, names.get(one.staff_id, ""), one.label, one.made_at, one.last_seen_at)
            for one in rows.list_devices(session, row.id, now)
        ],
        links=[
            PairedRow(one.id, names.get(one.staff_id, ""), one.agent_ref, one.linked_at, None)
            for one in rows.list_links(session, row.id)
        ],
        made_by=names.get(row.created_by, ""),
        made_at=row.created_at,
        retired_at=row.retired_at,
    )


@spoken
def _step(tongue: Tongue, step: str, url: str, origin: str) -> str:
    return said_in(tongue, step).replace("{url}", url).replace("{origin}", origin)


def find_package(session: Session, connection_id: int, *, base: str) -> Package | None:
    """What is to be installed; None where there is nothing, or not any more. Raises NotFound."""
    row = rows.get_connection(session, connection_id)
    return _package(row, connections.get_host(row.host), base)


def get_extension_key(session: Session, connection_id: int) -> str:
    """What the browser's side panel needs of its connection. Raises NotFound for any other kind, and for one that is retired."""
    row = rows.get_connection(session, connection_id)
    if row.host != EXTENSION or row.retired_at is not None:
        raise NotFound(say("There is no side panel to install for this connection."))
    return row.key


def _package(row: Connection, host: Host, base: str) -> Package | None:
    if row.retired_at is not None:
        return None
    return make_package(host, name=row.name, url=url_of(row, host, base), origin=base, fields=row.fields)


def url_of(row: Connection, host: Host, base: str) -> str:
    """The address to paste at the host."""
    return f"{base}/connections/{row.key}/{'launch' if host.way is Way.FRAME else 'call'}"


def _secret_row(row: Connection, one: ConnectionSecret, signing_key: bytes) -> SecretRow:
    opened = connections.open_secret(row, one.sealed, signing_key=signing_key)
    return SecretRow(one.made_at, one.ends_at, opened is not None)
