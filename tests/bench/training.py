"""A whole training on the demo data, and what it costs whoever opens a customer's page meanwhile.

Pages are asked for at a fixed rate from a real server, a customer who was not looked at before each time, and timed from when
they were due: first on a quiet desk, then beside a training in a worker process of its own.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import numpy as np
from _demo import demo
from footprint import PASSWORD, free_port, wait_for

from deskapp.desk import jobs
from deskapp.desk.jobs import Kind
from deskapp.store.db import Database

DESKAPP = [sys.executable, "-m", "deskapp.cli"]
PER_SECOND = 10
QUIET_PAGES = 300


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "desk"
        shutil.copytree(demo(), instance, ignore=shutil.ignore_patterns("models", "demo"))
        environment = os.environ | {"DESKAPP_INSTANCE": str(instance), "DESKAPP_EMBEDDED_WORKER": "false"}
        subprocess.run([*DESKAPP, "init"], env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds, processor, peak = finish(start_training(instance, environment))
        print(
            f"read, judged, learnt and published: {seconds:.1f} s, {processor:.1f} s of processor time (goal: under 90 s)"
        )
        print(f"{peak:.2f} GB at most (goal: under 2)")
        with served(environment) as (browser, base):
            pages = customer_pages(instance, base)
            quiet = waits(browser, pages, QUIET_PAGES, lambda: True)
            training = start_training(instance, environment)
            beside = waits(browser, pages, sys.maxsize, lambda: training.poll() is None)
            quiet += waits(browser, pages, QUIET_PAGES, lambda: True)  # whatever else the machine does tells on both
        report("quiet", quiet)
        report("beside a training", beside)
        print(f"p99 beside : quiet = {np.quantile(beside, 0.99) / np.quantile(quiet, 0.99):.2f} (goal: at most 2)")


def start_training(instance: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """As if for the first time: a model that has seen everything could not be beaten. The server keeps the one it holds."""
    database = Database(f"sqlite:///{instance / 'desk.sqlite'}")
    with database.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM model_version")
        jobs.enqueue(session, None, Kind.TRAIN, {}, now=datetime.now(UTC))
    database.close()
    return subprocess.Popen([*DESKAPP, "worker", "--until-idle"], env=environment, stderr=subprocess.DEVNULL)


def finish(process: subprocess.Popen[bytes]) -> tuple[float, float, float]:
    """(seconds, seconds of processor time, GB at most)."""
    started = time.perf_counter()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "the training failed"
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


@contextmanager
def served(environment: dict[str, str]) -> Iterator[tuple[OpenerDirector, str]]:
    """A browser in which Ana is signed in, and where."""
    port = free_port()
    server = subprocess.Popen(
        [*DESKAPP, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        base = f"http://127.0.0.1:{port}"
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        door = browser.open(f"{base}/sign-in").read().decode()
        fields = dict(re.findall(r'name="(form|form_key|csrf)" value="([^"]*)"', door))
        browser.open(f"{base}/sign-in", urlencode(fields | {"username": "ana", "password": PASSWORD}).encode())
        yield browser, base
    finally:
        server.terminate()
        server.wait(timeout=30)


def customer_pages(instance: Path, base: str) -> Iterator[str]:
    database = sqlite3.connect(instance / "desk.sqlite")
    ids = [row[0] for row in database.execute("SELECT DISTINCT customer_id FROM orders ORDER BY customer_id")]
    database.close()
    return cycle([f"{base}/customers/{one}" for one in np.random.default_rng(1).permutation(ids)])


def waits(browser: OpenerDirector, pages: Iterator[str], most: int, going_on: Callable[[], bool]) -> list[float]:
    """Milliseconds each, from when the page was due to when all of it was there."""
    times: list[float] = []
    started = time.perf_counter()
    while len(times) < most and going_on():
        due = started + len(times) / PER_SECOND
        time.sleep(max(due - time.perf_counter(), 0))
        assert 'id="plus_one"' in browser.open(next(pages)).read().decode()
        times.append((time.perf_counter() - due) * 1_000)
    return times


def report(name: str, times: list[float]) -> None:
    print(
        f"{name:18s} {len(times):5d} pages  p50 {np.quantile(times, 0.5):6.1f} ms  p99 {np.quantile(times, 0.99):6.1f} ms"
    )


if __name__ == "__main__":
    main()
