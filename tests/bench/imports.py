"""The whole demo shop imported into an empty SQLite desk, indexes in place, beside the plainest insert of as many rows."""

import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from _demo import demo

from deskapp.desk.imports import ImportReport, run_import
from deskapp.store.db import Database
from deskapp.store.migrating import migrate


def plain_insert(path: Path, rows: int) -> float:
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE line (a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID"
    )
    started = time.perf_counter()
    database.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?)", ((n // 10, n % 10, n, n, n) for n in range(rows)))
    database.commit()
    return time.perf_counter() - started


def take_in(database: Database, shop: Path) -> ImportReport:
    return run_import(database, None, shop, currency="USD", now=datetime.now(UTC), progress=lambda *_: None)


def main() -> None:
    shop = demo() / "demo"
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/desk.sqlite")
        migrate(database)
        started = time.perf_counter()
        lines = take_in(database, shop).counts["order_lines"]
        took = time.perf_counter() - started
        print(
            f"{took:.2f} s, {lines / took:,.0f} order lines a second, customers, items and orders included (goal: 100,000)"
        )
        print(
            f"import : plain insert of as many rows = {took / plain_insert(Path(folder) / 'plain.sqlite', lines):.1f}"
        )
        started = time.perf_counter()
        take_in(database, shop)
        print(f"the same files again: {time.perf_counter() - started:.2f} s")
        database.close()


if __name__ == "__main__":
    main()
