"""The catalogue."""

from collections.abc import Callable, Collection
from datetime import date
from functools import cache
from typing import NamedTuple

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.people import Role
from deskapp.rules.stops import fold
from deskapp.rules.words import say
from deskapp.store.ready import Part, Ready, Row
from deskapp.store.tables import Item, ItemKind, ItemPicture


class ItemRow(NamedTuple):
    """Named as the columns of Item; ten times lighter to read."""

    id: int
    sku: str
    name: str
    category: str
    department: str
    price_minor: int
    cost_minor: int
    currency: str
    stock: int
    is_giftable: bool
    kind: ItemKind
    available_from: date | None
    available_until: date | None
    regions: str
    capacity_per_day: int | None
    least_role: Role | None


_COLUMNS = [SQLModel.metadata.tables["item"].c[name] for name in ItemRow._fields]
_STOCK = Ready(select_columns(col(Item.stock)).where(col(Item.id) == bindparam("item")))
_TAKEN = Ready(
    update(Item)
    .where(col(Item.id) == bindparam("item"), col(Item.stock) > 0)
    .values(stock=col(Item.stock) - 1)
    .returning(col(Item.id))
)
_THIS = Ready(select_columns(*_COLUMNS).where(_COLUMNS[0] == bindparam("item")))


def get_by_sku(session: Session, sku: str) -> Item:
    if (found := session.exec(select(Item).where(Item.sku == sku)).one_or_none()) is None:
        raise NotFound(say("There is no such item."))
    return found


def get_item(session: Session, item_id: int) -> ItemRow:
    if (found := _THIS.first(session, item=item_id)) is None:
        raise NotFound(say("There is no such item."))
    return ItemRow._make(found)


def list_items(session: Session, ids: Collection[int]) -> dict[int, ItemRow]:
    """One query."""
    return {row.id: row for row in map(ItemRow._make, _asked(session, _these, ids))}


def list_digests(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Item -> digest of its picture; those without one are not in the answer. One query."""
    return dict(_asked(session, _digests, ids))


def _asked(session: Session, of: Callable[[int], Ready], ids: Collection[int]) -> list[Row]:
    """The places are a power of two, so that few statements are kept; those left over ask for the last once more."""
    if not ids:
        return []
    *but_last, last = ids
    places = 1 << len(but_last).bit_length()
    filled = [*but_last, *[last] * (places - len(but_last))]
    return of(places).all(session, **{f"i{place}": item for place, item in enumerate(filled)})


@cache
def _these(places: int) -> Ready:
    return Ready(select_columns(*_COLUMNS).where(_COLUMNS[0].in_(_places(places))))


@cache
def _digests(places: int) -> Ready:
    query = select_columns(col(ItemPicture.item_id), col(ItemPicture.digest))
    return Ready(query.where(col(ItemPicture.item_id).in_(_places(places))))


def _places(count: int) -> list[BindParameter[int]]:
    return [bindparam(f"i{place}") for place in range(count)]


def ids_of(session: Session, skus: Collection[str]) -> dict[str, int]:
    """Unknown ones are simply not in the answer."""
    return dict(session.exec(select(Item.sku, Item.id).where(col(Item.sku).in_(skus))).all()) if skus else {}


def find_items(session: Session, words: str, limit: int) -> list[Item]:
    """The one with this SKU, else those whose names hold every word, the shortest names first. One query."""
    named = and_(*(is_in_name(part) for part in words.split()))
    found = session.exec(
        select(Item)
        .where(or_(col(Item.sku) == words, named))
        .order_by(col(Item.sku) != words, func.length(Item.name), col(Item.id))
        .limit(limit)
    ).all()
    return [found[0]] if found and found[0].sku == words else list(found)


def is_in_name(part: str) -> ColumnElement[bool]:
    """SQLite knows the small letters of ASCII only; what is typed as it is written is found all the same."""
    lower = func.lower(Item.name).contains(part.lower(), autoescape=True)
    return or_(lower, col(Item.name).contains(part, autoescape=True))


def stores_of(regions: str) -> frozenset[str]:
    """Folded names; none where an item is to be had everywhere."""
    return frozenset(fold(name) for name in regions.split(";") if name.strip())


def is_in_stock(session: Session, item_id: int) -> bool:
    return bool(_STOCK.one(session, item=item_id)[0])


def take_one(session: Session, item_id: int) -> bool:
    """One piece off the shelf; False if there is none. Two takers can never get the same last piece."""
    return bool(taking(item_id).all(session))


def taking(item_id: int) -> Part:
    """The same, to be run together with others: one row if there was a piece."""
    return _TAKEN.of(item=item_id)


def put_back(session: Session, item_id: int) -> None:
    session.connection().execute(update(Item).where(col(Item.id) == item_id).values(stock=Item.stock + 1))
