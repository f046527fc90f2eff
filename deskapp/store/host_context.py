"""Whom a host's page may mean: customers by number, by e-mail, by how their phone ends. Every question is answered by an index."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, text
from sqlmodel import Session, col, or_, select

from deskapp.store.insert import insert_once
from deskapp.store.privacy_tables import Erasure
from deskapp.store.ready import Ready
from deskapp.store.tables import Customer

_MOST = 20  # rows that are looked at; more of one address or phone is nobody in particular
_LAST = "\U0010ffff"
_NUMBERED = Ready(select(Customer.id).where(col(Customer.external_id).in_(bindparam("numbers", expanding=True))))
_MAILED = Ready(
    select(Customer.id).where(Customer.email_folded == bindparam("email")).order_by(col(Customer.id)).limit(_MOST)
)
_ENDING = text(
    "SELECT customer.id, customer.phone FROM search_key JOIN customer ON customer.id = search_key.customer_id"
    " WHERE search_key.key >= :start AND search_key.key < :end ORDER BY search_key.key LIMIT :most"
)


def list_by_number(session: Session, numbers: Collection[str]) -> list[int]:
    return [one for (one,) in _NUMBERED.all(session, numbers=list(numbers))]


def list_by_email(session: Session, email_folded: str) -> list[int]:
    return [one for (one,) in _MAILED.all(session, email=email_folded)]


def list_by_phone_end(session: Session, ends: Collection[str]) -> dict[int, str]:
    """Id -> the phone as it is kept. `ends`: digits from the last to the first. One query each."""
    found: dict[int, str] = {}
    for end in ends:
        bound = {"start": f"+{end}", "end": f"+{end}{_LAST}", "most": _MOST}
        found |= {one: phone for one, phone in session.connection().execute(_ENDING, bound) if phone}
    return found


def is_erased(session: Session, marks: Collection[str]) -> bool:
    """Whether one of these marks stands for the number of somebody who was erased."""
    forgotten = select(Erasure.customer_id)
    theirs = or_(*(col(Customer.external_id).endswith(f"-{mark}", autoescape=True) for mark in marks))
    of_them = or_(col(Customer.id).in_(forgotten), col(Customer.merged_into).in_(forgotten))
    found = select(Customer.id).where(of_them, col(Customer.erased_at).is_not(None), theirs).limit(1)
    return session.exec(found).first() is not None


def put_once(session: Session, external_id: str, **values: Any) -> tuple[int, bool]:
    """The customer of that number, and whether they are new."""
    is_new = insert_once(session, Customer, external_id=external_id, **values)
    return session.exec(select(Customer.id).where(Customer.external_id == external_id)).one(), is_new
