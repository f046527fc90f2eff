"""Training and serving at the size of a large shop: 1 million customers, 100,000 items, 20 million order lines.

DESKAPP_BENCH_LINES makes it smaller, customers and items with it. The desk is made once in instance/bench-LINES.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
from _demo import ROOT
from _market import fill, make

LINES = int(os.environ.get("DESKAPP_BENCH_LINES", "20_000_000"))
INSTANCE = ROOT / "instance" / f"bench-{LINES}"
DESKAPP = [sys.executable, "-m", "deskapp.cli"]
QUERIES = 5_000
SERVERS = 2  # at once
TODAY = date(2026, 1, 1)  # after the last order


def main() -> None:
    if sys.argv[1:] == ["serve"]:
        serve()
        return
    make_desk()
    train()
    ask()


def environment() -> dict[str, str]:
    return os.environ | {"DESKAPP_INSTANCE": str(INSTANCE)}


def make_desk() -> None:
    subprocess.run([*DESKAPP, "init"], env=environment(), check=True, stdout=subprocess.DEVNULL)
    if (INSTANCE / "made").exists():
        return
    print(f"Making a desk with {LINES:,} order lines, some minutes the first time ...", flush=True)
    fill(make(customers=max(LINES // 20, 1), items=max(LINES // 200, 1), lines=LINES), INSTANCE / "desk.sqlite")
    (INSTANCE / "made").touch()


def train() -> None:
    """From the database to a published model, in the process that does it for a shop, as if for the first time."""
    with sqlite3.connect(INSTANCE / "desk.sqlite") as database:
        database.execute("DELETE FROM model_version")  # a model that has seen everything could not be beaten
    database.close()
    started = time.perf_counter()
    process = subprocess.Popen([*DESKAPP, "train"], env=environment())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("the training failed")
    processor, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20
    print(f"{LINES:,} lines read, judged by, learnt from and published:")
    print(
        f"  {time.perf_counter() - started:,.0f} s, {processor:,.0f} s of processor time (goal: under 900 s on 2 cores)"
    )
    print(f"  {peak:.2f} GB at most (goal: under 8)")


def ask() -> None:
    """Two processes hold the model at once, so that what they share can be told from what each has to itself."""
    command = [sys.executable, __file__, "serve"]
    servers = [
        subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(SERVERS)
    ]
    said = [json.loads(server.stdout.readline()) for server in servers]
    for server, figures in zip(servers, said, strict=True):
        held = memory_mb(server.pid)
        print(
            f"process {server.pid}: {held['Rss']:,.0f} MB resident, of which {held['Shared']:,.0f} are shared with the"
            f" other and {held['Private']:,.0f} its own ({figures['bare']:,.0f} before the model; goal: at most 1,500)"
        )
        print(
            f"  {QUERIES:,} suggestions, one core: p50 {figures['p50']:.2f} ms, p99 {figures['p99']:.2f} ms (goal: p99 at most 30)"
        )
    for server in servers:
        server.communicate()


def memory_mb(pid: int | str) -> dict[str, float]:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = {name: int(size) / 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    shared, private = (sum(found[f"{kind}_{state}"] for state in ("Clean", "Dirty")) for kind in ("Shared", "Private"))
    return {"Rss": found["Rss"], "Shared": shared, "Private": private}


def serve() -> None:
    """As a serving process would: the shelf with catalogue and model, then answers. Waits until its standard input ends."""
    from deskapp.desk.shelf import Shelf
    from deskapp.store.db import Database

    bare = memory_mb("self")["Rss"]
    database = Database(f"sqlite:///{INSTANCE / 'desk.sqlite'}")
    with database.reading() as session:
        stand = Shelf(INSTANCE / "models").stand(session)
    assert len(stand.model.in_orders.column), "what is popular is in service, which is no measure"
    times = np.array(list(answers(stand))) / 1e6
    print(json.dumps({"bare": bare, "p50": np.quantile(times, 0.5), "p99": np.quantile(times, 0.99)}), flush=True)
    sys.stdin.read()


def answers(stand):
    """Nanoseconds of processor time for each: mask by price, score, the ten best, and why."""
    from deskapp.reco.ranking import suggest
    from deskapp.rules.authority import Basis

    rng = np.random.default_rng(1)
    share = stand.model.popularity / stand.model.popularity.sum()
    bought = rng.choice(stand.item, 1_000_000, p=share)
    for number in range(-50, QUERIES):  # the first fifty warm up
        basket = rng.choice(bought, rng.integers(1, 16)).tolist()
        past = np.unique(rng.choice(bought, int(np.exp(rng.uniform(np.log(5), np.log(300))))))
        history = dict(zip(past.tolist(), rng.geometric(0.5, len(past)).tolist(), strict=True))
        ceiling = int(rng.integers(200, 2_000))
        started = time.thread_time_ns()
        allowed = stand.allowed(
            currency="USD",
            basis=Basis.PRICE,
            at_most_minor=ceiling,
            stops=(),
            never=(),
            today=TODAY,
            store="Store 0",
        )
        found = suggest(
            stand.model,
            basket=basket,
            history=history,
            allowed=allowed,
            novel=number % 2 == 0,
            k=10,
            favour=stand.say(TODAY).favour,
        )
        took = time.thread_time_ns() - started
        assert len(found) == 10, "an answer was short"
        if number >= 0:
            yield took


if __name__ == "__main__":
    main()
