"""Many who give at once: threads for the quick tests, processes for the long ones. Each has a Database of its own.

Two Databases of one process share no lock of Python, so that on SQLite they meet at the file as two processes do.
"""

import multiprocessing
import random
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from cast import NOW
from money.shop import Shop, give

from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor
from deskapp.store.db import Database


@dataclass(frozen=True, slots=True)
class Request:
    giver: Actor
    customer: int
    item: int
    key: str
    at: datetime = NOW


@dataclass(frozen=True, slots=True)
class Answer:
    """`said`: granted, needs-approval, refused, or conflict."""

    request: Request
    said: str
    grant_id: int | None = None


def requests(shop: Shop, count: int, seed: int) -> list[Request]:
    rng = random.Random(seed)
    return [
        Request(rng.choice(shop.givers), rng.choice(shop.customers), rng.choice(shop.items), f"key-{n}")
        for n in range(count)
    ]


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def crowd(url: str, asked: Sequence[Request], *, lanes: int = 8, in_processes: bool = False) -> list[Answer]:
    """What each request was answered; dealt out to the lanes in turns."""
    with _pool(lanes, in_processes=in_processes) as pool:
        dealt = [pool.submit(_ask, url, asked[lane::lanes]) for lane in range(lanes)]
        return [answer for one in dealt for answer in one.result()]


def _pool(lanes: int, *, in_processes: bool) -> Executor:
    if not in_processes:
        return ThreadPoolExecutor(lanes)
    return ProcessPoolExecutor(lanes, mp_context=multiprocessing.get_context("spawn"))


def _ask(url: str, asked: Sequence[Request]) -> list[Answer]:
    database = Database(url)
    try:
        return [ask(database, request) for request in asked]
    finally:
        database.close()


def ask(database: Database, request: Request) -> Answer:
    try:
        told = give(database, request.giver, request.customer, request.item, request.key, now=request.at)
    except Conflict:
        return Answer(request, "conflict")
    return Answer(request, told.kind, told.grant_id)
