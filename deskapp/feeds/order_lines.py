"""`order_lines.csv`: more rows than all other files together, so whole chunks are looked up at once and only a chunk that
holds a mistake is looked at line by line: 570,000 lines a second on one busy core, against 180,000 one by one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from deskapp.feeds import fields
from deskapp.feeds.csv_file import Chunk, reading
from deskapp.feeds.problems import Problems
from deskapp.rules import money

ORDER_LINES = "order_lines.csv"
_COLUMNS = ("order_id", "sku", "quantity", "unit_price")
_PRICES_KEPT = 100_000
_MOST_DECIMALS = "CLF"  # of all currencies: no price that could be right is blamed

Line = tuple[int, int, int, int]  # order id, item id, quantity, unit price in minor units of the order's currency


@dataclass(frozen=True, slots=True)
class Lines:
    """In the order of the file; `done` is the part of it read so far, 0 to 1."""

    rows: list[Line]
    done: float


class _Quantities(dict[str, int]):
    def __missing__(self, text: str) -> int:
        self[text] = value = fields.quantity(text)
        return value


class _Prices(dict[str, int]):
    """Prices of one currency by their text: a shop has far fewer prices than order lines."""

    def __init__(self, currency: str) -> None:
        super().__init__()
        self.currency = currency

    def __missing__(self, text: str) -> int:
        value = money.parse_minor(text, self.currency)
        if len(self) < _PRICES_KEPT:
            self[text] = value
        return value


class _PricesOf(dict[str, _Prices]):
    def __missing__(self, currency: str) -> _Prices:
        self[currency] = prices = _Prices(currency)
        return prices


@dataclass(frozen=True, slots=True)
class _Known:
    orders: Mapping[str, tuple[int, str]]
    items: Mapping[str, int]
    quantities: _Quantities
    prices: _PricesOf


def order_lines(
    path: Path, problems: Problems, *, orders: Mapping[str, tuple[int, str]], items: Mapping[str, int]
) -> Iterator[Lines]:
    """`orders`: external id -> (id, currency), "" for a currency that is not known; `items`: sku -> id."""
    known = _Known(orders, items, _Quantities(), _PricesOf())
    with reading(path, _COLUMNS, problems) as table:
        if table is None:
            return
        places = tuple(table.places[column] for column in _COLUMNS)
        for chunk in table.chunks:
            lines = _together(chunk, places, known)
            yield Lines(_one_by_one(chunk, places, known, path.name, problems) if lines is None else lines, chunk.done)


def _together(chunk: Chunk, places: tuple[int, ...], known: _Known) -> list[Line] | None:
    """None when any field of any row is not at once what it should be."""
    orders, items, quantities, prices = known.orders, known.items, known.quantities, known.prices
    try:
        return [
            (order_id, items[sku], quantities[quantity], prices[currency][price])
            for order, sku, quantity, price in map(itemgetter(*places), chunk.rows)
            for order_id, currency in (orders[order],)
        ]
    except (KeyError, ValueError):
        return None


def _one_by_one(chunk: Chunk, places: tuple[int, ...], known: _Known, file: str, problems: Problems) -> list[Line]:
    lines: list[Line] = []
    for number, row in zip(chunk.lines, chunk.rows, strict=True):
        order, sku, quantity, price = (row[place].strip() for place in places)
        faults = list(_faults(order, sku, quantity, price, known))
        for column, reason in faults:
            problems.add(file, number, column, reason)
        if not faults:
            order_id, currency = known.orders[order]
            price_minor = known.prices[currency or _MOST_DECIMALS][price]
            lines.append((order_id, known.items[sku], known.quantities[quantity], price_minor))
    return lines


def _faults(order: str, sku: str, quantity: str, price: str, known: _Known) -> Iterator[tuple[str, str]]:
    """Column and reason. The price of an order that was itself refused cannot be judged, as its currency is not known."""
    if order not in known.orders:
        yield "order_id", "No order has this id, neither in this import nor in the desk."
    if sku not in known.items:
        yield "sku", "No item has this sku, neither in this import nor in the desk."
    try:
        known.quantities[quantity]
    except ValueError as error:
        yield "quantity", str(error)
    _, currency = known.orders.get(order, (0, ""))
    try:
        known.prices[currency or _MOST_DECIMALS][price]
    except ValueError as error:
        yield "unit_price", str(error)
