"""Editions of the authority limits, and the buckets that fill under them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, case, update
from sqlmodel import Session, col, select

from deskapp.rules.authority import AuthorityLimit
from deskapp.rules.people import Role
from deskapp.store.insert import insert_once
from deskapp.store.tables import Bucket, LimitVersion

_IN_FORCE = (
    select(LimitVersion).where(LimitVersion.role == bindparam("role")).order_by(col(LimitVersion.id).desc()).limit(1)
)
_SPENT = select(Bucket.key, Bucket.spent_minor).where(col(Bucket.key).in_(bindparam("keys", expanding=True)))


def find_limit(session: Session, role: Role) -> AuthorityLimit | None:
    """The edition in force for a role: the newest."""
    row = session.exec(_IN_FORCE, params={"role": role}).one_or_none()
    return as_limit(row) if row else None


def list_limits(session: Session) -> dict[Role, tuple[AuthorityLimit, datetime, int]]:
    """The edition in force of every role, with when and by whom (staff id) it was set."""
    rows = session.exec(select(LimitVersion).order_by(col(LimitVersion.id))).all()
    return {row.role: (as_limit(row), row.set_at, row.set_by) for row in rows}


def as_limit(row: LimitVersion) -> AuthorityLimit:
    return AuthorityLimit(
        version_id=row.id,
        role=row.role,
        currency=row.currency,
        basis=row.basis,
        zone=row.zone,
        per_gift_minor=row.per_gift_minor,
        per_giver_per_day_minor=row.per_giver_per_day_minor,
        per_customer_per_month_minor=row.per_customer_per_month_minor,
    )


def spent(session: Session, keys: list[str]) -> list[int]:
    """What each bucket holds, in the order of `keys`; 0 for one not begun."""
    held = dict(session.exec(_SPENT, params={"keys": keys}).all())
    return [held.get(key, 0) for key in keys]


def fill(session: Session, ceilings: Mapping[str, int], value_minor: int) -> bool:
    """Adds `value_minor` to every bucket, each under its ceiling; False if one has no room: the caller must roll back then.

    Sorted, because rivals that lock rows in another order deadlock (36 of 60 did); conditional, because SELECT SUM
    then INSERT overspends on both engines; the CHECK on Bucket stands behind it.
    """
    for key, ceiling_minor in sorted(ceilings.items()):
        insert_once(session, Bucket, key=key, limit_minor=ceiling_minor, spent_minor=0)
        raised = case((col(Bucket.limit_minor) < ceiling_minor, ceiling_minor), else_=Bucket.limit_minor)
        filled = (
            update(Bucket)
            .where(col(Bucket.key) == key, col(Bucket.spent_minor) + value_minor <= ceiling_minor)
            .values(spent_minor=Bucket.spent_minor + value_minor, limit_minor=raised)
        )
        if not session.connection().execute(filled).rowcount:
            return False
    return True


def drain(session: Session, amounts: Mapping[str, int]) -> None:
    for key, amount_minor in sorted(amounts.items()):
        session.connection().execute(
            update(Bucket).where(col(Bucket.key) == key).values(spent_minor=Bucket.spent_minor - amount_minor)
        )
