"""All that is held of one customer, in one file: asked for with a click, made by a job, gone after a week.

The file is JSON. Its sections are those of `store/personal.py`; a key of a section is the column's name, where it names a member of
staff, an item or an order without `_id` and with the name, the SKU or the order's number. Money is in minor units beside its currency,
times are ISO 8601 in UTC. Keys are added, never changed; `format` moves if one must.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from deskapp.desk import audit, idempotency, jobs, views
from deskapp.desk.export_words import SECTIONS, THIRD_PERSONS
from deskapp.desk.inputs import Keyed
from deskapp.desk.jobs import Kind
from deskapp.desk.wording import number
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import customers, exporting, personal, staff
from deskapp.store.db import Database
from deskapp.store.personal import PERSONAL, Personal, Shown
from deskapp.store.privacy_tables import PersonalExport

FORMAT = "deskapp-personal-export/1"
KEPT_DAYS = 7
Progress = Callable[[float, str], None]
Row = dict[str, Any]


class NewExport(Keyed):
    pass


@dataclass(frozen=True, slots=True)
class ExportRow:
    id: int
    asked_by: str
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    digest: str
    is_here: bool  # it can be downloaded


@dataclass(frozen=True, slots=True)
class File:
    name: str  # without ending, and without the person
    body: bytes  # JSON, UTF-8
    digest: str


# --- asking for it --------------------------------------------------------------------------------------------------


def ask(session: Session, actor: Actor, customer_id: int, form: NewExport, *, now: datetime) -> int:
    """The export's id."""
    customer = customers.get_customer(session, customer_id)
    if (first := idempotency.claim(session, actor, "export", form.form_key, [customer_id], now=now)) is not None:
        return int(first["export"])
    row = PersonalExport(customer_id=customer.id, asked_by=actor.staff_id, asked_at=now)
    session.add(row)
    session.flush()
    jobs.enqueue(session, actor, Kind.EXPORT, {"export": row.id}, now=now)
    audit.write(session, actor, "customer.exported", f"customer:{customer.id}", now=now, export=row.id)
    idempotency.settle(session, actor, "export", form.form_key, {"export": row.id})
    return row.id


def list_rows(session: Session, customer_id: int, *, now: datetime) -> list[ExportRow]:
    """Newest first."""
    return [
        ExportRow(
            id=row.id,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            ready_at=row.ready_at,
            expires_at=row.expires_at,
            digest=row.digest,
            is_here=row.expires_at is not None and row.expires_at > now,
        )
        for row in exporting.list_exports(session, personal.find_selves(session, customer_id))
    ]


def get_file(session: Session, customer_id: int, export_id: int, *, now: datetime) -> File:
    """Raises NotFound where it is not ready, has expired, or is another customer's."""
    row = exporting.find_export(session, personal.find_selves(session, customer_id), export_id)
    if row is None or row.body is None or row.expires_at is None or row.expires_at <= now:
        raise NotFound(
            say("This export is not here: it is not ready yet, or its week is over. Please ask for a new one.")
        )
    return File(f"customer-{customer_id}-export-{row.id}", row.body, row.digest)


def read(file: File) -> Row:
    told: Row = json.loads(file.body)
    return told


# --- making it ------------------------------------------------------------------------------------------------------


def run(database: Database, export_id: int, *, shop_name: str, now: datetime, progress: Progress) -> str:
    """A sentence about what came of it. Made once: a second time changes nothing."""
    views.take_in(database)
    progress(0.1, say("Reading"))
    with database.reading() as session:
        row = session.get(PersonalExport, export_id)
        if row is None or row.ready_at is not None:
            return say("Nothing to do: it was made already, or the customer was erased.")
        body = as_json(collect(session, row.customer_id, shop_name=shop_name, now=now))
    progress(0.9, say("Writing"))
    with database.writing() as session:
        exporting.keep(
            session,
            export_id,
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
            ready_at=now,
            expires_at=now + timedelta(days=KEPT_DAYS),
        )
    return say("The export is ready: {size} bytes.", size=number(len(body)))


def wipe_expired(session: Session, *, now: datetime) -> int:
    """How many files went; that there was one stays known."""
    return exporting.wipe(session, now)


def collect(session: Session, customer_id: int, *, shop_name: str, now: datetime) -> Row:
    """One query for each table, and one for all names of staff, items and orders each."""
    selves = personal.find_selves(session, customer_id)
    names = exporting.Names(staff.names(session), *exporting.names_of(session, selves))
    data = {
        one.export.section: [_told(one, row, names) for row in exporting.rows_of(session, one, selves)]
        for one in PERSONAL
        if isinstance(one.export, Shown)
    }
    data["changes"] = [
        {"at": line.at.isoformat(), "by": names.staff.get(line.staff_id or 0), "what": line.action}
        for line in exporting.changes_of(session, selves)
    ]
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "made_by": shop_name,
        "about": {"third_persons": THIRD_PERSONS, "sections": SECTIONS},
        "data": data,
    }


def as_json(document: Row) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")


def _told(one: Personal, row: Mapping[str, Any], names: exporting.Names) -> Row:
    told: Row = {}
    for column in exporting.columns_of(one):
        value = row[column.name]
        kind = exporting.refers_to(column)
        if kind is None:
            told[column.name] = _plain(value)
        else:
            told[column.name.removesuffix("_id")] = names.of(kind, value)
    return told


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case StrEnum():
            return value.value
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return value
