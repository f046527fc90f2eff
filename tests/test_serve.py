"""The real server, started as people start it."""

import gc
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import cast
import pytest
from sold import sell
from sqlmodel import select

from deskapp.desk import jobs
from deskapp.desk.jobs import Kind
from deskapp.serve import spare_what_stays
from deskapp.store.db import Database
from deskapp.store.migrating import migrate
from deskapp.store.tables import Job, JobState, ModelVersion

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

Start = Callable[..., "Served"]


class Served:
    """A running `deskapp serve`; its own output is read line by line, which waits for it."""

    def __init__(self, instance: Path, port: int, **settings: str) -> None:
        self.port = port
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DESKAPP_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deskapp.cli", "serve", "--port", str(port)],
            env=clean | {"DESKAPP_INSTANCE": str(instance)} | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def logged(self, words: str) -> str:
        """Reads the log until a line holds `words`; "" if it ended before."""
        assert self.process.stderr is not None
        return next((line for line in self.process.stderr if words in line), "")

    def get(self, path: str, cookie: str = "") -> tuple[int, str]:
        status, body, _ = self.ask("GET", path, cookie=cookie)
        return status, body

    def ask(self, method: str, path: str, cookie: str = "", **form: str) -> tuple[int, str, str]:
        """Status, body, and the cookie that is set."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urlencode(form), headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body, (answer.getheader("Set-Cookie") or "").partition(";")[0]

    def processes(self) -> list[int]:
        """Those that answer."""
        number = self.process.pid
        return [int(one) for one in Path(f"/proc/{number}/task/{number}/children").read_text().split()]

    @contextmanager
    def answered_by(self, process: int) -> Iterator[None]:
        """Alone: the others stand still."""
        others = [one for one in self.processes() if one != process]
        for one in others:
            os.kill(one, signal.SIGSTOP)
        try:
            yield
        finally:
            for one in others:
                os.kill(one, signal.SIGCONT)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    database = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    migrate(database)
    with database.writing() as session:
        cast.settle_in(session)
        sell(session)
    database.close()
    return tmp_path


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def start(port: int) -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(instance: Path, **settings: str) -> Served:
            served = Served(instance, port, **settings)
            stack.callback(served.process.communicate)
            stack.callback(served.process.kill)
            return served

        yield begin


def test_it_says_where_it_is_open_and_stops_when_told(start: Start, instance: Path, port: int) -> None:
    served = start(instance)
    assert served.said() == f"Corner & Co is open at http://127.0.0.1:{port}\n"
    assert served.get("/healthz")[0] == 200
    status, body = served.get("/readyz")
    assert (status, json.loads(body)["ok"]) == (200, True)
    assert served.get("/sign-in")[0] == 200
    assert served.stop() == 0
    assert not (Path.home() / ".gunicorn" / "gunicorn.ctl").exists()


def test_what_stays_for_good_is_looked_through_no_more() -> None:
    known = list(gc.callbacks)
    try:
        spare_what_stays(collections=1)
        at_first, made = gc.get_freeze_count(), [[] for _ in range(1000)]
        gc.collect()
        assert gc.get_freeze_count() >= at_first + len(made)  # what the first pages made
        later = [[] for _ in range(100_000)]
        gc.collect()
        assert gc.get_freeze_count() < at_first + len(later)  # what people make goes again
        assert gc.callbacks == known
    finally:
        gc.unfreeze()
        gc.callbacks[:] = known


def test_the_log_of_production_is_json_without_paths(start: Start, instance: Path) -> None:
    served = start(instance, DESKAPP_PRODUCTION="true", DESKAPP_SECRET_KEY="s" * 40)
    served.said()
    served.get("/customers/4711?q=Carla")
    line = json.loads(served.logged('"request"'))
    assert (line["route"], line["status"]) == ("/customers/<int:customer_id>", 303)
    assert "4711" not in json.dumps(line)


def test_a_job_is_done_beside_the_server(start: Start, instance: Path) -> None:
    database = Database(f"sqlite:///{instance / 'desk.sqlite'}")
    with database.writing() as session:
        job_id = jobs.enqueue(session, None, Kind.TRAIN, {}, now=cast.NOW)
    served = start(instance)
    served.said()
    assert served.logged("job done")
    with database.reading() as session:
        assert session.get_one(Job, job_id).state == JobState.DONE
        assert len(session.exec(select(ModelVersion)).all()) == 1
    database.close()
    assert "The model in service knows 62 items." in served.get("/readyz")[1]


def test_a_server_that_stops_gives_its_job_back(start: Start, instance: Path) -> None:
    database = Database(f"sqlite:///{instance / 'desk.sqlite'}")
    with database.writing() as session:
        job_id = jobs.enqueue(session, None, Kind.TRAIN, {}, now=cast.NOW)
    served = start(instance)
    served.said()
    assert served.logged("job begun")
    served.stop()
    with database.reading() as session:
        job = session.get_one(Job, job_id)
    assert (job.state, job.attempts) in {(JobState.WAITING, 0), (JobState.DONE, 1)}
    database.close()


def test_without_the_embedded_worker_jobs_wait(start: Start, instance: Path) -> None:
    database = Database(f"sqlite:///{instance / 'desk.sqlite'}")
    with database.writing() as session:
        job_id = jobs.enqueue(session, None, Kind.TRAIN, {}, now=cast.NOW)
    served = start(instance, DESKAPP_EMBEDDED_WORKER="false")
    served.said()
    served.stop()
    with database.reading() as session:
        assert session.get_one(Job, job_id).state == JobState.WAITING
    database.close()


def test_an_address_that_is_taken_is_said_in_a_sentence(start: Start, instance: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        served = start(instance)
        _, said = served.process.communicate(timeout=60)
    assert served.process.returncode == 1
    assert said == f"Error: Cannot serve on http://127.0.0.1:{port}: Address already in use. Try another --port.\n"


def test_several_processes_count_together_and_do_a_job_once(
    start: Start, tmp_path: Path, postgres_copy: str, port: int
) -> None:
    database = Database(postgres_copy)
    with database.writing() as session:
        cast.settle_in(session)
        sell(session)
        job_id = jobs.enqueue(session, None, Kind.TRAIN, {}, now=cast.NOW)
    served = start(tmp_path, DESKAPP_DATABASE_URL=postgres_copy, DESKAPP_WORKERS="2")
    served.said()
    assert served.logged("job done")
    for _ in range(40):
        assert served.get("/healthz")[0] == 200
    counted = re.search(r'deskapp_request_seconds_count\{.*route="/healthz".*\} (\S+)', served.get("/metrics")[1])
    assert counted is not None
    assert float(counted[1]) == 40
    with database.reading() as session:
        assert session.get_one(Job, job_id).attempts == 1
        assert len(session.exec(select(ModelVersion)).all()) == 1
    assert served.stop() == 0
    database.close()


# --- two processes on one SQLite file -------------------------------------------------------------------------------

several = pytest.mark.skipif(sys.platform != "linux", reason="the processes are found in /proc")


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def start_two(start: Start, instance: Path) -> Served:
    served = start(instance, DESKAPP_WORKERS="2", DESKAPP_EMBEDDED_WORKER="false")
    served.said()
    assert served.get("/readyz")[0] == 200
    return served


def sign_in(served: Served) -> str:
    status, _, cookie = served.ask("POST", "/sign-in", username="ana", password=cast.PASSWORD)
    assert status == 303
    return cookie


@several
def test_what_one_process_knows_the_other_knows_at_the_next_request(start: Start, instance: Path) -> None:
    served = start_two(start, instance)
    one, other = served.processes()
    with served.answered_by(one):
        cookie = sign_in(served)
        assert "Asked for tea" not in served.get("/customers/1", cookie)[1]  # which is remembered here
    with served.answered_by(other):
        status, page = served.get("/customers/1", cookie)
        assert status == 200
        note = {"text": "Asked for tea.", "kind": "observation", "channel": "phone", "form_key": "key-of-two"}
        assert served.ask("POST", "/customers/1/notes", cookie, csrf=csrf(page), **note)[0] == 303
        assert "Asked for tea" in served.get("/customers/1", cookie)[1]
    with served.answered_by(one):
        assert "Asked for tea" in served.get("/customers/1", cookie)[1]
        assert served.ask("POST", "/sign-out", cookie, csrf=csrf(page))[0] == 303
    with served.answered_by(other):
        assert served.get("/customers/1", cookie)[0] == 303
    assert served.stop() == 0


@several
def test_a_process_that_is_killed_is_replaced_and_takes_nothing_along(start: Start, instance: Path) -> None:
    served = start_two(start, instance)
    cookie = sign_in(served)
    one, other = served.processes()
    os.kill(one, signal.SIGKILL)
    while len(served.processes()) < 2 or one in served.processes():
        assert served.get("/customers/1", cookie)[0] == 200
    (new,) = set(served.processes()) - {other}
    with served.answered_by(new):
        assert served.get("/customers/1", cookie)[0] == 200
    assert served.stop() == 0


def overseer(served: Served, instance: Path) -> int:
    """The process that has jobs done; asks until there is one."""
    file = instance / "overseer"
    while served.get("/healthz")[0] == 200:
        for line in Path("/proc/locks").read_text().splitlines() if file.exists() else ():
            _, kind, *_, process, place, _, _ = line.split()
            if kind == "FLOCK" and place.endswith(f":{file.stat().st_ino}"):
                return int(process)
    raise AssertionError


@several
@pytest.mark.slow
def test_one_process_of_two_has_the_jobs_done_and_the_next_when_it_is_killed(start: Start, instance: Path) -> None:
    served = start(instance, DESKAPP_WORKERS="2")
    served.said()
    first = overseer(served, instance)
    os.kill(first, signal.SIGKILL)
    while first in served.processes():
        served.get("/healthz")
    assert overseer(served, instance) != first
    database = Database(f"sqlite:///{instance / 'desk.sqlite'}")
    with database.writing() as session:
        jobs.enqueue(session, None, Kind.TRAIN, {}, now=cast.NOW)
    database.close()
    assert served.logged("job done")
    assert served.stop() == 0
