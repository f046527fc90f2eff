"""A launch by a host that signs: what verifying it and taking the seat cost, how long the page takes at fifty a second, what it weighs.

The server is the real one, on SQLite and on PostgreSQL: as many processes as there are processors, and one; or DESKAPP_BENCH_WORKERS,
such as "1 2". A launch counts from the moment at which it was due, so a server that falls behind shows it. The shop is the demo desk, and every launch opens another
of its customers. What a launch costs in processor time, page and all, is measured within one process, since nobody else's work can
disturb that; one core serves no more than 1,000 ms of it a second.
"""

import http.client
import logging
import os
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import _tests  # noqa: F401 - first, since it says where the next are
from _demo import demo
from knocks import SECRET
from launched import signed_path
from servers import postgres_server
from sqlmodel import select
from werkzeug.test import EnvironBuilder

from deskapp.app import create_app
from deskapp.config import Settings
from deskapp.desk import connections, launching
from deskapp.desk.connections import Known, NewConnection
from deskapp.desk.seats import Lifetimes
from deskapp.hosts.launch import Received
from deskapp.store.db import Database
from deskapp.store.host_tables import AgentLink
from deskapp.store.staff import as_actor, find_by_username
from deskapp.store.tables import Customer
from deskapp.web import logs
from deskapp.web.seat import HEADER, KNOWN

RATE = 50  # a second
SECONDS = int(os.environ.get("DESKAPP_BENCH_SECONDS", "20"))
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WORKERS = os.environ.get("DESKAPP_BENCH_WORKERS", f"{CORES} 1" if CORES > 1 else "1").split()
WARM = 100
DRAWN = 300  # launches with their page within one process
ALONE = 300  # launches without a server, for verify and seat
KEY = "bench-key-of-a-connection"
SIGNING_KEY = "a signing key of the benchmark, long enough"
LIFETIMES = Lifetimes(timedelta(hours=1), timedelta(hours=12))


@dataclass(frozen=True, slots=True)
class Desk:
    folder: Path
    url: str
    known: Known
    customers: list[str]

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DESKAPP_INSTANCE": str(self.folder),
            "DESKAPP_DATABASE_URL": self.url,
            "DESKAPP_SECRET_KEY": SIGNING_KEY,
            "DESKAPP_EMBEDDED_WORKER": "false",
        }


def connect(folder: Path, url: str) -> Desk:
    database, now = Database(url), datetime.now(UTC)
    with database.writing() as session:
        ana, ada = (as_actor(find_by_username(session, name)) for name in ("ana", "ada"))
        form = NewConnection(form_key=secrets.token_urlsafe(), host="signed", name=KEY, fields={}, secret=SECRET)
        connections.make(session, ada, form, key=KEY, signing_key=SIGNING_KEY.encode(), now=now)
    with database.writing() as session:
        known = connections.find(session, KEY, signing_key=SIGNING_KEY.encode(), now=now)
        session.add(AgentLink(connection_id=known.id, agent_ref="7", staff_id=ana.staff_id, linked_at=now))
        customers = list(session.exec(select(Customer.external_id).order_by(Customer.id)).all())
    database.close()
    return Desk(folder, url, known, customers)


def fresh_path(desk: Desk, n: int) -> str:
    who = desk.customers[n % len(desk.customers)]
    return signed_path(KEY, t=str(int(time.time())), nonce=secrets.token_hex(16), customer=who, email="")


def told(name: str, times: list[float]) -> None:
    times.sort()
    print(f"  {name:34s} median {statistics.median(times):6.1f}  p99 {times[int(len(times) * 0.99)]:6.1f} ms")


# --- verify and seat ------------------------------------------------------------------------------------------------


def measure_alone(desk: Desk) -> None:
    database, times = Database(desk.url), []
    for n in range(ALONE):
        received = Received("GET", f"https://desk.example.com{fresh_path(desk, n)}", {})
        began, now = time.perf_counter(), datetime.now(UTC)
        launch = desk.known.host.verify(received, desk.known.held, now)
        with database.writing() as session:
            launching.open_by_host(
                session,
                desk.known,
                launch,
                launching.digest_of(received),
                [],
                secret=secrets.token_urlsafe(32),
                lifetimes=LIFETIMES,
                now=now,
            )
        times.append(1000 * (time.perf_counter() - began))
    database.close()
    told("verify and seat (goal: 10)", times[ALONE // 10 :])


def measure_processor(desk: Desk) -> None:
    """Of the server alone; what PostgreSQL does for it comes on top."""
    logs.configure(is_production=True, level=logging.ERROR)
    app = create_app(Settings(instance=desk.folder, database_url=desk.url, secret_key=SIGNING_KEY))
    client, times = app.test_client(use_cookies=False), []
    for n in range(WARM, WARM + DRAWN):  # the first of them load the model
        path, began = fresh_path(desk, -n), time.process_time()
        status = client.get(path, headers={"Accept-Encoding": "gzip"}).status_code
        assert status == 200, status
        times.append(1000 * (time.process_time() - began))
    app.extensions["deskapp"].database.close()
    told("launch with its page, processor", times[DRAWN // 10 :])


def measure_questions(desk: Desk) -> None:
    """What an open frame asks every 0.7 s, of the application alone: in a question that looks its seat up, and in one that need not."""
    app = create_app(Settings(instance=desk.folder, database_url=desk.url, secret_key=SIGNING_KEY))
    client = app.test_client(use_cookies=False)
    token = re.search(r'name="deskapp-seat" content="([^"]+)"', client.get(fresh_path(desk, 0)).text)[1]
    asks = {HEADER: token}
    times: dict[str, list[float]] = {"a question, seat looked up": [], "a question, nothing ended": []}
    for _ in range(ALONE):
        known = client.get("/seat", headers=asks).headers[KNOWN]
        for times_of, headers in zip(times.values(), (asks, asks | {KNOWN: known}), strict=True):
            environ, began = EnvironBuilder("/seat", headers=headers).get_environ(), time.process_time()
            list(app.wsgi_app(environ, lambda *_: None))
            times_of.append(1000 * (time.process_time() - began))
    app.extensions["deskapp"].database.close()
    for name, taken in times.items():
        print(f"  {name:34s} median {statistics.median(taken):6.3f} ms of processor")


# --- the endpoint ---------------------------------------------------------------------------------------------------


@contextmanager
def served(desk: Desk, workers: str) -> Iterator[str]:
    port = 8000 + secrets.randbelow(1000)
    command = [sys.executable, "-m", "deskapp.cli", "serve", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DESKAPP_")}
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command, env=environment | desk.settings | {"DESKAPP_WORKERS": workers}, stdout=log, stderr=log
        ) as process,
    ):
        try:
            wait_for(port, int(workers))
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port: int, workers: int) -> None:
    """Until one process answers, and a while for the others, of which nothing tells."""
    for _ in range(300):
        try:
            if get(f"127.0.0.1:{port}", "/healthz")[0] == 200:
                break
        except OSError:
            time.sleep(0.2)
    else:
        raise SystemExit("The server did not start.")
    time.sleep(3.0 if workers > 1 else 0.0)


def get(host: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def measure_served(desk: Desk, host: str, workers: str) -> None:
    with ThreadPoolExecutor(8) as pool:  # each process loads the model and its templates at its first pages
        list(pool.map(lambda n: get(host, fresh_path(desk, n)), range(WARM)))
    times: list[float] = []
    began, keeping = time.perf_counter() + 0.5, threading.Lock()

    def launch(n: int) -> None:
        due = began + n / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        status, _ = get(host, fresh_path(desk, WARM + n))
        assert status == 200, status
        with keeping:
            times.append(1000 * (time.perf_counter() - due))

    with ThreadPoolExecutor(RATE) as pool:
        list(pool.map(launch, range(RATE * SECONDS)))
    told(f"at {RATE} a second, {workers} of us (goal: 50)", times)


def measure_weight(desk: Desk, host: str) -> None:
    """Everything that the panel asks for before it is whole; what holds its first painting up is the page and its style."""
    page = get(host, fresh_path(desk, 0))[1]
    text = page.decode()
    styles = re.findall(r'rel="stylesheet" href="([^"]+)"', text)
    scripts = re.findall(r'<script src="([^"]+)" defer>', text)
    others = re.findall(r"<script src=[^>]+(?<!defer)>", text)
    sizes = {urlsplit(one).path.rpartition("/")[2]: len(get(host, one)[1]) for one in [*styles, *scripts]}
    for name, size in {"the page": len(page), **sizes}.items():
        print(f"    {name:34s} {size / 1000:6.1f} kB")
    print(f"  before it is painted {1 + len(styles) + len(others)} requests (goal: 3)", end=", ")
    print(f"in all {(len(page) + sum(sizes.values())) / 1000:.1f} kB as sent (goal: 120)")


# --- both engines ---------------------------------------------------------------------------------------------------


@contextmanager
def on_sqlite() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "desk"
        shutil.copytree(os.environ.get("DESKAPP_BENCH_DEMO") or demo(), instance)
        yield connect(instance, f"sqlite:///{instance / 'desk.sqlite'}")


@contextmanager
def on_postgres() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        url = server.create()
        environment = os.environ | {"DESKAPP_INSTANCE": folder, "DESKAPP_DATABASE_URL": url}
        command = [sys.executable, "-m", "deskapp.cli", "demo"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        yield connect(Path(folder), url)


def main() -> None:
    wanted = sys.argv[1:] or ["sqlite", "postgres"]
    for name, engine in (("sqlite", on_sqlite), ("postgres", on_postgres)):
        if name not in wanted:
            continue
        with engine() as desk:
            print(name)
            measure_alone(desk)
            measure_processor(desk)
            measure_questions(desk)
            for workers in WORKERS:
                with served(desk, workers) as host:
                    measure_served(desk, host, workers)
                    if workers == WORKERS[-1]:
                        measure_weight(desk, host)


if __name__ == "__main__":
    main()
