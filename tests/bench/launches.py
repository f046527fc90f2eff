"""A launch by a host that signs: what verifying it and taking the seat cost, how long the page takes at fifty a second, what it weighs.

The server is the real one, one process, on SQLite and on PostgreSQL. A launch counts from the moment at which it was due, so a server
that falls behind shows it. The shop is the demo desk, and every launch opens another of its customers.
"""

import http.client
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

from deskapp.desk import connections, launching
from deskapp.desk.connections import Known, NewConnection
from deskapp.desk.seats import Lifetimes
from deskapp.hosts.launch import Received
from deskapp.store.db import Database
from deskapp.store.host_tables import AgentLink
from deskapp.store.staff import as_actor, find_by_username
from deskapp.store.tables import Customer

RATE = 50  # a second
SECONDS = int(os.environ.get("DESKAPP_BENCH_SECONDS", "20"))
WARM = 100
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


# --- the endpoint ---------------------------------------------------------------------------------------------------


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    port = 8000 + secrets.randbelow(1000)
    command = [sys.executable, "-m", "deskapp.cli", "serve", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DESKAPP_")}
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, env=environment | desk.settings, stdout=log, stderr=log) as process,
    ):
        try:
            wait_for(port)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            if get(f"127.0.0.1:{port}", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The server did not start.")


def get(host: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def measure_served(desk: Desk, host: str) -> None:
    times: list[float] = []
    began, keeping = time.perf_counter() + 0.5, threading.Lock()

    def launch(n: int) -> None:
        due = began + n / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        status, _ = get(host, fresh_path(desk, n))
        assert status == 200, status
        with keeping:
            times.append(1000 * (time.perf_counter() - due))

    with ThreadPoolExecutor(RATE) as pool:
        list(pool.map(launch, range(WARM + RATE * SECONDS)))
    told(f"launch at {RATE} a second (goal: 50)", times[WARM:])


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
            with served(desk) as host:
                measure_served(desk, host)
                measure_weight(desk, host)


if __name__ == "__main__":
    main()
