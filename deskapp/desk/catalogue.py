"""The catalogue of gifts: what may be given, by whom, how often a day; pictures, and services that the shop does not sell."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed, ShortWords, no_nul
from deskapp.desk.wording import GIVEN_BY, number
from deskapp.feeds import fields
from deskapp.feeds.canonical import UNCOUNTED_STOCK
from deskapp.rules import pictures
from deskapp.rules.authority import capacity_bucket
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.money import parse_minor
from deskapp.rules.people import Actor, Role, reaches
from deskapp.rules.stops import fold
from deskapp.rules.words import say
from deskapp.store import catalogue as rows
from deskapp.store import limits, models
from deskapp.store.catalogue import GiftItem, Kept
from deskapp.store.tables import Item, ItemKind

PAGE = 40
DIGEST_SHOWN = 12  # characters of a digest that tell one picture of an item from another
_MOST_PAGES = 2_500
_MOST_MINOR = 10**12
_SKU_WORDS = 60  # characters

Few = Annotated[str, Field(max_length=40), AfterValidator(no_nul)]


class Shelf(StrEnum):
    """Which part of the catalogue is looked at."""

    GIFTS = "gifts"
    SERVICES = "services"
    SPECIAL = "special"
    ALL = "all"


SHELVES = {
    Shelf.GIFTS: say("What may be given"),
    Shelf.SERVICES: say("Services"),
    Shelf.SPECIAL: say("Counted by the day, or not for everybody to give"),
    Shelf.ALL: say("Everything the shop has"),
}
_KEPT = {
    Shelf.GIFTS: [rows.IS_GIVEN],
    Shelf.SERVICES: [rows.IS_SERVICE],
    Shelf.SPECIAL: [rows.IS_SPECIAL],
    Shelf.ALL: [],
}


@dataclass(frozen=True, slots=True)
class Asked:
    words: str = ""
    shelf: Shelf = Shelf.GIFTS
    page: int = 1

    @classmethod
    def read(cls, typed: Mapping[str, str]) -> "Asked":
        """Of a link that somebody may have changed by hand: what cannot be read is not asked for."""
        number = typed.get("page", "")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < len("10000") else 1
        shelf = Shelf(typed["shelf"]) if typed.get("shelf") in set(Shelf) else Shelf.GIFTS
        return cls(typed.get("words", "").strip()[:200], shelf, min(max(page, 1), _MOST_PAGES))


@dataclass(frozen=True, slots=True)
class GiftRow:
    """`stock`: None where nobody counts. `left_today`: None where it is not counted by the day. `picture`: its digest."""

    id: int
    sku: str
    name: str
    category: str
    kind: ItemKind
    price_minor: int
    cost_minor: int
    currency: str
    is_given: bool
    is_theirs: bool  # for this actor to give
    given_by: str
    stock: int | None
    capacity_per_day: int | None
    left_today: int | None
    picture: str | None


@dataclass(frozen=True, slots=True)
class CataloguePanel:
    rows: list[GiftRow]
    count: int
    pages: int
    asked: Asked
    shelves: list[tuple[str, str]]
    currency: str


@dataclass(frozen=True, slots=True)
class ItemPanel:
    """`seen` stands for what was set when the form was drawn."""

    row: GiftRow
    least_role: Role
    roles: list[tuple[str, str]]
    has_own_price: bool
    seen: str
    is_new: bool


class GiftSetting(Keyed):
    """`capacity_per_day` blank: nobody counts. `price`, `cost`: of a service, as plain decimals."""

    is_giftable: bool = False
    capacity_per_day: Few = ""
    given_by: Role
    price: Few = ""
    cost: Few = ""
    seen: Annotated[str, Field(max_length=64)] = ""


class NewService(Keyed):
    """`cost` blank: as much as the price."""

    name: ShortWords
    category: Annotated[str, Field(max_length=120), AfterValidator(no_nul)] = ""
    price: Few
    cost: Few = ""
    capacity_per_day: Few = ""


class Tap(Keyed):
    """A form that is one button, or one file."""


# --- looking --------------------------------------------------------------------------------------------------------


def panel(session: Session, actor: Actor, asked: Asked, *, currency: str, today: date) -> CataloguePanel:
    """`today`: the shop's. Four queries at most; of 100,000 items 40 ms, 150 where words are looked for."""
    kept = [*_KEPT[asked.shelf], *([rows.named(asked.words)] if asked.words else [])]
    count = rows.count_items(session, kept)
    pages = max(1, min(-(-count // PAGE), _MOST_PAGES))
    asked = Asked(asked.words, asked.shelf, min(asked.page, pages))
    found = rows.list_page(session, kept, limit=PAGE, offset=PAGE * (asked.page - 1))
    used = _used_today(session, found, today)
    return CataloguePanel(
        rows=[_row(one, actor, used) for one in found],
        count=count,
        pages=pages,
        asked=asked,
        shelves=[(shelf.value, words) for shelf, words in SHELVES.items()],
        currency=currency,
    )


def item(session: Session, actor: Actor, item_id: int, *, is_new: bool = False, today: date) -> ItemPanel:
    """`is_new`: it was added just now. Two queries at most. Raises NotFound."""
    found = rows.find_row(session, item_id)
    return ItemPanel(
        row=_row(found, actor, _used_today(session, [found], today)),
        least_role=found.least_role or Role.AGENT,
        roles=[(role.value, words) for role, words in GIVEN_BY.items()],
        has_own_price=found.kind is ItemKind.SERVICE,
        seen=_seen(found),
        is_new=is_new,
    )


def _used_today(session: Session, found: list[GiftItem], today: date) -> dict[int, int]:
    keys = {one.id: capacity_bucket(one.id, today) for one in found if one.capacity_per_day is not None}
    spent = limits.spent(session, keys.values())
    return {item_id: spent.get(key, 0) for item_id, key in keys.items()}


def _row(one: GiftItem, actor: Actor, used: dict[int, int]) -> GiftRow:
    capacity = one.capacity_per_day
    return GiftRow(
        id=one.id,
        sku=one.sku,
        name=one.name,
        category=one.category,
        kind=one.kind,
        price_minor=one.price_minor,
        cost_minor=one.cost_minor,
        currency=one.currency,
        is_given=one.is_giftable and one.kind is not ItemKind.GIFT_CARD,
        is_theirs=reaches(actor.role, one.least_role),
        given_by=GIVEN_BY[one.least_role or Role.AGENT],
        stock=None if one.stock >= UNCOUNTED_STOCK // 2 else one.stock,
        capacity_per_day=capacity,
        left_today=None if capacity is None else max(0, capacity - used[one.id]),
        picture=one.picture,
    )


def picture(session: Session, item_id: int) -> Kept:
    """Raises NotFound."""
    return rows.get_picture(session, item_id)


# --- setting --------------------------------------------------------------------------------------------------------


def set_item(session: Session, actor: Actor, item_id: int, form: GiftSetting, *, now: datetime) -> None:
    """Counts in the very next suggestion. Raises Conflict where somebody set it anew since the form was drawn."""
    one = rows.get_item(session, item_id)
    request = [item_id, form.model_dump()]
    wanted = _wanted(form, one)
    if idempotency.claim(session, actor, "gift-setting", form.form_key, request, now=now) is not None:
        return
    if form.seen and form.seen != _seen(one):
        raise Conflict(
            say("Somebody has changed this meanwhile. Please look at what is set now, then send yours again.")
        )
    for name, value in wanted.items():
        setattr(one, name, value)
    session.flush()
    _changed(session, actor, "item.gift-set", item_id, now, **wanted)


def _wanted(form: GiftSetting, one: Item) -> dict[str, bool | int | str | None]:
    capacity, problems = _capacity(form.capacity_per_day)
    if form.is_giftable and one.kind is ItemKind.GIFT_CARD:
        problems["is_giftable"] = say("A gift card is money and not a gift, so it is never given away.")
    money: dict[str, int] = {}
    if one.kind is ItemKind.SERVICE and (form.price or form.cost):
        money, more = _money(form.price, form.cost, one.currency)
        problems |= more
    if problems:
        raise Invalid(problems)
    least = None if form.given_by is Role.AGENT else form.given_by
    return {"is_giftable": form.is_giftable, "capacity_per_day": capacity, "least_role": least, **money}


def _capacity(typed: str) -> tuple[int | None, dict[str, str]]:
    try:
        return fields.maybe(fields.capacity)(typed), {}
    except ValueError as error:
        return None, {"capacity_per_day": str(error)}


def _money(price: str, cost: str, currency: str) -> tuple[dict[str, int], dict[str, str]]:
    """What it costs is its price where nobody says."""
    amounts: dict[str, int] = {}
    problems: dict[str, str] = {}
    for name, typed in (("price", price), ("cost", cost or price)):
        try:
            amounts[f"{name}_minor"] = parse_minor(typed, currency)
        except ValueError as error:
            problems[name] = str(error)
    if any(minor > _MOST_MINOR for minor in amounts.values()):
        problems["price"] = say("This is more than the desk can count.")
    if price == cost or not cost:
        problems.pop("cost", None)
    return amounts, problems


def _seen(one: Item | GiftItem) -> str:
    told = (one.is_giftable, one.capacity_per_day, one.least_role, one.price_minor, one.cost_minor)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def add_service(session: Session, actor: Actor, form: NewService, *, currency: str, now: datetime) -> int:
    """The id of the new item, which may be given at once. Raises Invalid where a service is called like that already."""
    capacity, problems = _capacity(form.capacity_per_day)
    money, more = _money(form.price, form.cost, currency)
    if problems | more:
        raise Invalid(problems | more)
    answer = idempotency.claim(session, actor, "gift-service", form.form_key, form.model_dump(), now=now)
    if answer is not None:
        return int(answer["item"])
    if rows.is_service_named(session, form.name):
        raise Invalid({"name": say("There is a service of this name already; look for it in the catalogue.")})
    added = rows.add_service(
        session,
        sku_stem(form.name),
        name=form.name,
        category=form.category,
        department="",
        brand="",
        currency=currency,
        stock=UNCOUNTED_STOCK,
        regions="",
        capacity_per_day=capacity,
        **money,
    )
    idempotency.settle(session, actor, "gift-service", form.form_key, {"item": added.id})
    _changed(session, actor, "item.service-added", added.id, now, sku=added.sku, currency=currency, **money)
    return added.id


def sku_stem(name: str) -> str:
    """For "Gift wrapping" it is service-gift-wrapping; letters that are not Latin leave no trace."""
    plain = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:_SKU_WORDS].strip("-")
    return f"service-{plain}" if plain else "service"


# --- pictures -------------------------------------------------------------------------------------------------------


def put_picture(session: Session, actor: Actor, item_id: int, body: bytes, form: Tap, *, now: datetime) -> None:
    """PNG, JPEG or WebP of at most 200 kB, whatever its name says. Raises Invalid, NotFound."""
    rows.get_item(session, item_id)
    try:
        found = pictures.look(body, number)
    except ValueError as error:
        raise Invalid({"picture": str(error)}) from None
    digest = hashlib.sha256(body).hexdigest()
    if idempotency.claim(session, actor, "gift-picture", form.form_key, [item_id, digest], now=now) is not None:
        return
    rows.put_picture(session, item_id, Kept(found.media_type, digest, body))
    _changed(session, actor, "item.picture-set", item_id, now, digest=digest[:12], bytes=len(body))


def remove_picture(session: Session, actor: Actor, item_id: int, *, now: datetime) -> None:
    """Removing twice changes nothing."""
    rows.get_item(session, item_id)
    if rows.remove_picture(session, item_id):
        _changed(session, actor, "item.picture-removed", item_id, now)


def _changed(session: Session, actor: Actor, action: str, item_id: int, now: datetime, **details: object) -> None:
    models.bump(session, models.CATALOGUE)
    audit.write(session, actor, action, f"item:{item_id}", now=now, **details)
