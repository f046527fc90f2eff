"""The self-test of a connection: a launch of our own, checked as the host's would be, and what else must be so that one opens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlmodel import Session

from deskapp.desk import connections
from deskapp.desk.connection_page import clock_words, url_of
from deskapp.hosts import rehearsal
from deskapp.hosts.launch import Held, Host, Received, Unverified, Way, Why
from deskapp.rules import framing
from deskapp.rules.words import and_list, say, together
from deskapp.store import connections as rows
from deskapp.store.host_tables import Connection, HostLaunch

_OPENS_A_TAB = frozenset({"odoo", "signed"})  # as well as a frame, if it is told where from
_NOT_OURS = "deskapp-self-test-with-a-secret-that-is-nobodys"


@dataclass(frozen=True, slots=True)
class Here:
    """`base`: where the desk is reached from outside; `is_set`: by the setting; `seen_as`: what this request says."""

    base: str
    is_set: bool
    seen_as: str
    trusted_hosts: tuple[str, ...]
    is_production: bool


@dataclass(frozen=True, slots=True)
class Check:
    """`mend`: what to do, "" where all is well."""

    is_good: bool
    words: str
    mend: str = ""


def run(session: Session, connection_id: int, *, here: Here, signing_key: bytes, now: datetime) -> list[Check]:
    """Changes nothing, and is no launch: nobody is let in, and the list of launches stays as it is. Raises NotFound."""
    row = rows.get_connection(session, connection_id)
    if row.retired_at is not None:
        return [Check(is_good=False, words=say("This connection was retired."), mend=say("Please add a new one."))]
    known = connections.find(session, row.key, signing_key=signing_key, now=now)
    knocks = list(rows.list_launches(session, row.id))
    received_at = url_of(row, known.host, here.base)
    return [
        *_address(here),
        *_origins(known.host, known.origins, here),
        *_empty(known.host, known.held),
        *_rehearsed(known.host, known.held, received_at, now),
        _clock(row, knocks, now),
        _knocks(known.name, knocks),
    ]


def _address(here: Here) -> Iterator[Check]:
    base, seen = urlsplit(here.base), urlsplit(here.seen_as)
    if base.scheme != "https":
        mend = say(
            "Run it behind https and set DESKAPP_PUBLIC_URL to that address: no browser shows it inside a CRM otherwise."
        )
        words = say("The desk’s address is {address}, which is not encrypted.", address=here.base)
        yield Check(is_good=False, words=words, mend=mend)
    elif here.is_set:
        yield Check(is_good=True, words=say("The desk is reached by https at {address}.", address=here.base))
    else:
        words = say(
            "The desk is reached by https at {address}, as your browser calls it. DESKAPP_PUBLIC_URL would say so for good.",
            address=here.base,
        )
        yield Check(is_good=True, words=words)
    if base.scheme == "https" and seen.scheme == "http" and base.netloc == seen.netloc:
        mend = say(
            "Set DESKAPP_PROXIES to the number of proxies in front of the desk, and let them send X-Forwarded-Proto."
        )
        yield Check(is_good=False, words=say("The desk itself believes that it is called by plain http."), mend=mend)
    if here.trusted_hosts and base.hostname not in here.trusted_hosts:
        mend = say("Add {name} to DESKAPP_TRUSTED_HOSTS, or every launch is turned away.", name=base.hostname)
        yield Check(is_good=False, words=say("The desk does not answer to the name in that address."), mend=mend)


def _origins(host: Host, origins: tuple[str, ...], here: Here) -> Iterator[Check]:
    problems = [framing.problem_with(one, is_local_fine=not here.is_production) for one in origins]
    yield from (
        Check(is_good=False, words=one, mend=say("Change it under “Who may show the desk”.")) for one in problems if one
    )
    if not origins and host.way is Way.FRAME:
        yield _unframed(host)
    elif origins and not any(problems):
        words = say("It may be framed by {origins}, and by nobody else.", origins=and_list(origins))
        yield Check(is_good=True, words=words)


def _unframed(host: Host) -> Check:
    if host.code in _OPENS_A_TAB:
        words = say("No page may show the desk in a frame; it opens in a tab of its own.")
        return Check(is_good=True, words=words)
    mend = say("Write the address of your CRM under “Who may show the desk”.")
    return Check(is_good=False, words=say("No page may show the desk in a frame."), mend=mend)


def _empty(host: Host, held: Held) -> Iterator[Check]:
    """What may be empty at first, and is compared with every launch: one of our own repeats the emptiness, and so tells nothing."""
    for one in host.fields:
        if one.later and not held.fields.get(one.code):
            words = say("“{setting}” is empty, so every launch is refused.", setting=one.words)
            yield Check(is_good=False, words=words, mend=say("Fill it in under “Name and settings”."))


# --- the launch of our own ------------------------------------------------------------------------------------------


def _rehearsed(host: Host, held: Held, url: str, now: datetime) -> Iterator[Check]:
    if host.is_signed and not held.secrets:
        words = say("There is no secret that could be read, so every launch is refused.")
        yield Check(is_good=False, words=words, mend=say("Give it under “The secret”."))
        return
    if host.is_signed and connections.is_public_key(host):
        yield _foreign(host, held, rehearsal.make(host.code, held, url, now), now)
        return
    for number, secret in enumerate(held.secrets or ("",)):
        yield _own(host, held, _sent(host, held, secret, url, now), now, is_old=number > 0)
    if host.is_signed:
        yield _foreign(host, held, _sent(host, held, _NOT_OURS, url, now), now)


def _sent(host: Host, held: Held, secret: str, url: str, now: datetime) -> Received:
    return rehearsal.make(host.code, Held(held.fields, (secret,) if secret else ()), url, now)


def _own(host: Host, held: Held, sent: Received, now: datetime, *, is_old: bool) -> Check:
    why = _refused(host, held, sent, now)
    if why is not None:
        words = say("A launch of our own was refused ({why}).", why=why.value)
        return Check(is_good=False, words=words, mend=host.mends.get(why, ""))
    if not host.is_signed:
        words = say("{host} signs nothing: who is not paired yet is asked to sign in once.", host=host.words)
    elif is_old:
        words = say("A launch of our own, signed as your CRM signs with the old secret, which still counts, is let in.")
    else:
        words = say("A launch of our own, signed as your CRM signs with the secret, is let in.")
    return Check(is_good=True, words=words)


def _foreign(host: Host, held: Held, sent: Received, now: datetime) -> Check:
    why = _refused(host, held, sent, now)
    if why is Why.SIGNATURE:
        words = say("A launch that somebody else signed is refused.")
        ours = say(
            "The public key can be read. Only {host} itself can sign, so a whole launch is tried from there.",
            host=host.words,
        )
        return Check(is_good=True, words=together([ours, words]) if connections.is_public_key(host) else words)
    if why is None:
        mend = say("Retire this connection now, and tell whoever runs the desk.")
        return Check(is_good=False, words=say("A launch that somebody else signed is let in."), mend=mend)
    return Check(is_good=False, words=say("The secret cannot be used."), mend=host.mends.get(why, ""))


def _refused(host: Host, held: Held, sent: Received, now: datetime) -> Why | None:
    try:
        host.verify(sent, held, now)
    except Unverified as refused:
        return refused.why
    return None


# --- time, and what has come ----------------------------------------------------------------------------------------


def _clock(row: Connection, knocks: list[HostLaunch], now: datetime) -> Check:
    """By what was written before, and by what the host last said of its own clock."""
    if now < max([row.created_at, *(one.at for one in knocks)]):
        mend = say("Have it set right, and kept right by a time server: signed launches live for minutes.")
        words = say("This machine’s clock stands before what was written here already.")
        return Check(is_good=False, words=words, mend=mend)
    off = next((one.seconds_off for one in knocks if one.seconds_off is not None), None)
    if apart := clock_words(off):
        words = say("At the last launch that told the time, the clocks differed.")
        return Check(is_good=False, words=words, mend=apart)
    if off is None:
        words = say("This machine’s clock has not gone back; your CRM has told no time yet.")
    else:
        words = say("This machine’s clock agrees with that of the CRM.")
    return Check(is_good=True, words=words)


def _knocks(name: str, knocks: list[HostLaunch]) -> Check:
    if not knocks:
        mend = say("Open it once from inside {name}: what came of it then stands above.", name=name)
        return Check(is_good=False, words=say("Nobody has opened the desk from there yet."), mend=mend)
    if knocks[0].outcome not in list(Why):
        return Check(is_good=True, words=say("The last launch from there was let in."))
    words = say("The last launch from there was refused.")
    return Check(is_good=False, words=words, mend=say("Why, and what to mend, stands above."))
