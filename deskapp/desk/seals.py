"""Every hour the lines of money and of audit are sealed by a digest that leaves the machine.

A seal proves only what had left the machine before somebody edited the database: who can edit it can also make its seals anew.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlmodel import Session

from deskapp.rules.errors import Conflict
from deskapp.store import models, seals
from deskapp.store.db import Database
from deskapp.store.seals import read_windows
from deskapp.store.tables import Seal

GRACE = timedelta(hours=1)
"""A line says when its transaction began; on PostgreSQL another may commit first. Nothing of ours takes an hour."""

_LOCK = "seals"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Draft:
    """A seal that is reckoned and not written yet. `after_id`: of the seal it follows, 0 for the first."""

    after_id: int
    sealed_until: datetime
    lines: int
    digest: str


def draft(session: Session, *, now: datetime) -> Draft | None:
    """Of everything written until an hour ago that no seal holds yet. None if the last one holds it all."""
    newest, until = seals.find_newest(session), now - GRACE
    if newest is not None and until <= newest.sealed_until:
        return None
    (window,) = read_windows(session, [until], newest.sealed_until if newest else None)
    digest = window.digest(newest.digest if newest else "", until)
    return Draft(newest.id if newest else 0, until, window.lines, digest)


def write(session: Session, drafted: Draft, *, now: datetime) -> Seal | None:
    """None if somebody sealed meanwhile."""
    models.bump(session, _LOCK)
    newest = seals.find_newest(session)
    if (newest.id if newest else 0) != drafted.after_id:
        return None
    made = Seal(sealed_until=drafted.sealed_until, lines=drafted.lines, digest=drafted.digest, sealed_at=now)
    session.add(made)
    session.flush()
    return made


def seal(session: Session, *, now: datetime) -> Seal | None:
    """Both in one transaction."""
    drafted = draft(session, now=now)
    return write(session, drafted, now=now) if drafted else None


def seal_and_export(database: Database, file: Path | None, *, now: datetime) -> Seal | None:
    """The digest goes into the log and, once committed, into `file`. Raises Conflict if that cannot be written."""
    with database.reading() as session:
        drafted = draft(session, now=now)  # a first seal reads every line there is, and nobody should wait for that
    made = None
    if drafted is not None:
        with database.writing() as session:
            made = write(session, drafted, now=now)
    if made is not None:
        log.info("audit sealed", **as_record(made))
    if file is not None:
        with database.reading() as session:
            export(session, file)
    return made


def export(session: Session, file: Path) -> int:
    """Appends what `file` does not hold yet, one JSON object a line, and sees it to the disk. How many seals.

    A crash between a commit and this is made good by the next.
    """
    try:
        held = file.read_text(encoding="utf-8") if file.exists() else ""
        last = max((record["id"] for record in read_records(held) if record), default=0)
        missing = seals.list_seals(session, after_id=last)
        with file.open("a", encoding="utf-8") as out:
            out.write("" if held.endswith("\n") or not held else "\n")  # a line that was torn when the machine stopped
            out.writelines(json.dumps(as_record(one)) + "\n" for one in missing)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise Conflict(
            f"The seals cannot be written to {file}: {error.strerror}. They stay here until that is mended."
        ) from None
    return len(missing)


def as_record(one: Seal) -> dict[str, Any]:
    return {
        "id": one.id,
        "sealed_until": one.sealed_until.astimezone(UTC).isoformat(timespec="microseconds"),
        "lines": one.lines,
        "digest": one.digest,
    }


def read_records(text: str) -> list[dict[str, Any] | None]:
    """What `export` wrote, a record for each line; None for a line that is none."""
    return [_record(line) for line in text.splitlines()]


def _record(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
        return {"id": int(told["id"]), "digest": str(told["digest"])}
    except (ValueError, KeyError, TypeError):
        return None
