"""One person who was two customers: what we know goes to one of them, and can be given back.

The books stay as they are: a gift and its approval keep the customer they were decided for, and count for the person.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import audit, customers, idempotency
from deskapp.desk.inputs import Input, Keyed, RowId, ShortWords
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import approvals, imports, merging
from deskapp.store import customers as customer_rows
from deskapp.store.privacy_tables import Merge
from deskapp.store.tables import Customer

_FILLED = ("email", "email_folded", "phone", "language", "zone")  # where nothing is known yet
_SHOWN = 5


class Wanted(Input):
    q: ShortWords


class NewMerge(Keyed):
    other_id: RowId


@dataclass(frozen=True, slots=True)
class Other:
    id: int
    external_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Joined:
    merge_id: int
    external_id: str
    name: str
    by: str
    at: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class MergingPanel:
    """`found` None: nobody was looked for yet."""

    customer_id: int
    customer_name: str
    external_id: str
    query: str
    found: list[Other] | None
    joined: list[Joined]


def panel(session: Session, customer_id: int, query: str = "") -> MergingPanel:
    customer = customer_rows.get_customer(session, customer_id)
    found = None
    if query:
        rows = customers.find(session, query).rows or []
        others = [one for one in rows if one.id != customer_id][:_SHOWN]
        found = [Other(one.id, one.external_id, one.name, one.email or "") for one in others]
    joined = [
        Joined(
            merge.id, former.external_id, former.name, by, merge.merged_at, sum(map(len, merge.moved["rows"].values()))
        )
        for merge, former, by in merging.list_merges(session, customer_id)
    ]
    return MergingPanel(customer.id, customer.name, customer.external_id, query, found, joined)


def merge(session: Session, actor: Actor, customer_id: int, form: NewMerge, *, now: datetime) -> None:
    """All that is known of the other is this customer's from now on."""
    sent = [customer_id, form.other_id]
    if idempotency.claim(session, actor, "merge", form.form_key, sent, now=now) is not None:
        return
    if form.other_id == customer_id:
        raise Invalid({"": say("This is the same customer. Please choose the other one.")})
    held = merging.hold(session, customer_id, form.other_id)
    into, other = held[customer_id], held[form.other_id]
    _ensure_joinable(session, into, other)
    moved = merging.move(session, other.id, into.id)
    other.merged_into = into.id
    filled = [name for name in _FILLED if getattr(into, name) is None and getattr(other, name) is not None]
    for name in filled:
        setattr(into, name, getattr(other, name))
    told = {"rows": moved, "filled": filled}
    row = Merge(from_id=other.id, into_id=into.id, moved=told, merged_by=actor.staff_id, merged_at=now)
    session.add(row)
    session.flush()
    _tell(session, actor, "customer.merged", row, now)


def undo(session: Session, actor: Actor, merge_id: int, *, now: datetime) -> int:
    """The customer's id. What was written since stays with whom it was written for. Undoing twice changes nothing."""
    row = merging.get_merge(session, merge_id)
    held = merging.hold(session, row.from_id, row.into_id)
    session.refresh(row)
    if row.undone_at is not None:
        return row.into_id
    into, other = held[row.into_id], held[row.from_id]
    if into.merged_into is not None:
        raise Conflict(say("{name} was joined with somebody else since. Please undo that first.", name=into.name))
    if into.erased_at is not None or other.erased_at is not None:
        raise Conflict(say("This person was erased. There is nothing left to give back."))
    merging.move_back(session, row.moved["rows"], other.id, into.id)
    other.merged_into = None
    for name in row.moved["filled"]:
        if getattr(into, name) == getattr(other, name):  # else it was changed since
            setattr(into, name, None)
    merging.copy_holds(session, row, into.id, other.id)
    imports.forget_receipts(session)  # what came in meanwhile came to the person: the same files again put it right
    row.undone_at, row.undone_by = now, actor.staff_id
    _tell(session, actor, "customer.parted", row, now)
    return row.into_id


def _ensure_joinable(session: Session, into: Customer, other: Customer) -> None:
    for one in (into, other):
        if one.erased_at is not None:
            raise Conflict(say("One of the two was erased. There is nothing left to join."))
        if one.merged_into is not None:
            raise Conflict(
                say(
                    "{name} ({number}) was joined with somebody else already. Please look again.",
                    name=one.name,
                    number=one.external_id,
                )
            )
    if approvals.is_waited_for(session, other.id):
        raise Conflict(
            say("A gift for {name} waits for an answer. Please decide it first, or take it back.", name=other.name)
        )
    if into.receiver is not other.receiver:
        raise Conflict(
            say(
                "One of the two is a private person and the other is not, and their gifts have different limits."
                " Please set that right on their pages first."
            )
        )


def _tell(session: Session, actor: Actor, action: str, row: Merge, now: datetime) -> None:
    for one, other in ((row.into_id, row.from_id), (row.from_id, row.into_id)):
        audit.write(session, actor, action, f"customer:{one}", now=now, merge=row.id, other=other)
