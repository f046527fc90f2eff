"""Customers, items and orders of the canonical feed, from CSV to records shaped like our tables. Knows no database.

What a row refers to is looked up in a mapping handed in, so that an unknown customer is reported with its line.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from deskapp.feeds import fields
from deskapp.feeds.csv_file import reading
from deskapp.feeds.problems import Problems
from deskapp.rules import money

CUSTOMERS, ITEMS, ORDERS = "customers.csv", "items.csv", "orders.csv"
UNCOUNTED_STOCK = (
    1_000_000  # a feed without a stock column comes from a shop that does not count; nobody counts a service
)
_GOODS = "goods"

Value = str | int | bool | date | datetime | None
Record = dict[str, Value]  # keyed by the columns of our tables
Seen = dict[str, int]  # key of a row -> its line, also of rows that were refused


@dataclass(frozen=True, slots=True)
class Column:
    name: str  # in the header
    key: str  # in the record
    parse: Callable[[str], Value]
    default: Value = None
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """`given` are the keys that the file has a column for: only these may overwrite what the desk already knows."""

    rows: list[Record]
    given: frozenset[str]
    done: float


_often = lru_cache(maxsize=1024)  # of fields that say the same in many rows


_CUSTOMER = (
    Column("customer_id", "external_id", fields.needed(120), is_required=True),
    Column("name", "name", fields.needed(200), is_required=True),
    Column("email", "email", fields.maybe(fields.email)),
    Column("phone", "phone", fields.maybe(fields.phone)),
    Column("language", "language", _often(fields.maybe(fields.language))),
    Column("zone", "zone", _often(fields.maybe(fields.zone))),
    Column("tier", "tier", _often(fields.maybe(fields.label(60)))),
    Column("joined_on", "joined_on", _often(fields.maybe(fields.day))),
    Column("receiver", "receiver", _often(fields.maybe(fields.receiver))),  # blank: as the desk knows it
)
_ITEM = (
    Column("sku", "sku", fields.needed(120), is_required=True),
    Column("name", "name", fields.needed(200), is_required=True),
    Column("category", "category", _often(fields.label(120)), ""),
    Column("department", "department", _often(fields.label(120)), ""),
    Column("brand", "brand", _often(fields.label(120)), ""),
    Column("currency", "currency", _often(fields.maybe(fields.currency))),
    Column("price", "price_minor", fields.needed(40), is_required=True),
    Column("cost", "cost_minor", fields.label(40), ""),
    Column("stock", "stock", _often(fields.maybe(fields.stock))),
    Column("giftable", "is_giftable", _often(fields.maybe(fields.yes))),
    Column("kind", "kind", _often(fields.maybe(fields.kind)), _GOODS),
    Column("available_from", "available_from", _often(fields.maybe(fields.day))),
    Column("available_until", "available_until", _often(fields.maybe(fields.day))),
    Column("regions", "regions", _often(fields.regions), ""),
    Column("capacity_per_day", "capacity_per_day", _often(fields.maybe(fields.capacity))),
    Column("given_by", "least_role", _often(fields.maybe(fields.given_by))),
)
_ORDER = (
    Column("order_id", "external_id", fields.needed(120), is_required=True),
    Column("customer_id", "customer_id", fields.needed(120), is_required=True),
    Column("placed_at", "placed_at", fields.moment, is_required=True),
    Column("store", "store", _often(fields.label(120)), ""),
    Column("currency", "currency", _often(fields.maybe(fields.currency))),
    Column("status", "status", _often(fields.label(40)), ""),
    Column("ship_on", "ship_on", _often(fields.maybe(fields.day))),
    Column("need_by_on", "need_by_on", _often(fields.maybe(fields.day))),
    Column("estimated_on", "estimated_on", _often(fields.maybe(fields.day))),
)


Faults = Iterable[tuple[str, str]]  # column, reason
_Finish = Callable[[Record], Faults]  # what takes more than one field to say; may change the record


def customers(path: Path, problems: Problems, seen: Seen) -> Iterator[Batch]:
    return _batches(path, _CUSTOMER, lambda _record: (), problems, seen)


def items(path: Path, problems: Problems, seen: Seen, *, currency: str) -> Iterator[Batch]:
    """`currency` is that of rows that name none. An unknown cost counts as the whole price."""

    def finish(record: Record) -> Faults:
        record["currency"] = code = str(record["currency"] or currency)
        faults = []
        for column, key in (("price", "price_minor"), ("cost", "cost_minor")):
            try:
                text = record[key]
                record[key] = money.parse_minor(str(text), code) if text else record["price_minor"]
            except ValueError as error:
                faults.append((column, str(error)))
        if record["stock"] is None:
            record["stock"] = UNCOUNTED_STOCK
        if record["is_giftable"] is None:
            record["is_giftable"] = True
        record["kind"] = record["kind"] or _GOODS
        return [*faults, *_never_to_be_had(record)]

    return _batches(path, _ITEM, finish, problems, seen)


def _never_to_be_had(record: Record) -> Faults:
    first, last = record["available_from"], record["available_until"]
    if isinstance(first, date) and isinstance(last, date) and first > last:
        return [("available_until", "This is before the day in available_from.")]
    return ()


def orders(
    path: Path, problems: Problems, seen: Seen, *, currency: str, customers: Mapping[str, int]
) -> Iterator[Batch]:
    """`customers`: external id -> id. An order with a `ship_on` is a delivery too."""

    def finish(record: Record) -> Faults:
        faults = []
        record["currency"] = record["currency"] or currency
        customer = customers.get(str(record["customer_id"]))
        if customer is None:
            faults.append(("customer_id", "No customer has this id, neither in this import nor in the desk."))
        record["customer_id"] = customer
        if record["ship_on"] is None and (record["need_by_on"] or record["estimated_on"]):
            faults.append(("ship_on", "A delivery needs the date on which it is shipped."))
        return faults

    return _batches(path, _ORDER, finish, problems, seen)


def _batches(
    path: Path, columns: tuple[Column, ...], finish: _Finish, problems: Problems, seen: Seen
) -> Iterator[Batch]:
    with reading(path, [column.name for column in columns if column.is_required], problems) as table:
        if table is None:
            return
        plan = [(table.places[column.name], column) for column in columns if column.name in table.places]
        absent: Record = {column.key: column.default for column in columns if column.name not in table.places}
        given = frozenset(column.key for _, column in plan)
        for chunk in table.chunks:
            rows: list[Record] = []
            for line, cells in zip(chunk.lines, chunk.rows, strict=True):
                record, faults = _record(cells, plan, absent, finish)
                again = _again(cells[plan[0][0]].strip(), columns[0].name, line, seen)
                for column, reason in (*faults, *again):
                    problems.add(path.name, line, column, reason)
                if not faults and not again:
                    rows.append(record)
            yield Batch(rows, given, chunk.done)


def _record(
    cells: list[str], plan: list[tuple[int, Column]], absent: Record, finish: _Finish
) -> tuple[Record, list[tuple[str, str]]]:
    record = absent.copy()
    faults: list[tuple[str, str]] = []
    for place, column in plan:
        try:
            record[column.key] = column.parse(cells[place])
        except ValueError as error:
            faults.append((column.name, str(error)))
    if not faults:
        faults.extend(finish(record))
    return record, faults


def _again(identity: str, column: str, line: int, seen: Seen) -> Faults:
    """A key that was on another line before."""
    first = seen.setdefault(identity, line)
    return [(column, f"This {column} is already on line {first}.")] if identity and first != line else ()
