"""The whole demo shop imported into an empty SQLite desk, indexes in place, beside the plainest insert of as many rows."""

import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from _demo import demo

from deskapp.desk.imports import run_import
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


def main() -> None:
    shop = demo() / "demo"
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/desk.sqlite")
        migrate(database)
        for name in ("first", "again, the same files"):
            started = time.perf_counter()
            report = run_import(database, None, shop, currency="USD", now=datetime.now(UTC), progress=lambda *_: None)
            took = time.perf_counter() - started
            lines = report.counts["order_lines"]
            print(
                f"{name}: {took:.2f} s, {lines / took:,.0f} order lines a second with customers, items and orders (goal: 100,000)"
            )
            if name == "first":
                anchor = plain_insert(Path(folder) / "plain.sqlite", lines)
                print(f"import : plain insert of as many rows = {took / anchor:.1f}")
        database.close()


if __name__ == "__main__":
    main()
