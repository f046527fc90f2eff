"""Suggestions through the bulk command on the full demo data: `deskapp suggest`, one core, start included and apart.

Then each of them by itself, in this process: from what is known of basket and customer to the ten items and why.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from _demo import demo

from deskapp.desk import bulk
from deskapp.desk.shelf import Shelf
from deskapp.store.db import Database

QUERIES = 5_000


def write_queries(instance: Path, file: Path, count: int) -> None:
    """Each query is the basket of a real order without its last item, asked for its own customer."""
    database = sqlite3.connect(instance / "desk.sqlite")
    rows = database.execute(
        "SELECT o.id, c.external_id, group_concat(i.sku) FROM (SELECT id, customer_id FROM orders ORDER BY placed_at DESC LIMIT ?) o"
        " JOIN customer c ON c.id = o.customer_id JOIN order_line l ON l.order_id = o.id JOIN item i ON i.id = l.item_id GROUP BY o.id",
        (count,),
    )
    lines = (
        {
            "query_id": str(order),
            "customer": customer,
            "basket": skus.split(",")[:-1],
            "max_value": "5.00",
            "novel": True,
            "k": 10,
        }
        for order, customer, skus in rows
    )
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def processor_seconds(instance: Path, queries: Path, answers: Path) -> float:
    """Of the command alone, on whatever else the machine is busy with."""
    environment = os.environ | {"DESKAPP_INSTANCE": str(instance)}
    before = os.times()
    command = [sys.executable, "-m", "deskapp.cli", "suggest", "--queries", str(queries), "--out", str(answers)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def milliseconds(instance: Path, queries: Path, answers: Path) -> list[float]:
    """Of processor time, each answer's own; reading histories is not in it, and nor are the first fifty, which warm up."""
    times: list[float] = []
    answer = bulk.Counter.answer

    def timed(counter: bulk.Counter, asked: bulk.Asked, known: bulk.Known) -> dict:
        started = time.thread_time_ns()
        answered = answer(counter, asked, known)
        times.append((time.thread_time_ns() - started) / 1e6)
        return answered

    bulk.Counter.answer = timed
    database = Database(f"sqlite:///{instance / 'desk.sqlite'}")
    today = datetime.now(UTC).date()
    bulk.answer_file(database, Shelf(instance / "models"), queries, answers, currency="USD", today=today)
    database.close()
    return times[50:]


def main() -> None:
    instance = demo()
    with tempfile.TemporaryDirectory() as folder:
        queries, answers = Path(folder) / "queries.jsonl", Path(folder) / "answers.jsonl"
        write_queries(instance, queries, 1)
        start = processor_seconds(instance, queries, answers)
        write_queries(instance, queries, QUERIES)
        whole = processor_seconds(instance, queries, answers)
        each = milliseconds(instance, queries, answers)
    print(
        f"{QUERIES:,} queries in {whole:.1f} s of processor time, of which {start:.1f} s are start and loading the model"
    )
    print(
        f"{QUERIES / whole:,.0f} queries a second of one core with the start, {QUERIES / (whole - start):,.0f} without (goal: at least 300)"
    )
    p50, p99 = np.quantile(each, [0.5, 0.99])
    print(f"one suggestion in process: p50 {p50:.2f} ms, p99 {p99:.2f} ms of one core (goals: 3 and 10)")


if __name__ == "__main__":
    main()
