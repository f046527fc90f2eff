"""The log of views: who opened which customer, when, from where. It never makes a page wait, and loses nothing to a kill.

A view is written at once where nobody else is writing; else it is left in a file beside the database, one line of numbers of
ours, and taken in from there at the next chance: with the next view, before the log is read, by the hourly upkeep.
"""

import fcntl
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import structlog
from sqlmodel import Session

from deskapp.rules.errors import Forbidden
from deskapp.rules.people import Actor, Permission, who_can
from deskapp.rules.words import say, together
from deskapp.store import personal, views
from deskapp.store.db import Database
from deskapp.store.privacy_tables import Viewed
from deskapp.store.tables import Surface
from deskapp.store.views import Opened, OwnView, ViewRow

WITHIN = timedelta(minutes=10)  # the same person, customer and kind: one view
OWN_DAYS = 30

_PAGE = 50
_OWN = 200
_HELD = 20_000  # openings that one process remembers

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ViewsPanel:
    """One page of the log of one customer, newest first; `page` from 1."""

    rows: list[ViewRow]
    page: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class OwnViews:
    rows: list[OwnView]
    days: int
    most: int  # that are shown


class ViewLog:
    """One per process; threads share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lately: OrderedDict[tuple[int, int, Viewed], datetime] = OrderedDict()
        self._looking = threading.Lock()

    def note(
        self,
        actor: Actor,
        customer_id: int,
        what: str,
        surface: str,
        *,
        host: str = "",
        ticket: str = "",
        now: datetime,
    ) -> None:
        """As `note_all`, of one."""
        self.note_all(actor, [customer_id], what, surface, host=host, ticket=ticket, now=now)

    def note_all(
        self,
        actor: Actor,
        customer_ids: Iterable[int],
        what: str,
        surface: str,
        *,
        host: str = "",
        ticket: str = "",
        now: datetime,
    ) -> None:
        """All of them in one transaction; `what` and `surface` as in the tables. Never raises for want of a lock or of space, and
        waits for nobody's transaction.
        """
        seen = Viewed(what)
        opened = [
            Opened(customer_id, actor.staff_id, now, seen, Surface(surface), host[:60], ticket[:120])
            for customer_id in dict.fromkeys(customer_ids)
            if not self._is_known((actor.staff_id, customer_id, seen), now)
        ]
        if not opened:
            return
        try:
            with self._database.writing_at_once() as session:
                for one in opened:
                    views.put(session, one, within=WITHIN)
        except TimeoutError:
            _leave(self._database, opened)
        else:
            take_in(self._database)

    def _is_known(self, key: tuple[int, int, Viewed], now: datetime) -> bool:
        with self._looking:
            before = self._lately.get(key)
            if before is not None and timedelta(0) <= now - before < WITHIN:
                return True
            self._lately[key] = now
            self._lately.move_to_end(key)
            if len(self._lately) > _HELD:
                self._lately.popitem(last=False)
        return False


# --- beside the database --------------------------------------------------------------------------------------------


def take_in(database: Database) -> int:
    """How many openings were taken from the file into the log; 0 too where somebody is writing just now.

    Killed before the file is emptied it takes them in twice, and a second time they are the same view.
    """
    path = _file(database)
    if path is None or not path.exists() or not path.stat().st_size:
        return 0
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with database.writing_at_once() as session:
                taken = [_take(session, opened) for opened in _read(file)]
        except (BlockingIOError, TimeoutError):
            return 0
        file.truncate(0)
    return sum(taken)


def _take(session: Session, opened: Opened) -> bool:
    taken = views.put_if_possible(session, opened, within=WITHIN)
    if taken is None:
        log.warning("view-not-taken")
    return bool(taken)


def _leave(database: Database, opened: Sequence[Opened]) -> None:
    if (path := _file(database)) is not None:
        with suppress(OSError), _locked(path) as file:
            file.writelines(json.dumps(one, default=str).encode() + b"\n" for one in opened)
            return
    log.error("view-not-logged", staff_id=opened[0].staff_id)  # no space left anywhere


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # held by others for one short transaction at most
        yield file


def _read(file: BinaryIO) -> Iterator[Opened]:
    """A line that a full disk cut short is passed over."""
    for line in file:
        try:
            customer_id, staff_id, at, what, surface, host, ticket = json.loads(line)
            yield Opened(
                customer_id, staff_id, datetime.fromisoformat(at), Viewed(what), Surface(surface), host, ticket
            )
        except (ValueError, TypeError):
            log.warning("view-not-read")


def _file(database: Database) -> Path | None:
    """None where the database is a server's: there every writer has its own turn."""
    path = database.engine.url.database if database.is_sqlite else None
    return Path(f"{path}-views") if path and path != ":memory:" else None


# --- who sees it ----------------------------------------------------------------------------------------------------


def of_customer(session: Session, actor: Actor, customer_id: int, *, page: int) -> ViewsPanel:
    """Two queries. Raises Forbidden for whoever is no lead."""
    if not actor.may(Permission.SEE_VIEWS):
        raise Forbidden(together([say("Your role does not include this."), who_can(Permission.SEE_VIEWS)]))
    selves = personal.find_selves(session, customer_id)
    found = views.list_of(session, selves, skip=(page - 1) * _PAGE, limit=_PAGE + 1)
    return ViewsPanel(found[:_PAGE], page, len(found) > _PAGE)


def own(session: Session, actor: Actor, *, now: datetime) -> OwnViews:
    """What the actor opened in the last thirty days. One query."""
    found = views.list_by(session, actor.staff_id, since=now - timedelta(days=OWN_DAYS), limit=_OWN)
    return OwnViews(found, OWN_DAYS, _OWN)
