"""What an administrator changes of a connection: settings, origins, the secret, who is paired, and its end."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, NaiveDatetime, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.connections import (
    ConnectionName,
    Setting,
    TypedSecret,
    check_secret,
    checked,
    find_default_origins,
    fingerprint,
    make_sure_name_is_free,
    open_secret,
    put_away,
)
from deskapp.desk.inputs import Keyed, no_nul
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Host
from deskapp.rules import framing
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import connections as rows
from deskapp.store import launching
from deskapp.store.host_tables import Connection, ConnectionSecret

LONGEST_OVERLAP = timedelta(days=7)


def _hour(typed: object) -> object:
    """What a browser sends of a day and an hour, "" being none."""
    if typed in {"", None}:
        return None
    try:
        return datetime.fromisoformat(str(typed)).replace(tzinfo=None)
    except ValueError:
        raise ValueError(say("Please choose a day and an hour, such as 2026-03-14T18:00.")) from None


class NewSettings(Keyed):
    name: ConnectionName
    fields: Annotated[dict[str, Setting], Field(default_factory=dict)]


class NewOrigins(Keyed):
    origins: Annotated[str, StringConstraints(max_length=2000), AfterValidator(no_nul)] = ""


class NewSecret(Keyed):
    """`until`: an hour of the shop's own clock, up to which the old secret counts as well; None: it ends at once."""

    secret: TypedSecret
    until: Annotated[NaiveDatetime | None, BeforeValidator(_hour)] = None


def change(
    session: Session, actor: Actor, connection_id: int, form: NewSettings, *, is_local_fine: bool, now: datetime
) -> None:
    """Origins that were the host's own follow the new settings; those that somebody wrote stay."""
    row, host = _in_use(session, connection_id)
    fields = checked(host, form.fields)
    said = [connection_id, form.name, fields]
    if idempotency.claim(session, actor, "connection-settings", form.form_key, said, now=now) is not None:
        return
    make_sure_name_is_free(session, form.name, but=row.id)
    if row.frame_origins.split() == list(host.find_origins(row.fields)):
        row.frame_origins = " ".join(find_default_origins(host, fields, is_local_fine=is_local_fine))
    row.name, row.fields = form.name, fields
    audit.write(session, actor, "connection.changed", f"connection:{row.id}", now=now, settings=sorted(fields))


def set_origins(
    session: Session, actor: Actor, connection_id: int, form: NewOrigins, *, is_local_fine: bool, now: datetime
) -> None:
    """Raises Invalid for "origins", with a sentence for the first that cannot stand. None at all: no frame but the desk's own."""
    row, _ = _in_use(session, connection_id)
    origins = framing.read_origins(form.origins)
    if problem := _problem_with(origins, is_local_fine=is_local_fine):
        raise Invalid({"origins": problem})
    said = [connection_id, origins]
    if idempotency.claim(session, actor, "connection-origins", form.form_key, said, now=now) is not None:
        return
    row.frame_origins = " ".join(origins)
    audit.write(session, actor, "connection.origins-set", f"connection:{row.id}", now=now, origins=list(origins))


def _problem_with(origins: tuple[str, ...], *, is_local_fine: bool) -> str:
    if len(origins) > framing.MOST:
        return say("At most {most} origins, please: each goes out with every page.", most=framing.MOST)
    problems = (framing.problem_with(one, is_local_fine=is_local_fine) for one in origins)
    return next((one for one in problems if one), "")


# --- the secret -----------------------------------------------------------------------------------------------------


def rotate(
    session: Session,
    actor: Actor,
    connection_id: int,
    form: NewSecret,
    *,
    zone: ZoneInfo,
    signing_key: bytes,
    now: datetime,
) -> None:
    """The new one counts at once, the one before until `form.until`; any older one is gone. Raises Invalid for "secret", "until"."""
    row, host = _in_use(session, connection_id)
    if not form.secret:
        raise Invalid({"secret": say("Please paste the new one.")})
    check_secret(host, form.secret)
    until = _until(form, zone, now)
    said = [connection_id, fingerprint(form.secret, signing_key), form.until]
    if idempotency.claim(session, actor, "connection-secret", form.form_key, said, now=now) is not None:
        return
    kept = rows.list_secrets(session, connection_id)
    before = next((one for one in kept if one.ends_at is None), None)
    if before is not None and open_secret(row, before.sealed, signing_key=signing_key) == form.secret:
        raise Invalid({"secret": say("This is the one that counts already. Please paste the new one.")})
    _keep_until(session, kept, before, until, now)
    put_away(session, row, form.secret, signing_key=signing_key, now=now)
    details = {"old_until": until.isoformat()} if before is not None and until > now else {}
    audit.write(session, actor, "connection.secret-changed", f"connection:{row.id}", now=now, **details)


def _until(form: NewSecret, zone: ZoneInfo, now: datetime) -> datetime:
    """Days far away are refused before they are turned into UTC, which has no room for the farthest."""
    if form.until is None:
        return now
    is_near = abs(form.until - now.astimezone(zone).replace(tzinfo=None)) < 2 * LONGEST_OVERLAP
    until = form.until.replace(tzinfo=zone if is_near else UTC).astimezone(UTC)
    if until <= now:
        raise Invalid({"until": say("This hour has passed. Please choose a later one, or leave it empty.")})
    if until > now + LONGEST_OVERLAP:
        raise Invalid({"until": say("At most seven days from now, so that an old secret is not forgotten.")})
    return until


def _keep_until(
    session: Session, kept: list[ConnectionSecret], before: ConnectionSecret | None, until: datetime, now: datetime
) -> None:
    is_kept = before is not None and until > now
    if before is not None and is_kept:
        before.ends_at = until
    rows.drop_secrets(session, [one.id for one in kept if not (is_kept and one is before)])


def end_old_secret(session: Session, actor: Actor, connection_id: int, form: Keyed, *, now: datetime) -> None:
    """Now, instead of at its hour. Nothing happens where there is none."""
    row, _ = _in_use(session, connection_id)
    if idempotency.claim(session, actor, "connection-old-secret", form.form_key, connection_id, now=now) is not None:
        return
    if old := [one.id for one in rows.list_secrets(session, connection_id) if one.ends_at is not None]:
        rows.drop_secrets(session, old)
        audit.write(session, actor, "connection.old-secret-ended", f"connection:{row.id}", now=now)


# --- ends -----------------------------------------------------------------------------------------------------------


def retire(session: Session, actor: Actor, connection_id: int, form: Keyed, *, now: datetime) -> None:
    """For good: nothing opens any more, everybody in its frames is signed out, and its secrets are destroyed."""
    row = rows.lock_connection(session, connection_id)
    said = idempotency.claim(session, actor, "connection-end", form.form_key, connection_id, now=now)
    if said is not None or row.retired_at is not None:
        return
    row.retired_at = now
    rows.drop_secrets(session, [one.id for one in rows.list_secrets(session, connection_id)])
    devices = rows.close_doors(session, connection_id, now)
    seats = rows.close_seats(session, connection_id, now)
    audit.write(
        session, actor, "connection.retired", f"connection:{row.id}", now=now, seats=seats, paired_browsers=devices
    )


def revoke_device(
    session: Session, actor: Actor, connection_id: int, device_id: int, form: Keyed, *, now: datetime
) -> None:
    """The browser opens nothing any more, and who sits there is signed out. Raises NotFound."""
    device = rows.find_device(session, connection_id, device_id)
    if device is None:
        raise NotFound(say("This browser is not paired here."))
    if idempotency.claim(session, actor, "device-end", form.form_key, device_id, now=now) is not None:
        return
    if launching.revoke_device(session, device.staff_id, device.id, now):
        audit.write(session, actor, "device.revoked", f"staff:{device.staff_id}", now=now, device=device.id)


def unlink(session: Session, actor: Actor, connection_id: int, link_id: int, form: Keyed, *, now: datetime) -> None:
    """The host's agent must pair anew; who sits there by that name is signed out. Once gone, again is no matter."""
    rows.get_connection(session, connection_id)
    link = rows.find_link(session, connection_id, link_id)
    if link is None or idempotency.claim(session, actor, "link-end", form.form_key, link_id, now=now) is not None:
        return
    launching.unlink(session, link.staff_id, link.id)
    launching.close_linked_seats(session, link.staff_id, connection_id, now)
    audit.write(session, actor, "agent.unlinked", f"staff:{link.staff_id}", now=now, connection=connection_id)


def _in_use(session: Session, connection_id: int) -> tuple[Connection, Host]:
    """Locked. Raises NotFound, and Conflict where it was retired."""
    row = rows.lock_connection(session, connection_id)
    host = HOSTS.get(row.host)
    if row.retired_at is not None or host is None:
        raise Conflict(say("This connection was retired, so nothing of it changes any more. Please add a new one."))
    return row, host
