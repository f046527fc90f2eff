"""A desk and the folders that shops send it, for tests that go from the files to the panel."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cast
from cast import NOW
from sqlmodel import select

from deskapp.desk import plus_one, training
from deskapp.desk.bulk import answer_file
from deskapp.desk.imports import ImportReport, run_import
from deskapp.desk.shelf import Shelf
from deskapp.store.db import Database
from deskapp.store.tables import Customer

Line = tuple[str, int, str]  # sku, quantity, price


def things(count: int, price: str = "1.00", **more: str) -> list[dict[str, str]]:
    return [
        {"sku": f"s{n}", "name": f"Thing {n}", "price": price, "category": f"kind {n % 7}"} | more for n in range(count)
    ]


def lines(*skus: object, quantity: int = 1, price: str = "1.00") -> list[Line]:
    return [(f"s{sku}", quantity, price) for sku in skus]


@dataclass
class Folder:
    """What a shop sends. Orders are (customer, lines), the last one of each customer is still open."""

    items: list[dict[str, str]] = field(default_factory=lambda: things(12))
    orders: Sequence[tuple[str, list[Line]]] = ()
    newest_at: datetime = NOW - timedelta(days=1)
    others: Sequence[str] = ("C-none",)  # who never bought

    def write(self, folder: Path) -> Path:
        folder.mkdir()
        people = list(dict.fromkeys([*(who for who, _ in self.orders), *self.others]))
        last = {who: number for number, (who, _) in enumerate(self.orders)}
        _write(folder / "customers.csv", [{"customer_id": who, "name": f"Customer {who}"} for who in people])
        _write(folder / "items.csv", self.items)
        _write(
            folder / "orders.csv",
            [
                {
                    "order_id": f"O-{number}",
                    "customer_id": who,
                    "placed_at": (self.newest_at - timedelta(hours=9 * (len(self.orders) - number))).isoformat(),
                    "status": "open" if last[who] == number else "delivered",
                }
                for number, (who, _) in enumerate(self.orders)
            ],
        )
        _write(
            folder / "order_lines.csv",
            [
                {"order_id": f"O-{number}", "sku": sku, "quantity": str(quantity), "unit_price": price}
                for number, (_, bought) in enumerate(self.orders)
                for sku, quantity, price in bought
            ],
        )
        return folder


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    if rows:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


@dataclass
class Desk:
    database: Database
    folder: Path
    folders: int = 0

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.folder / "models")
        with self.database.writing() as session:
            self.people = cast.hire(session)
            cast.set_limits(session, self.people)

    def bring(self, shop: Folder) -> ImportReport:
        self.folders += 1
        folder = shop.write(self.folder / f"shop-{self.folders}")
        return run_import(self.database, None, folder, currency="USD", now=NOW, progress=lambda *_: None)

    def learn(self) -> str:
        folder = self.folder / "models"
        return training.train(self.database, None, folder, now=lambda: NOW, progress=lambda *_: None).sentence

    def panel(self, external_id: str, who: str = "bo") -> plus_one.PlusOnePanel:
        with self.database.reading() as session:
            stand = self.shelf.stand(session)
            return plus_one.panel(
                session, self.people[who], stand, cast.customer_id(session, external_id), today=NOW.date(), now=NOW
            )

    def ask(self, **query: Any) -> list[str]:
        return [item["sku"] for item in self.answer(**query)]

    def answer(self, **query: Any) -> list[dict[str, Any]]:
        (self.folder / "q").write_text(json.dumps({"query_id": "q"} | query))
        answer_file(self.database, self.shelf, self.folder / "q", self.folder / "a", currency="USD", today=NOW.date())
        return json.loads((self.folder / "a").read_text())["items"]

    def customers(self) -> Sequence[str]:
        with self.database.reading() as session:
            return session.exec(select(Customer.external_id)).all()
