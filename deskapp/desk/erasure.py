"""Forgetting a person: what stays are the books, with a former customer in them, and a receipt that says nothing of anybody.

The name, the address and the number go in the transaction that asks for it, so that from then on the page is gone and nothing more
is written. The rest goes in a job, table by table, each in a transaction with its count, so that a kill at any step is no loss.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, holds, idempotency, jobs, views
from deskapp.desk.export_words import HEADINGS
from deskapp.desk.inputs import Keyed, ShortWords
from deskapp.desk.jobs import Kind
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import customers, erasing, personal, staff
from deskapp.store import jobs as stored_jobs
from deskapp.store.db import Database
from deskapp.store.privacy_tables import Erasure
from deskapp.store.tables import Customer

ONCE_MORE = timedelta(days=2)  # for what was written at the very moment at which somebody was erased

_CUSTOMER = "customer"
_MARK = 16  # hexadecimal digits
_BATCH = 500  # rows of one transaction

Progress = Callable[[float, str], None]


class Erase(Keyed):
    """`typed`: the customer's number, once more, by hand."""

    typed: ShortWords


@dataclass(frozen=True, slots=True)
class Receipt:
    """`counts`: table -> rows that went or were blanked, those that had none left out."""

    id: int
    number: str
    customer_id: int
    asked_by: str
    asked_at: datetime
    done_at: datetime | None
    counts: dict[str, int]


# --- asking for it --------------------------------------------------------------------------------------------------


def ask(
    session: Session, actor: Actor, customer_id: int, form: Erase, *, key: bytes, today: date, now: datetime
) -> int:
    """The receipt's id. Raises Invalid where another number was typed, Conflict while somebody holds it.

    `key`: a secret of the desk, with which the number leaves a mark that tells nobody anything, see `Former`.
    """
    if (asked := erasing.find_erasure(session, customer_id)) is not None:
        return asked.id
    customer = customers.get_customer(session, customer_id)
    if form.typed != customer.external_id:
        number = customer.external_id
        raise Invalid({"typed": say("Please type the number of this customer exactly: {number}", number=number)})
    holds.refuse_if_held(session, customer_id, today=today)
    if idempotency.claim(session, actor, "erase", form.form_key, [customer_id], now=now) is not None:
        raise Conflict(say("This was asked for already. Please look at the page anew."))
    return forget(session, actor, actor.staff_id, customer_id, key=key, now=now)


def begin(session: Session, actor: Actor, customer_id: int, *, key: bytes, today: date, now: datetime) -> int:
    """As `ask`, for the command line, which has asked twice already."""
    if (asked := erasing.find_erasure(session, customer_id)) is not None:
        return asked.id
    customers.get_customer(session, customer_id)
    holds.refuse_if_held(session, customer_id, today=today)
    return forget(session, actor, actor.staff_id, customer_id, key=key, now=now)


def forget(session: Session, actor: Actor | None, asked_by: int, customer_id: int, *, key: bytes, now: datetime) -> int:
    """The receipt's id. `actor` None: the desk itself, by a rule that `asked_by` set."""
    erasure = Erasure(
        number=f"E-{now:%Y}-{customer_id}", customer_id=customer_id, asked_by=asked_by, asked_at=now, counts={}
    )
    session.add(erasure)
    session.flush()
    _forget_who(session, actor, erasure, key, now)
    jobs.enqueue(session, actor, Kind.ERASE, {"erasure": erasure.id}, now=now)
    return erasure.id


def _forget_who(session: Session, actor: Actor | None, erasure: Erasure, key: bytes, now: datetime) -> None:
    erasing.overwrite(session)
    selves = personal.find_selves(session, erasure.customer_id)
    for one in selves:
        customer = session.get_one(Customer, one)
        erasing.blank_customer(session, customer, f"{erasing.ERASED}{one}-{mark_of(customer.external_id, key)}", now)
        audit.write(session, actor, "customer.erased", f"customer:{one}", now=now, erasure=erasure.id)
    erasing.end_approvals(session, selves, now)
    erasure.counts = {_CUSTOMER: len(selves)}


# --- doing it -------------------------------------------------------------------------------------------------------


def run(database: Database, erasure_id: int, *, now: datetime, progress: Progress) -> str:
    """Goes on where it stopped; after the end it looks once more. A sentence about what came of it."""
    views.take_in(database)
    entries = list(erasing.entries())
    for done, one in enumerate(entries):
        progress(0.9 * done / len(entries), say("Forgetting: {what}", what=_what(one)))
        with database.writing() as session:
            _step(session, erasure_id, one)
    while _blank_refusals(database):
        pass
    with database.writing() as session:
        number = _finish(session, erasure_id, now)
    if _is_last(database, erasure_id):
        progress(0.95, say("Overwriting"))
        erasing.scrub(database)
    return say("Erased. The receipt is {number}.", number=number)


def _what(one: personal.Personal) -> str:
    return HEADINGS[one.export.section] if isinstance(one.export, personal.Shown) else one.name


def _is_last(database: Database, erasure_id: int) -> bool:
    """Else the file is written anew by the last of those who wait, once for all of them."""
    with database.reading() as session:
        return all(waiting == {"erasure": erasure_id} for waiting in stored_jobs.list_waiting(session, Kind.ERASE))


def _step(session: Session, erasure_id: int, one: personal.Personal) -> None:
    erasing.overwrite(session)
    erasure = session.get_one(Erasure, erasure_id)
    if one.name in erasure.counts:
        return
    selves = personal.find_selves(session, erasure.customer_id)
    erasure.counts = erasure.counts | {one.name: erasing.take_out(session, one, selves)}


def _blank_refusals(database: Database) -> bool:
    """Whether there may be more."""
    with database.writing() as session:
        erasing.overwrite(session)
        return erasing.blank_refusals(session, _BATCH) == _BATCH


def _finish(session: Session, erasure_id: int, now: datetime) -> str:
    """What was written by whoever had begun before goes too, and is counted."""
    erasing.overwrite(session)
    erasure = session.get_one(Erasure, erasure_id)
    _take_late(session, erasure)
    if erasure.done_at is None:
        erasure.done_at = now
        audit.write(session, None, "erasure.done", f"erasure:{erasure.id}", now=now, **erasure.counts)
    return erasure.number


def _take_late(session: Session, erasure: Erasure) -> int:
    selves = personal.find_selves(session, erasure.customer_id)
    late = {one.name: erasing.take_out(session, one, selves) for one in erasing.deleted_entries()}
    erasure.counts = erasure.counts | {name: erasure.counts.get(name, 0) + count for name, count in late.items()}
    return sum(late.values())


def go_on(database: Database, *, now: datetime) -> int:
    """Asks again for what did not come to its end, and looks once more at what did so lately. How many."""
    with database.reading() as session:
        unfinished = erasing.list_unfinished(session)
        finished = erasing.list_finished(session, asked_after=now - ONCE_MORE)
    for erasure_id in finished:
        with database.writing() as session:
            erasing.overwrite(session)
            if _take_late(session, session.get_one(Erasure, erasure_id)):
                jobs.schedule(session, Kind.ERASE, {"erasure": erasure_id}, now=now)  # to write the file anew
    with database.writing() as session:
        for erasure_id in unfinished:
            jobs.schedule(session, Kind.ERASE, {"erasure": erasure_id}, now=now)
    return len(unfinished) + len(finished)


# --- receipts -------------------------------------------------------------------------------------------------------


def get_receipt(session: Session, erasure_id: int) -> Receipt:
    erasure = session.get(Erasure, erasure_id)
    if erasure is None:
        raise NotFound(say("There is no such receipt."))
    return _receipt(erasure, staff.names(session, [erasure.asked_by]).get(erasure.asked_by, ""))


def list_receipts(session: Session, limit: int) -> list[Receipt]:
    return [_receipt(erasure, name) for erasure, name in erasing.list_erasures(session, limit)]


def _receipt(erasure: Erasure, name: str) -> Receipt:
    return Receipt(
        id=erasure.id,
        number=erasure.number,
        customer_id=erasure.customer_id,
        asked_by=name,
        asked_at=erasure.asked_at,
        done_at=erasure.done_at,
        counts={table: count for table, count in erasure.counts.items() if count},
    )


# --- and they come back with the next import ------------------------------------------------------------------------


def mark_of(external_id: str, key: bytes) -> str:
    """Without the desk's key nobody can try numbers against it."""
    return hmac.digest(key, b"erased:" + external_id.encode(), "sha256").hex()[:_MARK]


class Former:
    """Knows by its mark the number of somebody who was erased, so that an import of the same files does not bring them back."""

    def __init__(self, session: Session, key: bytes) -> None:
        self._key = key
        self._known = -1
        self.look(session)

    def look(self, session: Session) -> None:
        """Anew only where somebody was erased since the last look."""
        count = erasing.count_erasures(session)
        if count != self._known:
            self._ids = {number.rpartition("-")[2]: one for number, one in erasing.list_erased_numbers(session)}
            self._known = count

    def find(self, external_id: str) -> int | None:
        """The empty customer whom the books of that number belong to."""
        return self._ids.get(mark_of(external_id, self._key)) if self._ids else None
