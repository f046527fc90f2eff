"""Editions of the authority limits, and the buckets that fill under them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, or_, update
from sqlmodel import Session, col, select

from deskapp.rules.authority import AuthorityLimit, GiverKind, Room, Worth, in_force
from deskapp.rules.people import Actor
from deskapp.rules.periods import day_of
from deskapp.store.gift_tables import Agreement, Bucket, EditionOf, LimitVersion
from deskapp.store.insert import insert_once

_SAID = [field.name for field in fields(AuthorityLimit) if field.name != "version_id"]


def agreed_to(kind: EditionOf, version: Any) -> Any:
    """A condition on an edition table: nobody has to agree, or somebody did."""
    said = (
        select(Agreement.version_id)
        .where(Agreement.edition_of == kind, Agreement.version_id == version.id, col(Agreement.is_agreed))
        .exists()
    )
    return or_(~col(version.needs_agreement), said)


_OF_GIVER = select(LimitVersion).where(
    or_(
        and_(col(LimitVersion.giver_kind) == GiverKind.ROLE, col(LimitVersion.role) == bindparam("role")),
        and_(col(LimitVersion.giver_kind) == GiverKind.TEAM, col(LimitVersion.team) == bindparam("team")),
        and_(col(LimitVersion.giver_kind) == GiverKind.PERSON, col(LimitVersion.staff_id) == bindparam("staff")),
    ),
    agreed_to(EditionOf.LIMIT, LimitVersion),
)
_SPENT = select(Bucket.key, Bucket.spent_minor).where(col(Bucket.key).in_(bindparam("keys", expanding=True)))


def find_limit(session: Session, actor: Actor, now: datetime) -> AuthorityLimit | None:
    """The edition in force for one giver. One query."""
    bound = {"role": actor.role, "team": actor.team, "staff": actor.staff_id}
    editions = [as_limit(row) for row in session.exec(_OF_GIVER, params=bound).all()]
    return in_force(editions, lambda zone: day_of(now, zone))


def list_editions(session: Session) -> list[tuple[LimitVersion, Agreement | None]]:
    """All there ever were, newest first, each with what a second person said to it."""
    said = and_(col(Agreement.edition_of) == EditionOf.LIMIT, col(Agreement.version_id) == LimitVersion.id)
    query = select(LimitVersion, Agreement).join(Agreement, said, isouter=True).order_by(col(LimitVersion.id).desc())
    return [(version, agreement) for version, agreement in session.exec(query).all()]


def get_edition(session: Session, version_id: int) -> AuthorityLimit:
    return as_limit(session.get_one(LimitVersion, version_id))


def as_limit(row: LimitVersion) -> AuthorityLimit:
    return AuthorityLimit(version_id=row.id, **{name: getattr(row, name) for name in _SAID})


def spent(session: Session, keys: Iterable[str]) -> dict[str, int]:
    """What each bucket holds; nothing of one not begun."""
    wanted = sorted({key for key in keys if key})
    return dict(session.exec(_SPENT, params={"keys": wanted}).all()) if wanted else {}


def fill(session: Session, rooms: Sequence[Room], worth: Worth) -> dict[str, int] | None:
    """Adds the gift to every bucket, each under its ceiling: bucket -> what was added. None: one has no room, roll back.

    Sorted, because rivals that lock rows in another order deadlock (36 of 60 did); conditional, because SELECT SUM
    then INSERT overspends on both engines; the CHECK on Bucket stands behind it.
    """
    ceilings: dict[str, int] = {}
    amounts: dict[str, int] = {}
    for room in rooms:
        if room.bucket:
            ceilings[room.bucket] = min(room.most, ceilings.get(room.bucket, room.most))
            amounts[room.bucket] = room.takes(worth)
    for key in sorted(ceilings):
        if not _fill_one(session, key, ceilings[key], amounts[key]):
            return None
    return amounts


def _fill_one(session: Session, key: str, ceiling: int, amount: int) -> bool:
    insert_once(session, Bucket, key=key, limit_minor=ceiling, spent_minor=0)
    raised = case((col(Bucket.limit_minor) < ceiling, ceiling), else_=Bucket.limit_minor)
    filled = (
        update(Bucket)
        .where(col(Bucket.key) == key, col(Bucket.spent_minor) + amount <= ceiling)
        .values(spent_minor=Bucket.spent_minor + amount, limit_minor=raised)
    )
    return bool(session.connection().execute(filled).rowcount)


def drain(session: Session, amounts: Mapping[str, int]) -> None:
    for key, amount in sorted(amounts.items()):
        session.connection().execute(
            update(Bucket).where(col(Bucket.key) == key).values(spent_minor=Bucket.spent_minor - amount)
        )
