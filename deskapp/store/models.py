"""Published models, and what of the catalogue stands beside one on the shelf."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, update
from sqlmodel import Session, SQLModel, col, select

from deskapp.rules.people import Role
from deskapp.store.insert import insert_once
from deskapp.store.ready import Ready
from deskapp.store.tables import Edition, ItemKind, ModelVersion

CATALOGUE = "catalogue"
IMPORTS = "imports"  # moves with every step of an import
STEERING = "steering"


class Marks(NamedTuple):
    """They only ever grow; 0: there is none yet."""

    model: int  # id of the newest ModelVersion
    catalogue: int
    steering: int


class CatalogueRow(NamedTuple):
    """Named as the columns of Item."""

    id: int
    price_minor: int
    cost_minor: int
    currency: str
    is_giftable: bool
    stock: int
    name: str
    category: str
    department: str
    kind: ItemKind
    available_from: date | None
    available_until: date | None
    regions: str
    capacity_per_day: int | None
    least_role: Role | None


_MARKS = Ready(
    select(
        select(func.max(ModelVersion.id)).scalar_subquery(),
        select(Edition.number).where(Edition.name == CATALOGUE).scalar_subquery(),
        select(Edition.number).where(Edition.name == STEERING).scalar_subquery(),
    )
)


def marks(session: Session) -> Marks:
    """One query."""
    return Marks(*(number or 0 for number in _MARKS.one(session)))


def list_newest(session: Session, count: int | None) -> list[ModelVersion]:
    """The one in service first; None: all there ever were."""
    return list(session.exec(select(ModelVersion).order_by(col(ModelVersion.id).desc()).limit(count)).all())


def add_version(session: Session, folder: str, digest: str, report: dict[str, Any], now: datetime) -> ModelVersion:
    version = ModelVersion(folder=folder, digest=digest, report=report, published_at=now)
    session.add(version)
    session.flush()
    return version


def bump(session: Session, name: str) -> None:
    """Also a lock: whoever else bumps `name` waits until this transaction ends."""
    if not insert_once(session, Edition, name=name, number=1):
        session.connection().execute(update(Edition).where(col(Edition.name) == name).values(number=Edition.number + 1))


def read_catalogue(session: Session) -> Iterable[CatalogueRow]:
    """Every item by id; about 180,000 a second."""
    items = SQLModel.metadata.tables["item"]
    query = select(*(items.c[name] for name in CatalogueRow._fields)).order_by(items.c.id)
    return map(CatalogueRow._make, session.connection().execute(query))
