"""Editions of the authority limits, and the buckets that fill under them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import String, and_, bindparam, or_, text, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from deskapp.rules.authority import AuthorityLimit, GiverKind, Room, Worth, in_force
from deskapp.rules.people import Actor
from deskapp.rules.periods import day_of
from deskapp.store.gift_tables import Agreement, Bucket, EditionOf, LimitVersion
from deskapp.store.ready import Part, Ready

_SAID = [field.name for field in fields(AuthorityLimit) if field.name != "version_id"]


def agreed_to(kind: EditionOf, version: Any) -> Any:
    """A condition on an edition table: nobody has to agree, or somebody did."""
    said = (
        select(Agreement.version_id)
        .where(Agreement.edition_of == kind, Agreement.version_id == version.id, col(Agreement.is_agreed))
        .exists()
    )
    return or_(~col(version.needs_agreement), said)


_COLUMNS = [col(LimitVersion.id), *(getattr(LimitVersion, name) for name in _SAID)]  # in the order of AuthorityLimit
_OF_GIVER = Ready(
    select_columns(*_COLUMNS).where(
        or_(
            and_(col(LimitVersion.giver_kind) == GiverKind.ROLE, col(LimitVersion.role) == bindparam("role")),
            and_(col(LimitVersion.giver_kind) == GiverKind.TEAM, col(LimitVersion.team) == bindparam("team")),
            and_(col(LimitVersion.giver_kind) == GiverKind.PERSON, col(LimitVersion.staff_id) == bindparam("staff")),
        ),
        agreed_to(EditionOf.LIMIT, LimitVersion),
    )
)
_ENDLESS = 10**15  # minor units, where no ceiling stands over a bucket
_NOTHING: Mapping[str, int] = MappingProxyType({})
_DRAINED = Ready(
    update(Bucket)
    .where(col(Bucket.key) == bindparam("of_key"))
    .values(spent_minor=col(Bucket.spent_minor) - bindparam("amount"))
)


def find_limit(session: Session, actor: Actor, now: datetime) -> AuthorityLimit | None:
    """The edition in force for one giver. One query."""
    editions = [AuthorityLimit(*row) for row in of_giver(actor).all(session)]
    return in_force(editions, lambda zone: day_of(now, zone))


def of_giver(actor: Actor) -> Part:
    """The same question, to be asked ahead."""
    return _OF_GIVER.of(role=actor.role, team=actor.team, staff=actor.staff_id)


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
    if not wanted:
        return {}
    return dict(spent_of(wanted).all(session))


def spent_of(keys: Iterable[str]) -> Part:
    """The same question, to be asked ahead."""
    wanted = sorted({key for key in keys if key})
    return _spent(len(wanted)).of(**{f"k{n}": key for n, key in enumerate(wanted)})


@cache
def _spent(buckets: int) -> Ready:
    these = [bindparam(f"k{n}", type_=String()) for n in range(buckets)]
    return Ready(select_columns(col(Bucket.key), col(Bucket.spent_minor)).where(col(Bucket.key).in_(these)))


def fill(
    session: Session, rooms: Sequence[Room], worth: Worth, counted: Mapping[str, int] = _NOTHING
) -> dict[str, int] | None:
    """Adds the gift to every bucket, each under its ceiling: bucket -> what was added. None: one has no room, nothing was."""
    if (amounts := amounts_of(rooms, worth, counted)) is None:
        return None
    filled = [key for (key,) in filling(rooms, amounts).all(session)] if amounts else []
    if len(filled) < len(amounts):
        drain(session, {key: amounts[key] for key in filled})
        return None
    return amounts


def amounts_of(rooms: Sequence[Room], worth: Worth, counted: Mapping[str, int] = _NOTHING) -> dict[str, int] | None:
    """Bucket -> what a gift puts into it; None where that alone is more than its ceiling.

    `counted`: what goes into buckets over which no ceiling may stand today.
    """
    amounts = dict(counted) | {room.bucket: room.takes(worth) for room in rooms if room.bucket}
    ceilings = _ceilings(rooms, amounts)
    return None if any(amounts[key] > ceilings[key] for key in amounts) else amounts


def filling(rooms: Sequence[Room], amounts: Mapping[str, int]) -> Part:
    """Adds `amounts`, each under its ceiling; answers with the keys of those that had room.

    Sorted, because rivals that lock rows in another order deadlock (36 of 60 did), and both engines lock in the order
    given; conditional, because SELECT SUM then INSERT overspends on both engines; the CHECK on Bucket stands behind it.
    """
    ceilings = _ceilings(rooms, amounts)
    wanted = [(key, ceilings[key], amounts[key]) for key in sorted(amounts)]
    bound = {f"{name}{n}": value for n, one in enumerate(wanted) for name, value in zip("kca", one, strict=True)}
    return _filling(len(wanted)).of(**bound)


def _ceilings(rooms: Sequence[Room], keys: Iterable[str]) -> dict[str, int]:
    ceilings = dict.fromkeys(keys, _ENDLESS)
    for room in rooms:
        if room.bucket:
            ceilings[room.bucket] = min(room.most, ceilings[room.bucket])
    return ceilings


@cache
def _filling(buckets: int) -> Ready:
    rows = ", ".join(f"(:k{n}, :c{n}, :a{n})" for n in range(buckets))
    return Ready(
        text(
            f"INSERT INTO bucket (key, limit_minor, spent_minor) VALUES {rows}"  # noqa: S608 - names of parameters only
            " ON CONFLICT (key) DO UPDATE SET spent_minor = bucket.spent_minor + excluded.spent_minor, limit_minor ="
            " CASE WHEN bucket.limit_minor < excluded.limit_minor THEN excluded.limit_minor ELSE bucket.limit_minor END"
            " WHERE bucket.spent_minor + excluded.spent_minor <= excluded.limit_minor RETURNING key"
        )
    )


def drain(session: Session, amounts: Mapping[str, int]) -> None:
    for key, amount in sorted(amounts.items()):
        _DRAINED.run(session, of_key=key, amount=amount)
