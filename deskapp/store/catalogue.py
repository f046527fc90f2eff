"""The catalogue as those see it who keep the gifts: pages of it, pictures, services of the desk's own."""

from collections.abc import Collection
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.people import Role
from deskapp.rules.words import say
from deskapp.store.insert import insert_once
from deskapp.store.items import is_in_name
from deskapp.store.tables import Item, ItemKind, ItemPicture


class GiftItem(NamedTuple):
    """Named as the columns of Item; `picture` is its digest."""

    id: int
    sku: str
    name: str
    category: str
    price_minor: int
    cost_minor: int
    currency: str
    stock: int
    is_giftable: bool
    kind: ItemKind
    capacity_per_day: int | None
    least_role: Role | None
    picture: str | None


_ITEM, _PICTURE = SQLModel.metadata.tables["item"], SQLModel.metadata.tables["item_picture"]
_ROW = select_columns(*(_ITEM.c[name] for name in GiftItem._fields[:-1]), _PICTURE.c.digest).outerjoin_from(
    _ITEM, _PICTURE, _PICTURE.c.item_id == _ITEM.c.id
)
IS_GIVEN = and_(col(Item.is_giftable), col(Item.kind) != ItemKind.GIFT_CARD)
IS_SERVICE = col(Item.kind) == ItemKind.SERVICE
IS_SPECIAL = or_(col(Item.capacity_per_day).is_not(None), col(Item.least_role).is_not(None))


def named(words: str) -> ColumnElement[bool]:
    """Its SKU is this, or each of the words is in its name or category."""
    parts = (or_(is_in_name(part), col(Item.category).icontains(part, autoescape=True)) for part in words.split())
    return or_(col(Item.sku) == words, and_(*parts))


def list_categories(session: Session) -> list[str]:
    """By name; 15 ms for 100,000 items."""
    query = select(Item.category).where(Item.category != "").distinct()
    return sorted(session.exec(query).all(), key=str.casefold)


def count_items(session: Session, kept: Collection[ColumnElement[bool]]) -> int:
    return session.exec(select(func.count()).select_from(Item).where(*kept)).one()


def list_page(session: Session, kept: Collection[ColumnElement[bool]], *, limit: int, offset: int) -> list[GiftItem]:
    """Services first, then by name. Two queries, since one that sorts whole rows takes three times as long."""
    order = (~IS_SERVICE, func.lower(Item.name), col(Item.id))
    ids = list(session.exec(select(Item.id).where(*kept).order_by(*order).limit(limit).offset(offset)).all())
    found = {row.id: row for row in map(GiftItem._make, session.connection().execute(_ROW.where(_ITEM.c.id.in_(ids))))}
    return [found[item_id] for item_id in ids]


def find_row(session: Session, item_id: int) -> GiftItem:
    """Raises NotFound."""
    row = session.connection().execute(_ROW.where(_ITEM.c.id == item_id)).one_or_none()
    if row is None:
        raise NotFound(say("There is no such item."))
    return GiftItem._make(row)


def get_item(session: Session, item_id: int) -> Item:
    if (found := session.get(Item, item_id)) is None:
        raise NotFound(say("There is no such item."))
    return found


# --- pictures -------------------------------------------------------------------------------------------------------


class Kept(NamedTuple):
    media_type: str
    digest: str
    body: bytes


def get_picture(session: Session, item_id: int) -> Kept:
    query = select(ItemPicture.media_type, ItemPicture.digest, ItemPicture.body).where(ItemPicture.item_id == item_id)
    if (found := session.exec(query).one_or_none()) is None:
        raise NotFound(say("There is no picture of this."))
    return Kept(*found)


def put_picture(session: Session, item_id: int, kept: Kept) -> None:
    """In place of the one there was."""
    values: dict[str, Any] = kept._asdict()
    if not insert_once(session, ItemPicture, item_id=item_id, **values):
        session.connection().execute(update(ItemPicture).where(col(ItemPicture.item_id) == item_id).values(**values))


def remove_picture(session: Session, item_id: int) -> bool:
    """False if there was none."""
    gone = delete(ItemPicture).where(col(ItemPicture.item_id) == item_id)
    return bool(session.connection().execute(gone).rowcount)


# --- services of the desk's own -------------------------------------------------------------------------------------


def is_service_named(session: Session, name: str) -> bool:
    query = select(Item.id).where(IS_SERVICE, func.lower(Item.name) == name.lower()).limit(1)
    return session.exec(query).first() is not None


def add_service(session: Session, stem: str, **values: Any) -> Item:
    """Its SKU is `stem`, or the first of stem-2, stem-3, … that nothing is called yet."""
    for number in count(1):
        sku = stem if number == 1 else f"{stem}-{number}"
        if insert_once(session, Item, sku=sku, kind=ItemKind.SERVICE, is_giftable=True, **values):
            return session.exec(select(Item).where(Item.sku == sku)).one()
    raise AssertionError("numbers do not end")
