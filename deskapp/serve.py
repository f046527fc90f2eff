"""Serving: gunicorn with threads, in one process or several. What they share is in the database, and beside SQLite's in files."""

import fcntl
import gc
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from deskapp.config import Settings
from deskapp.desk import guarding, postman, upkeep, worker
from deskapp.desk.jobs import Kind
from deskapp.rules.errors import Conflict
from deskapp.web.here import Desk

_BOOT_SECONDS = 120  # loading a large model takes some of it
_GRACE_SECONDS = 20
_JOIN_SECONDS = 10.0
_OLDEST = 2  # generation of what survived most


def serve(settings: Settings) -> None:
    """Until it is told to stop. Raises Conflict for a desk that is not there or an address that is taken."""
    upkeep.open_existing(settings.engine_url).close()
    _refuse_taken_address(settings)
    settings.signing_key()  # where none was given it is made now: two processes could read half of what a third writes
    settings.instance.mkdir(parents=True, exist_ok=True)
    if settings.workers > 1:
        _share_metrics(settings.instance / "metrics")
    Server(settings).run()


def _refuse_taken_address(settings: Settings) -> None:
    """gunicorn would try for five seconds and then say it in its own words."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Conflict(f"Cannot serve on {_address(settings)}: {error.strerror}. Try another --port.") from None


def _share_metrics(folder: Path) -> None:
    """Each process counts into a file here. Set before prometheus_client is imported, or it counts in memory alone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.resolve())


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """Every process makes its own application after the fork, so none shares a connection or a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._overseer: threading.Thread | None = None
        self._postmen = ExitStack()
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        options: dict[str, Any] = {
            "bind": f"{host}:{settings.port}",
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": "gthread",
            "timeout": _BOOT_SECONDS,
            "graceful_timeout": _GRACE_SECONDS,
            "accesslog": None,  # web/logs.py says what may be said
            "loglevel": "error",  # warnings quote the address and the request
            "control_socket_disable": True,  # a door nobody asked for
            "forwarded_allow_ips": "",  # web/guard.py believes as many proxies as the settings name
            "secure_scheme_headers": {},
            "post_worker_init": self._begin,
            "worker_exit": self._end,
            "child_exit": _forget_metrics,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        from deskapp.app import create_app  # noqa: PLC0415 - after the fork, and after _share_metrics

        return create_app(self._settings)

    def _begin(self, process: Any) -> None:
        desk: Desk = process.wsgi.extensions["deskapp"]
        with desk.database.reading() as session:
            desk.shelf.stand(session)  # now, not in the first person's time
        guarding.look("")  # reads its lists
        spare_what_stays()
        if self._settings.embedded_worker:
            self._overseer = threading.Thread(target=self._oversee, args=(desk,), name="overseer", daemon=True)
            self._overseer.start()
            carry = postman.carriers(self._settings)
            at_work = postman.at_work(desk.database, carry, now=desk.now, last_words_seconds=_JOIN_SECONDS)
            self._postmen.enter_context(at_work)
        if process.age == 1:
            click.echo(f"{self._settings.shop_name} is open at {_address(self._settings)}")

    def _oversee(self, desk: Desk) -> None:
        """In one process of them all, since a job takes a gigabyte and both cores; in the next one when that is gone."""
        with (self._settings.instance / "overseer").open("ab") as file:
            while not _is_first(file):
                if self._stop.wait(worker.POLL_SECONDS):
                    return
            worker.oversee(desk.database, frozenset(Kind), _start_worker, self._stop, now=desk.now)

    def _end(self, _arbiter: Any, _process: Any) -> None:
        self._stop.set()
        self._postmen.close()
        if self._overseer is not None:
            self._overseer.join(_JOIN_SECONDS)


def spare_what_stays(collections: int = 5) -> None:
    """What is there now, and after each of the next full garbage collections, stays for good, so later ones pass it by.

    Half a million objects of the program and its lists took 170 ms each time, every few seconds at 50 pages a second, and
    everybody waited; p99 of a page's processor time 170 -> 34 ms. What counts its references is freed as ever.
    """
    gc.collect()
    gc.freeze()
    left = iter(range(collections))

    def keep(phase: str, found: dict[str, int]) -> None:
        if phase == "start" or found["generation"] < _OLDEST:
            return
        if next(left, None) is None:
            gc.callbacks.remove(keep)
        else:
            gc.freeze()

    gc.callbacks.append(keep)


def _is_first(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _start_worker(slip: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deskapp.cli", "worker", "--until-idle", "--slip", str(slip)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[slip])  # noqa: S603 - this very program


def _forget_metrics(_arbiter: Any, process: Any) -> None:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess  # noqa: PLC0415 - only where processes share

        multiprocess.mark_process_dead(process.pid)  # type: ignore[no-untyped-call]
