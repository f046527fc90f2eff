"""Connections: which CRM may open the desk, what it signs with, and whose frames may show it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from re import fullmatch
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, idempotency, strongbox
from deskapp.desk.inputs import Keyed, no_nul, plain_breaks
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Held, Host, Why
from deskapp.rules import framing
from deskapp.rules.errors import Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.stops import fold
from deskapp.rules.words import say
from deskapp.store import connections as rows
from deskapp.store.host_tables import Connection, ConnectionSecret

NOBODY = say("This address opens nothing, or not any more. Please ask whoever looks after the desk.")

_FARTHEST = 10**9  # seconds; a clock that says more is no clock
_SHORTEST_SECRET, _LONGEST_SECRET = 16, 2_000  # characters; sealed they must fit their column

ConnectionName = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(no_nul)]
Setting = Annotated[str, StringConstraints(max_length=200), AfterValidator(no_nul)]
TypedSecret = Annotated[str, StringConstraints(max_length=_LONGEST_SECRET), Field(repr=False), plain_breaks]


class NewConnection(Keyed):
    """`fields`: by the codes of the host; `secret`: "" where there is none yet, as the host shows it only when it is set up."""

    host: Annotated[str, StringConstraints(max_length=40)]
    name: ConnectionName
    fields: Annotated[dict[str, Setting], Field(default_factory=dict)]
    secret: TypedSecret = ""


@dataclass(frozen=True, slots=True)
class Known:
    """`origins`: the exact ones that may frame the desk."""

    id: int
    name: str
    host: Host
    held: Held
    origins: tuple[str, ...]
    key: str = ""


# --- what a launch asks ---------------------------------------------------------------------------------------------


def find(session: Session, key: str, *, signing_key: bytes, now: datetime) -> Known:
    """Raises NotFound for one that is unknown or retired. A secret that cannot be opened is none. One query."""
    row = rows.find_opened(session, key, now)
    host = HOSTS.get(row.host) if row else None
    if row is None or host is None:
        raise NotFound(NOBODY)
    secrets = (strongbox.unseal(one, purpose=_purpose(key), signing_key=signing_key) for one in row.sealed)
    held = Held(row.fields, tuple(one for one in secrets if one))
    return Known(row.id, row.name, host, held, tuple(row.frame_origins.split()), key)


def note_launch(
    session: Session,
    connection_id: int,
    outcome: str,
    staff_id: int | None = None,
    seconds_off: int | None = None,
    *,
    now: datetime,
) -> int:
    """The number under which the administrator finds it. `outcome`: "opened", "pairing" or a Why. Two or three queries."""
    if seconds_off is not None:
        seconds_off = max(-_FARTHEST, min(seconds_off, _FARTHEST))
    return rows.note_launch(session, connection_id, outcome, staff_id, seconds_off, now)


# --- making one -----------------------------------------------------------------------------------------------------


def make(
    session: Session,
    actor: Actor,
    form: NewConnection,
    *,
    key: str,
    signing_key: bytes,
    now: datetime,
    is_local_fine: bool = False,
) -> int:
    """The new connection's id. `key`: fresh, at least 128 bits of randomness, at most 40 characters of an address;
    `is_local_fine`: see `framing.problem_with`.

    Raises Invalid for "host", "name", "fields.<code>" and "secret".
    """
    host = _the_host(form.host)
    fields = checked(host, form.fields)
    check_secret(host, form.secret)
    said = [form.host, form.name, fields, fingerprint(form.secret, signing_key)]
    if (first := idempotency.claim(session, actor, "connection", form.form_key, said, now=now)) is not None:
        return int(first["connection"])
    make_sure_name_is_free(session, form.name)
    row = Connection(
        key=key,
        host=host.code,
        name=form.name,
        fields=fields,
        frame_origins=" ".join(find_default_origins(host, fields, is_local_fine=is_local_fine)),
        created_by=actor.staff_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    if form.secret:
        put_away(session, row, form.secret, signing_key=signing_key, now=now)
    audit.write(session, actor, "connection.made", f"connection:{row.id}", now=now, host=host.code)
    idempotency.settle(session, actor, "connection", form.form_key, {"connection": row.id})
    return row.id


def make_sure_name_is_free(session: Session, name: str, *, but: int | None = None) -> None:
    others = (one for one in rows.list_connections(session) if one.id != but and one.retired_at is None)
    if any(fold(one.name) == fold(name) for one in others):
        raise Invalid(
            {"name": say("There is one of this name already. Two need two names, so that each is told apart.")}
        )


def find_default_origins(host: Host, fields: Mapping[str, str], *, is_local_fine: bool) -> tuple[str, ...]:
    """The host's own. Raises Invalid for the whole form where its settings make none that may stand in a page's policy."""
    origins = host.find_origins(fields)
    for one in origins:
        if problem := framing.problem_with(one, is_local_fine=is_local_fine):
            raise Invalid({"": problem})
    return origins


def open_secret(row: Connection, sealed: str, *, signing_key: bytes) -> str | None:
    """None where the signing key was changed since."""
    return strongbox.unseal(sealed, purpose=_purpose(row.key), signing_key=signing_key)


def put_away(session: Session, row: Connection, secret: str, *, signing_key: bytes, now: datetime) -> None:
    sealed = strongbox.seal(secret, purpose=_purpose(row.key), signing_key=signing_key, now=now)
    session.add(ConnectionSecret(connection_id=row.id, sealed=sealed, made_at=now))


def checked(host: Host, typed: Mapping[str, str]) -> dict[str, str]:
    """The host's own settings as they are kept. Raises Invalid with a sentence for each that is missing or not as it should be."""
    codes = {one.code: one for one in host.fields}
    problems = {
        f"fields.{code}": say("{host} has no such setting.", host=host.words) for code in typed if code not in codes
    }
    for one in host.fields:
        value = typed.get(one.code, "")
        if not value and one.is_needed:
            problems[f"fields.{one.code}"] = say("Please fill this in.")
        elif value and not fullmatch(one.pattern, value):
            problems[f"fields.{one.code}"] = say(
                "This does not look right. It should look like this: {example}", example=one.hint
            )
    if problems:
        raise Invalid(problems)
    return {code: typed[code] for code in codes if typed.get(code)}


def check_secret(host: Host, secret: str) -> None:
    """Raises Invalid for "secret"; the words never repeat what was typed."""
    if not secret:
        return
    if not host.is_signed:
        raise Invalid({"secret": say("{host} signs nothing, so there is no secret to keep.", host=host.words)})
    if not (secret.isascii() and all(one.isprintable() or one == "\n" for one in secret)):
        raise Invalid({"secret": say("Please paste it as the host shows it: it has letters, digits and signs alone.")})
    if len(secret) < _SHORTEST_SECRET:
        raise Invalid(
            {
                "secret": say(
                    "This is too short to be safe: it should have at least {fewest} signs.", fewest=_SHORTEST_SECRET
                )
            }
        )
    if host.is_key is not None and not host.is_key(secret):
        raise Invalid({"secret": host.mends[Why.NO_SECRET]})


def fingerprint(secret: str, signing_key: bytes) -> str:
    """Tells the same from another; nobody can guess through it without the desk's key."""
    return hmac.new(signing_key, f"connection-secret:{secret}".encode(), hashlib.sha256).hexdigest()


def get_host(code: str) -> Host:
    """Raises NotFound."""
    if (found := HOSTS.get(code)) is None:
        raise NotFound(say("This desk knows no such CRM any more."))
    return found


def is_public_key(host: Host) -> bool:
    """Whether the host signs with a key of its own, of which we hold the public half alone: a text of several lines."""
    return host.is_key is not None


def _the_host(code: str) -> Host:
    if (found := HOSTS.get(code)) is None:
        raise Invalid({"host": say("Please choose one of the list.")})
    return found


def _purpose(key: str) -> str:
    return f"connection {key}"
